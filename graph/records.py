"""What the graph stores for one document: its local entities, facts and events.

A *local entity* is what coreference and names inside one document made one. Resolution maps
local entities to canonical entities; nothing here depends on other documents.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.documents import Chunk, Document

NO_SPAN = (-1, -1)
"""Where it is not known which mention a statement is about."""


@dataclass(frozen=True, slots=True)
class LocalMention:
    """A mention in the text; ``start`` and ``end`` are offsets into ``Document.text``."""

    chunk: int  # index of the chunk
    start: int
    end: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class LocalEntity:
    """``local`` is unique in the document and depends on its content only (``e0``, ``e1``, ...
    in the order of first mentions). ``names`` are the proper names used, most telling first.

    Literals (dates, amounts) have ``datatype`` and the normalised ``value`` (ISO 8601, decimal);
    ``value`` is None where the text could not be normalised.
    """

    local: str
    type: str
    name: str
    names: tuple[str, ...]
    mentions: tuple[LocalMention, ...]
    datatype: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class LocalRelation:
    """One statement of a relation in one chunk; ``head`` and ``tail`` are local ids.

    ``head_span`` and ``tail_span`` are the mentions that it is stated of, as offsets into
    ``Document.text``.
    """

    type: str
    head: str
    tail: str
    chunk: int
    confidence: float
    head_span: tuple[int, int] = NO_SPAN
    tail_span: tuple[int, int] = NO_SPAN


@dataclass(frozen=True, slots=True)
class LocalArgument:
    """What fills a role of an event."""

    role: str
    entity: str  # local id
    confidence: float


@dataclass(frozen=True, slots=True)
class LocalEvent:
    """An event of one document; ``start`` and ``end`` are its trigger's place in the text."""

    type: str
    trigger: str
    chunk: int
    start: int
    end: int
    confidence: float
    arguments: tuple[LocalArgument, ...]


@dataclass(frozen=True, slots=True)
class DocumentGraph:
    """All that one document states, ready to be resolved and written.

    ``ingested_at`` is when another store took it in, ISO 8601 with a zone; by default the store
    that it is written to says when that was.
    """

    document: Document
    pipeline: str  # fingerprint of extractor, schema and code that made it
    chunks: tuple[Chunk, ...]
    entities: tuple[LocalEntity, ...]
    relations: tuple[LocalRelation, ...]
    events: tuple[LocalEvent, ...]
    ingested_at: str | None = None
