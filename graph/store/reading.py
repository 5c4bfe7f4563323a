"""Reading a whole store."""

from __future__ import annotations

from typing import Any

from graph.store.bolt import Store


def dump(store: Store) -> dict[str, list[Any]]:
    """All nodes and relationships, sorted; equal graphs give equal dumps.

    When a document was written is left out. Holds the whole graph: for tests and small graphs.
    """
    nodes = []
    for row in store.stream("MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties"):
        properties = {k: v for k, v in row["properties"].items() if k != "ingested_at"}
        nodes.append([sorted(row["labels"]), dict(sorted(properties.items()))])
    relationships = [
        [row["start"], row["type"], row["end"], dict(sorted(row["properties"].items()))]
        for row in store.stream(
            "MATCH (a)-[r]->(b) RETURN a.id AS start, type(r) AS type, b.id AS end, "
            "properties(r) AS properties"
        )
    ]
    return {"nodes": sorted(nodes, key=repr), "relationships": sorted(relationships, key=repr)}
