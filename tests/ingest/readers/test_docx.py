from __future__ import annotations

import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.options import ReadLimits, ReadOptions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = "A life"
    document.core_properties.author = "A. Writer"
    document.add_heading("Marie Curie", 1)
    paragraph = document.add_paragraph("She was born ")
    paragraph.add_run("in Warsaw").bold = True
    paragraph.add_run(".")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["Year", "Prize", "1903", "Physics"], strict=True):
        cell.text = text
    document.add_heading("生平", 2)
    document.add_paragraph("居里夫人出生于华沙。")
    path = tmp_path / "a.docx"
    document.save(str(path))
    return path


def test_paragraphs_tables_and_headings_are_read_in_order(path: Path, read_one) -> None:
    document = read_one(path)
    assert document.text.split("\n\n") == [
        "Marie Curie",
        "She was born in Warsaw.",
        "Year | Prize",
        "1903 | Physics",
        "生平",
        "居里夫人出生于华沙。",
    ]
    assert (document.title, document.metadata["author"]) == ("A life", "A. Writer")
    section = document.mark_at(document.text.index("居里"), "section")
    assert section is not None
    assert section.label == "生平"


def test_insertions_links_and_content_controls_are_text_and_deletions_are_not(
    tmp_path: Path, read_one
) -> None:
    document = docx.Document()
    body = document.element.body
    for xml in (
        "<w:p {}><w:r><w:t>kept </w:t></w:r><w:del w:id='1'><w:r><w:delText>gone </w:delText></w:r>"
        "</w:del><w:ins w:id='2'><w:r><w:t>new </w:t></w:r></w:ins>"
        "<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>",
        "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>control</w:t><w:tab/><w:t>tab</w:t></w:r></w:p>"
        "</w:sdtContent></w:sdt>",
    ):
        body.insert(len(body) - 1, parse_xml(xml.format(nsdecls("w"))))
    path = tmp_path / "a.docx"
    document.save(str(path))
    assert read_one(path).text == "kept new link\n\ncontrol\ttab"


def rewritten(path: Path, part: str, data: bytes) -> Path:
    """The same zip file with one part replaced or added."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = data
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def test_an_entity_bomb_is_refused(path: Path, read_failure) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    assert "document type" in read_failure(rewritten(path, "word/document.xml", bomb))
    wide = bomb.decode().encode("utf-16")
    assert "document type" in read_failure(rewritten(path, "word/document.xml", wide))


def test_a_decompression_bomb_is_refused(path: Path, read_failure) -> None:
    rewritten(path, "word/media/zeros.bin", bytes(18 * 1024**2))
    assert "decompression bomb" in read_failure(path)


def test_more_than_the_limit_unpacked_is_refused(path: Path, read_failure) -> None:
    options = ReadOptions(limits=ReadLimits(max_expanded_bytes=1000))
    assert "decompression bomb" in read_failure(path, options)


def test_deep_nesting_is_a_failure(path: Path, read_failure) -> None:
    depth = 5000
    ns = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    xml = f"<w:document {ns}><w:body>" + "<w:sdt>" * depth + "</w:sdt>" * depth
    xml += "</w:body></w:document>"
    assert read_failure(rewritten(path, "word/document.xml", xml.encode()))


def test_damaged_and_encrypted_files_are_failures(path: Path, read_failure) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "damaged" in read_failure(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000))
    assert "encrypted" in read_failure(path)
    path.write_bytes(b"nothing of the kind")
    assert "not DOCX" in read_failure(path)


def test_a_damaged_part_is_a_failure(path: Path, read_failure) -> None:
    assert "damaged" in read_failure(rewritten(path, "word/document.xml", b"<w:document"))
