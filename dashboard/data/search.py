"""Finding entities by name, in any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dashboard.data.nodes import nodes as nodes_of
from dashboard.data.reader import Reader, Row
from dashboard.data.records import Hit, Node
from graph.store.search import Hit as Found

_CANDIDATES = 100


class Searchable(Reader, Protocol):
    """A graph whose names are indexed (`graph.store.Store`)."""

    def search(self, text: str, limit: int = 20) -> list[Found]: ...


def search(reader: Searchable, text: str, types: Sequence[str] = (), limit: int = 20) -> list[Hit]:
    """Entities with a name that has words beginning with those of ``text``; best first."""
    found = reader.search(text, _CANDIDATES if types else limit)
    found = [hit for hit in found if not types or hit.type in types][:limit]
    ids = [hit.id for hit in found]
    nodes = {node.id: node for node in nodes_of(reader, ids)}
    counts = {row["id"]: row for row in _counts(reader, ids)}
    hits = []
    for one in found:
        node, count = nodes.get(one.id), counts.get(one.id)
        if node is not None and count is not None:
            hits.append(
                Hit(
                    node=node,
                    aliases=one.aliases,
                    relations=max(0, node.degree - count["events"]),
                    events=count["events"],
                    documents=count["documents"],
                )
            )
    return hits


def suggestions(reader: Searchable, text: str, limit: int = 6) -> list[Node]:
    """The first of a search, without counts."""
    ids = [hit.id for hit in reader.search(text, limit)]
    return nodes_of(reader, ids)


def _counts(reader: Reader, ids: Sequence[str]) -> Sequence[Row]:
    return reader.query(
        "UNWIND $ids AS id MATCH (n:Entity {id: id}) "
        "RETURN n.id AS id, COUNT { (n)<-[:HAS_ENTITY]-() } AS documents, "
        "COUNT { (n)<--(:Event) } AS events",
        {"ids": list(ids)},
    )
