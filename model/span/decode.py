"""From scores to spans, relations, arguments and clusters, for one window of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FloatT = TypeVar("FloatT", np.float32, np.float64)

EDGE_MINIMUM = 0.1  # start and end scores below this make no candidate


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """Tokens ``first`` to ``last`` carry the label with this number."""

    first: int
    last: int
    label: int
    score: float

    def crosses(self, other: ScoredSpan) -> bool:
        """They overlap and neither holds the other."""
        return (
            self.first < other.first <= self.last < other.last
            or other.first < self.first <= other.last < self.last
        )

    def overlaps(self, other: ScoredSpan) -> bool:
        return self.first <= other.last and other.first <= self.last


def sigmoid(logits: npt.NDArray[FloatT]) -> npt.NDArray[FloatT]:
    """The probability of each logit, in their precision; without overflow, however large one is."""
    result: npt.NDArray[FloatT] = 0.5 * (1 + np.tanh(0.5 * logits))
    return result


def candidates(
    probabilities: Floats,
    words: Ints,
    threshold: float,
    max_tokens: int,
    segments: Ints | None = None,
) -> list[ScoredSpan]:
    """Spans whose score reaches ``threshold``, best first.

    ``probabilities`` [T, L, 3]: start, end, inside. The score of a span is the geometric mean of
    its start, its end and its least inside (the mean would let "A, B" pass wherever A and B do).
    Spans begin and end at word boundaries, which ``words`` [T] numbers, and stay inside one of the
    ``segments`` [T] where these are given.
    """
    floor = max(EDGE_MINIMUM, threshold**3)
    edge = np.flatnonzero(np.diff(words)) + 1
    begins = np.zeros(len(words), dtype=bool)
    begins[0] = True
    begins[edge] = True
    finishes = np.zeros(len(words), dtype=bool)
    finishes[-1] = True
    finishes[edge - 1] = True
    start_token, start_label = np.nonzero((probabilities[:, :, 0] >= floor) & begins[:, None])
    end_token, end_label = np.nonzero((probabilities[:, :, 1] >= floor) & finishes[:, None])
    length = end_token[None, :] - start_token[:, None]
    joined = (start_label[:, None] == end_label[None, :]) & (length >= 0) & (length < max_tokens)
    if segments is not None:
        joined &= segments[start_token][:, None] == segments[end_token][None, :]
    i, j = np.nonzero(joined)
    if not len(i):
        return []
    first, last, label = start_token[i], end_token[j], start_label[i]
    inside = _least(probabilities[:, :, 2], first, last, label)
    score = np.cbrt(probabilities[first, label, 0] * probabilities[last, label, 1] * inside)
    kept = np.flatnonzero(score >= threshold)
    order = kept[np.lexsort((label[kept], last[kept], first[kept], -score[kept]))]
    return [ScoredSpan(int(first[k]), int(last[k]), int(label[k]), float(score[k])) for k in order]


def discount(probabilities: Floats, inside: tuple[Bools, Bools], share: float) -> None:
    """Bring starts and ends in ``probabilities`` [T, L, 3] that cut a word to a ``share`` of them.

    ``inside`` says at which tokens [T] they would (`model.span.tokenizer.Tokens.inside_words`).
    """
    begins, ends = inside
    probabilities[begins, :, 0] *= share
    probabilities[ends, :, 1] *= share


def _least(values: Floats, first: Ints, last: Ints, label: Ints) -> Floats:
    """The least of ``values`` [T, L] in each of the ranges ``first`` to ``last`` of a label.

    A range is covered by two of the next smaller power of two, whose minima are shared.
    """
    least = np.empty(len(first), dtype=np.float32)
    power = np.log2(last - first + 1).astype(np.int64)
    for k in range(int(power.max()) + 1):
        if k:
            half = 1 << (k - 1)
            values = np.minimum(values[:-half], values[half:])
        at = np.flatnonzero(power == k)
        tail = last[at] - (1 << k) + 1
        least[at] = np.minimum(values[first[at], label[at]], values[tail, label[at]])
    return least


def select(
    spans: Iterable[ScoredSpan],
    *,
    nested_threshold: float,
    parents: Sequence[frozenset[int]],
    several_labels: bool = False,
    specific_share: float = 0.5,
) -> list[ScoredSpan]:
    """Keeps the best spans that go together; ``spans`` come best first.

    Crossing spans exclude each other. Of several labels on one span the best stays, or a more
    specific one (``parents[label]`` are its ancestors) that scores at least ``specific_share`` as
    much; with ``several_labels`` all stay. A span inside another of the same label must reach
    ``nested_threshold``.
    """
    kept: list[ScoredSpan] = []
    where: dict[tuple[int, int], int] = {}
    for span in spans:
        same = where.get((span.first, span.last))
        if same is not None and not several_labels:
            best = kept[same]
            if best.label in parents[span.label] and span.score >= specific_share * best.score:
                kept[same] = span
            continue
        first, last = span.first, span.last  # the innermost loop: a call each would cost the most
        near = [other for other in kept if first <= other.last and other.first <= last]
        if any(span.crosses(other) for other in near):
            continue
        if span.score < nested_threshold and any(
            other.label == span.label and (other.first, other.last) != (span.first, span.last)
            for other in near
        ):
            continue
        where.setdefault((span.first, span.last), len(kept))
        kept.append(span)
    return sorted(kept, key=lambda s: (s.first, s.last, s.label))


def best_first(spans: Iterable[ScoredSpan]) -> list[ScoredSpan]:
    """In the order in which ``select`` takes them: by score, ties by place and label."""
    return sorted(spans, key=lambda s: (-s.score, s.first, s.last, s.label))


def supported(
    options: Iterable[ScoredSpan],
    mentions: Sequence[ScoredSpan],
    scores: Floats,
    admitted: Bools,
    support: float,
) -> list[ScoredSpan]:
    """What the mentions' spans could be, scored by their relations too; best first.

    What a title names (a film, a book) is often told by a relation alone (directed by). So the
    score of each of the ``options`` for the span of a mention grows by the share ``support`` of the
    likeliest relation that it could have with another mention as that is labelled. ``scores``
    [head, tail, relation] are those of ``mentions``; ``admitted`` [label, label, relation] says
    what a relation may join. Options for other spans are left out.
    """
    labels = np.array([mention.label for mention in mentions])
    number = {(mention.first, mention.last): i for i, mention in enumerate(mentions)}
    result = []
    for option in options:
        i = number.get((option.first, option.last))
        if i is not None:
            likely = max(
                float((scores[i] * admitted[option.label, labels]).max()),
                float((scores[:, i] * admitted[labels, option.label]).max()),
            )
            score = min(1.0, option.score * (1 + support * likely))
            result.append(ScoredSpan(option.first, option.last, option.label, score))
    return best_first(result)


def outstanding(scores: Floats, shares: tuple[float, float, float]) -> Floats:
    """``scores`` [head, tail, relation] without those that a rival outdoes.

    A score stays if it is at least the given share of the best along each axis: of other heads for
    its tail and relation, other tails for its head and relation, other relations for its pair; and
    at least the last share of the same relation the other way round. Who is meant is relative:
    beside the one who founded a company, the others named did not.
    """
    kept = scores >= shares[2] * scores.transpose(1, 0, 2)
    for axis, share in enumerate(shares):
        kept &= scores >= share * scores.max(axis, keepdims=True)
    return np.where(kept, scores, np.float32(0.0))


def link(scores: dict[tuple[int, int], float], threshold: float) -> list[tuple[int, ...]]:
    """Clusters of mention numbers: each mention joins its best earlier one that is likely enough.

    ``scores`` maps (earlier, later) to the probability that both are the same entity.
    """
    best: dict[int, tuple[float, int]] = {}
    for (earlier, later), score in scores.items():
        if score >= threshold:
            best[later] = max(best.get(later, (0.0, -1)), (score, -earlier))
    root: dict[int, int] = {}
    for later, (_, negative) in sorted(best.items()):
        earlier = -negative
        root[later] = root.setdefault(earlier, earlier)
    clusters: dict[int, list[int]] = {}
    for mention, first in sorted(root.items()):
        clusters.setdefault(first, []).append(mention)
    return [tuple(members) for members in clusters.values() if len(members) > 1]
