"""A model's second opinion on distantly supervised records: filter facts, and fill in missing ones.

KG2Instruction filters by natural-language inference and fills by a fine-tuned language model;
here any ``Extractor`` does both, trained for instance on the records themselves or on gold data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from model.annotations import Annotation, Mention, Relation
from model.extractor import Extractor
from model.records import Record, Where
from model.schema import Schema


@dataclass(slots=True)
class Refined:
    """What the model made of the records' facts."""

    confirmed: int = 0
    rejected: int = 0
    filled: int = 0


class Refiner:
    """Compares each record with what an extractor finds in its text."""

    def __init__(
        self,
        extractor: Extractor,
        schema: Schema,
        *,
        filter: bool = True,
        fill: bool = False,
        fill_confidence: float = 0.8,
        batch: int = 32,
    ) -> None:
        """``filter`` keeps a fact only if the extractor finds it too: the same relation between
        mentions that overlap these. ``fill`` adds the extractor's relations of at least
        ``fill_confidence``, which the schema must admit, and their mentions."""
        self._extractor = extractor
        self._schema = schema
        self._filter = filter
        self._fill = fill
        self._fill_confidence = fill_confidence
        self._batch = batch
        self.report = Refined()

    def refine(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records that have a fact left, in order, a batch in memory at a time.

        A confirmed fact gets the extractor's confidence. Facts of the extractor alone are
        marked ``"matched": "model"``.
        """
        source = iter(records)
        while batch := list(islice(source, self._batch)):
            found = self._extractor.extract([record.text for record in batch], self._schema)
            for record, annotation in zip(batch, found, strict=True):
                refined = self._refined(record, annotation)
                if refined.annotation.relations:
                    yield refined

    def _refined(self, record: Record, model: Annotation) -> Record:
        own = record.annotation
        relations: list[Relation] = []
        extra: list[Mapping[str, Any]] = []
        for index, relation in enumerate(own.relations):
            confidence = self._agreement(relation, own, model)
            if confidence is not None:
                self.report.confirmed += 1
                relation = replace(relation, confidence=confidence)
            elif self._filter:
                self.report.rejected += 1
                continue
            relations.append(relation)
            extra.append(record.item_extra.get(("relations", index), {}))
        mentions = list(own.mentions)
        mention_extra = [record.item_extra.get(("entities", i), {}) for i in range(len(mentions))]
        if self._fill:
            for relation in model.relations:
                ends = (model.mentions[relation.head], model.mentions[relation.tail])
                if not self._fits(relation, ends) or self._known(relation, ends, own):
                    continue
                places = []
                for end in ends:
                    place = _overlapping(end, mentions)
                    if place is None:
                        place = len(mentions)
                        mentions.append(end)
                        mention_extra.append({"matched": "model"})
                    places.append(place)
                relations.append(replace(relation, head=places[0], tail=places[1]))
                extra.append({"matched": "model"})
                self.report.filled += 1
        return _rebuilt(record, mentions, mention_extra, relations, extra)

    def _agreement(self, relation: Relation, own: Annotation, model: Annotation) -> float | None:
        head, tail = own.mentions[relation.head], own.mentions[relation.tail]
        best = None
        for other in model.relations:
            if other.type != relation.type:
                continue
            ends = (model.mentions[other.head], model.mentions[other.tail])
            if not _same(ends, (head, tail)):
                symmetric = self._schema.relation[relation.type].symmetric
                if not symmetric or not _same(ends, (tail, head)):
                    continue
            best = max(best or 0.0, other.confidence)
        return best

    def _fits(self, relation: Relation, ends: tuple[Mention, Mention]) -> bool:
        return (
            relation.confidence >= self._fill_confidence
            and relation.type in self._schema.relation
            and all(end.type in self._schema.entity for end in ends)
            and self._schema.admits(relation.type, ends[0].type, ends[1].type)
        )

    def _known(self, relation: Relation, ends: tuple[Mention, Mention], own: Annotation) -> bool:
        """Whether the graph's facts have it already, or say otherwise of the same two."""
        for other in own.relations:
            known = (own.mentions[other.head], own.mentions[other.tail])
            if _same(ends, known) or _same((ends[1], ends[0]), known):
                return True
        return False


def _same(ends: tuple[Mention, Mention], others: tuple[Mention, Mention]) -> bool:
    return all(one.start < other.end and other.start < one.end
               for one, other in zip(ends, others, strict=True))  # fmt: skip


def _overlapping(mention: Mention, mentions: list[Mention]) -> int | None:
    for place, other in enumerate(mentions):
        if mention.start < other.end and other.start < mention.end:
            return place
    return None


def _rebuilt(
    record: Record,
    mentions: list[Mention],
    mention_extra: list[Mapping[str, Any]],
    relations: list[Relation],
    relation_extra: list[Mapping[str, Any]],
) -> Record:
    """The record with these layers, its mentions in the order that the format asks for."""
    order = sorted(range(len(mentions)), key=lambda i: (mentions[i].start, mentions[i].end))
    place = {old: new for new, old in enumerate(order)}
    item_extra: dict[Where, Mapping[str, Any]] = {
        ("entities", place[old]): extra for old, extra in enumerate(mention_extra) if extra
    }
    item_extra |= {("relations", i): extra for i, extra in enumerate(relation_extra) if extra}
    return replace(
        record,
        annotation=replace(
            record.annotation,
            mentions=tuple(mentions[old] for old in order),
            relations=tuple(replace(r, head=place[r.head], tail=place[r.tail]) for r in relations),
            clusters=tuple(
                tuple(sorted(place[i] for i in cluster)) for cluster in record.annotation.clusters
            ),
        ),
        item_extra=item_extra,
    )
