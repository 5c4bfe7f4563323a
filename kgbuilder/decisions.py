"""Correcting a graph: merge, split, rename, retype, reject; and undo of each.

Every function opens the graph at ``store`` (a URL or an open store, by default that of the
settings) for writing, makes one decision that is kept in the graph (`graph.resolving.decisions`)
and returns it, or, for `undo`, takes one back. Entities are named by id or by their exact name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from graph.resolution import distinguishing
from graph.resolving.decisions import Decision, decision_of
from graph.store import GraphStore
from graph.store.lookup import Entity, keys_of_name, unscoped
from ingest.documents import document_id
from ingest.reader import file_uri
from kgbuilder.errors import InputError
from kgbuilder.graphs import StoreLike, existing
from kgbuilder.settings import Settings
from model.schema_names import relationship_type


def merge(
    one: str,
    other: str,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    note: str = "",
) -> Decision:
    """Hold two entities to be one.

    Raises:
        InputError: an entity is not there, or its name is not the only one of its kind.
    """
    with existing(store, settings, write=True) as graph:
        first, second = find_entity(graph, one), find_entity(graph, other)
        if first.id == second.id:
            raise InputError(f"{one} and {other} are one entity already")
        left, right = (
            (*entity.keys[:1], *filter(distinguishing, entity.keys)) for entity in (first, second)
        )
        return _decide(graph, Decision("merge", left, right, **_made(note)))


def separate(
    one: str,
    other: str,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    note: str = "",
) -> Decision:
    """Hold two entities to be two, whatever their names become.

    Raises:
        InputError: they are one entity, or one is not there.
    """
    with existing(store, settings, write=True) as graph:
        first, second = find_entity(graph, one), find_entity(graph, other)
        if first.id == second.id:
            raise InputError(f"{one} and {other} are one entity; split it")
        return _decide(
            graph, Decision("split", tuple(first.keys), tuple(second.keys), **_made(note))
        )


def split(
    entity: str,
    *,
    names: Iterable[str] = (),
    documents: Iterable[str | PathLike[str]] = (),
    store: StoreLike | None = None,
    settings: Settings | None = None,
    note: str = "",
) -> Decision:
    """Take apart what is not one thing: what bears ``names``, or what ``documents`` mean.

    Give names where two things with different names were joined, and documents (URIs, ids or
    paths) where different things have one name.

    Raises:
        InputError: nothing would be split off, or nothing would be left.
    """
    names, documents = list(names), list(documents)
    if bool(names) == bool(documents):
        raise InputError("Say what to split off: names, or documents (not both)")
    with existing(store, settings, write=True) as graph:
        found = find_entity(graph, entity)
        if documents:
            wanted = {_document_id(graph, document) for document in documents}
            mine = {member.document_id for member in graph.members(found.id)}
            if not wanted <= mine or wanted == mine:
                raise InputError(
                    f"{found.name}: the documents must be some, and not all, of the "
                    f"{len(mine)} that speak of it"
                )
            left = tuple(found.keys)
            return _decide(graph, Decision("split", left, documents=tuple(wanted), **_made(note)))
        off = _keys_of_names(graph, found, names)
        rest = tuple(key for key in found.keys if key not in off)
        if not rest:
            raise InputError(f"{found.name}: no name would be left; split by documents instead")
        return _decide(graph, Decision("split", off, rest, **_made(note)))


def rename(
    entity: str,
    name: str,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    note: str = "",
) -> Decision:
    """Show an entity under this name; the names it had stay as aliases."""
    if not name.strip():
        raise InputError("A name must not be empty")
    with existing(store, settings, write=True) as graph:
        found = find_entity(graph, entity)
        decision = Decision("rename", tuple(found.keys), value=name.strip(), **_made(note))
        return _decide(graph, decision)


def retype(
    entity: str,
    entity_type: str,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    note: str = "",
) -> Decision:
    """Give an entity this type of the graph's schema.

    Raises:
        InputError: the schema has no such type, or it or the entity is a literal.
    """
    with existing(store, settings, write=True) as graph:
        found = find_entity(graph, entity)
        schema = graph.schema
        known = [t.name for t in schema.entities if not t.datatype] if schema else []
        if entity_type not in known:
            raise InputError(f"{entity_type!r} is none of the types {', '.join(known)}")
        if found.literal:
            raise InputError(f"{found.name} is a literal value; its type follows from its form")
        decision = Decision("retype", tuple(found.keys), value=entity_type, **_made(note))
        return _decide(graph, decision)


def reject(
    head: str,
    relation: str,
    tail: str,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    note: str = "",
) -> Decision:
    """Hold a relation between two entities to be wrong, whoever states it now or later.

    ``relation`` is a name of the schema or a relationship type of the graph.

    Raises:
        InputError: the graph has no such relation.
    """
    with existing(store, settings, write=True) as graph:
        first, second = find_entity(graph, head), find_entity(graph, tail)
        kind = relationship_type(relation)
        if not graph.has_relation(kind, first.id, second.id):
            raise InputError(f"There is no {kind} from {first.name} to {second.name}")
        left, right = tuple(first.keys), tuple(second.keys)
        return _decide(graph, Decision("reject", left, right, value=kind, **_made(note)))


def undo(
    decision_id: str, *, store: StoreLike | None = None, settings: Settings | None = None
) -> Decision:
    """Take a decision back; the graph becomes what it would be had it not been made.

    Raises:
        InputError: there is no decision with this id, or with an id that begins so.
    """
    with existing(store, settings, write=True) as graph:
        found = [d for d in graph.decisions().all if d.id.startswith(decision_id)]
        if len(found) != 1 or not decision_id:
            raise InputError(
                f"{decision_id!r} is the beginning of the ids of {len(found)} decisions, not of one"
            )
        graph.undo(found[0])
        return found[0]


def undo_all(
    source: str, *, store: StoreLike | None = None, settings: Settings | None = None
) -> list[Decision]:
    """Take back all decisions of a model; they are given back, the latest first.

    Raises:
        InputError: there are none.
    """
    with existing(store, settings, write=True) as graph:
        found = [d for d in graph.decisions().all if source and d.source == source]
        if not found:
            known = sorted({d.source for d in graph.decisions().all if d.source})
            raise InputError(
                f"No decisions are of {source!r}; of models: {', '.join(known) or '-'}"
            )
        for decision in reversed(found):
            graph.undo(decision)
        return found[::-1]


def decisions(
    *, store: StoreLike | None = None, settings: Settings | None = None
) -> list[Decision]:
    """All decisions that hold, the oldest first."""
    with existing(store, settings) as graph:
        return list(graph.decisions().all)


def export_decisions(
    target: str | PathLike[str],
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
) -> int:
    """Write all decisions to a file, one JSON object a line; how many there are."""
    found = decisions(store=store, settings=settings)
    lines = [json.dumps(d.as_dict(), ensure_ascii=False) + "\n" for d in found]
    Path(target).write_text("".join(lines), encoding="utf-8")
    return len(found)


def import_decisions(
    source: str | PathLike[str],
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
) -> int:
    """Make the decisions of a file that `export_decisions` wrote; how many were new.

    Nothing is decided if a line is wrong. Raises InputError, which names the line.
    """
    found: list[Decision] = []
    # Not splitlines(): a name may hold one of the other characters that Unicode breaks lines at.
    for number, line in enumerate(Path(source).read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                found.append(decision_of(json.loads(line.decode("utf-8-sig"))))
            except (ValueError, AttributeError, RecursionError) as error:
                raise InputError(f"{source}, line {number}: {error}") from error
    with existing(store, settings, write=True) as graph:
        return sum(graph.decide(decision) for decision in found)


def find_entity(graph: GraphStore, entity: str) -> Entity:
    """The one entity with this id or exact name.

    Raises:
        InputError: there is none, or there are several.
    """
    found = graph.entities_of(entity)
    if not found:
        raise InputError(f"There is no entity with the id or the name {entity!r}")
    if len(found) > 1:
        ids = "; ".join(f"{e.id} ({e.type})" for e in found[:5])
        raise InputError(f"{len(found)} entities have the name {entity!r}; say which by id: {ids}")
    return found[0]


def _keys_of_names(graph: GraphStore, entity: Entity, names: Sequence[str]) -> tuple[str, ...]:
    keys: set[str] = set()
    schema = graph.schema
    assert schema is not None, "a graph with entities has a schema"
    for name in names:
        wanted = keys_of_name(name, schema)
        found = {key for key in entity.keys if unscoped(key) in wanted}
        if not found:
            raise InputError(
                f"{name!r} is no name that identifies {entity.name}; names that do: "
                + ", ".join(key.partition("|")[2] for key in entity.keys)
            )
        keys |= found
    return tuple(sorted(keys))


def _document_id(graph: GraphStore, document: str | PathLike[str]) -> str:
    text = str(document)
    for key in (text, file_uri(document)) if "://" not in text else (text,):
        found = graph.ledger([key, document_id(key)])
        if found:
            return next(iter(found))
    raise InputError(f"There is no document {text}")


def _made(note: str) -> dict[str, Any]:
    return {"made_at": datetime.now(UTC).isoformat(timespec="milliseconds"), "note": note}


def _decide(graph: GraphStore, decision: Decision) -> Decision:
    if not graph.decide(decision):
        raise InputError(f"This was decided already: {decision.id}")
    return decision
