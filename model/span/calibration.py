"""Scores to probabilities: of the facts given a confidence of 0.8, about 80 in 100 shall be right.

A layer's scores are calibrated by a logistic curve over their logits (Platt 1999, *Probabilistic
Outputs for Support Vector Machines*), fitted on dev records after the thresholds are chosen. It is
monotone, so it changes no decision, only what the numbers mean. How far off they are is measured by
the expected calibration error (Guo et al. 2017, *On Calibration of Modern Neural Networks*).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.annotations import Annotation
from model.records import Record
from model.span.decode import sigmoid

LAYERS = ("entities", "relations", "triggers", "arguments")
BINS = 10
SMALLEST = 1e-4  # scores nearer to 0 or 1 count as this near

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """``p = sigmoid(slope * logit(score) + intercept)``; the default changes nothing."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, score: float) -> float:
        if self == Curve():
            return score
        inside = min(max(score, SMALLEST), 1 - SMALLEST)
        logit = self.slope * math.log(inside / (1 - inside)) + self.intercept
        return 0.5 * (1 + math.tanh(0.5 * logit))

    def apply(self, scores: Floats) -> Floats:
        """As for one score, of scores [N] in 0 to 1."""
        return sigmoid(self.slope * _logit(scores) + self.intercept)

    @classmethod
    def fitted(cls, scores: Floats, right: Floats, steps: int = 50) -> Curve:
        """The most likely curve, by Newton's method with a weak pull towards the identity.

        ``scores`` [N] in 0 to 1, ``right`` [N] of 0 and 1. Too few of either kind: the identity.
        """
        if min(right.sum(), len(right) - right.sum()) < 5:
            return cls()
        x = np.stack([_logit(scores), np.ones(len(scores))], 1)
        prior, strength = np.array([1.0, 0.0]), 1.0

        def loss(weights: Floats) -> float:
            z = x @ weights
            likelihood = (np.logaddexp(0, z) - right * z).sum()
            return float(likelihood + 0.5 * strength * ((weights - prior) ** 2).sum())

        weights = prior.copy()
        for _ in range(steps):
            p = sigmoid(x @ weights)
            gradient = x.T @ (p - right) + strength * (weights - prior)
            curvature = (x * (p * (1 - p))[:, None]).T @ x + strength * np.eye(2)
            change = np.linalg.solve(curvature, gradient)
            # Where scores are extreme, the curvature tells little of what lies further off.
            while np.abs(change).max() > 1e-8 and loss(weights - change) > loss(weights):
                change = change / 2
            weights = weights - change
            if np.abs(change).max() < 1e-8:
                break
        slope, intercept = (float(round(w, 4)) for w in weights)
        return cls(max(slope, 0.05), intercept)  # never turns the order round


def expected_calibration_error(scores: Floats, right: Floats, bins: int = BINS) -> float:
    """Mean distance of confidence and precision over equal-width bins, weighted by their size."""
    if not len(scores):
        return 0.0
    place = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        inside = place == b
        if inside.any():
            total += inside.sum() * abs(float(scores[inside].mean() - right[inside].mean()))
    return total / len(scores)


def judged(gold: Record, found: Annotation) -> Iterator[tuple[str, float, bool]]:
    """(layer, confidence, whether gold has it) of all that is found in layers annotated in full."""

    def whole(layer: str) -> bool:
        return layer in gold.layers and layer not in gold.partial

    true = gold.annotation
    if whole("entities"):
        spans = {(m.start, m.end, m.type) for m in true.mentions}
        for m in found.mentions:
            yield "entities", m.confidence, (m.start, m.end, m.type) in spans
    if whole("relations") and "annotated_relations" not in gold.extra:
        entity = _entity_of(true, gold.relation_level == "cluster")
        facts = {(entity[r.head], entity[r.tail], r.type) for r in true.relations}
        number = {(m.start, m.end): i for i, m in enumerate(true.mentions)}
        for r in found.relations:
            head, tail = (
                number.get((found.mentions[i].start, found.mentions[i].end))
                for i in (r.head, r.tail)
            )
            known = head is not None and tail is not None
            yield (
                "relations",
                r.confidence,
                known and (entity[head or 0], entity[tail or 0], r.type) in facts,
            )
    if whole("events"):
        triggers = {(e.trigger.start, e.trigger.end, e.type) for e in true.events if e.trigger}
        arguments = {(e.type, a.role, a.start, a.end) for e in true.events for a in e.arguments}
        for event in found.events:
            if event.trigger and triggers:
                key = (event.trigger.start, event.trigger.end, event.type)
                yield "triggers", event.trigger.confidence, key in triggers
            for a in event.arguments:
                right = (event.type, a.role, a.start, a.end) in arguments
                yield "arguments", a.confidence, right


def _entity_of(annotation: Annotation, by_cluster: bool) -> list[int]:
    entity = list(range(len(annotation.mentions)))
    if by_cluster:
        for cluster in annotation.clusters:
            for member in cluster:
                entity[member] = min(cluster)
    return entity


def fitted_curves(
    judgements: Sequence[tuple[str, float, bool]],
) -> dict[str, tuple[Curve, float, float]]:
    """For each layer its curve, and the calibration error without and with it."""
    result = {}
    for layer in LAYERS:
        scores = np.array([score for name, score, _ in judgements if name == layer])
        right = np.array([float(r) for name, _, r in judgements if name == layer])
        if len(scores):
            curve = Curve.fitted(scores, right)
            before = expected_calibration_error(scores, right)
            result[layer] = curve, before, expected_calibration_error(curve.apply(scores), right)
    return result


def _logit(scores: Floats) -> Floats:
    inside = np.clip(scores, SMALLEST, 1 - SMALLEST)
    return np.log(inside / (1 - inside))
