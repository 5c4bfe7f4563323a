"""What types are called, and their colours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from model.schema import EventType, Schema
from model.schema_names import relationship_type

#: Colours of types on light and on dark ground; each tells from its neighbours in the list, and
#: has a contrast of at least 3:1 with its ground (WCAG 2.2, 1.4.11).
PALETTE: tuple[tuple[str, str], ...] = (
    ("#2b6fd6", "#6ea8ff"),
    ("#c2410c", "#ff9a5c"),
    ("#0f7f5c", "#4fd1a5"),
    ("#9333b8", "#d18cf0"),
    ("#a16207", "#e8be4e"),
    ("#be1f5d", "#ff83b0"),
    ("#0b7b8c", "#56cfe0"),
    ("#5b4bd1", "#a89bff"),
    ("#4d7c0f", "#a9d65a"),
    ("#8a4b2a", "#d9a37f"),
    ("#475b75", "#a3b7d1"),
    ("#b4232a", "#ff8a8a"),
)
VALUE_COLOR = ("#64748b", "#9aa8bd")
EVENT_COLOR = ("#8f5e00", "#ffcf5c")


@dataclass(frozen=True)
class Vocabulary:
    """The schema's words in one language of the interface."""

    schema: Schema | None
    language: str
    _relations: dict[str, str] = field(default_factory=dict, compare=False)
    _roles: dict[tuple[str, str], str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.schema is None:
            return
        for relation in self.schema.relations:
            self._relations[relationship_type(relation.name)] = self._label(relation)
        for event in self.schema.events:
            for role in event.roles:
                kind = relationship_type(role.name)
                self._roles[event.name, kind] = self._label(role)
                self._roles.setdefault(("", kind), self._label(role))

    def entity(self, type_: str) -> str:
        """The label of an entity type."""
        kind = self.schema.entity.get(type_) if self.schema else None
        return self._label(kind) if kind else type_

    def event(self, type_: str) -> str:
        """The label of an event type."""
        kind = self.schema.event.get(type_) if self.schema else None
        return self._label(kind) if kind else type_

    def relation(self, type_: str) -> str:
        """The label of a relationship type, such as ``PLACE_OF_BIRTH``."""
        return self._relations.get(type_) or type_.replace("_", " ").lower()

    def role(self, type_: str, event: str = "") -> str:
        """The label of a role's relationship type."""
        found = self._roles.get((event, type_)) or self._roles.get(("", type_))
        return found or type_.replace("_", " ").lower()

    def node(self, type_: str, kind: str) -> str:
        """The label of the type of a node: an ``event``, or an ``entity`` or ``value``."""
        return self.event(type_) if kind == "event" else self.entity(type_)

    def edge(self, type_: str, kind: str, event: str = "") -> str:
        """The label of the type of an edge: a ``relation``, or a ``role`` of an event type."""
        return self.role(type_, event) if kind == "role" else self.relation(type_)

    def symmetric(self, type_: str) -> bool:
        """Whether a relation holds both ways."""
        return self.schema is not None and any(
            relation.symmetric and relationship_type(relation.name) == type_
            for relation in self.schema.relations
        )

    def color(self, type_: str, kind: str = "entity") -> tuple[str, str]:
        """The colour of a type on light and on dark ground, always the same in one schema."""
        if kind == "event":
            return EVENT_COLOR
        names = [t.name for t in self.schema.entities] if self.schema else []
        if kind == "value":
            return VALUE_COLOR
        index = names.index(type_) if type_ in names else sum(map(ord, type_))
        return PALETTE[index % len(PALETTE)]

    def entity_types(self) -> Iterable[str]:
        """The names of the schema's entity types that are no literals."""
        return [t.name for t in self.schema.entities if not t.datatype] if self.schema else []

    def event_types(self) -> Iterable[str]:
        """The names of the schema's event types."""
        return [t.name for t in self.schema.events] if self.schema else []

    def event_type(self, name: str) -> EventType | None:
        """An event type of the schema."""
        return self.schema.event.get(name) if self.schema else None

    def _label(self, item: object) -> str:
        labels = getattr(item, "labels", {})
        return str(labels.get(self.language) or getattr(item, "name", ""))
