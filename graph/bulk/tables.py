"""The files of an import: one for each kind of node and relationship of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from graph.export.neo4j_csv import field
from graph.store.facts import EVIDENCE_LISTS
from graph.store.imported import UNFINISHED
from graph.store.naming import ENTITY_KEY, NAME_BLOCK
from graph.store.plan import CUT
from graph.store.search import SEARCH
from graph.store.tally import TALLY
from ingest.closing import Closing

Kind = Literal["string", "long", "double", "boolean", "string[]", "long[]", "double[]"]
Properties = Mapping[str, Kind]

_EVIDENCE: Properties = {
    name: "double[]"
    if name == "evidence_confidence"
    else "long[]"
    if name.endswith(("_start", "_end"))
    else "string[]"
    for name in EVIDENCE_LISTS
}
_PLACE: Properties = {"start": "long", "end": "long", "confidence": "double"}


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes whose ``id`` is unique in ``space``; ``properties`` are all but that."""

    space: str
    properties: Properties

    def header(self) -> list[str]:
        return [f"id:ID({self.space})", *_columns(self.properties), ":LABEL"]


@dataclass(frozen=True, slots=True)
class Relationships:
    """Relationships from nodes of the space ``start`` to nodes of the space ``end``."""

    start: str
    end: str
    properties: Properties

    def header(self) -> list[str]:
        ends = [f":START_ID({self.start})", f":END_ID({self.end})"]
        return [*ends, *_columns(self.properties), ":TYPE"]


def _columns(properties: Properties) -> Iterable[str]:
    return (f"{name}:{kind}" for name, kind in properties.items())


NODES: Mapping[str, Nodes] = {
    "documents": Nodes(
        "Document",
        {
            "date": "string",
            "uri": "string",
            "source": "string",
            "media_type": "string",
            "language": "string",
            "title": "string",
            "sha256": "string",
            "length": "long",
            "mark_kinds": "string[]",
            "mark_starts": "long[]",
            "mark_labels": "string[]",
            "metadata_keys": "string[]",
            "metadata_values": "string[]",
            "pipeline": "string",
            "ingested_at": "string",
            "facts": "string[]",
        },
    ),
    "chunks": Nodes("Chunk", {"index": "long", "start": "long", "end": "long", "text": "string"}),
    "entities": Nodes(
        "Entity",
        {
            "name": "string",
            "aliases": "string[]",
            "type": "string",
            "support": "long",
            "datatype": "string",
            "value": "string",
            TALLY: "string",
            SEARCH: "string",
            CUT: "string[]",
        },
    ),
    "events": Nodes(
        "Event",
        {"type": "string", "document": "string", "trigger": "string", **_PLACE, "date": "string"},
    ),
    "keys": Nodes(ENTITY_KEY, {"key": "string"}),
    "blocks": Nodes(NAME_BLOCK, {"block": "string", "size": "long", "keys": "string[]"}),
    "settings": Nodes(
        "GraphSettings", {"version": "long", "schema": "string", UNFINISHED: "boolean"}
    ),
}

RELATIONSHIPS: Mapping[str, Relationships] = {
    "part_of": Relationships("Chunk", "Document", {}),
    "members": Relationships(
        "Document",
        "Entity",
        {
            "local": "string",
            "type": "string",
            "name": "string",
            "names": "string[]",
            "keys": "string[]",
            "datatype": "string",
            "value": "string",
        },
    ),
    "mentions": Relationships("Chunk", "Entity", {**_PLACE, "text": "string", "local": "string"}),
    "event_mentions": Relationships("Chunk", "Event", {**_PLACE, "text": "string"}),
    "arguments": Relationships("Event", "Entity", {"confidence": "double", "local": "string"}),
    "relations": Relationships(
        "Entity",
        "Entity",
        {
            "confidence": "double",
            "support": "long",
            **_EVIDENCE,
            "conflict": "boolean",
        },
    ),
    "key_of": Relationships(ENTITY_KEY, "Entity", {}),
}

ARGUMENTS_FILE = "import.args"


class Tables(Closing):
    """All files of an import, open to be written in ``folder``; ``rows`` counts what they hold."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        self._open = ExitStack()
        self._streams: dict[str, TextIO] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        tables: Mapping[str, Nodes | Relationships] = {**NODES, **RELATIONSHIPS}
        for name, table in tables.items():
            path = folder / f"{_prefix(name)}_{name}.csv"
            stream = path.open("w", encoding="utf-8", newline="\n")
            self._streams[name] = self._open.enter_context(stream)
            stream.write(",".join(table.header()) + "\n")
            self._names[name] = tuple(table.properties)

    def node(self, table: str, properties: Mapping[str, Any], labels: Iterable[str]) -> None:
        """Write a node."""
        self._write(table, (properties["id"],), properties, tuple(labels))

    def relationship(
        self, table: str, start: str, end: str, kind: str, properties: Mapping[str, Any]
    ) -> None:
        """Write a relationship."""
        self._write(table, (start, end), properties, kind)

    def _write(
        self,
        table: str,
        ids: tuple[str, ...],
        properties: Mapping[str, Any],
        last: str | tuple[str, ...],
    ) -> None:
        names = self._names[table]
        unknown = properties.keys() - names - {"id"}
        if unknown:  # a property of the store that an import would lose
            raise ValueError(f"{table} have no columns {sorted(unknown)}")
        values = [*ids, *map(properties.get, names), last]
        self._streams[table].write(",".join(map(_field, values)) + "\n")
        self.rows += 1

    def finish(self) -> None:
        """Close the files, and write the arguments of the import."""
        self._open.close()
        arguments = [f"--nodes=nodes_{name}.csv" for name in NODES]
        arguments += [f"--relationships=relationships_{name}.csv" for name in RELATIONSHIPS]
        arguments += ["--array-delimiter=U+001F", "--multiline-fields=true"]
        text = "\n".join(arguments) + "\n"
        (self._folder / ARGUMENTS_FILE).write_text(text, encoding="utf-8")

    def close(self) -> None:
        """Close the files."""
        self._open.close()


def _prefix(name: str) -> str:
    return "nodes" if name in NODES else "relationships"


def _field(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return field(tuple(value) if isinstance(value, list) else value)
