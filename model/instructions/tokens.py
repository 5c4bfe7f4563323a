"""Answers with quotation marks and brackets, cut at the signs that separate their parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.instructions.formats import QUOTES

_BRACKETS = dict(
    zip("([{<（【《＜", (")）", "]】", "}", ">", ")）", "】]", "》", "＞"), strict=True)
)
_DELIMITER = re.compile(r"[,，、;；:：#＃()（）\[\]【】{}<>《》＜＞\n]")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text, or a ``sign`` that separates pieces. ``exact``: it was quoted."""

    text: str
    sign: str
    exact: bool = False


def _quoted_end(text: str, start: int) -> tuple[str, int] | None:
    """The quoted text at ``start`` and the offset behind it; None if it has no end on its line."""
    if text[start] == '"':
        try:
            value, end = _DECODER.raw_decode(text, start)
        except ValueError:
            pass
        else:
            return str(value), end
    line = text.find("\n", start)
    end = -1
    for mark in QUOTES[text[start]]:
        found = text.find(mark, start + 1, line if line >= 0 else len(text))
        end = found if end < 0 or 0 <= found < end else end
    return None if end < 0 else (text[start + 1 : end], end + 1)


def tokens_of(text: str) -> list[Token]:
    """``text`` cut at signs that separate, other than those inside quotation marks."""
    tokens: list[Token] = []
    position, begin = 0, 0
    fresh = True  # whether a quotation mark here opens a quoted value
    failed: set[str] = set()  # marks that were found to have no end, so not looked for again
    length = len(text)
    while position < length:
        character = text[position]
        if fresh and character in QUOTES and character not in failed:
            quote = _quoted_end(text, position)
            if quote is not None:
                tokens.append(Token(quote[0], "", exact=True))
                position = begin = quote[1]
                fresh = False
                continue
            failed.add(character)
        if _DELIMITER.match(character):
            if text[begin:position].strip():
                tokens.append(Token(text[begin:position].strip(), ""))
            tokens.append(Token(character, character))
            begin, fresh = position + 1, True
            if character == "\n":
                failed.clear()
        elif not character.isspace():
            fresh = False
        position += 1
    if text[begin:].strip():
        tokens.append(Token(text[begin:].strip(), ""))
    return tokens


def groups_of(text: str) -> Iterator[tuple[list[Token], bool]]:
    """The tokens inside each outermost pair of brackets, and whether it is closed.

    Brackets that hold nothing but bracketed groups are lists of these. A bracket that has no end
    ends with its line.
    """
    group: list[Token] | None = None
    stack: list[str] = []
    for token in tokens_of(text):
        sign = token.sign
        if group is None:
            if sign in _BRACKETS and sign:
                group, stack = [], [_BRACKETS[sign]]
        elif sign == "\n" and group:
            yield group, False
            group = None
        elif sign and sign in _BRACKETS and not group and len(stack) == 1:
            stack = [_BRACKETS[sign]]  # a list of tuples: its own bracket is of no interest
        elif sign and sign in stack[-1]:
            stack.pop()
            if stack:
                group.append(token)
            else:
                yield group, True
                group = None
        elif sign and sign in _BRACKETS and len(stack) < 32:
            stack.append(_BRACKETS[sign])
            group.append(token)
        elif sign != "\n":
            group.append(token)
    if group:
        yield group, False


def split_at(tokens: Sequence[Token], signs: str, most: int = -1) -> list[list[Token]]:
    """``tokens`` cut at ``signs`` outside brackets, at most ``most`` times."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.sign and token.sign in "(（":
            depth += 1
        elif token.sign and token.sign in ")）":
            depth = max(0, depth - 1)
        if token.sign and token.sign in signs and not depth and most:
            parts.append([])
            most -= 1
        else:
            parts[-1].append(token)
    return parts


def text_of(tokens: Sequence[Token]) -> str:
    """The text of ``tokens``; a quoted one alone is taken as it is."""
    if len(tokens) == 1:
        return tokens[0].text
    text = ""
    for token in tokens:
        space = text and text[-1] not in " (（" and token.sign in ("", "(")
        space = space and text[-1].isascii() and token.text[:1].isascii()
        text += (" " if space else "") + token.text
        if token.sign in (",", ";", ":"):
            text += " "
    return text.strip()


def interspersed(parts: Sequence[list[Token]], between: Token) -> list[Token]:
    """``parts`` as one, with ``between`` where they meet."""
    tokens = list(parts[0])
    for part in parts[1:]:
        tokens += [between, *part]
    return tokens


def typed(tokens: list[Token]) -> tuple[str, str]:
    """``value (type)``; the type is empty if there is none."""
    if tokens and tokens[-1].sign and tokens[-1].sign in ")）":
        depth = 0
        for i in range(len(tokens) - 1, -1, -1):
            if tokens[i].sign and tokens[i].sign in ")）":
                depth += 1
            elif tokens[i].sign and tokens[i].sign in "(（":
                depth -= 1
                if not depth:
                    return text_of(tokens[:i]), text_of(tokens[i + 1 : -1])
    return text_of(tokens), ""


def clause_value(text: str, start: int, clause: re.Pattern[str]) -> tuple[str, int]:
    """The value of a sentence's clause that begins at ``start``, and where to read on."""
    if start < len(text) and text[start] in QUOTES:
        quote = _quoted_end(text, start)
        if quote is not None:
            return quote
    match = clause.search(text, start)
    end = match.start() if match else len(text)
    line = text.find("\n", start, end)
    end = line if line >= 0 else end
    return text[start:end].rstrip(" ,，;；。"), end
