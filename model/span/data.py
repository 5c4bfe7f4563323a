"""Data sets, passages and a user's records as groups of examples (`model.span.examples`)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from model.records import Record, read_records, record_to_json
from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.span.examples import Group, examples_of
from model.span.labels import (
    COREFERENCE_LABEL,
    NOMINAL_LABEL,
    PRONOUN_LABEL,
    Kind,
    Label,
    label_text,
)
from model.span.passages import own_schema, read_passages
from model.span.tokenizer import SpanTokenizer
from model.span.vocabulary import read_jsonl

OPEN_LICENCES = ("A", "A*")  # classes of data that shipped weights may learn from


def load_set(
    folder: Path,
    part: str,
    tokenizer: SpanTokenizer,
    max_tokens: int,
    licences: Collection[str] = OPEN_LICENCES,
    languages: Collection[str] | None = None,
) -> list[Group]:
    """Reads ``part`` of a data set: a ``schema.json``, and records (`model.records`) for each part.

    Of records in other ``languages`` than those given, none is read.

    Raises ValueError where the licence class of the set is not among ``licences``.
    """
    schema = json.loads((folder / "schema.json").read_text("utf-8"))
    if schema["licence_class"] not in licences:
        raise ValueError(
            f"data set '{folder.name}' has licence class {schema['licence_class']}; "
            f"this recipe allows {', '.join(sorted(licences))}"
        )
    groups: dict[str, Group] = {}
    for record in read_jsonl(folder / f"{part}.jsonl.xz"):
        if record.get("licence_class", "A") not in licences:
            continue  # some sets mix licences text by text
        if languages is not None and record["lang"] not in languages:
            continue
        restriction = _restriction(schema, record)
        key = f"{folder.name}/{record.get('domain', '')}" if restriction else folder.name
        if key not in groups:
            groups[key] = _group(key, schema, restriction)
        groups[key].examples += examples_of(record, groups[key], tokenizer, max_tokens)
    return [g for g in groups.values() if g.examples]


def load_passages(
    folder: Path,
    schema: Schema | None,
    tokenizer: SpanTokenizer,
    max_tokens: int,
    languages: Collection[str] | None = None,
) -> list[Group]:
    """Reads the passages in ``folder`` (``*.jsonl``), annotated by ``schema``: a group a language.

    Chinese passages have the Chinese names of the types. A file that begins with a schema of its
    own is a group of its own. Of passages in other ``languages`` than those given, none is read.
    """
    groups: dict[str, Group] = {}

    def passages(path: Path) -> Iterator[dict[str, Any]]:
        for record in read_passages(path):
            if languages is None or record["lang"] in languages:
                yield record

    for path in sorted(folder.glob("*.jsonl")):
        if (own := own_schema(path)) is not None:
            group = _schema_group(f"{folder.name}/{path.stem}", own)
            for record in passages(path):
                group.examples += examples_of(record, group, tokenizer, max_tokens)
            groups[group.name] = group
            continue
        if schema is None:
            raise ValueError(f"{path} names no schema")
        for record in passages(path):
            language = record["lang"]
            key = f"{folder.name}/{language}"
            named = schema if language == schema.languages[0] else schema.localized(language)
            if key not in groups:
                groups[key] = _group(
                    key, _schema_json(named, language == schema.languages[0]), None
                )
            if named is not schema:
                _rename(record, schema, named)
            groups[key].examples += examples_of(record, groups[key], tokenizer, max_tokens)
    return [g for g in groups.values() if g.examples]


def load_records(
    paths: Iterable[Path], name: str, schema: Schema, tokenizer: SpanTokenizer, max_tokens: int
) -> Group:
    """Annotated records of a user, with the types of ``schema``.

    Raises RecordError where a record is not as it should be, ValueError where it uses a type that
    the schema does not have.
    """
    group = _schema_group(name, schema)
    for path in paths:
        for record in read_records(path):
            _check_types(record, schema, path)
            group.examples += examples_of(record_to_json(record), group, tokenizer, max_tokens)
    return group


def _check_types(record: Record, schema: Schema, path: Path) -> None:
    found = record.annotation
    unknown = sorted(
        {f"entity type '{m.type}'" for m in found.mentions if m.type not in schema.entity}
        | {f"relation '{r.type}'" for r in found.relations if r.type not in schema.relation}
        | {f"event type '{e.type}'" for e in found.events if e.type not in schema.event}
    )
    if unknown:
        raise ValueError(
            f"{path}, record '{record.id}': the schema '{schema.name}' has no {unknown[0]}"
        )


def _schema_group(name: str, schema: Schema) -> Group:
    """The labels of a schema, with their names in the other language."""
    group = _group(name, _schema_json(schema, True), None)
    items: list[EntityType | RelationType | EventType | Role] = [
        *schema.entities,
        *schema.relations,
        *schema.events,
        *(role for event in schema.events for role in event.roles),
    ]
    for item in items:
        for translated in item.labels.values():
            if translated != item.name:
                group.translations.setdefault(item.name, translated)
    return group


def _schema_json(schema: Schema, described: bool) -> dict[str, Any]:
    """A schema in the form of a data set's ``schema.json``."""

    def description(item: EntityType | RelationType | EventType) -> str:
        return item.description if described else ""

    return {
        "layers": ["entities", "relations", "events", "clusters"],
        "entity_types": {t.name: description(t) for t in schema.entities},
        "above": {
            t.name: [name for name in schema.ancestors(t.name) if name != t.name]
            for t in schema.entities
            if t.parent
        },
        "relation_types": {
            t.name: {"description": description(t), "symmetric": t.symmetric}
            for t in schema.relations
        },
        "event_types": {
            t.name: {"description": description(t), "roles": [r.name for r in t.roles]}
            for t in schema.events
        },
    }


