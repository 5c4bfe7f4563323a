"""JSON Schemas of answers, for servers that constrain what a model writes."""

from __future__ import annotations

from typing import Any

from model.instructions.labels import Label, LabelSet
from model.instructions.tasks import SHAPES, Format, Task

_TEXT: dict[str, Any] = {"type": "string"}


def answer_schema(task: Task, format: Format, labels: LabelSet | None) -> dict[str, Any] | None:
    """The schema of an answer about ``labels``; None where the format is not a JSON object.

    Every object is closed and every key required, as servers that are strict want it.
    """
    if format is not Format.JSON_OBJECT or labels is None or not labels:
        return None
    return _object({label.shown: _list(_item(task, label)) for label in labels})


def _item(task: Task, label: Label) -> dict[str, Any]:
    shape = SHAPES[task]
    fields = {name: _TEXT for name in shape.fields if name != shape.label}
    if not shape.pair:
        return next(iter(fields.values())) if len(fields) == 1 else _object(fields)
    members = {member.shown: _list(_TEXT) for member in label.members}
    return _object({**fields, shape.pairs: _object(members)})


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
