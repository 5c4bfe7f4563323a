"""Finds the words of an answer in the text: what is not in the text is not a fact.

Three tries, each wider: the words as they are; without differences of case, width, spacing and
punctuation; and nearly the same words (rapidfuzz), never with other digits.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from ingest.text import is_cjk

#: Similarity (of 100) from which words are nearly the same, and the lengths that are tried.
SIMILAR = 90.0
SHORTEST, LONGEST = 5, 200
LONGEST_TEXT = 20_000
#: More occurrences of the same words than this are not looked at.
MOST = 256
_SAME = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
     "、": ",", "。": ".", "《": "<", "》": ">"}
)  # fmt: skip
_OUTER = "\"'“”‘’「」『』《》`.,;:。，；：、!?！？()（）[]【】 \t\n"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where words were found; ``likeness`` is 1 for the very words, else below."""

    start: int
    end: int
    likeness: float = 1.0

    def distance(self, other: Place) -> int:
        """Characters between two places; 0 if they touch or overlap."""
        return max(self.start - other.end, other.start - self.end, 0)

    def holds(self, other: Place) -> bool:
        """Whether ``other`` lies inside and is shorter."""
        return (
            self.start <= other.start
            and other.end <= self.end
            and self.end - self.start > other.end - other.start
        )


class Grounder:
    """Looks words up in one text; each look-up takes time linear in the text, and is kept."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[str, tuple[Place, ...]] = {}

    def places(self, words: str) -> tuple[Place, ...]:
        """All places of ``words``, in order; empty if the text does not have them."""
        if words not in self._known:
            self._known[words] = self._find(words)
        return self._known[words]

    def _find(self, words: str) -> tuple[Place, ...]:
        bare = words.strip()
        for wanted in dict.fromkeys((bare, bare.strip(_OUTER))):
            if found := self._exact(wanted):
                return found
        for wanted in dict.fromkeys((bare, bare.strip(_OUTER))):
            if found := self._normalised(wanted):
                return found
        return self._fuzzy(bare.strip(_OUTER))

    def _exact(self, words: str) -> tuple[Place, ...]:
        found: list[Place] = []
        start = self.text.find(words) if words else -1
        while start >= 0 and len(found) < MOST:
            end = start + len(words)
            if self._whole(start, end):
                found.append(Place(start, end))
            start = self.text.find(words, end)
        return tuple(found)

    def _whole(self, start: int, end: int) -> bool:
        """Whether no word is cut at ``start`` or ``end``; Chinese has no such borders."""
        text = self.text
        return not (start > 0 and _joined(text[start - 1], text[start])) and not (
            end < len(text) and _joined(text[end - 1], text[end])
        )

    @cached_property
    def _normal(self) -> tuple[str, list[int]]:
        """The text without blanks and differences of form, and the offset of each character."""
        characters: list[str] = []
        offsets: list[int] = []
        for offset, character in enumerate(self.text):
            for normal in _normal(character):
                characters.append(normal)
                offsets.append(offset)
        return "".join(characters), offsets

    def _normalised(self, words: str) -> tuple[Place, ...]:
        text, offsets = self._normal
        wanted = "".join(_normal(c) for c in words)
        found: list[Place] = []
        start = text.find(wanted) if wanted else -1
        while start >= 0 and len(found) < MOST:
            end = start + len(wanted)
            place = Place(offsets[start], offsets[end - 1] + 1, 0.99)
            if self._whole(place.start, place.end):
                found.append(place)
            start = text.find(wanted, end)
        return tuple(found)

    def _fuzzy(self, words: str) -> tuple[Place, ...]:
        wanted = "".join(_normal(c) for c in words)
        text, offsets = self._normal
        if not SHORTEST <= len(wanted) <= min(LONGEST, len(text)) or len(text) > LONGEST_TEXT:
            return ()
        match = fuzz.partial_ratio_alignment(wanted, text, score_cutoff=SIMILAR)
        if match is None or match.dest_end <= match.dest_start:
            return ()
        start, end = offsets[match.dest_start], offsets[match.dest_end - 1] + 1
        while start > 0 and _joined(self.text[start - 1], self.text[start]):
            start -= 1
        while end < len(self.text) and _joined(self.text[end - 1], self.text[end]):
            end += 1
        while start < end and self.text[start].isspace():
            start += 1
        while start < end and self.text[end - 1].isspace():
            end -= 1
        found = "".join(_normal(c) for c in self.text[start:end])
        if _digits(found) != _digits(wanted):
            return ()
        # Growing to whole words may have made it another name.
        score = fuzz.ratio(wanted, found)
        return (Place(start, end, round(score / 100, 2)),) if score >= SIMILAR - 5 else ()


def _normal(character: str) -> str:
    normal = unicodedata.normalize("NFKC", character).translate(_SAME).casefold()
    return "".join(c for c in normal if not c.isspace())


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _joined(left: str, right: str) -> bool:
    """Whether two characters belong to one word."""
    if not (left.isalnum() or _is_mark(left)) or not (right.isalnum() or _is_mark(right)):
        return False
    return not is_cjk(left) and not is_cjk(right)


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) != 0
