"""Tokenizers from files, and samples of whole sentences from documents."""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.sentences import sentences
from ingest.splitter import Span, pack
from ingest.text import lines_of
from model.corpus.errors import CorpusError
from model.corpus.packed import Vocabulary

_STRETCH = 1 << 20
_END_NAMES = ("eos_token", "bos_token")


class Tokenizer:
    """A tokenizer of the ``tokenizers`` library, from a ``tokenizer.json`` or its folder.

    ``eos`` and ``bos`` name the tokens that end and begin documents; without, the files beside
    ``tokenizer.json`` tell. Nothing in a text is ever taken for such a token.

    Raises CorpusError if there is no tokenizer or no token that ends documents.
    """

    def __init__(self, path: str | Path, eos: str | None = None, bos: str | None = None) -> None:
        # Each process tokenizes in one thread: there is a process for each core.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer as Implementation

        file = _definition(Path(path))
        try:
            self._tokenizer = Implementation.from_file(str(file))
        except Exception as error:  # the library raises bare Exceptions
            raise CorpusError(f"{file} holds no tokenizer: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        told = _told(file.parent)
        self.eos_id = self._id(eos or told.get("eos_token"), file)
        self.bos_id = self._id(bos or told.get("bos_token"), file)
        if self.eos_id is None:
            raise CorpusError(
                f"{file.parent} does not tell which token ends a document: name it as eos_token"
            )
        if self.bos_id == self.eos_id:
            self.bos_id = None  # one of them between two documents is enough
        self.vocabulary = Vocabulary(
            size=max(self._tokenizer.get_vocab(with_added_tokens=True).values()) + 1,
            tokenizer=hashlib.sha256(file.read_bytes()).hexdigest(),
            bos_id=self.bos_id,
            eos_id=self.eos_id,
        )

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``, without special tokens."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def encode_with_spans(self, text: str) -> tuple[list[int], list[Span]]:
        """Token ids of ``text`` and the characters that each stands for."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def _id(self, token: str | None, file: Path) -> int | None:
        if token is None:
            return None
        found: int | None = self._tokenizer.token_to_id(token)
        if found is None:
            raise CorpusError(f"{file} has no token {token!r}")
        return found


class Sampler:
    """Makes samples of documents: token ids of whole sentences, as many as fit ``max_tokens``.

    A document begins with the tokenizer's ``bos_id``, if it has one, and ends with ``eos_id``.
    The last sample of several is filled with the sentences before it that still fit. Samples of
    ``drop_tokens`` tokens or fewer are left out. Code is split between lines.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int = 1024, drop_tokens: int = 20) -> None:
        self.tokenizer = tokenizer
        self.drop_tokens = drop_tokens
        # Room for the marks of a document's ends, wherever those come to lie.
        self._room = max_tokens - 1 - (tokenizer.bos_id is not None)
        if self._room < 1:
            raise CorpusError(f"samples of {max_tokens} tokens have no room for text")
        self._known: dict[str, list[int]] = {}
        self._last: tuple[str, list[Span]] = ("", [])

    def samples(self, text: str, code: bool = False) -> list[NDArray[Any]]:
        """Token ids of the samples of a document, in order, of type uint32."""
        stretches = list(_stretches(_lines(text) if code else sentences(text)))
        found: list[list[int]] = []
        for parts in stretches:
            start, end = parts[0][0], parts[-1][1]
            found += self._packed(text[start:end], [(a - start, b - start) for a, b in parts])
            self._known.clear()
        if found and self.tokenizer.bos_id is not None:
            found[0] = [self.tokenizer.bos_id, *found[0]]
        if found and self.tokenizer.eos_id is not None:
            found[-1] = [*found[-1], self.tokenizer.eos_id]
        return [np.array(ids, dtype=np.uint32) for ids in found if len(ids) > self.drop_tokens]

    def _packed(self, text: str, parts: Sequence[Span]) -> list[list[int]]:
        spans = pack(text, self._spans, self._room, parts)
        if len(spans) > 1:
            spans[-1] = self._filled(text, parts, spans[-2], spans[-1])
        return [self._encode(text[start:end]) for start, end in spans]

    def _filled(self, text: str, parts: Sequence[Span], before: Span, last: Span) -> Span:
        """``last``, begun as many sentences earlier as fit, but not before ``before``."""
        starts = [start for start, _ in parts if before[0] < start < last[0]]
        if not starts:
            return last
        offsets = self._spans(text[starts[0] : last[1]])
        surplus = len(offsets) - self._room
        if surplus > 0:
            first = starts[0] + sorted(start for start, _ in offsets)[surplus]
            starts = starts[bisect_left(starts, first) :]
        for start in starts:  # the first fits, but where tokens change at its cut
            if len(self._encode(text[start : last[1]])) <= self._room:
                return start, last[1]
        return last

    def _spans(self, text: str) -> list[Span]:
        if text == self._last[0]:  # a short document is estimated and counted in one piece
            return self._last[1]
        ids, spans = self.tokenizer.encode_with_spans(text)
        if len(ids) <= self._room:
            self._known[text] = ids  # the splitter counts every sample before it is written
            self._last = (text, spans)
        return spans

    def _encode(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = self.tokenizer.encode(text)
        return self._known[text]


def _stretches(parts: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """Runs of sentences of about ``_STRETCH`` characters, so that memory has a bound in books."""
    first = 0
    for number, (_, end) in enumerate(parts):
        if end - parts[first][0] >= _STRETCH:
            yield parts[first : number + 1]
            first = number + 1
    if first < len(parts):
        yield parts[first:]


def _lines(text: str) -> list[Span]:
    """Spans of the lines that are not blank, with their indentation."""
    return [
        (start, start + len(line.rstrip()))
        for start, end in lines_of(text)
        if (line := text[start:end]).strip()
    ]


def _definition(path: Path) -> Path:
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        raise CorpusError(
            f"there is no {file}; a tokenizer in another format becomes one by the save_pretrained"
            " method of transformers"
        )
    return file


def _told(folder: Path) -> dict[str, str]:
    """The names of the tokens that begin and end documents, from the files of a checkpoint."""
    told: dict[str, str] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        try:
            data = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for key in _END_NAMES:
            value = data.get(key)
            value = value.get("content") if isinstance(value, dict) else value
            if isinstance(value, str):
                told[key] = value
    return told
