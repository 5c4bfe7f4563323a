"""What an export reads: rows, and the protocol of whatever yields them.

The exporters know nothing of databases. A source yields plain rows, and no exporter keeps more
than one document's rows at a time, so that memory does not grow with the graph.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from graph.records import NO_SPAN
from graph.resolving.decisions import Decisions
from model.schema import Schema


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """``ingested_at`` is ISO 8601 with a zone, or None where it is not known.

    ``length`` is the text's, in code points. ``marks`` are (kind, start, label), ``metadata``
    (key, value), sorted.
    """

    id: str
    uri: str
    title: str
    language: str
    sha256: str
    pipeline: str
    ingested_at: str | None = None
    source: str = ""
    media_type: str = ""
    length: int = 0
    marks: tuple[tuple[str, int, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()


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
    """One statement of a relation in one chunk; ``head`` and ``tail`` are local ids.

    They run as the relation does. ``turned`` says that the document has them the other way
    round, which is the same where the relation is symmetric. The spans are those of the mentions,
    offsets into the document's text; -1 if not known.
    """

    document: str
    chunk: str
    head: str
    tail: str
    confidence: float
    head_span: tuple[int, int] = NO_SPAN
    tail_span: tuple[int, int] = NO_SPAN
    turned: bool = field(default=False, compare=False)


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
class LocalRow:
    """A local entity, as the document has it (`graph.records.LocalEntity`), with its keys."""

    local: str
    type: str
    name: str
    names: tuple[str, ...]
    keys: tuple[str, ...]
    datatype: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An entity in one document: ``names`` are those that this document uses for it.

    ``locals`` are the local entities that it is made of there, by their ids.
    """

    entity: EntityRow
    names: tuple[str, ...]
    locals: tuple[LocalRow, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """All that one document states.

    ``members`` holds each entity that the rest names once. The evidence of ``relations`` is
    this document's own. ``mentions`` are those of entities; an event carries its own position.
    ``rejected`` is what the document states and people hold to be wrong.
    """

    document: DocumentRow
    chunks: tuple[ChunkRow, ...]
    members: tuple[MemberRow, ...]
    mentions: tuple[MentionRow, ...]
    relations: tuple[RelationRow, ...]
    events: tuple[EventRow, ...]
    rejected: tuple[RelationRow, ...] = ()


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
        """The same rows, one document at a time, and what people rejected of them."""
        ...

    def decisions(self) -> Decisions:
        """What people decided about the graph; the rows are those that follow from it."""
        ...


class FromDocuments(ABC):
    """The rows of a graph that is read document by document."""

    @abstractmethod
    def by_document(self) -> Iterator[DocumentFacts]: ...

    def documents(self) -> Iterator[DocumentRow]:
        return (facts.document for facts in self.by_document())

    def chunks(self) -> Iterator[ChunkRow]:
        return (chunk for facts in self.by_document() for chunk in facts.chunks)

    def mentions(self) -> Iterator[MentionRow]:
        return (mention for facts in self.by_document() for mention in facts.mentions)

    def events(self) -> Iterator[EventRow]:
        return (event for facts in self.by_document() for event in facts.events)

    def decisions(self) -> Decisions:
        return Decisions()


@runtime_checkable
class HasRows(Protocol):
    """A store that gives its rows itself."""

    @property
    def schema(self) -> Schema | None: ...

    def source(self) -> GraphSource: ...


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's graph as sorted lines of N-Triples, as an export writes it by default."""

    document: str
    lines: list[bytes]


@runtime_checkable
class HasText(Protocol):
    """A source that holds what an export as RDF writes."""

    @property
    def schema(self) -> Schema: ...

    @property
    def base(self) -> str: ...

    def by_document_text(self, *, rejected: bool) -> Iterator[DocumentText | DocumentFacts]:
        """Each document's text; without ``rejected`` the rows of those that people rejected facts
        of."""
        ...
