import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny_span import tiny_tokenizer

from model.span.tokenizer import CASE_CLASSES, CLASSES, SpanTokenizer
from model.span.words import word_classes

CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
BUNDLED = Path(__file__).parents[2] / "model" / "bundled"
PIECES = (
    "İstanbul",
    "ISTANBUL",
    "ıI",
    "Straße",
    "ẞ",
    "ﬁne",
    "ﬀ",
    "Ǆ",
    "ǅ",
    "École",
    "ÉCOLE",
    "E\u0301cole",
    "e\u0301COLE",
    "McDonald",
    "iPhone",
    "U.S.",
    "Ж",
    "ЖиЯ",
    "ΑΒΓ",
    "Σ",
    "👩‍🚀",
    "🇨🇳A",
    "𝐀",
    "漢字",
    "Ｈｅｌｌｏ",
    "\u3000",
    " ",
    "\n",
    "\t",
    "\u200b",
    "\x00",
    "\ufffd",
    "\ufeff",
    "-",
    "3D",
    "한국",
    "ก็",
    "[SEP]",
    "[cls]",
)
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12).map("".join)


@pytest.fixture(scope="module", params=["tiny", "bundled"])
def tokenizer(request):
    if request.param == "tiny":
        return tiny_tokenizer(["hello world"])
    if not (BUNDLED / "tokenizer.json").exists():
        pytest.skip("the bundled model is not there")
    return SpanTokenizer.load(BUNDLED)


def case_class(word):
    upper = [c for c in word if c.isupper() and ord(c) < 0x10000]
    lower = [c for c in word if c.islower() and ord(c) < 0x10000]
    if not upper:
        return 0
    if len(upper) == 1 and word[0] == upper[0] and word[0].isupper():
        return 1
    return 3 if lower else 2


def word_cases(text, tokens):
    """The case class of each token, from the surface of its word."""
    result = []
    for word in tokens.words.tolist():
        members = [i for i, w in enumerate(tokens.words.tolist()) if w == word]
        result.append(case_class(text[tokens.starts[members[0]] : tokens.ends[members[-1]]]))
    return result


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
@example("İstanbul ISTANBUL Straße ﬁne Ǆ ǅ")
@example("OİX oİx Oİx")
@example("A😀b C👩‍🚀D")
@example("[SEP] The [CLS]s")
@example("漢A國 Ｈｅｌｌｏ ＷＯＲＬＤ")
def test_case_classes_are_those_of_the_words(tokenizer, text):
    (tokens,) = tokenizer.encode([text])
    found, expected = tokens.classes.tolist(), word_cases(text, tokens)
    chinese = [CHINESE.match(text[start]) is not None for start in tokens.starts.tolist()]
    if not tokenizer.words:
        assert found == expected
        return
    for one, case, is_chinese in zip(found, expected, chinese, strict=True):
        assert (CASE_CLASSES <= one < CLASSES) if is_chinese else one == case


def test_chinese_characters_have_the_classes_of_their_words():
    tokenizer = tiny_tokenizer()
    text = "A在漢國唐古拉山"
    (tokens,) = tokenizer.encode([text])
    assert tokens.classes[0] == 1
    of_words = word_classes("在汉国唐古拉山")
    assert (tokens.classes[1:] - CASE_CLASSES).tolist() == of_words.tolist()
    tokenizer.words = False
    (tokens,) = tokenizer.encode([text])
    assert tokens.classes.tolist() == [1] + [0] * 7


def test_where_a_span_would_cut_a_word(tokenizer):
    (tokens,) = tokenizer.encode(["IBM在唐古拉山"])
    begins, ends = tokens.inside_words()
    name = np.flatnonzero(tokens.starts >= 4)
    assert not begins[: name[0] + 1].any() and begins[name[1:]].all()
    assert not ends[: name[0]].any() and ends[name[:-1]].all() and not ends[-1]
    (english,) = tokenizer.encode(["unbelievably so"])
    assert not np.any(english.inside_words())


def test_case_classes_of_plain_words(tokenizer):
    (tokens,) = tokenizer.encode(["the Paris NASA McDonald iPhone A"])
    first = {}
    for word, case in zip(tokens.words.tolist(), tokens.classes.tolist(), strict=True):
        first.setdefault(word, case)
    assert list(first.values()) == [0, 1, 2, 3, 3, 1]


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_offsets_slice_the_text(tokenizer, text):
    (tokens,) = tokenizer.encode([text])
    previous = 0
    for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
        assert 0 <= start < end <= len(text)
        assert start >= previous or end <= previous, "tokens go forward, or share a character"
        assert text[start:end] == text[start:end].strip()
        previous = start
    assert tokenizer.token_spans(text) == list(
        zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)
    )


def test_every_letter_is_in_a_token(tokenizer):
    text = "Élan Ｔｏｋｙｏ 漢國 x3 (a-b) İz!"
    (tokens,) = tokenizer.encode([text])
    covered = {i for s, e in zip(tokens.starts, tokens.ends, strict=True) for i in range(s, e)}
    assert covered == {i for i, c in enumerate(text) if not c.isspace()}


@settings(max_examples=50, deadline=None)
@given(text=TEXTS)
def test_folding_keeps_the_length(tokenizer, text):
    folded = tokenizer.fold(text)
    assert len(folded) == len(text)
    assert tokenizer.fold(folded) == folded


def test_traditional_and_full_width_read_like_simplified_and_half_width(tokenizer):
    old, new = tokenizer.encode(["漢國電　Ａｂｃ，１", "汉国电 Abc,1"])
    assert old.ids.tolist() == new.ids.tolist()
    assert old.starts.tolist() == new.starts.tolist()
    assert old.classes.tolist() == new.classes.tolist()
    assert "[UNK]" not in [tokenizer._tokenizer.id_to_token(i) for i in old.ids.tolist()]


def test_encoding_of_a_text_does_not_depend_on_its_company(tokenizer):
    texts = ["Hello world", "漢字", "", "HELLO " * 40]
    together = tokenizer.encode(texts)
    for text, tokens in zip(texts, together, strict=True):
        (alone,) = tokenizer.encode([text])
        assert alone.ids.tolist() == tokens.ids.tolist()
        assert len(alone) == len(tokens)


def test_empty_and_blank_texts_have_no_tokens(tokenizer):
    assert [len(t) for t in tokenizer.encode(["", " \n\t", "\u3000"])] == [0, 0, 0]


def test_long_text_is_not_cut(tokenizer):
    (tokens,) = tokenizer.encode(["hello " * 5000])
    assert len(tokens) >= 5000


def test_saved_tokenizer_reads_the_same(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "new")
    again = SpanTokenizer.load(tmp_path / "new")
    text = "Hello 漢字 Ｗorld [SEP]"
    (one,), (two,) = tokenizer.encode([text]), again.encode([text])
    assert one.ids.tolist() == two.ids.tolist()
    assert one.classes.tolist() == two.classes.tolist()


def test_window_keeps_offsets(tokenizer):
    text = "Hello world of 漢字"
    (tokens,) = tokenizer.encode([text])
    part = tokens.window(1, 3)
    assert len(part) == 2
    assert part.starts.tolist() == tokens.starts[1:3].tolist()
