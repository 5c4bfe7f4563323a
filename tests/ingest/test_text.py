from __future__ import annotations

import pytest

from ingest.errors import ReadError
from ingest.text import TextBuilder, clean, join_lines, squeeze, tidy


def test_clean_normalises_line_ends_and_drops_what_nobody_sees() -> None:
    assert clean("a\r\nb\rc\u2028d\x0be") == "a\nb\nc\nd\ne"
    assert clean("\ufeffa\0b\x07c\u200bd\u00ade\u2060") == "abcde"
    assert clean("a\u00a0b\u202fc") == "a b c"
    assert clean("a\ud800b") == "a\ufffdb"


def test_clean_keeps_joiners_combining_characters_and_tabs() -> None:
    for text in ("👩‍👩‍👧", "e\u0301", "a\tb", "क्\u200dष", "\u3000居"):
        assert clean(text) == text


def test_tidy_trims_lines_and_blank_runs() -> None:
    assert tidy("\n a  \n\n \n\n  b\t\nc\n") == "a\n\n  b\nc"


def test_squeeze_makes_one_line_without_a_blank_between_chinese_characters() -> None:
    assert squeeze("  a\n  b\tc ") == "a b c"
    assert squeeze("居里\n  夫人，\n生于 Paris\n。") == "居里夫人，生于 Paris 。"


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["was born in", "Warsaw."], "was born in Warsaw."),
        (["a physi-", "cist"], "a physicist"),
        (["the Franco-", "Prussian war"], "the Franco-Prussian war"),
        (["1914-", "1918"], "1914-1918"),
        (["居里夫", "人，", "生于华沙"], "居里夫人，生于华沙"),
        (["他说：“你好", "。”"], "他说：“你好。”"),
        (["他于2005年5月1", "日在", "IBM工作。"], "他于2005年5月1日在IBM工作。"),
        (
            ["The firm that is called", "联想", "in Chinese"],
            "The firm that is called 联想 in Chinese",
        ),
        (["", " a ", ""], "a"),
        ([], ""),
    ],
)
def test_lines_of_a_page_are_joined_to_a_paragraph(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


def test_builder_marks_lead_to_their_blocks() -> None:
    builder = TextBuilder(1000)
    builder.page("1")
    builder.heading("Title\nof two lines")
    builder.block("  text \r\nmore ")
    builder.block(" \n ")
    builder.page("2")
    builder.section("unseen")
    builder.continuation("goes on")
    assert builder.text == "Title of two lines\n\ntext\nmore goes on"
    found = [(m.kind, m.label, builder.text[m.start :][:7]) for m in builder.marks]
    assert found == [
        ("page", "1", "Title o"),
        ("section", "Title of two lines", "Title o"),
        ("page", "2", "goes on"),
        ("section", "unseen", "goes on"),
    ]


def test_builder_refuses_more_text_than_allowed() -> None:
    builder = TextBuilder(10)
    builder.block("12345")
    with pytest.raises(ReadError, match="limit of 10"):
        builder.block("67890")
