"""Finds the spans of a sentence that state a value of the graph: dates, numbers, quantities.

Spans that might be values are given to a normaliser (``graph.literals.normalise`` in kgbuilder,
any function of that form elsewhere), and what it makes of them is compared with what it makes of
the graph's literal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

Normaliser = Callable[[str, str], str | None]
"""``(text, datatype)`` to the normal form of the value that the text as a whole states, or None.

Dates are ISO 8601, numbers plain decimals, money and quantities a decimal and a unit."""

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_START = re.compile(
    rf"(?<![\w.,])(?:\d|[$€£¥]|(?:US|A|C|HK|NT)\$|(?:{_MONTHS})\b)|(?<![\d.,a-zA-Z])\d|"
    r"(?<![一二三四五六七八九十百千万亿零〇两])[一二三四五六七八九十百千零〇两]",
    re.IGNORECASE,
)
_WORD_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-z]+|[^\W\d_]|[^\w\s]")
_LONGEST = 36
_TOKENS = 9
_WEAK_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Stated:
    """A span that states a value, in its normal form."""

    start: int
    end: int
    normal: str


def stated_values(
    text: str, start: int, end: int, datatype: str, normalise: Normaliser
) -> Iterator[Stated]:
    """The values in ``text[start:end]``, from left to right, each the longest there."""
    position = start
    while (begin := _START.search(text, position, end)) is not None:
        tokens = _WORD_TOKEN.finditer(text, begin.start(), min(end, begin.start() + _LONGEST))
        ends = [token.end() for _, token in zip(range(_TOKENS), tokens, strict=False)]
        position = begin.end()
        for stop in reversed(ends):
            span = text[begin.start() : stop]
            normal = normalise(span, datatype)
            # Of a span of life "(1815-1852)" the ends are wanted, not the interval.
            if normal is not None and not (datatype == "date" and "/" in normal):
                yield Stated(begin.start(), stop, normal)
                position = stop
                break


def agreement(known: str, stated: str, datatype: str, tolerance: float) -> str | None:
    """How a stated value agrees with a known one, both in normal form; None: it does not.

    ``value``; ``coarser`` for a date of which only the year or the month is stated; ``near`` for
    a quantity within the tolerance; ``weak`` for a number so small that others will have it too.
    """
    if datatype == "date":
        known, stated = known.partition("T")[0], stated.partition("T")[0]
        if known == stated:
            return "value" if len(stated) > _WEAK_DIGITS else "coarser"
        return "coarser" if known.startswith(f"{stated}-") else None
    if datatype not in ("number", "money", "quantity"):
        return "value" if known == stated else None
    (amount, unit), (other, other_unit) = _parts(known), _parts(stated)
    if amount is None or other is None or unit != other_unit:
        return "value" if known == stated else None
    if amount == other:
        digits = len(str(abs(amount)).replace(".", "").strip("0"))
        return "value" if unit or digits >= _WEAK_DIGITS else "weak"
    if unit and abs(amount - other) <= abs(amount) * Decimal(str(tolerance)):
        return "near"
    return None


def _parts(normal: str) -> tuple[Decimal | None, str]:
    number, _, unit = normal.partition(" ")
    try:
        return Decimal(number), unit
    except InvalidOperation:
        return None, unit
