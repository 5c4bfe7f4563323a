"""Text that others wrote, made safe to show. Nothing of it is ever markup."""

from __future__ import annotations

import re
from html import escape

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&^=@/])")
_SPACE = re.compile(r"\s+")


def plain(text: str, most: int = 200) -> str:
    """Text for a label in Markdown: it shows as it is, on one line, shortened where long."""
    line = _SPACE.sub(" ", text).strip()
    if len(line) > most:
        line = line[: most - 1] + "…"
    return _MARKDOWN.sub(_escaped, line)


def _escaped(match: re.Match[str]) -> str:
    # An entity shows as the character and begins no Markdown, HTML, directive or formula.
    return f"&#{ord(match[1])};"


def html(text: str) -> str:
    """Text for HTML, in an element or an attribute."""
    return escape(text, quote=True)
