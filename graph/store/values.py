"""Values from the database as plain JSON-able ones."""

from __future__ import annotations

from typing import Any

from neo4j.graph import Node, Path, Relationship


def plain(value: Any) -> Any:
    """``value`` without the driver's classes; times as ISO 8601.

    Nodes come without the properties that only the store itself needs (``_tally``, ...).
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Node):
        shown = {key: item for key, item in value.items() if not key.startswith("_")}
        return {"labels": sorted(value.labels), "properties": plain(shown)}
    if isinstance(value, Relationship):
        ends = [None if end is None else end.get("id") for end in value.nodes]
        return {
            "type": value.type,
            "start": ends[0],
            "end": ends[1],
            "properties": plain(dict(value)),
        }
    if isinstance(value, Path):
        return {
            "nodes": [plain(node) for node in value.nodes],
            "relationships": [plain(item) for item in value.relationships],
        }
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "iso_format"):  # the driver's times and durations
        return value.iso_format()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
