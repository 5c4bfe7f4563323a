"""The extraction tasks that an instruction can set, and what a fact of each consists of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """The tasks; the values name the files of ``configs/prompts``."""

    ENTITIES = "entities"
    RELATIONS = "relations"
    TRIPLES = "triples"
    """Relations whose head and tail are given with their entity types."""
    EVENTS = "events"
    TRIGGERS = "triggers"
    """Events without arguments."""
    ARGUMENTS = "arguments"
    """The arguments of events whose type and trigger the instruction gives."""
    ATTRIBUTES = "attributes"
    """Entities of some types with what the text says of each: relations as key and value."""


class Format(StrEnum):
    """How an answer is written."""

    TUPLE = "tuple"
    SENTENCE = "sentence"
    LINES = "lines"
    JSON_LIST = "json-list"
    JSON_OBJECT = "json-object"


@dataclass(frozen=True, slots=True)
class Fact:
    """One item of an answer, in words of the text.

    ``values`` follow the fields of the task's shape; ``pairs`` are (role, argument) or (attribute,
    value). An event without trigger has an empty text there.
    """

    values: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of a task's facts. ``label`` is the field that the schema's labels fill."""

    fields: tuple[str, ...]
    label: str
    pair: tuple[str, str] | None = None
    pairs: str = ""
    """The key of the pairs in JSON."""

    @property
    def label_at(self) -> int:
        return self.fields.index(self.label)


_EVENT = Shape(("trigger", "event"), "event", ("role", "argument"), "arguments")
SHAPES: dict[Task, Shape] = {
    Task.ENTITIES: Shape(("entity", "type"), "type"),
    Task.RELATIONS: Shape(("head", "relation", "tail"), "relation"),
    Task.TRIPLES: Shape(("head", "head_type", "relation", "tail", "tail_type"), "relation"),
    Task.EVENTS: _EVENT,
    Task.TRIGGERS: Shape(("trigger", "event"), "event"),
    Task.ARGUMENTS: _EVENT,
    Task.ATTRIBUTES: Shape(("entity", "type"), "type", ("attribute", "value"), "attributes"),
}

#: What fields are called in prompts and sentences.
FIELD_NAMES: dict[str, dict[str, str]] = {
    "en": {
        "entity": "entity",
        "type": "entity type",
        "head": "head entity",
        "head_type": "head type",
        "relation": "relation",
        "tail": "tail entity",
        "tail_type": "tail type",
        "trigger": "trigger",
        "event": "event type",
        "role": "role",
        "argument": "argument",
        "attribute": "attribute",
        "value": "value",
    },
    "zh": {
        "entity": "实体",
        "type": "实体类型",
        "head": "头实体",
        "head_type": "头实体类型",
        "relation": "关系",
        "tail": "尾实体",
        "tail_type": "尾实体类型",
        "trigger": "触发词",
        "event": "事件类型",
        "role": "角色",
        "argument": "论元",
        "attribute": "属性",
        "value": "属性值",
    },
}
LANGUAGES = tuple(FIELD_NAMES)
#: The answer that says that the text holds nothing asked for, in formats other than JSON.
NOTHING = {"en": "None", "zh": "无"}
