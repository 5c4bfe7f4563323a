"""Which entities a change of some documents makes, changes, merges, splits and removes.

Pure: works on what was read from the store and says what to write. Entities are groups of keys
(`graph.resolving.partition`); the plan finds the groups that the change touches and gives each a
stored node where there is one, so that little has to be moved.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from graph.resolution import Member, distinguishing, key_id
from graph.resolving.links import Linker
from graph.resolving.rules import Rules
from graph.store.tally import Tally

CUT = "_cut"
"""The property of an entity that names the keys that its own are linked to in others."""


@dataclass(eq=False, slots=True)
class Node:
    """An entity as it is stored before the change. ``cluster`` is None if it goes.

    ``element`` is the id that the database gave the node, where it has such ids.
    """

    id: str
    labels: tuple[str, ...]  # sorted
    tally: Tally
    properties: Mapping[str, Any] = field(default_factory=dict)
    cluster: Cluster | None = None
    element: str = ""


@dataclass(eq=False, slots=True)
class Cluster:
    """An entity as it will be. ``keys`` are its own, ``node`` is None if it is new.

    Its members may have further keys, which belong to another entity where people say so.
    ``cut`` are keys of others that its keys are linked to.
    """

    keys: frozenset[str]
    cut: frozenset[str] = frozenset()
    tally: Tally = field(default_factory=Tally)
    node: Node | None = None


@dataclass(slots=True)
class Plan:
    """``place`` says where the members go that are written or moved."""

    nodes: Sequence[Node]
    clusters: Sequence[Cluster]
    place: Mapping[tuple[str, str], Cluster]
    moved: Sequence[tuple[Member, Node, Cluster]]

    def cluster_of(self, document_id: str, local: str, node: Node) -> Cluster:
        """Where a member that was on ``node`` is now."""
        moved = self.place.get((document_id, local))
        if moved is not None:
            return moved
        assert node.cluster is not None, "a node that goes has no members left"
        return node.cluster


class NameIndex(Protocol):
    """The stored keys by their blocks."""

    def sizes(self, blocks: Collection[str]) -> Mapping[str, int]:
        """How many keys each block has; empty ones may be left out."""

    def keys(self, blocks: Collection[str]) -> Mapping[str, Collection[str]]:
        """The keys of each block; empty ones may be left out."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The entities that a change may touch, in order and by id, and the rules that hold after."""

    nodes: Sequence[Node]
    by_id: Mapping[str, Node]
    rules: Rules


def gather_nodes(
    find: Callable[[Collection[str], Collection[str]], Iterable[Node]],
    index: NameIndex,
    rules: Rules,
    *,
    keys: Collection[str] = (),
    ids: Collection[str] = (),
    removed: Iterable[tuple[Member, str]] = (),
    added: Iterable[Member] = (),
) -> Gathered:
    """The entities that have one of ``keys`` or ``ids``, or that a change of members touches.

    ``removed`` members go from the entities with these ids, ``added`` ones come. With their
    entities come all that ``rules`` join to them, or would but for another of them, before the
    change and after. ``find`` gives the entities for keys and ids.
    """
    removed, added = list(removed), list(added)
    nodes: dict[str, Node] = {}
    seen: set[str] = set()
    wanted = {*keys, *(key for member in added for key in member.keys)}
    ids = {*ids, *(id for _, id in removed)}
    blocks = _Blocks(rules.linker, index) if rules.linker is not None else None
    changed = removed or added
    while wanted or ids:
        seen |= wanted
        further: set[str] = set()
        for node in find(wanted, ids):
            if node.id not in nodes:
                nodes[node.id] = node
                wanted |= node.tally.keys
                further.update(node.properties.get(CUT) or ())
                if any(map(distinguishing, node.tally.keys)):  # others may have the same names
                    further |= node.tally.keys
        if blocks is not None and changed:
            further |= blocks.touched(*_key_changes(nodes.values(), removed, added))
            changed = []
        if rules.decisions:
            further |= {other for key in wanted for other in rules.decisions.partners(key)}
        ids = ()
        wanted = further - seen
    if blocks is not None:
        present = {key for node in nodes.values() for key in node.tally.keys}
        present.update(key for member in added for key in member.keys)
        rules = replace(rules, full=blocks.full(present))
    return Gathered([nodes[id] for id in sorted(nodes)], nodes, rules)


def _key_changes(
    nodes: Iterable[Node], removed: Iterable[tuple[Member, str]], added: Iterable[Member]
) -> tuple[set[str], set[str]]:
    """The keys that come into the graph and those that go; ``nodes`` have all that change."""
    keysets: Counter[tuple[str, ...]] = Counter()
    for node in nodes:
        keysets.update(node.tally.keysets)
    before = {key for keyset in keysets for key in keyset}
    keysets.subtract(member.keys for member, _ in removed)
    keysets.update(member.keys for member in added)
    after = {key for keyset, count in keysets.items() if count > 0 for key in keyset}
    return after - before, before - after


