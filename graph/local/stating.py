"""Local entities, and the facts and events between them."""

from __future__ import annotations

from collections import Counter, defaultdict

from graph import names, resolution
from graph.local.gathering import Gathered
from graph.local.joining import Joined
from graph.local.nodes import Fact, Node
from graph.records import LocalArgument, LocalEntity, LocalEvent, LocalMention, LocalRelation

_Statement = tuple[float, tuple[int, int], tuple[int, int]]
"""Minus the confidence, the spans of head and tail: the best and first statement is the least."""


def stated(
    gathered: Gathered, joined: Joined
) -> tuple[tuple[LocalEntity, ...], tuple[LocalRelation, ...], tuple[LocalEvent, ...]]:
    """The entities, relations and events that a document states."""
    stating = _Stating(gathered)
    entities, ids = stating.entities(joined)
    return entities, stating.relations(ids, entities), stating.events(ids, entities)


class _Stating:
    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self.dropped = gathered.dropped
        self.types = gathered.types
        self.schema = gathered.types.schema

    def entities(self, joined: Joined) -> tuple[tuple[LocalEntity, ...], dict[Node, str]]:
        """The entities, and which of them each node is a mention of."""
        groups: dict[Node, list[Node]] = defaultdict(list)
        for node in joined.nodes:
            if node.named:
                groups[node.top()].append(node)
            elif node in joined.attached:
                groups[joined.attached[node].top()].append(node)
            else:
                form = "pronoun" if node.reference.form == "pronoun" else "nominal"
                self.dropped[f"mention: {form} without a name"] += 1
        extra: dict[Node, list[str]] = defaultdict(list)
        for node, name in joined.extra:
            extra[node.top()].append(name)
        ids: dict[Node, str] = {}
        entities = []
        # nodes are in text order, so the groups are in the order of their first mentions
        for number, (top, members) in enumerate(groups.items()):
            local = f"e{number}"
            ids.update(dict.fromkeys(members, local))
            entities.append(self._entity(local, members, extra.get(top, [])))
        return tuple(entities), ids

    def _entity(self, local: str, members: list[Node], extra: list[str]) -> LocalEntity:
        mentions = tuple(
            LocalMention(m.chunk, m.start, m.end, m.text, m.confidence) for m in members
        )
        cited = [member for member in members if member.named]
        first = cited[0]
        if first.datatype is not None:
            shown = list(dict.fromkeys(names.clean(m.text) for m in cited))
            value = first.form[1:] if first.form.startswith("=") else None
            return LocalEntity(
                local, first.type, shown[0], tuple(shown), mentions, first.datatype, value
            )
        weights: dict[str, float] = defaultdict(float)
        for member in cited:
            for entity_type, confidence in sorted(member.votes.items()):
                if self.types.root[entity_type] == first.root:
                    weights[entity_type] += confidence
        ranked = self._ranked(cited, extra, first.family)
        return LocalEntity(
            local, resolution.vote(weights, self.schema), ranked[0], tuple(ranked), mentions
        )

    def _ranked(self, cited: list[Node], extra: list[str], family: names.Family) -> list[str]:
        """The names, most telling first."""
        shown = [names.display(m.reference.name, family) for m in cited]
        counts = Counter(shown)
        every = set(shown) | {names.display(name, family) for name in extra}
        every -= {f"The {name}" for name in every}
        chinese = self.gathered.language.startswith("zh")

        def rank(name: str) -> tuple[bool, bool, bool, int, int, str]:
            return (
                counts[name] == 0,  # stated beside a name only
                names.has_han(name) != chinese,
                names.is_partial(name, family),
                -counts[name],
                -len(name),
                name,
            )

        return sorted(every, key=rank)

    def relations(
        self, ids: dict[Node, str], entities: tuple[LocalEntity, ...]
    ) -> tuple[LocalRelation, ...]:
        types = {entity.local: entity.type for entity in entities}
        best: dict[tuple[int, str, int, int], _Statement] = {}
        for fact in self.gathered.relations:
            assert fact.head is not None and fact.tail is not None
            head, tail = ids.get(fact.head), ids.get(fact.tail)
            spans = [(fact.head.start, fact.head.end), (fact.tail.start, fact.tail.end)]
            if head is None or tail is None:
                self.dropped["relation: unnamed argument"] += 1
                continue
            if head == tail:
                self.dropped["relation: of a thing with itself"] += 1
                continue
            name = fact.type
            if not self.schema.admits(name, types[head], types[tail]):
                self.dropped["relation: types not allowed"] += 1
                continue
            if not self.schema.runs(name, types[head], types[tail]):  # but the other way round
                head, tail = tail, head
                spans.reverse()
            one, two = int(head[1:]), int(tail[1:])
            turned = self.schema.turned(name)
            if turned is not None:
                if not self.schema.runs(turned, types[tail], types[head]):
                    self.dropped["relation: types not allowed"] += 1
                    continue
                name, one, two = turned, two, one
                spans.reverse()
            if (
                self.schema.relation[name].symmetric
                and one > two
                and self.schema.runs(name, types[tail], types[head])
            ):
                one, two = two, one
                spans.reverse()
            key = (fact.chunk, name, one, two)
            said = (-fact.confidence, spans[0], spans[1])
            best[key] = min(best.get(key, said), said)
        return tuple(
            LocalRelation(name, f"e{head}", f"e{tail}", chunk, -minus, head_span, tail_span)
            for (chunk, name, head, tail), (minus, head_span, tail_span) in sorted(best.items())
        )

    def events(
        self, ids: dict[Node, str], entities: tuple[LocalEntity, ...]
    ) -> tuple[LocalEvent, ...]:
        types = {entity.local: entity.type for entity in entities}
        merged: dict[tuple[str, int, int], list[Fact]] = defaultdict(list)
        for fact in self.gathered.events:
            merged[fact.type, fact.start, fact.end].append(fact)
        kept: list[tuple[str, int, int]] = []
        order = sorted(merged, key=lambda k: (-max(f.confidence for f in merged[k]), k))
        for key in order:  # of overlapping triggers of one type the surest stays
            event_type, start, end = key
            twin = next(
                (k for k in kept if k[0] == event_type and k[1] < end and start < k[2]), None
            )
            if twin is None:
                kept.append(key)
            else:
                self.dropped["event: overlapping trigger"] += 1
                merged[twin].extend(merged[key])
        return tuple(
            self._event(key, merged[key], ids, types)
            for key in sorted(kept, key=lambda k: (k[1], k[2], k[0]))
        )

    def _event(
        self,
        key: tuple[str, int, int],
        facts: list[Fact],
        ids: dict[Node, str],
        types: dict[str, str],
    ) -> LocalEvent:
        event_type, start, end = key
        best: dict[tuple[str, int], float] = {}
        for fact in facts:
            for role, node, confidence in fact.arguments:
                local = ids.get(node)
                if local is None:
                    self.dropped["argument: unnamed"] += 1
                elif not self.schema.role_admits(event_type, role, types[local]):
                    self.dropped["argument: type not allowed"] += 1
                else:
                    slot = (role, int(local[1:]))
                    best[slot] = max(best.get(slot, 0.0), confidence)
        return LocalEvent(
            event_type,
            self.gathered.text[start:end],
            min(fact.chunk for fact in facts),
            start,
            end,
            max(fact.confidence for fact in facts),
            tuple(
                LocalArgument(role, f"e{number}", confidence)
                for (role, number), confidence in sorted(best.items())
            ),
        )
