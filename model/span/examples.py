"""Annotated records to training examples: windows of tokens with labelled spans and pairs.

What a data set leaves unlabelled must not count as absent. So every layer of every example says
how far it can be trusted: ``weights`` tell on which tokens the absence of a span label is
evidence, and pairs are listed one by one with the labels that were considered for them.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from model.span.labels import COREFERENCE_LABEL, NOMINAL_LABEL, PRONOUN_LABEL, Kind, Label
from model.span.tokenizer import SpanTokenizer, Tokens
from model.span.windows import windows

UNKNOWN_WEIGHT = 0.1  # of tokens about which the data set says nothing
SpanKey = tuple[int, int]  # first and last token
PairKey = tuple[SpanKey, SpanKey]
PairLabels = dict[PairKey, dict[Kind, set[Label]]]
Candidates = tuple[Kind, list[SpanKey], list[SpanKey]]


@dataclass(slots=True)
class Example:
    """One window. Token positions count from its first token.

    ``spans`` maps a span to its labels. ``stated`` maps an ordered pair of spans that the record
    speaks of to (kind, true labels); ``candidates`` are (kind, first spans, second spans) whose
    other pairs hold no label, but those in ``unsure``. ``weights`` [3 kinds, T]: trust in the
    absence of span labels. ``relations`` are the relation types annotated in this text, None for
    all.
    """

    group: str
    tokens: Tokens
    spans: dict[SpanKey, set[Label]]
    stated: PairLabels
    candidates: list[Candidates]
    unsure: frozenset[PairKey]
    weights: np.ndarray
    kinds: frozenset[Kind]
    relations: frozenset[str] | None = None

    def pairs(self) -> PairLabels:
        """All pairs to learn from, those without a label too.

        Made when asked for: they grow with the square of the spans, and a whole data set's of
        them are minutes to list and gigabytes to keep.
        """
        pairs = {pair: dict(kinds) for pair, kinds in self.stated.items()}
        for kind, heads, tails in self.candidates:
            for a in heads:
                for b in tails:
                    if a == b or (kind is Kind.COREFERENCE and a > b):
                        continue  # coreference is symmetric: the earlier span comes first
                    if not (kind is Kind.RELATION and (a, b) in self.unsure):
                        pairs.setdefault((a, b), {}).setdefault(kind, set())
        return pairs


@dataclass
class Group:
    """Examples that share one inventory of labels (a data set, or one domain of it)."""

    name: str
    labels: dict[Kind, list[Label]]
    texts: dict[Label, str]  # label with description, where there is one
    symmetric: frozenset[str] = frozenset()  # relation types without direction
    above: dict[str, list[str]] = field(default_factory=dict)  # entity type to those above it
    translations: dict[str, str] = field(default_factory=dict)  # names in the other language
    examples: list[Example] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return sum(len(e.tokens) for e in self.examples)


def examples_of(
    record: dict[str, Any], group: Group, tokenizer: SpanTokenizer, max_tokens: int
) -> list[Example]:
    """The windows of a record of at most ``max_tokens``, labelled as ``group`` knows its labels."""
    text: str = record["text"]
    (tokens,) = tokenizer.encode([text])
    if not len(tokens):
        return []
    facts = _Facts(record, tokens, group)
    return [facts.window(a, b, group.name) for a, b in windows(text, tokens, max_tokens) if b > a]


class _Facts:
    """The facts of one record, in token positions."""

    def __init__(self, record: dict[str, Any], tokens: Tokens, group: Group) -> None:
        self.tokens = tokens
        self.partial = set(record.get("partial", ()))
        self.symmetric = group.symmetric
        annotated = record.get("annotated_relations")
        self.relations = None if annotated is None else frozenset(annotated)
        self.unsure: set[PairKey] = set()
        self.spans: dict[SpanKey, set[Label]] = defaultdict(set)
        self.pairs: PairLabels = {}
        self.candidates: list[Candidates] = []
        self.clusters: list[list[SpanKey]] = []
        known = {label for labels in group.labels.values() for label in labels}
        kinds: set[Kind] = set()

        mentions: list[SpanKey | None] = []
        for entity in record.get("entities", ()):
            span = self._span(entity)
            mentions.append(span)
            if span and Label(Kind.ENTITY, entity["type"]) in known:
                self._add_type(span, entity["type"], group)
                kinds.add(Kind.ENTITY)
                reference = {"PRON": PRONOUN_LABEL, "NOM": NOMINAL_LABEL}.get(
                    entity.get("mention", "")
                )
                if reference and Label(Kind.ENTITY, reference) in known:
                    self.spans[span].add(Label(Kind.ENTITY, reference))
        if "entities" in record and group.labels.get(Kind.ENTITY):
            kinds.add(Kind.ENTITY)
        present = sorted({m for m in mentions if m})

        if "relations" in record:
            kinds.add(Kind.RELATION)
            self._relations(record, mentions, present)
        if record.get("clusters") is not None:
            kinds.add(Kind.COREFERENCE)
            for cluster in record["clusters"]:
                self.clusters.append(sorted({m for i in cluster if (m := mentions[i])}))
            self.candidates.append((Kind.COREFERENCE, present, present))
        if "events" in record:
            kinds |= {Kind.TRIGGER, Kind.ARGUMENT, Kind.ROLE}
            self._events(record, known)
        self.kinds = frozenset(kinds)

    def _span(self, item: dict[str, int]) -> SpanKey | None:
        first = bisect_right(self.tokens.ends, item["start"])
        last = bisect_left(self.tokens.starts, item["end"]) - 1
        return (first, last) if first <= last else None

    def _add_type(self, span: SpanKey, name: str, group: Group) -> None:
        """A judge is a person: the types above hold too. Decoding chooses the most specific."""
        for each in (name, *group.above.get(name, ())):
            self.spans[span].add(Label(Kind.ENTITY, each))

    def _add_pair(self, pair: PairKey, kind: Kind, labels: set[Label]) -> None:
        self.pairs.setdefault(pair, {}).setdefault(kind, set()).update(labels)

    def _relations(
        self, record: dict[str, Any], mentions: list[SpanKey | None], present: list[SpanKey]
    ) -> None:
        clusters = {i: c for c in record.get("clusters") or () for i in c}
        by_cluster = record.get("relation_level") == "cluster"
        for relation in record["relations"]:
            label = Label(Kind.RELATION, relation["type"])
            heads: Sequence[int] = [relation["head"]]
            tails: Sequence[int] = [relation["tail"]]
            if by_cluster:
                heads = clusters.get(relation["head"], heads)
                tails = clusters.get(relation["tail"], tails)
            found = [
                (h, t) for i in heads for j in tails if (h := mentions[i]) and (t := mentions[j])
            ]
            if found:
                # A fact of clusters is stated by some pair of their mentions: most likely by
                # the nearest. The others are neither true nor false.
                nearest = min(found, key=lambda p: abs(p[0][0] - p[1][0]))
                self._add_pair(nearest, Kind.RELATION, {label})
                if relation["type"] in self.symmetric:
                    self._add_pair((nearest[1], nearest[0]), Kind.RELATION, {label})
                self.unsure |= set(found) - {nearest}
        if "relations" in self.partial:
            for a, b in record.get("no_relation", ()):
                if (head := mentions[a]) and (tail := mentions[b]):
                    self._add_pair((head, tail), Kind.RELATION, set())
            if "annotated_relations" in record:
                self.candidates.append((Kind.RELATION, present, present))
        else:
            self.candidates.append((Kind.RELATION, present, present))

    def _events(self, record: dict[str, Any], known: set[Label]) -> None:
        arguments: set[SpanKey] = set()
        triggers: set[SpanKey] = set()
        for event in record["events"]:
            trigger = self._span(event["trigger"]) if event.get("trigger") else None
            if trigger and Label(Kind.TRIGGER, event["type"]) in known:
                self.spans[trigger].add(Label(Kind.TRIGGER, event["type"]))
                triggers.add(trigger)
            for argument in event.get("arguments", ()):
                span = self._span(argument)
                if span and Label(Kind.ARGUMENT, argument["role"]) in known:
                    self.spans[span].add(Label(Kind.ARGUMENT, argument["role"]))
                    arguments.add(span)
                    if trigger:
                        self._add_pair(
                            (trigger, span), Kind.ROLE, {Label(Kind.ROLE, argument["role"])}
                        )
        self.candidates.append((Kind.ROLE, sorted(triggers), sorted(arguments)))

    def window(self, start: int, end: int, group: str) -> Example:
        def inside(span: SpanKey) -> bool:
            return start <= span[0] and span[1] < end

        def moved(span: SpanKey) -> SpanKey:
            return span[0] - start, span[1] - start

        spans = {moved(s): labels for s, labels in self.spans.items() if inside(s)}
        stated = {
            (moved(a), moved(b)): dict(kinds)
            for (a, b), kinds in self.pairs.items()
            if inside(a) and inside(b)
        }
        # Of each window alone: those of a whole novel are hundreds of thousands.
        same = Label(Kind.COREFERENCE, COREFERENCE_LABEL)
        for cluster in self.clusters:
            for pair in combinations([moved(s) for s in cluster if inside(s)], 2):
                stated.setdefault(pair, {})[Kind.COREFERENCE] = {same}
        candidates = [
            (kind, [moved(s) for s in heads if inside(s)], [moved(s) for s in tails if inside(s)])
            for kind, heads, tails in self.candidates
        ]
        unsure = frozenset((moved(a), moved(b)) for a, b in self.unsure if inside(a) and inside(b))
        weights = np.ones((3, end - start), dtype=np.float32)
        for kind in (Kind.ENTITY, Kind.TRIGGER, Kind.ARGUMENT):
            layer = "entities" if kind is Kind.ENTITY else "events"
            if layer in self.partial:
                weights[kind] = UNKNOWN_WEIGHT
                for (first, last), labels in spans.items():
                    if any(label.kind is kind for label in labels):
                        weights[kind, max(0, first - 1) : last + 2] = 1.0
        return Example(
            group,
            self.tokens.window(start, end),
            spans,
            stated,
            candidates,
            unsure,
            weights,
            self.kinds,
            self.relations,
        )


def sample_labels(
    group: Group, examples: Sequence[Example], size: int, rng: random.Random, drop: float
) -> list[Label]:
    """Labels of a batch: the true ones (some dropped, all their kind) and random others.

    ``size`` bounds the number of labels of each kind. Argument and role labels are drawn
    together.
    """
    true: set[Label] = set()
    for example in examples:
        for labels in example.spans.values():
            true |= labels
        for kinds in example.stated.values():
            for pair_labels in kinds.values():
                true |= pair_labels
    present = frozenset[Kind]().union(*(e.kinds for e in examples))
    chosen: list[Label] = []
    for kind in sorted(present - {Kind.ROLE}):
        inventory = group.labels.get(kind, [])
        names = {label.name for label in true if label.kind == kind}
        if kind is Kind.ARGUMENT:
            names |= {label.name for label in true if label.kind is Kind.ROLE}
        positive = [label for label in inventory if label.name in names]
        if len(inventory) > 2:
            positive = [label for label in positive if rng.random() >= drop]
        rng.shuffle(positive)
        positive = positive[:size]
        rest = [label for label in inventory if label.name not in names]
        chosen += positive + rng.sample(rest, min(len(rest), max(0, size - len(positive))))
        if kind is Kind.ARGUMENT:
            chosen += [Label(Kind.ROLE, x.name) for x in chosen if x.kind is Kind.ARGUMENT]
    return chosen
