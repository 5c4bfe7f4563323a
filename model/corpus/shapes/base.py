"""What a source shape is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.corpus.shapes.files import Files


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document as its source has it. ``id`` tells people where it comes from."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record or file that could not be read, and why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of source.

    ``read`` streams the documents of files, in a stable order; ``clean`` makes plain text of one
    and returns an empty string where none is left. Reading happens in one process and cleaning in
    many, so that ``read`` leaves to ``clean`` all that takes time.
    """

    name: str
    read: Callable[[Files], Iterator[RawDocument | Unreadable]]
    clean: Callable[[RawDocument], str]
    code: bool = False
    """Code is split between lines, not sentences, and no rules about prose apply to it."""


def with_title(title: str, text: str) -> str:
    """``text`` below its title, unless it begins with it."""
    title = " ".join(title.split())
    if not title or not text or text[: len(title)].casefold() == title.casefold():
        return text
    return f"{title}\n\n{text}"
