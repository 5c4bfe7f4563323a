"""SPARQL that people type: rows of plain values, within a time.

Oxigraph cannot be told to stop, so a query of an embedded store runs in a process of its own,
which opens the folder for reading and is ended when the time is up. On a server the connection is
closed; servers have limits of their own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.rdf.endpoint import Answer, EmbeddedEndpoint, HttpEndpoint
from graph.rdf.lines import with_prefixes
from graph.rdf.store import RdfStore
from graph.store.errors import QueryError, QueryTimeoutError, StoreError

Row = dict[str, Any]

_ASIDE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^<>\"{}|^`\\\s]*>|\#[^\n]*",
    re.DOTALL,
)
"""Strings, IRIs and comments."""
_SERVICE = re.compile(r"(?<![\w:?$\-])SERVICE(?![\w:\-])", re.IGNORECASE)
_NUMBERS = {
    f"http://www.w3.org/2001/XMLSchema#{name}": kind
    for name, kind in (
        ("integer", int),
        ("int", int),
        ("long", int),
        ("nonNegativeInteger", int),
        ("decimal", float),
        ("double", float),
        ("float", float),
    )
}
_BOOLEAN = "http://www.w3.org/2001/XMLSchema#boolean"


def ask(store: RdfStore, query: str, seconds: float) -> Iterator[Row]:
    """The rows of a SELECT query, the triples of a CONSTRUCT or DESCRIBE query as rows of
    ``subject``, ``predicate`` and ``object``, or one row with the ``answer`` of an ASK query.

    IRIs and texts are strings, numbers and truth values such. The query sees what
    `RdfStore.sparql` sees; it cannot have the store ask other servers (SERVICE), which would be
    asked in the name of this machine.

    Raises:
        QueryTimeoutError: the rows are not there after so many seconds.
        QueryError: the query is wrong.
    """
    if _SERVICE.search(_ASIDE.sub(" ", query)):
        raise QueryError("queries cannot have other servers asked (SERVICE) here")
    text = with_prefixes(query, store.base)
    endpoint = store.endpoint
    if isinstance(endpoint, EmbeddedEndpoint):
        return _in_a_process(endpoint.folder, text, seconds)
    assert isinstance(endpoint, HttpEndpoint)
    return (row for answer in endpoint.asked(text, seconds) for row in plain_rows(answer))


def plain_rows(answer: Answer) -> Iterator[Row]:
    """An answer as rows of plain values."""
    if isinstance(answer, ox.QueryBoolean):
        yield {"answer": bool(answer)}
    elif isinstance(answer, ox.QuerySolutions):
        names = [variable.value for variable in answer.variables]
        for solution in answer:
            yield {name: _plain(term) for name, term in zip(names, solution, strict=True)}
    else:
        for triple in answer:
            terms = (triple.subject, triple.predicate, triple.object)
            columns = ("subject", "predicate", "object")
            yield dict(zip(columns, map(_plain, terms), strict=True))


def _plain(term: Any) -> Any:
    if isinstance(term, ox.Literal):
        kind = term.datatype.value
        if kind == _BOOLEAN:
            return term.value in ("true", "1")
        with suppress(ValueError):
            return _NUMBERS[kind](term.value) if kind in _NUMBERS else term.value
        return term.value
    if term is None or isinstance(term, ox.NamedNode):
        return None if term is None else term.value
    return str(term)  # blank nodes and quoted triples


def _in_a_process(folder: Path, text: str, seconds: float) -> Iterator[Row]:
    """As `ask`; the process ends with the last row that is taken."""
    process = subprocess.Popen(
        [sys.executable, "-m", "graph.rdf.asking", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
    )
    overdue = threading.Event()

    def end() -> None:
        overdue.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    assert process.stdin is not None and process.stdout is not None
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(text)
            process.stdin.close()
        complete = False
        for line in process.stdout:
            said = json.loads(line) if line.endswith("\n") else {}
            if "error" in said:
                raise QueryError(said["error"])
            complete = "done" in said
            if "row" in said:
                yield said["row"]
        if overdue.is_set():
            raise QueryTimeoutError("the query took longer than it may")
        if not complete:
            raise StoreError("the process that ran the query has crashed; it may need less memory")
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def main(folder: Path) -> None:
    """What the process does: a query on standard input, its rows on standard output."""

    def say(**what: Any) -> None:
        sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")

    try:
        with_store = EmbeddedEndpoint(folder, writer=False)
        for row in plain_rows(with_store.answer(sys.stdin.read())):
            say(row=row)
        say(done=True)
    except StoreError as error:
        say(error=str(error))


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(Path(sys.argv[1]))
