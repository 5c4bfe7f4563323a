from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from ingest.documents import Document, content_hash
from ingest.sentences import sentences
from ingest.splitter import Span, TokenSpans, pack, split

ENGLISH = (
    "Marie Curie was born in Warsaw, then part of the Russian Empire, on 7 Nov. 1867. "
    "She won the Nobel Prize in Physics in 1903! Dr. Becquerel, who had found it, shared it. "
    "Why? Nobody doubts it. It was worth 3.5 million."
)
CHINESE = "居里夫人出生于华沙，是一位物理学家和化学家。她获得过两次诺贝尔奖！是吗？是的；当然。"


def words(text: str) -> list[Span]:
    """A token a word, sign or Chinese character."""
    return [match.span() for match in re.finditer(r"[a-zA-Z0-9]+|[^\sa-zA-Z0-9]", text)]


def pieces(text: str) -> list[Span]:
    """Words in pieces of four: other tokens show when a word is cut."""
    return [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]


def utf8_bytes(text: str) -> list[Span]:
    """A token a byte, so that one character may be many tokens with the same offsets."""
    return [
        (index, index + 1)
        for index, character in enumerate(text)
        for _ in character.encode("utf-8", "surrogatepass")
    ]


@cache
def _byte_level_bpe() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([ENGLISH, CHINESE] * 3, trainer)
    return tokenizer


def byte_level_bpe(text: str) -> list[Span]:
    """What large language models use: blank space belongs to the word after it."""
    return list(_byte_level_bpe().encode(text.encode("utf-8", "replace").decode()).offsets)


TOKENIZERS: list[TokenSpans] = [words, pieces, utf8_bytes, byte_level_bpe]

TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "Marie Curie left. ",
                "She was born in Warsaw, in 1867, and died in 1934. ",
                "Why? ",
                "居里夫人出生于华沙，是一位物理学家。",
                "她获得过两次诺贝尔奖！",
                "他在IBM工作。",
                "\n\n",
                "\r\n",
                "👩‍👩‍👧‍👦🇨🇳🇵🇱 ",
                "e\u0301a\u0302n\u0303. ",
                "supercalifragilistic",
                "。",
                ". ",
                "\u3000",
                "\t",
                "U.S. 3.5 ",
                "“好。”",
                "🤷🏽‍♀️",
                "a-b_c/d ",
                "が\u3099",
                "한국어. ",
            ]
        ),
        max_size=25,
    ).map("".join),
)
LIMITS = st.integers(min_value=1, max_value=40)


def lengths(text: str, spans: Sequence[Span], token_spans: TokenSpans) -> list[int]:
    return [len(token_spans(text[start:end])) for start, end in spans]


