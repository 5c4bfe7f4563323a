"""A tokenizer of one's own, learned from the sources of a corpus.

Byte-level BPE (Sennrich et al., 2016; Radford et al., 2019), so that any text can be written.
Words keep the blank before them; digits stand alone, as in LLaMA; so do Chinese characters, as in
BERT: what an answer copies from a Chinese text then consists of whole tokens, wherever it begins
and ends.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.corpus.errors import CorpusError
from model.corpus.recipe import Recipe, Source
from model.corpus.shapes import Files, RawDocument, shape

BOS, EOS, PAD = "<s>", "</s>", "<pad>"
#: The bytes and the tokens above: no vocabulary can be smaller.
SMALLEST = 256 + 3
_WORDS = (
    r"\p{Han}|\p{N}|"
    r"[^\S\r\n]?[^\s\p{Han}\p{N}\p{P}\p{S}]+|[^\S\r\n]?[\p{P}\p{S}]+|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(slots=True)
class Learned:
    """What a tokenizer was learned from."""

    size: int = 0
    """Of the vocabulary."""
    documents: Counter[str] = field(default_factory=Counter)
    """By source."""
    characters: Counter[str] = field(default_factory=Counter)
    """By source."""
    bytes_read: int = 0
    bytes_total: int = 0


Observer = Callable[[Learned], None]


def learn_tokenizer(
    recipe: Recipe,
    output: Path,
    size: int,
    *,
    characters: int = 20_000_000,
    observer: Observer | None = None,
) -> Learned:
    """Write a tokenizer of ``size`` tokens into the folder ``output``, which must not hold one.

    It learns from about ``characters`` characters, as many of each source, of documents taken from
    all over it and cleaned, but not judged. Memory grows with that number. The folder is what
    transformers and ``Tokenizer`` load, tokens for the begin and end of documents included.

    Raises CorpusError.
    """
    if size < SMALLEST:
        raise CorpusError(f"a vocabulary needs {SMALLEST} tokens at least, not {size}")
    if (output / "tokenizer.json").exists():
        raise CorpusError(f"{output} holds a tokenizer already")
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    files = [Files(source.paths) for source in recipe.sources]
    learned = Learned(bytes_total=sum(found.bytes_total for found in files))
    share = characters // len(files)

    def texts() -> Iterator[str]:
        for source, found in zip(recipe.sources, files, strict=True):
            already = learned.bytes_read
            for text in _spread(source, found, share):
                learned.documents[source.name] += 1
                learned.characters[source.name] += len(text)
                learned.bytes_read = already + found.bytes_read
                if observer is not None:
                    observer(learned)
                yield text

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[BOS, EOS, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    if not learned.documents:
        raise CorpusError("the sources have no text to learn a tokenizer from")
    learned.size = tokenizer.get_vocab_size()
    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(output)
    return learned


def _spread(source: Source, files: Files, characters: int) -> Iterator[str]:
    """About ``characters`` characters of a source, evenly from its begin to its end.

    A document is taken where less was taken of the ``characters`` than was read of the source.
    """
    kind = shape(source.shape)
    taken = 0
    for number, raw in enumerate(source.read(files), 1):
        if source.documents is not None:
            read = number / source.documents
        else:
            read = files.bytes_read / max(files.bytes_total, 1)
        if isinstance(raw, RawDocument) and taken <= read * characters:
            text = kind.clean(raw)
            taken += len(text)
            if text:
                yield text
