"""The property graph as tables of nodes and relationships, for GraphML and CSV.

Labels, relationship types and properties are those of the store, so that a query written for
the store runs on what another database imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from graph.export.source import GraphSource
from model.schema import Schema
from model.schema_names import graph_label, relationship_type

PropertyType = Literal["string", "long", "double", "string[]", "double[]"]
PropertyValue = str | int | float | tuple[str, ...] | tuple[float, ...] | None

NodeRow = tuple[str, tuple[str, ...], tuple[PropertyValue, ...]]
"""Id, labels, and the values of the table's properties."""

EdgeRow = tuple[str, str, str, tuple[PropertyValue, ...]]
"""Ids of start and end, type, and the values of the table's properties."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a graph.

    Without ``provenance``, documents, chunks and mentions are left out. Without ``text``, the
    texts of chunks and mentions are, which may not be free to pass on.
    """

    source: GraphSource
    schema: Schema
    provenance: bool = True
    text: bool = True

    @property
    def node_tables(self) -> list[NodeTable]:
        return [t for t in _NODE_TABLES if self.provenance or t.space in _FACTS]

    @property
    def edge_tables(self) -> list[EdgeTable]:
        return [t for t in _EDGE_TABLES if self.provenance or t.start in _FACTS]

    def shown(self, text: str) -> str | None:
        return text if self.text else None


@dataclass(frozen=True, slots=True)
class NodeTable:
    """Nodes with the same properties; ``space`` is what their ids are unique in."""

    name: str
    space: str
    properties: tuple[tuple[str, PropertyType], ...]
    rows: Callable[[View], Iterator[NodeRow]]


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """Relationships from nodes of one space to nodes of one other, with the same properties."""

    name: str
    start: str
    end: str
    properties: tuple[tuple[str, PropertyType], ...]
    rows: Callable[[View], Iterator[EdgeRow]]


_label = lru_cache(maxsize=4096)(graph_label)
_relationship = lru_cache(maxsize=4096)(relationship_type)
_FACTS = frozenset({"Entity", "Event"})


def _documents(view: View) -> Iterator[NodeRow]:
    for row in view.source.documents():
        yield row.id, ("Document",), (
            row.uri, row.title, row.language, row.sha256, row.pipeline, row.ingested_at,
        )  # fmt: skip


def _chunks(view: View) -> Iterator[NodeRow]:
    for row in view.source.chunks():
        yield row.id, ("Chunk",), (row.index, row.start, row.end, view.shown(row.text))


def _entities(view: View) -> Iterator[NodeRow]:
    for row in view.source.entities():
        base = ("Entity", "Value") if row.datatype is not None else ("Entity",)
        types = view.schema.ancestors(row.type) if row.type in view.schema.entity else (row.type,)
        values = (row.name, row.aliases, row.type, row.datatype, row.value)
        yield row.id, tuple(dict.fromkeys((*base, *map(_label, types)))), values


def _events(view: View) -> Iterator[NodeRow]:
    for row in view.source.events():
        values = (row.type, row.trigger, row.start, row.end, row.confidence)
        yield row.id, ("Event", _label(row.type)), values


def _parts(view: View) -> Iterator[EdgeRow]:
    for row in view.source.chunks():
        yield row.id, row.document, "PART_OF", ()


def _mentions(view: View) -> Iterator[EdgeRow]:
    for row in view.source.mentions():
        values = (row.start, row.end, view.shown(row.text), row.confidence, row.local)
        yield row.chunk, row.target, "MENTIONS", values


def _event_mentions(view: View) -> Iterator[EdgeRow]:
    for row in view.source.events():
        yield row.chunk, row.id, "MENTIONS", (
            row.start, row.end, view.shown(row.trigger), row.confidence,
        )  # fmt: skip


def _relations(view: View) -> Iterator[EdgeRow]:
    for row in view.source.relations():
        yield (
            row.head,
            row.tail,
            relationship_type(row.type),
            (
                row.confidence,
                len(row.evidence),
                tuple(e.chunk for e in row.evidence),
                tuple(e.head for e in row.evidence),
                tuple(e.tail for e in row.evidence),
                tuple(e.confidence for e in row.evidence),
            ),
        )


def _arguments(view: View) -> Iterator[EdgeRow]:
    for event in view.source.events():
        for argument in event.arguments:
            values = (argument.confidence, argument.local)
            yield event.id, argument.entity, _relationship(argument.role), values


_NODE_TABLES: tuple[NodeTable, ...] = (
    NodeTable(
        "documents",
        "Document",
        (
            ("uri", "string"),
            ("title", "string"),
            ("language", "string"),
            ("sha256", "string"),
            ("pipeline", "string"),
            ("ingested_at", "string"),
        ),
        _documents,
    ),
    NodeTable(
        "chunks",
        "Chunk",
        (("index", "long"), ("start", "long"), ("end", "long"), ("text", "string")),
        _chunks,
    ),
    NodeTable(
        "entities",
        "Entity",
        (
            ("name", "string"),
            ("aliases", "string[]"),
            ("type", "string"),
            ("datatype", "string"),
            ("value", "string"),
        ),
        _entities,
    ),
    NodeTable(
        "events",
        "Event",
        (
            ("type", "string"),
            ("trigger", "string"),
            ("start", "long"),
            ("end", "long"),
            ("confidence", "double"),
        ),
        _events,
    ),
)

_EDGE_TABLES: tuple[EdgeTable, ...] = (
    EdgeTable("part_of", "Chunk", "Document", (), _parts),
    EdgeTable(
        "mentions",
        "Chunk",
        "Entity",
        (
            ("start", "long"),
            ("end", "long"),
            ("text", "string"),
            ("confidence", "double"),
            ("local", "string"),
        ),
        _mentions,
    ),
    EdgeTable(
        "event_mentions",
        "Chunk",
        "Event",
        (("start", "long"), ("end", "long"), ("text", "string"), ("confidence", "double")),
        _event_mentions,
    ),
    EdgeTable(
        "relations",
        "Entity",
        "Entity",
        (
            ("confidence", "double"),
            ("support", "long"),
            ("evidence_chunk", "string[]"),
            ("evidence_head", "string[]"),
            ("evidence_tail", "string[]"),
            ("evidence_confidence", "double[]"),
        ),
        _relations,
    ),
    EdgeTable(
        "arguments",
        "Event",
        "Entity",
        (("confidence", "double"), ("local", "string")),
        _arguments,
    ),
)
