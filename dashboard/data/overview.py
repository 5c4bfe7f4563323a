"""What is in a graph: counts, the newest documents, events by year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from dashboard.data.reader import Reader
from dashboard.data.records import DocumentInfo, Overview
from dashboard.data.rows import DOCUMENT, document_of
from graph.store.errors import QueryError, StoreError
from graph.store.naming import DOCUMENT as DOCUMENT_LABEL
from graph.store.naming import quoted
from model.schema import Schema
from model.schema_names import graph_label, relationship_type

_PARTS = 24
"""Counts asked for in one query at most."""

_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
"""How far back the newest documents are looked for before all are sorted."""


def overview(reader: Reader) -> Overview:
    """Counts by type, from the books that databases keep of themselves: no node is read."""
    schema = reader.schema
    if schema is None:
        return Overview(reader.query("MATCH (d:Document) RETURN count(d) AS n")[0]["n"])
    labels, types = _books(reader, schema)
    relations = {relationship_type(r.name): r.name for r in schema.relations}
    return Overview(
        labels.get(DOCUMENT_LABEL, 0),
        _ranked(_own(schema, labels)),
        _ranked({kind: types.get(kind, 0) - _as_role(reader, schema, kind) for kind in relations}),
        _ranked({e.name: labels.get(graph_label(e.name), 0) for e in schema.events}),
    )


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    found = [(name, count) for name, count in counts.items() if count > 0]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))


def _own(schema: Schema, labels: Mapping[str, int]) -> dict[str, int]:
    """Entities of each type alone: a label also counts the types below it."""
    totals = {kind.name: labels.get(graph_label(kind.name), 0) for kind in schema.entities}
    own = dict(totals)
    for kind in schema.entities:
        if kind.parent is not None:
            own[kind.parent] -= totals[kind.name]
    return own


def _as_role(reader: Reader, schema: Schema, kind: str) -> int:
    """How often a relationship type stands for a role of events: some names are both."""
    labels = [
        quoted(graph_label(event.name))
        for event in schema.events
        if any(relationship_type(role.name) == kind for role in event.roles)
    ]
    if not labels:
        return 0
    text = " UNION ALL ".join(
        f"MATCH (:{label})-[r:{quoted(kind)}]->() RETURN count(r) AS n" for label in labels
    )
    return sum(row["n"] for row in reader.query(text))


def _books(reader: Reader, schema: Schema) -> tuple[dict[str, int], dict[str, int]]:
    """How many nodes each label and how many relationships each type has."""
    try:
        value = reader.query("CALL meta.stats()")[0]["value"]  # ArcadeDB
        return value["labels"], value["relTypes"]
    except (QueryError, StoreError):
        names = [*(kind.name for kind in schema.entities), *(kind.name for kind in schema.events)]
        labels = [DOCUMENT_LABEL, *map(graph_label, names)]
        types = [relationship_type(relation.name) for relation in schema.relations]
        return (  # Neo4j answers such counts from its own store of them
            _counts(reader, {name: f"MATCH (r:{quoted(name)})" for name in labels}),
            _counts(reader, {name: f"MATCH ()-[r:{quoted(name)}]->()" for name in types}),
        )


def _counts(reader: Reader, patterns: dict[str, str]) -> dict[str, int]:
    """How often each pattern of ``r`` is found."""
    found: dict[str, int] = {}
    names = list(patterns)
    for start in range(0, len(names), _PARTS):
        some = names[start : start + _PARTS]
        text = " UNION ALL ".join(
            f"{patterns[name]} RETURN {start + index} AS i, count(r) AS n"
            for index, name in enumerate(some)
        )
        for row in reader.query(text):
            found[names[row["i"]]] = row["n"]
    return found


def newest_documents(reader: Reader, limit: int = 6) -> list[DocumentInfo]:
    """Those written last."""
    now = datetime.now(UTC)
    for window in _WINDOWS:
        found = _since(reader, (now - window).isoformat(timespec="seconds"), limit)
        if len(found) >= limit:
            return found
    return _since(reader, "", limit)


def _since(reader: Reader, since: str, limit: int) -> list[DocumentInfo]:
    rows = reader.query(
        f"MATCH (d:Document) WHERE d.ingested_at >= $since RETURN {DOCUMENT} "
        "ORDER BY d.ingested_at DESC, d.uri LIMIT $limit",
        {"since": since, "limit": limit},
    )
    return [document_of(row) for row in rows]


def find_documents(reader: Reader, text: str, limit: int = 50) -> list[DocumentInfo]:
    """Documents whose title or address holds ``text``."""
    rows = reader.query(
        "MATCH (d:Document) WHERE toLower(d.title) CONTAINS $text OR toLower(d.uri) CONTAINS $text "
        f"RETURN {DOCUMENT} ORDER BY d.title, d.uri LIMIT $limit",
        {"text": text.casefold(), "limit": limit},
    )
    return [document_of(row) for row in rows]


def events_by_year(reader: Reader, limit: int = 5_000) -> tuple[Counter[int], bool]:
    """How many events each year has, of at most ``limit`` dated ones; whether that cut them."""
    rows = reader.query(
        "MATCH (x:Value {datatype: 'date'})<-[]-(v:Event) WHERE x.value IS NOT NULL "
        "RETURN x.value AS value LIMIT $limit",
        {"limit": limit + 1},
    )
    return years(row["value"] for row in rows[:limit]), len(rows) > limit


def years(dates: Iterable[str]) -> Counter[int]:
    """The years of ISO 8601 dates; what has none is left out."""
    found = (year_of(date) for date in dates)
    return Counter(year for year in found if year is not None)


def year_of(date: str) -> int | None:
    """The year of an ISO 8601 date, interval (its beginning) or year; None if it has none."""
    digits = date.split("/")[0].lstrip("-")
    sign = -1 if date.startswith("-") else 1
    head = digits.partition("-")[0]
    return sign * int(head) if head.isdecimal() and len(head) == 4 else None
