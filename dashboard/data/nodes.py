"""Single nodes and edges, and how many relationships nodes have."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.data.reader import Reader
from dashboard.data.records import Edge, EntityDetails, Node
from dashboard.data.rows import NODE, edge_of, node_of


def nodes(reader: Reader, ids: Iterable[str]) -> list[Node]:
    """The entities and events with these ids that exist, in the order of ``ids``."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    rows = reader.query(
        "UNWIND $ids AS wanted MATCH (n:Entity {id: wanted}) "
        f"RETURN {NODE.format('n')} UNION ALL "
        "UNWIND $ids AS wanted MATCH (n:Event {id: wanted}) "
        f"RETURN {NODE.format('n')}",
        {"ids": wanted},
    )
    degree = degrees(reader, wanted)
    found = {row["id"]: node_of(row, degree.get(row["id"], 0)) for row in rows}
    return [found[id] for id in wanted if id in found]


def degrees(reader: Reader, ids: Iterable[str]) -> dict[str, int]:
    """How many relationships to entities and events each node has; none is left out."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    # Mentions and members hang on chunks and documents; counting all and taking those off costs
    # the database no look at any neighbour.
    rows = reader.query(
        "UNWIND $ids AS wanted MATCH (n:Entity {id: wanted}) "
        "RETURN wanted, COUNT { (n)--() } - COUNT { (n)<-[:MENTIONS]-() } "
        "- COUNT { (n)<-[:HAS_ENTITY]-() } - COUNT { (n)<-[:KEY_OF]-() } AS n UNION ALL "
        "UNWIND $ids AS wanted MATCH (n:Event {id: wanted}) "
        "RETURN wanted, COUNT { (n)--() } - COUNT { (n)<-[:MENTIONS]-() } AS n",
        {"ids": wanted},
    )
    return {row["wanted"]: max(0, row["n"]) for row in rows}


def entity_details(reader: Reader, id: str) -> EntityDetails | None:
    """An entity with what is known of its names; None where there is none."""
    rows = reader.query(
        f"MATCH (n:Entity {{id: $id}}) RETURN {NODE.format('n')}, n.aliases AS aliases, "
        "n.datatype AS datatype, n.value AS value, COUNT { (n)<-[:MENTIONS]-() } AS mentions, "
        "COUNT { (n)<-[:HAS_ENTITY]-() } AS members",
        {"id": id},
    )
    if not rows:
        return None
    row = rows[0]
    return EntityDetails(
        node=node_of(row, degrees(reader, [id]).get(id, 0)),
        aliases=tuple(row["aliases"] or ()),
        datatype=row["datatype"],
        value=row["value"],
        documents=row["members"],
        mentions=row["mentions"],
    )


def edge_of_id(id: str) -> tuple[str, str, str] | None:
    """Source, relationship type and target of an edge's id; None if it is not one."""
    parts = id.split("|")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else None


def edge(reader: Reader, id: str) -> Edge | None:
    """The edge of that id; None where there is none."""
    parts = edge_of_id(id)
    if parts is None:
        return None
    source, type_, target = parts
    columns = (
        "a.id AS source, type(r) AS rel, b.id AS target, r.confidence AS confidence, "
        "r.support AS support, r.conflict AS conflict"
    )
    rows = reader.query(
        "MATCH (a:Entity {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
        f"RETURN {columns}, 'relation' AS kind UNION ALL "
        "MATCH (a:Event {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
        f"RETURN {columns}, 'role' AS kind",
        {"source": source, "type": type_, "target": target},
    )
    return edge_of(rows[0]) if rows else None
