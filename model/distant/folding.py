"""Spellings made comparable without moving a single offset.

Every fold is one character to one character, so that a position in the folded text is the same
position in the text itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.text import is_cjk
from model.chinese import simplified_characters

_DOTS = "•‧・･∙⋅"
_APOSTROPHES = "’‘ʼ`´′"
_DASHES = "‐‑‒–−"
_PUNCTUATION = "（），：；！？"  # as much a part of Chinese text as 。 and 、
_QUALIFIER = re.compile(r"\s*[(（]([^()（）]+)[)）]\s*$")


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """Traditional to simplified characters, full to half width, one dot, dash and apostrophe."""
    table = simplified_characters()
    table |= {
        code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in _PUNCTUATION
    }
    table[0x3000] = table[0xA0] = " "
    for characters, plain in ((_DOTS, "·"), (_APOSTROPHES, "'"), (_DASHES, "-")):
        table |= dict.fromkeys(map(ord, characters), plain)
    return table


def fold(text: str) -> str:
    """``text`` of the same length, its variants of characters made one. Case stays."""
    return text.translate(_table())


def without_qualifier(name: str) -> str:
    """``National Front (France)`` without what Wikipedia puts in brackets to tell namesakes."""
    return _QUALIFIER.sub("", name) or name


def is_cjk_name(name: str) -> bool:
    """Whether a name begins and ends in a script without spaces between words."""
    return bool(name) and is_cjk(name[0]) and is_cjk(name[-1])
