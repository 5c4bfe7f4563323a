from __future__ import annotations

from pathlib import Path

import pytest

from ingest.options import ReadLimits, ReadOptions

CHINESE = "居里夫人出生于华沙，是一位物理学家和化学家。\n\n她获得过两次诺贝尔奖。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_text_is_the_same_in_every_encoding(tmp_path: Path, read_one, encoding: str) -> None:
    path = tmp_path / "curie.txt"
    path.write_bytes(CHINESE.replace("\n", "\r\n").encode(encoding))
    document = read_one(path)
    assert document.text == CHINESE
    assert (document.language, document.media_type, document.title) == ("zh", "text/plain", "curie")


def test_the_encoding_can_be_given(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Łódź".encode("cp1250"))
    assert read_one(path, ReadOptions(encoding="cp1250")).text == "Łódź"


def test_layout_stays_and_what_cannot_be_seen_goes(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"  one\ttwo\n\n\n  three\0\n\xe2\x80\x8bfour")
    assert read_one(path).text == "  one\ttwo\n\n\n  three\nfour"


def test_too_long_a_text_is_refused(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.txt"
    path.write_text("word " * 100)
    options = ReadOptions(limits=ReadLimits(max_text_chars=499))
    assert "limit of 499 characters" in read_failure(path, options)


def test_blank_text_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.txt"
    path.write_text(" \n\n\t")
    assert "no text" in read_failure(path)


def test_the_title_is_a_first_line_that_stands_alone(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.txt"
    for text, title in (
        ("\n居里夫人\n\n她出生于华沙。", "居里夫人"),
        ("Marie Curie\nwas born.", "a"),
        ("Marie Curie was born.\n\nText", "a"),
        ("x" * 200 + "\n\nText", "a"),
    ):
        path.write_text(text)
        assert read_one(path).title == title
