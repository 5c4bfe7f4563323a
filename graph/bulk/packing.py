"""A document's graph with its members' identity keys, as bytes and back."""

from __future__ import annotations

import json
import zlib
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
from ingest.documents import Chunk, Document, Mark

_LEVEL = 1  # texts shrink to half; higher levels cost more than the disk


@dataclass(frozen=True, slots=True)
class Gathered:
    """A document's graph. ``members`` are its entities as resolution sees them, in order."""

    graph: DocumentGraph
    members: tuple[Member, ...]


def pack(gathered: Gathered) -> bytes:
    """Raises UnicodeEncodeError where a text holds half a surrogate pair."""
    graph = gathered.graph
    document = graph.document
    data = [
        [
            *(document.uri, document.source, document.media_type, document.language),
            *(document.title, document.text, document.sha256),
            [[mark.kind, mark.start, mark.label] for mark in document.marks],
            dict(document.metadata),
        ],
        graph.pipeline,
        [[chunk.index, chunk.start, chunk.end] for chunk in graph.chunks],
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
    document = _document(*about)
    found = [_entity(*entity) for entity in entities]
    graph = DocumentGraph(
        document=document,
        pipeline=pipeline,
        chunks=tuple(
            Chunk(document.id, index, start, end, document.text[start:end])
            for index, start, end in chunks
        ),
        entities=tuple(entity for entity, _ in found),
        relations=tuple(
            LocalRelation(*said, (a, b), (c, d)) for *said, (a, b), (c, d) in relations
        ),
        events=tuple(
            LocalEvent(*said, tuple(LocalArgument(*argument) for argument in arguments))
            for *said, arguments in events
        ),
    )
    members = tuple(
        Member(
            document_id=document.id,
            local=entity.local,
            type=entity.type,
            name=entity.name,
            names=entity.names,
            keys=keys,
            datatype=entity.datatype,
            value=entity.value,
        )
        for entity, keys in found
    )
    return Gathered(graph, members)


def _document(*about: Any) -> Document:
    *said, marks, metadata = about
    return Document(*said, tuple(Mark(*mark) for mark in marks), metadata)


def _entity(*said: Any) -> tuple[LocalEntity, tuple[str, ...]]:
    local, kind, name, names, datatype, value, keys, mentions = said
    found = tuple(LocalMention(*mention) for mention in mentions)
    entity = LocalEntity(local, kind, name, tuple(names), found, datatype, value)
    return entity, tuple(keys)
