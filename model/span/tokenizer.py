"""Text to token ids, offsets and letter-case classes for the span model.

The vocabulary is lower-cased WordPiece (BERT's) with one token for each Chinese character. Two
things are added around the ``tokenizers`` library:

* before it, a one-to-one character table folds traditional to simplified Chinese and full-width
  to half-width forms; being one-to-one it keeps every offset;
* after it, each token gets the *case class* of the word it belongs to (0 no upper case,
  1 first letter upper, 2 all upper, 3 other), and a Chinese character its *word class* (4 and more,
  see ``model.span.words``). The model adds an embedding for it, so that a lower-cased vocabulary,
  which comes with better small encoders, does not lose what case says about names, nor a sequence
  of characters what its words are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from model.span.words import FIRST, INSIDE, LAST, ONLY, PLACES, WORD_CLASSES, word_classes

CASE_CLASSES = 4
CLASSES = CASE_CLASSES + WORD_CLASSES
TOKENIZER_FILE = "tokenizer.json"
FOLDING_FILE = "folding.json"

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one text, without special tokens; all arrays have shape [tokens].

    ``starts`` and ``ends`` are offsets into the text; ``words`` numbers the words (for Chinese:
    the characters) that tokens belong to; ``classes`` are case and word classes.
    """

    ids: Ints
    starts: Ints
    ends: Ints
    words: Ints
    classes: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def window(self, start: int, end: int) -> Tokens:
        """Tokens ``start`` to ``end``, offsets unchanged."""
        part = slice(start, end)
        return Tokens(
            self.ids[part], self.starts[part], self.ends[part], self.words[part], self.classes[part]
        )

    def inside_words(self) -> tuple[Bools, Bools]:
        """Tokens [T] at which a span would cut a Chinese word if it began there, or ended."""
        place = np.where(self.classes < CASE_CLASSES, ONLY, (self.classes - CASE_CLASSES) % PLACES)
        return (place == INSIDE) | (place == LAST), (place == FIRST) | (place == INSIDE)


class SpanTokenizer:
    """Loads ``tokenizer.json`` and ``folding.json`` from a model folder.

    Without ``words`` Chinese characters have class 0, as models up to version 3 expect.
    """

    def __init__(self, tokenizer: Tokenizer, folding: dict[int, int], words: bool = True) -> None:
        self._tokenizer = tokenizer
        self._folding = folding
        self.words = words
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.cls_id: int = tokenizer.token_to_id("[CLS]")  # type: ignore[assignment]
        self.sep_id: int = tokenizer.token_to_id("[SEP]")  # type: ignore[assignment]
        self.mask_id: int = tokenizer.token_to_id("[MASK]")  # type: ignore[assignment]
        self.pad_id: int = tokenizer.token_to_id("[PAD]")  # type: ignore[assignment]

    @classmethod
    def load(cls, folder: Path) -> SpanTokenizer:
        folding = json.loads((folder / FOLDING_FILE).read_text(encoding="utf-8"))
        return cls(
            Tokenizer.from_file(str(folder / TOKENIZER_FILE)),
            {ord(a): ord(b) for a, b in zip(folding["from"], folding["to"], strict=True)},
            folding.get("words", False),
        )

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._tokenizer.save(str(folder / TOKENIZER_FILE))
        folding = {
            "from": "".join(map(chr, self._folding)),
            "to": "".join(map(chr, self._folding.values())),
            "words": self.words,
        }
        (folder / FOLDING_FILE).write_text(json.dumps(folding, ensure_ascii=False), "utf-8")

    def fold(self, text: str) -> str:
        """``text`` with traditional and full-width characters folded, same length."""
        return text.translate(self._folding)

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        folded = [self.fold(text) for text in texts]
        encodings = self._tokenizer.encode_batch(folded, add_special_tokens=False)
        return [
            _tokens(text, encoding, word_classes(plain) if self.words else None)
            for text, plain, encoding in zip(texts, folded, encodings, strict=True)
        ]

    def padded(self, texts: Sequence[Tokens]) -> dict[str, Ints]:
        """What the encoder takes: ``input_ids``, ``attention_mask``, ``token_type_ids`` (classes).

        All have shape [B, T + 2], padded to the longest text, with special tokens.
        """
        width = max(map(len, texts)) + 2
        ids = np.full((len(texts), width), self.pad_id, dtype=np.int64)
        mask = np.zeros((len(texts), width), dtype=np.int64)
        classes = np.zeros((len(texts), width), dtype=np.int64)
        for row, tokens in enumerate(texts):
            end = len(tokens) + 1
            ids[row, 0] = self.cls_id
            ids[row, 1:end] = tokens.ids
            ids[row, end] = self.sep_id
            mask[row, : end + 1] = 1
            classes[row, 1:end] = tokens.classes
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": classes}

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        (encoding,) = self._tokenizer.encode_batch([self.fold(text)], add_special_tokens=False)
        return encoding.offsets


def _tokens(text: str, encoding: Encoding, of_characters: Ints | None) -> Tokens:
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    words = np.array(encoding.word_ids, dtype=np.int64)
    classes = _case_classes(text, offsets, words)
    if of_characters is not None and len(words):
        chinese = of_characters[offsets[:, 0]]
        classes = np.where(chinese < 0, classes, CASE_CLASSES + chinese)
    return Tokens(
        ids=np.array(encoding.ids, dtype=np.int64),
        starts=offsets[:, 0],
        ends=offsets[:, 1],
        words=words,
        classes=classes,
    )


@lru_cache(maxsize=1)
def _upper_table() -> npt.NDArray[np.bool_]:
    return np.array([chr(code).isupper() for code in range(0x10000)])


@lru_cache(maxsize=1)
def _lower_table() -> npt.NDArray[np.bool_]:
    return np.array([chr(code).islower() for code in range(0x10000)])


def _case_classes(text: str, offsets: Ints, words: Ints) -> Ints:
    if not len(words) or text.islower() or text.upper() == text.lower():
        return np.zeros(len(words), dtype=np.int64)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.where(codes < 0x10000, codes, 0)
    upper, lower = _upper_table()[codes], _lower_table()[codes]
    first = np.flatnonzero(np.diff(words, prepend=-1))  # first token of each word
    last = np.append(first[1:], len(words)) - 1
    start, end = offsets[first, 0], offsets[last, 1]
    ups = np.concatenate(([0], np.cumsum(upper)))
    lows = np.concatenate(([0], np.cumsum(lower)))
    n_upper, n_lower = ups[end] - ups[start], lows[end] - lows[start]
    initial = upper[np.minimum(start, len(codes) - 1)]
    per_word = np.where(
        n_upper == 0,
        0,
        np.where(initial & (n_upper == 1), 1, np.where(n_lower == 0, 2, 3)),
    )
    return np.repeat(per_word, last - first + 1).astype(np.int64)
