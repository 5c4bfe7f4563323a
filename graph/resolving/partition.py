"""A component of keys taken apart where it holds what cannot be one thing.

Keys are joined by what holds them together, strongest first, and a join that would bring together
two keys that cannot be one is left out (single linkage under constraints, as Kruskal's algorithm
does it). The result depends on the component's content alone, never on the order in which it
came about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, groupby

from graph.resolution import compatible, distinguishing, told_apart
from graph.resolving.decisions import Decisions

Keyset = tuple[str, ...]
"""The keys of a local entity: first the one of its name, which it goes with, then the others."""


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """Two keys, ``one < two``, that are held to name one thing, and how likely that is."""

    one: str
    two: str
    score: float


class _Groups:
    """Disjoint sets of keys, each of which knows what it cannot be joined with."""

    def __init__(self, keys: Iterable[str], cannot: Iterable[tuple[str, str]]) -> None:
        self.parent = {key: key for key in keys}
        self.members = {key: [key] for key in self.parent}
        self.enemies: defaultdict[str, set[str]] = defaultdict(set)
        for one, two in cannot:
            self.enemies[one].add(two)
            self.enemies[two].add(one)

    def find(self, key: str) -> str:
        root = key
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[key] != root:
            self.parent[key], key = root, self.parent[key]
        return root

    def apart(self, one: str, two: str) -> bool:
        """Whether two roots must not be joined."""
        return any(self.find(enemy) == two for enemy in self.enemies.get(one, ()))

    def join(self, one: str, two: str) -> None:
        one, two = self.find(one), self.find(two)
        if one == two:
            return
        if len(self.members[one]) < len(self.members[two]):
            one, two = two, one
        self.parent[two] = one
        self.members[one] += self.members.pop(two)
        if two in self.enemies:
            self.enemies[one] |= self.enemies.pop(two)

    def join_all(self, edges: Iterable[tuple[str, str]]) -> None:
        """Join what edges connect, one after another, but for what must not be joined."""
        for one, two in edges:
            one, two = self.find(one), self.find(two)
            if one != two and not self.apart(one, two):
                self.join(one, two)


def partition(
    keysets: Mapping[Keyset, int],
    links: Collection[Link] = (),
    decisions: Decisions | None = None,
    conflict: Callable[[str, str], bool] | None = None,
) -> dict[str, str]:
    """The group of every key, named by the smallest key in it.

    ``keysets`` counts the local entities by their keys. People's word goes first, then what the
    documents state of one thing (more often stated goes first), then ``links``. ``conflict``
    tells pairs of keys that no link may bring together. Where a key has links to keys that
    conflict, or where equally strong links would bring together what conflicts, none of them
    counts, since nothing says which one is right.
    """
    decisions = decisions or Decisions()
    keys = {key for keyset in keysets for key in keyset}
    must: list[tuple[str, str]] = []
    cannot: list[tuple[str, str]] = []
    if decisions:
        for key in sorted(keys):
            for other, same in decisions.partners(key).items():
                if key < other and other in keys:
                    (must if same else cannot).append((key, other))
    cannot += _told_apart(keys, {key for pair in must for key in pair})
    groups = _Groups(keys, cannot)
    stated: Counter[tuple[str, str]] = Counter()
    for keyset, count in keysets.items():
        for key in keyset[1:]:
            stated[keyset[0], key] += count
    ordered = sorted(stated, key=lambda edge: (-stated[edge], edge)) if cannot else stated
    groups.join_all(sorted(must))
    groups.join_all(_valued(keys))
    groups.join_all(edge for edge in ordered if distinguishing(edge[1]))
    groups.join_all(_by_support(groups, stated))
    groups.join_all(ordered)
    by_strength = sorted(_unambiguous(links, conflict), key=lambda link: (-link.score, link))
    for _, level in groupby(by_strength, key=lambda link: link.score):
        _join_level(groups, list(level), conflict)
    return {
        key: smallest
        for members in groups.members.values()
        for smallest in (min(members),)
        for key in members
    }


def _told_apart(keys: Iterable[str], joined: Collection[str]) -> Iterator[tuple[str, str]]:
    """The keys with values that no one thing has both of, but for those that people ``joined``."""
    by_kind: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(keys):
        found = distinguishing(key)
        if found is not None and key not in joined:
            by_kind[found[0]].append(key)
    for some in by_kind.values():
        yield from (pair for pair in combinations(some, 2) if told_apart(*pair))


def _valued(keys: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of keys that are one name with values that do not contradict each other, the most
    precise values first."""
    by_name: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for key in keys:
        found = distinguishing(key)
        if found is not None:
            by_name[key.partition("|~")[0], found[0]].append((found[1], key))
    pairs = [
        (one, two)
        for some in by_name.values()
        for one, two in combinations(sorted(some), 2)
        if compatible(one[0], two[0])
    ]
    return [(one[1], two[1]) for one, two in sorted(pairs, key=lambda p: (-len(p[0][0]), p))]


def _by_support(
    groups: _Groups, stated: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, str]]:
    """Names and what documents state of them, the values of most documents first."""
    support: Counter[tuple[str, str]] = Counter()
    for (first, other), count in stated.items():
        if distinguishing(first) and not distinguishing(other):
            support[min(groups.members[groups.find(first)]), other] += count
    yield from sorted(support, key=lambda edge: (-support[edge], edge))


def _unambiguous(
    links: Collection[Link], conflict: Callable[[str, str], bool] | None
) -> Collection[Link]:
    """The links without those of keys that have links to keys that conflict."""
    if conflict is None or len(links) < 2:
        return links
    linked: defaultdict[str, list[str]] = defaultdict(list)
    for link in links:
        linked[link.one].append(link.two)
        linked[link.two].append(link.one)
    doubtful = {
        (key, other)
        for key, others in linked.items()
        for other in others
        if any(conflict(other, third) for third in others if third != other)
    }
    return [
        link
        for link in links
        if (link.one, link.two) not in doubtful and (link.two, link.one) not in doubtful
    ]


def _join_level(
    groups: _Groups, links: list[Link], conflict: Callable[[str, str], bool] | None
) -> None:
    """Join what links of one strength connect, unless there is a conflict in it."""
    from_root: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        one, two = groups.find(link.one), groups.find(link.two)
        if one != two and not groups.apart(one, two) and not _conflicts(groups, one, two, conflict):
            from_root[one].add(two)
            from_root[two].add(one)
    seen: set[str] = set()
    for start in sorted(from_root):
        if start in seen:
            continue
        found, stack = {start}, [start]
        while stack:
            for root in from_root[stack.pop()] - found:
                found.add(root)
                stack.append(root)
        seen |= found
        ordered = sorted(found)
        if len(ordered) == 2 or not any(
            groups.apart(one, two) or _conflicts(groups, one, two, conflict)
            for index, one in enumerate(ordered)
            for two in ordered[:index]
        ):
            for root in ordered[1:]:
                groups.join(start, root)


def _conflicts(
    groups: _Groups, one: str, two: str, conflict: Callable[[str, str], bool] | None
) -> bool:
    return conflict is not None and any(
        conflict(key, other) for key in groups.members[one] for other in groups.members[two]
    )
