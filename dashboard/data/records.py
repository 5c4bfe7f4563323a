"""What the explorer shows, as the data layer hands it to the views."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

NodeKind = Literal["entity", "value", "event"]
SpanKind = Literal["head", "tail", "trigger", "argument", "mention"]


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


@dataclass(frozen=True)
class Subgraph:
    """A part of a graph. ``left_out`` is how many nodes a limit kept out of it."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    left_out: int = 0

    @cached_property
    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def edges_by_id(self) -> dict[str, Edge]:
        return {edge.id: edge for edge in self.edges}

    def only(self, ids: frozenset[str]) -> Subgraph:
        """What is left with these nodes alone."""
        return Subgraph(
            tuple(node for node in self.nodes if node.id in ids),
            tuple(edge for edge in self.edges if edge.source in ids and edge.target in ids),
            self.left_out,
        )


@dataclass(frozen=True, slots=True)
class NeighbourCount:
    """How many neighbours a node has by one kind of relationship; ``outgoing`` from it."""

    type: str
    outgoing: bool
    kind: Literal["relation", "role"]
    count: int


@dataclass(frozen=True, slots=True)
class Hit:
    """What a search found, with how much is known of it."""

    node: Node
    aliases: tuple[str, ...]
    relations: int
    events: int
    documents: int


@dataclass(frozen=True, slots=True)
class EntityDetails:
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


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A marked part of a text; offsets are into the document. ``target`` is a node's id."""

    start: int
    end: int
    kind: SpanKind
    target: str = ""
    label: str = ""
    """The type of what is mentioned, or the role of an argument (a relationship type)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences of a document that state something; ``start`` is where ``text`` begins."""

    document: DocumentInfo
    chunk: str
    start: int
    text: str
    spans: tuple[Span, ...]
    confidence: float

    @property
    def page(self) -> str | None:
        return self.document.page_at(self.start)

    @property
    def section(self) -> str | None:
        return self.document.section_at(self.start)


@dataclass(frozen=True)
class Evidence:
    """The passages that state a fact, surest first; ``total`` may be more than are given."""

    passages: tuple[Passage, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation or an event as one document states it, at ``start`` in its text."""

    kind: Literal["relation", "event"]
    type: str
    start: int
    end: int
    head: str
    tail: str
    text: str
    """For a relation, the edge's id; for an event, the event's id."""
    id: str
    confidence: float
    new: bool = False
    """Whether no other document states it."""


@dataclass(frozen=True)
class DocumentPage:
    """A window of a document's text with what is found in it.

    ``start`` and ``end`` bound ``text`` in the document; ``facts`` are those of the window,
    ``places`` the offsets of all facts of the document, for a map of it.
    """

    document: DocumentInfo
    start: int
    text: str
    spans: tuple[Span, ...]
    facts: tuple[Fact, ...]
    places: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Argument:
    role: str
    node: Node
    confidence: float


@dataclass(frozen=True, slots=True)
class EventRow:
    """``date`` is ISO 8601, perhaps shortened (``1936``), or empty."""

    id: str
    type: str
    trigger: str
    confidence: float
    date: str
    document: str
    title: str
    start: int
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class EventList:
    """``years`` counts the dated events of the list by year."""

    events: tuple[EventRow, ...]
    cut: bool


@dataclass(frozen=True)
class Path:
    """Nodes and the edges between them, in order; edges may point either way."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def confidence(self) -> float:
        """Of the whole path: the product of its edges'."""
        product = 1.0
        for edge in self.edges:
            product *= edge.confidence
        return product


@dataclass(frozen=True)
class PathSearch:
    """``complete`` is False where a limit stopped the search before all was seen."""

    paths: tuple[Path, ...]
    complete: bool


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
