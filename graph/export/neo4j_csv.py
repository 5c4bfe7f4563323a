"""The property graph as CSV files for ``neo4j-admin database import full``.

The folder holds a file for each kind of node and relationship, and ``import.args``, the
arguments of the import::

    cd FOLDER && neo4j-admin database import full @import.args neo4j

The import tool splits lists at a delimiter that cannot be escaped. So lists are joined by
U+001F, the unit separator, which is made for that; where a text holds it, it becomes a space.
Text is quoted, numbers are not, and null is an empty field without quotes, so that null and the
empty string stay different.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from graph.export.property_graph import (
    EdgeTable,
    NodeTable,
    PropertyType,
    PropertyValue,
    View,
)
from graph.export.stats import Counter
from model.ontology.literals import clean

ARGUMENTS_FILE = "import.args"
LIST_DELIMITER = "\x1f"
_BATCH = 1000  # lines joined before a write


def write_csv(view: View, folder: Path, counter: Counter) -> None:
    """Writes ``nodes_*.csv``, ``relationships_*.csv`` and ``import.args`` into ``folder``."""
    arguments = []
    for node_table in view.node_tables:
        name = f"nodes_{node_table.name}.csv"
        _write(folder / name, _node_lines(node_table, view, counter))
        arguments.append(f"--nodes={name}")
    for edge_table in view.edge_tables:
        name = f"relationships_{edge_table.name}.csv"
        _write(folder / name, _edge_lines(edge_table, view, counter))
        arguments.append(f"--relationships={name}")
    arguments += ["--array-delimiter=U+001F", "--multiline-fields=true"]
    (folder / ARGUMENTS_FILE).write_text("\n".join(arguments) + "\n", encoding="utf-8")


def _node_lines(table: NodeTable, view: View, counter: Counter) -> Iterator[str]:
    yield ",".join([f"id:ID({table.space})", *header(table.properties), ":LABEL"])
    for id, labels, values in counter.counted(table.rows(view)):
        yield ",".join([field(id), *map(field, values), field(labels)])


def _edge_lines(table: EdgeTable, view: View, counter: Counter) -> Iterator[str]:
    ends = [f":START_ID({table.start})", f":END_ID({table.end})"]
    yield ",".join([*ends, *header(table.properties), ":TYPE"])
    for start, end, kind, values in counter.counted(table.rows(view)):
        yield ",".join([field(start), field(end), *map(field, values), field(kind)])


def header(properties: Sequence[tuple[str, PropertyType]]) -> Iterable[str]:
    """The names of columns."""
    return (f"{name}:{kind}" for name, kind in properties)


def field(value: PropertyValue) -> str:
    """``value`` as it stands in a line."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        # An empty list has no form of its own; as in Cypher, no property stands for none.
        return _quoted(LIST_DELIMITER.join(map(_element, value))) if value else ""
    return _quoted(value) if isinstance(value, str) else repr(value)


def _element(value: str | float) -> str:
    return value.replace(LIST_DELIMITER, " ") if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return '"' + clean(text).replace('"', '""') + '"'


def _write(path: Path, lines: Iterable[str]) -> None:
    # Not the csv module: before Python 3.12 it cannot tell null from the empty string.
    with path.open("w", encoding="utf-8", newline="") as stream:
        batch: list[str] = []
        for line in lines:
            batch.append(line)
            if len(batch) == _BATCH:
                stream.write("\n".join(batch) + "\n")
                batch.clear()
        if batch:
            stream.write("\n".join(batch) + "\n")
