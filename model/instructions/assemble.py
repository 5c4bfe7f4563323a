"""Facts in words, of one or several tasks, to an annotation of the text they are about."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.instructions.grounding import Grounder, Place
from model.instructions.labels import Label, LabelSet
from model.instructions.tasks import Fact, Task
from model.schema import Schema

#: A relation is sought among so many places of its head, and of its tail.
MOST_PLACES = 32


@dataclass(slots=True)
class GroundingReport:
    """``facts`` came, of which ``grounded`` are in the annotation.

    ``dropped`` counts the others, and arguments without place, by reason: ``not in the text``,
    ``no trigger``, ``no entity type`` (nothing tells what the head or tail is), ``not admitted``
    (the schema allows no such pair).
    """

    facts: int = 0
    grounded: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, other: GroundingReport) -> None:
        self.facts += other.facts
        self.grounded += other.grounded
        self.dropped += other.dropped


Answers = Mapping[Task, Iterable[Fact]]


def assemble(
    text: str,
    answers: Answers,
    labels: Mapping[Task, LabelSet],
    schema: Schema,
    *,
    need_triggers: bool = True,
) -> tuple[Annotation, GroundingReport]:
    """The annotation that ``answers`` make of ``text``.

    An entity is annotated wherever its words stand, but not inside longer entities if it also
    stands alone; a relation between the nearest two places; an argument where it is nearest to its
    trigger; a trigger named several times at as many places. The confidence is the likeness of the
    words found to those of the answer, 1 for the same: models that answer in words give no
    probability of a fact. Events without trigger are dropped unless ``need_triggers`` is False.
    """
    assembler = _Assembler(text, labels, schema, need_triggers)
    for task, facts in answers.items():
        for fact in facts:
            assembler.report.facts += 1
            assembler.take(task, fact)
    return assembler.annotation(), assembler.report


class _Assembler:
    def __init__(
        self,
        text: str,
        labels: Mapping[Task, LabelSet],
        schema: Schema,
        need_triggers: bool,
    ) -> None:
        self.labels, self.schema, self.need_triggers = labels, schema, need_triggers
        self.grounder = Grounder(text)
        self.report = GroundingReport()
        self.entities: list[tuple[str, tuple[Place, ...]]] = []
        self.relations: list[tuple[Fact, Label, str, str]] = []
        self.events: list[tuple[Label, Fact]] = []
        self.mentions: dict[tuple[int, int, str], float] = {}

    def take(self, task: Task, fact: Fact) -> None:
        values = dict(zip(("a", "b", "c", "d", "e"), fact.values, strict=False))
        if task is Task.ENTITIES:
            self.take_entity(values["b"], values["a"])
        elif task is Task.RELATIONS:
            label = self.labels[task].resolve(values["b"])
            if label is not None:
                self.relations.append((Fact((values["a"], values["c"])), label, "", ""))
        elif task is Task.TRIPLES:
            label = self.labels[task].resolve(values["c"])
            types = [self.labels[task].resolve_type(values[key]) for key in ("b", "e")]
            if label is not None:
                head, tail = (kind.name if kind else "" for kind in types)
                self.relations.append((Fact((values["a"], values["d"])), label, head, tail))
        elif task is Task.ATTRIBUTES:
            self.take_attributes(fact)
        else:
            label = self.labels[task].resolve(values["b"])
            if label is not None:
                self.events.append((label, fact))

    def take_entity(self, shown: str, words: str) -> None:
        label = self.labels[Task.ENTITIES].resolve(shown)
        places = self.grounder.places(words)
        if label is None or not places:
            self.report.dropped["not in the text"] += 1
            return
        self.entities.append((label.name, places))
        self.report.grounded += 1

    def take_attributes(self, fact: Fact) -> None:
        entity, shown = fact.values
        label = self.labels[Task.ATTRIBUTES].resolve(shown)
        places = self.grounder.places(entity)
        if label is None or not places:
            self.report.dropped["not in the text"] += 1
            return
        self.entities.append((label.name, places))
        self.report.grounded += 1
        for key, value in fact.pairs:
            member = self.labels[Task.ATTRIBUTES].resolve_member(label, key)
            if member is not None:
                self.report.facts += 1
                self.relations.append((Fact((entity, value)), member, label.name, ""))

    # -- what is where ----------------------------------------------------------------------

    def annotation(self) -> Annotation:
        self.place_entities()
        relations = [
            pair
            for words, label, head, tail in self.relations
            if (pair := self.relation(words, label, head, tail)) is not None
        ]
        order = sorted(self.mentions)
        index = {key: i for i, key in enumerate(order)}
        found: dict[tuple[str, int, int], float] = {}
        for name, head_key, tail_key, likeness in relations:
            key = name, index[head_key], index[tail_key]
            found[key] = max(likeness, found.get(key, 0.0))
        return Annotation(
            mentions=tuple(Mention(*key, confidence=self.mentions[key]) for key in order),
            relations=tuple(
                Relation(name, head, tail, likeness)
                for (name, head, tail), likeness in sorted(found.items(), key=lambda i: i[0][1:])
            ),
            events=self.placed_events(),
        )

    def place_entities(self) -> None:
        spans = sorted({(p.start, p.end) for _, places in self.entities for p in places})
        for name, places in self.entities:
            free = [place for place in places if not _inside(place, spans)]
            for place in free or places:
                self.mention(place, name)

    def mention(self, place: Place, name: str) -> tuple[int, int, str]:
        key = place.start, place.end, name
        self.mentions[key] = max(place.likeness, self.mentions.get(key, 0.0))
        return key

    def relation(
        self, words: Fact, label: Label, head_type: str, tail_type: str
    ) -> tuple[str, tuple[int, int, str], tuple[int, int, str], float] | None:
        heads, tails = (self.grounder.places(side)[:MOST_PLACES] for side in words.values)
        if not heads or not tails:
            self.report.dropped["not in the text"] += 1
            return None
        kind = self.schema.relation[label.name]
        head_options = [(p, t) for p in heads for t in self.types(p, head_type, kind.head)]
        tail_options = [(p, t) for p in tails for t in self.types(p, tail_type, kind.tail)]
        if not head_options or not tail_options:
            self.report.dropped["no entity type"] += 1
            return None
        pairs = [
            (h[0].distance(t[0]), h, t)
            for h in head_options
            for t in tail_options
            if (h[0].start, h[0].end) != (t[0].start, t[0].end)
            and self.schema.admits(label.name, h[1], t[1])
        ]
        if not pairs:
            self.report.dropped["not admitted"] += 1
            return None
        _, head, tail = min(pairs)
        self.report.grounded += 1
        likeness = min(head[0].likeness, tail[0].likeness)
        return label.name, self.mention(*head), self.mention(*tail), likeness

    def types(self, place: Place, given: str, allowed: tuple[str, ...]) -> list[str]:
        """The entity types that what stands at ``place`` may have, as far as answers tell."""
        found = [t for s, e, t in self._at(place) if (s, e) == (place.start, place.end)]
        if found:
            return found
        if given:
            return [given]
        return [allowed[0]] if len(allowed) == 1 else []

    def _at(self, place: Place) -> list[tuple[int, int, str]]:
        return [
            key
            for name in self.schema.entity
            if (key := (place.start, place.end, name)) in self.mentions
        ]

    def placed_events(self) -> tuple[Event, ...]:
        used: Counter[tuple[str, str]] = Counter()
        placed: dict[tuple[str, int, int], tuple[float, dict[tuple[int, int, str], float]]] = {}
        bare: list[Event] = []
        for label, fact in self.events:
            trigger = fact.values[0]
            if not trigger and not self.need_triggers:
                loose: dict[tuple[int, int, str], float] = {}
                for role, words in fact.pairs:
                    self.argument(loose, label, role, words, Place(0, 0))
                bare.append(Event(label.name, None, _arguments(loose)))
                self.report.grounded += 1
                continue
            places = self.grounder.places(trigger)
            if not places:
                self.report.dropped["not in the text" if trigger else "no trigger"] += 1
                continue
            number = used[label.name, trigger]
            used[label.name, trigger] += 1
            # Said more often than it stands there: what is new belongs to the last one.
            place = places[min(number, len(places) - 1)]
            self.report.grounded += 1
            key = label.name, place.start, place.end
            _, arguments = placed.setdefault(key, (place.likeness, {}))
            for role, words in fact.pairs:
                self.argument(arguments, label, role, words, place)
        found = [
            Event(name, Span(start, end, likeness), _arguments(arguments), likeness)
            for (name, start, end), (likeness, arguments) in sorted(
                placed.items(), key=lambda item: (item[0][1], item[0][2], item[0][0])
            )
        ]
        return (*bare, *found)

    def argument(
        self,
        arguments: dict[tuple[int, int, str], float],
        label: Label,
        role: str,
        words: str,
        trigger: Place,
    ) -> None:
        member = next((m for m in label.members if m.shown == role), None)
        places = self.grounder.places(words)
        if member is None or not places:
            self.report.dropped["not in the text"] += 1
            return
        place = min(places, key=lambda p: (p.distance(trigger), p))
        arguments[place.start, place.end, member.name] = place.likeness


def _arguments(found: Mapping[tuple[int, int, str], float]) -> tuple[Argument, ...]:
    return tuple(Argument(*where, confidence=p) for where, p in sorted(found.items()))


def _inside(place: Place, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether ``place`` lies in a longer one of ``spans``, which are sorted."""
    # Only near ones are looked at: an entity is seldom nested deeper.
    at = bisect_left(spans, (place.start, place.end))
    near = spans[max(0, at - 8) : at + 8]
    return any(Place(*span).holds(place) for span in near)