@pytest.mark.parametrize("token_spans", TOKENIZERS)
@given(text=TEXTS, limit=LIMITS)
def test_chunks_cover_the_text_in_order_without_overlap(
    token_spans: TokenSpans, text: str, limit: int
) -> None:
    end = 0
    for start, stop in pack(text, token_spans, limit):
        assert end <= start < stop <= len(text)
        assert not text[end:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize("token_spans", TOKENIZERS)
@given(text=TEXTS, limit=LIMITS)
@example(text="👩‍👩‍👧‍👦🇨🇳🇵🇱e\u0301" * 9, limit=5)
def test_no_chunk_exceeds_the_limit_but_for_a_single_character(
    token_spans: TokenSpans, text: str, limit: int
) -> None:
    for start, end in pack(text, token_spans, limit):
        assert end - start == 1 or len(token_spans(text[start:end])) <= limit


@pytest.mark.parametrize("token_spans", TOKENIZERS)
@given(text=TEXTS, limit=LIMITS)
def test_a_sentence_that_fits_is_never_cut(token_spans: TokenSpans, text: str, limit: int) -> None:
    cuts = {cut for span in pack(text, token_spans, limit) for cut in span}
    for start, end in sentences(text):
        if len(token_spans(text[start:end])) <= limit:
            assert not any(start < cut < end for cut in cuts)


def fewest_chunks(text: str, token_spans: TokenSpans, limit: int) -> int | None:
    """By trying all ways to group whole sentences; None if one of them doesn't fit."""
    spans = sentences(text)

    @cache
    def best(first: int) -> float:
        if first == len(spans):
            return 0
        return min(
            (
                1 + best(last + 1)
                for last in range(first, len(spans))
                if len(token_spans(text[spans[first][0] : spans[last][1]])) <= limit
            ),
            default=float("inf"),
        )

    fewest = best(0)
    return None if fewest == float("inf") else int(fewest)


@pytest.mark.parametrize("token_spans", TOKENIZERS)
@given(text=TEXTS, limit=st.integers(min_value=10, max_value=80))
def test_the_number_of_chunks_is_the_least_possible(
    token_spans: TokenSpans, text: str, limit: int
) -> None:
    fewest = fewest_chunks(text, token_spans, limit)
    if fewest is not None:
        assert len(pack(text, token_spans, limit)) == fewest


@pytest.mark.parametrize("token_spans", [words, utf8_bytes])
@given(text=TEXTS, limit=LIMITS)
def test_neighbours_never_fit_into_one_chunk_even_where_sentences_were_cut(
    token_spans: TokenSpans, text: str, limit: int
) -> None:
    for (start, _), (_, end) in pairwise(pack(text, token_spans, limit)):
        assert len(token_spans(text[start:end])) > limit


def document(text: str) -> Document:
    return Document(
        "file:///a.txt", "file:///a.txt", "text/plain", "en", "a", text, content_hash(text)
    )


@given(text=TEXTS, limit=LIMITS)
def test_offsets_of_chunks_lead_back_to_the_document(text: str, limit: int) -> None:
    source = document(text)
    for index, chunk in enumerate(split(source, words, limit)):
        assert chunk.index == index
        assert chunk.document_id == source.id
        assert source.text[chunk.start : chunk.end] == chunk.text


def test_chunks_are_filled_with_whole_sentences() -> None:
    chunks = [chunk.text for chunk in split(document(ENGLISH), words, 40)]
    assert chunks == [
        "Marie Curie was born in Warsaw, then part of the Russian Empire, on 7 Nov. 1867. "
        "She won the Nobel Prize in Physics in 1903!",
        "Dr. Becquerel, who had found it, shared it. Why? Nobody doubts it. "
        "It was worth 3.5 million.",
    ]


def test_a_sentence_too_long_is_cut_after_clauses_and_shares_chunks_with_its_neighbours() -> None:
    text = "短句。他来自北京，在上海工作，喜欢音乐，也喜欢读书。完了。"
    assert [text[a:b] for a, b in pack(text, words, 12)] == [
        "短句。他来自北京，",
        "在上海工作，喜欢音乐，",
        "也喜欢读书。完了。",
    ]


def test_a_clause_too_long_is_cut_after_words_and_a_word_between_characters() -> None:
    text = "one two three four five incomprehensibilities"
    assert [text[a:b] for a, b in pack(text, pieces, 4)] == [
        "one two three",
        "four five incompre",
        "hensibilities",
    ]


def test_what_looks_like_one_character_stays_whole_if_it_fits() -> None:
    family, flag, accent = "👩‍👩‍👧‍👦", "🇨🇳", "e\u0301\u0302"
    text = (family + flag + accent) * 5
    cut = [text[a:b] for a, b in pack(text, utf8_bytes, 30)]
    assert "".join(cut) == text
    for piece in cut:
        rest = piece.replace(family, "").replace(flag, "").replace(accent, "")
        assert rest == ""


def test_given_sentence_spans_are_used() -> None:
    text = "aa bb. cc dd. ee ff."
    spans = [(0, 13), (14, 20)]
    assert pack(text, words, 6, spans) == spans


def test_a_limit_of_no_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="max_tokens"):
        pack("text", words, 0)


def test_empty_and_blank_texts_give_no_chunks() -> None:
    assert pack("", words, 5) == []
    assert pack(" \n\t\u3000", words, 5) == []


@pytest.mark.parametrize(
    "unit", [ENGLISH, CHINESE, "word ", "居里夫人，", "x", "👩‍👩‍👧", "居里", "a,b;", "Yes. "]
)
def test_time_is_linear_in_the_length_of_the_text(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    start = time.process_time()
    spans = pack(text, words, 100)
    assert time.process_time() - start < 8
    assert max(lengths(text, spans, words)) <= 100
