"""Queries that people type: for reading only, with a limit of rows and of time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import Any, Protocol

from dashboard.data.reader import Row
from graph.store.errors import QueryError, QueryTimeoutError

MOST_AT_ONCE = 3
"""Queries that run at a time."""
_GRACE = 2.0
"""Seconds that the database has for ending a query whose time is up."""


class Language(Protocol):
    """What a store is asked in: `dashboard.data.cypher`, `dashboard.data.sparql`."""

    name: str
    placeholder: str

    def rows(self, query: str, seconds: float) -> Iterator[Row]:
        """The rows of a query, one by one, for reading only.

        Raises:
            QueryTimeoutError: it takes longer than ``seconds``; the database ends it.
            QueryError: it is wrong, or writes.
        """
        ...

    def examples(self) -> list[tuple[str, str]]:
        """Queries that this graph can answer: the key of a title, and the query."""
        ...

    def node_ids(self, rows: Sequence[Row], most: int = 200) -> list[str]:
        """The ids of entities and events in rows, for drawing them."""
        ...

    def shown(self, value: Any) -> Any:
        """A value of a row as a table's cell holds it."""
        ...


@dataclass(frozen=True)
class Answer:
    """``cut`` says that there were more rows than the limit."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    cut: bool
    seconds: float


class Runner:
    """Runs queries on one store; any number of threads may use it."""

    def __init__(self, language: Language) -> None:
        self.language = language
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
                rows = self.language.rows(query, seconds)
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
