"""Reads the JSON that models write: every value found in a text, whatever is wrong with it.

Taken in stride: prose and code fences around, several values one after another, a text that breaks
off, single, typographic or missing quotation marks, quotation marks inside texts, commas too many
or too few, full-width punctuation, comments, ``None`` and ``True``, parentheses for brackets.
Nothing is evaluated, and the time is linear in the length of the text.

The libraries that repair JSON were not taken: they know no full-width punctuation and their time
grows with the square of a long broken answer, which is what a model that loops writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.instructions.formats import QUOTES

#: What is nested deeper is left out.
MAX_DEPTH = 32
_OPENING = {"{": "}", "[": "]", "｛": "}", "【": "]", "［": "]"}
_NESTED_OPENING = _OPENING | {"(": ")", "（": ")"}
_CLOSING = {"}": "}", "]": "]", "｝": "}", "】": "]", "］": "]", ")": ")", "）": ")"}
_COMMAS = ",，、;；"
_COLONS = ":：="
_START = re.compile("[" + re.escape("".join(_OPENING)) + "]")
_SPACE = re.compile(r"[\s\ufeff\u200b]*")
_BLANK = re.compile(r"(?:[\s\ufeff\u200b]|//[^\n]*)*")
_BARE_END = re.compile(r"[,，;；:：{}｛｝\[\]【】［］()（）\n\"“”]")
_STRING_END = re.compile(r"\\|[\"'“”’‘」』`]")
_HEX = re.compile("[0-9a-fA-F]{4}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "none": None, "nan": None}
# After a quotation mark that closes a text comes one of these, or the next text.
_AFTER_TEXT = "".join(_CLOSING) + _COMMAS + _COLONS
_UNSET = object()


@dataclass(frozen=True, slots=True)
class Found:
    """A value, where it begins and ends, and whether the text broke off inside it."""

    value: Any
    start: int
    end: int
    truncated: bool


def values(text: str) -> Iterator[Found]:
    """The objects and lists in ``text``, outermost ones, in order."""
    position = 0
    decoder = json.JSONDecoder()
    strict = True
    while (match := _START.search(text, position)) is not None:
        start = match.start()
        if strict and text[start] in "{[":
            try:
                value, end = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                strict = False  # tried once in vain, so that the time stays linear
            else:
                yield Found(value, start, end, False)
                position = end
                continue
        reader = _Reader(text, start)
        value = reader.container()
        yield Found(value, start, reader.position, reader.truncated)
        position = reader.position


class _Reader:
    """One pass over a value, with a stack of its own instead of recursion."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.truncated = False

    def container(self) -> Any:
        """The object or list that begins at the position, which moves behind its end."""
        root = _Level(_NESTED_OPENING[self.text[self.position]])
        self.position += 1
        stack = [root]
        length = len(self.text)
        while stack:
            self.blank()
            if self.position >= length:
                self.truncated = True
                break
            character = self.text[self.position]
            level = stack[-1]
            if character in _CLOSING:
                self.position += 1
                self.close(stack, _CLOSING[character])
            elif character in _NESTED_OPENING:
                self.position += 1
                inner = _Level(_NESTED_OPENING[character])
                if len(stack) < MAX_DEPTH:
                    level.add(inner.value)
                stack.append(inner)
            elif character in _COMMAS:
                self.position += 1
                level.comma()
            elif character in _COLONS:
                self.position += 1
                level.colon()
            elif character in QUOTES:
                text = self.string(character)
                if text is not None:
                    level.add(text)
            else:
                self.bare(level)
        for level in stack:
            level.flush(truncated=True)
        return root.value

    @staticmethod
    def close(stack: list[_Level], closing: str) -> None:
        """Closes the innermost level, or, if that misses its own bracket, the one that fits."""
        if stack[-1].closing != closing:
            # A stray bracket is ignored, a missing one is made up for. Looking no deeper than
            # three levels bounds the time.
            outer = [level.closing for level in stack[-3:]]
            if closing not in outer:
                return
            while stack[-1].closing != closing:
                stack.pop().flush()
        stack.pop().flush()

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.position)
        assert match is not None  # matches the empty text
        self.position = match.end()

    def string(self, opening: str) -> str | None:
        """The quoted text at the position, None if it has no end."""
        closing = QUOTES[opening]
        self.position += 1
        parts: list[str] = []
        while (match := _STRING_END.search(self.text, self.position)) is not None:
            parts.append(self.text[self.position : match.start()])
            self.position = match.end()
            mark = match.group()
            if mark == "\\":
                parts.append(self.escape())
            elif mark not in closing or not self.ends_text(opening):
                parts.append(mark)
            else:
                return "".join(parts)
        self.position = len(self.text)
        self.truncated = True
        return None

    def ends_text(self, opening: str) -> bool:
        """Whether the quotation mark before the position closes, and doesn't just stand inside."""
        match = _SPACE.match(self.text, self.position)
        assert match is not None  # matches the empty text
        after = match.end()
        if after >= len(self.text):
            return True
        following = self.text[after]
        return (
            following in _AFTER_TEXT
            or following in _OPENING
            or (following in QUOTES and after > self.position)
            or (following == opening and opening != "'")
        )

    def escape(self) -> str:
        character = self.text[self.position : self.position + 1]
        self.position += 1
        if character != "u":
            return _ESCAPES.get(character, character)
        code = self.hexadecimal(self.position)
        if code is None:
            return "u"
        self.position += 4
        if 0xD800 <= code < 0xDC00 and self.text.startswith("\\u", self.position):
            low = self.hexadecimal(self.position + 2)
            if low is not None and 0xDC00 <= low < 0xE000:
                self.position += 6
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        return chr(code)

    def hexadecimal(self, start: int) -> int | None:
        digits = self.text[start : start + 4]
        if _HEX.fullmatch(digits) is None:
            return None
        return int(digits, 16)

    def bare(self, level: _Level) -> None:
        """A number, a word, or a text without quotation marks."""
        match = _BARE_END.search(self.text, self.position + 1)
        end = match.start() if match else len(self.text)
        word = self.text[self.position : end].strip()
        self.position = end
        if match is None:
            self.truncated = True  # it may go on
        elif word and not set(word) <= {"`"}:
            level.add(_WORDS.get(word.lower(), word))


