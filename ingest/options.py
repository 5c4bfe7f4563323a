"""What a caller can set about reading."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds that keep one bad file from taking the machine down. Beyond them: a ``Failure``.

    ``max_file_bytes`` is for formats that are read whole; CSV, TSV and JSON lines are streamed
    and may be of any size. ``max_text_chars`` is for the text of one document, and for one line
    or cell. ``max_expanded_bytes`` is for the summed size of what a zip-based file (DOCX, PPTX,
    EPUB) unpacks to, and ``max_expansion`` for its ratio to the size of the file, which counts
    only from 16 MiB on. ``max_depth`` is for nested elements. ``max_seconds`` and
    ``max_memory_bytes`` (of address space) are for the process that parses a file.
    """

    max_file_bytes: int = 256 * 1024**2
    max_text_chars: int = 20_000_000
    max_expanded_bytes: int = 1024**3
    max_expansion: int = 100
    max_archive_entries: int = 20_000
    max_depth: int = 200
    max_seconds: int = 300
    max_memory_bytes: int = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read files.

    ``text_field``, ``title_field`` and ``id_field`` name the columns (CSV, TSV) or keys (JSON)
    that hold a record's text, title and identifier. Without ``text_field``, JSON records use the
    first of ``text``, ``content`` and ``body`` that they have, and a table row's text is all its
    columns, one a line. With ``id_field``, a record's URI ends in ``#id=...`` and so survives
    moving within the file; without, in its row or line. ``encoding`` overrides detection.
    ``isolate`` has `ingest.isolated` parse what is not plain text in a process of its own.
    """

    text_field: str | None = None
    title_field: str | None = None
    id_field: str | None = None
    encoding: str | None = None
    isolate: bool = True
    limits: ReadLimits = field(default_factory=ReadLimits)
