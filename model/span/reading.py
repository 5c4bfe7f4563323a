"""What one window of tokens holds: mentions, triggers, relations, roles, and who is the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from model.arrays import distinct
from model.span.decode import (
    Bools,
    Floats,
    Ints,
    ScoredSpan,
    candidates,
    discount,
    outstanding,
    select,
    sigmoid,
    supported,
)
from model.span.label_set import LabelSet
from model.span.labels import Kind
from model.span.runtime import SpanRuntime
from model.span.settings import Decoding
from model.span.tokenizer import Tokens

Ends = tuple[int, int]  # first and last token

ALTERNATIVE = 0.1  # other types of a mention count from this score


@dataclass(frozen=True, slots=True)
class Found:
    """What a window holds; tokens count from the window's first, which is ``start`` of the text.

    ``relations`` are (head, tail, relation, score) by the numbers of ``mentions``, and ``roles``
    (number of the trigger, argument with its role as label). ``same`` are (ends of the earlier,
    ends of the later, score), of mentions and of pronouns that are none here: another window may
    know whom they mean.
    """

    start: int
    mentions: list[ScoredSpan]
    triggers: list[ScoredSpan]
    relations: list[tuple[int, int, int, float]]
    roles: list[tuple[int, ScoredSpan]]
    same: list[tuple[Ends, Ends, float]]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Vectors of pairs of spans, found by the numbers of their ends among each layer's spans."""

    vectors: Floats  # [P, pair size]
    of_mentions: Ints  # [M, M], -1 on the diagonal
    of_roles: Ints  # [triggers, arguments]


def select_mentions(
    spans: Iterable[ScoredSpan], labels: LabelSet, decoding: Decoding
) -> list[ScoredSpan]:
    """Of mentions, best first, those that go together: one type a span, the most specific."""
    return select(
        spans,
        nested_threshold=decoding.nested,
        parents=labels.parents,
        specific_share=labels.specific_share(decoding),
    )


def select_triggers(spans: Iterable[ScoredSpan], labels: LabelSet) -> list[ScoredSpan]:
    """Of triggers, best first, those that go together: a word may tell of several events."""
    return select(
        spans,
        nested_threshold=1.0,
        parents=[frozenset()] * len(labels.names[Kind.TRIGGER]),
        several_labels=True,
    )


