"""PDF files: the text layer, put back into paragraphs, with page marks.

A PDF holds positioned glyphs, not paragraphs. PDFium gives lines in reading order; where they
stand and how large they are tells where paragraphs end, what is a heading and what is a running
header or footer.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from ingest.errors import ReadError
from ingest.options import ReadOptions
from ingest.readers.content import Content
from ingest.text import TextBuilder, clean, is_cjk, join_lines

# PDFium is not thread-safe.
_PDFIUM = threading.Lock()

_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:\d{1,4}|[ivxlc]{1,6})[-–—\s]*|page\s+\d+(?:\s+of\s+\d+)?|第\s*\d+\s*页.{0,12}|"
    r"\d+\s*/\s*\d+",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(
    r"[-*•·▪◦‣●○■□◆]\s|\(?\d{1,3}[.)、]\s|[（(][\d一二三四五六七八九十]{1,3}[)）]|\[\d+\]\s"
)
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？：；…][\"'”’)）\]」』】]*$")
# Dots that lead to the page number in a table of contents.
_LEADER = re.compile(r"(?:\s?\.){5,}\s*(?:\d{1,4}|[ivxlc]{1,6})?$")
_PDF_DAY = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_JUNK_TITLE = re.compile(
    r"^(?:microsoft word|untitled|\(anonymous\)|\(unspecified\))|\.\w{2,4}$", re.I
)
# PDFium gives one of these for a hyphen at a line end, mostly in place of the line end.
_HYPHENS = "\ufffe\x02"
_LINE_END = re.compile(f"[{_HYPHENS}](?:\r\n)?|\r\n")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page; coordinates in points, from the lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    size: float
    is_contents_entry: bool = False


def read_pdf(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document: lines joined to paragraphs, pages and large-print headings marked.

    Raises ReadError if the file is damaged, encrypted, or holds no text (scanned pages).
    """
    with _PDFIUM:
        pages, title, metadata = _read_lines(path, options.limits.max_text_chars)
    if not any(pages):
        raise ReadError("no text in the PDF: scanned pages need text recognition (OCR) first")
    _drop_running_lines(pages)
    builder = TextBuilder(options.limits.max_text_chars)
    body = _body_size(pages)
    for number, lines in enumerate(pages, 1):
        builder.page(str(number))
        for index, paragraph in enumerate(_paragraphs(lines)):
            text = join_lines(line.text for line in paragraph)
            if _is_heading(paragraph, text, body):
                builder.heading(text)
            elif index == 0 and _continues(builder, text):
                builder.continuation(text)
            else:
                builder.block(text)
    yield Content(builder.text, title or builder.first_section(), builder.marks, metadata)


