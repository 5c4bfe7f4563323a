"""Somewhere to begin."""

from __future__ import annotations

from dashboard.data.nodes import degrees
from dashboard.data.overview import newest_documents
from dashboard.data.reader import Reader

_DOCUMENTS = 8
_NODES = 40


def sample(reader: Reader) -> list[str]:
    """The best connected entities of the newest documents."""
    ids = [document.id for document in newest_documents(reader, _DOCUMENTS)]
    rows = reader.query(
        "UNWIND $ids AS id MATCH (d:Document {id: id})-[:HAS_ENTITY]->(e:Entity) "
        "WHERE NOT e:Value RETURN DISTINCT e.id AS id LIMIT 400",
        {"ids": ids},
    )
    found = degrees(reader, [row["id"] for row in rows])
    return sorted(found, key=lambda id: (-found[id], id))[:_NODES]
