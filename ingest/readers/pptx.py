"""PowerPoint presentations (PPTX)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ingest.archive import open_archive, refuse_entities
from ingest.options import ReadOptions
from ingest.readers.content import Content
from ingest.text import TextBuilder, clean


def read_pptx(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document: slides as page marks, their titles as section marks, then texts, tables row by
    row, and the speaker's notes."""
    from pptx import Presentation

    with open_archive(path, options.limits) as archive:
        refuse_entities(archive)
    presentation = Presentation(str(path))
    builder = TextBuilder(options.limits.max_text_chars)
    for number, slide in enumerate(presentation.slides, 1):
        builder.page(str(number))
        title = slide.shapes.title
        if title is not None and title.has_text_frame:
            builder.heading(clean(title.text_frame.text))
        title_id = title.shape_id if title is not None else None
        _add_shapes((s for s in slide.shapes if s.shape_id != title_id), builder)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            _add_frame(slide.notes_slide.notes_text_frame, builder)
    properties = presentation.core_properties
    title_property = clean(properties.title or "").strip()
    author = clean(properties.author or "").strip()
    yield Content(
        builder.text,
        # What PowerPoint and python-pptx call a presentation that nobody named.
        builder.first_section()
        if title_property.lower() in ("", "powerpoint presentation")
        else title_property,
        builder.marks,
        {"author": author} if author else {},
    )


def _add_shapes(shapes: Iterable[Any], builder: TextBuilder) -> None:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            _add_shapes(shape.shapes, builder)
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:
                cells = (" ".join(clean(cell.text).split()) for cell in row.cells)
                builder.block(" | ".join(filter(None, cells)))
        elif shape.has_text_frame:
            _add_frame(shape.text_frame, builder)


def _add_frame(frame: Any, builder: TextBuilder) -> None:
    for paragraph in frame.paragraphs:
        builder.block(clean(paragraph.text))
