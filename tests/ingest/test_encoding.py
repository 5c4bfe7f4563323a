from __future__ import annotations

import random

import pytest

from ingest.encoding import decode, detect_encoding
from ingest.errors import ReadError

CHINESE = (
    "居里夫人（Marie Curie）出生于华沙，是一位物理学家和化学家。\n"
    "她获得过两次诺贝尔奖：1903年和1911年。"
)
ENGLISH = "Marie Curie was born in Warsaw.\nShe won the Nobel Prize twice.\n"


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, "居里夫人", "é", "一"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_known_without_a_byte_order_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "text", [CHINESE, "居里夫人出生于华沙。", "朱镕基与㐀𠀀的名字很少见，这里还有一些常用字。"]
)
def test_gb18030_is_known_in_short_and_long_texts(text: str) -> None:
    assert decode(text.encode("gb18030")) == text


def test_western_and_traditional_chinese_encodings_are_found() -> None:
    french = "Marie Curie est née à Varsovie. Elle a été la première femme à recevoir un prix. " * 3
    assert decode(french.encode("cp1252")) == french
    traditional = (
        "居禮夫人出生於華沙，是一位物理學家和化學家，她獲得過兩次諾貝爾獎，這是歷史上的第一次。" * 3
    )
    assert decode(traditional.encode("big5")) == traditional


def test_a_sample_may_end_inside_a_character() -> None:
    for encoding in ("utf-8", "gb18030"):
        data = CHINESE.encode(encoding)
        cut = next(n for n in range(60, 64) if not _decodes(data[:n], encoding))
        assert detect_encoding(data[:cut], complete=False) == encoding


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


@pytest.mark.parametrize(
    "data",
    [
        random.Random(1).randbytes(4000),
        b"\x7fELF" + bytes(200),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(2).randbytes(500),
        bytes(100),
    ],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError, match="binary"):
        decode(data)


def test_a_wrong_or_unknown_encoding_is_a_clear_error() -> None:
    with pytest.raises(ReadError, match="not valid ascii"):
        decode("é".encode(), "ascii")
    with pytest.raises(ReadError, match="unknown encoding 'klingon'"):
        decode(b"a", "klingon")
