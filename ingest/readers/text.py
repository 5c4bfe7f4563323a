"""Plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.encoding import decode
from ingest.errors import ReadError
from ingest.options import ReadOptions
from ingest.readers.content import Content
from ingest.text import clean

_FIRST_LINE = re.compile(r"\s*(\S[^\n]{0,98}[^\s.!?:;,。！？：；，])[^\S\n]*\n[^\S\n]*\n")


def read_decoded(path: Path, options: ReadOptions) -> str:
    """The whole file as text, cleaned.

    Raises ReadError if it is binary, in an unknown encoding or longer than the limit.
    """
    text = clean(decode(path.read_bytes(), options.encoding))
    limit = options.limits.max_text_chars
    if len(text) > limit:
        raise ReadError(f"the text is longer than the limit of {limit:,} characters")
    return text


def read_text(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document, the file's text as it is but for line ends and invisible characters."""
    text = read_decoded(path, options)
    yield Content(text, _title(text))


def _title(text: str) -> str:
    """The first line if it stands alone, is short and is no sentence; else an empty string."""
    match = _FIRST_LINE.match(text)
    return match[1] if match else ""
