"""Strict micro precision, recall and F1 of annotations against gold records, layer by layer.

What counts as one item, and so must agree exactly:

- ``entities``: (start, end, type).
- ``relations``: (head start, end, type; tail start, end, type; relation type), either order where
  the relation is symmetric. In records with ``relation_level: cluster`` an item is (head entity,
  tail entity, relation type): any mentions of the two gold clusters will do, and stating one fact
  twice counts once.
- ``triggers``: (start, end, event type). ``arguments``: (event type, start, end, role).
  ``linked_arguments``: the same together with their event's trigger, for events that have one.
- Coreference over spans in clusters of two or more: MUC (Vilain et al. 1995), B-cubed (Bagga and
  Baldwin 1998) and LEA (Moosavi and Strube 2016).

Only layers that the gold record carries are scored, and in them only what it annotates: the types
of its ``domain`` or ``style`` (``Schema.scopes``) and of ``annotated_relations``. A layer that is
``partial`` may lack true items, so predictions elsewhere than at the annotated spans, triggers or
pairs (relations and ``no_relation``, in either direction) are left out of account.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.annotations import Annotation, Event, Mention, Relation
from model.extractor import Extractor
from model.records import Record, read_records
from model.schema import Schema, Scope

TOTALLED = ("entities", "relations", "triggers", "arguments")
_ALWAYS_SHOWN = ("entities", "relations", "triggers")  # arguments only where there are any
_NO_SCOPE = Scope()
GROUP = 64  # texts that are extracted together

Item = tuple[Hashable, ...]
SpanKey = tuple[int, int]


class ScoringError(ValueError):
    """Gold and predicted records that do not belong together."""


@dataclass(slots=True)
class Counts:
    """Numbers of items; ``correct`` are those in both."""

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return _f1(self.precision, self.recall)

    def __iadd__(self, other: Counts) -> Counts:
        self.correct += other.correct
        self.predicted += other.predicted
        self.gold += other.gold
        return self

    def to_json(self) -> dict[str, float]:
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "correct": self.correct,
            "predicted": self.predicted,
            "gold": self.gold,
        }


@dataclass(slots=True)
class LayerScore:
    """``by_type`` has one entry a type that occurs, sorted by name; roles are ``event: role``."""

    total: Counts = field(default_factory=Counts)
    by_type: dict[str, Counts] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            **self.total.to_json(),
            "by_type": {k: c.to_json() for k, c in self.by_type.items()},
        }


@dataclass(frozen=True, slots=True)
class LinkScore:
    """Precision, recall and F1 of a coreference measure, summed over all records."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return _f1(self.precision, self.recall)

    def to_json(self) -> dict[str, float]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class Scores:
    """The result. ``layers`` and ``coreference`` hold only what some gold record annotates."""

    records: int
    layers: Mapping[str, LayerScore]
    coreference: Mapping[str, LinkScore]

    @property
    def total(self) -> Counts:
        """All entities, relations, triggers and arguments together."""
        total = Counts()
        for name in TOTALLED:
            if name in self.layers:
                total += self.layers[name].total
        return total

    def to_json(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "total": self.total.to_json(),
            "layers": {name: layer.to_json() for name, layer in self.layers.items()},
            "coreference": {name: score.to_json() for name, score in self.coreference.items()},
        }


