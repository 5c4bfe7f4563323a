"""Parts of the graph around nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dashboard.data.nodes import degrees, nodes
from dashboard.data.reader import Reader, Row
from dashboard.data.records import Edge, NeighbourCount, Node, Subgraph
from dashboard.data.rows import NODE, edge_of, node_of

MOST_NODES = 1_000
"""Nodes of a subgraph at most: what a person, and a browser, can use."""
_READ = 2_000
"""Relationships of one node that are looked at to choose the best from."""
_AMONG = 5_000
"""Edges between shown nodes at most."""

_KIND = "CASE WHEN n:Event OR x:Event THEN 'role' ELSE 'relation' END AS kind"
_EDGE = (
    "startNode(r).id AS source, type(r) AS rel, endNode(r).id AS target, "
    f"r.confidence AS confidence, r.support AS support, r.conflict AS conflict, {_KIND}"
)
_OURS = "NOT type(r) IN ['MENTIONS', 'HAS_ENTITY', 'KEY_OF', 'PART_OF']"


def neighbour_counts(reader: Reader, id: str) -> list[NeighbourCount]:
    """How many neighbours the node has by each kind of relationship, most first."""
    rows = reader.query(
        "MATCH (n:Entity {id: $id})-[r]-(x) WHERE x:Entity OR x:Event "
        f"RETURN type(r) AS rel, startNode(r).id = $id AS outgoing, {_KIND}, count(*) AS n "
        "UNION ALL MATCH (n:Event {id: $id})-[r]->(x:Entity) "
        f"RETURN type(r) AS rel, true AS outgoing, {_KIND}, count(*) AS n",
        {"id": id},
    )
    found = [
        NeighbourCount(row["rel"], bool(row["outgoing"]), row["kind"], row["n"]) for row in rows
    ]
    return sorted(found, key=lambda item: (-item.count, item.type, item.outgoing))


def neighbours(
    reader: Reader, id: str, limit: int, types: Collection[str] = ()
) -> tuple[list[Node], list[Edge], int]:
    """The node's neighbours with the best evidence, the edges to them, and how many are left out.

    Of a node with more than some thousands of relationships, the best of the first are taken.
    """
    wanted = f"{_OURS} AND type(r) IN $types" if types else _OURS
    rows = reader.query(
        f"MATCH (n:Entity {{id: $id}})-[r]-(x) WHERE {wanted} "
        f"WITH n, r, x LIMIT $read RETURN {NODE.format('x')}, {_EDGE} UNION ALL "
        f"MATCH (n:Event {{id: $id}})-[r]->(x:Entity) WHERE {wanted} "
        f"WITH n, r, x LIMIT $read RETURN {NODE.format('x')}, {_EDGE}",
        {"id": id, "types": list(types), "read": _READ},
    )
    best = _interleaved(sorted(rows, key=_strength))
    chosen: dict[str, Row] = {}
    for row in best:
        if row["id"] not in chosen and len(chosen) < limit:
            chosen[row["id"]] = row
    total = len({row["id"] for row in rows})
    if len(rows) >= _READ and not types:
        total = max(total, degrees(reader, [id]).get(id, 0))
    return (
        [node_of(row) for row in chosen.values()],
        [edge_of(row) for row in best if row["id"] in chosen],
        max(0, total - len(chosen)),
    )


def subgraph(
    reader: Reader,
    seeds: Sequence[str],
    expansions: Sequence[tuple[str, int]] = (),
    hidden: Collection[str] = (),
    limit: int = MOST_NODES,
) -> Subgraph:
    """The seeds, the best neighbours of those expanded, and all that runs between them.

    ``expansions`` are ids with how many neighbours each shows. Never more than ``limit`` nodes;
    ``left_out`` says how many of those asked for that cost.
    """
    ids: dict[str, None] = dict.fromkeys(seeds)
    left_out = 0
    for id, number in expansions:
        ids[id] = None
        near, _, _ = neighbours(reader, id, number)
        ids.update(dict.fromkeys(node.id for node in near))
    wanted = [id for id in ids if id not in hidden]
    left_out += max(0, len(wanted) - limit)
    found = nodes(reader, wanted[:limit])
    return Subgraph(tuple(found), tuple(edges_among(reader, [node.id for node in found])), left_out)


def edges_among(reader: Reader, ids: Iterable[str]) -> list[Edge]:
    """The edges whose ends are both in ``ids``."""
    wanted = list(ids)
    if len(wanted) < 2:
        return []
    rows = reader.query(
        "UNWIND $ids AS id MATCH (n:Entity {id: id})-[r]->(x:Entity) WHERE x.id IN $ids "
        f"RETURN {_EDGE} LIMIT $limit UNION ALL "
        "UNWIND $ids AS id MATCH (n:Event {id: id})-[r]->(x:Entity) WHERE x.id IN $ids "
        f"RETURN {_EDGE} LIMIT $limit",
        {"ids": wanted, "limit": _AMONG},
    )
    unique = {edge.id: edge for edge in map(edge_of, rows)}
    return sorted(unique.values(), key=lambda edge: edge.id)


def _interleaved(rows: Sequence[Row]) -> list[Row]:
    """Two relations, then one argument of an event, and so on: of each kind the best first."""
    places = {"relation": 0, "role": 0}
    ranked = []
    for row in rows:
        kind = row["kind"]
        ranked.append((places[kind] / 2 if kind == "relation" else places[kind] + 0.75, row))
        places[kind] += 1
    return [row for _, row in sorted(ranked, key=lambda item: item[0])]


def _strength(row: Row) -> tuple[Any, ...]:
    return (-(row["support"] or 1), -(row["confidence"] or 0.0), str(row["name"]), row["id"])
