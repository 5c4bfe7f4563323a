"""Spans that refer to entities, what is stated of them, and groups of them that are one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from graph import names
from graph.reference import Reference


@dataclass(slots=True, eq=False)
class Node:
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
    parent: Node | None = None

    @property
    def type(self) -> str:
        return min(self.votes, key=lambda name: (-self.votes[name], name))

    @property
    def confidence(self) -> float:
        return max(self.votes.values())

    @property
    def named(self) -> bool:
        return self.datatype is not None or bool(self.form)

    def top(self) -> Node:
        node = self
        while node.parent is not None:
            node = node.parent
        return node


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation or event as annotated, its ends as nodes."""

    chunk: int
    type: str
    confidence: float
    head: Node | None = None
    tail: Node | None = None
    start: int = 0
    end: int = 0
    arguments: tuple[tuple[str, Node, float], ...] = ()


def position(node: Node) -> tuple[int, int]:
    """What nodes are sorted by: their place in the text."""
    return (node.start, node.end)


def join(one: Node, two: Node) -> None:
    """Makes two groups one; its top is the node that comes first in the text."""
    first, second = sorted((one.top(), two.top()), key=position)
    if first is not second:
        second.parent = first


def groups_of(nodes: Iterable[Node]) -> dict[Node, list[Node]]:
    """The nodes with a name, by their tops."""
    groups: dict[Node, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.form:
            groups[node.top()].append(node)
    return groups
