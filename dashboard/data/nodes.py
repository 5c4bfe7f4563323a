"""Single nodes and edges, and how many relationships nodes have."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.data.reader import Reader
from dashboard.data.records import Edge, EntityDetails, Node


def nodes(reader: Reader, ids: Iterable[str]) -> list[Node]:
    """The entities and events with these ids that exist, in the order of ``ids``."""
    return reader.nodes(ids)


def degrees(reader: Reader, ids: Iterable[str]) -> dict[str, int]:
    """How many relationships to entities and events each node has; none is left out."""
    return reader.degrees(ids)


def entity_details(reader: Reader, id: str) -> EntityDetails | None:
    """An entity with what is known of its names; None where there is none."""
    return reader.entity(id)


def edge_of_id(id: str) -> tuple[str, str, str] | None:
    """Source, relationship type and target of an edge's id; None if it is not one."""
    parts = id.split("|")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else None


def edge(reader: Reader, id: str) -> Edge | None:
    """The edge of that id; None where there is none."""
    parts = edge_of_id(id)
    return None if parts is None else reader.edge(*parts)
