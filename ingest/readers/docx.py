"""Word documents (DOCX)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ingest.archive import open_archive, refuse_entities
from ingest.options import ReadOptions
from ingest.readers.content import Content
from ingest.text import TextBuilder, clean

_HEADING = re.compile(r"^(?:heading \d|title|subtitle|标题)", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# Deleted and moved-away text, and instructions of fields, are not shown.
_HIDDEN = frozenset((f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}rPr", _FALLBACK))
_CHARACTERS = {
    f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-",
}  # fmt: skip
_NOTES = {"footnotes": "Footnotes", "endnotes": "Endnotes"}


def read_docx(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document: paragraphs, tables row by row, headings as section marks, notes at the end.

    Tracked insertions are part of the text, deletions are not.
    """
    import docx

    with open_archive(path, options.limits) as archive:
        refuse_entities(archive)
    document = docx.Document(str(path))
    builder = TextBuilder(options.limits.max_text_chars)
    headings = _heading_styles(document)
    _add_blocks(document.element.body, builder, headings)
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if kind in _NOTES and not relation.is_external:
            _add_notes(relation.target_part.blob, _NOTES[kind], builder)
    properties = document.core_properties
    metadata = {
        "author": clean(properties.author or "").strip(),
        "subject": clean(properties.subject or "").strip(),
        "keywords": clean(properties.keywords or "").strip(),
        "date": _date(properties.modified or properties.created),
    }
    yield Content(
        builder.text,
        clean(properties.title or "").strip() or builder.first_section(),
        builder.marks,
        {key: value for key, value in metadata.items() if value and value != "python-docx"},
    )


def _heading_styles(document: Any) -> frozenset[str]:
    """Ids of the paragraph styles that are headings, or based on one."""
    names = {}
    for style in document.styles.element.iter(f"{_W}style"):
        name, base = style.find(f"{_W}name"), style.find(f"{_W}basedOn")
        names[style.get(f"{_W}styleId")] = (
            name.get(f"{_W}val") if name is not None else "",
            base.get(f"{_W}val") if base is not None else None,
        )

    def is_heading(style: str | None) -> bool:
        for _ in range(10):  # styles may be based on each other in a circle
            if style is None or style not in names:
                return False
            name, style = names[style]
            if _HEADING.match(name or ""):
                return True
        return False

    return frozenset(style for style in names if is_heading(style))


def _add_blocks(container: Any, builder: TextBuilder, headings: frozenset[str]) -> None:
    for element in container:
        if element.tag == f"{_W}p":
            style = element.find(f"{_W}pPr/{_W}pStyle")
            if style is not None and style.get(f"{_W}val") in headings:
                builder.heading(_text(element))
            else:
                builder.block(_text(element))
        elif element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                cells = (_cell_text(cell) for cell in row.iterchildren(f"{_W}tc"))
                builder.block(" | ".join(filter(None, cells)))
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo"):
            _add_blocks(element, builder, headings)


def _cell_text(cell: Any) -> str:
    # Rows of a table inside a cell are rows of their own, so only the cell's own paragraphs.
    return " ".join(" ".join(_text(p).split()) for p in cell.iterchildren(f"{_W}p")).strip()


def _text(element: Any) -> str:
    parts: list[str] = []

    def visit(node: Any) -> None:
        for child in node:
            if child.tag == f"{_W}t":
                parts.append(child.text or "")
            elif child.tag in _CHARACTERS:
                parts.append(_CHARACTERS[child.tag])
            elif child.tag == f"{_W}txbxContent":  # a text box is no part of the line it hangs on
                parts.append("\n")
                visit(child)
                parts.append("\n")
            elif child.tag not in _HIDDEN:
                visit(child)

    visit(element)
    return clean("".join(parts))


def _date(time: datetime | None) -> str:
    """The day of a core property; that of the template of python-docx says nothing."""
    if time is None or time.date() == date(2013, 12, 23):
        return ""
    return time.date().isoformat()


def _add_notes(blob: bytes, label: str, builder: TextBuilder) -> None:
    from defusedxml.ElementTree import fromstring

    builder.section(label)
    for note in fromstring(blob):
        if note.get(f"{_W}type") in (None, "normal"):  # others are separator lines
            builder.block(" ".join(_text(p) for p in note.iter(f"{_W}p")))
