from __future__ import annotations

from pathlib import Path

import pptx
from pptx.util import Inches


def test_slides_are_pages_and_their_titles_sections(tmp_path: Path, read_one) -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Marie Curie"
    slide.placeholders[1].text = "Born in Warsaw\n居里夫人"
    slide.notes_slide.notes_text_frame.text = "Mention the prizes."
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "奖项"
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    for cell, text in zip(table.iter_cells(), ["Year", "Prize", "1903", "Physics"], strict=True):
        cell.text = text
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "in a group"
    path = tmp_path / "a.pptx"
    presentation.save(str(path))

    document = read_one(path)
    assert document.text.split("\n\n") == [
        "Marie Curie",
        "Born in Warsaw",
        "居里夫人",
        "Mention the prizes.",
        "奖项",
        "Year | Prize",
        "1903 | Physics",
        "in a group",
    ]
    offset = document.text.index("1903")
    page, section = document.mark_at(offset, "page"), document.mark_at(offset, "section")
    assert page is not None
    assert section is not None
    assert (page.label, section.label, document.title) == ("2", "奖项", "Marie Curie")


def test_a_presentation_without_text_is_a_failure(tmp_path: Path, read_failure) -> None:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    path = tmp_path / "a.pptx"
    presentation.save(str(path))
    assert "no text" in read_failure(path)
