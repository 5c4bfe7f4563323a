from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from model.span.words import (
    FIRST,
    GROUPS,
    INSIDE,
    LAST,
    ONLY,
    PLACES,
    WORD_CLASSES,
    word_classes,
)


def read(text: str) -> list[tuple[str, str]]:
    """Words of Chinese characters and the first beginning of their group."""
    words: list[tuple[str, str]] = []
    classes = word_classes(text)
    assert classes is not None and len(classes) == len(text)
    for character, number in zip(text, classes.tolist(), strict=True):
        if number < 0:
            continue
        group, place = divmod(number, PLACES)
        if place in (FIRST, ONLY):
            words.append((character, GROUPS[group][0]))
        else:
            words[-1] = (words[-1][0] + character, words[-1][1])
    return words


def test_words_of_a_sentence() -> None:
    assert read("怒江发源于唐古拉山南麓，流经西藏。")[:4] == [
        ("怒江", "ns"),
        ("发源", "n"),
        ("于", "p"),
        ("唐古拉山", "ns"),
    ]
    assert ("徐玉香", "nr") in read("徐玉香毕业于河南大学"), "a name that no dictionary has"
    assert ("河南大学", "nt") in read("徐玉香毕业于河南大学")


def test_text_without_chinese_has_none() -> None:
    assert word_classes("The dog, 12 カタカナ") is None
    assert word_classes("") is None


@given(st.text(st.sampled_from("北京的人工智能大学2024 a,，。\n\x00😀𠀀々ｱ"), max_size=30))
@example("　我们\u200b在\r\n")
def test_every_character_has_a_class_of_its_place(text: str) -> None:
    classes = word_classes(text)
    if classes is None:
        return
    assert len(classes) == len(text)
    assert classes.max() < WORD_CLASSES
    places = [c % PLACES if c >= 0 else None for c in classes.tolist()]
    for before, after in zip([None, *places], [*places, None], strict=True):
        assert (before in (FIRST, INSIDE)) == (after in (INSIDE, LAST))


@given(*[st.text(st.sampled_from("北京的人工智能大学研究生命起源"), min_size=1, max_size=20)] * 2)
def test_lines_are_read_apart(first: str, second: str) -> None:
    """So what a chunk's words are does not depend on the chunks beside it."""
    together = word_classes(f"{first}\n{second}")
    one, two = word_classes(first), word_classes(second)
    assert together is not None and one is not None and two is not None
    assert together.tolist() == [*one.tolist(), -1, *two.tolist()]
