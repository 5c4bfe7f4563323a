"""Constraints and indexes, made before anything is written."""

from __future__ import annotations

import neo4j

from graph.store.search import NEO4J_INDEX, SEARCH
from graph.store.statements import run

_UNIQUE = {
    "document_id": "Document",
    "chunk_id": "Chunk",
    "entity_id": "Entity",
    "event_id": "Event",
    "entity_key_id": "EntityKey",
    "name_block_id": "NameBlock",
    "decision_id": "Decision",
    "graph_settings_id": "GraphSettings",
}
_INDEXES = {
    "document_uri": ("Document", "uri"),
    "document_source": ("Document", "source"),
    "entity_name": ("Entity", "name"),
    "document_ingested": ("Document", "ingested_at"),
}


def prepare(session: neo4j.Session, *, full_text: bool) -> None:
    """Make what is missing; safe to repeat.

    ``full_text`` says to index names; the embedded server has done that itself.
    """
    statements = [
        f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"
        for name, label in _UNIQUE.items()
    ]
    statements += [
        f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.{key})"
        for name, (label, key) in _INDEXES.items()
    ]
    if full_text:
        statements.append(
            f"CREATE FULLTEXT INDEX {NEO4J_INDEX} IF NOT EXISTS FOR (n:Entity) ON EACH [n.{SEARCH}]"
        )
    for statement in statements:
        # Managed transactions are tried again where another process does the same.
        session.execute_write(run, statement)
