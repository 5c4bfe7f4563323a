"""What people decide about a graph, and models for them, as constraints that outlive any build.

A decision is anchored to content: identity keys (`graph.resolution.entity_keys`) and, where one
key must be told apart from itself, documents. So it holds for what is ingested later, for new
versions of documents and for other extractors; where its keys are not in the graph it rests. The
graph is a function of the documents and the decisions, so undoing one gives the graph as it
would be without it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

from graph.resolution import Member

Kind = Literal["merge", "split", "rename", "retype", "reject"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class DecisionError(ValueError):
    """A decision that says nothing, or a file that holds none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; ``left`` and ``right`` are identity keys.

    - ``merge``: what has a key of ``left`` and what has a key of ``right`` are one thing.
    - ``split`` with ``right``: no thing has a key of ``left`` and one of ``right``. A local
      entity that has both goes with its first key.
    - ``split`` with ``documents``: what these documents mean by a key of ``left`` is another
      thing than what the rest means by it.
    - ``rename``: what has a key of ``left`` is shown under the name ``value``.
    - ``retype``: what has a key of ``left`` is of the type ``value``.
    - ``reject``: what is stated as a relationship of type ``value`` from a thing with a key of
      ``left`` to one with a key of ``right`` is not so.

    ``made_at`` is ISO 8601. ``source`` is the model that decided, empty for a person. Of decisions
    that contradict each other a person's holds before a model's, then the later one.
    """

    kind: Kind
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    value: str = ""
    documents: tuple[str, ...] = ()
    made_at: str = ""
    note: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DecisionError(f"{self.kind!r} is no kind of decision; known: {', '.join(KINDS)}")
        for name in ("left", "right", "documents"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        needs = {
            "merge": bool(self.right),
            "split": bool(self.right) != bool(self.documents),
            "reject": bool(self.right and self.value),
        }
        if not self.left or not needs.get(self.kind, bool(self.value)):
            raise DecisionError(f"a decision to {self.kind} needs more than {asdict(self)}")
        if self.kind == "split" and set(self.left) & set(self.right):
            raise DecisionError("a split needs two sides that have no name in common")

    @property
    def id(self) -> str:
        """16 hex digits that depend on what is decided, not on when, why or by whom."""
        said = [self.kind, self.left, self.right, self.value, self.documents]
        text = json.dumps(said, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.left, *self.right)

    def as_dict(self) -> dict[str, Any]:
        """For files: JSON-able, `decision_of` reads it."""
        return {"id": self.id} | {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value
        }


def decision_of(data: Mapping[str, Any]) -> Decision:
    """The decision that `Decision.as_dict` wrote.

    Raises:
        DecisionError: ``data`` is none.
    """
    fields = {name: value for name, value in data.items() if name != "id"}
    try:
        for name in ("left", "right", "documents"):
            found = fields.get(name, ())
            if isinstance(found, str) or not all(isinstance(item, str) for item in found):
                raise DecisionError(f"{name!r} of a decision is a list of texts")
            fields[name] = tuple(found)
        return Decision(**fields)
    except TypeError as error:
        raise DecisionError(f"no decision: {data!r}") from error


class Decisions:
    """A set of decisions, indexed by what they speak of. Immutable."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        unique = {decision.id: decision for decision in decisions}
        self.all: tuple[Decision, ...] = tuple(sorted(unique.values(), key=_standing))

    def __bool__(self) -> bool:
        return bool(self.all)

    def with_(self, decision: Decision) -> Decisions:
        return Decisions((*self.without(decision.id).all, decision))

    def without(self, decision_id: str) -> Decisions:
        return Decisions(d for d in self.all if d.id != decision_id)

    @cached_property
    def stamp(self) -> str:
        """Changes whenever the decisions do; empty where there are none."""
        if not self.all:
            return ""
        text = json.dumps([d.as_dict() for d in self.all], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    # --- clusters ------------------------------------------------------------------------------

    @cached_property
    def _pairs(self) -> dict[frozenset[str], bool]:
        """Pairs of keys that must (True) or cannot (False) be of one thing."""
        found: dict[frozenset[str], bool] = {}
        for decision in self.all:  # so ordered that the later one holds
            if decision.kind == "merge":
                one = decision.left[0]
                for key in (*decision.left[1:], *decision.right):
                    if key != one:
                        found[frozenset((one, key))] = True
            elif decision.kind == "split" and decision.right:
                for one in decision.left:
                    for key in decision.right:
                        found[frozenset((one, key))] = False
        return found

    @cached_property
    def _partners(self) -> dict[str, dict[str, bool]]:
        found: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        for pair, same in self._pairs.items():
            one, two = sorted(pair)
            found[one][two] = found[two][one] = same
        return found

    def partners(self, key: str) -> Mapping[str, bool]:
        """The keys that must (True) or cannot (False) be of one thing with ``key``."""
        return self._partners.get(key, {})

    @cached_property
    def _senses(self) -> tuple[Decision, ...]:
        return tuple(d for d in self.all if d.kind == "split" and d.documents)

    def applied(self, member: Member) -> Member:
        """``member`` with the keys that it has by the splits that name its document."""
        keys = member.keys
        for decision in self._senses:
            if member.document_id in decision.documents and set(keys) & set(decision.left):
                keys = tuple(_sense(key, decision) for key in keys)
        return member if keys == member.keys else replace(member, keys=keys)

    def senses(self, keys: Collection[str]) -> set[str]:
        """``keys``, and what they become in documents that mean something else by them."""
        found = set(keys)
        for decision in self._senses:
            if found & set(decision.left):
                found |= {_sense(key, decision) for key in found}
        return found

    # --- what things are called and are ----------------------------------------------------------

    @cached_property
    def _values(self) -> dict[tuple[Kind, str], Decision]:
        """The last decision to rename or retype a key."""
        return {(d.kind, key): d for d in self.all if d.kind != "reject" for key in d.left}

    def value(self, kind: Literal["rename", "retype"], keys: Collection[str]) -> str | None:
        """What was decided last about the name or the type of a thing with ``keys``."""
        if not self.all:
            return None
        found = {self._values[kind, key] for key in keys if (kind, key) in self._values}
        return max(found, key=_standing).value if found else None

    # --- facts -----------------------------------------------------------------------------------

    @cached_property
    def _rejected(self) -> dict[tuple[str, str], list[frozenset[str]]]:
        found: defaultdict[tuple[str, str], list[frozenset[str]]] = defaultdict(list)
        for decision in self.all:
            if decision.kind == "reject":
                for key in decision.left:
                    found[decision.value, key].append(frozenset(decision.right))
        return found

    @property
    def has_rejected(self) -> bool:
        return bool(self._rejected)

    def rejects(self, kind: str, head: Collection[str], tail: Collection[str]) -> bool:
        """Whether a relationship of type ``kind`` between things with these keys is rejected."""
        return any(
            not right.isdisjoint(tail)
            for key in head
            for right in self._rejected.get((kind, key), ())
        )


def _standing(decision: Decision) -> tuple[bool, str, str]:
    """The order in which decisions overrule each other; the last one holds."""
    return not decision.source, decision.made_at, decision.id


def _sense(key: str, decision: Decision) -> str:
    return f"{key}|~{decision.id[:8]}"
