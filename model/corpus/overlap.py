"""Texts of evaluation sets, found in documents and taken out of them.

As in Brown et al. 2020 (GPT-3, appendix C), runs of 13 words tell that a passage comes from an
evaluation set; of Chinese characters, which say less, it takes 20. Here the lines that hold such a
run are taken out, and the document is left out where little else remains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.arrays import distinct
from model.corpus.errors import CorpusError
from model.corpus.shapes.files import DAMAGED, Files, parse_line
from model.corpus.units import IDEOGRAPH, UNIT, hashes, ngram_hashes, units

WORDS = 13
IDEOGRAPHS = 20
_KEYS = ("text", "content", "sentence", "question", "passage", "context")
_MOST = 1 << 16


class Overlap:
    """The runs of evaluation texts: sorted hashes, which may be memory-mapped.

    Texts shorter than a run are not looked for: they would be found everywhere.
    """

    def __init__(self, runs: NDArray[np.uint64]) -> None:
        self._runs = runs

    @classmethod
    def load(cls, path: Path) -> Overlap:
        """What ``save`` wrote, not loaded but mapped."""
        return cls(np.load(path, mmap_mode="r", allow_pickle=False))

    @classmethod
    def of(cls, texts: Iterable[str]) -> Overlap:
        """Of all ``texts``."""
        parts: list[NDArray[np.uint64]] = []
        size = 0
        for text in texts:
            found = units(text)
            parts.append(distinct(_runs(hashes(found), found)[0]))
            size += len(parts[-1])
            if size > _MOST:  # memory is for different runs only
                parts = [distinct(np.concatenate(parts))]
                size = 0
        return cls(distinct(np.concatenate(parts)) if parts else np.zeros(0, np.uint64))

    def __len__(self) -> int:
        return len(self._runs)

    def save(self, path: Path) -> None:
        """Write the runs for ``load``."""
        np.save(path, self._runs, allow_pickle=False)

    def remove(self, text: str, found: list[str], codes: NDArray[np.uint64]) -> tuple[str, int]:
        """``text`` without the lines that hold a run, and the number of those lines.

        ``found`` and ``codes`` are the units of the text and their hashes.
        """
        if not len(self._runs):
            return text, 0
        runs, starts, lengths = _runs(codes, found)
        places = np.minimum(np.searchsorted(self._runs, runs), len(self._runs) - 1)
        hits = np.flatnonzero(self._runs[places] == runs)
        if not len(hits):
            return text, 0
        edges = np.zeros(len(found) + 1, dtype=np.int64)
        np.add.at(edges, starts[hits], 1)
        np.add.at(edges, starts[hits] + lengths[hits], -1)
        marked = np.cumsum(edges) > 0
        kept: list[str] = []
        removed = position = 0
        for line in text.split("\n"):
            count = sum(1 for _ in UNIT.finditer(line.lower()))
            if marked[position : position + count].any():
                removed += 1
            else:
                kept.append(line)
            position += count
        return "\n".join(kept).strip("\n"), removed


def evaluation_texts(paths: Iterable[Path]) -> Iterator[str]:
    """The texts of evaluation files: JSON lines with a text, or else a text a line.

    Raises CorpusError where a file is missing, damaged or has no text.
    """
    for path in paths:
        files = Files([path])
        empty = True
        for file in files:
            try:
                for _, line in files.lines(file):
                    for text in _line_texts(line):
                        empty = False
                        yield text
            except DAMAGED as error:
                raise CorpusError(f"{file} cannot be read: {error}") from error
        if empty:
            raise CorpusError(f"there is no text in {path}, which is to be kept out of the corpus")


def _line_texts(line: bytes) -> Iterator[str]:
    if line.lstrip()[:1] != b"{":
        yield line.decode("utf-8", "replace").strip()
        return
    data = parse_line(line)
    if isinstance(data, dict):
        yield from (data[key] for key in _KEYS if isinstance(data.get(key), str))


def _runs(
    codes: NDArray[np.uint64], found: list[str]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Hashes, first units and lengths of all runs; the first unit decides on the length."""
    chinese = np.array([IDEOGRAPH.match(unit) is not None for unit in found], dtype=bool)
    parts = []
    for length, wanted in ((WORDS, ~chinese), (IDEOGRAPHS, chinese)):
        runs = ngram_hashes(codes, length)
        starts = np.flatnonzero(wanted[: len(runs)])
        parts.append((runs[starts], starts, np.full(len(starts), length)))
    hashed, starts, lengths = (np.concatenate(column) for column in zip(*parts, strict=True))
    return hashed, starts, lengths
