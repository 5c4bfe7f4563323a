"""A document as data that JSON can hold, and back."""

from __future__ import annotations

from typing import Any

from ingest.documents import Chunk, Document, Mark


def document_data(document: Document) -> list[Any]:
    """All of a document."""
    return [
        *(document.uri, document.source, document.media_type, document.language),
        *(document.title, document.text, document.sha256),
        [[mark.kind, mark.start, mark.label] for mark in document.marks],
        dict(document.metadata),
    ]


def document_of(data: list[Any]) -> Document:
    """The document of `document_data`."""
    uri, source, media_type, language, title, text, sha256, marks, metadata = data
    return Document(
        *(uri, source, media_type, language, title, text, sha256),
        marks=tuple(Mark(*mark) for mark in marks),
        metadata=metadata,
    )


def chunks_data(chunks: list[Chunk] | tuple[Chunk, ...]) -> list[list[int]]:
    """All of a document's chunks but for what the document tells."""
    return [[chunk.index, chunk.start, chunk.end] for chunk in chunks]


def chunks_of(data: list[list[int]], document: Document) -> list[Chunk]:
    """The chunks of `chunks_data`."""
    id, text = document.id, document.text
    return [Chunk(id, index, start, end, text[start:end]) for index, start, end in data]
