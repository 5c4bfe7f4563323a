"""The schema: what an extractor looks for and what the graph may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class EntityType:
    """``name`` is the natural-language name (``political party``, ``人物``) and the key.

    ``datatype`` marks a literal type (``date``, ``number``, ``money``, ``quantity``, ``string``).
    """

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # language code -> label
    iri: str | None = None
    parent: str | None = None
    datatype: str | None = None


@dataclass(frozen=True)
class RelationType:
    """Empty ``head`` or ``tail`` means: any entity type."""

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    iri: str | None = None
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    symmetric: bool = False


@dataclass(frozen=True)
class Role:
    """Empty ``types`` means: any span may fill the role."""

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    iri: str | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventType:
    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    iri: str | None = None
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True)
class Schema:
    """Names are unique within each kind; order is the file's."""

    name: str
    description: str = ""
    languages: tuple[str, ...] = ()
    entities: tuple[EntityType, ...] = ()
    relations: tuple[RelationType, ...] = ()
    events: tuple[EventType, ...] = ()

    @cached_property
    def entity(self) -> Mapping[str, EntityType]:
        return {t.name: t for t in self.entities}

    @cached_property
    def relation(self) -> Mapping[str, RelationType]:
        return {t.name: t for t in self.relations}

    @cached_property
    def event(self) -> Mapping[str, EventType]:
        return {t.name: t for t in self.events}

    def ancestors(self, entity_type: str) -> Iterator[str]:
        """``entity_type`` itself, then its parents up to the root."""
        current: str | None = entity_type
        while current is not None:
            yield current
            current = self.entity[current].parent

    def is_a(self, entity_type: str, other: str) -> bool:
        """Whether ``entity_type`` is ``other`` or lies below it."""
        return other in self.ancestors(entity_type)