class Scorer:
    """Adds up scores record by record. The schema says which relations are symmetric."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._symmetric = frozenset(r.name for r in schema.relations if r.symmetric)
        self._records = 0
        self._layers: dict[str, LayerScore] = {}
        self._links: dict[str, _LinkSums] = {}

    def add(self, gold: Record, predicted: Annotation) -> None:
        """Score one text. Offsets of both are into ``gold.text``."""
        self._records += 1
        scope = _scope(self.schema, gold)
        if "entities" in gold.layers:
            self._entities(gold, predicted, scope.entities)
        if "relations" in gold.layers:
            self._relations(gold, predicted, scope.relations)
        if "events" in gold.layers:
            self._events(gold, predicted, scope.events)
        if "clusters" in gold.layers:
            pair = (_cluster_spans(gold.annotation), _cluster_spans(predicted))
            for name, measure in _LINK_MEASURES.items():
                self._links.setdefault(name, _LinkSums()).add(*pair, measure)

    def result(self) -> Scores:
        """The scores of all records added so far."""
        return Scores(
            records=self._records,
            layers={
                name: LayerScore(layer.total, dict(sorted(layer.by_type.items())))
                for name, layer in self._layers.items()
                if layer.by_type or name in _ALWAYS_SHOWN
            },
            coreference={name: sums.score() for name, sums in self._links.items()},
        )

    def _entities(self, gold: Record, predicted: Annotation, types: frozenset[str] | None) -> None:
        def items(annotation: Annotation) -> dict[Item, str]:
            return {
                (m.start, m.end, m.type): m.type
                for m in annotation.mentions
                if types is None or m.type in types
            }

        expected, found = items(gold.annotation), items(predicted)
        if "entities" in gold.partial:
            spans = {item[:2] for item in expected}
            found = {item: name for item, name in found.items() if item[:2] in spans}
        self._count("entities", expected, found)

    def _relations(self, gold: Record, predicted: Annotation, types: frozenset[str] | None) -> None:
        exhaustive = gold.extra.get("annotated_relations")
        if isinstance(exhaustive, list):
            # These types are annotated in full here, and no other type is.
            annotated = frozenset(str(name) for name in exhaustive)
            types = annotated if types is None else types & annotated
        by_cluster = gold.relation_level == "cluster"
        of_gold = _Nodes(gold.annotation, by_cluster)
        of_predicted = _Nodes(predicted, by_cluster, of_gold if by_cluster else None)

        def items(annotation: Annotation, nodes: _Nodes) -> dict[tuple[Item, Item, str], str]:
            return {
                self._relation_item(relation, nodes): relation.type
                for relation in annotation.relations
                if types is None or relation.type in types
            }

        expected = items(gold.annotation, of_gold)
        found = items(predicted, of_predicted)
        if "relations" in gold.partial and not isinstance(exhaustive, list):
            pairs = [(r.head, r.tail) for r in gold.annotation.relations]
            pairs += gold.no_relation or ()
            given = {_places(of_gold[head], of_gold[tail]) for head, tail in pairs}
            found = {item: name for item, name in found.items() if _places(*item[:2]) in given}
        self._count("relations", expected, found)

    def _relation_item(self, relation: Relation, nodes: _Nodes) -> tuple[Item, Item, str]:
        head, tail = nodes[relation.head], nodes[relation.tail]
        if relation.type in self._symmetric and repr(tail) < repr(head):
            head, tail = tail, head
        return (head, tail, relation.type)

    def _events(self, gold: Record, predicted: Annotation, types: frozenset[str] | None) -> None:
        def events(annotation: Annotation) -> list[Event]:
            return [e for e in annotation.events if types is None or e.type in types]

        expected, found = events(gold.annotation), events(predicted)
        if "events" in gold.partial:
            annotated = {_trigger(e) for e in expected}
            found = [e for e in found if _trigger(e) in annotated]
        # Where the data gives no trigger, a predicted one can be neither right nor wrong.
        loose = {e.type for e in expected if e.trigger is None}
        triggers = _triggers(expected)
        self._count(
            "triggers",
            triggers,
            {i: n for i, n in _triggers(found).items() if n not in loose or i in triggers},
        )
        self._count("arguments", _arguments(expected), _arguments(found))
        if not loose:
            self._count("linked_arguments", _arguments(expected, True), _arguments(found, True))

    def _count(self, name: str, gold: Mapping[Any, str], predicted: Mapping[Any, str]) -> None:
        """Count the items of one layer; both map an item to the type it is listed under."""
        layer = self._layers.setdefault(name, LayerScore())

        def both(type_name: str) -> Iterable[Counts]:
            return layer.total, layer.by_type.setdefault(type_name, Counts())

        for item, type_name in gold.items():
            for counts in both(type_name):
                counts.gold += 1
                counts.correct += item in predicted
        for type_name in predicted.values():
            for counts in both(type_name):
                counts.predicted += 1


def score_extractor(extractor: Extractor, records: Sequence[Record], schema: Schema) -> Scores:
    """Scores of what ``extractor`` finds in the texts of gold ``records``, some at a time."""
    scorer = Scorer(schema)
    for first in range(0, len(records), GROUP):
        group = records[first : first + GROUP]
        found = extractor.extract([record.text for record in group], schema)
        for record, annotation in zip(group, found, strict=True):
            scorer.add(record, annotation)
    return scorer.result()


def score_files(gold: str | Path, predicted: str | Path, schema: Schema) -> Scores:
    """Scores of two record files, matched by id; the predicted may be in any order.

    Raises ScoringError where an id is missing, unknown or repeated, or where the texts differ.
    """
    predictions: dict[str, Record] = {}
    for record in read_records(predicted):
        if record.id in predictions:
            raise ScoringError(f"{predicted}: the id '{record.id}' is there twice")
        predictions[record.id] = record
    scorer = Scorer(schema)
    seen: set[str] = set()
    missing: list[str] = []
    for record in read_records(gold):
        if record.id in seen:
            raise ScoringError(f"{gold}: the id '{record.id}' is there twice")
        seen.add(record.id)
        prediction = predictions.pop(record.id, None)
        if prediction is None:
            missing.append(record.id)
        elif prediction.text != record.text:
            raise ScoringError(f"{predicted}: the text of '{record.id}' is not that of {gold}")
        else:
            scorer.add(record, prediction.annotation)
    if missing:
        raise ScoringError(f"{predicted}: {_some(missing)} of {gold} missing")
    if predictions:
        raise ScoringError(f"{predicted}: {_some(list(predictions))} not in {gold}")
    return scorer.result()


def _some(ids: list[str]) -> str:
    named = ", ".join(f"'{i}'" for i in ids[:3]) + (", ..." if len(ids) > 3 else "")
    return f"{len(ids)} record{'s' if len(ids) > 1 else ''} ({named})"


def _scope(schema: Schema, gold: Record) -> Scope:
    """What the record's part of the data set annotates; ``A+B`` is both parts."""
    parts: list[Scope] = []
    for key in ("domain", "style"):
        value = gold.extra.get(key)
        if isinstance(value, str):
            names = [value] if value in schema.scopes else value.split("+")
            parts += [schema.scopes[n] for n in names if n in schema.scopes]
    if not parts:
        return _NO_SCOPE

    def union(pick: Callable[[Scope], frozenset[str] | None]) -> frozenset[str] | None:
        kinds = [pick(part) for part in parts]
        known = [kind for kind in kinds if kind is not None]
        return frozenset().union(*known) if len(known) == len(kinds) else None

    return Scope(
        entities=union(lambda s: s.entities),
        relations=union(lambda s: s.relations),
        events=union(lambda s: s.events),
    )


