"""The order in which training reads the samples of several corpora.

The order is a function of the corpora, the weights and the seed alone, computed where it is
asked for: it takes no memory, training can go on from any sample count at once, and neither the
version of a library nor the kind of machine changes it (for that reason the random numbers are
made here, by SplitMix64 of Steele, Lea and Flood 2014, rather than by numpy's generators, whose
streams may change).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from model.corpus.errors import CorpusError
from model.corpus.packed import PackedCorpus

#: Samples are allotted to corpora in blocks of so many.
BLOCK = 1 << 14
_ROUNDS = 4
_GAMMA = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


class Mixture:
    """An endless, shuffled sequence of the samples of ``corpora``.

    With ``weights`` (positive, of any sum), each corpus gives its share of the samples, exactly
    so (to one sample) in every ``BLOCK``; a corpus begins anew, in another order, when it is used
    up. Without, every sample of all corpora comes once before any comes again. Either way no
    sample of a corpus comes twice before all the others of that corpus came.

    Raises CorpusError if the corpora are of different tokenizers, one of them is empty, or the
    weights do not fit.
    """

    def __init__(
        self, corpora: Sequence[PackedCorpus], weights: Sequence[float] | None = None, seed: int = 0
    ) -> None:
        _check(corpora, weights)
        self.corpora = tuple(corpora)
        self.weights = None if weights is None else tuple(float(weight) for weight in weights)
        self.seed = seed
        self._sizes = np.array([len(corpus) for corpus in corpora], dtype=np.uint64)
        self._ends = np.cumsum(self._sizes)
        shares = np.cumsum(np.array(self.weights or (1.0,)))
        self._shares = shares / shares[-1]
        self._cached: tuple[int, NDArray[np.int64], NDArray[np.int64]] | None = None

    @property
    def size(self) -> int:
        """Number of the samples of all corpora."""
        return int(self._ends[-1])

    def locate(self, position: int) -> tuple[int, int]:
        """Number of the corpus and index of its sample that come at ``position`` in the order.

        Fast for positions near the last one asked for.
        """
        if position < 0:
            raise IndexError(f"position {position}")
        block, place = divmod(position, BLOCK)
        corpora, samples = self._block(block)
        return int(corpora[place]), int(samples[place])

    def order(self, start_sample: int = 0) -> Iterator[tuple[int, int]]:
        """Numbers of the corpus and the sample in it, from ``start_sample`` on, without end."""
        block, skip = divmod(start_sample, BLOCK)
        while True:
            corpora, samples = self._block(block)
            yield from zip(corpora[skip:].tolist(), samples[skip:].tolist(), strict=True)
            block, skip = block + 1, 0

    def _block(self, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self._cached is None or self._cached[0] != block:
            found = self._whole(block) if self.weights is None else self._weighted(block)
            self._cached = (block, *found)
        return self._cached[1], self._cached[2]

    def _whole(self, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        draws = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint64)
        places = _shuffled(draws, self.size, self.seed, stream=0)
        corpora = np.searchsorted(self._ends, places, side="right")
        return corpora, (places - (self._ends - self._sizes)[corpora]).astype(np.int64)

    def _weighted(self, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        bounds = self._bounds(np.array([block]))[0]
        counts = np.diff(bounds)
        earlier = np.zeros(len(self.corpora), dtype=np.int64)
        for first in range(0, block, 1 << 16):
            numbers = np.arange(first, min(first + (1 << 16), block))
            earlier += np.diff(self._bounds(numbers), axis=1).sum(axis=0)
        slots = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint64)
        mixed = np.argsort(_random(slots, _key(self.seed, 1 << 32)), kind="stable")
        corpora = np.repeat(np.arange(len(self.corpora)), counts)[mixed]
        samples = np.empty(BLOCK, dtype=np.int64)
        for number, count in enumerate(counts):
            begin = int(earlier[number])
            draws = np.arange(begin, begin + int(count), dtype=np.uint64)
            drawn = _shuffled(draws, int(self._sizes[number]), self.seed, stream=number + 1)
            samples[corpora == number] = drawn.astype(np.int64)
        return corpora, samples

    def _bounds(self, blocks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the corpora's shares of each block end, of shape (blocks, corpora + 1).

        By systematic sampling: one random offset a block rounds all shares, so that none is ever
        more than one sample off and their expected values are exact.
        """
        words = _random(blocks.astype(np.uint64), _key(self.seed, 2 << 32))
        offsets = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
        ends = np.ceil(self._shares[None, :] * BLOCK - offsets[:, None]).astype(np.int64)
        ends[:, -1] = BLOCK
        bounds: NDArray[np.int64] = np.concatenate(
            [np.zeros((len(blocks), 1), dtype=np.int64), np.clip(ends, 0, BLOCK)], axis=1
        )
        return bounds


def _check(corpora: Sequence[PackedCorpus], weights: Sequence[float] | None) -> None:
    if not corpora:
        raise CorpusError("a mixture needs at least one corpus")
    for corpus in corpora:
        if not len(corpus):
            raise CorpusError(f"{corpus.path} has no samples")
        if corpus.manifest.vocabulary != corpora[0].manifest.vocabulary:
            raise CorpusError(f"{corpora[0].path} and {corpus.path} are of different tokenizers")
    if weights is not None:
        if len(weights) != len(corpora):
            raise CorpusError(f"{len(weights)} weights for {len(corpora)} corpora")
        if not all(math.isfinite(weight) and weight > 0 for weight in weights):
            raise CorpusError("weights must be positive numbers")


def _shuffled(draws: NDArray[np.uint64], size: int, seed: int, stream: int) -> NDArray[np.uint64]:
    """Index of a sample for each draw: every ``size`` draws are a permutation of their own.

    The permutation is a Feistel network over the next even number of bits; what falls outside
    ``size`` is put through again ("cycle walking", Black and Rogaway 2002).
    """
    epochs, values = np.divmod(draws, np.uint64(size))
    keys = _random(epochs, _key(seed, stream))
    half = max((size - 1).bit_length() + 1, 2) // 2
    places = np.empty_like(values)
    todo = np.arange(len(values))
    while len(todo):
        values = _feistel(values, half, keys)
        fits = values < size
        places[todo[fits]] = values[fits]
        todo, values, keys = todo[~fits], values[~fits], keys[~fits]
    return places


def _feistel(values: NDArray[np.uint64], half: int, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mask, shift = np.uint64((1 << half) - 1), np.uint64(half)
    left, right = values >> shift, values & mask
    for number in range(_ROUNDS):
        left, right = right, left ^ (_random(right ^ _random(keys, number), 0) & mask)
    return (left << shift) | right


def _random(values: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
    """64 random bits for each value (the output function of SplitMix64)."""
    with np.errstate(over="ignore"):
        words = values * np.uint64(_GAMMA) + np.uint64(key)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return words ^ (words >> np.uint64(31))


def _key(key: int, number: int) -> int:
    """A key of its own for each number."""
    word = ((key & _WORD) + (number + 1) * _GAMMA) & _WORD
    return int(_random(np.array([word], dtype=np.uint64), 0)[0])