class _Level:
    """An object or list that is being read."""

    def __init__(self, closing: str) -> None:
        self.closing = closing
        self.value: dict[str, Any] | list[Any] = {} if closing == "}" else []
        self.key: Any = _UNSET
        self.pending: Any = _UNSET

    def add(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not _UNSET:
            self.put(self.key, value)
            self.key = _UNSET
        elif self.pending is _UNSET:
            self.pending = value
        else:  # a comma is missing, or a brace was meant as a bracket
            self.comma()
            self.pending = value

    def colon(self) -> None:
        if isinstance(self.value, list):
            # ``["type": "x"]``: kept as an item, with its key, so that nothing is made up
            self.key = _UNSET
        elif isinstance(self.pending, (str, int, float)) and self.pending is not _UNSET:
            self.key, self.pending = str(self.pending), _UNSET

    def comma(self) -> None:
        if isinstance(self.value, dict):
            if self.pending is not _UNSET and isinstance(self.pending, (str, dict, list)):
                self.put("", self.pending)
            self.key = self.pending = _UNSET

    def flush(self, truncated: bool = False) -> None:
        if not truncated:
            self.comma()

    def put(self, key: str, value: Any) -> None:
        """Sets a key; values of a key that comes again are kept beside the former ones.

        Values without key, as in ``{a, b, c}``, go by the empty key.
        """
        assert isinstance(self.value, dict)
        if key not in self.value and key:
            self.value[key] = value
            return
        before = self.value.get(key)
        if not isinstance(before, _Several):
            before = self.value[key] = _Several([] if key not in self.value else [before])
        before.append(value)


class _Several(list[Any]):
    """The values of a key that came several times."""
