"""Entities and their members, found in the lines of a file."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from document_graphs import SCHEMA, document_graph

from graph.export import DEFAULT_BASE, export
from graph.export.memory import DocumentGraphSource
from graph.rdf.gathering import Gathering
from graph.rdf.layout import Layout
from graph.resolution import members_of

NAMES = [
    *('A "q" \\ b', "C:\\users\\Uma", "tab\there", "艾达·洛夫莱斯", "a <b> . <c> d", "𠀀\\"),
    *("\x1e\x1f\x7f x", "it's"),
]
GRAPH = document_graph(
    "file:///a b.txt",
    {str(n): ("person", name) for n, name in enumerate(NAMES)} | {"d": ("date", "1843")},
    [("spouse", "0", "1"), ("born on", "0", "d")],
    values={"d": "1843"},
)


def shuffled(lines: list[str]) -> list[str]:
    some = [*lines, *lines[::3]]
    random.Random(5).shuffle(some)
    return some


def spaced(lines: list[str]) -> list[str]:
    return [f"  {line.replace('> ', '>	', 2)} # said" for line in lines]


WAYS: dict[str, Callable[[list[str]], list[str]]] = {
    "as written": lambda lines: lines,
    "in any order, some twice": shuffled,
    "with comments, blanks and tabs": lambda lines: ["# by hand", "", *spaced(lines)],
    "with tabs alone": lambda lines: [line.replace("> ", ">\t", 2) for line in lines],
    "without blanks": lambda lines: [line[:-2] + "." for line in lines],
    "with two blanks": lambda lines: [line.replace("> <", ">  <", 1) for line in lines],
    "with other line ends": lambda lines: [line + "\r" for line in lines],
    "with escapes": lambda lines: [line.replace("example", "ex\\u0061mple") for line in lines],
    "with facts in no graph": lambda lines: [*lines, '<a:b> <a:c> "d e" .', "<a:b> <a:c> <a:d> ."],
}


@pytest.mark.parametrize("way", WAYS)
def test_entities_are_found_however_a_file_is_written(way: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    export(DocumentGraphSource([GRAPH], SCHEMA), stream, "nquads", SCHEMA)
    lines = WAYS[way](stream.getvalue().decode().split("\n")[:-1])
    with Gathering(Layout(SCHEMA, DEFAULT_BASE), tmp_path) as gathering:
        for some in (lines[:40], lines[40:]):
            gathering.take("".join(line + "\n" for line in some).encode())
        found = list(gathering.entities())
    assert sorted((m for _, _, ms in found for m in ms), key=lambda m: m.local) == members_of(
        GRAPH, SCHEMA
    )
    names = {name for _, some, _ in found for name in some}
    assert names == {row.name for row in members_of(GRAPH, SCHEMA)}
