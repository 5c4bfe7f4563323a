"""Makes the binary documents of the example corpus from the texts in ``sources/``.

    python examples/make_documents.py

needs reportlab, python-docx and python-pptx (``pip install -e '.[dev]'``). The result is the same
byte for byte on every run with the same versions of these libraries: nothing in the files depends
on the clock. A source is Markdown of the simplest kind: ``# title``, ``## section``, paragraphs
of one line each. In PDF each ``#`` begins a page, in PPTX a slide, in EPUB a chapter.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
TARGET = HERE / "computing"

Block = tuple[int, str]
"""Heading level (0 for a paragraph) and text."""

EPOCH = (1980, 1, 1, 0, 0, 0)


def parse(source: str) -> list[Block]:
    """The headings and paragraphs of a source text, in order."""
    blocks = []
    for line in filter(None, map(str.strip, source.splitlines())):
        marks = len(line) - len(line.lstrip("#"))
        blocks.append((marks, line[marks:].strip()))
    return blocks


def parts(blocks: list[Block]) -> list[list[Block]]:
    """The blocks, cut before each heading of the first level."""
    cut: list[list[Block]] = []
    for block in blocks:
        if block[0] == 1 or not cut:
            cut.append([])
        cut[-1].append(block)
    return cut


def timeless(archive: bytes) -> bytes:
    """The same ZIP archive with every entry dated 1980."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(result, "w") as new:
        for entry in old.infolist():
            write(new, entry.filename, old.read(entry))
    return result.getvalue()


def write(
    archive: zipfile.ZipFile, name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED
) -> None:
    """Adds an entry that is the same on every system and at any time."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = method
    info.create_system = 3  # zipfile would note whether it ran on Windows
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def pdf(blocks: list[Block], language: str) -> bytes:
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    font = "Times-Roman"
    if language == "zh":
        font = "STSong-Light"
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    wrap = "CJK" if language == "zh" else None
    body = ParagraphStyle(
        "body", fontName=font, fontSize=10.5, leading=15, spaceAfter=9, wordWrap=wrap
    )
    heading = ParagraphStyle(
        "heading", fontName=font, fontSize=16, leading=22, spaceAfter=10, wordWrap=wrap
    )
    story: list[object] = []
    for part in parts(blocks):
        if story:
            story.append(PageBreak())
        story += [Paragraph(escape(text), heading if level else body) for level, text in part]
    result = io.BytesIO()
    SimpleDocTemplate(
        result, pagesize=A5, title=blocks[0][1], author="kgbuilder", lang=language, invariant=1
    ).build(story)
    return result.getvalue()


def docx(blocks: list[Block], language: str) -> bytes:
    import docx as python_docx

    document = python_docx.Document()
    document.core_properties.title = blocks[0][1]
    document.core_properties.author = "kgbuilder"
    document.core_properties.language = language
    for level, text in blocks:
        if level:
            document.add_heading(text, level)
        else:
            document.add_paragraph(text)
    result = io.BytesIO()
    document.save(result)
    return timeless(result.getvalue())


def pptx(blocks: list[Block], language: str) -> bytes:
    import pptx as python_pptx
    from pptx.util import Pt

    presentation = python_pptx.Presentation()
    presentation.core_properties.title = blocks[0][1]
    presentation.core_properties.author = "kgbuilder"
    presentation.core_properties.language = language
    for part in parts(blocks):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = part[0][1]
        frame = slide.placeholders[1].text_frame
        frame.text = "\n".join(text for _, text in part[1:])
        for paragraph in frame.paragraphs:
            paragraph.font.size = Pt(18)
    result = io.BytesIO()
    presentation.save(result)
    return timeless(result.getvalue())


def epub(blocks: list[Block], language: str) -> bytes:
    title = escape(blocks[0][1])
    xml = '<?xml version="1.0" encoding="utf-8"?>\n'
    chapters = {}
    for number, part in enumerate(parts(blocks), 1):
        lines = [
            f"<h{level}>{escape(text)}</h{level}>" if level else f"<p>{escape(text)}</p>"
            for level, text in part
        ]
        chapters[f"chapter{number}"] = (
            f'{xml}<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{language}">\n'
            f"<head><title>{escape(part[0][1])}</title></head>\n"
            "<body>\n" + "\n".join(lines) + "\n</body>\n</html>\n"
        )
    links = "\n".join(
        f'<li><a href="{name}.xhtml">{escape(part[0][1])}</a></li>'
        for name, part in zip(chapters, parts(blocks), strict=True)
    )
    manifest = "\n".join(
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>'
        for name in chapters
    )
    spine = "\n".join(f'<itemref idref="{name}"/>' for name in chapters)
    files = {
        "META-INF/container.xml": (
            f'{xml}<container version="1.0" '
            'xmlns="urn:oasis:names:tc:opendocument:xmlns:container">\n'
            '<rootfiles><rootfile full-path="OEBPS/content.opf" '
            'media-type="application/oebps-package+xml"/></rootfiles>\n</container>\n'
        ),
        "OEBPS/content.opf": (
            f'{xml}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
            'unique-identifier="id">\n'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
            f'<dc:identifier id="id">kgbuilder:example:{title}</dc:identifier>\n'
            f"<dc:title>{title}</dc:title>\n<dc:language>{language}</dc:language>\n"
            '<meta property="dcterms:modified">1980-01-01T00:00:00Z</meta>\n</metadata>\n'
            '<manifest>\n<item id="nav" href="nav.xhtml" properties="nav" '
            f'media-type="application/xhtml+xml"/>\n{manifest}\n</manifest>\n'
            f"<spine>\n{spine}\n</spine>\n</package>\n"
        ),
        "OEBPS/nav.xhtml": (
            f'{xml}<html xmlns="http://www.w3.org/1999/xhtml" '
            'xmlns:epub="http://www.idpf.org/2007/ops">\n'
            f"<head><title>{title}</title></head>\n"
            f'<body><nav epub:type="toc"><ol>\n{links}\n</ol></nav></body>\n</html>\n'
        ),
    }
    files |= {f"OEBPS/{name}.xhtml": text for name, text in chapters.items()}
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        # The format wants this entry first and uncompressed.
        write(archive, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        for name, text in files.items():
            write(archive, name, text.encode())
    return result.getvalue()


FORMATS: dict[str, Callable[[list[Block], str], bytes]] = {
    "pdf": pdf,
    "docx": docx,
    "pptx": pptx,
    "epub": epub,
}

DOCUMENTS = {
    "en/alan-turing.docx": "en-alan-turing.md",
    "en/bell-labs.pdf": "en-bell-labs.md",
    "en/eniac.pdf": "en-eniac.md",
    "en/ibm.pptx": "en-ibm.md",
    "en/konrad-zuse.docx": "en-konrad-zuse.md",
    "en/manchester-and-cambridge.epub": "en-manchester-and-cambridge.md",
    "zh/first-computers.epub": "zh-first-computers.md",
    "zh/lenovo.pdf": "zh-lenovo.md",
    "zh/wang-xuan.docx": "zh-wang-xuan.md",
}
"""Path under ``computing/`` -> name of its source."""


def make(path: str) -> bytes:
    """The content of the generated document at ``path`` (a key of ``DOCUMENTS``)."""
    blocks = parse((SOURCES / DOCUMENTS[path]).read_text(encoding="utf-8"))
    return FORMATS[path.rsplit(".", 1)[1]](blocks, path[:2])


def main() -> None:
    for path in DOCUMENTS:
        (TARGET / path).write_bytes(make(path))
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
