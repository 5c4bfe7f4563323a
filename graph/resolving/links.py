"""Which identity keys are held to name one thing though they are not equal.

A link is decided from its two keys, each a type and a normalised name, and from whether a block
that has both is full: a full one, with more keys than `Linker.max_block`, brings none together. So
links depend on which keys there are and on nothing else: a key that goes takes its links with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import numpy as np

from graph.names import Family
from graph.resolution import family_of, root_of, told_apart
from graph.resolving.blocking import MAX_BLOCK, blocks, blocks_across
from graph.resolving.comparing import conflict
from graph.resolving.partition import Link
from graph.resolving.profiles import Profile, profile
from graph.resolving.scoring import Scorer, default_scorer
from model.schema import Schema


def forget_names(linker: Linker) -> None:
    """Free what is remembered of names taken apart, when many more come that are others."""
    linker.blocks.cache_clear()
    profile.cache_clear()


class Linker:
    """Finds the links between keys of one schema's types.

    ``max_block`` is the number of keys from which on a block that has more of them says nothing:
    of sixty ``John ... Smith``s none is the one of whom a text says ``John Smith``.
    """

    def __init__(
        self, schema: Schema, scorer: Scorer | None = None, max_block: int = MAX_BLOCK
    ) -> None:
        self.scorer = scorer or default_scorer()
        self.max_block = max_block
        self.blocks = lru_cache(maxsize=65536)(self._blocks_of)
        self._families: dict[str, Family] = {}
        for kind in schema.entities:
            if kind.datatype is None:
                root = root_of(kind.name, schema)
                self._families[root.casefold()] = family_of(root, schema)

    def profile(self, key: str) -> Profile | None:
        """The profile of a key's name; None for literals and for keys that nothing links to.

        These are the keys of one document alone, and those that people told from others.
        """
        root, _, form = key.partition("|")
        family = self._families.get(root)
        return None if family is None or "~" in form else profile(form, family)

    def _blocks_of(self, key: str) -> tuple[str, ...]:
        """The blocking keys of a key; keys with one in common are compared."""
        found = self.profile(key)
        root = key.partition("|")[0]
        if found is None:
            return ()
        return tuple(f"{root}|{block}" for block in (*blocks(found), *blocks_across(found)))

    def links(self, keys: Iterable[str], full: Collection[str] = ()) -> list[Link]:
        """All links among ``keys``, sorted. ``full`` are blocks that have more keys than these."""
        by_block: defaultdict[str, list[str]] = defaultdict(list)
        for key in sorted(set(keys)):
            for block in self.blocks(key):
                by_block[block].append(key)
        pairs = {
            (one, two)
            for block, some in by_block.items()
            if 1 < len(some) <= self.max_block and block not in full
            for index, two in enumerate(some)
            for one in some[:index]
        }
        return self.decide(pairs)

    def links_between(
        self, keys: Collection[str], known: Mapping[str, Collection[str]]
    ) -> list[Link]:
        """The links of ``keys`` to those that ``known`` has under their blocking keys."""
        pairs = {
            (min(key, other), max(key, other))
            for key in keys
            for block in self.blocks(key)
            for other in known.get(block, ())
            if other != key
        }
        return self.decide(pairs)

    def decide(self, pairs: Collection[tuple[str, str]]) -> list[Link]:
        """The links among ``pairs`` of keys, the smaller first, sorted."""
        by_family: defaultdict[Family, list[tuple[str, str]]] = defaultdict(list)
        for one, two in sorted(pairs):
            first = self.profile(one)
            if first is not None and not self.conflict(one, two):
                by_family[first.family].append((one, two))
        found: list[Link] = []
        for some in by_family.values():
            names = sorted({key for pair in some for key in pair})
            number = {key: index for index, key in enumerate(names)}
            profiles = [p for p in map(self.profile, names) if p is not None]
            rows = np.array([(number[one], number[two]) for one, two in some])
            chances = self.scorer.probabilities(profiles, rows)
            found += [
                Link(one, two, float(chance))
                for (one, two), chance in zip(some, chances, strict=True)
                if chance >= self.scorer.accept
            ]
        return sorted(found)

    def conflict(self, one: str, two: str) -> bool:
        """Whether two keys tell different things apart by their values or by their names, see
        `comparing.conflict`."""
        if told_apart(one, two):
            return True
        first, second = self.profile(one), self.profile(two)
        return (
            first is not None
            and second is not None
            and first.family == second.family
            and conflict(first, second)
        )
