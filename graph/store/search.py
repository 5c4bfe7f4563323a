"""Finding entities by name: the full-text index and what is asked of it.

An entity's internal property ``_search`` holds its name and aliases, folded as names are
compared (case, accents, traditional and simplified characters, width). Both servers index it
with Lucene's standard analyser, for which a Chinese character is a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from graph import names

SEARCH = "_search"
NEO4J_INDEX = "entity_search"
ARCADEDB_INDEX = f"Entity[{SEARCH}]"

CANDIDATES = 200
"""How many of the index's best are ranked by us: exact names first, then what is named most."""

_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(f"{names.HAN}|(?:(?!{names.HAN})[^\\W_])+")


@dataclass(frozen=True, slots=True)
class Hit:
    """An entity found by name. ``support`` counts the documents' entities that it joins."""

    id: str
    name: str
    type: str
    aliases: tuple[str, ...]
    support: int


def searchable(all_names: Iterable[str]) -> str:
    """What the index holds of an entity: its folded names, one a line."""
    return "\n".join(sorted({names.fold(name) for name in all_names}))


def index_query(text: str) -> str | None:
    """``text`` in Lucene's syntax: every word or Chinese character must begin a word.

    None if nothing in it can be searched for.
    """
    pieces = _PIECE.findall(names.fold(text))
    if not pieces:
        return None
    return " ".join(
        f"+{piece}" if names.has_han(piece) else f"+{piece}*" for piece in dict.fromkeys(pieces)
    )


def ranked(text: str, found: Iterable[Hit], limit: int) -> list[Hit]:
    """The best of ``found``: exact names, names that begin so, then those named most."""
    wanted = names.fold(text)
    kept = [
        (grade, -hit.support, len(hit.name), hit.name, hit.id, hit)
        for hit in found
        if (grade := min(_grade(wanted, names.fold(name)) for name in (hit.name, *hit.aliases))) < 4
    ]
    return [hit for *_, hit in sorted(kept, key=lambda item: item[:5])[:limit]]


def _grade(wanted: str, name: str) -> int:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if wanted in name:
        return 2
    words = _WORD.findall(name)
    every = all(
        any(piece in word if names.has_han(piece) else word.startswith(piece) for word in words)
        for piece in _WORD.findall(wanted)
    )
    return 3 if every else 4
