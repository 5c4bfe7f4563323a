"""Labels, relationship types and other names of the graph, ready to stand in Cypher.

Only these names are ever put into the text of a statement, and only after `quoted`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from graph.store.errors import StoreError
from model.schema import Schema
from model.schema_names import graph_label, relationship_type

DOCUMENT, CHUNK, ENTITY, VALUE, EVENT = "Document", "Chunk", "Entity", "Value", "Event"
ENTITY_KEY = "EntityKey"
"""A key of an entity beside its smallest, which is its id."""
NAME_BLOCK = "NameBlock"
"""Keys that are compared with each other."""


def quoted(name: str) -> str:
    """``name`` in back-quotes.

    Raises:
        StoreError: it holds anything but letters, digits, combining marks and underscores.
    """
    if not name or not all(
        c == "_" or c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") for c in name
    ):
        raise StoreError(f"{name!r} cannot be a label or relationship type")
    return f"`{name}`"


def labels_clause(names: Iterable[str]) -> str:
    """``:`Entity`:`Person``` for labels, in one fixed order; likewise for one type."""
    return "".join(f":{quoted(name)}" for name in sorted(names))


Names = tuple[str, ...]
"""The labels of a node, sorted, or the type of a relationship."""


class SchemaNames:
    """The graph names of one schema's types; any other type is refused."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.symmetric = frozenset(
            relationship_type(relation.name) for relation in schema.relations if relation.symmetric
        )
        self.functional = frozenset(
            relationship_type(relation.name) for relation in schema.relations if relation.functional
        )
        self.all_entities = frozenset(
            self.entity(kind.name, literal=kind.datatype is not None) for kind in schema.entities
        )
        self.all_relations = frozenset((self.relation(kind.name),) for kind in schema.relations)
        self.all_events = frozenset(self.event(kind.name) for kind in schema.events)
        self.all_roles = frozenset(
            (self.role(kind.name, role.name),) for kind in schema.events for role in kind.roles
        )

    def entity(self, entity_type: str, *, literal: bool) -> Names:
        """The base label, the type's, and those of the types above it."""
        if entity_type not in self._schema.entity:
            raise self._unknown("entity type", entity_type)
        labels = {graph_label(name) for name in self._schema.ancestors(entity_type)}
        return tuple(sorted({ENTITY, *labels, *([VALUE] if literal else [])}))

    def relation(self, name: str) -> str:
        if name not in self._schema.relation:
            raise self._unknown("relation type", name)
        return relationship_type(name)

    def event(self, event_type: str) -> Names:
        if event_type not in self._schema.event:
            raise self._unknown("event type", event_type)
        return tuple(sorted({EVENT, graph_label(event_type)}))

    def role(self, event_type: str, role: str) -> str:
        if all(known.name != role for known in self._schema.event[event_type].roles):
            raise self._unknown(f"role of {event_type!r}", role)
        return relationship_type(role)

    def _unknown(self, kind: str, name: str) -> StoreError:
        return StoreError(f"the schema {self._schema.name!r} has no {kind} {name!r}")
