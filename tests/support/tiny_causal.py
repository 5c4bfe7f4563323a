"""A causal LM small enough to train in a test: its tokenizer, its weights, its data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from model.corpus.packed import PackedWriter, Vocabulary

TEXT = ["Who founded Acme? Alice founded Acme in Paris.", "谁创立了公司？李明创立了公司。"]


def write_tokenizer(folder: Path) -> Any:
    """Bytes and a few merges, so that any text can be written."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT * 4, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    fast.save_pretrained(folder)
    return fast


def make_model(vocabulary: int, *, seed: int = 0, **changes: Any) -> Any:
    """A model of the preset ``tiny``."""
    import torch
    from transformers import AutoModelForCausalLM

    from model.lm.presets import preset_config

    torch.manual_seed(seed)
    config = preset_config("tiny", vocabulary, bos=0, eos=1, pad=1)
    for name, value in changes.items():
        setattr(config, name, value)
    config.use_cache = False
    return AutoModelForCausalLM.from_config(config).eval()


def write_model(folder: Path, **changes: Any) -> Any:
    """Such a model and its tokenizer in one folder; returns the tokenizer."""
    tokenizer = write_tokenizer(folder)
    make_model(len(tokenizer), **changes).save_pretrained(folder)
    return tokenizer


def write_corpus(folder: Path, vocabulary: int, *, samples: int = 60, longest: int = 48) -> None:
    """Sequences that count up from somewhere, which a model learns at once."""
    rng = np.random.default_rng(0)
    with PackedWriter(folder, Vocabulary(vocabulary, "tiny"), longest) as writer:
        writer.begin("counting")
        for _ in range(samples):
            start, length = rng.integers(2, vocabulary), rng.integers(8, longest + 1)
            writer.add((start + 3 * np.arange(length)) % vocabulary)


def write_instructions(file: Path, records: int = 32) -> None:
    """The same question about five sentences."""
    names = ("Alice", "Bob", "Chloe", "Dan", "Eve")
    with file.open("w", encoding="utf-8") as out:
        for i in range(records):
            name = names[i % 5]
            record = {
                "instruction": "Who founded it?",
                "input": f"{name} founded Acme.",
                "output": name,
            }
            out.write(json.dumps(record) + "\n")
