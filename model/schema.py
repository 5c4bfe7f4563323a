"""The schema: what an extractor looks for and what the graph may hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

DATATYPES = ("date", "number", "money", "quantity", "string")


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
    """Empty ``head`` or ``tail`` means: any entity type.

    ``inverse`` names the relation that says the same from tail to head (``parent`` and
    ``child``); it holds both ways, whichever of the two names it. ``functional`` means that a
    head has one tail at most. ``distinguishing``, of a functional relation to a literal, means that
    heads with different tails are different things, whatever their names.
    """

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    iri: str | None = None
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    symmetric: bool = False
    inverse: str | None = None
    functional: bool = False
    distinguishing: bool = False


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
    """What happens; its ``roles`` are filled by entities, values or other spans."""

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    iri: str | None = None
    roles: tuple[Role, ...] = ()

    @cached_property
    def role(self) -> Mapping[str, Role]:
        return {r.name: r for r in self.roles}


@dataclass(frozen=True)
class Scope:
    """The types that one part (``domain``, ``style``) of a data set annotates.

    None means that the part annotates every type of this kind.
    """

    entities: frozenset[str] | None = None
    relations: frozenset[str] | None = None
    events: frozenset[str] | None = None


@dataclass(frozen=True)
class Schema:
    """Names are unique within each kind; order is the file's.

    ``scopes`` is empty but for data sets whose parts annotate different types.
    """

    name: str
    description: str = ""
    languages: tuple[str, ...] = ()
    entities: tuple[EntityType, ...] = ()
    relations: tuple[RelationType, ...] = ()
    events: tuple[EventType, ...] = ()
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    @cached_property
    def entity(self) -> Mapping[str, EntityType]:
        return {t.name: t for t in self.entities}

    @cached_property
    def relation(self) -> Mapping[str, RelationType]:
        return {t.name: t for t in self.relations}

    @cached_property
    def event(self) -> Mapping[str, EventType]:
        return {t.name: t for t in self.events}

    @cached_property
    def inverses(self) -> Mapping[str, str]:
        """Each relation that has an inverse, and that inverse."""
        pairs = {t.name: t.inverse for t in self.relations if t.inverse is not None}
        return {inverse: name for name, inverse in pairs.items()} | pairs

    def turned(self, relation: str) -> str | None:
        """What a fact of ``relation`` is kept as, its ends exchanged; None: as it is.

        Of a relation and its inverse the graph holds the one that the schema names first.
        """
        inverse = self.inverses.get(relation)
        if inverse is None or inverse == relation:
            return None
        return inverse if self._position[inverse] < self._position[relation] else None

    @cached_property
    def _position(self) -> Mapping[str, int]:
        return {t.name: index for index, t in enumerate(self.relations)}

    def ancestors(self, entity_type: str) -> Iterator[str]:
        """``entity_type`` itself, then its parents up to the root."""
        current: str | None = entity_type
        while current is not None:
            yield current
            current = self.entity[current].parent

    def is_a(self, entity_type: str, other: str) -> bool:
        """Whether ``entity_type`` is ``other`` or lies below it."""
        return other in self.ancestors(entity_type)

    def admits(self, relation: str, head: str, tail: str) -> bool:
        """Whether ``relation`` may run from an entity of type ``head`` to one of type ``tail``.

        Subtypes stand where their ancestors may. A symmetric relation may run either way.
        """
        return self.runs(relation, head, tail) or (
            self.relation[relation].symmetric and self.runs(relation, tail, head)
        )

    def runs(self, relation: str, head: str, tail: str) -> bool:
        """As `admits`, in this direction."""
        kind = self.relation[relation]
        return self.one_of(head, kind.head) and self.one_of(tail, kind.tail)

    def role_admits(self, event: str, role: str, entity_type: str) -> bool:
        """Whether an entity of type ``entity_type`` may fill ``role`` of ``event``."""
        return self.one_of(entity_type, self.event[event].role[role].types)

    def one_of(self, entity_type: str, allowed: tuple[str, ...]) -> bool:
        """Whether ``entity_type`` is one of ``allowed`` or lies below one; empty admits all."""
        return not allowed or any(a in allowed for a in self.ancestors(entity_type))

    def localized(self, language: str) -> Schema:
        """The same schema with every type and role named by its label in ``language``.

        Raises KeyError, naming the type, where a label is missing.
        """

        def label(item: EntityType | RelationType | EventType | Role) -> str:
            if language not in item.labels:
                raise KeyError(f"'{item.name}' has no label in the language '{language}'")
            return item.labels[language]

        names = {t.name: label(t) for t in self.entities}

        def names_of(types: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(names[t] for t in types)

        return replace(
            self,
            name=f"{self.name}-{language}",
            languages=(language,),
            entities=tuple(
                replace(t, name=label(t), parent=names[t.parent] if t.parent else None)
                for t in self.entities
            ),
            relations=tuple(
                replace(
                    t,
                    name=label(t),
                    head=names_of(t.head),
                    tail=names_of(t.tail),
                    inverse=label(self.relation[t.inverse]) if t.inverse else None,
                )
                for t in self.relations
            ),
            events=tuple(
                replace(
                    t,
                    name=label(t),
                    roles=tuple(
                        replace(r, name=label(r), types=names_of(r.types)) for r in t.roles
                    ),
                )
                for t in self.events
            ),
            scopes={},
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over everything that can change what is extracted.

        The schema's own name and description and the IRIs are left out: they change how facts
        are written down, not which facts are found, and must not void cached model calls.
        """
        return _sha256(
            {
                "entities": [_content(t) for t in self.entities],
                "relations": [_content(t) for t in self.relations],
                "events": [
                    _content(t) | {"roles": [_content(r) for r in t.roles]} for t in self.events
                ],
            }
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over fingerprint, IRIs and inverses: changes when the graph would."""
        iris = [t.iri for t in self.entities] + [t.iri for t in self.relations]
        for event in self.events:
            iris += [event.iri, *(role.iri for role in event.roles)]
        content: dict[str, Any] = {"fingerprint": self.fingerprint, "iris": iris}
        if self.inverses:
            content["inverses"] = {t.name: t.inverse for t in self.relations if t.inverse}
        return _sha256(content)


# `role` is a cached property; inverse and functional say what becomes of facts that are found.
_NOT_EXTRACTED = ("iri", "roles", "role", "inverse", "functional", "distinguishing")


def _content(item: EntityType | RelationType | EventType | Role) -> dict[str, Any]:
    content = {k: v for k, v in vars(item).items() if k not in _NOT_EXTRACTED}
    content["labels"] = dict(sorted(item.labels.items()))
    return content


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
