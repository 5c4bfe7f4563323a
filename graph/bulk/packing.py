"""A document's graph with its members' identity keys, as bytes and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph.records import (
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from graph.resolution import Member
from ingest.packing import chunks_data, chunks_of, document_data, document_of

_LEVEL = 1  # texts shrink to half; higher levels cost more than the disk


@dataclass(frozen=True, slots=True)
class Gathered:
    """A document's graph. ``members`` are its entities as resolution sees them, in order."""

    graph: DocumentGraph
    members: tuple[Member, ...]


def pack(gathered: Gathered) -> bytes:
    """Raises UnicodeEncodeError where a text holds half a surrogate pair."""
    graph = gathered.graph
    data = [
        document_data(graph.document),
        graph.pipeline,
        chunks_data(graph.chunks),
        [
            [
                *(entity.local, entity.type, entity.name, entity.names),
                *(entity.datatype, entity.value, member.keys),
                [[m.chunk, m.start, m.end, m.text, m.confidence] for m in entity.mentions],
            ]
            for entity, member in zip(graph.entities, gathered.members, strict=True)
        ],
        [
            [r.type, r.head, r.tail, r.chunk, r.confidence, r.head_span, r.tail_span]
            for r in graph.relations
        ],
        [
            [
                *(event.type, event.trigger, event.chunk, event.start, event.end),
                event.confidence,
                [[a.role, a.entity, a.confidence] for a in event.arguments],
            ]
            for event in graph.events
        ],
    ]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), _LEVEL)


def unpack(packed: bytes) -> Gathered:
    """What was packed."""
    about, pipeline, chunks, entities, relations, events = json.loads(zlib.decompress(packed))
    document = document_of(about)
    found = [_entity(*entity) for entity in entities]
    graph = DocumentGraph(
        document=document,
        pipeline=pipeline,
        chunks=tuple(chunks_of(chunks, document)),
        entities=tuple(entity for entity, _ in found),
        relations=tuple(
            LocalRelation(kind, head, tail, chunk, confidence, (a, b), (c, d))
            for kind, head, tail, chunk, confidence, (a, b), (c, d) in relations
        ),
        events=tuple(
            LocalEvent(kind, trigger, chunk, start, end, confidence, tuple(_arguments(said)))
            for kind, trigger, chunk, start, end, confidence, said in events
        ),
    )
    members = tuple(Member.of(entity, document.id, keys) for entity, keys in found)
    return Gathered(graph, members)


def _arguments(said: Any) -> Iterator[LocalArgument]:
    return (LocalArgument(*argument) for argument in said)


def _entity(*said: Any) -> tuple[LocalEntity, tuple[str, ...]]:
    local, kind, name, names, datatype, value, keys, mentions = said
    found = tuple(LocalMention(*mention) for mention in mentions)
    entity = LocalEntity(local, kind, name, tuple(names), found, datatype, value)
    return entity, tuple(keys)