def _rename(record: dict[str, Any], schema: Schema, named: Schema) -> None:
    entity = {a.name: b.name for a, b in zip(schema.entities, named.entities, strict=True)}
    relation = {a.name: b.name for a, b in zip(schema.relations, named.relations, strict=True)}
    event = {a.name: b for a, b in zip(schema.events, named.events, strict=True)}
    for item in record["entities"]:
        item["type"] = entity[item["type"]]
    for item in record["relations"]:
        item["type"] = relation[item["type"]]
    for item in record["events"]:
        roles = zip(schema.event[item["type"]].roles, event[item["type"]].roles, strict=True)
        names = {a.name: b.name for a, b in roles}
        item["type"] = event[item["type"]].name
        for argument in item["arguments"]:
            argument["role"] = names[argument["role"]]


def _restriction(schema: dict[str, Any], record: dict[str, Any]) -> set[str] | None:
    """The only types that are annotated in this record, or None for all."""
    domains = schema.get("domains")
    if not domains or "domain" not in record:
        return None
    allowed: set[str] = set()
    for name in record["domain"].split("+"):
        domain = domains.get(name, [])
        allowed |= set(domain["types"] if isinstance(domain, dict) else domain)
    return allowed or None


def _group(name: str, schema: dict[str, Any], restriction: set[str] | None) -> Group:
    labels: dict[Kind, list[Label]] = defaultdict(list)
    texts: dict[Label, str] = {}

    def add(kind: Kind, label: str, description: str) -> None:
        item = Label(kind, label)
        if item not in texts:
            labels[kind].append(item)
            texts[item] = label_text(label, description)

    for label, description in (schema.get("entity_types") or {}).items():
        if restriction is None or label in restriction or schema.get("event_types"):
            add(Kind.ENTITY, label, description)
    for label, info in (schema.get("relation_types") or {}).items():
        add(Kind.RELATION, label, info.get("description", ""))
    for label, info in (schema.get("event_types") or {}).items():
        if restriction is None or label in restriction:
            add(Kind.TRIGGER, label, info.get("description", ""))
            for role in info.get("roles", []):
                # Without description: roles of one name differ in it from frame to frame.
                add(Kind.ARGUMENT, role, "")
                add(Kind.ROLE, role, "")
    if "clusters" in schema["layers"]:
        add(Kind.COREFERENCE, COREFERENCE_LABEL, "")
        if name in ("gum", "litbank"):
            add(Kind.ENTITY, PRONOUN_LABEL, "")
            add(Kind.ENTITY, NOMINAL_LABEL, "")
    symmetric = frozenset(
        label
        for label, info in (schema.get("relation_types") or {}).items()
        if info.get("symmetric") or "(symmetric)" in info.get("description", "")
    )
    return Group(name, dict(labels), texts, symmetric, schema.get("above", {}))
