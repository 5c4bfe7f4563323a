"""What the members of one canonical entity say in sum.

An entity carries its tally, so that a member is added or taken away exactly without reading the
others, however many there are. The size of a tally depends on the distinct names and key sets.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import TypeVar

from graph.resolution import Canonical, Member, canonical_of_counts
from model.schema import Schema

ValueT = TypeVar("ValueT", str, tuple[str, ...])

TALLY = "_tally"
"""The property of an entity that holds its tally."""


@dataclass(slots=True)
class Tally:
    """Counts over members; ``keysets`` counts the key tuples they have."""

    types: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    aliases: Counter[str] = field(default_factory=Counter)
    datatypes: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    keysets: Counter[tuple[str, ...]] = field(default_factory=Counter)

    @property
    def members(self) -> int:
        return self.keysets.total()

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(key for keyset in self.keysets for key in keyset)

    def add(self, member: Member) -> None:
        self._change(member, 1)

    def remove(self, member: Member) -> None:
        self._change(member, -1)

    def update(self, other: Tally) -> None:
        for item in fields(Tally):
            getattr(self, item.name).update(getattr(other, item.name))

    def copy(self) -> Tally:
        result = Tally()
        result.update(self)
        return result

    def canonical(self, schema: Schema, keys: Collection[str] = ()) -> Canonical:
        """The entity that the members make; ``keys`` are its own, all of theirs by default."""
        return canonical_of_counts(
            keys=keys or self.keys,
            types=self.types,
            names=self.names,
            aliases=self.aliases.keys(),
            datatypes=self.datatypes.keys(),
            values=self.values.keys(),
            schema=schema,
        )

    def encode(self) -> str:
        """As JSON; equal tallies give equal text."""
        data = {name: sorted(counts.items()) for name in _FIELDS if (counts := getattr(self, name))}
        return _encoded(data)

    @classmethod
    def decode(cls, text: str) -> Tally:
        data = json.loads(text)
        result = cls()
        for item in fields(cls):
            counts = getattr(result, item.name)
            for value, count in data.get(item.name, ()):
                counts[tuple(value) if isinstance(value, list) else value] = count
        return result

    def _change(self, member: Member, step: int) -> None:
        _shift(self.types, member.type, step)
        _shift(self.names, member.name, step)
        if member.datatype is not None:
            _shift(self.datatypes, member.datatype, step)
        if member.value is not None:
            _shift(self.values, member.value, step)
        for alias in {member.name, *member.names}:
            _shift(self.aliases, alias, step)
        _shift(self.keysets, member.keys, step)


_FIELDS = tuple(item.name for item in fields(Tally))
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _shift(counts: Counter[ValueT], value: ValueT, step: int) -> None:
    counts[value] += step
    if not counts[value]:
        del counts[value]
