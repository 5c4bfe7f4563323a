"""A test double: an extractor that knows the example corpus by heart.

It stands in for the bundled model, which costs time and whose answers change when it is trained
anew. It answers with the gold annotation of ``examples/gold.jsonl``, cut to the text asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.records import Record, read_records
from model.schema import Schema

EXAMPLES = Path(__file__).parents[2] / "examples"
_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")


class GoldExtractor:
    """Of a text that is not part of the corpus it knows nothing."""

    fingerprint = "gold"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _TOKEN.finditer(text)]

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        return [self._annotation(text) for text in texts]

    @cached_property
    def _records(self) -> list[Record]:
        return list(read_records(EXAMPLES / "gold.jsonl"))

    def _annotation(self, text: str) -> Annotation:
        for record in self._records:
            start = record.text.find(text)
            if start >= 0:
                return cut(record.annotation, start, start + len(text))
        return Annotation()


def cut(whole: Annotation, start: int, end: int) -> Annotation:
    """The part of an annotation that lies in a piece of its text.

    A relation of entities is kept by mentions that lie in the piece. Confidences are made up, and
    the same in every run: gold has none.
    """
    kept = [i for i, m in enumerate(whole.mentions) if start <= m.start and m.end <= end]
    place = {index: number for number, index in enumerate(kept)}
    fellows = {index: cluster for cluster in whole.clusters for index in cluster}

    def inside(index: int) -> list[int]:
        return [i for i in (index, *fellows.get(index, ())) if i in place]

    relations = []
    for relation in whole.relations:
        pairs = [(h, t) for h in inside(relation.head) for t in inside(relation.tail)]
        if pairs:  # of all mentions of the two, those that are nearest to each other
            starts = [m.start for m in whole.mentions]
            nearest = min(pairs, key=lambda pair: abs(starts[pair[0]] - starts[pair[1]]))
            head, tail = (place[index] for index in nearest)
            confidence = 0.5 + (whole.mentions[relation.tail].start % 50) / 100
            relations.append(Relation(relation.type, head, tail, confidence))
    events = []
    for event in whole.events:
        trigger = event.trigger
        if trigger is None or trigger.start < start or trigger.end > end:
            continue
        arguments = tuple(
            Argument(a.start - start, a.end - start, a.role, 0.9)
            for a in event.arguments
            if start <= a.start and a.end <= end
        )
        span = Span(trigger.start - start, trigger.end - start, 0.9)
        events.append(Event(event.type, span, arguments, 0.6 + (trigger.start % 40) / 100))
    return Annotation(
        tuple(
            Mention(m.start - start, m.end - start, m.type, 0.95)
            for m in (whole.mentions[i] for i in kept)
        ),
        tuple(relations),
        tuple(events),
        tuple(
            cluster
            for cluster in (tuple(place[i] for i in c if i in place) for c in whole.clusters)
            if len(cluster) > 1
        ),
    )
