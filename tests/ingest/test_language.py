from __future__ import annotations

import pytest

from ingest.language import detect

ENGLISH = (
    "Marie Curie was a Polish and naturalised-French physicist and chemist who conducted "
    "pioneering research on radioactivity. She was the first woman to win a Nobel Prize, and "
    "the first person to win it twice."
)
GERMAN = (
    "Marie Curie war eine polnische Physikerin und Chemikerin, die in Frankreich lebte und wirkte. "
    "Sie untersuchte die von Henri Becquerel beobachtete Strahlung von Uranverbindungen und prägte "
    "für diese das Wort radioaktiv. Ihr wurde ein Nobelpreis für Physik zugesprochen."
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("居里夫人是一位物理学家和化学家。", "zh"),
        ("居里夫人（Marie Curie）出生于华沙，后来在巴黎与 Pierre Curie 一起工作。", "zh"),
        ("Apple", "en"),
        ("中", "zh"),
        ("キュリー夫人はワルシャワで生まれた。", "ja"),
        ("퀴리 부인은 바르샤바에서 태어났다.", "ko"),
        ("Мария Кюри родилась в Варшаве.", "und"),
        (GERMAN, "und"),
        ("1867 ... 3.5 %", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_told_by_script_and_common_words(text: str, language: str) -> None:
    assert detect(text) == language


def test_what_most_of_the_text_is_in_decides() -> None:
    assert detect(ENGLISH + "居里夫人") == "en"
    assert detect(ENGLISH + "居里夫人是一位物理学家。" * 20) == "zh"


def test_long_texts_are_judged_by_more_than_their_start() -> None:
    assert detect(ENGLISH * 100 + "居里夫人是一位物理学家。" * 100_000) == "zh"
