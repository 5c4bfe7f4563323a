"""What joins nodes: between some, around one, and step by step for paths."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graph.view.cypher.asking import Asking
from graph.view.cypher.columns import EDGE, KIND, NODE, WEIGHT, as_edge
from graph.view.records import Edge, NeighbourCount, Node
from model.schema_names import RESERVED_RELATIONSHIP_TYPES

_OURS = f"NOT type(r) IN {sorted(RESERVED_RELATIONSHIP_TYPES)}"
_PAIR = 6
"""How many relationships are walked in the time in which one pair of nodes is tried."""


class Edges(Asking):
    """Relations and the arguments of events."""

    def edge(self, source: str, type: str, target: str) -> Edge | None:
        columns = f"a.id AS source, type(r) AS rel, b.id AS target, {WEIGHT}"
        rows = self._rows(
            "MATCH (a:Entity {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
            f"RETURN {columns}, 'relation' AS kind UNION ALL "
            "MATCH (a:Event {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
            f"RETURN {columns}, 'role' AS kind",
            source=source,
            type=type,
            target=target,
        )
        return as_edge(rows[0]) if rows else None

    def edges_among(self, nodes: Collection[Node], limit: int) -> list[Edge]:
        # Nodes with few relationships are walked around; those with many are tried in pairs, since
        # a walk would read relationships by the thousand for the one that stays here.
        ids = {node.id: True for node in nodes}
        many = _worth_pairing(nodes)
        rows = self._rows(
            "UNWIND $few AS id MATCH (n:Entity {id: id})-[r]-(x:Entity) WHERE $ids[x.id] "
            f"RETURN {EDGE} LIMIT $limit UNION ALL "
            "UNWIND $few AS id MATCH (n:Event {id: id})-[r]->(x:Entity) WHERE $ids[x.id] "
            f"RETURN {EDGE} LIMIT $limit",
            few=[id for id in ids if id not in many],
            ids=ids,
            limit=2 * limit,  # an edge is seen from both its ends
        )
        found = [*map(as_edge, rows), *self._between(many, many)]
        return list(dict.fromkeys(found))[:limit]

    def joining(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        return list(dict.fromkeys(self._between(some, others) + self._between(others, some)))

    def _between(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        """The relations from an entity of ``some`` to one of ``others``."""
        if not some or not others:
            return []
        rows = self._rows(
            "UNWIND $some AS one MATCH (n:Entity {id: one}) "
            "UNWIND $others AS other MATCH (x:Entity {id: other}) MATCH (n)-[r]->(x) "
            "RETURN n.id AS source, type(r) AS rel, x.id AS target, 'relation' AS kind, "
            f"{WEIGHT}",
            some=list(some),
            others=list(others),
        )
        return list(map(as_edge, rows))

    def neighbour_counts(self, id: str) -> list[NeighbourCount]:
        rows = self._rows(
            "MATCH (n:Entity {id: $id})-[r]-(x) WHERE x:Entity OR x:Event "
            f"RETURN type(r) AS rel, startNode(r).id = $id AS outgoing, {KIND}, count(*) AS n "
            "UNION ALL MATCH (n:Event {id: $id})-[r]->(x:Entity) "
            f"RETURN type(r) AS rel, true AS outgoing, {KIND}, count(*) AS n",
            id=id,
        )
        return [
            NeighbourCount(row["rel"], bool(row["outgoing"]), row["kind"], row["n"]) for row in rows
        ]

    def neighbours(self, id: str, types: Collection[str], limit: int) -> list[tuple[Edge, Node]]:
        wanted = f"{_OURS} AND type(r) IN $types" if types else _OURS
        rows = self._rows(
            f"MATCH (n:Entity {{id: $id}})-[r]-(x) WHERE {wanted} "
            f"WITH n, r, x LIMIT $read RETURN {NODE.format('x')}, {EDGE} UNION ALL "
            f"MATCH (n:Event {{id: $id}})-[r]->(x:Entity) WHERE {wanted} "
            f"WITH n, r, x LIMIT $read RETURN {NODE.format('x')}, {EDGE}",
            id=id,
            types=list(types),
            read=limit,
        )
        return [(as_edge(row), self._node(row)) for row in rows]

    def steps(
        self, ids: Collection[str], each: int, through_values: bool, ends: Collection[str]
    ) -> list[Edge]:
        values = "" if through_values else "AND (NOT x:Value OR x.id IN $ends) "
        rows = self._rows(
            "UNWIND $ids AS id MATCH (n:Entity {id: id}) "
            "CALL { WITH n MATCH (n)-[r]-(x) WHERE (x:Entity OR x:Event) "
            f"{values}RETURN r, x LIMIT $each }} "
            "RETURN startNode(r).id AS source, type(r) AS rel, endNode(r).id AS target, "
            f"{WEIGHT}, x:Event AS event UNION ALL "
            "UNWIND $ids AS id MATCH (n:Event {id: id})-[r]->(x:Entity) "
            f"WHERE true {values}"
            f"RETURN n.id AS source, type(r) AS rel, x.id AS target, {WEIGHT}, true AS event",
            ids=list(ids),
            each=each,
            ends=list(ends),
        )
        return [as_edge({**row, "kind": "role" if row["event"] else "relation"}) for row in rows]


def _worth_pairing(among: Iterable[Node]) -> list[str]:
    """The entities, those with most relationships first, for which pairs cost less than walks."""
    ranked = sorted((n for n in among if n.kind != "event"), key=lambda n: (-n.degree, n.id))
    best, chosen, saved = 0, 0, 0
    for number, node in enumerate(ranked, 1):
        saved += node.degree
        gain = saved - _PAIR * number * number
        if gain > best:
            best, chosen = gain, number
    return [node.id for node in ranked[:chosen]]
