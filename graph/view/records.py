"""Answers of a view: what is in a graph, as people look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

NodeKind = Literal["entity", "value", "event"]


@dataclass(frozen=True, slots=True)
class Node:
    """An entity, a value (a date, an amount) or an event.

    ``degree`` counts its relationships to entities and events; ``type`` is the schema's name.
    """

    id: str
    kind: NodeKind
    type: str
    name: str
    degree: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between entities, or an event's argument. ``type`` is the relationship type.

    ``conflict`` says that it contradicts another: two dates of birth, say.
    """

    source: str
    type: str
    target: str
    kind: Literal["relation", "role"]
    confidence: float
    support: int = 1
    conflict: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}|{self.type}|{self.target}"


@dataclass(frozen=True, slots=True)
class NeighbourCount:
    """How many neighbours a node has by one kind of relationship; ``outgoing`` from it."""

    type: str
    outgoing: bool
    kind: Literal["relation", "role"]
    count: int


@dataclass(frozen=True, slots=True)
class EntityDetails:
    """``documents`` counts the local entities that were resolved to it."""

    node: Node
    aliases: tuple[str, ...]
    datatype: str | None
    value: str | None
    documents: int
    mentions: int


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """``pages`` and ``sections`` are (start, label), sorted by start."""

    id: str
    uri: str
    title: str
    language: str
    media_type: str
    pipeline: str
    ingested_at: str
    length: int
    pages: tuple[tuple[int, str], ...] = ()
    sections: tuple[tuple[int, str], ...] = ()

    def page_at(self, offset: int) -> str | None:
        return _mark_at(self.pages, offset)

    def section_at(self, offset: int) -> str | None:
        return _mark_at(self.sections, offset)

    @property
    def heading(self) -> str:
        """The title, or else the last part of the address."""
        return self.title or self.uri.rstrip("/").rpartition("/")[2] or self.uri


def _mark_at(marks: tuple[tuple[int, str], ...], offset: int) -> str | None:
    label = None
    for start, name in marks:
        if start > offset:
            break
        label = name
    return label


@dataclass(frozen=True, slots=True)
class Argument:
    """What fills a role; ``local`` is the entity's id in the event's document."""

    role: str
    node: Node
    confidence: float
    local: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """``date`` is ISO 8601, perhaps shortened (``1936``), or empty; ``start`` and ``end`` are the
    trigger's place in the document, ``chunk`` the chunk's id."""

    id: str
    type: str
    trigger: str
    confidence: float
    date: str
    document: str
    title: str
    start: int
    arguments: tuple[Argument, ...]
    end: int = 0
    chunk: str = ""


@dataclass(frozen=True, slots=True)
class DoubtfulFact:
    """A relation of low confidence, or one that contradicts another."""

    edge: Edge
    head: Node
    tail: Node


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """``start`` is where ``text`` begins in the document."""

    id: str
    start: int
    text: str
    document: DocumentInfo


@dataclass(frozen=True, slots=True)
class MentionInfo:
    """A place in a document that names ``target``, an entity or (its trigger) an event.

    Offsets are into the document's text; ``local`` is the entity's id in the document, empty of an
    event.
    """

    chunk: str
    start: int
    end: int
    text: str
    confidence: float
    local: str
    target: str
    type: str
    name: str
    event: bool = False


@dataclass(frozen=True, slots=True)
class Statements:
    """Who states a relation: confidence, and the ids of the documents."""

    confidence: float
    documents: frozenset[str]


@dataclass(frozen=True)
class Overview:
    """What a graph holds. Types are the schema's names or, for relations, relationship types."""

    documents: int
    entities: dict[str, int] = field(default_factory=dict)
    relations: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return self.documents == 0 and not self.entities and not self.events
