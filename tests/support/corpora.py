"""Small tokenizers and packed corpora for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from model.corpus.packed import PackedCorpus, PackedWriter, Vocabulary

TRAINING_TEXT = [
    "The quick brown fox jumps over the lazy dog. It was the best of times.",
    "Marie Curie was a physicist and chemist who conducted pioneering research.",
    "居里夫人是一位物理学家和化学家。北京是中国的首都，历史悠久。",
    "def main():\n    return 1\n",
]


def save_tokenizer(folder: Path, vocabulary: int = 400) -> Path:
    """A byte-level BPE tokenizer with ``<s>`` and ``</s>``, in a checkpoint's folder."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINING_TEXT, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def pack_samples(
    path: Path, sources: dict[str, Iterable[list[int]]], vocabulary: int = 1000
) -> PackedCorpus:
    """A packed corpus of the given samples."""
    with PackedWriter(path, Vocabulary(vocabulary, "test", eos_id=1), max_tokens=64) as writer:
        for name, samples in sources.items():
            writer.begin(name)
            for sample in samples:
                writer.add(sample)
    return PackedCorpus(path)
