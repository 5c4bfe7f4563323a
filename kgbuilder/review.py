"""What in a graph is worth a second look: likely duplicates and uncertain merges, with reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from graph.resolution import distinguishing, key_id, told_apart
from graph.resolving.blocking import candidate_pairs
from graph.resolving.decisions import Decision, Decisions
from graph.resolving.links import Linker
from graph.resolving.profiles import Profile
from graph.resolving.scoring import Reason
from graph.store import GraphStore
from graph.store.lookup import Entity
from graph.store.tally import Tally
from graph.view import GraphView, view_of
from graph.view.records import Node
from kgbuilder.decisions import find_entity
from kgbuilder.graphs import StoreLike, existing
from kgbuilder.settings import Settings

_CONTRADICTIONS = 1_000
"""Facts that contradict others, of which entities are suggested."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two names that may be of one thing (``merge``), or that perhaps were joined wrongly
    (``split``). ``probability`` is that of their naming one thing; ``why`` is for people. ``keys``
    are the identity keys that were compared, if it is about two.
    """

    action: Literal["merge", "split"]
    probability: float
    name: str
    other: str
    id: str
    other_id: str
    type: str
    why: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two names are of one entity, or why they are not."""

    same: bool
    probability: float | None
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]


def suggestions(
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    limit: int = 50,
    least: float | None = None,
) -> list[Suggestion]:
    """Likely duplicates and uncertain merges, the most doubtful decisions first.

    ``least`` is the probability from which on a pair is a likely duplicate, by default that of
    the weights. Reads all names of the graph and compares those that have a block in common.
    """
    with existing(store, settings) as opened:
        schema = opened.schema
        if schema is None:
            return []
        linker, made, graph = Linker(schema), opened.decisions(), view_of(opened)
        rows = [_Row(*row) for row in graph.tallies()]
        found = [
            *_duplicates(rows, linker, made, least),
            *_merges(rows, linker, made),
            *_contradictions(graph),
        ]
    found.sort(key=lambda s: (abs(s.probability - 0.5), s.name, s.other, s.id, s.other_id))
    return found[:limit]


def explain(
    one: str, other: str, *, store: StoreLike | None = None, settings: Settings | None = None
) -> Explanation:
    """Why two entities, or two names, are one in the graph, or are not.

    Raises:
        InputError: an entity is not there, or its name is not the only one of its kind.
    """
    with existing(store, settings) as graph:
        first, second = find_entity(graph, one), find_entity(graph, other)
        schema = graph.schema
        assert schema is not None, "a graph with entities has a schema"
        linker, made = Linker(schema), graph.decisions()
        notes = list(_decided(made, first, second))
        if first.id == second.id:
            notes += _stated(graph, first)
        else:
            notes += _told_apart(first, second)
        pairs = [
            (a, b)
            for a in _keys_for(first, one)
            for b in _keys_for(second, other)
            if a != b and a.partition("|")[0] == b.partition("|")[0]
        ]
        best: tuple[float, tuple[Reason, ...], str, str] | None = None
        for a, b in pairs:
            profiles = linker.profile(a), linker.profile(b)
            if profiles[0] is None or profiles[1] is None:
                continue
            judged = linker.scorer.judge(profiles[0], profiles[1])
            if best is None or judged.probability > best[0]:
                best = judged.probability, judged.reasons, a, b
        if best is None:
            if first.id != second.id:
                notes.append("They have no names that could be compared")
            return Explanation(first.id == second.id, None, (), tuple(notes))
        probability, reasons, a, b = best
        notes.append(f"Compared are {_form(a)!r} and {_form(b)!r}")
        if linker.conflict(a, b):
            notes.append("Their names tell different things apart (numbers, middle names)")
        elif first.id != second.id and probability >= linker.scorer.accept:
            notes.append("They would be one, but for other names that are as close, or too many")
        return Explanation(first.id == second.id, probability, reasons, tuple(notes))


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    name: str
    type: str
    tally: Tally


def _duplicates(
    rows: Sequence[_Row], linker: Linker, made: Decisions, least: float | None
) -> Iterator[Suggestion]:
    """Pairs of entities with names that are too alike to be passed over."""
    least = linker.scorer.review if least is None else least
    owner: dict[str, _Row] = {}
    by_root: defaultdict[str, dict[str, Profile]] = defaultdict(dict)
    for row in rows:
        for key in sorted(row.tally.keys):
            profile = linker.profile(key)
            if profile is not None:
                if key not in owner or key_id(key) == row.id:
                    owner[key] = row
                by_root[key.partition("|")[0]][key] = profile
    for root in sorted(by_root):
        keys = sorted(by_root[root])
        profiles = [by_root[root][key] for key in keys]
        pairs = candidate_pairs(profiles)
        pairs = pairs[[owner[keys[a]].id != owner[keys[b]].id for a, b in pairs.tolist()]]
        chances = linker.scorer.probabilities(profiles, pairs)
        best: dict[tuple[str, str], tuple[float, str, str]] = {}
        for index in np.flatnonzero(chances >= least).tolist():
            one, two = (keys[number] for number in pairs[index])
            if made.partners(one).get(two) is False:
                continue
            ids = (owner[one].id, owner[two].id)
            ordered = (min(ids), max(ids))
            best[ordered] = max(best.get(ordered, (0.0, "", "")), (float(chances[index]), one, two))
        for chance, one, two in best.values():
            first, second = owner[one], owner[two]
            conflict = linker.conflict(one, two)
            if not conflict:
                why = _why(linker, one, two)
                yield Suggestion("merge", chance, first.name, second.name, first.id, second.id,
                                 first.type, why, (one, two))  # fmt: skip