def _read_lines(path: Path, max_chars: int) -> tuple[list[list[_Line]], str, dict[str, str]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise ReadError("encrypted: remove the password first") from error
        raise ReadError(f"damaged: {error}") from error
    try:
        properties = document.get_metadata_dict(skip_empty=True)
        pages: list[list[_Line]] = []
        chars = 0
        for index in range(len(document)):
            try:
                page = document[index]
                text_page = page.get_textpage()
            except pypdfium2.PdfiumError as error:
                raise ReadError(f"damaged: page {index + 1}: {error}") from error
            chars += text_page.count_chars()
            if chars > max_chars:
                raise ReadError(f"the text is longer than the limit of {max_chars:,} characters")
            pages.append(list(_lines_of_page(text_page)))
            text_page.close()
            page.close()
    finally:
        document.close()
    title = clean(properties.get("Title", "")).strip()
    metadata = {
        name.lower(): value
        for name in ("Author", "Subject", "Keywords")
        if (value := clean(properties.get(name, "")).strip()) and not _JUNK_TITLE.search(value)
    }
    day = _PDF_DAY.match(properties.get("CreationDate", ""))
    if day is not None:
        metadata["date"] = "-".join(day.groups())
    return pages, "" if _JUNK_TITLE.search(title) else title, metadata


def _lines_of_page(text_page: Any) -> Iterator[_Line]:
    import pypdfium2

    text = text_page.get_text_range()
    count = text_page.count_chars()
    position = unit = 0  # the latter in UTF-16 units, as PDFium counts
    for end in _LINE_END.finditer(text + "\r\n"):
        raw = text[position : end.start()]
        first, last = unit + _units(raw) - _units(raw.lstrip()), unit + _units(raw.rstrip()) - 1
        shown = clean(raw).strip()
        unit += _units(raw) + len(end[0])
        position = end.end()
        if not shown:
            continue
        try:
            boxes = [
                text_page.get_charbox(min(index, count - 1), loose=True)
                for index in (first, (first + last) // 2, last)
            ]
        except (pypdfium2.PdfiumError, IndexError):
            boxes = [(0.0, 0.0, 0.0, 0.0)] * 3
        # A bullet or a footnote sign at either end must not decide where and how large a line is.
        size, bottom = median(top - low for _, low, _, top in boxes), median(b[1] for b in boxes)
        if end[0][0] in _HYPHENS:
            shown += "-"
        entry = _LEADER.search(shown)
        if entry:
            shown = shown[: entry.start()].strip() or shown
        yield _Line(shown, boxes[0][0], boxes[2][2], bottom, abs(size), entry is not None)


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _drop_running_lines(pages: list[list[_Line]]) -> None:
    """Removes page numbers, and headers and footers that repeat on many pages."""
    edges: Counter[str] = Counter()
    for lines in pages:
        edges.update({_without_digits(line.text) for line in _edge_lines(lines)})
    for lines in pages:
        for line in _edge_lines(lines):
            repeats = edges[_without_digits(line.text)]
            if (len(pages) > 1 and _PAGE_NUMBER.fullmatch(line.text)) or (
                repeats >= 3 and len(lines) > 2
            ):
                lines.remove(line)


def _edge_lines(lines: Sequence[_Line]) -> list[_Line]:
    if not lines:
        return []
    top, bottom = max(lines, key=lambda x: x.bottom), min(lines, key=lambda x: x.bottom)
    return [top] if top is bottom else [top, bottom]


def _without_digits(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _body_size(pages: Sequence[Sequence[_Line]]) -> float:
    """The size in which most of the text is set."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _paragraphs(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    if not lines:
        return
    pitches = _pitches(lines)
    edge = max(line.right for line in lines)
    paragraph = [lines[0]]
    for line in lines[1:]:
        if _starts_paragraph(paragraph, line, pitches.get(_size(line), 0.0), edge):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _pitches(lines: Sequence[_Line]) -> dict[int, float]:
    """The usual distance from one line of a size to the next of the same size."""
    steps: dict[int, list[float]] = {}
    for line, following in pairwise(lines):
        step = line.bottom - following.bottom
        if _size(line) == _size(following) and 0.5 * line.size < step < 3 * line.size:
            steps.setdefault(_size(line), []).append(step)
    # Distances between paragraphs are among them, so rather less than the median.
    return {size: sorted(found)[len(found) // 3] for size, found in steps.items()}


def _size(line: _Line) -> int:
    return round(2 * line.size)


def _starts_paragraph(paragraph: Sequence[_Line], line: _Line, pitch: float, edge: float) -> bool:
    last = paragraph[-1]
    em = max(line.size, 1.0)
    if (
        last.is_contents_entry
        or line.is_contents_entry
        or _LIST_ITEM.match(line.text)
        or abs(last.size - line.size) > 0.12 * em
    ):
        return True
    ended = _ENDS_SENTENCE.search(last.text) is not None
    step = last.bottom - line.bottom
    if step < -em:  # up again: the next column
        return ended and last.right < edge - 2 * em
    if step > 1.25 * pitch > 0:
        return True
    if not ended:
        return False
    indented = line.left - min(other.left for other in paragraph) > 0.8 * em
    short = last.right < edge - 0.15 * max(edge - last.left, 1.0) and step > 0.3 * em
    return indented or short


def _is_heading(paragraph: Sequence[_Line], text: str, body: float) -> bool:
    return (
        paragraph[0].size >= 1.15 * body
        and not paragraph[-1].is_contents_entry
        and len(paragraph) <= 3
        and len(text) <= 200
        and not text.endswith((".", "。", ",", "，"))
        and any(character.isalpha() for character in text)
    )


def _continues(builder: TextBuilder, text: str) -> bool:
    """Whether a page's first paragraph goes on with the last sentence of the page before."""
    return not builder.ends_sentence() and bool(text) and (text[0].islower() or is_cjk(text[0]))
