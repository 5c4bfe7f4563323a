"""What the explorer shows, as the data layer hands it to the views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from graph.view.records import (
    Argument,
    DocumentInfo,
    DoubtfulFact,
    Edge,
    EntityDetails,
    EventRow,
    NeighbourCount,
    Node,
    NodeKind,
    Overview,
)

__all__ = [
    "Argument",
    "DocumentInfo",
    "DocumentPage",
    "DoubtfulFact",
    "Edge",
    "EntityDetails",
    "EventList",
    "EventRow",
    "Evidence",
    "Fact",
    "Hit",
    "NeighbourCount",
    "Node",
    "NodeKind",
    "Overview",
    "Passage",
    "Path",
    "PathSearch",
    "Span",
    "SpanKind",
    "Subgraph",
]

SpanKind = Literal["head", "tail", "trigger", "argument", "mention"]


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
class Hit:
    """What a search found, with how much is known of it."""

    node: Node
    aliases: tuple[str, ...]
    relations: int
    events: int
    documents: int


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