def _merges(rows: Sequence[_Row], linker: Linker, made: Decisions) -> Iterator[Suggestion]:
    """Names of one entity that only a link joins, or a single statement of unlike names."""
    for row in rows:
        stated: defaultdict[frozenset[str], int] = defaultdict(int)
        for keyset, count in row.tally.keysets.items():
            for key in keyset[1:]:
                stated[frozenset((keyset[0], key))] += count
        keys = row.tally.keys
        for link in linker.links(keys) if len(keys) > 1 else ():
            pair = frozenset((link.one, link.two))
            if pair not in stated and made.partners(link.one).get(link.two) is None:
                why = "joined by likeness: " + _why(linker, link.one, link.two)
                yield Suggestion("split", link.score, _form(link.one), _form(link.two), row.id,
                                 row.id, row.type, why, (link.one, link.two))  # fmt: skip
        for pair, count in stated.items():
            one, two = sorted(pair)
            profiles = linker.profile(one), linker.profile(two)
            if count > 1 or None in profiles or made.partners(one).get(two) is not None:
                continue
            assert profiles[0] is not None and profiles[1] is not None
            if profiles[0].han != profiles[1].han:
                continue
            chance = linker.scorer.judge(profiles[0], profiles[1]).probability
            if linker.scorer.review <= chance < linker.scorer.accept:
                why = "joined by one document: " + _why(linker, one, two)
                yield Suggestion("split", chance, _form(one), _form(two), row.id, row.id, row.type,
                                 why, (one, two))  # fmt: skip


def _contradictions(graph: GraphView) -> Iterator[Suggestion]:
    """Entities of which documents state what cannot both be so: perhaps two under one name."""
    values: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    heads: dict[str, Node] = {}
    for fact in graph.contradictions(_CONTRADICTIONS):
        heads[fact.head.id] = fact.head
        values[fact.head.id, fact.edge.type].append(fact.tail.name)
    for (id, kind), several in values.items():
        one, why = heads[id], f"{kind} is {' and '.join(sorted(several))}"
        yield Suggestion("split", 0.5, one.name, one.name, id, id, one.type, why)


def _why(linker: Linker, one: str, two: str) -> str:
    profiles = linker.profile(one), linker.profile(two)
    assert profiles[0] is not None and profiles[1] is not None
    reasons = linker.scorer.judge(profiles[0], profiles[1]).reasons
    return ", ".join(f"{r.comparison} {r.level} ({r.weight:+.1f})" for r in reasons[:3])


def _decided(made: Decisions, one: Entity, other: Entity) -> Iterator[str]:
    for decision in made.all:
        if _concerns(decision, one) and _concerns(decision, other):
            who = decision.source or "a person"
            yield f"Decided by {who}: {decision.kind} {decision.id} {decision.note}".strip()


def _told_apart(one: Entity, other: Entity) -> Iterator[str]:
    for a in sorted(one.tally.keys):
        for b in sorted(other.tally.keys):
            first, second = distinguishing(a), distinguishing(b)
            if first is not None and second is not None and told_apart(a, b):
                kind = first[0].partition("|")[2]
                yield f"Documents tell them apart: {kind} {first[1]} and {second[1]}"


def _concerns(decision: Decision, entity: Entity) -> bool:
    return not set(decision.keys).isdisjoint(entity.tally.keys)


def _stated(graph: GraphStore, entity: Entity) -> Iterator[str]:
    """The documents that give an entity several names."""
    several = [
        m for m in graph.members(entity.id) if sum(not distinguishing(key) for key in m.keys) > 1
    ]
    for member in several[:5]:
        names = ", ".join(dict.fromkeys((member.name, *member.names)))
        document = view_of(graph).document(member.document_id)
        yield f"{document.uri if document else '?'} names one thing: {names}"
    if len(several) > 5:
        yield f"and {len(several) - 5} more"


def _keys_for(entity: Entity, text: str) -> Sequence[str]:
    if text in (entity.id, entity.name):
        return entity.keys
    wanted = [
        key
        for key in entity.keys
        if _form(key).replace(" ", "") == text.casefold().replace(" ", "")
    ]
    return wanted or entity.keys


def _form(key: str) -> str:
    return key.partition("|")[2]