class _Nodes:
    """What a mention stands for in a relation: itself, or its entity.

    ``reference`` is the gold side: predicted mentions that it knows stand for its entities.
    Others stand for their own cluster, so that repeating a wrong fact is one error too.
    """

    def __init__(
        self, annotation: Annotation, by_cluster: bool, reference: _Nodes | None = None
    ) -> None:
        self._nodes: list[Item] = [_span_type(m) for m in annotation.mentions]
        if not by_cluster:
            self._entity: dict[Item, Item] = {}
            return
        first = list(self._nodes)
        for cluster in annotation.clusters:
            for member in cluster:
                first[member] = self._nodes[min(cluster)]
        if reference is None:
            self._entity = dict(zip(self._nodes, (("gold", *f) for f in first), strict=True))
            self._nodes = [self._entity[n] for n in self._nodes]
        else:
            self._nodes = [
                reference._entity.get(n, ("predicted", *f))
                for n, f in zip(self._nodes, first, strict=True)
            ]

    def __getitem__(self, mention: int) -> Item:
        return self._nodes[mention]


def _places(head: Item, tail: Item) -> frozenset[Item]:
    # Without the types: a given pair with a wrong type is wrong, not outside the annotation.
    return frozenset((head[:-1], tail[:-1]))


def _span_type(mention: Mention) -> Item:
    return (mention.start, mention.end, mention.type)


