"""Where SPARQL is answered: an Oxigraph database in a folder, or a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Protocol, cast
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

import pyoxigraph as ox
import urllib3

from graph.rdf.reading import Statement, Term
from graph.store.errors import (
    QueryError,
    QueryTimeoutError,
    StoreError,
    StoreLockedError,
    StoreUnreachableError,
)
from graph.store.locks import FileLock

Solution = dict[str, Term]
Answer = ox.QuerySolutions | ox.QueryBoolean | Iterator[ox.Triple]
_LOCK_SECONDS = 10.0


class Endpoint(Protocol):
    """Queries and updates in SPARQL 1.1. Queries see the union of all graphs by default."""

    shared: bool
    """Whether others may write at the same time."""

    @property
    def product(self) -> str: ...

    def answer(self, sparql: str) -> Answer:
        """A SELECT, ASK, CONSTRUCT or DESCRIBE query's answer.

        Raises:
            QueryError: the query is wrong.
            StoreError: the endpoint cannot be reached.
        """
        ...

    def graph(self, iri: str) -> Iterator[Statement]:
        """All of one named graph."""
        ...

    def text(self, iri: str) -> bytes:
        """All of one named graph, as N-Triples."""
        ...

    def update(self, sparql: str) -> None:
        """Do a whole update or nothing of it."""
        ...

    def load(self, quads: bytes) -> None:
        """Add N-Quads, as fast as the endpoint can; not in one transaction.

        Raises:
            SyntaxError: they are none.
        """
        ...

    def close(self) -> None: ...


def select(endpoint: Endpoint, sparql: str) -> list[Solution]:
    """The solutions of a query that kgbuilder made."""
    return list(solutions(endpoint, sparql))


def solutions(endpoint: Endpoint, sparql: str) -> Iterator[Solution]:
    """As `select`, one by one."""
    answer = endpoint.answer(sparql)
    assert isinstance(answer, ox.QuerySolutions), "no SELECT query"
    names = [variable.value for variable in answer.variables]
    for solution in answer:
        values = zip(names, solution, strict=True)
        yield {name: value for name, value in values if value is not None}


def iri_of(term: Term) -> str:
    """The IRI of a term that kgbuilder knows to be one."""
    assert isinstance(term, ox.NamedNode)
    return term.value


def text_of(term: Term) -> str:
    """The text of a term that kgbuilder knows to be a literal."""
    assert isinstance(term, ox.Literal)
    return term.value


class EmbeddedEndpoint:
    """Oxigraph in this process, with its data in a folder.

    Oxigraph lets one process write a folder, or several read it. A lock that the operating
    system releases however a process ends says who may.
    """

    shared = False

    def __init__(self, folder: Path, *, writer: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._writer = writer
        self._lock = FileLock(folder / "kgbuilder.lock")
        if not self._lock.acquire(shared=not writer, timeout=_LOCK_SECONDS):
            self._lock.close()
            raise StoreLockedError(
                f"{folder} is in use by another process, and this kind of store is written by "
                "one process or read by several; wait for it, or use a SPARQL server "
                "(sparql+http://...)"
            )
        data = folder / "oxigraph"
        try:
            if writer or not data.exists():
                self._store = ox.Store(data)
            else:
                self._store = ox.Store.read_only(str(data))
        except OSError as error:
            self._lock.close()
            raise StoreError(f"cannot open the graph in {folder}: {error}") from error

    @property
    def product(self) -> str:
        return f"Oxigraph/{ox.__version__}"

    def answer(self, sparql: str) -> Answer:
        try:
            return self._store.query(sparql, use_default_graph_as_union=True)
        except SyntaxError as error:
            raise QueryError(f"the SPARQL query is wrong: {error.msg}") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise QueryError(f"the SPARQL query failed: {error}") from error

    def graph(self, iri: str) -> Iterator[Statement]:
        for quad in self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri)):
            yield quad.subject, quad.predicate, quad.object

    def text(self, iri: str) -> bytes:
        found = self._store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(iri))
        assert found is not None, "what is dumped nowhere is returned"
        return found

    def update(self, sparql: str) -> None:
        if not self._writer:
            raise StoreError("the graph is open for reading only")
        try:
            self._store.update(sparql)
        except SyntaxError as error:
            raise QueryError(f"the SPARQL update is wrong: {error.msg}") from error
        except OSError as error:
            raise StoreError(f"writing the graph failed: {error}") from error

    def load(self, quads: bytes) -> None:
        if not self._writer:
            raise StoreError("the graph is open for reading only")
        self._store.bulk_load(quads, ox.RdfFormat.N_QUADS)

    def clear(self) -> None:
        """Take everything out of the database."""
        self._store.clear()

    def close(self) -> None:
        if self._writer:
            self._store.flush()
        del self._store
        self._lock.close()


class HttpEndpoint:
    """A server that speaks SPARQL 1.1 Protocol and Graph Store HTTP Protocol.

    ``url`` is the server's, without ``sparql+``. The three services are ``query``, ``update`` and
    ``store`` below it, as at Oxigraph and Fuseki; where a server has them elsewhere, the URL's
    query names them: ``http://host:7200/repositories/kg?query=.&update=statements&
    store=rdf-graphs/service``. User and password come from the arguments.
    """

    shared = True

    def __init__(
        self, url: str, *, writer: bool, user: str | None = None, password: str | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise StoreError(
                "user and password do not belong into the URL of a store; set "
                "KGBUILDER_SPARQL_USER and KGBUILDER_SPARQL_PASSWORD"
            )
        given = parse_qs(parts.query)
        unknown = set(given) - {"query", "update", "store"}
        if unknown:
            raise StoreError(f"{url}: unknown {', '.join(sorted(unknown))} in the URL's query")
        base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))
        self._base = base
        self._services = {
            name: urljoin(base, given.get(name, [name])[0]) for name in ("query", "update", "store")
        }
        self._writer = writer
        self._pool = urllib3.PoolManager(
            retries=urllib3.Retry(connect=2, read=0, redirect=3, backoff_factor=0.2),
            timeout=urllib3.Timeout(connect=10.0, read=600.0),
        )
        self._headers: dict[str, str] = {}
        if password is not None:
            self._headers = urllib3.make_headers(basic_auth=f"{user or ''}:{password}")
        self._product = "SPARQL 1.1 server"
        self.answer("ASK {}")  # says at once where there is no server

    @property
    def product(self) -> str:
        return self._product

    def answer(self, sparql: str) -> Answer:
        response = self._query(sparql)
        return _parsed(response, response.data)

    def asked(self, sparql: str, seconds: float) -> Iterator[Answer]:
        """As `answer`, once, with rows that are read while they are taken; the connection is closed
        after that, or when the server has been silent for so many seconds.

        Raises:
            QueryTimeoutError: it was.
        """
        timeout = urllib3.Timeout(connect=10.0, read=seconds)
        try:
            response = self._query(sparql, timeout=timeout, preload_content=False)
        except StoreUnreachableError as error:
            if isinstance(error.__cause__, urllib3.exceptions.ReadTimeoutError):
                raise QueryTimeoutError("the query took longer than it may") from error
            raise
        try:
            yield _parsed(response, cast("IO[bytes]", response))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise QueryTimeoutError("the server has stopped answering") from error
        finally:
            response.close()

    def _query(self, sparql: str, **options: Any) -> urllib3.BaseHTTPResponse:
        response = self._send(
            "POST",
            "query",
            sparql.encode(),
            {
                "Content-Type": "application/sparql-query",
                "Accept": "application/sparql-results+json, application/n-triples;q=0.9",
            },
            # Oxigraph's; other servers pass over it.
            {"union-default-graph": "true"},
            **options,
        )
        self._product = response.headers.get("Server") or self._product
        return response

    def graph(self, iri: str) -> Iterator[Statement]:
        for quad in ox.parse(self.text(iri), ox.RdfFormat.N_TRIPLES):
            yield quad.subject, quad.predicate, quad.object

    def text(self, iri: str) -> bytes:
        response = self._send(
            "GET", "store", None, {"Accept": "application/n-triples"}, {"graph": iri}
        )
        return b"" if response.status == 404 else response.data

    def update(self, sparql: str) -> None:
        if not self._writer:
            raise StoreError("the graph is open for reading only")
        kind = {"Content-Type": "application/sparql-update"}
        self._send("POST", "update", sparql.encode(), kind, {})

    def load(self, quads: bytes) -> None:
        if not self._writer:
            raise StoreError("the graph is open for reading only")
        kind = {"Content-Type": ox.RdfFormat.N_QUADS.media_type}
        self._send("POST", "store", quads, kind, {})

    def close(self) -> None:
        self._pool.clear()

    def _send(
        self,
        method: str,
        service: str,
        body: bytes | None,
        headers: Mapping[str, str],
        parameters: Mapping[str, str],
        **options: Any,
    ) -> urllib3.BaseHTTPResponse:
        url = self._services[service]
        if parameters:
            url += ("&" if "?" in url else "?") + urlencode(parameters)
        try:
            response = self._pool.request(
                method, url, body=body, headers={**self._headers, **headers}, **options
            )
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnreachableError(f"cannot reach {self._base}: {error}") from error
        if response.status < 300 or (response.status == 404 and method == "GET"):
            return response
        said = response.data.decode("utf-8", "replace").strip()[:500]
        if response.status in (401, 403):
            raise StoreError(
                f"{self._base} refuses the user or password ({response.status}); set "
                "KGBUILDER_SPARQL_USER and KGBUILDER_SPARQL_PASSWORD"
            )
        if response.status == 400 and service == "query":
            raise QueryError(f"the SPARQL query is wrong: {said}")
        raise StoreError(f"{url} answers {response.status}: {said}")


def _parsed(response: urllib3.BaseHTTPResponse, content: bytes | IO[bytes]) -> Answer:
    kind = (response.headers.get("Content-Type") or "").partition(";")[0].strip()
    if kind in ("application/sparql-results+json", "application/json"):
        found = ox.parse_query_results(content, ox.QueryResultsFormat.JSON)
        assert isinstance(found, ox.QuerySolutions | ox.QueryBoolean)
        return found
    return (quad.triple for quad in ox.parse(content, ox.RdfFormat.N_TRIPLES))
