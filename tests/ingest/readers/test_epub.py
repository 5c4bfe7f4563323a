from __future__ import annotations

import zipfile
from pathlib import Path

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>Radiance</dc:title><dc:creator>A. Writer</dc:creator></metadata>
<manifest>
<item id="two" href="two.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/part%20one.xhtml" media-type="application/xhtml+xml"/>
<item id="css" href="a.css" media-type="text/css"/>
</manifest>
<spine><itemref idref="one"/><itemref idref="two"/></spine></package>"""
XHTML = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">{}</html>'


def book(path: Path, **parts: str) -> Path:
    """An EPUB; ``parts`` replaces or adds entries, with ``__`` for ``/`` in their names."""
    entries = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": PACKAGE,
        "OEBPS/text/part one.xhtml": XHTML.format(
            "<head><title>I</title></head><body><h1>Warsaw</h1><p>She was born there.</p></body>"
        ),
        "OEBPS/two.xhtml": XHTML.format(
            "<head><title>巴黎</title></head>"
            "<body><p>她在<ruby>巴黎<rt>bali</rt></ruby>。</p></body>"
        ),
    } | {name.replace("__", "/"): text for name, text in parts.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


def test_chapters_are_sections_in_the_order_of_the_spine(tmp_path: Path, read_one) -> None:
    document = read_one(book(tmp_path / "a.epub"))
    assert document.text == "Warsaw\n\nShe was born there.\n\n她在巴黎。"
    assert [(mark.label, mark.start) for mark in document.marks] == [
        ("Warsaw", 0),
        ("巴黎", document.text.index("她")),
    ]
    assert (document.title, dict(document.metadata)) == ("Radiance", {"author": "A. Writer"})


def test_an_entity_bomb_is_refused(tmp_path: Path, read_failure) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + PACKAGE.replace(
        "Radiance", "&b;"
    )
    path = book(tmp_path / "a.epub", **{"OEBPS__book.opf": bomb})
    assert "entities" in read_failure(path)


def test_a_decompression_bomb_is_refused(tmp_path: Path, read_failure) -> None:
    path = book(tmp_path / "a.epub", **{"OEBPS__two.xhtml": " " * 18_000_000})
    assert "decompression bomb" in read_failure(path)


def test_a_protected_book_is_a_failure(tmp_path: Path, read_failure) -> None:
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
        'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod '
        'Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></enc:EncryptedData></encryption>'
    )
    path = book(tmp_path / "a.epub", **{"META-INF__encryption.xml": encryption})
    assert "DRM" in read_failure(path)


def test_missing_and_broken_parts_are_failures(tmp_path: Path, read_failure) -> None:
    path = book(
        tmp_path / "a.epub", **{"OEBPS__book.opf": PACKAGE.replace("two.xhtml", "no.xhtml")}
    )
    assert "no.xhtml is missing" in read_failure(path)
    path = book(tmp_path / "a.epub", **{"META-INF__container.xml": "<container>"})
    assert "damaged" in read_failure(path)
