"""Text with parts of it marked in colour, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.components.text import html
from dashboard.data.records import Span


@dataclass(frozen=True, slots=True)
class Mark:
    """How a span looks: ``color`` is CSS; ``label`` is shown on hovering and to screen readers,
    and behind the text where ``shown``."""

    color: str
    label: str
    href: str = ""
    shown: bool = False
    anchor: str = ""


def marked(text: str, start: int, spans: Sequence[Span], mark: Callable[[Span], Mark]) -> str:
    """``text``, which begins at offset ``start``, with its spans marked. All text is escaped.

    Where spans overlap, the one that begins first is marked, and of those the longest.
    """
    parts: list[str] = []
    at = start
    end_of_text = start + len(text)
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start < at or span.end > end_of_text or span.end <= span.start:
            continue
        parts.append(html(text[at - start : span.start - start]))
        parts.append(_marked(text[span.start - start : span.end - start], mark(span)))
        at = span.end
    parts.append(html(text[at - start :]))
    return "".join(parts)


def _marked(text: str, mark: Mark) -> str:
    label = f"<small>{html(mark.label)}</small>" if mark.shown and mark.label else ""
    anchor = f' id="{html(mark.anchor)}"' if mark.anchor else ""
    inner = (
        f'<mark class="kg-mark" style="--c:{html(mark.color)}" title="{html(mark.label)}"{anchor}>'
        f"{html(text)}{label}</mark>"
    )
    return f'<a class="kg-link" href="{html(mark.href)}">{inner}</a>' if mark.href else inner