class _Blocks:
    """What a change does to the blocks of names, and so to the links of other keys."""

    def __init__(self, linker: Linker, index: NameIndex) -> None:
        self._linker = linker
        self._index = index
        self._after: dict[str, int] = {}

    def touched(self, come: Collection[str], gone: Collection[str]) -> set[str]:
        """The stored keys to which links come, or from which they go, as these keys change.

        Links of keys that go are known to their entities. A block that becomes full takes the
        links in it away, and gives them back when it no longer is.
        """
        change: defaultdict[str, int] = defaultdict(int)
        for some, step in ((come, 1), (gone, -1)):
            for key in some:
                for block in self._linker.blocks(key):
                    change[block] += step
        before = self._index.sizes(change.keys())
        most = self._linker.max_block
        self._after |= {block: before.get(block, 0) + step for block, step in change.items()}
        was_full = {block for block in change if before.get(block, 0) > most}
        is_full = {block for block in change if self._after[block] > most}
        stored = {
            block: set(keys).difference(gone)
            for block, keys in self._index.keys(change.keys() - (was_full & is_full)).items()
        }
        near = {*come, *(key for block in was_full ^ is_full for key in stored.get(block, ()))}
        links = self._linker.links_between(near, stored)
        return {key for link in links for key in (link.one, link.two)}.difference(come)

    def full(self, keys: Collection[str]) -> frozenset[str]:
        """The blocks with more than one of ``keys`` that are full after the change."""
        counts = Counter(block for key in keys for block in self._linker.blocks(key))
        several = {block for block, count in counts.items() if count > 1}
        self._after |= self._index.sizes(several - self._after.keys())
        return frozenset(b for b in several if self._after.get(b, 0) > self._linker.max_block)


def make_plan(
    documents: Collection[str],
    nodes: Sequence[Node],
    old: Iterable[tuple[Member, Node]],
    new: Sequence[Member],
    read_members: Callable[[Node], Iterable[Member]],
    barred: Collection[Node] = (),
    rules: Rules | None = None,
    rekeyed: Sequence[tuple[Member, Node, Member]] = (),
) -> Plan:
    """The plan for replacing the members ``old`` of ``documents`` (their ids) by ``new``.

    ``rekeyed`` members stay in the graph, on the node that they are on or on another, with
    other keys: (as it was, its node, as it will be).

    ``nodes`` and ``rules`` are what `gather_nodes` gives for the change.
    ``read_members`` gives all members of a node; it is called for those alone that are split
    or merged into another. ``barred`` nodes serve no longer; their members move.
    """
    old = list(old)
    remaining: dict[Node, Tally] = {node: node.tally.copy() for node in nodes}
    for member, node in old:
        remaining[node].remove(member)
    for member, node, _ in rekeyed:
        remaining[node].remove(member)

    later = [*new, *(member for _, _, member in rekeyed)]
    by_key = clusters_by_key([t.keysets for t in remaining.values()], later, rules or Rules())
    clusters = sorted({id(c): c for c in by_key.values()}.values(), key=_smallest)
    for node in nodes:
        node.cluster = None
    _assign([node for node in nodes if node not in barred], remaining, by_key)

    place: dict[tuple[str, str], Cluster] = {}
    moved: list[tuple[Member, Node, Cluster]] = []
    for _, node, member in rekeyed:
        cluster = by_key[member.keys[0]]
        cluster.tally.add(member)
        place[member.document_id, member.local] = cluster
        if cluster is not node.cluster:
            moved.append((member, node, cluster))
    handled = set(place)
    for node in nodes:
        staying = remaining[node]
        if any(by_key[keyset[0]] is not node.cluster for keyset in staying.keysets):
            for member in read_members(node):
                if member.document_id in documents or (member.document_id, member.local) in handled:
                    continue
                cluster = by_key[member.keys[0]]
                if cluster is node.cluster:
                    continue
                staying.remove(member)
                cluster.tally.add(member)
                place[member.document_id, member.local] = cluster
                moved.append((member, node, cluster))
        if node.cluster is not None:
            node.cluster.tally.update(staying)
    for member in new:
        cluster = by_key[member.keys[0]]
        cluster.tally.add(member)
        place[member.document_id, member.local] = cluster
    return Plan(nodes=nodes, clusters=clusters, place=place, moved=moved)


def clusters_by_key(
    stored: Iterable[Counter[tuple[str, ...]]],
    new: Iterable[Member],
    rules: Rules,
) -> dict[str, Cluster]:
    """The cluster to which each key belongs, if a member of it has that key."""
    keysets: Counter[tuple[str, ...]] = Counter()
    for counts in stored:
        keysets.update(counts)
    keysets.update(member.keys for member in new)
    groups = rules.groups(keysets)
    own: defaultdict[str, set[str]] = defaultdict(set)
    cut: defaultdict[str, set[str]] = defaultdict(set)
    for keyset in keysets:
        group = groups.of[keyset[0]]
        own[group].update(key for key in keyset if groups.of[key] == group)
        if groups.cut:
            cut[group].update(far for key in keyset for far in groups.cut.get(key, ()))
    clusters = {
        group: Cluster(frozenset(keys), frozenset(cut[group])) for group, keys in own.items()
    }
    return {key: cluster for cluster in clusters.values() for key in cluster.keys}


def _smallest(cluster: Cluster) -> str:
    return min(cluster.keys)


def _assign(
    nodes: Sequence[Node], remaining: Mapping[Node, Tally], by_key: Mapping[str, Cluster]
) -> None:
    """Give each cluster the stored node with most of its members, where there is one."""
    shares: list[tuple[int, bool, str, str, Node, Cluster]] = []
    for node in nodes:
        weight: Counter[Cluster] = Counter()
        for keyset, count in remaining[node].keysets.items():
            weight[by_key[keyset[0]]] += count
        for key in node.tally.keys:  # a node that only this document is on may serve again
            if key in by_key:
                weight[by_key[key]] += 0
        for cluster, count in weight.items():
            same = key_id(_smallest(cluster)) == node.id
            shares.append((-count, not same, node.id, _smallest(cluster), node, cluster))
    for _, _, _, _, node, cluster in sorted(shares, key=lambda share: share[:4]):
        if node.cluster is None and cluster.node is None:
            node.cluster = cluster
            cluster.node = node
