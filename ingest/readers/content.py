"""What a format's reader gives: contents, not yet documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.documents import Mark
from ingest.options import ReadOptions


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a file, or of one record of it (``fragment``, without the ``#``).

    The text is final: marks are offsets into it.
    """

    text: str
    title: str = ""
    marks: tuple[Mark, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be read, though others of the same file can."""

    fragment: str
    reason: str


# Raises ReadError, or whatever its parser raises, for a file that cannot be read at all.
Reader = Callable[[Path, ReadOptions], Iterator[Content | BadRecord]]
