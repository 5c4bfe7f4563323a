"""What a schema must satisfy, whichever format it came from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model.schema import DATATYPES, EntityType, EventType, RelationType, Role, Schema
from model.schema_names import graph_label, relationship_type

MAX_NAME = 200
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|^`\\]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# Schemes that need no "//": anything else without it is most likely a prefix left undeclared.
_OPAQUE_SCHEMES = ("urn", "tag", "info", "doi", "did")

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """``key`` leads to the place: ``("relations", "place of birth", "head", 0)``."""

    key: Key
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line is not None else ""
        key = ".".join(f"[{k}]" if isinstance(k, int) else str(k) for k in self.key)
        return ": ".join(part for part in (where, key.replace(".[", "["), self.message) if part)


class SchemaError(ValueError):
    """A schema that cannot be used. ``problems`` lists all that is wrong with it."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(_message(source, self.problems))

    def __reduce__(self) -> tuple[type[SchemaError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.source, self.problems)


def _message(source: str, problems: Sequence[Problem], shown: int = 20) -> str:
    if len(problems) == 1:
        return f"{source}: {problems[0]}"
    lines = [f"{source}: {len(problems)} problems", *(f"  {p}" for p in problems[:shown])]
    if len(problems) > shown:
        lines.append(f"  and {len(problems) - shown} more")
    return "\n".join(lines)


def check_schema(schema: Schema, source: str | None = None) -> Schema:
    """``schema`` itself, or SchemaError with all problems. ``source`` names it in the error."""
    found = list(problems(schema))
    if found:
        raise SchemaError(source or f"schema '{schema.name}'", found)
    return schema


def problems(schema: Schema) -> Iterator[Problem]:
    """All that is wrong with ``schema``."""
    if not (schema.entities or schema.relations or schema.events):
        yield Problem((), "the schema names no entity, relation or event type")
    for language in schema.languages:
        if not _LANGUAGE.fullmatch(language):
            yield Problem(("languages",), f"'{language}' is no language code such as en or zh")
    known = frozenset(schema.entity)
    yield from _unique(("entities",), schema.entities)
    yield from _unique(("relations",), schema.relations)
    yield from _unique(("events",), schema.events)
    for entity in schema.entities:
        yield from _entity(("entities", entity.name), entity, schema)
    for relation in schema.relations:
        key: Key = ("relations", relation.name)
        yield from _item(key, relation)
        yield from _types((*key, "head"), relation.head, known)
        yield from _types((*key, "tail"), relation.tail, known)
        yield from _inverse((*key, "inverse"), relation, schema)
    for event in schema.events:
        yield from _item(("events", event.name), event)
        roles: Key = ("events", event.name, "roles")
        yield from _unique(roles, event.roles)
        for role in event.roles:
            yield from _item((*roles, role.name), role)
            yield from _types((*roles, role.name, "types"), role.types, known)
        yield from _graph_names(
            relationship_type, (((*roles, r.name), r.name) for r in event.roles)
        )
    labelled: list[tuple[Key, str]] = [(("entities", t.name), t.name) for t in schema.entities]
    labelled += [(("events", t.name), t.name) for t in schema.events]
    yield from _graph_names(graph_label, labelled)
    yield from _graph_names(
        relationship_type, ((("relations", t.name), t.name) for t in schema.relations)
    )


Item = EntityType | RelationType | EventType | Role


def _unique(key: Key, items: Iterable[Item]) -> Iterator[Problem]:
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            yield Problem((*key, item.name), f"the name '{item.name}' is used twice")
        seen.add(item.name)


def _item(key: Key, item: Item) -> Iterator[Problem]:
    name = item.name
    if not name or name != name.strip():
        yield Problem(key, f"the name {name!r} is empty or has white space around it")
    elif len(name) > MAX_NAME:
        yield Problem(key, f"the name has {len(name)} characters, more than {MAX_NAME}")
    elif not name.isprintable():
        yield Problem(key, f"the name {name!r} holds a control character")
    elif not any(c.isalnum() for c in name):
        yield Problem(key, f"the name '{name}' holds no letter or digit")
    if item.iri is not None and (problem := iri_problem(item.iri)):
        yield Problem((*key, "iri"), problem)
    for language, label in item.labels.items():
        if not _LANGUAGE.fullmatch(language):
            problem = f"'{language}' is no language code such as en or zh"
            yield Problem((*key, "labels", language), problem)
        if not label.strip():
            yield Problem((*key, "labels", language), "the label is empty")


def iri_problem(iri: str) -> str | None:
    """What is wrong with ``iri``, which must be absolute; None if nothing is."""
    if not _IRI.fullmatch(iri):
        return f"'{iri}' is no absolute IRI (no scheme, or a character that IRIs may not hold)"
    scheme, rest = iri.split(":", 1)
    if rest.startswith("//"):
        return None if len(rest) > 2 and rest[2] != "/" else f"the IRI '{iri}' names no host"
    if scheme.lower() in _OPAQUE_SCHEMES:
        return None
    return f"'{iri}' is no absolute IRI; is the prefix '{scheme}' missing under 'prefixes'?"


def _entity(key: Key, entity: EntityType, schema: Schema) -> Iterator[Problem]:
    yield from _item(key, entity)
    if entity.datatype is not None and entity.datatype not in DATATYPES:
        known = ", ".join(DATATYPES)
        yield Problem((*key, "datatype"), f"unknown datatype '{entity.datatype}' (known: {known})")
    if entity.parent is None:
        return
    if entity.parent not in schema.entity:
        yield from _types((*key, "parent"), (entity.parent,), frozenset(schema.entity), False)
        return
    parent = schema.entity[entity.parent]
    if parent.datatype is not None and entity.datatype is None:
        message = f"the parent '{parent.name}' is a literal type, so this type needs a datatype"
        yield Problem((*key, "parent"), message)
    seen = [entity.name]
    current: str | None = entity.parent
    while current in schema.entity and current not in seen:
        assert current is not None
        seen.append(current)
        current = schema.entity[current].parent
    # Each type of a cycle is reported once, types that merely lead into it are not.
    if current == entity.name:
        chain = " > ".join([*seen, entity.name])
        yield Problem((*key, "parent"), f"the parents run in a circle ({chain})")


def _types(
    key: Key, types: tuple[str, ...], known: frozenset[str], listed: bool = True
) -> Iterator[Problem]:
    for index, name in enumerate(types):
        place = (*key, index) if listed else key
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            yield Problem(place, f"unknown entity type '{name}'{hint}")
        elif name in types[:index]:
            yield Problem(place, f"the entity type '{name}' is listed twice")


def _inverse(key: Key, relation: RelationType, schema: Schema) -> Iterator[Problem]:
    if relation.inverse is None:
        return
    other = schema.relation.get(relation.inverse)
    if other is None:
        close = difflib.get_close_matches(relation.inverse, schema.relation, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        yield Problem(key, f"unknown relation '{relation.inverse}'{hint}")
    elif other is relation:
        yield Problem(key, "a relation that is its own inverse is symmetric; say 'symmetric: true'")
    elif any(
        t.name != relation.name and t.inverse == other.name for t in schema.relations
    ) or other.inverse not in (None, relation.name):
        yield Problem(key, f"the relation '{other.name}' has another inverse already")
    elif relation.symmetric or other.symmetric:
        yield Problem(key, "a symmetric relation is its own inverse and takes no other")


def _graph_names(
    naming: Callable[[str], str], items: Iterable[tuple[Key, str]]
) -> Iterator[Problem]:
    owners: dict[str, Key] = {}
    for key, name in items:
        if not any(c.isalnum() for c in name):
            continue  # reported with the name itself
        graph_name = naming(name)
        owner = owners.setdefault(graph_name, key)
        if owner != key:
            other = " > ".join(str(k) for k in owner)
            message = f"has the same name in the graph, {graph_name}, as {other}; rename one"
            yield Problem(key, message)
