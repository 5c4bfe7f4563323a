"""Which facts of the graph a sentence states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from model.distant.folding import fold
from model.distant.graph import KnowledgeGraph, entity_types
from model.distant.linking import Link
from model.distant.literals import Normaliser, agreement, stated_values
from model.distant.recipe import HEAD, TAIL, Evidence, Recipe
from model.distant.sources import literal_predicates, predicates, spellings
from model.schema import Schema

Drops = Counter[str]
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A mention in a text. ``entity`` is its number in the graph, None for a value."""

    start: int
    end: int
    type: str
    entity: int | None = None
    how: str = ""
    normal: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation stated in a sentence, and the triple of the graph that it was known from.

    ``matched`` says how: ``evidence`` (a pattern of the recipe) or ``sentence`` (both ends are in
    it), and for values what ``literals.agreement`` says.
    """

    relation: str
    head: Mentioned
    tail: Mentioned
    triple: tuple[str, str, str]
    matched: str


class Aligner:
    """Finds facts between the linked mentions of a sentence."""

    def __init__(
        self,
        graph: KnowledgeGraph,
        schema: Schema,
        recipe: Recipe,
        normalise: Normaliser | None = None,
    ) -> None:
        self._graph = graph
        self._schema = schema
        self._recipe = recipe
        self._relations = predicates(recipe, schema)
        self._literals = literal_predicates(recipe, schema)
        self._normalise = normalise
        self._evidence = {name: _Patterns(item, recipe) for name, item in recipe.evidence.items()}
        self.types = entity_types(graph, self._explicit_types(), self._domains())

    def type_of(self, entity: int) -> str | None:
        """The schema's type of an entity, or None where it is not known."""
        return self.types.get(entity)

    def facts(
        self, text: str, span: _Span, links: Sequence[Link], subject: int | None, drops: Drops
    ) -> list[Fact]:
        """The facts that ``text[span]`` states; why others were not taken is counted in ``drops``.

        One fact for a relation between two entities, between the mentions that the evidence
        matches, the closest ones first.
        """
        mentions = [
            Mentioned(link.start, link.end, kind, link.entity, link.how)
            for link in links
            if (kind := self.types.get(link.entity)) is not None
        ]
        found = [*self._edges(text, span, mentions, drops), *self._values(text, span, mentions)]
        if self._recipe.subject_required:
            kept = [f for f in found if subject is not None
                    and subject in (f.head.entity, f.tail.entity)]  # fmt: skip
            drops["not about the title"] += len(found) - len(kept)
            found = kept
        return found

    # -- between entities -------------------------------------------------------------------

    def _edges(
        self, text: str, span: _Span, mentions: Sequence[Mentioned], drops: Drops
    ) -> Iterator[Fact]:
        by_entity: dict[int, list[Mentioned]] = {}
        for mention in mentions:
            if mention.entity is not None:
                by_entity.setdefault(mention.entity, []).append(mention)
        seen: set[tuple[str, int, int]] = set()
        for one, other in permutations(by_entity, 2):
            known = self._graph.between(one, other)
            relations = {self._relations.get(p) or p for p in known}
            for predicate in known:
                relation = self._relations.get(predicate)
                if relation is None:
                    continue
                head, tail = one, other
                if predicate in self._recipe.predicates:
                    inverse = self._recipe.predicates[predicate].inverse
                    head, tail = (other, one) if inverse else (one, other)
                if self._schema.relation[relation].symmetric and (relation, tail, head) in seen:
                    continue
                if (relation, head, tail) in seen:
                    continue
                fact = self._fact(
                    text, span, relation, by_entity[head], by_entity[tail], len(relations), drops
                )
                if fact is not None:
                    seen.add((relation, head, tail))
                    triple = (self._graph.ids[one], predicate, self._graph.ids[other])
                    yield Fact(relation, *fact[:2], triple, fact[2])

    def _fact(
        self,
        text: str,
        span: _Span,
        relation: str,
        heads: Iterable[Mentioned],
        tails: Iterable[Mentioned],
        competing: int,
        drops: Drops,
    ) -> tuple[Mentioned, Mentioned, str] | None:
        pairs = sorted(
            ((head, tail) for head in heads for tail in tails),
            key=lambda pair: (_distance(*pair), pair[0].start, pair[1].start),
        )
        head, tail = pairs[0]
        if not self._schema.admits(relation, head.type, tail.type):
            drops["types do not fit"] += 1
            return None
        evidence = self._evidence.get(relation)
        if evidence is None:
            if competing > 1:
                drops["several relations between the two"] += 1
                return None
            return head, tail, "sentence"
        for head, tail in pairs:
            if evidence.found(text, span, head, tail):
                return head, tail, "evidence"
        drops["no evidence"] += 1
        return None

    # -- values -----------------------------------------------------------------------------

    def _values(self, text: str, span: _Span, mentions: Sequence[Mentioned]) -> Iterator[Fact]:
        if self._normalise is None:
            return
        seen: set[tuple[str, int]] = set()
        stated: dict[str, list[Mentioned]] = {}
        for head in mentions:
            if head.entity is None or head.entity not in self._graph.values:
                continue
            for value in self._graph.values[head.entity]:
                relation = self._relations.get(value.predicate)
                datatype = self._literals.get(value.predicate)
                if relation is None or datatype is None or (relation, head.entity) in seen:
                    continue
                known = next(
                    (n for s in spellings(value) if (n := self._normalise(s, datatype))), None
                )
                if known is None:
                    continue
                tail_type = self._schema.relation[relation].tail[0]
                if datatype not in stated:
                    stated[datatype] = [
                        Mentioned(item.start, item.end, tail_type, None, "value", item.normal)
                        for item in stated_values(text, *span, datatype, self._normalise)
                        if not any(m.start < item.end and item.start < m.end for m in mentions)
                    ]
                fact = self._stated(text, span, relation, head, stated[datatype], known, datatype)
                if fact is not None:
                    seen.add((relation, head.entity))
                    triple = (self._graph.ids[head.entity], value.predicate, value.lexical)
                    tail, matched = fact
                    yield Fact(relation, head, tail, triple, matched)

    def _stated(
        self,
        text: str,
        span: _Span,
        relation: str,
        head: Mentioned,
        values: Iterable[Mentioned],
        known: str,
        datatype: str,
    ) -> tuple[Mentioned, str] | None:
        kind = self._schema.relation[relation].tail[0]
        if not self._schema.admits(relation, head.type, kind):
            return None
        evidence = self._evidence.get(relation)
        for tail in sorted(values, key=lambda value: (_distance(head, value), value.start)):
            assert tail.normal is not None
            agrees = agreement(known, tail.normal, datatype, self._recipe.tolerance)
            if agrees is None:
                continue
            tail = Mentioned(tail.start, tail.end, kind, None, "value", tail.normal)
            if evidence is not None:
                if evidence.found(text, span, head, tail):
                    return tail, f"evidence, {agrees}"
            elif agrees in ("value", "near"):
                return tail, f"sentence, {agrees}"
        return None

    # -- types ------------------------------------------------------------------------------

    def _explicit_types(self) -> Mapping[str, str]:
        own = {t.name: t.name for t in self._schema.entities}
        own |= {t.iri: t.name for t in self._schema.entities if t.iri is not None}
        return own | self._recipe.types

    def _domains(self) -> Mapping[str, tuple[str | None, str | None]]:
        """What a predicate says of its ends: what the recipe says, else the relation's one type."""
        domains = {}
        for name, relation in self._relations.items():
            rule = self._recipe.predicates.get(name)
            head, tail = (rule.head, rule.tail) if rule else (None, None)
            if relation is not None and (rule is None or rule.typing):
                kinds = self._schema.relation[relation]
                ends = (_only(kinds.head), _only(kinds.tail))
                if rule is not None and rule.inverse:
                    ends = (ends[1], ends[0])
                head, tail = head or ends[0], tail or ends[1]
            domains[name] = (head, tail)
        return domains


class _Patterns:
    def __init__(self, evidence: Evidence, recipe: Recipe) -> None:
        self._any = [recipe.pattern(pattern) for pattern in evidence.any]
        self._never = [recipe.pattern(pattern) for pattern in evidence.never]

    def found(self, text: str, span: _Span, head: Mentioned, tail: Mentioned) -> bool:
        marked = _marked(text, span, head, tail)
        return any(pattern.search(marked) for pattern in self._any) and not any(
            pattern.search(marked) for pattern in self._never
        )


def _marked(text: str, span: _Span, head: Mentioned, tail: Mentioned) -> str:
    """The folded sentence with one sign in place of each end."""
    (first, sign), (second, other) = sorted(
        (((head.start, head.end), HEAD), ((tail.start, tail.end), TAIL))
    )
    before, between = text[span[0] : first[0]], text[first[1] : second[0]]
    return fold(before + sign + between + other + text[second[1] : span[1]])


def _distance(one: Mentioned, other: Mentioned) -> int:
    return max(one.start - other.end, other.start - one.end, 0)


def _only(kinds: Sequence[str]) -> str | None:
    return kinds[0] if len(kinds) == 1 else None
