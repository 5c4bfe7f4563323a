"""What a store keeps about itself: the schema as text, the version of its form."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from model.schema import EntityType, EventType, RelationType, Role, Schema

STORE_VERSION = 5
"""Raised whenever stored graphs come to hold what older code cannot change exactly."""


def encode_schema(schema: Schema) -> str:
    """As JSON; equal schemas give equal text."""

    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                item.name: plain(getattr(value, item.name))
                for item in dataclasses.fields(value)
                if getattr(value, item.name)
            }
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return dict(value) if hasattr(value, "keys") else value

    return json.dumps(plain(schema), ensure_ascii=False, sort_keys=True)


def decode_schema(text: str) -> Schema:
    """What `encode_schema` was given."""
    data = json.loads(text)
    return Schema(
        name=data["name"],
        description=data.get("description", ""),
        languages=tuple(data.get("languages", ())),
        entities=tuple(EntityType(**item) for item in data.get("entities", ())),
        relations=tuple(
            RelationType(**_tuples(item, "head", "tail")) for item in data.get("relations", ())
        ),
        events=tuple(_event_type(item) for item in data.get("events", ())),
    )


def _event_type(item: dict[str, Any]) -> EventType:
    roles = tuple(Role(**_tuples(role, "types")) for role in item.get("roles", ()))
    return EventType(**item | {"roles": roles})


def _tuples(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return item | {name: tuple(item[name]) for name in names if name in item}