def _trigger(event: Event) -> SpanKey | None:
    return (event.trigger.start, event.trigger.end) if event.trigger else None


def _triggers(events: Iterable[Event]) -> dict[Item, str]:
    return {(*span, e.type): e.type for e in events if (span := _trigger(e)) is not None}


def _arguments(events: Iterable[Event], linked: bool = False) -> dict[Item, str]:
    return {
        (e.type, a.start, a.end, a.role, _trigger(e) if linked else None): f"{e.type}: {a.role}"
        for e in events
        if not linked or e.trigger
        for a in e.arguments
    }


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


# -- coreference ----------------------------------------------------------------------------

Clusters = list[frozenset[SpanKey]]
# Of the first clusters against the second: (what is recovered, out of how much).
Measure = Callable[[Clusters, Clusters], tuple[float, float]]


def _cluster_spans(annotation: Annotation) -> Clusters:
    mentions = annotation.mentions
    spans = (
        frozenset((mentions[i].start, mentions[i].end) for i in c) for c in annotation.clusters
    )
    # Two mentions of one span (with two types) are one mention here.
    return [cluster for cluster in spans if len(cluster) > 1]


@dataclass(slots=True)
class _LinkSums:
    recovered: float = 0.0
    gold: float = 0.0
    confirmed: float = 0.0
    predicted: float = 0.0

    def add(self, gold: Clusters, predicted: Clusters, measure: Measure) -> None:
        recovered, of_gold = measure(gold, predicted)
        confirmed, of_predicted = measure(predicted, gold)
        self.recovered += recovered
        self.gold += of_gold
        self.confirmed += confirmed
        self.predicted += of_predicted

    def score(self) -> LinkScore:
        return LinkScore(
            precision=self.confirmed / self.predicted if self.predicted else 0.0,
            recall=self.recovered / self.gold if self.gold else 0.0,
        )


def _owners(clusters: Clusters) -> dict[SpanKey, int]:
    return {span: i for i, cluster in enumerate(clusters) for span in cluster}


def _muc(keys: Clusters, response: Clusters) -> tuple[float, float]:
    owners = _owners(response)
    recovered = links = 0
    for cluster in keys:
        parts = {owners.get(span, span) for span in cluster}
        recovered += len(cluster) - len(parts)
        links += len(cluster) - 1
    return recovered, links


def _b_cubed(keys: Clusters, response: Clusters) -> tuple[float, float]:
    owners = _owners(response)
    recovered = 0.0
    for cluster in keys:
        for span in cluster:
            if span in owners:
                recovered += len(cluster & response[owners[span]]) / len(cluster)
    return recovered, sum(len(cluster) for cluster in keys)


def _lea(keys: Clusters, response: Clusters) -> tuple[float, float]:
    owners = _owners(response)
    resolved = 0.0
    for cluster in keys:
        others = {owners[span] for span in cluster if span in owners}
        links = sum(_links(len(cluster & response[i])) for i in others)
        resolved += len(cluster) * links / _links(len(cluster))
    return resolved, sum(len(cluster) for cluster in keys)


def _links(mentions: int) -> int:
    return mentions * (mentions - 1) // 2


_LINK_MEASURES: Mapping[str, Measure] = {"muc": _muc, "b_cubed": _b_cubed, "lea": _lea}
