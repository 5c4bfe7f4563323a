"""What a person should look at, and their decisions on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.data.reader import Reader
from dashboard.data.records import Edge, Node
from dashboard.data.rows import NODE, edge_of, node_of
from graph.resolving.decisions import Decision
from graph.store import Store
from graph.store.naming import quoted
from kgbuilder import decisions
from kgbuilder.review import Suggestion, suggestions
from kgbuilder.settings import Settings
from model.schema_names import relationship_type


@dataclass(frozen=True, slots=True)
class DoubtfulFact:
    """A relation of low confidence, or one that contradicts another."""

    edge: Edge
    head: Node
    tail: Node


def doubtful_facts(reader: Reader, below: float, limit: int = 25) -> list[DoubtfulFact]:
    """Relations that are believed less than ``below``: the first found, least sure first."""
    return _facts(reader, "", "r.confidence < $below", {"below": below, "limit": limit})


def contradictions(reader: Reader, limit: int = 25) -> list[DoubtfulFact]:
    """Relations of which there can be one, and there are several."""
    kinds = reader.schema.relations if reader.schema else ()
    types = [quoted(relationship_type(kind.name)) for kind in kinds if kind.functional]
    if not types:
        return []
    found = _facts(reader, f":{'|'.join(types)}", "r.conflict", {"limit": limit})
    return sorted(found, key=lambda fact: (fact.head.name, fact.edge.source, fact.edge.type))


def _facts(
    reader: Reader, types: str, condition: str, parameters: dict[str, Any]
) -> list[DoubtfulFact]:
    columns = NODE.format("a"), NODE.format("b").replace(" AS ", " AS b_")
    rows = reader.query(
        f"MATCH (a:Entity)-[r{types}]->(b:Entity) WHERE {condition} WITH a, r, b LIMIT $limit "
        f"RETURN {columns[0]}, {columns[1]}, a.id AS source, b.id AS target, type(r) AS rel, "
        "'relation' AS kind, r.confidence AS confidence, r.support AS support, "
        "r.conflict AS conflict ORDER BY confidence, name",
        parameters,
    )
    return [
        DoubtfulFact(
            edge_of(row),
            node_of(row),
            node_of({key[2:]: value for key, value in row.items() if key.startswith("b_")}),
        )
        for row in rows
    ]


def likely_duplicates(store: Store, limit: int = 25) -> list[Suggestion]:
    """Entities that may be one, and one that may be two, most doubtful first.

    Reads the names of the whole graph: not for every look at a page.
    """
    return suggestions(store=store, limit=limit)


def current_ids(reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    """Where entities are now whose ids are no longer: merges give one of them the other's."""
    if not ids:
        return {}
    rows = reader.query(
        "UNWIND $ids AS id MATCH (:EntityKey {id: id})-[:KEY_OF]->(e:Entity) "
        "RETURN id, e.id AS now",
        {"ids": list(ids)},
    )
    return {row["id"]: row["now"] for row in rows}


class Curator:
    """Makes decisions on the graph of ``settings``; each opens it for writing, for a moment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def merge(self, one: str, other: str, note: str = "") -> Decision:
        """Hold two entities to be one."""
        return self._do(decisions.merge, one, other, note=note)

    def separate(self, one: str, other: str, note: str = "") -> Decision:
        """Hold two entities to be two."""
        return self._do(decisions.separate, one, other, note=note)

    def split_names(self, entity: str, names: list[str], note: str = "") -> Decision:
        """Take what has these names off an entity."""
        return self._do(decisions.split, entity, names=names, note=note)

    def split_documents(self, entity: str, documents: list[str], note: str = "") -> Decision:
        """Take what these documents mean off an entity."""
        return self._do(decisions.split, entity, documents=documents, note=note)

    def rename(self, entity: str, name: str, note: str = "") -> Decision:
        """Show an entity under another name."""
        return self._do(decisions.rename, entity, name, note=note)

    def retype(self, entity: str, entity_type: str, note: str = "") -> Decision:
        """Give an entity another type."""
        return self._do(decisions.retype, entity, entity_type, note=note)

    def reject(self, edge: Edge, note: str = "") -> Decision:
        """Hold a relation to be wrong, now and later."""
        return self._do(decisions.reject, edge.source, edge.type, edge.target, note=note)

    def undo(self, decision_id: str) -> Decision:
        """Take a decision back."""
        return self._do(decisions.undo, decision_id)

    def _do(self, function: Callable[..., Decision], *arguments: Any, **named: Any) -> Decision:
        return function(*arguments, settings=self._settings, **named)


def documents_of_entity(reader: Reader, id: str, limit: int = 50) -> list[tuple[str, str]]:
    """Ids and titles of documents that speak of an entity."""
    rows = reader.query(
        "MATCH (d:Document)-[:HAS_ENTITY]->(e:Entity {id: $id}) "
        "RETURN DISTINCT d.id AS id, d.title AS title, d.uri AS uri LIMIT $limit",
        {"id": id, "limit": limit},
    )
    return [(row["id"], row["title"] or row["uri"]) for row in rows]
