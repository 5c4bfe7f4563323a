"""All that decides which keys are of one thing: people's decisions and links between names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from graph.resolution import Member
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker
from graph.resolving.partition import Keyset, partition


@dataclass(frozen=True, slots=True)
class Rules:
    """Without a ``linker``, keys are of one thing where documents or people say so.

    ``full`` are the blocks that are full because of keys elsewhere.
    """

    decisions: Decisions = field(default_factory=Decisions)
    linker: Linker | None = None
    full: frozenset[str] = frozenset()

    def groups(self, keysets: Mapping[Keyset, int]) -> Groups:
        """What the components to which these keys belong become; they must be all there."""
        if self.linker is None:
            return Groups(partition(keysets, (), self.decisions), {})
        links = self.linker.links((key for keyset in keysets for key in keyset), self.full)
        group_of = partition(keysets, links, self.decisions, self.linker.conflict)
        cut: defaultdict[str, set[str]] = defaultdict(set)
        for link in links:
            if group_of[link.one] != group_of[link.two]:
                cut[link.one].add(link.two)
                cut[link.two].add(link.one)
        return Groups(group_of, cut)


@dataclass(frozen=True, slots=True)
class Groups:
    """``of`` names the group of each key; ``cut`` has the keys that it is linked to in others."""

    of: Mapping[str, str]
    cut: Mapping[str, Collection[str]]


def clusters(members: Iterable[Member], rules: Rules) -> list[tuple[frozenset[str], list[Member]]]:
    """The canonical entities that all ``members`` make, each with its own keys; sorted."""
    ordered = [
        rules.decisions.applied(member)
        for member in sorted(members, key=lambda member: (member.document_id, member.local))
    ]
    counts: defaultdict[Keyset, int] = defaultdict(int)
    for member in ordered:
        counts[member.keys] += 1
    groups = rules.groups(counts)
    found: defaultdict[str, list[Member]] = defaultdict(list)
    for member in ordered:
        found[groups.of[member.keys[0]]].append(member)
    return [
        (
            frozenset(k for member in some for k in member.keys if groups.of[k] == group),
            some,
        )
        for group, some in found.items()
    ]
