"""From the annotations of one document's chunks to its local entities, facts and events.

Resolution inside a document: mentions of one name are one entity; so are a short name and the
one longer name that holds it, an acronym and the name it abbreviates, and names that the text
equates (``图灵（Alan Turing）``). The extractor's coreference hangs pronouns and descriptions on
named entities and joins names that do not contradict each other. What has no name at all
(``he``, ``the company`` without a referent) is left out, with the facts that need it: a graph of
pronouns says nothing.
"""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graph import aliases, literals, names, resolution
from graph.records import (
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from graph.reference import Reference, reference
from ingest.documents import Chunk, Document
from model.annotations import Annotation, Argument
from model.schema import Role, Schema

logger = logging.getLogger(__name__)


def document_graph(
    document: Document,
    chunks: Sequence[Chunk],
    annotations: Sequence[Annotation],
    schema: Schema,
    pipeline: str,
    dropped: Counter[str] | None = None,
) -> DocumentGraph:
    """All that ``document`` states, from one annotation a chunk (offsets into ``Chunk.text``).

    The result depends on the arguments alone. Chunks should not overlap. What cannot go into the
    graph is counted in ``dropped`` by reason (``relation: unnamed argument``, ...).

    Raises:
        ValueError: the numbers of chunks and annotations differ.
    """
    if len(chunks) != len(annotations):
        raise ValueError(f"{len(chunks)} chunks but {len(annotations)} annotations")
    reasons: Counter[str] = Counter()
    builder = _Builder(document, schema, reasons)
    for chunk, annotation in zip(chunks, annotations, strict=True):
        builder.add(chunk, annotation.shifted(chunk.start))
    entities, relations, events = builder.build()
    if reasons:
        logger.debug("%s: left out %s", document.uri, dict(sorted(reasons.items())))
    if dropped is not None:
        dropped.update(reasons)
    return DocumentGraph(document, pipeline, tuple(chunks), entities, relations, events)


@dataclass(slots=True, eq=False)
class _Node:
    """A span that refers to an entity; ``votes`` are the confidences of its types."""

    chunk: int
    start: int
    end: int
    text: str
    votes: dict[str, float] = field(default_factory=dict)
    root: str = ""
    family: names.Family = "other"
    datatype: str | None = None
    reference: Reference = field(default_factory=lambda: Reference("nominal"))
    form: str = ""  # the normalised name, in which mentions of one name are equal
    parent: _Node | None = None

    @property
    def type(self) -> str:
        return min(self.votes, key=lambda name: (-self.votes[name], name))

    @property
    def confidence(self) -> float:
        return max(self.votes.values())

    @property
    def named(self) -> bool:
        return self.datatype is not None or bool(self.form)

    def top(self) -> _Node:
        node = self
        while node.parent is not None:
            node = node.parent
        return node


@dataclass(frozen=True, slots=True)
class _Fact:
    """A relation or event as annotated, its ends as nodes."""

    chunk: int
    type: str
    confidence: float
    head: _Node | None = None
    tail: _Node | None = None
    start: int = 0
    end: int = 0
    arguments: tuple[tuple[str, _Node, float], ...] = ()


_Statement = tuple[float, tuple[int, int], tuple[int, int]]
"""Minus the confidence, the spans of head and tail: the best and first statement is the least."""


class _Builder:
    def __init__(self, document: Document, schema: Schema, dropped: Counter[str]) -> None:
        self.text = document.text
        self.language = document.language
        self.schema = schema
        self.dropped = dropped
        self.cased = any(c.isupper() for c in self.text) and any(c.islower() for c in self.text)
        self.nodes: dict[tuple[int, int], _Node] = {}
        self.clusters: list[list[_Node]] = []
        self.relations: list[_Fact] = []
        self.events: list[_Fact] = []
        self.extra: list[tuple[_Node, str]] = []  # names stated beside a name, not mentions
        self.families = {t.name: resolution.family_of(t.name, schema) for t in schema.entities}
        self.roots = {t.name: resolution.root_of(t.name, schema) for t in schema.entities}

    # --- taking in ---------------------------------------------------------------------------

    def add(self, chunk: Chunk, annotation: Annotation) -> None:
        """Take in the annotation of one chunk, offsets into the document."""
        mentions = [
            self._node(chunk.index, m.start, m.end, m.type, m.confidence)
            for m in annotation.mentions
        ]
        for cluster in annotation.clusters:
            members = [node for node in (mentions[i] for i in cluster) if node is not None]
            self.clusters.append(sorted(set(members), key=_position))
        for relation in annotation.relations:
            head, tail = mentions[relation.head], mentions[relation.tail]
            if relation.type not in self.schema.relation:
                self.dropped["relation: unknown type"] += 1
            elif head is None or tail is None:
                self.dropped["relation: unknown argument type"] += 1
            else:
                self.relations.append(
                    _Fact(chunk.index, relation.type, relation.confidence, head, tail)
                )
        local = sorted({n for n in mentions if n is not None}, key=_position)
        for event in annotation.events:
            known = self.schema.event.get(event.type)
            if known is None or event.trigger is None:
                self.dropped[f"event: {'no trigger' if known else 'unknown type'}"] += 1
                continue
            roles = {role.name: role for role in known.roles}
            arguments = []
            for argument in sorted(event.arguments):
                role = roles.get(argument.role)
                node = self._argument(chunk.index, argument, role, local) if role else None
                if node is None:
                    self.dropped[f"argument: {'no entity' if role else 'unknown role'}"] += 1
                else:
                    arguments.append((argument.role, node, argument.confidence))
            self.events.append(
                _Fact(
                    chunk.index,
                    event.type,
                    event.confidence,
                    start=event.trigger.start,
                    end=event.trigger.end,
                    arguments=tuple(arguments),
                )
            )

    def _node(
        self, chunk: int, start: int, end: int, entity_type: str, confidence: float
    ) -> _Node | None:
        if entity_type not in self.schema.entity:
            self.dropped["mention: unknown type"] += 1
            return None
        if not self.text[start:end].strip():
            self.dropped["mention: empty"] += 1
            return None
        node = self.nodes.get((start, end))
        if node is None:
            node = self.nodes[start, end] = _Node(chunk, start, end, self.text[start:end])
        node.votes[entity_type] = max(confidence, node.votes.get(entity_type, 0.0))
        return node

    def _argument(
        self, chunk: int, argument: Argument, role: Role, local: list[_Node]
    ) -> _Node | None:
        """The node of an event argument: a mention, or a new one where the span names something."""
        exact = self.nodes.get((argument.start, argument.end))
        if exact is not None and self._fills(exact, role):
            return exact
        best = max(
            (node for node in local if self._fills(node, role)),
            key=lambda node: (_overlap(self.text, node, argument), -node.start, -node.end),
            default=None,
        )
        if best is not None and _overlap(self.text, best, argument) > 0:
            return best
        entity_type = self._argument_type(self.text[argument.start : argument.end], role)
        if entity_type is None:
            return None
        return self._node(chunk, argument.start, argument.end, entity_type, argument.confidence)

    def _fills(self, node: _Node, role: Role) -> bool:
        return not role.types or any(self._allowed(t, role.types) for t in node.votes)

    def _allowed(self, entity_type: str, allowed: Iterable[str]) -> bool:
        ancestors = set(self.schema.ancestors(entity_type))
        return any(name in ancestors for name in allowed)

    def _argument_type(self, text: str, role: Role) -> str | None:
        known = [self.schema.entity[name] for name in role.types if name in self.schema.entity]
        for entity_type in known:
            datatype = entity_type.datatype
            if datatype and datatype != "string" and literals.is_literal(text, datatype):
                return entity_type.name
        for entity_type in known:
            if not entity_type.datatype:
                family = self.families[entity_type.name]
                named = reference(text, family, self.cased).form == "name"
                return entity_type.name if named and _short(text, family) else None
        return next((t.name for t in known if t.datatype == "string" and len(text) <= 200), None)

    # --- resolving ---------------------------------------------------------------------------

    def build(
        self,
    ) -> tuple[tuple[LocalEntity, ...], tuple[LocalRelation, ...], tuple[LocalEvent, ...]]:
        nodes = sorted(self.nodes.values(), key=_position)
        for node in nodes:
            self._classify(node)
        named = [node for node in nodes if node.datatype is None and node.reference.form == "name"]
        self._settle_roots(named)
        self._join_equal(nodes)
        self._join_stated(named)
        self._join_short(named)
        self._join_acronyms(named)
        attached = self._coreference()
        entities, ids = self._entities(self._without_nested(nodes), attached)
        return entities, self._relations(ids, entities), self._events(ids, entities)

    def _classify(self, node: _Node) -> None:
        entity_type = self.schema.entity[node.type]
        node.root = self.roots[entity_type.name]
        node.family = self.families[entity_type.name]
        node.datatype = entity_type.datatype
        if node.datatype is None:
            own, _ = aliases.split_brackets(node.text)
            node.reference = reference(own, node.family, self.cased)

    def _settle_roots(self, named: list[_Node]) -> None:
        """One name typed now so, now so: a clear minority follows the majority.

        Where both readings are common (``Washington`` the man and the city) both stay.
        """
        groups: dict[str, list[_Node]] = defaultdict(list)
        for node in named:
            groups[names.general_name(node.reference.name)].append(node)
        for group in groups.values():
            weights: dict[str, float] = defaultdict(float)
            for node in group:
                weights[node.root] += node.votes[node.type]
            top = min(weights, key=lambda root: (-weights[root], root))
            leader = next(node for node in group if node.root == top)
            for node in group:
                if node.root != top and weights[node.root] * 3 <= weights[top]:
                    node.root, node.family = top, leader.family
        for node in named:
            node.form = names.normalise(node.reference.name, node.family)
            gender = names.title_gender(node.reference.name) if node.family == "person" else ""
            if gender and " " not in node.form:
                node.form += f"#{gender}"  # Mr. and Mrs. Verloc are two people

    def _join_equal(self, nodes: list[_Node]) -> None:
        first: dict[tuple[str, str], _Node] = {}
        for node in nodes:
            if node.datatype is not None:
                value = literals.normalise(node.text, node.datatype)
                node.form = f"={value}" if value is not None else f"~{names.fold(node.text)}"
                key = (node.type, node.form)
            elif node.form:
                key = (node.root, node.form)
            else:
                continue
            _join(first.setdefault(key, node), node)

    def _join_stated(self, named: list[_Node]) -> None:
        """Names that the text itself equates."""
        forms = {(node.root, node.form): node for node in reversed(named) if node.form}
        for node in named:
            if not node.form:
                continue
            for alias in aliases.stated_aliases(self.text, node.start, node.end, node.family):
                there = self.nodes.get((alias.start, alias.end))
                if there is not None and (there.root != node.root or not there.form):
                    continue
                self.extra.append((node, alias.name))
                form = names.normalise(alias.name, node.family)
                other = there or forms.get((node.root, form))
                if other is not None:
                    _join(node, other)

    def _join_short(self, named: list[_Node]) -> None:
        """A short name joins the one longer name in the document that holds it."""
        groups = _groups(named)
        holders: dict[tuple[str, str], set[_Node]] = defaultdict(set)
        places = {node.form for node in named if node.family == "place"}
        for top, members in groups.items():
            for member in members:
                for short in _short_forms(member):
                    holders[top.root, short].add(top)
        # The longest first, so that "Alan Turing" has one holder when "Alan M. Turing" and
        # "Alan Mathison Turing" have become one.
        order = {top: (-max(len(m.form) for m in groups[top]), _position(top)) for top in groups}
        for top in sorted(groups, key=order.__getitem__):
            found: set[_Node] = set()
            for form in _forms(groups[top]):
                if top.family == "organization" and form in places:
                    continue
                base, _, gender = form.partition("#")
                found |= {
                    holder
                    for holder in holders.get((top.root, base), set())
                    if not gender
                    or not _genders(groups[holder])
                    or (_genders(groups[holder]) == {gender} and " " in holder.form)
                }
            found = {holder.top() for holder in found} - {top.top()}
            if len(found) == 1:
                _join(found.pop(), top)

    def _join_acronyms(self, named: list[_Node]) -> None:
        groups = _groups(named)
        full: dict[tuple[str, str], set[_Node]] = defaultdict(set)
        for top, members in groups.items():
            if top.family == "person":
                continue
            for member in members:
                for short in names.acronyms(member.reference.name):
                    full[top.root, short].add(top)
        for top, members in sorted(groups.items(), key=lambda item: _position(item[0])):
            for name in sorted({m.reference.name for m in members}):
                if names.is_acronym(name) and len(names.fold(name)) > 2:
                    found = {f.top() for f in full.get((top.root, names.fold(name)), ())}
                    found -= {top.top()}
                    if len(found) == 1:
                        _join(found.pop(), top)

    def _without_nested(self, nodes: list[_Node]) -> list[_Node]:
        """Without the literals that are parts of others (``1815`` of ``10 May 1815``).

        Those that a fact uses stay.
        """
        used = {id(node) for fact in self.relations for node in (fact.head, fact.tail)}
        used |= {id(node) for fact in self.events for _, node, _ in fact.arguments}
        kept: list[_Node] = []
        end, root = -1, ""
        for node in sorted(nodes, key=lambda n: (n.start, -n.end)):
            if node.datatype is not None:
                if node.end <= end and node.root == root and id(node) not in used:
                    continue
                end, root = max(end, node.end), node.root
            kept.append(node)
        return sorted(kept, key=_position)

    def _coreference(self) -> dict[_Node, _Node]:
        """Joins agreeing names of a cluster; what its other mentions refer to, as node -> node."""
        attached: dict[_Node, _Node] = {}
        for cluster in self.clusters:
            cited = [node for node in cluster if node.datatype is None and node.form]
            for index, node in enumerate(cited):
                for other in cited[:index]:
                    if node.top() is not other.top() and self._agree(node, other):
                        _join(other, node)
            for node in cluster:
                if node.form or node.datatype is not None or not cited:
                    continue
                before = [c for c in cited if c.start < node.start]
                fitting = [c for c in before or cited if c.root == node.root]
                candidates = fitting or before or cited
                attached[node] = candidates[-1] if before else candidates[0]
        self._attach_surnames(attached)
        return attached

    def _agree(self, node: _Node, other: _Node) -> bool:
        """Whether two names that an extractor holds to corefer can be names of one thing."""
        if node.root != other.root:
            return False
        if names.has_han(node.form) != names.has_han(other.form):
            return self._side_by_side(node, other)
        if node.family == "person":
            genders = _genders([node, other])
            one, two = node.form.partition("#")[0], other.form.partition("#")[0]
            return len(genders) < 2 and (
                one == two
                or one in names.short_person_forms(two)
                or two in names.short_person_forms(one)
            )
        if node.family == "organization" and (
            names.is_offshoot(node.form, other.form) or names.is_offshoot(other.form, node.form)
        ):
            return False
        words, others = set(node.form.split()), set(other.form.split())
        if words <= others or others <= words:
            return True
        if names.has_han(node.form):
            return node.form in other.form or other.form in node.form
        return names.acronym_of(node.reference.name, other.reference.name) or names.acronym_of(
            other.reference.name, node.reference.name
        )

    def _side_by_side(self, node: _Node, other: _Node) -> bool:
        """Whether the text has both names next to each other: ``艾伦·图灵（Alan Turing）``.

        Names in two scripts have no letter in common, so that nothing but the extractor's word
        speaks for their being one; a text that equates them puts them side by side somewhere.
        """
        one, two = (re.escape(self.text[n.start : n.end]) for n in (node, other))
        between = r"[\s（(“”\"，,]{0,3}"
        return re.search(f"{one}{between}{two}|{two}{between}{one}", self.text) is not None

    def _attach_surnames(self, attached: dict[_Node, _Node]) -> None:
        """``王先生`` is the one person in the document whose surname is 王."""
        people: dict[str, dict[_Node, _Node]] = defaultdict(dict)
        for node in sorted(self.nodes.values(), key=_position):
            if node.family == "person" and re.fullmatch(r"[\u4e00-\u9fff]{2,4}", node.form):
                people[node.form[0]].setdefault(node.top(), node)
        for node in self.nodes.values():
            surname = names.surname_with_title(node.text)
            if surname and not node.form and node not in attached:
                found = people.get(surname[0], {})
                if len(found) == 1:
                    attached[node] = next(iter(found.values()))

    # --- giving out --------------------------------------------------------------------------

    def _entities(
        self, nodes: list[_Node], attached: dict[_Node, _Node]
    ) -> tuple[tuple[LocalEntity, ...], dict[_Node, str]]:
        groups: dict[_Node, list[_Node]] = defaultdict(list)
        for node in nodes:
            if node.named:
                groups[node.top()].append(node)
            elif node in attached:
                groups[attached[node].top()].append(node)
            else:
                form = "pronoun" if node.reference.form == "pronoun" else "nominal"
                self.dropped[f"mention: {form} without a name"] += 1
        extra: dict[_Node, list[str]] = defaultdict(list)
        for node, name in self.extra:
            extra[node.top()].append(name)
        ids: dict[_Node, str] = {}
        entities = []
        # nodes are in text order, so the groups are in the order of their first mentions
        for number, (top, members) in enumerate(groups.items()):
            local = f"e{number}"
            ids.update(dict.fromkeys(members, local))
            entities.append(self._entity(local, members, extra.get(top, [])))
        return tuple(entities), ids

    def _entity(self, local: str, members: list[_Node], extra: list[str]) -> LocalEntity:
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
                if self.roots[entity_type] == first.root:
                    weights[entity_type] += confidence
        ranked = self._ranked(cited, extra, first.family)
        return LocalEntity(
            local, resolution.vote(weights, self.schema), ranked[0], tuple(ranked), mentions
        )

    def _ranked(self, cited: list[_Node], extra: list[str], family: names.Family) -> list[str]:
        """The names, most telling first."""
        shown = [names.display(m.reference.name, family) for m in cited]
        counts = Counter(shown)
        every = set(shown) | {names.display(name, family) for name in extra}
        every -= {f"The {name}" for name in every}
        chinese = self.language.startswith("zh")

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

    def _relations(
        self, ids: dict[_Node, str], entities: tuple[LocalEntity, ...]
    ) -> tuple[LocalRelation, ...]:
        types = {entity.local: entity.type for entity in entities}
        best: dict[tuple[int, str, int, int], _Statement] = {}
        for fact in self.relations:
            assert fact.head is not None and fact.tail is not None
            head, tail = ids.get(fact.head), ids.get(fact.tail)
            spans = [(fact.head.start, fact.head.end), (fact.tail.start, fact.tail.end)]
            if head is None or tail is None:
                self.dropped["relation: unnamed argument"] += 1
                continue
            if head == tail:
                self.dropped["relation: of a thing with itself"] += 1
                continue
            relation = self.schema.relation[fact.type]
            if not self._holds(types[head], types[tail], relation.head, relation.tail):
                if not (
                    relation.symmetric
                    and self._holds(types[tail], types[head], relation.head, relation.tail)
                ):
                    self.dropped["relation: types not allowed"] += 1
                    continue
                head, tail = tail, head
                spans.reverse()
            name, one, two = fact.type, int(head[1:]), int(tail[1:])
            turned = self.schema.turned(name)
            if turned is not None:
                relation = self.schema.relation[turned]
                if not self._holds(types[tail], types[head], relation.head, relation.tail):
                    self.dropped["relation: types not allowed"] += 1
                    continue
                name, one, two = turned, two, one
                spans.reverse()
            if (
                relation.symmetric
                and one > two
                and self._holds(types[tail], types[head], relation.head, relation.tail)
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

    def _holds(self, head: str, tail: str, heads: tuple[str, ...], tails: tuple[str, ...]) -> bool:
        return (not heads or self._allowed(head, heads)) and (
            not tails or self._allowed(tail, tails)
        )

    def _events(
        self, ids: dict[_Node, str], entities: tuple[LocalEntity, ...]
    ) -> tuple[LocalEvent, ...]:
        types = {entity.local: entity.type for entity in entities}
        merged: dict[tuple[str, int, int], list[_Fact]] = defaultdict(list)
        for fact in self.events:
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
        facts: list[_Fact],
        ids: dict[_Node, str],
        types: dict[str, str],
    ) -> LocalEvent:
        event_type, start, end = key
        roles = {role.name: role for role in self.schema.event[event_type].roles}
        best: dict[tuple[str, int], float] = {}
        for fact in facts:
            for role, node, confidence in fact.arguments:
                local = ids.get(node)
                if local is None:
                    self.dropped["argument: unnamed"] += 1
                elif roles[role].types and not self._allowed(types[local], roles[role].types):
                    self.dropped["argument: type not allowed"] += 1
                else:
                    slot = (role, int(local[1:]))
                    best[slot] = max(best.get(slot, 0.0), confidence)
        return LocalEvent(
            event_type,
            self.text[start:end],
            min(fact.chunk for fact in facts),
            start,
            end,
            max(fact.confidence for fact in facts),
            tuple(
                LocalArgument(role, f"e{number}", confidence)
                for (role, number), confidence in sorted(best.items())
            ),
        )


# --- small parts -----------------------------------------------------------------------------


def _position(node: _Node) -> tuple[int, int]:
    return (node.start, node.end)


def _join(one: _Node, two: _Node) -> None:
    """Makes two groups one; its top is the node that comes first in the text."""
    first, second = sorted((one.top(), two.top()), key=_position)
    if first is not second:
        second.parent = first


def _groups(nodes: Iterable[_Node]) -> dict[_Node, list[_Node]]:
    groups: dict[_Node, list[_Node]] = defaultdict(list)
    for node in nodes:
        if node.form:
            groups[node.top()].append(node)
    return groups


def _forms(members: Iterable[_Node]) -> list[str]:
    return sorted({member.form for member in members})


def _genders(members: Iterable[_Node]) -> set[str]:
    return {str(names.title_gender(member.reference.name)) for member in members} - {""}


def _short_forms(node: _Node) -> set[str]:
    """The names that may stand for this one later in the document."""
    if node.family == "person":
        return names.short_person_forms(node.form)
    if node.family == "organization":
        return names.short_organization_forms(node.form)
    town, comma, _ = node.reference.name.partition(", ")
    return {names.place_name(town)} if node.family == "place" and comma else set()


def _overlap(text: str, node: _Node, argument: Argument) -> float:
    """How well a mention stands for an argument's span, 0 where it does not.

    It does where it covers the span, where they share at least half of their characters, or
    where it ends the span and only words without a name lie before it (``the city of Paris``).
    """
    shared = min(node.end, argument.end) - max(node.start, argument.start)
    if shared <= 0:
        return 0.0
    ratio = shared / (max(node.end, argument.end) - min(node.start, argument.start))
    covers = node.start <= argument.start and argument.end <= node.end
    if covers or ratio >= 0.5:
        return 1.0 + ratio
    lead = text[argument.start : node.start]
    if (
        argument.start <= node.start
        and node.end == argument.end
        and lead.isascii()
        and not re.search(
            r"[A-Z]|\b(?:of|by|for|from|in|with|'s)\s*$", lead.replace("city of ", "")
        )
    ):
        return ratio
    return 0.0


def _short(text: str, family: names.Family) -> bool:
    """Whether a span is short enough to be a name rather than a clause."""
    shown = names.clean(text)
    if names.has_han(shown):
        limit = {"person": 15 if "·" in shown else 4, "place": 12}.get(family, 20)
        return len(shown) <= limit and not re.search(r"[，。；！？]", shown)
    return len(shown.split()) <= 8 and not re.search(r"[,;!?]", shown)
