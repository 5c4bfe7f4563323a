"""Schemas in JSON: a ``schema.json`` of the data-set format, or an ontology of Text2KGBench."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from model.schema import EntityType, EventType, RelationType, Role, Schema, Scope
from model.schema_check import Key, Problem, SchemaError, check_schema, problems
from model.schema_yaml import YamlProblem, locate, parse

_PROPERTY = re.compile(r"P[1-9]\d*")


def parse_schema_json(text: str, path: Path) -> Schema:
    """The schema in the JSON ``text`` of the file at ``path``. Raises SchemaError."""

    def fail(key: Key, message: str) -> NoReturn:
        raise SchemaError(str(path), [_located(Problem(key, message), text)])

    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        problem = Problem((), f"not valid JSON: {error.msg}", error.lineno)
        raise SchemaError(str(path), [problem]) from None
    except RecursionError:
        fail((), "nested too deep")
    if not isinstance(data, dict):
        fail((), "must be a JSON object")
    if "concepts" in data:
        return check_schema(_text2kg(data, path.stem, fail), str(path))
    if not data.keys() & {"entity_types", "relation_types", "event_types"}:
        fail((), "none of the keys entity_types, relation_types and event_types is there")
    schema = _JsonReader(data, path.parent.name or path.stem, fail).schema()
    found = [_located(_json_keys(p), text) for p in problems(schema)]
    if found:
        raise SchemaError(str(path), found)
    return schema


def _text2kg(
    data: Mapping[str, Any], default_name: str, fail: Callable[[Key, str], NoReturn]
) -> Schema:
    """An ontology of Text2KGBench (Mihindukulasooriya et al. 2023): Wikidata's types by label.

    A relation's range may be a Wikidata item or empty, which stands for any type.
    """

    def items(kind: str, code: str) -> list[Mapping[str, Any]]:
        found = data.get(kind) or []
        if not isinstance(found, list) or not all(
            isinstance(i, dict) and isinstance(i.get("label"), str) and i.get(code) for i in found
        ):
            fail((kind,), f"must be a list of objects with '{code}' and 'label'")
        # The same item may be listed twice.
        return list({str(item[code]): item for item in found}.values())

    concepts = items("concepts", "qid")
    names = {str(concept["qid"]): " ".join(concept["label"].split()) for concept in concepts}

    def ends(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
        return (names[item[key]],) if item.get(key) in names else ()

    def iri(prefix: str, code: str) -> str | None:
        known = re.fullmatch(r"[PQ][1-9]\d*", code)
        return f"http://www.wikidata.org/{prefix}/{code}" if known else None

    return Schema(
        name=str(data.get("id") or default_name),
        description=str(data.get("title") or ""),
        languages=("en",),
        entities=tuple(EntityType(name, iri=iri("entity", code)) for code, name in names.items()),
        relations=tuple(
            RelationType(
                " ".join(item["label"].split()),
                iri=iri("prop/direct", str(item["pid"])),
                head=ends(item, "domain"),
                tail=ends(item, "range"),
            )
            for item in items("relations", "pid")
        ),
    )


def _json_keys(problem: Problem) -> Problem:
    kinds = {"entities": "entity_types", "relations": "relation_types", "events": "event_types"}
    head, *rest = problem.key or ("",)
    return Problem((kinds.get(str(head), head), *rest), problem.message) if head else problem


def _located(problem: Problem, text: str) -> Problem:
    # JSON is YAML (tabs apart): its lines are looked up only where there is something to say.
    try:
        return locate(parse(text), problem)
    except YamlProblem:
        return problem


class _JsonReader:
    """Reads leniently: what the format leaves open (types of roles and pairs) stays open."""

    def __init__(
        self, data: Mapping[str, Any], default_name: str, fail: Callable[[Key, str], NoReturn]
    ) -> None:
        self.data = data
        self.default_name = default_name
        self.fail = fail

    def schema(self) -> Schema:
        languages = self.data.get("lang") or ()
        schema = Schema(
            name=str(self.data.get("name") or self.default_name),
            languages=(languages,) if isinstance(languages, str) else tuple(languages),
            entities=tuple(
                EntityType(
                    name,
                    description=_description(value),
                    parent=value.get("parent") if isinstance(value, dict) else None,
                    datatype=value.get("datatype") if isinstance(value, dict) else None,
                )
                for name, value in self.types("entity_types").items()
            ),
            relations=tuple(
                self.relation(name, value) for name, value in self.types("relation_types").items()
            ),
            events=tuple(
                self.event(name, value) for name, value in self.types("event_types").items()
            ),
        )
        return _with_scopes(schema, self.data)

    def types(self, key: str) -> dict[str, Any]:
        types = self.data.get(key) or {}
        if isinstance(types, list) and all(isinstance(name, str) for name in types):
            types = dict.fromkeys(types, "")
        if not isinstance(types, dict) or not all(isinstance(name, str) for name in types):
            self.fail((key,), "must be an object with type names as keys")
        for name, value in types.items():
            if value is not None and not isinstance(value, (str, dict)):
                self.fail((key, name), "must be a description or an object")
        # Data sets have names that differ in outer white space only: they are one type.
        return {name.strip(): value for name, value in types.items()}

    def relation(self, name: str, value: Any) -> RelationType:
        fields = value if isinstance(value, dict) else {}
        description = _description(value)
        code = fields.get("code")
        return RelationType(
            name,
            description=description,
            iri=f"http://www.wikidata.org/prop/direct/{code}"
            if isinstance(code, str) and _PROPERTY.fullmatch(code)
            else None,
            head=self.names(("relation_types", name, "head"), fields.get("head")),
            tail=self.names(("relation_types", name, "tail"), fields.get("tail")),
            # The format has no key for it; the descriptions say "(symmetric)".
            symmetric=fields.get("symmetric") is True or "(symmetric)" in description,
        )

    def event(self, name: str, value: Any) -> EventType:
        fields = value if isinstance(value, dict) else {}
        key: Key = ("event_types", name)
        described = fields.get("role_descriptions") or {}
        if not isinstance(described, dict):
            self.fail((*key, "role_descriptions"), "must be an object")
        return EventType(
            name,
            description=_description(value),
            roles=tuple(
                Role(role, description=str(described.get(role) or "").strip())
                for role in self.names((*key, "roles"), fields.get("roles"))
            ),
        )

    def names(self, key: Key, value: Any) -> tuple[str, ...]:
        names = value or []
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            self.fail(key, "must be a list of names")
        return tuple(dict.fromkeys(name.strip() for name in names))


def _description(value: Any) -> str:
    text = value.get("description") if isinstance(value, dict) else value
    return " ".join(str(text or "").split())


def _with_scopes(schema: Schema, data: Mapping[str, Any]) -> Schema:
    """``domains`` and ``styles`` list the types that are annotated in one part of the set."""
    scopes: dict[str, Scope] = {}
    for key in ("domains", "styles"):
        parts = data.get(key)
        for part, value in parts.items() if isinstance(parts, dict) else ():
            types = value.get("types") if isinstance(value, dict) else value
            if isinstance(types, (list, dict)):
                names = frozenset(str(name).strip() for name in types)
                scopes[part] = _scope(schema, names)
    return replace(schema, scopes=scopes)


def _scope(schema: Schema, names: frozenset[str]) -> Scope:
    # The list does not say its kind; names of several kinds may be equal, so the most decide.
    kinds = {"entities": schema.entity, "relations": schema.relation, "events": schema.event}
    kind = max(kinds, key=lambda k: len(names & kinds[k].keys()))
    return Scope(**{kind: names & kinds[kind].keys()})
