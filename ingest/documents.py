"""What ``ingest`` hands on: documents and chunks.

All offsets everywhere in kgbuilder are Python string indexes (Unicode code points) into
``Document.text``, end exclusive. ``Document.text`` is final once a reader has made it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Mark:
    """A page or section that begins at offset ``start`` and runs to the next mark of its kind."""

    kind: Literal["page", "section"]
    start: int
    label: str


@lru_cache(maxsize=4096)
def document_id(uri: str) -> str:
    """Stable id of the document at ``uri``: 16 hex digits of its SHA-256."""
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def chunk_id(document_id: str, index: int) -> str:
    """The id of a document's chunk with this number."""
    return f"{document_id}#{index}"


def content_hash(text: str) -> str:
    """SHA-256 (hex) of a text, the ``sha256`` of a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """One text with its source.

    ``source`` is the URI of the file it was read from. ``uri`` equals it, except for files that
    hold many documents (CSV rows, JSON lines): those add a fragment (``#row=3``, ``#line=7``).
    ``language`` is a code such as ``en`` or ``zh``. ``marks`` are sorted by ``start``.
    ``sha256`` covers everything of a document that reaches the graph: text, title, marks,
    metadata.
    """

    uri: str
    source: str
    media_type: str
    language: str
    title: str
    text: str
    sha256: str
    marks: tuple[Mark, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def id(self) -> str:
        return document_id(self.uri)

    def mark_at(self, offset: int, kind: Literal["page", "section"]) -> Mark | None:
        """The page or section that holds ``offset``, or None where there is none."""
        marks = [mark for mark in self.marks if mark.kind == kind]
        index = bisect_right(marks, offset, key=lambda mark: mark.start)
        return marks[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: ``document.text[start:end] == text``, always."""

    document_id: str
    index: int
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        return chunk_id(self.document_id, self.index)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file (or one record of it) that could not be read, and why.

    ``transient`` says that the cause may lie outside the file, so that another try may succeed.
    """

    uri: str
    reason: str
    transient: bool = False
