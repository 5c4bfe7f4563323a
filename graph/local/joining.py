"""Which spans of a document refer to one thing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from graph import aliases, literals, names
from graph.local.gathering import Gathered
from graph.local.nodes import Node, groups_of, join, position
from graph.reference import reference


@dataclass(frozen=True, slots=True)
class Joined:
    """Nodes in text order, those of one thing with one top.

    ``attached`` are nodes without a name and what each refers to; ``extra`` are names that the text
    states beside that of a node, which are no mentions.
    """

    nodes: list[Node]
    attached: dict[Node, Node]
    extra: list[tuple[Node, str]]


def joined(gathered: Gathered) -> Joined:
    """What annotations say, resolved."""
    return _Joining(gathered).joined()


class _Joining:
    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self.text = gathered.text
        self.types = gathered.types
        self.nodes = gathered.nodes
        self.extra: list[tuple[Node, str]] = []

    def joined(self) -> Joined:
        nodes = sorted(self.nodes.values(), key=position)
        for node in nodes:
            self._classify(node)
        named = [node for node in nodes if node.datatype is None and node.reference.form == "name"]
        self._settle_roots(named)
        self._join_equal(nodes)
        self._join_stated(named)
        self._join_short(named)
        self._join_acronyms(named)
        attached = self._coreference()
        return Joined(self._without_nested(nodes), attached, self.extra)

    def _classify(self, node: Node) -> None:
        entity_type = self.types.schema.entity[node.type]
        node.root = self.types.root[entity_type.name]
        node.family = self.types.family[entity_type.name]
        node.datatype = entity_type.datatype
        if node.datatype is None:
            own, _ = aliases.split_brackets(node.text)
            node.reference = reference(own, node.family, self.gathered.cased)

    def _settle_roots(self, named: list[Node]) -> None:
        """One name typed now so, now so: a clear minority follows the majority.

        Where both readings are common (``Washington`` the man and the city) both stay.
        """
        groups: dict[str, list[Node]] = defaultdict(list)
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

    def _join_equal(self, nodes: list[Node]) -> None:
        first: dict[tuple[str, str], Node] = {}
        for node in nodes:
            if node.datatype is not None:
                value = literals.normalise(node.text, node.datatype)
                node.form = f"={value}" if value is not None else f"~{names.fold(node.text)}"
                key = (node.type, node.form)
            elif node.form:
                key = (node.root, node.form)
            else:
                continue
            join(first.setdefault(key, node), node)

    def _join_stated(self, named: list[Node]) -> None:
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
                    join(node, other)

    def _join_short(self, named: list[Node]) -> None:
        """A short name joins the one longer name in the document that holds it."""
        groups = groups_of(named)
        holders: dict[tuple[str, str], set[Node]] = defaultdict(set)
        places = {node.form for node in named if node.family == "place"}
        for top, members in groups.items():
            for member in members:
                for short in _short_forms(member):
                    holders[top.root, short].add(top)
        # The longest first, so that "Alan Turing" has one holder when "Alan M. Turing" and
        # "Alan Mathison Turing" have become one.
        order = {top: (-max(len(m.form) for m in groups[top]), position(top)) for top in groups}
        for top in sorted(groups, key=order.__getitem__):
            found: set[Node] = set()
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
                join(found.pop(), top)

    def _join_acronyms(self, named: list[Node]) -> None:
        groups = groups_of(named)
        full: dict[tuple[str, str], set[Node]] = defaultdict(set)
        for top, members in groups.items():
            if top.family == "person":
                continue
            for member in members:
                for short in names.acronyms(member.reference.name):
                    full[top.root, short].add(top)
        for top, members in sorted(groups.items(), key=lambda item: position(item[0])):
            for name in sorted({m.reference.name for m in members}):
                if names.is_acronym(name) and len(names.fold(name)) > 2:
                    found = {f.top() for f in full.get((top.root, names.fold(name)), ())}
                    found -= {top.top()}
                    if len(found) == 1:
                        join(found.pop(), top)

    def _without_nested(self, nodes: list[Node]) -> list[Node]:
        """Without the literals that are parts of others (``1815`` of ``10 May 1815``).

        Those that a fact uses stay.
        """
        used = {id(node) for fact in self.gathered.relations for node in (fact.head, fact.tail)}
        used |= {id(node) for fact in self.gathered.events for _, node, _ in fact.arguments}
        kept: list[Node] = []
        end, root = -1, ""
        for node in sorted(nodes, key=lambda n: (n.start, -n.end)):
            if node.datatype is not None:
                if node.end <= end and node.root == root and id(node) not in used:
                    continue
                end, root = max(end, node.end), node.root
            kept.append(node)
        return sorted(kept, key=position)

    def _coreference(self) -> dict[Node, Node]:
        """Joins agreeing names of a cluster; what its other mentions refer to, as node -> node."""
        attached: dict[Node, Node] = {}
        for cluster in self.gathered.clusters:
            cited = [node for node in cluster if node.datatype is None and node.form]
            for index, node in enumerate(cited):
                for other in cited[:index]:
                    if node.top() is not other.top() and self._agree(node, other):
                        join(other, node)
            for node in cluster:
                if node.form or node.datatype is not None or not cited:
                    continue
                before = [c for c in cited if c.start < node.start]
                fitting = [c for c in before or cited if c.root == node.root]
                candidates = fitting or before or cited
                attached[node] = candidates[-1] if before else candidates[0]
        self._attach_surnames(attached)
        return attached

    def _agree(self, node: Node, other: Node) -> bool:
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

    def _side_by_side(self, node: Node, other: Node) -> bool:
        """Whether the text has both names next to each other: ``艾伦·图灵（Alan Turing）``.

        Names in two scripts have no letter in common, so that nothing but the extractor's word
        speaks for their being one; a text that equates them puts them side by side somewhere.
        """
        one, two = (re.escape(self.text[n.start : n.end]) for n in (node, other))
        between = r"[\s（(“”\"，,]{0,3}"
        return re.search(f"{one}{between}{two}|{two}{between}{one}", self.text) is not None

    def _attach_surnames(self, attached: dict[Node, Node]) -> None:
        """``王先生`` is the one person in the document whose surname is 王."""
        people: dict[str, dict[Node, Node]] = defaultdict(dict)
        for node in sorted(self.nodes.values(), key=position):
            if node.family == "person" and re.fullmatch(r"[\u4e00-\u9fff]{2,4}", node.form):
                people[node.form[0]].setdefault(node.top(), node)
        for node in self.nodes.values():
            surname = names.surname_with_title(node.text)
            if surname and not node.form and node not in attached:
                found = people.get(surname[0], {})
                if len(found) == 1:
                    attached[node] = next(iter(found.values()))


def _forms(members: Iterable[Node]) -> list[str]:
    return sorted({member.form for member in members})


def _genders(members: Iterable[Node]) -> set[str]:
    return {str(names.title_gender(member.reference.name)) for member in members} - {""}


def _short_forms(node: Node) -> set[str]:
    """The names that may stand for this one later in the document."""
    if node.family == "person":
        return names.short_person_forms(node.form)
    if node.family == "organization":
        return names.short_organization_forms(node.form)
    town, comma, _ = node.reference.name.partition(", ")
    return {names.place_name(town)} if node.family == "place" and comma else set()
