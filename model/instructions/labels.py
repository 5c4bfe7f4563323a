"""The labels that an instruction asks for, and how what a model writes leads back to them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from model.instructions.tasks import Task
from model.schema import EntityType, EventType, RelationType, Role, Schema

#: Labels asked for at once, as in IEPile (Gui et al. 2024): more make models forget some.
BATCH = {
    Task.ENTITIES: 6,
    Task.RELATIONS: 4,
    Task.TRIPLES: 4,
    Task.EVENTS: 4,
    Task.TRIGGERS: 4,
    Task.ARGUMENTS: 4,
    Task.ATTRIBUTES: 1,
}


@dataclass(frozen=True, slots=True)
class Label:
    """``name`` is the schema's, ``shown`` what prompts and answers call it.

    ``members`` are an event type's roles, or an entity type's attributes. ``head`` and ``tail``
    are the shown names of the entity types that a relation joins.
    """

    name: str
    shown: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    members: tuple[Label, ...] = ()
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelSet:
    """The labels of one task, in the schema's order. ``types`` are all entity types."""

    task: Task
    labels: tuple[Label, ...]
    types: tuple[Label, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    @cached_property
    def by_name(self) -> Mapping[str, Label]:
        return {label.name: label for label in self.labels}

    @property
    def shown(self) -> list[str]:
        return [label.shown for label in self.labels]

    def subset(self, names: Iterable[str]) -> LabelSet:
        """The labels of these names, in their order."""
        return replace(self, labels=tuple(self.by_name[name] for name in names))

    def batches(self, size: int | None = None) -> list[LabelSet]:
        """The labels in groups of ``size``, by default what suits the task; 0: all at once.

        A rest of less than half a group joins the group before it.
        """
        size = BATCH[self.task] if size is None else size
        groups = cut(self.labels, size)
        return [replace(self, labels=tuple(group)) for group in groups]

    def resolve(self, written: str) -> Label | None:
        """The label that ``written`` means; None if it is none of them."""
        return self._index.get(normal(written))

    def resolve_member(self, label: Label, written: str) -> Label | None:
        """The role or attribute of ``label`` that ``written`` means."""
        return self._members[label.name].get(normal(written))

    def resolve_type(self, written: str) -> Label | None:
        """The entity type that ``written`` means."""
        return self._types.get(normal(written))

    @cached_property
    def _index(self) -> dict[str, Label]:
        return _index(self.labels)

    @cached_property
    def _types(self) -> dict[str, Label]:
        return _index(self.types)

    @cached_property
    def _members(self) -> dict[str, dict[str, Label]]:
        return {label.name: _index(label.members) for label in self.labels}


def cut(items: Sequence[Label], size: int) -> list[list[Label]]:
    """``items`` in groups of ``size``; a rest of less than half a group joins the last one."""
    if size < 1:
        return [list(items)] if items else []
    groups = [list(items[i : i + size]) for i in range(0, len(items), size)]
    if len(groups) > 1 and len(groups[-1]) < max(1, size // 2):
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def normal(written: str) -> str:
    """A label without what models change about it: case, width, underscores, outer signs."""
    text = unicodedata.normalize("NFKC", written).casefold()
    words = "".join(c if c.isalnum() else " " for c in text).split()
    return " ".join(words) or text.strip()


def label_set(schema: Schema, task: Task, language: str = "en") -> LabelSet:
    """The labels of ``schema`` for ``task``, named in ``language`` where the schema can.

    Answers may name a label by any of its names. Without labels of the task the set is empty.
    """
    types = tuple(_label(t, schema, language) for t in schema.entities)
    shown = {t.name: t.shown for t in types}

    def relation(item: RelationType) -> Label:
        return replace(
            _label(item, schema, language),
            head=tuple(shown[t] for t in item.head if t in shown),
            tail=tuple(shown[t] for t in item.tail if t in shown),
        )

    labels: tuple[Label, ...]
    if task is Task.ENTITIES:
        labels = types
    elif task in (Task.RELATIONS, Task.TRIPLES):
        labels = tuple(relation(item) for item in schema.relations)
    elif task is Task.ATTRIBUTES:
        labels = tuple(
            replace(label, members=members)
            for kind, label in zip(schema.entities, types, strict=True)
            if (members := _attributes(kind, schema, language))
        )
    else:
        labels = tuple(
            replace(
                _label(event, schema, language),
                members=tuple(_label(role, schema, language) for role in event.roles)
                if task is not Task.TRIGGERS
                else (),
            )
            for event in schema.events
        )
    return LabelSet(task, labels, types)


def _attributes(kind: EntityType, schema: Schema, language: str) -> tuple[Label, ...]:
    # A relation that may start at anything would be an attribute of everything.
    ancestors = set(schema.ancestors(kind.name))
    return tuple(
        _label(item, schema, language) for item in schema.relations if ancestors & set(item.head)
    )


def _label(
    item: EntityType | RelationType | EventType | Role, schema: Schema, language: str
) -> Label:
    translated = item.labels.get(language)
    own = language in schema.languages[:1]
    shown = translated if translated and not own else item.name
    return Label(
        name=item.name,
        shown=shown,
        description=item.description if shown == item.name else "",
        aliases=tuple(dict.fromkeys([item.name, *item.labels.values()])),
    )


def _index(labels: Sequence[Label]) -> dict[str, Label]:
    # What is shown goes before other names: one label's name may be the alias of another.
    index: dict[str, Label] = {}
    for label in labels:
        index.setdefault(normal(label.shown), label)
    for label in labels:
        for alias in label.aliases:
            index.setdefault(normal(alias), label)
    return index
