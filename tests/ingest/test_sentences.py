from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith met Mrs. Jones.", "They talked."],
        ["He lives in the U.S. and works there.", "It is far."],
        ["He moved to the U.S. He stayed.", "Later he left."],
        ["Apple Inc. bought it for $3.5 billion.", "The deal closed on Jan. 5, 2014."],
        ["J. R. R. Tolkien wrote it.", "So did C. S. Lewis."],
        ["It ranks No. 1 in Fig. 2.", "He said no.", "Then he left."],
        ["See e.g. the work of Lee et al. (2019), i.e. this one.", "It holds."],
        ["Visit https://example.org/a.b?c=1.2!", "It is version 2.0.1 of numpy.linalg."],
        ["She waited... and waited.", "Why?", "Nobody knows!", "Really?!", "Yes."],
        ['"Go!" he said.', '"Why?"', "She went."],
        ["He agreed (see below.)", "She did not.", "[That is all.]", "End."],
        ["It was found.[12]", "It was lost.[3][4]", "Gone."],
        ["At 3 p.m. Paris time it began.", "It ended at 5 p.m.", "The crowd left."],
        ["Yahoo! is a company.", "It was sold."],
        ["No.", "Yeah they are.", "He came in as No. 7 of ten."],
        ["“ My dear ! ” he cried .", "“ Good heavens ! ”", "She left ."],
        ['She said : " Go . "', '" No . "', "He went ."],
        ["It is so. [19]", "His lack of [6] moderation shows."],
        ["1. First of all.", "2. Second of all."],
        ["Prof. Marie Curie, Ph.D., won.", "Pierre Curie Jr. did not."],
    ],
)
def test_english_sentences_end_at_full_stops_only(expected: list[str]) -> None:
    assert split(" ".join(expected)) in (
        expected,
        # "U.S. He stayed" may end after "U.S.": both readings are sound.
        [piece for item in expected for piece in item.replace("U.S. He", "U.S.\0He").split("\0")],
    )


@pytest.mark.parametrize(
    "expected",
    [
        ["居里夫人出生于华沙。", "她是物理学家！", "她获得过诺贝尔奖吗？", "获得过；", "两次。"],
        ["他想……", "但是没有说。"],
        ["“你好。”他说。", "她没有回答。"],
        ["“走吧！”外交部发言人毛宁表示。", "会议结束。"],
        ["他说：“利率为3.5%。”", "股价上涨了。"],
        ["（本文完。）", "下一篇。"],
        ["『真的吗？』", "「是的。」", "好。"],
        ['"你好。"', '"再见。"', "完。"],
        ["真的吗？！", "是的！！！", "好。"],
    ],
)
def test_chinese_sentences_end_at_full_stops_with_their_closing_marks(expected: list[str]) -> None:
    assert split("".join(expected)) == expected


def test_sentences_of_both_languages_end_where_the_language_changes() -> None:
    text = "He works at IBM.他在那里工作。She left. 她走了！OK? 好的。"
    assert split(text) == [
        "He works at IBM.",
        "他在那里工作。",
        "She left.",
        "她走了！",
        "OK?",
        "好的。",
    ]


def test_a_blank_line_ends_a_sentence_and_wrapping_does_not() -> None:
    wrapped = (
        "Marie Curie was a Polish and naturalised-French physicist and chemist who\n"
        "conducted pioneering research on radioactivity together with her husband\n"
        "Pierre Curie in Paris."
    )
    assert split(f"A heading\n\n{wrapped}\n\nThe end") == ["A heading", wrapped, "The end"]


def test_wrapped_chinese_lines_are_one_sentence() -> None:
    wrapped = (
        "居里夫人出生于华沙，是一位波兰裔法国籍物理学家和化学\n"
        "家，她是放射性研究的先驱者，也是第一位获得诺贝尔奖的\n"
        "女性。"
    )
    assert split(wrapped) == [wrapped]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_short_lines_list_items_and_fields_are_sentences(line_end: str) -> None:
    lines = [
        "Contents",
        "- first item of the list",
        "- second one",
        "name: Marie Curie",
        "born: 1867",
    ]
    assert split(line_end.join(lines)) == lines


def test_one_line_end_of_any_kind_is_not_a_blank_line() -> None:
    line = "a word and another one and so on, until the line is as long as lines are"
    for line_end in ("\n", "\r\n", "\r"):
        text = line_end.join([line] * 3)
        assert split(text) == [text]


TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "Dr. Smith",
                " ",
                "\n",
                "\r\n",
                "\n\n",
                ". ",
                "。",
                "！",
                "”",
                '"',
                "中文",
                "word",
                "3.5",
                "…",
                "...",
                "U.S.",
                "👩‍👩‍👧",
                "e\u0301",
                "\u3000",
                "[1]",
                ")",
                "? ",
                "- ",
                "\f",
                "\u2028",
            ]
        ),
        max_size=40,
    ).map("".join),
)


@given(TEXTS)
def test_sentences_hold_every_character_that_is_not_blank_once(text: str) -> None:
    spans = sentences(text)
    end = 0
    for start, stop in spans:
        assert end <= start < stop <= len(text)
        assert not text[end:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "unit",
    [
        ".",
        ". ",
        '."x',
        '!" ',
        "a, ",
        "\n",
        " ",
        "\r\n ",
        "[1].",
        "1. ",
        "。",
        "。”",
        "a\n",
        "a\r",
        ")",
        "…",
        "((",
        "a: b\n",
        "“",
        '. "',
        "|\t",
    ],
)
def test_time_is_linear_on_texts_made_to_be_slow(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    start = time.process_time()
    sentences(text)
    assert time.process_time() - start < 4
