import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_span import tiny_tokenizer

from ingest.sentences import sentences
from model.span.windows import windows

TOKENIZER = tiny_tokenizer()
SENTENCES = st.sampled_from(
    [
        "A bee.",
        " The cat sat on it.",
        " Dr. Lee of the U.S. left!",
        "他在北京。",
        "公司收购了李明，他在国电！",
        "\n\n",
        " " + "ab " * 30,
        " Is it?",
        "😀",
    ]
)
TEXTS = st.lists(SENTENCES, max_size=25).map("".join)


def sentence_starts(text, tokens):
    """Token positions at which sentences start."""
    starts = set()
    for start, end in sentences(text):
        inside = [i for i, s in enumerate(tokens.starts.tolist()) if start <= s < end]
        starts.update(inside[:1])
    return starts


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, size=st.integers(2, 40), overlap=st.integers(0, 39))
def test_windows_cover_all_tokens_and_go_forward(text, size, overlap):
    overlap = min(overlap, size - 1)
    (tokens,) = TOKENIZER.encode([text])
    found = windows(text, tokens, size, overlap)
    covered = {i for start, end in found for i in range(start, end)}
    assert covered == set(range(len(tokens)))
    assert all(0 < end - start <= size for start, end in found)
    for (start, end), (next_start, next_end) in itertools.pairwise(found):
        assert next_start > start
        assert next_end > end, "each window reads something new"
        assert end - next_start <= overlap


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, size=st.integers(2, 40), overlap=st.integers(0, 39))
def test_windows_begin_with_sentences_unless_one_is_too_long(text, size, overlap):
    overlap = min(overlap, size - 1)
    (tokens,) = TOKENIZER.encode([text])
    begins = sorted(sentence_starts(text, tokens) | {0, len(tokens)})
    length = dict(zip(begins, (b - a for a, b in itertools.pairwise(begins)), strict=False))
    for start, _ in windows(text, tokens, size, overlap):
        if start not in begins:
            holder = max(b for b in begins if b < start)
            assert length[holder] > size


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, size=st.integers(20, 60))
def test_every_sentence_that_fits_lies_whole_in_a_window(text, size):
    (tokens,) = TOKENIZER.encode([text])
    begins = sorted(sentence_starts(text, tokens) | {len(tokens)})
    found = windows(text, tokens, size, size // 4)
    for a, b in itertools.pairwise(begins):
        if b - a <= size:
            assert any(start <= a and b <= end for start, end in found)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, size=st.integers(2, 40))
def test_without_overlap_no_token_is_read_twice(text, size):
    (tokens,) = TOKENIZER.encode([text])
    found = windows(text, tokens, size)
    assert sum(end - start for start, end in found) == len(tokens)


def test_short_text_is_one_window():
    (tokens,) = TOKENIZER.encode(["A bee. A cat."])
    assert windows("A bee. A cat.", tokens, 100, 20) == [(0, len(tokens))]


@pytest.mark.parametrize("text", ["", " \n "])
def test_text_without_tokens_has_no_window(text):
    (tokens,) = TOKENIZER.encode([text])
    assert windows(text, tokens, 10, 2) == []


def test_following_window_repeats_the_last_sentences():
    text = "Bees fly south now. They sleep. Cats eat many fish today."
    (tokens,) = tiny_tokenizer([text]).encode([text])  # 5 + 3 + 6 tokens
    assert windows(text, tokens, 10, 0) == [(0, 8), (8, 14)]
    assert windows(text, tokens, 10, 3) == [(0, 8), (5, 14)]
    assert windows(text, tokens, 10, 2) == [(0, 8), (8, 14)]


def test_over_long_sentence_is_cut_with_overlap():
    text = "ab " * 12 + "."
    (tokens,) = tiny_tokenizer(["ab"]).encode([text])
    assert windows(text, tokens, 6, 2) == [(0, 6), (4, 10), (8, 13)]
