"""Learning what each level of each comparison is worth, from labelled pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from graph.resolving.comparing import OF_KIND, Comparison, Levels
from graph.resolving.odds import probability


def learn(
    kind: str,
    levels: Levels,
    labels: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float64] | None = None,
    *,
    ridge: float = 0.3,
    steps: int = 20_000,
) -> dict[str, Any]:
    """Bias and weights of levels by logistic regression with a ridge, as data.

    ``levels`` are as of `compare`, shape (pairs, comparisons); ``labels`` say which pairs are
    one thing; ``weights`` what each pair counts. Ranked levels weigh at least as much as the
    next worse one, whatever a small sample says: their differences are what is learned, and
    kept from falling below zero (projected gradient descent, deterministic).
    """
    comparisons = OF_KIND[kind]
    blocks = [_code(comparison) for comparison in comparisons]
    counts = np.ones(len(levels)) if weights is None else weights
    design = np.concatenate(
        [np.ones((len(levels), 1))]
        + [code[levels[:, column]] for column, (code, _) in enumerate(blocks)],
        axis=1,
    )
    floor = np.concatenate([[-np.inf]] + [np.where(ranked, 0.0, -np.inf) for _, ranked in blocks])
    theta = np.zeros(design.shape[1])
    rate = 1.0 / (0.25 * np.linalg.norm(design * np.sqrt(counts)[:, None], 2) ** 2 + ridge)
    behind = theta
    for step in range(steps):  # with Nesterov's momentum
        chance = probability(design @ behind)
        gradient = design.T @ (counts * (chance - labels)) + ridge * np.r_[0.0, behind[1:]]
        moved = np.maximum(behind - rate * gradient, floor)
        behind = moved + step / (step + 3) * (moved - theta)
        done = np.abs(moved - theta).max() < 1e-9
        theta = moved
        if done:
            break
    found, start = {}, 1
    for comparison, (code, _) in zip(comparisons, blocks, strict=True):
        worth = code @ theta[start : start + code.shape[1]]
        start += code.shape[1]
        found[comparison.name] = {
            level: round(float(value), 3)
            for level, value in zip(comparison.levels, worth, strict=True)
        }
    return {"bias": round(float(theta[0]), 3), "weights": found}


def _code(comparison: Comparison) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """What each level is made of, shape (levels, parts), and which parts cannot be negative.

    A ranked level is the sum of the steps up to it from the worst; another is a part of its own.
    """
    steps = len(comparison.ranked[:-1])
    free = [n for n in range(len(comparison.levels)) if n not in comparison.ranked]
    code = np.zeros((len(comparison.levels), steps + len(free)))
    for place, level in enumerate(comparison.ranked):
        code[level, place:steps] = 1.0
    for place, level in enumerate(free):
        code[level, steps + place] = 1.0
    return code, np.arange(code.shape[1]) < steps
