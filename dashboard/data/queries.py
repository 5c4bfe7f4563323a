"""Queries that people type: for reading only, with a limit of rows and of time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import Any, Protocol

from dashboard.data.reader import Row
from graph.store.errors import QueryError, QueryTimeoutError
from model.schema import Schema
from model.schema_names import graph_label, relationship_type

MOST_AT_ONCE = 3
"""Queries that run at a time."""
_GRACE = 2.0
"""Seconds that the database has for ending a query whose time is up."""


class Streams(Protocol):
    """A store that yields rows one by one."""

    def stream(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        /,
        *,
        timeout: float | None = None,
    ) -> Iterator[Row]: ...


@dataclass(frozen=True)
class Answer:
    """``cut`` says that there were more rows than the limit."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    cut: bool
    seconds: float


class Runner:
    """Runs queries on one store; any number of threads may use it."""

    def __init__(self, store: Streams) -> None:
        self._store = store
        self._places = threading.Semaphore(MOST_AT_ONCE)

    def run(self, query: str, *, limit: int, seconds: float) -> Answer:
        """The first rows of a query.

        Raises:
            QueryTimeoutError: the query takes longer than ``seconds``; the database ends it.
            QueryError: the query is wrong or writes, or too many others run.
        """
        if not query.strip():
            raise QueryError("there is no query")
        if not self._places.acquire(timeout=seconds):
            raise QueryError("other queries are running; try again later")
        outcome: list[list[Row] | Exception] = []
        began = perf_counter()

        def work() -> None:
            try:
                rows = self._store.stream(query, None, timeout=seconds)
                outcome.append(list(islice(rows, limit + 1)))
                if hasattr(rows, "close"):
                    rows.close()
            except Exception as error:
                outcome.append(error)
            finally:
                self._places.release()

        thread = threading.Thread(target=work, name="query", daemon=True)
        thread.start()
        thread.join(seconds + _GRACE)
        if not outcome or isinstance(outcome[0], QueryTimeoutError):
            raise QueryTimeoutError(f"the query took longer than {seconds:g} seconds")
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        found = outcome[0]
        columns = tuple(dict.fromkeys(key for row in found for key in row))
        return Answer(columns, tuple(found[:limit]), len(found) > limit, perf_counter() - began)


def examples(schema: Schema | None, language: str) -> list[tuple[str, str]]:
    """Queries that this graph can answer: (title key, Cypher)."""
    found = [
        (
            "example_documents",
            "MATCH (d:Document)<-[:PART_OF]-(:Chunk)-[:MENTIONS]->(e:Entity)\n"
            "RETURN d.title AS document, count(DISTINCT e) AS entities\n"
            "ORDER BY entities DESC LIMIT 10",
        ),
    ]
    if schema is None:
        return found
    if schema.relations:
        relation = schema.relations[0]
        head = f":{graph_label(relation.head[0])}" if relation.head else ":Entity"
        found.append(
            (
                "example_relation",
                f"MATCH (a{head})-[r:{relationship_type(relation.name)}]->(b:Entity)\n"
                "RETURN a.name AS head, b.name AS tail, r.confidence AS confidence\n"
                "ORDER BY confidence DESC LIMIT 25",
            )
        )
    if schema.events:
        event = schema.events[0]
        found.append(
            (
                "example_event",
                f"MATCH (v:Event:{graph_label(event.name)})-[r]->(x:Entity)\n"
                "RETURN v.trigger AS trigger, type(r) AS role, x.name AS name LIMIT 25",
            )
        )
    found += [
        (
            "example_support",
            "MATCH (a:Entity)-[r]->(b:Entity) WHERE r.support > 1\n"
            "RETURN a.name AS head, type(r) AS relation, b.name AS tail, r.support AS statements\n"
            "ORDER BY statements DESC LIMIT 25",
        ),
        (
            "example_graph",
            "MATCH (a:Entity)-[r]->(b:Entity)\nWHERE r.support > 1\nRETURN a, r, b LIMIT 50",
        ),
    ]
    return found


def node_ids(rows: Sequence[Row], most: int = 200) -> list[str]:
    """The ids of entities and events in the rows, for drawing them."""
    ids: dict[str, None] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            labels = value.get("labels")
            properties = value.get("properties")
            if isinstance(labels, list) and isinstance(properties, dict):
                if ("Entity" in labels or "Event" in labels) and "id" in properties:
                    ids[str(properties["id"])] = None
                return
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    for row in rows:
        look(row)
        if len(ids) >= most:
            break
    return list(ids)[:most]
