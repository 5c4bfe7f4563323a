"""Labels that a text does not have, for models to learn to answer nothing.

Hard negatives are the labels that are easily taken for one that is there: those with a similar
name, and those that occur in the same surroundings, counted in the training data itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

from rapidfuzz import fuzz

from model.instructions.labels import Label, LabelSet, cut, normal

#: Likeness from which a label is a hard negative of another, and how many are kept.
HARD_FROM = 0.35
HARD_MOST = 5


@dataclass(frozen=True)
class HardNegatives:
    """Label name to the names of those easily taken for it, the most alike first."""

    of: Mapping[str, tuple[str, ...]]

    @classmethod
    def count(
        cls, labels: LabelSet, surroundings: Iterable[Mapping[str, Iterable[str]]]
    ) -> HardNegatives:
        """From texts, each given as the labels it has with features of where they occur.

        Features are, for example, the words of the entities, or the types that a relation joins;
        the other labels of the text are added. The likeness of two labels is the larger of that of
        their names and the cosine of their features.
        """
        features: dict[str, Counter[str]] = defaultdict(Counter)
        for text in surroundings:
            for name, found in text.items():
                features[name].update(found)
                features[name].update(f"with {other}" for other in text if other != name)
        norms = {n: sqrt(sum(v * v for v in c.values())) for n, c in features.items()}

        def alike(one: Label, other: Label) -> float:
            likeness = fuzz.token_sort_ratio(normal(one.shown), normal(other.shown)) / 100
            first, second = features.get(one.name), features.get(other.name)
            if first and second:
                if len(second) < len(first):
                    first, second = second, first
                dot = sum(v * second[k] for k, v in first.items())
                likeness = max(likeness, dot / (norms[one.name] * norms[other.name]))
            return likeness

        hard = {}
        for one in labels:
            scored = sorted(
                (-likeness, other.name)
                for other in labels
                if other is not one and (likeness := alike(one, other)) >= HARD_FROM
            )
            hard[one.name] = tuple(name for _, name in scored[:HARD_MOST])
        return cls(hard)


def training_batches(
    labels: LabelSet,
    present: Sequence[str],
    random: Random,
    *,
    size: int,
    share: float,
    hard: HardNegatives | None = None,
) -> list[LabelSet]:
    """The groups of labels to ask a training text for.

    ``present`` are the names of labels that the text has. Of the others a ``share`` (0 to 1) is
    asked for as well; with ``hard``, those easily taken for one that is there come first and in
    its group, and the random ones beside them are no more than ``size``. ``size`` 0 makes one group
    of all.
    """
    there = set(present)
    absent = [label.name for label in labels if label.name not in there]
    random.shuffle(absent)
    count = round(len(absent) * share)
    if not there and share > 0:
        count = max(count, 1)
    order = [name for name in labels.by_name if name in there]
    random.shuffle(order)
    if hard is None:
        chosen = order + absent[: min(count, len(absent))]
        random.shuffle(chosen)
    else:
        chosen, near, free = [], set[str](), set(absent)  # hard ones may be out of scope
        for name in order:
            chosen.append(name)
            for other in hard.of.get(name, ()):
                if other in free and other not in near and len(near) < count:
                    near.add(other)
                    chosen.append(other)
        rest = [name for name in absent if name not in near]
        chosen += rest[: min(count - len(near), size or len(rest))]
    groups = cut([labels.by_name[name] for name in chosen], size)
    for group in groups:
        random.shuffle(group)
    return [labels.subset(label.name for label in group) for group in groups]
