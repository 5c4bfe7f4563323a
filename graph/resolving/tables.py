"""Resolving plain tables, without a store: lists of names, and records with several columns.

Names are judged by the weights that also decide in a graph. Records have columns of which
nothing is known beforehand; what agreement in each is worth is found from the table itself, with
no labels, by expectation maximisation over candidate pairs (Fellegi and Sunter 1969; Winkler
1988). Nothing here compares all pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from graph.collecting import collector_paused
from graph.names import Family, fold, normalise
from graph.resolving.blocking import MAX_BLOCK, Pairs, candidate_pairs, pairs_of_blocks
from graph.resolving.comparing import Names, conflicts
from graph.resolving.odds import probability
from graph.resolving.profiles import taken_apart
from graph.resolving.scoring import Scorer, default_scorer

_BOUNDS = np.array([0.92, 0.8, 0.6])
LEVELS = ("missing", "equal", "over 0.92", "over 0.8", "over 0.6", "different")
"""What is told of two values of a column; likeness is that of Jaro and Winkler."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """``clusters`` numbers the thing that each row is (the number of its first row).

    ``pairs`` are the rows that were compared, ``probabilities`` how likely each is one thing,
    ``weights`` what each level of each column adds to the log-odds (base e).
    """

    clusters: npt.NDArray[np.int64]
    pairs: Pairs
    probabilities: npt.NDArray[np.float64]
    weights: Mapping[str, Mapping[str, float]]


def resolve_names(
    names: Sequence[str],
    family: Family = "other",
    *,
    accept: float | None = None,
    scorer: Scorer | None = None,
) -> Resolved:
    """Which of ``names``, all of things of one family, name one thing."""
    scorer = scorer or default_scorer()
    number: dict[str, int] = {}  # of each distinct form
    with collector_paused():
        rows = np.fromiter(
            (number.setdefault(normalise(name, family), len(number)) for name in names),
            np.int64,
            len(names),
        )
        profiles = [taken_apart(form, family) for form in number]
        pairs = candidate_pairs(profiles, wide=False)
        columns = Names(profiles)
        chances = scorer.probabilities(columns, pairs)
        chances[conflicts(columns, pairs)] = 0.0
    bound = scorer.accept if accept is None else accept
    groups = components(len(number), pairs[chances >= bound])
    return Resolved(_first_rows(groups[rows]), pairs, chances, {})


def resolve_records(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    *,
    accept: float = 0.9,
    max_block: int = MAX_BLOCK,
) -> Resolved:
    """Which of ``records`` are of one thing, by the likeness of their ``columns`` (all, if None).

    Records are compared if they have an uncommon value, two values, or the two rarest words of
    a long value in common.

    Raises:
        ValueError: there are no columns.
    """
    columns = list(columns or dict.fromkeys(name for row in records for name in row))
    if not columns:
        raise ValueError("records need columns")
    values = {
        name: [fold(str(row.get(name) or "")) if row.get(name) else "" for row in records]
        for name in columns
    }
    pairs = pairs_of_blocks(_blocks(values, len(records)), max_block)
    levels = np.stack([_levels(values[name], pairs) for name in columns], 1)
    chances, worth = _maximise(levels)
    weights = {
        name: {level: round(float(w), 3) for level, w in zip(LEVELS, worth[column], strict=True)}
        for column, name in enumerate(columns)
    }
    groups = components(len(records), pairs[chances >= accept])
    return Resolved(_first_rows(groups), pairs, chances, weights)


def components(size: int, pairs: Pairs) -> npt.NDArray[np.int64]:
    """The connected component of each of ``size`` rows, named by its smallest row."""
    parent = np.arange(size)
    while True:  # hooking and pointer jumping: a few rounds whatever the size
        one, two = parent[pairs[:, 0]], parent[pairs[:, 1]]
        apart = one != two
        if not apart.any():
            return parent
        low, high = np.minimum(one, two)[apart], np.maximum(one, two)[apart]
        np.minimum.at(parent, high, low)
        while True:
            up = parent[parent]
            if (up == parent).all():
                break
            parent = up


def _first_rows(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def _blocks(values: Mapping[str, list[str]], size: int) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(size)]
    names = list(values)
    for name in names:
        words: dict[str, int] = {}
        for value in values[name]:
            for word in set(value.split()):
                words[word] = words.get(word, 0) + 1
        for row, value in enumerate(values[name]):
            if not value:
                continue
            found[row].append(f"{name}={value}")
            parts = sorted(set(value.split()), key=lambda word: (words[word], word))[:4]
            if len(parts) > 2:
                found[row] += [f"{name}:{a} {b}" for a, b in combinations(parts, 2)]
    for one, two in combinations(names, 2):
        for row, (a, b) in enumerate(zip(values[one], values[two], strict=True)):
            if a and b:
                found[row].append(f"{one}={a}&{two}={b}")
    return found


def _levels(values: Sequence[str], pairs: Pairs) -> npt.NDArray[np.int8]:
    column = np.empty(len(values), object)
    column[:] = values
    left, right = column[pairs[:, 0]], column[pairs[:, 1]]
    level = np.where((left == "") | (right == ""), 0, 1).astype(np.int8)
    differ = np.flatnonzero((level == 1) & (left != right))
    if len(differ):
        score = cpdist(
            left[differ].tolist(),
            right[differ].tolist(),
            scorer=JaroWinkler.normalized_similarity,
            dtype=np.float32,
            workers=-1 if len(differ) > 100_000 else 1,
        )
        level[differ] = 2 + np.sum(score[:, None] < _BOUNDS[None, :], 1)
    return level


def _maximise(
    levels: npt.NDArray[np.int8], steps: int = 60
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Probability of each pair, and the weight of each level of each column."""
    columns = levels.shape[1]
    patterns, inverse, counts = np.unique(levels, axis=0, return_inverse=True, return_counts=True)
    match = np.tile([1.0, 0.7, 0.12, 0.08, 0.05, 0.05], (columns, 1))
    differ = np.tile([1.0, 0.1, 0.03, 0.07, 0.3, 0.5], (columns, 1))
    prior = 0.1
    chance = np.zeros(len(patterns))
    index = np.arange(columns)
    for _ in range(steps if len(patterns) else 0):  # no pairs, nothing to learn
        odds = np.log(prior / (1 - prior)) + np.sum(
            np.log(match[index, patterns]) - np.log(differ[index, patterns]), 1
        )
        chance = probability(odds)
        prior = float(np.clip(np.sum(counts * chance) / counts.sum(), 1e-4, 0.95))
        for column in range(columns):
            for table, share in ((match, chance), (differ, 1 - chance)):
                weights = np.asarray(counts * share, np.float64)
                seen = np.bincount(patterns[:, column], weights=weights, minlength=6)[1:] + 0.5
                table[column, 1:] = seen / seen.sum()
    return chance[inverse.ravel()], np.log(match) - np.log(differ)
