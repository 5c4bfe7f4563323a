from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from model.corpus.errors import CorpusError
from model.corpus.recipe import Recipe, Source
from model.corpus.tokens import Tokenizer
from model.corpus.vocabulary import learn_tokenizer

TEXTS = ["The quick brown fox founded 3 companies in 1984 (Acme).\n", "李明在北京大学工作了 12年。"]


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    sources = []
    for name, text in zip(("en", "zh"), TEXTS, strict=True):
        rows = (json.dumps({"text": f"{text} {number}"}) + "\n" for number in range(200))
        (tmp_path / f"{name}.jsonl").write_text("".join(rows), "utf-8")
        sources.append(Source(name=name, shape="web", paths=(tmp_path / f"{name}.jsonl",)))
    return Recipe(
        tokenizer=tmp_path / "tokenizer", output=tmp_path / "packed", sources=tuple(sources)
    )


def learn(recipe: Recipe, size: int = 420, **arguments: Any) -> Any:
    return learn_tokenizer(recipe, recipe.tokenizer, size, **arguments)


def test_any_text_comes_back_from_its_tokens(recipe: Recipe) -> None:
    learned = learn(recipe)
    tokenizer = AutoTokenizer.from_pretrained(recipe.tokenizer)
    assert learned.size == len(tokenizer) <= 420
    for text in (*TEXTS, "  x\t\r\n\n y\u3000ﾊ🙂\x00 é e\u0301", "<unk> [CLS]"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids) == text
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token) == (
        "<s>", "</s>", "<pad>",
    )  # fmt: skip


def test_words_keep_their_blank_and_chinese_characters_and_digits_stand_alone(
    recipe: Recipe,
) -> None:
    learn(recipe)
    tokenizer = Tokenizer(recipe.tokenizer)
    text = "The fox 李明在1984"
    _, spans = tokenizer.encode_with_spans(text)
    parts = [text[start:end] for start, end in dict.fromkeys(spans)]
    assert parts == ["The", " fox", " ", "李", "明", "在", "1", "9", "8", "4"]
    assert (tokenizer.bos_id, tokenizer.eos_id) == (0, 1)


def test_every_source_gives_its_share_from_all_over_it(recipe: Recipe) -> None:
    learned = learn(recipe, characters=2_000)
    for name, text in zip(("en", "zh"), TEXTS, strict=True):
        assert 1_000 <= learned.characters[name] <= 1_000 + 3 * len(text)
        assert learned.documents[name] < 200


def test_what_makes_no_tokenizer_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="259 tokens at least"):
        learn(recipe, size=200)
    learn(recipe)
    with pytest.raises(CorpusError, match="holds a tokenizer already"):
        learn(recipe)
    (tmp_path / "empty.jsonl").write_text("", "utf-8")
    source = Source(name="none", shape="web", paths=(tmp_path / "empty.jsonl",))
    with pytest.raises(CorpusError, match="no text"):
        learn_tokenizer(recipe.model_copy(update={"sources": (source,)}), tmp_path / "none", 300)
