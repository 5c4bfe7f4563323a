from __future__ import annotations

from pathlib import Path

import pytest
from corpora import save_tokenizer

from ingest.sentences import sentences
from model.corpus.errors import CorpusError
from model.corpus.tokens import Sampler, Tokenizer

EN = "Marie Curie was a physicist. She was a chemist too! It was the best of times, " \
     "it was the worst of times. The quick brown fox jumps over the lazy dog. "  # fmt: skip
ZH = "居里夫人是一位物理学家。她也是化学家！北京是中国的首都，历史悠久。"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer(save_tokenizer(tmp_path_factory.mktemp("tokenizer") / "model"))


def texts(tokenizer: Tokenizer, samples: list[list[int]]) -> list[str]:
    return [tokenizer._tokenizer.decode(sample) for sample in samples]


def sample(tokenizer: Tokenizer, text: str, size: int, drop: int = 0, code: bool = False) -> list:
    found = Sampler(tokenizer, size, drop).samples(text, code)
    return [ids.tolist() for ids in found]


@pytest.mark.parametrize("text", [EN * 20, ZH * 20])
def test_samples_are_full_of_whole_sentences(tokenizer: Tokenizer, text: str) -> None:
    samples = sample(tokenizer, text, 128)
    whole = {text[start:end] for start, end in sentences(text)}
    assert max(map(len, samples)) <= 128
    decoded = texts(tokenizer, samples)
    assert all(text_of in text for text_of in decoded)
    for one in decoded:
        assert {one[start:end] for start, end in sentences(one)} <= whole
    # No sample has room for the sentence that follows it.
    longest = max(len(tokenizer.encode(f" {sentence}")) for sentence in whole)
    assert min(map(len, samples)) >= 128 - 2 - longest


def test_documents_begin_and_end_with_their_tokens(tokenizer: Tokenizer) -> None:
    assert (tokenizer.bos_id, tokenizer.eos_id) == (0, 1)
    samples = sample(tokenizer, EN * 20, 128)
    flat = [token for ids in samples for token in ids]
    assert flat[0] == 0 and flat[-1] == 1
    assert 0 not in flat[1:] and 1 not in flat[:-1]


def test_a_short_last_sample_is_filled_with_sentences_before_it(tokenizer: Tokenizer) -> None:
    text = " ".join(f"This is sentence number {n}." for n in range(23))
    samples = sample(tokenizer, text, 128)
    decoded = texts(tokenizer, samples)
    last, before = decoded[-1], decoded[-2]
    assert len(samples[-1]) > 128 - 2 - len(tokenizer.encode(" This is sentence number 21."))
    assert last.endswith("number 22.")
    assert last.startswith("This is")
    shared = [f"This is sentence number {n}." for n in range(23) if
              f"number {n}." in last and f"number {n}." in before]  # fmt: skip
    assert shared
    # Everything is there all the same.
    assert all(f"number {n}." in " ".join(decoded) for n in range(23))


def test_short_samples_are_left_out(tokenizer: Tokenizer) -> None:
    text = "This is a sentence."
    size = len(sample(tokenizer, text, 128)[0])
    assert sample(tokenizer, text, 128, drop=size) == []
    assert len(sample(tokenizer, text, 128, drop=size - 1)) == 1
    assert sample(tokenizer, "", 128) == []


def test_a_sentence_that_is_too_long_is_cut_and_loses_nothing(tokenizer: Tokenizer) -> None:
    text = "word, " * 300 + "end"
    samples = sample(tokenizer, text, 64)
    assert max(map(len, samples)) <= 64
    joined = " ".join(texts(tokenizer, samples))
    assert joined.count("word") >= 300
    assert joined.endswith("end")


def test_code_keeps_its_lines_and_indentation(tokenizer: Tokenizer) -> None:
    text = "\n".join(f"def f{n}():\n    return {n}\n" for n in range(40))
    samples = sample(tokenizer, text, 100, code=True)
    lines = set(text.split("\n"))
    for one in texts(tokenizer, samples):
        assert set(one.split("\n")) <= lines
    assert any(one.startswith("    return") for one in texts(tokenizer, samples))


def test_text_is_never_taken_for_a_special_token(tokenizer: Tokenizer) -> None:
    (ids,) = sample(tokenizer, "The mark </s> ends it and <s> begins it.", 128)
    assert ids.count(tokenizer.eos_id) == 1
    assert ids.count(tokenizer.bos_id) == 1


def test_books_are_split_in_stretches_without_a_loss(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(f"Number {n} is here." for n in range(300))
    whole = sample(tokenizer, text, 64)
    monkeypatch.setattr("model.corpus.tokens._STRETCH", 1000)
    samples = sample(tokenizer, text, 64)
    assert samples != whole
    joined = " ".join(texts(tokenizer, samples))
    assert all(f"Number {n} is here." in joined for n in range(300))
    assert samples[0][0] == 0 and samples[-1][-1] == 1
    assert sum(ids.count(1) for ids in samples) == 1


def test_tokenizers_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    folder = save_tokenizer(tmp_path / "model")
    file = folder / "tokenizer.json"
    assert Tokenizer(file).vocabulary == Tokenizer(folder).vocabulary
    assert Tokenizer(folder, eos="<s>").eos_id == 0
    with pytest.raises(CorpusError, match="no token 'absent'"):
        Tokenizer(folder, eos="absent")
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(CorpusError, match="eos_token"):
        Tokenizer(folder)
    with pytest.raises(CorpusError, match=r"no .*tokenizer\.json"):
        Tokenizer(tmp_path)
    file.write_text("{}")
    with pytest.raises(CorpusError, match="no tokenizer"):
        Tokenizer(folder)
