"""Constraints and indexes, made before anything is written."""

from __future__ import annotations

import neo4j

_UNIQUE = {
    "document_id": "Document",
    "chunk_id": "Chunk",
    "entity_id": "Entity",
    "event_id": "Event",
    "entity_key_id": "EntityKey",
    "decision_id": "Decision",
    "graph_settings_id": "GraphSettings",
}
_INDEXES = {
    "document_uri": ("Document", "uri"),
    "document_source": ("Document", "source"),
}


def prepare(session: neo4j.Session) -> None:
    """Make what is missing; safe to repeat."""
    with session:
        for name, label in _UNIQUE.items():
            session.run(
                f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"
            ).consume()
        for name, (label, key) in _INDEXES.items():
            session.run(f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.{key})").consume()
