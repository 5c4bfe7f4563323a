"""Schemas by name or from files: YAML of our own, an ontology or SHACL shapes in RDF
(`model.ontology`), a ``schema.json`` of the data-set format, or an ontology of Text2KGBench.

A YAML schema::

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

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import yaml

from model.schema import EntityType, EventType, RelationType, Role, Schema, Scope
from model.schema_check import Key, Problem, SchemaError, check_schema, problems
from model.schema_yaml import Node, YamlProblem, locate, parse

SCHEMA_FOLDER = Path(__file__).parent.parent / "configs" / "schemas"
MAX_BYTES = 16_000_000
RDF_SUFFIXES = (".ttl", ".nt", ".nq", ".trig", ".n3", ".owl", ".rdf", ".xml", ".jsonld")
ANY = "any"
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_PROPERTY = re.compile(r"P[1-9]\d*")


def available_schemas() -> list[str]:
    """Names that ``load_schema`` takes, sorted: each bundled file, and each language of it."""
    names = []
    for path in sorted(SCHEMA_FOLDER.glob("*.yaml")):
        names.append(path.stem)
        languages = _read_yaml(path).languages
        if len(languages) > 1:
            names += [f"{path.stem}-{language}" for language in languages]
    return sorted(names)


def load_schema(name_or_path: str | Path) -> Schema:
    """The bundled schema of that name, or the one in a YAML, JSON or RDF file, by its ending.

    ``general-zh`` is the bundled schema ``general`` with its types named in Chinese. Raises
    SchemaError, which names file, line and key, for a schema that is unknown or wrong.
    """
    path = Path(name_or_path)
    if path.suffix.lower() in (".yaml", ".yml"):
        return _read_yaml(path)
    if path.suffix.lower() == ".json":
        return _read_json(path)
    if path.suffix.lower() in RDF_SUFFIXES:
        from model.ontology import read_ontology  # not needed by most

        return read_ontology(path).schema
    name = str(name_or_path)
    if isinstance(name_or_path, str) and re.fullmatch(r"[\w.-]+", name):
        bundled = SCHEMA_FOLDER / f"{name}.yaml"
        if bundled.is_file():
            return _read_yaml(bundled)
        stem, _, language = name.rpartition("-")
        bundled = SCHEMA_FOLDER / f"{stem}.yaml"
        if stem and bundled.is_file():
            schema = _read_yaml(bundled)
            if language in schema.languages:
                return _localized(schema, language, bundled)
    known = ", ".join(p.stem for p in sorted(SCHEMA_FOLDER.glob("*.yaml")))
    files = ", ".join((".yaml", ".json", *RDF_SUFFIXES))
    hint = f"no schema of this name, and no file that ends in one of {files} (bundled: {known})"
    raise SchemaError(name, [Problem((), hint)])


def _localized(schema: Schema, language: str, path: Path) -> Schema:
    try:
        return check_schema(schema.localized(language), f"{path} in the language '{language}'")
    except KeyError as error:
        raise SchemaError(str(path), [Problem((), str(error.args[0]))]) from None


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SchemaError(str(path), [Problem((), error.strerror or str(error))]) from None
    if len(data) > MAX_BYTES:
        raise SchemaError(str(path), [Problem((), f"larger than {MAX_BYTES:,} bytes")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SchemaError(str(path), [Problem((), "the file is not UTF-8", line)]) from None


# -- our own YAML ---------------------------------------------------------------------------


def _read_yaml(path: Path) -> Schema:
    return parse_schema(_read_text(path), source=str(path), default_name=path.stem)


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


# -- schema.json of the data-set format -----------------------------------------------------


def _read_json(path: Path) -> Schema:
    text = _read_text(path)

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
