"""YAML read into plain values that know their lines.

Scalars stay text, but for ``true``, ``false`` and ``null``: a type named ``no`` or ``2020`` is a
name. Anchors, aliases and tags are refused, nesting and size are bounded, so that no file can
blow up; the parser's events are read without recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from model.schema_check import Problem

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 20
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = {"true": True, "false": False, "null": None, "~": None, "": None}


class YamlProblem(Exception):  # noqa: N818 - carries a Problem, is turned into SchemaError
    """The text is no YAML, or YAML that is refused."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(frozen=True, slots=True)
class Node:
    """``value`` is str, bool, None, ``list[Node]`` or ``dict[str, Node]``; lines count from 1.

    ``line`` is where the value begins, for values of a mapping where its key stands.
    """

    value: Any
    line: int

    @property
    def kind(self) -> str:
        """What the value is, in words."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list"
        if isinstance(self.value, bool):
            return "true or false"
        return "nothing" if self.value is None else "text"


def parse(text: str) -> Node:
    """The document in ``text``. Raises YamlProblem."""
    if len(text) > MAX_CHARACTERS:
        raise YamlProblem(Problem((), f"the file has more than {MAX_CHARACTERS:,} characters"))
    if not text.isascii() and _HALF_PAIR.search(text):
        raise YamlProblem(Problem((), "half a surrogate pair is no character"))
    # Open collections: the container, the line it began, for mappings the key read last.
    stack: list[tuple[Any, int, tuple[str, int] | None]] = []
    root: Node | None = None
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise YamlProblem(Problem((), "anchors and aliases are not supported", line))
            tag = getattr(event, "tag", None)
            if tag not in (None, "!"):
                raise YamlProblem(Problem((), f"the tag '{tag}' is not supported", line))
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise YamlProblem(Problem((), "a second document begins here", line))
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) == MAX_DEPTH:
                    raise YamlProblem(Problem((), f"nested deeper than {MAX_DEPTH}", line))
                container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                stack.append((container, line, None))
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                container, began, _ = stack.pop()
                node = Node(container, began)
            elif isinstance(event, yaml.ScalarEvent):
                plain = event.implicit[0] and not event.style
                node = Node(_PLAIN.get(event.value, event.value) if plain else event.value, line)
            else:
                continue
            if not stack:
                root = node
                continue
            stack[-1] = _added(stack[-1], node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in str(error.problem):  # libyaml looks ahead and has a limit of its own
            message = f"nested deeper than {MAX_DEPTH}"
        else:
            message = "not valid YAML: " + " ".join(filter(None, (error.context, error.problem)))
        raise YamlProblem(Problem((), message, mark.line + 1 if mark else None)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlProblem(Problem((), f"not valid YAML: {error.reason}", line)) from None
    return root if root is not None else Node(None, 1)


def _added(
    top: tuple[Any, int, tuple[str, int] | None], node: Node
) -> tuple[Any, int, tuple[str, int] | None]:
    container, began, key = top
    if isinstance(container, list):
        container.append(node)
        return top
    if key is None:
        if not isinstance(node.value, str):
            raise YamlProblem(Problem((), f"a key must be text, this is {node.kind}", node.line))
        if node.value in container:
            first = container[node.value].line
            message = f"the name '{node.value}' is used twice (first in line {first})"
            raise YamlProblem(Problem((), message, node.line))
        return container, began, (node.value, node.line)
    container[key[0]] = Node(node.value, key[1])
    return container, began, None


def locate(root: Node, problem: Problem) -> Problem:
    """``problem`` with its line, its key cut to the part that is written in the file."""
    node, depth = root, 0
    for part in problem.key:
        match node.value, part:
            case dict() as items, str() if part in items:
                node = items[part]
            case list() as items, int() if part < len(items):
                node = items[part]
            case _:
                break
        depth += 1
    return Problem(problem.key[:depth], problem.message, node.line)
