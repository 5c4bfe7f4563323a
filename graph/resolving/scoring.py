"""How likely two names are names of one thing, and why.

The score of a pair is the sum of the weights of its levels, a log-odds; weights are data
(``configs/resolution/weights.yaml``), learned by logistic regression on labelled pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from graph.names import Family
from graph.resolving.blocking import Pairs
from graph.resolving.comparing import OF_KIND, Levels, Names, compare, kind_of
from graph.resolving.odds import probability
from graph.resolving.profiles import Profile

_PAIRS = 1_000_000
"""Scored at a time, so that memory does not grow with the pairs."""
_FILE = Path(__file__).parents[2] / "configs" / "resolution" / "weights.yaml"


@dataclass(frozen=True, slots=True)
class Model:
    """The weights of the levels of each comparison, for pairs of one kind."""

    kind: str
    bias: float
    weights: tuple[npt.NDArray[np.float64], ...]  # one array a comparison, by level

    def scores(self, levels: Levels) -> npt.NDArray[np.float64]:
        """Log-odds, shape (pairs,)."""
        total = np.full(len(levels), self.bias)
        for column, weights in enumerate(self.weights):
            total += weights[levels[:, column]]
        return total


@dataclass(frozen=True, slots=True)
class Reason:
    """What one comparison found and what it adds to the log-odds."""

    comparison: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """``probability`` that two names name one thing, with the reasons, weightiest first."""

    probability: float
    reasons: tuple[Reason, ...]


class Scorer:
    """Judges pairs of names. ``accept`` is the probability from which on they are linked."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.accept = float(data["accept"])
        self.review = float(data["review"])
        self._models: dict[str, Model] = {}
        for kind, model in data["models"].items():
            weights = tuple(
                np.array([model["weights"][c.name].get(level, 0.0) for level in c.levels])
                for c in OF_KIND[kind]
            )
            self._models[kind] = Model(kind, float(model["bias"]), weights)

    def probabilities(
        self, profiles: Sequence[Profile] | Names, pairs: Pairs
    ) -> npt.NDArray[np.float64]:
        """How likely each pair (rows of ``profiles``, of one family) is one thing."""
        found = np.zeros(len(pairs))
        names = profiles if isinstance(profiles, Names) else Names(profiles)
        families = {p.family for p in names.profiles}
        for start in range(0, len(pairs), _PAIRS):
            part = slice(start, start + _PAIRS)
            found[part] = self._probabilities(names, pairs[part], families)
        return np.round(found, 4)

    def _probabilities(
        self, names: Names, pairs: Pairs, families: set[Family]
    ) -> npt.NDArray[np.float64]:
        found = np.zeros(len(pairs))
        across = names.han[pairs[:, 0]] != names.han[pairs[:, 1]]
        kinds: list[tuple[str, npt.NDArray[np.bool_]]] = [("across", across)]
        if len(families) == 1:
            kinds.append((next(iter(families)), ~across))
        else:
            family = names.column("family")
            kinds += [(f, ~across & (family[pairs[:, 0]] == f)) for f in sorted(families)]
        for kind, here in kinds:
            rows = np.flatnonzero(here)
            if len(rows):
                levels = compare(names, pairs[rows], kind)
                found[rows] = probability(self._models[kind].scores(levels))
        return found

    def judge(self, one: Profile, two: Profile) -> Judgement:
        """How likely two names of one family are names of one thing, and why."""
        kind = kind_of(one, two)
        model = self._models[kind]
        levels = compare(Names([one, two]), np.array([[0, 1]]), kind)
        reasons = [
            Reason(c.name, c.levels[level], round(float(weights[level]), 2))
            for c, weights, level in zip(OF_KIND[kind], model.weights, levels[0], strict=True)
        ]
        reasons.sort(key=lambda reason: -abs(reason.weight))
        chance = float(np.round(probability(model.scores(levels)), 4)[0])
        return Judgement(chance, tuple(reasons))


@lru_cache(maxsize=1)
def default_scorer() -> Scorer:
    """The scorer with the weights that come with the package."""
    return Scorer(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
