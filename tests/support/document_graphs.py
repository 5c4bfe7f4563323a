"""Small document graphs for tests of stores and exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pytest

from graph.export.source import GraphSource
from graph.export.store_source import StoreSource
from graph.rdf.endpoint import select
from graph.rdf.store import RdfStore
from graph.records import (
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from graph.store import Store
from graph.store.reading import dump
from ingest.documents import Chunk, Document, Mark, content_hash
from model.ontology.vocabulary import KGB
from model.schema import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    name="test",
    languages=("en", "zh"),
    entities=(
        EntityType(
            "person", labels={"en": "person", "zh": "人物"}, iri="https://schema.org/Person"
        ),
        EntityType("organization", labels={"en": "organization", "zh": "机构"}),
        EntityType("company", parent="organization"),
        EntityType("place", labels={"en": "place"}),
        EntityType("city", parent="place"),
        EntityType("date", labels={"en": "date"}, datatype="date"),
    ),
    relations=(
        RelationType("works for", head=("person",), tail=("organization",)),
        RelationType("spouse", head=("person",), tail=("person",), symmetric=True),
        RelationType("part of"),
        RelationType("born on", head=("person",), tail=("date",), functional=True),
        RelationType(
            "died on", head=("person",), tail=("date",), functional=True, distinguishing=True
        ),
        RelationType("出生地"),
    ),
    events=(
        EventType("founding", roles=(Role("founder"), Role("organization"), Role("time"))),
        EventType("meeting", roles=(Role("participant"), Role("place"))),
    ),
)

AnyStore = Store | RdfStore
on_every_store = pytest.mark.parametrize(
    "store",
    ["embedded", pytest.param("neo4j", marks=pytest.mark.neo4j), "rdf", "sparql"],
    indirect=True,
)
"""For tests of what holds for property graphs and RDF alike."""

Names = str | Sequence[str]


def document_graph(
    uri: str,
    entities: Mapping[str, tuple[str, Names]],
    relations: Iterable[tuple[str, str, str]] = (),
    events: Iterable[tuple[str, str, Mapping[str, str]]] = (),
    *,
    version: int = 1,
    pipeline: str = "test",
    confidence: float = 0.9,
    values: Mapping[str, str | None] | None = None,
    marks: tuple[Mark, ...] = (),
    metadata: Mapping[str, str] | None = None,
    source: str | None = None,
) -> DocumentGraph:
    """A document whose text is made of its entities' names, one chunk for each.

    ``entities`` maps local ids to (type, names); ``relations`` are (type, head, tail);
    ``events`` are (type, trigger, role -> local id); ``values`` the values of dates.
    """
    pieces: list[str] = []
    chunks: list[Chunk] = []
    found: list[LocalEntity] = []
    document_uri = uri
    offset = 0
    values = values or {}
    where: dict[str, int] = {}
    for index, (local, (kind, names)) in enumerate(entities.items()):
        names = (names,) if isinstance(names, str) else tuple(names)
        mentions = []
        begin = offset
        for name in names:
            mentions.append(LocalMention(index, offset, offset + len(name), name, confidence))
            pieces.append(name + " ")
            offset += len(name) + 1
        literal = SCHEMA.entity[kind].datatype
        found.append(
            LocalEntity(
                local=local,
                type=kind,
                name=names[0],
                names=names,
                mentions=tuple(mentions),
                datatype=literal,
                value=values.get(local) if literal else None,
            )
        )
        where[local] = index
        text = "".join(pieces)[begin : offset - 1]
        chunks.append(Chunk("", index, begin, offset - 1, text))
    text = f"{''.join(pieces)}{version}"
    document = Document(
        uri=document_uri,
        source=source or document_uri,
        media_type="text/plain",
        language="en",
        title=f"About {uri}",
        text=text,
        sha256=content_hash(text),
        marks=marks,
        metadata=metadata or {},
    )
    return DocumentGraph(
        document=document,
        pipeline=pipeline,
        chunks=tuple(
            Chunk(document.id, chunk.index, chunk.start, chunk.end, chunk.text) for chunk in chunks
        ),
        entities=tuple(found),
        relations=tuple(
            LocalRelation(kind, head, tail, where[head], confidence)
            for kind, head, tail in relations
        ),
        events=tuple(
            LocalEvent(
                type=kind,
                trigger=trigger,
                chunk=0,
                start=0,
                end=len(trigger),
                confidence=confidence,
                arguments=tuple(
                    LocalArgument(role, local, confidence) for role, local in arguments.items()
                ),
            )
            for kind, trigger, arguments in events
        ),
    )


def clear(store: AnyStore) -> None:
    """Empty a store, but for a schema, which becomes ``SCHEMA`` whatever the last test wrote."""
    store._keep_schema(SCHEMA)
    if isinstance(store, RdfStore):
        kept = f"<{store.base}graph/schema>, <{store.base}graph/settings>"
        store.update(
            "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } "
            f"FILTER (?g NOT IN ({kept}) || ?p = <{KGB}decided>) }}"
        )
        return
    store.query("MATCH (n) WHERE NOT n:GraphSettings DETACH DELETE n", write=True)
    store.query("MATCH (s:GraphSettings) REMOVE s.decisions", write=True)


def contents(store: AnyStore) -> object:
    """All that a store holds but for times of writing and an RDF store's schema, which is kept from
    the first document on; equal graphs give equal contents."""
    if not isinstance(store, RdfStore):
        return dump(store)
    passing = {f"{KGB}{name}" for name in ("revision", "definition", "base")}
    passing.add("http://www.w3.org/ns/prov#endedAtTime")
    return sorted(
        " ".join(str(row[name]) for name in "gspo")
        for row in select(store.endpoint, "SELECT * { GRAPH ?g { ?s ?p ?o } }")
        if row["p"].value not in passing and not row["g"].value.endswith("/graph/schema")
    )


def written_at(store: AnyStore) -> object:
    """When each document was written."""
    if not isinstance(store, RdfStore):
        return store.query("MATCH (d:Document) RETURN d.id AS id, d.ingested_at AS at ORDER BY id")
    found = store.source().stored()
    return [(stored.graph.document.id, stored.ingested_at) for stored in found]


def rows_of(store: AnyStore) -> GraphSource:
    """The rows that a store's exports are made of."""
    return store.source() if isinstance(store, RdfStore) else StoreSource(store)
