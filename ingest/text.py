"""Characters and lines: what every reader does to the text it found, before offsets are final."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from ingest.documents import Mark
from ingest.errors import ReadError

# Scripts written without spaces between words, with their punctuation: CJK symbols, kana,
# ideographs (all planes) and full-width forms. Hangul is written with spaces.
CJK = (
    "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f"
    "\U00020000-\U0003ffff"
)
# These marks are shared by Western and Chinese typography.
_SHARED_MARKS = "“”‘’…—·"

_CJK_CHARACTER = re.compile(f"[{CJK}]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u0080-\u0084\u0086-\u009f"  # controls, but for \t \n \v \f \r NEL
    "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffe\uffff]"
)
_LINE_END = re.compile("\r\n|[\r\v\f\u0085\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u2007\u202f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_RUN = re.compile(r"[^\S\n]*\n(?:[^\S\n]*\n)+")
_TRAILING = re.compile(r"[^\S\n]+$", re.MULTILINE)
_WORD_SPACE = re.compile(r"[ \t\n\r]+")
_CJK_LINE_JOIN = re.compile(f"(?<=[{CJK}])[ \t]*\n\\s*(?=[{CJK}{_SHARED_MARKS}])")
_HYPHENATED = re.compile(r"[^\W_]{2,}-$")


def word_set(words: str) -> frozenset[str]:
    """The words of a string, as a set: for lists that are data."""
    return frozenset(words.split())


def is_cjk(character: str) -> bool:
    """Whether a character belongs to a script that puts no spaces between words."""
    return _CJK_CHARACTER.match(character) is not None


def clean(text: str) -> str:
    """``text`` with line ends as ``\\n`` and without characters that no reader shows.

    Control characters, soft hyphens, zero-width spaces and text-direction marks go (joiners
    stay: emoji and Indic scripts need them), fixed spaces become plain ones, lone surrogates
    become U+FFFD.
    """
    text = _LINE_END.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _SPACES.sub(" ", text)
    return _SURROGATE.sub("\ufffd", text)


def tidy(text: str) -> str:
    """``clean``, and no blanks at line ends, no runs of blank lines, none around the text."""
    text = _TRAILING.sub("", clean(text))
    return _BLANK_RUN.sub("\n\n", text).strip()


def squeeze(text: str) -> str:
    """One paragraph from text whose line ends mean nothing (HTML, XML): runs of blanks become
    one space, or nothing where a line ends between two Chinese characters."""
    return _WORD_SPACE.sub(" ", _CJK_LINE_JOIN.sub("", clean(text))).strip()


def join_lines(lines: Iterable[str]) -> str:
    """One paragraph from the lines that a page layout broke it into.

    A hyphen that ends a line goes if the next line begins in lower case (it may be one that the
    word always has: that cannot be told without a dictionary), and stays before a capital or a
    digit. Other lines are joined by a space, or by nothing beside a Chinese character if both
    sides are Chinese or most of the paragraph is.
    """
    lines = [stripped for line in lines if (stripped := line.strip())]
    text = "".join(lines)
    chinese = 3 * len(_CJK_CHARACTER.findall(text)) > len(text)
    parts: list[str] = []
    for line in lines:
        last = parts[-1] if parts else ""
        if _HYPHENATED.search(last[-40:]) and line[0].isalnum():
            if line[0].islower() and last[-2].isalpha():
                parts[-1] = last[:-1]
        elif last and not _joins_densely(last[-1], line[0], chinese):
            parts.append(" ")
        parts.append(line)
    return "".join(parts)


def _joins_densely(last: str, first: str, chinese: bool = False) -> bool:
    if not is_cjk(last) and not is_cjk(first):
        return False
    return chinese or (_is_dense(last) and _is_dense(first))


def _is_dense(character: str) -> bool:
    return is_cjk(character) or character in _SHARED_MARKS


class TextBuilder:
    """Puts a document's text together block by block and keeps the offsets of its marks.

    Blocks (paragraphs, headings, list items, table rows) are separated by a blank line, so that
    no sentence runs over from one to the next.
    """

    def __init__(self, max_chars: int) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._marks: list[Mark] = []
        self._pending: list[tuple[Literal["page", "section"], str]] = []
        self._max_chars = max_chars

    def block(self, text: str) -> None:
        """Adds a paragraph or another block. Blank text adds nothing."""
        self._add(tidy(text), "\n\n")

    def continuation(self, text: str) -> None:
        """Adds text that goes on with the last block's sentence (over a page break)."""
        text = tidy(text)
        last = self._parts[-1][-1:] if self._parts else ""
        dense = bool(text and last) and _joins_densely(last, text[0])
        self._add(text, "" if dense else " ")

    def heading(self, text: str) -> None:
        """Adds a heading as a block, and a section mark that starts with it."""
        label = " ".join(tidy(text).split())
        if label:
            self._pending.append(("section", label))
            self._add(label, "\n\n")

    def section(self, label: str) -> None:
        """Starts a section, whose label isn't shown in the text, at the next block."""
        self._pending.append(("section", " ".join(tidy(label).split())))

    def page(self, label: str) -> None:
        """Starts a page at the next block."""
        self._pending.append(("page", label))

    def ends_sentence(self) -> bool:
        """Whether the text so far ends with a full stop or the like, or is empty."""
        return not self._parts or self._parts[-1].rstrip("\"'”’)）」』】")[-1:] in (
            set(".!?:;。！？：；…") | {""}
        )

    @property
    def empty(self) -> bool:
        return not self._parts

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(self._marks)

    def first_section(self) -> str:
        """Label of the first section, or an empty string."""
        return next((mark.label for mark in self._marks if mark.kind == "section"), "")

    def _add(self, text: str, separator: str) -> None:
        if not text:
            return
        if self._parts:
            self._parts.append(separator)
            self._length += len(separator)
        self._marks.extend(Mark(kind, self._length, label) for kind, label in self._pending)
        self._pending.clear()
        self._parts.append(text)
        self._length += len(text)
        if self._length > self._max_chars:
            raise ReadError(f"the text is longer than the limit of {self._max_chars:,} characters")


def lines_of(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines of ``text``, line ends (LF, CRLF or CR) not included."""
    start = 0
    for match in re.finditer(r"\r\n?|\n", text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)