class Window:
    """One window, read with the labels of a schema.

    ``hidden`` [T, d] are the encoder's vectors of ``tokens``, ``segments`` [T] the number of each
    one's line, which no span leaves.
    """

    def __init__(
        self,
        runtime: SpanRuntime,
        decoding: Decoding,
        labels: LabelSet,
        tokens: Tokens,
        segments: Ints,
        hidden: Floats,
    ) -> None:
        self.runtime, self.decoding, self.labels = runtime, decoding, labels
        self.tokens, self.segments, self.hidden = tokens, segments, hidden
        self.inside = tokens.inside_words()

    def found(self, start: int) -> Found:
        decoding = self.decoding
        options = self._candidates(Kind.ENTITY, min(ALTERNATIVE, decoding.entity))
        mentions = self._selected(options)
        triggers = select_triggers(self._candidates(Kind.TRIGGER, decoding.trigger), self.labels)
        arguments = self._candidates(Kind.ARGUMENT, decoding.argument) if triggers else []
        pairs = self._pairs(mentions, triggers, arguments)
        scores = self._among(pairs, Kind.RELATION)
        if scores.size:
            chosen = self._selected(
                supported(options, mentions, scores, self.labels.admitted, decoding.support)
            )
            # Relations choose the type; how sure it is that something is named stays.
            number = {(m.first, m.last): i for i, m in enumerate(mentions)}
            kept = [number[m.first, m.last] for m in chosen]
            mentions = [
                ScoredSpan(m.first, m.last, m.label, mentions[i].score)
                for m, i in zip(chosen, kept, strict=True)
            ]
            scores = scores[np.ix_(kept, kept)]
            pairs = replace(pairs, of_mentions=pairs.of_mentions[np.ix_(kept, kept)])
        same = self._among(pairs, Kind.COREFERENCE)[:, :, 0]
        linked = self._same(same, mentions)
        mentions, kept = self._resolved(mentions, same)
        return Found(
            start,
            mentions,
            triggers,
            self._relations(scores[np.ix_(kept, kept)] if scores.size else scores, mentions),
            self._roles(pairs, triggers, arguments),
            linked,
        )

    def _selected(self, options: list[ScoredSpan]) -> list[ScoredSpan]:
        sure = [option for option in options if option.score >= self.decoding.entity]
        return select_mentions(sure, self.labels, self.decoding)

    def _candidates(self, kind: Kind, threshold: float) -> list[ScoredSpan]:
        scorer = self.labels.scorer(kind, self.decoding.pronouns)
        if scorer is None:
            return []
        probabilities = sigmoid(scorer(self.hidden))
        if kind is not Kind.ARGUMENT:  # arguments of many sets are phrases, whose ends are any
            discount(probabilities, self.inside, self.decoding.cut)
        return candidates(
            probabilities,
            self.tokens.words,
            threshold,
            self.decoding.longest_span,
            self.segments,
        )

    def _pairs(
        self,
        mentions: list[ScoredSpan],
        triggers: list[ScoredSpan],
        arguments: list[ScoredSpan],
    ) -> _Pairs:
        """Each mention with each other one, and each trigger with each argument."""
        width = len(self.tokens)
        ends = np.array(
            [s.first * width + s.last for s in (*mentions, *triggers, *arguments)], dtype=np.int64
        )
        places = distinct(ends)
        number = np.searchsorted(places, ends)
        spans = np.stack(np.divmod(places, width), axis=1)
        of_mentions, of_triggers, of_arguments = np.split(
            number, [len(mentions), len(mentions) + len(triggers)]
        )
        among, roles = np.ix_(of_mentions, of_mentions), np.ix_(of_triggers, of_arguments)
        wanted = np.zeros((len(spans), len(spans)), dtype=bool)
        wanted[among] = True
        np.fill_diagonal(wanted, False)
        wanted[roles] = True
        pairs = np.argwhere(wanted)
        row = wanted.cumsum().reshape(wanted.shape) - 1
        mentioned = row[among]
        np.fill_diagonal(mentioned, -1)
        if not len(pairs):
            return _Pairs(np.zeros((0, 0), dtype=np.float32), mentioned, row[roles])
        vectors = self.runtime.pairs(np.ascontiguousarray(self.hidden), spans, pairs)
        return _Pairs(vectors, mentioned, row[roles])

    def _among(self, pairs: _Pairs, kind: Kind) -> Floats:
        """Scores [M, M, label of the kind] of pairs of mentions; of one with itself they are 0."""
        rows = pairs.of_mentions
        scores = np.zeros((*rows.shape, len(self.labels.names[kind])), dtype=np.float32)
        scorer = self.labels.scorer(kind)
        others: Bools = rows >= 0
        if scorer is not None and others.any():
            scores[others] = sigmoid(scorer(pairs.vectors[rows[others]])[:, :, 0])
        return scores

    def _resolved(
        self, mentions: list[ScoredSpan], same: Floats
    ) -> tuple[list[ScoredSpan], list[int]]:
        """Pronouns get the type of the mention before them that they refer to, or go.

        Also the numbers of those that stay.
        """
        kept: list[ScoredSpan] = []
        numbers: list[int] = []
        for i, mention in enumerate(mentions):
            if mention.label == self.labels.pronoun:
                referents = [
                    (float(same[j, i]), other.first, other.label)
                    for j, other in zip(numbers, kept, strict=True)
                    if same[j, i] >= self.decoding.coreference
                ]
                if not referents:
                    continue
                mention = replace(mention, label=max(referents)[2])
            kept.append(mention)
            numbers.append(i)
        return kept, numbers

    def _relations(
        self, scores: Floats, mentions: list[ScoredSpan]
    ) -> list[tuple[int, int, int, float]]:
        """Of ``mentions``, by their ``scores`` [head, tail, relation]."""
        if not scores.size:
            return []
        decoding = self.decoding
        types = np.array([m.label for m in mentions])
        scores = scores * self.labels.admitted[types[:, None], types[None, :]]
        scores = outstanding(
            scores, (decoding.head_share, decoding.tail_share, decoding.pair_share)
        )
        places = np.argwhere(scores >= decoding.relation)
        return [(h, t, r, float(scores[h, t, r])) for h, t, r in places.tolist()]

    def _roles(
        self, pairs: _Pairs, triggers: list[ScoredSpan], arguments: list[ScoredSpan]
    ) -> list[tuple[int, ScoredSpan]]:
        scorer = self.labels.scorer(Kind.ROLE)
        if scorer is None or not triggers or not arguments:
            return []
        rows = pairs.of_roles
        roles = np.array([argument.label for argument in arguments])
        sure = np.array([argument.score for argument in arguments], dtype=np.float32)
        events = np.array([trigger.label for trigger in triggers])
        probabilities = sigmoid(scorer(pairs.vectors[rows])[..., 0])  # [trigger, argument, role]
        likely = np.sqrt(probabilities[:, np.arange(len(roles)), roles] * sure)
        likely[~self.labels.roles[events[:, None], roles]] = 0.0
        of_role: dict[tuple[int, int], list[ScoredSpan]] = {}
        for i, j in np.argwhere(likely >= self.decoding.role).tolist():
            argument = replace(arguments[j], score=float(likely[i, j]))
            of_role.setdefault((i, argument.label), []).append(argument)
        return [
            (trigger, argument)
            for (trigger, _), spans in of_role.items()
            for argument in self._several(spans)
        ]

    def _several(self, spans: list[ScoredSpan]) -> list[ScoredSpan]:
        """Of the fillers of one role the best, and others that are nearly as good and apart."""
        spans = sorted(spans, key=lambda s: (-s.score, s.first, s.last))
        chosen: list[ScoredSpan] = []
        for span in spans:
            if span.score < self.decoding.several * spans[0].score:
                break
            if not any(span.overlaps(other) for other in chosen):
                chosen.append(span)
        return chosen

    def _same(self, same: Floats, mentions: list[ScoredSpan]) -> list[tuple[Ends, Ends, float]]:
        """Who is likely the same, by ``same`` [earlier, later]."""
        ends = [(m.first, m.last) for m in mentions]
        likely = np.argwhere(np.triu(same >= self.decoding.coreference, 1))
        return [(ends[i], ends[j], float(same[i, j])) for i, j in likely.tolist()]
