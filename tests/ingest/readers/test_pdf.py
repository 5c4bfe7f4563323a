from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from ingest.options import ReadLimits, ReadOptions

ENGLISH = (
    "Marie Curie was a Polish and naturalised-French physicist and chemist who conducted "
    "pioneering research on radioactivity. She was the first woman to win a Nobel Prize, the "
    "first person to win it twice, and the only person to win it in two sciences."
)
CHINESE = (
    "居里夫人出生于华沙，是一位物理学家和化学家，也是放射性研究的先驱者。"
    "她是第一位获得诺贝尔奖的女性，也是第一位两次获得诺贝尔奖的人。"
)
MORE_CHINESE = "她的丈夫皮埃尔也是物理学家。" + CHINESE


@pytest.fixture(scope="module")
def styles() -> dict[str, ParagraphStyle]:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    sample = getSampleStyleSheet()
    chinese = ParagraphStyle(
        "zh", fontName="STSong-Light", fontSize=11, leading=15, wordWrap="CJK", firstLineIndent=22
    )
    return {"heading": sample["Heading1"], "body": sample["BodyText"], "zh": chinese}


def lines(path: Path, pages: list[list[str]], **options: object) -> Path:
    """A PDF with the given lines, one under the other, on each page."""
    canvas = Canvas(str(path), pagesize=A4, **options)
    for page in pages:
        for index, line in enumerate(page):
            canvas.drawString(72, 750 - 14 * index, line)
        canvas.showPage()
    canvas.save()
    return path


def test_paragraphs_pages_and_headings_are_found_again(tmp_path: Path, read_one, styles) -> None:
    path = tmp_path / "a.pdf"
    SimpleDocTemplate(str(path), title="Curie", author="A. Writer").build(
        [
            Paragraph("Life of Curie", styles["heading"]),
            Paragraph(ENGLISH, styles["body"]),
            Paragraph(ENGLISH, styles["body"]),
            PageBreak(),
            Paragraph(CHINESE, styles["zh"]),
            Paragraph(MORE_CHINESE, styles["zh"]),
        ]
    )
    document = read_one(path)
    assert document.text.split("\n\n") == ["Life of Curie", ENGLISH, ENGLISH, CHINESE, MORE_CHINESE]
    assert (document.title, document.metadata["author"]) == ("Curie", "A. Writer")
    page = document.mark_at(document.text.index(CHINESE), "page")
    section = document.mark_at(20, "section")
    assert page is not None
    assert section is not None
    assert (page.label, section.label) == ("2", "Life of Curie")
    first = document.mark_at(0, "page")
    assert first is not None
    assert first.label == "1"


def test_words_cut_at_line_ends_are_whole_again(tmp_path: Path, read_one) -> None:
    path = lines(
        tmp_path / "a.pdf",
        [["She conducted pio-", "neering research in the Franco-", "Prussian war."]],
    )
    assert read_one(path).text == "She conducted pioneering research in the Franco-Prussian war."


def test_a_sentence_goes_on_over_a_page_break_and_running_lines_go(
    tmp_path: Path, read_one
) -> None:
    body = [
        ["The first page has a sentence that", "does not end before it and"],
        ["goes on over here. And another is", "there that ends where the book"],
        ["ends: upon its last but one page."],
        ["But for this page, which is all", "by itself the very last one."],
    ]
    pages = [["A Book about Curie", *text, f"{number}"] for number, text in enumerate(body, 1)]
    document = read_one(lines(tmp_path / "a.pdf", pages))
    assert document.text == (
        "The first page has a sentence that does not end before it and goes on over here. "
        "And another is there that ends where the book ends: upon its last but one page.\n\n"
        "But for this page, which is all by itself the very last one."
    )
    for number, words in enumerate(["The first", "goes on", "ends: upon", "But for"], 1):
        offset = document.text.index(words)
        page = document.mark_at(offset, "page")
        assert page is not None
        assert (page.label, page.start) == (str(number), offset)


def test_an_encrypted_file_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = lines(
        tmp_path / "a.pdf", [["Secret"]], encrypt=StandardEncryption("password", strength=128)
    )
    assert "encrypted" in read_failure(path)


def test_a_file_that_only_forbids_printing_is_read(tmp_path: Path, read_one) -> None:
    encryption = StandardEncryption("", ownerPassword="owner", canPrint=0, strength=128)
    path = lines(tmp_path / "a.pdf", [["Not secret."]], encrypt=encryption)
    assert read_one(path).text == "Not secret."


def test_a_file_without_text_asks_for_text_recognition(tmp_path: Path, read_failure) -> None:
    assert "OCR" in read_failure(lines(tmp_path / "a.pdf", [[], []]))


def test_damaged_files_are_failures(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"garbage " * 100)
    assert "damaged" in read_failure(path)
    path.write_bytes(b"not a PDF at all")
    assert "not PDF" in read_failure(path)


def test_too_long_a_text_is_refused(tmp_path: Path, read_failure) -> None:
    path = lines(tmp_path / "a.pdf", [["word " * 10] * 30] * 3)
    options = ReadOptions(limits=ReadLimits(max_text_chars=1000))
    assert "limit of 1,000" in read_failure(path, options)


def test_entries_of_a_table_of_contents_stand_alone_without_dots(tmp_path: Path, read_one) -> None:
    entries = [
        "Introduction . . . . . . . . . . . . . 1",
        "Life .............. iv",
        "Prizes . . . . 12",
    ]
    path = lines(tmp_path / "a.pdf", [["Contents of the book", *entries]])
    assert read_one(path).text.split("\n\n") == [
        "Contents of the book",
        "Introduction",
        "Life",
        "Prizes . . . . 12",
    ]
