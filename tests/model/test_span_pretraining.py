from pathlib import Path

import numpy as np
import pytest
from corpora import pack_samples, save_tokenizer
from tiny_span import write_encoder

torch = pytest.importorskip("torch", reason="training the span model needs torch")

from tokenizers import Tokenizer  # noqa: E402
from transformers import BertModel  # noqa: E402

from model.span import pretraining  # noqa: E402
from model.span.network import HeadConfig, SpanNetwork  # noqa: E402
from model.span.pretraining import (  # noqa: E402
    Corruption,
    PretrainConfig,
    Texts,
    masked,
    pretrain,
)
from model.span.tokenizer import SpanTokenizer  # noqa: E402

ENGLISH = ["Alice founded Acme in Oslo, and Bob runs it.", "Bob met Alice in Paris in May."]
CHINESE = ["李明在北京创立了公司。", "张伟收购了李明的公司，他在北京。"]


def config(**values) -> PretrainConfig:
    return PretrainConfig(
        **{
            "sources": {"en": 1.0, "zh": 1.0},
            "steps": 6,
            "warmup": 2,
            "batch_tokens": 96,
            "max_tokens": 40,
            "checkpoint_every": 3,
        }
        | values
    )


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Packed corpus, its tokenizer, and an initial encoder."""
    tokenizer = save_tokenizer(tmp_path / "bpe")
    encode = Tokenizer.from_file(str(tokenizer / "tokenizer.json")).encode
    samples = {
        name: [[0, *encode(text).ids, 1][:64] for text in texts * 20]
        for name, texts in (("en", ENGLISH), ("zh", CHINESE))
    }
    pack_samples(tmp_path / "packed", samples)
    write_encoder(tmp_path / "initial", [*ENGLISH, *CHINESE])
    return tmp_path / "packed", tokenizer, tmp_path / "initial"


def test_a_sample_is_read_as_the_text_it_was(folders) -> None:
    corpus, tokenizer, initial = folders
    spans = SpanTokenizer.load(initial)
    texts = Texts(corpus, tokenizer, spans, config())
    known = {tuple(tokens.ids) for tokens in spans.encode(ENGLISH + CHINESE)}
    found = [tokens for step in range(4) for tokens in texts.batch(step)]
    assert {tuple(tokens.ids) for tokens in found} <= known
    assert any(tokens.classes.any() for tokens in found), "upper case comes back"
    again = Texts(corpus, tokenizer, spans, config())
    assert [t.ids.tolist() for t in again.batch(3)] == [t.ids.tolist() for t in texts.batch(3)]


def test_whole_words_and_runs_of_characters_are_masked(folders) -> None:
    (tokens,) = SpanTokenizer.load(folders[2]).encode(
        ["Alice xyzabc 李明在北京创立了公司 Bob abcd"]
    )
    longest = 0
    for seed in range(50):
        chosen = masked(tokens, np.random.default_rng(seed), 0.2, 4)
        assert chosen.any() and not chosen.all()
        for word in set(tokens.words.tolist()):
            assert len(set(chosen[tokens.words == word].tolist())) == 1
        characters = chosen[(tokens.ends - tokens.starts == 1) & (tokens.ids > 100)]
        longest = max(longest, int(characters.sum()))
    assert longest > 1


def test_only_masked_tokens_are_guessed_and_most_are_hidden(folders) -> None:
    spans = SpanTokenizer.load(folders[2])
    texts = spans.encode(ENGLISH * 40)
    batch, goal = Corruption(spans, 200, config(masked_share=0.3))(texts, step=1)
    guessed = goal != -100
    ids = batch["input_ids"]
    assert not guessed[:, 0].any() and not (guessed & (batch["attention_mask"] == 0)).any()
    hidden = (ids == spans.mask_id) & guessed
    kept = (ids == goal) & guessed
    assert not ((ids == spans.mask_id) & ~guessed).any()
    assert 0.7 < hidden.sum() / guessed.sum() < 0.9
    assert 0.03 < kept.sum() / guessed.sum() < 0.2


def test_masked_words_are_learned_and_a_stopped_run_goes_on(folders, tmp_path, monkeypatch, caplog):
    torch.set_num_threads(1)
    corpus, tokenizer, initial = folders
    with caplog.at_level("INFO"):
        pretrain(
            config(steps=60, learning_rate=5e-3, embedding_learning_rate=5e-3),
            corpus,
            tokenizer,
            initial,
            tmp_path / "whole",
        )
    losses = [record.args[1] for record in caplog.records if record.msg.startswith("step %d loss")]
    assert losses[-1] < losses[0] - 0.3

    save = pretraining.save_checkpoint

    def save_and_stop(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    pretrain(config(), corpus, tokenizer, initial, tmp_path / "six")
    monkeypatch.setattr(pretraining, "save_checkpoint", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config(), corpus, tokenizer, initial, tmp_path / "parts")
    monkeypatch.undo()
    pretrain(config(), corpus, tokenizer, initial, tmp_path / "parts")
    weights = [
        BertModel.from_pretrained(tmp_path / name, add_pooling_layer=False).state_dict()
        for name in ("six", "parts")
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_the_heads_of_a_trained_network_stay(folders, tmp_path) -> None:
    corpus, tokenizer, initial = folders
    encoder = BertModel.from_pretrained(initial, add_pooling_layer=False)
    SpanNetwork(encoder, HeadConfig(pair_size=16, context_heads=2)).save(tmp_path / "trained")
    pretrain(config(), corpus, tokenizer, initial, tmp_path / "out", tmp_path / "trained")
    before, after = (SpanNetwork.load(tmp_path / name).state_dict() for name in ("trained", "out"))
    for name in before:
        changed = not torch.equal(before[name], after[name])
        assert not changed or name.startswith("encoder."), name
    assert not torch.equal(
        before["encoder.embeddings.word_embeddings.weight"],
        after["encoder.embeddings.word_embeddings.weight"],
    )
