"""What an export reads: rows, and the protocol of whatever yields them.

The exporters know nothing of databases. A source yields plain rows, and no exporter keeps more
than one document's rows at a time, so that memory does not grow with the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """``ingested_at`` is ISO 8601 with a zone, or None where it is not known."""

    id: str
    uri: str
    title: str
    language: str
    sha256: str
    pipeline: str
    ingested_at: str | None = None


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """``start`` and ``end`` are offsets (code points, end exclusive) into the document's text."""

    id: str
    document: str
    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class EntityRow:
    """A canonical entity; literals have a ``datatype`` and, where normalised, a ``value``.

    ``type`` is the name in the schema, or the node label of it; so for events. Likewise the
    types of relations and roles are names in the schema, or relationship types.
    """

    id: str
    type: str
    name: str
    aliases: tuple[str, ...] = ()
    datatype: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class MentionRow:
    """Where ``document`` mentions an entity.

    ``chunk`` is the chunk's id, ``target`` the entity's, ``local`` its id in the document.
    """

    document: str
    start: int
    end: int
    local: str
    chunk: str
    target: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, order=True)
class EvidenceRow:
    """One statement of a relation in one chunk; ``head`` and ``tail`` are local ids."""

    document: str
    chunk: str
    head: str
    tail: str
    confidence: float


@dataclass(frozen=True, slots=True)
class RelationRow:
    """``head`` and ``tail`` are entity ids."""

    type: str
    head: str
    tail: str
    confidence: float
    evidence: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True, order=True)
class ArgumentRow:
    """``entity`` is an entity id, ``local`` its id inside the event's document."""

    role: str
    entity: str
    confidence: float
    local: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """``start`` and ``end`` are the trigger's offsets into the document's text."""

    id: str
    type: str
    document: str
    chunk: str
    trigger: str
    start: int
    end: int
    confidence: float
    arguments: tuple[ArgumentRow, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An entity in one document: ``names`` are those that this document uses for it."""

    entity: EntityRow
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """All that one document states.

    ``members`` holds each entity that the rest names once. The evidence of ``relations`` is
    this document's own. ``mentions`` are those of entities; an event carries its own position.
    """

    document: DocumentRow
    chunks: tuple[ChunkRow, ...]
    members: tuple[MemberRow, ...]
    mentions: tuple[MentionRow, ...]
    relations: tuple[RelationRow, ...]
    events: tuple[EventRow, ...]


class GraphSource(Protocol):
    """A graph to read from start to end, any number of times.

    Every method yields in an order that depends on the graph's content only, so that the same
    graph exports to the same bytes.
    """

    def documents(self) -> Iterator[DocumentRow]: ...

    def chunks(self) -> Iterator[ChunkRow]: ...

    def entities(self) -> Iterator[EntityRow]: ...

    def mentions(self) -> Iterator[MentionRow]:
        """The mentions of entities; events carry their own position."""
        ...

    def relations(self) -> Iterator[RelationRow]:
        """Each relation once, with the evidence of all documents."""
        ...

    def events(self) -> Iterator[EventRow]: ...

    def by_document(self) -> Iterator[DocumentFacts]:
        """The same rows, one document at a time."""
        ...
