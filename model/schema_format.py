"""Schemas in YAML of our own, read and written::

name: general                       # optional, default: the file's name
description: ...
languages: [en, zh]                 # the first is that of the names
prefixes: {schema: https://schema.org/}
entities:
  person:
    description: a human being
    labels: {en: person, zh: 人物}
    iri: schema:Person
  date: {datatype: date}            # a literal type
  city: {parent: location}
relations:
  place of birth: {head: person, tail: location}
  spouse: {head: person, tail: person, symmetric: true}
  parent: {head: person, tail: person, inverse: child}    # one fact, whichever is found
  child: {head: person, tail: person}
  date of birth: {head: person, tail: date, functional: true}    # one at most
events:
  attack:
    roles:
      attacker: [person, organization]    # short for {types: [...]}
      place: {types: location, labels: {zh: 地点}}
      means: any
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.schema_check import Key, Problem, SchemaError, problems
from model.schema_yaml import Node, YamlProblem, locate, parse

ANY = "any"
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def parse_schema(text: str, source: str = "schema", default_name: str = "schema") -> Schema:
    """The schema in the YAML ``text``. ``source`` names it in the SchemaError."""
    try:
        root = parse(text)
    except YamlProblem as error:
        raise SchemaError(source, [error.problem]) from None
    reader = _YamlReader(root)
    schema = reader.schema(default_name)
    found = reader.problems or [locate(root, p) for p in problems(schema)]
    if found:
        raise SchemaError(source, found)
    return schema


class _YamlReader:
    """Turns nodes into a Schema and collects problems of form on the way."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.prefixes: dict[str, str] = {}

    def schema(self, default_name: str) -> Schema:
        if self.root.value is None:
            self.report((), "the file is empty", self.root)
            return Schema(default_name)
        top = self.mapping(
            (),
            self.root,
            ("name", "description", "languages", "prefixes", "entities", "relations", "events"),
        )
        self.prefixes = self.texts(("prefixes",), top.get("prefixes"))
        return Schema(
            name=self.text(("name",), top.get("name")) or default_name,
            description=self.text(("description",), top.get("description")),
            languages=self.names(("languages",), top.get("languages")),
            entities=self.items("entities", top.get("entities"), self.entity),
            relations=self.items("relations", top.get("relations"), self.relation),
            events=self.items("events", top.get("events"), self.event),
        )

    def items(
        self, kind: str, node: Node | None, make: Callable[[Key, str, Node], Any]
    ) -> tuple[Any, ...]:
        if node is None or node.value is None:
            return ()
        return tuple(
            make((kind, name), name, item) for name, item in self.mapping((kind,), node).items()
        )

    def entity(self, key: Key, name: str, node: Node) -> EntityType:
        fields = self.mapping(key, node, (*_COMMON, "parent", "datatype"))
        return EntityType(
            **self.common(key, name, fields),
            parent=self.text((*key, "parent"), fields.get("parent")) or None,
            datatype=self.text((*key, "datatype"), fields.get("datatype")) or None,
        )

    def relation(self, key: Key, name: str, node: Node) -> RelationType:
        known = ("head", "tail", "symmetric", "inverse", "functional", "distinguishing")
        fields = self.mapping(key, node, (*_COMMON, *known))
        return RelationType(
            **self.common(key, name, fields),
            head=self.types((*key, "head"), fields.get("head")),
            tail=self.types((*key, "tail"), fields.get("tail")),
            symmetric=self.flag((*key, "symmetric"), fields.get("symmetric")),
            inverse=self.text((*key, "inverse"), fields.get("inverse")) or None,
            functional=self.flag((*key, "functional"), fields.get("functional")),
            distinguishing=self.flag((*key, "distinguishing"), fields.get("distinguishing")),
        )

    def event(self, key: Key, name: str, node: Node) -> EventType:
        fields = self.mapping(key, node, (*_COMMON, "roles"))
        roles = fields.get("roles")
        named = {} if roles is None else self.mapping((*key, "roles"), roles)
        return EventType(
            **self.common(key, name, fields),
            roles=tuple(self.role((*key, "roles", r), r, item) for r, item in named.items()),
        )

    def role(self, key: Key, name: str, node: Node) -> Role:
        if isinstance(node.value, (str, list)):
            return Role(name, types=self.types(key, node))
        fields = self.mapping(key, node, (*_COMMON, "types"))
        if fields.get("types") is None or fields["types"].value is None:
            self.report(key, "the role names no types (write 'types: any' to allow every one)")
        return Role(
            **self.common(key, name, fields),
            types=self.types((*key, "types"), fields.get("types")),
        )

    def common(self, key: Key, name: str, fields: Mapping[str, Node]) -> dict[str, Any]:
        return {
            "name": name,
            "description": self.text((*key, "description"), fields.get("description")),
            "labels": self.texts((*key, "labels"), fields.get("labels")),
            "iri": self.iri(self.text((*key, "iri"), fields.get("iri"))),
        }

    def iri(self, text: str) -> str | None:
        prefix, colon, local = text.partition(":")
        if colon and prefix in self.prefixes and not local.startswith("//"):
            return self.prefixes[prefix] + local
        return text or None

    def types(self, key: Key, node: Node | None) -> tuple[str, ...]:
        """A name, a list of names, or ``any`` (no restriction: the empty tuple)."""
        if node is not None and node.value == ANY:
            return ()
        if node is not None and isinstance(node.value, list) and not node.value:
            self.report(key, "the list is empty (write 'any' to allow every type)", node)
        return self.names(key, node)

    def names(self, key: Key, node: Node | None) -> tuple[str, ...]:
        if node is None or node.value is None:
            return ()
        entries = node.value if isinstance(node.value, list) else [node]
        return tuple(
            self.text((*key, i) if isinstance(node.value, list) else key, n)
            for i, n in enumerate(entries)
        )

    def flag(self, key: Key, node: Node | None) -> bool:
        if node is not None and not isinstance(node.value, bool):
            self.report(key, f"must be true or false, not {node.kind}")
        return node is not None and node.value is True

    def text(self, key: Key, node: Node | None) -> str:
        if node is None or node.value is None:
            return ""
        if isinstance(node.value, bool):  # a type may be called true
            return str(node.value).lower()
        if isinstance(node.value, str):
            return node.value.strip()
        self.report(key, f"must be text, not {node.kind}", node)
        return ""

    def texts(self, key: Key, node: Node | None) -> dict[str, str]:
        if node is None or node.value is None:
            return {}
        return {k: self.text((*key, k), v) for k, v in self.mapping(key, node).items()}

    def mapping(
        self, key: Key, node: Node, allowed: Iterable[str] | None = None
    ) -> Mapping[str, Node]:
        if node.value is None:
            return {}
        if not isinstance(node.value, dict):
            self.report(key, f"must be a mapping, not {node.kind}", node)
            return {}
        if allowed is not None:
            known = tuple(allowed)
            for name, item in node.value.items():
                if name not in known:
                    message = f"unknown key '{name}' (known: {', '.join(known)})"
                    self.report((*key, name), message, item)
        return node.value

    def report(self, key: Key, message: str, node: Node | None = None) -> None:
        problem = Problem(key, message, node.line if node is not None else None)
        self.problems.append(problem if node is not None else locate(self.root, problem))


