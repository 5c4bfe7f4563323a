"""Property graphs are asked in Cypher."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from dashboard.data.reader import Row
from graph.store import Store
from model.schema import Schema
from model.schema_names import graph_label, relationship_type


class Cypher:
    """See `dashboard.data.queries.Language`."""

    name = "Cypher"
    placeholder = "MATCH (p:Person)-[r]->(o) RETURN p.name, type(r), o.name LIMIT 25"

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, query: str, seconds: float) -> Iterator[Row]:
        return self._store.stream(query, None, timeout=seconds)

    def examples(self) -> list[tuple[str, str]]:
        return _examples(self._store.schema)

    def node_ids(self, rows: Sequence[Row], most: int = 200) -> list[str]:
        return _node_ids(rows, most)

    def shown(self, value: Any) -> Any:
        """Nodes and lists as text: a table's cells hold one kind of value."""
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        return value


def _examples(schema: Schema | None) -> list[tuple[str, str]]:
    found = [
        (
            "example_documents",
            "MATCH (d:Document)<-[:PART_OF]-(:Chunk)-[:MENTIONS]->(e:Entity)\n"
            "RETURN d.title AS document, count(DISTINCT e) AS entities\n"
            "ORDER BY entities DESC LIMIT 10",
        ),
    ]
    if schema is None:
        return found
    if schema.relations:
        relation = schema.relations[0]
        head = f":{graph_label(relation.head[0])}" if relation.head else ":Entity"
        found.append(
            (
                "example_relation",
                f"MATCH (a{head})-[r:{relationship_type(relation.name)}]->(b:Entity)\n"
                "RETURN a.name AS head, b.name AS tail, r.confidence AS confidence\n"
                "ORDER BY confidence DESC LIMIT 25",
            )
        )
    if schema.events:
        event = schema.events[0]
        found.append(
            (
                "example_event",
                f"MATCH (v:Event:{graph_label(event.name)})-[r]->(x:Entity)\n"
                "RETURN v.trigger AS trigger, type(r) AS role, x.name AS name LIMIT 25",
            )
        )
    found += [
        (
            "example_support",
            "MATCH (a:Entity)-[r]->(b:Entity) WHERE r.support > 1\n"
            "RETURN a.name AS head, type(r) AS relation, b.name AS tail, r.support AS statements\n"
            "ORDER BY statements DESC LIMIT 25",
        ),
        (
            "example_graph",
            "MATCH (a:Entity)-[r]->(b:Entity)\nWHERE r.support > 1\nRETURN a, r, b LIMIT 50",
        ),
    ]
    return found


def _node_ids(rows: Sequence[Row], most: int) -> list[str]:
    ids: dict[str, None] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            labels = value.get("labels")
            properties = value.get("properties")
            if isinstance(labels, list) and isinstance(properties, dict):
                if ("Entity" in labels or "Event" in labels) and "id" in properties:
                    ids[str(properties["id"])] = None
                return
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    for row in rows:
        look(row)
        if len(ids) >= most:
            break
    return list(ids)[:most]
