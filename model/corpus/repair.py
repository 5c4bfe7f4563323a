"""Characters and blank space set right, before anything looks at a text."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from ingest.text import clean, tidy

# Text without any of these is left as it is by ftfy; looking is much faster.
_SUSPICIOUS = re.compile(r"[\u0080-\u02ff\u2000-\u20ff\u2122\ufb00-\ufb06\ufffd]|&#?\w{2,8};|\x1b")
_EMPTY_BRACKETS = re.compile(r" ?[(（]\s*(?:[;,，；、:：]\s*)*[)）]")
_BRACKET_START = re.compile(r"([(（])\s*(?:[;,，；、]\s*)+")
_SPACES = re.compile(r"(?<=\S)[^\S\n]{2,}")


def repair(text: str) -> str:
    """Prose with mojibake undone, HTML entities and ligatures resolved, in NFC, tidy.

    Curly quotation marks and full-width forms stay: they are right in Chinese.
    """
    if _SUSPICIOUS.search(text):
        import ftfy

        text = ftfy.fix_text(text, _config())
    return _SPACES.sub(" ", tidy(unicodedata.normalize("NFC", text)))


def repair_code(text: str) -> str:
    """Code with line ends as ``\\n`` and without invisible characters; nothing else is safe."""
    lines = (line.rstrip() for line in clean(text).split("\n"))
    return "\n".join(lines).strip("\n")


def drop_empty_brackets(text: str) -> str:
    """Without the brackets that extraction left empty: ``Ayn Rand (; born ...)``."""
    return _EMPTY_BRACKETS.sub("", _BRACKET_START.sub(r"\1", text))


@cache
def _config() -> Any:
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        uncurl_quotes=False,
        fix_character_width=False,
        fix_line_breaks=False,
        explain=False,
        normalization="NFC",
    )