_COMMON = ("description", "labels", "iri")


def dump_schema(schema: Schema) -> str:
    """YAML that ``parse_schema`` reads back as an equal schema (``scopes`` are not kept)."""
    content: dict[str, Any] = {"name": schema.name}
    if schema.description:
        content["description"] = schema.description
    if schema.languages:
        content["languages"] = list(schema.languages)
    if schema.entities:
        content["entities"] = {
            t.name: _present(_common(t), parent=t.parent, datatype=t.datatype)
            for t in schema.entities
        }
    if schema.relations:
        content["relations"] = {
            t.name: _present(
                _common(t),
                head=_listed(t.head),
                tail=_listed(t.tail),
                symmetric=t.symmetric,
                inverse=t.inverse,
                functional=t.functional,
                distinguishing=t.distinguishing,
            )
            for t in schema.relations
        }
    if schema.events:
        content["events"] = {
            t.name: _present(
                _common(t),
                roles={r.name: _common(r) | {"types": _listed(r.types)} for r in t.roles},
            )
            for t in schema.events
        }
    return str(yaml.dump(content, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=100))


def _common(item: EntityType | RelationType | EventType | Role) -> dict[str, Any]:
    return _present({}, description=item.description, labels=dict(item.labels), iri=item.iri)


def _present(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return content | {k: v for k, v in more.items() if v}


def _listed(types: tuple[str, ...]) -> str | list[str]:
    return list(types) or ANY
