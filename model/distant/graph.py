"""The knowledge graph that texts are aligned with, in memory.

Identifiers are interned and triples are kept as whole numbers: about 120 bytes a triple. Nothing
here grows with the text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from model.distant.folding import fold, without_qualifier

NameKind = Literal["label", "alias", "bare"]
_SHIFT = 40


@dataclass(frozen=True, slots=True)
class Value:
    """A literal of the graph: what is written, and its datatype IRI or "" where it has none."""

    predicate: str
    lexical: str
    datatype: str = ""


@dataclass(slots=True)
class KnowledgeGraph:
    """Entities with their names and types, the triples between them, and literals.

    Entities are numbered from 0 in the order in which they were first seen; ``ids`` gives the
    identifier of the source. A name is a ``label``, an ``alias``, or ``bare``: a label without
    the qualifier that told it from namesakes.
    """

    ids: list[str] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)
    types: dict[int, tuple[str, ...]] = field(default_factory=dict)
    predicates: list[str] = field(default_factory=list)
    names: dict[str, dict[int, NameKind]] = field(default_factory=lambda: defaultdict(dict))
    values: dict[int, list[Value]] = field(default_factory=lambda: defaultdict(list))
    triples: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _predicate_numbers: dict[str, int] = field(default_factory=dict)
    _pairs: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def entity(self, identifier: str) -> int:
        """The number of the entity, made if it is new."""
        number = self._numbers.get(identifier)
        if number is None:
            number = self._numbers[identifier] = len(self.ids)
            self.ids.append(identifier)
        return number

    def number(self, identifier: str) -> int | None:
        """The number of the entity, or None where the graph does not have it."""
        return self._numbers.get(identifier)

    def name(self, number: int) -> str:
        """The label to show, else the identifier."""
        return self.labels.get(number) or self.ids[number]

    def add_name(self, number: int, name: str, kind: NameKind) -> None:
        """Give the entity a name; a label also gives its bare form."""
        name = " ".join(name.split())
        if not name:
            return
        if kind == "label":
            self.labels.setdefault(number, name)
        known = self.names[fold(name)]
        if known.get(number) != "label":
            known[number] = kind
        if kind == "label" and (bare := without_qualifier(name)) != name:
            self.names[fold(bare)].setdefault(number, "bare")

    def add_type(self, number: int, entity_type: str) -> None:
        """Give the entity a type, a name of the graph's own."""
        known = self.types.get(number, ())
        if entity_type not in known:
            self.types[number] = (*known, entity_type)

    def add_triple(self, head: int, predicate: str, tail: int) -> None:
        """Add an edge. Repeated ones are kept once, edges from a node to itself not at all."""
        if head == tail:
            return
        number = self._predicate_numbers.get(predicate)
        if number is None:
            number = self._predicate_numbers[predicate] = len(self.predicates)
            self.predicates.append(predicate)
        key = head << _SHIFT | tail
        known = self._pairs.get(key, ())
        if number not in known:
            self._pairs[key] = (*known, number)
            self.triples += 1

    def add_value(self, head: int, value: Value) -> None:
        """Add a literal."""
        self.values[head].append(value)

    def between(self, head: int, tail: int) -> tuple[str, ...]:
        """The predicates that run from ``head`` to ``tail``."""
        found = self._pairs.get(head << _SHIFT | tail, ())
        return tuple(self.predicates[number] for number in found)

    def connected(self, one: int, other: int) -> bool:
        """Whether an edge joins the two, in either direction."""
        return (one << _SHIFT | other) in self._pairs or (other << _SHIFT | one) in self._pairs

    def edges(self) -> Iterator[tuple[int, str, int]]:
        """All edges: head, predicate, tail."""
        mask = (1 << _SHIFT) - 1
        for key, numbers in self._pairs.items():
            for number in numbers:
                yield key >> _SHIFT, self.predicates[number], key & mask


def entity_types(
    graph: KnowledgeGraph,
    explicit: Mapping[str, str],
    domains: Mapping[str, tuple[str | None, str | None]],
    majority: float = 0.75,
) -> dict[int, str]:
    """The schema's type of each entity.

    ``explicit`` maps the graph's types to the schema's; the first that maps counts. An entity
    without one is typed by the predicates it takes part in: ``domains`` gives the types of a
    predicate's head and tail (None: says nothing), and a type holds if at least ``majority`` of
    an entity's edges say so. Entities on which the edges disagree get none.
    """
    typed = {
        number: found
        for number, names in graph.types.items()
        if (found := next((explicit[name] for name in names if name in explicit), None))
    }
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for head, predicate, tail in graph.edges():
        head_type, tail_type = domains.get(predicate, (None, None))
        for number, kind in ((head, head_type), (tail, tail_type)):
            if kind is not None and number not in typed:
                votes[number][kind] += 1
    for head, values in graph.values.items():
        if head not in typed:
            _vote(votes[head], (domains.get(value.predicate, (None,))[0] for value in values))
    for number, counts in votes.items():
        if counts:
            kind, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
            if count >= majority * counts.total():
                typed[number] = kind
    return typed


def _vote(counts: Counter[str], kinds: Iterable[str | None]) -> None:
    counts.update(kind for kind in kinds if kind is not None)
