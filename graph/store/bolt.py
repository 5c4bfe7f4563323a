"""The property-graph store, over Bolt: the same statements for ArcadeDB and Neo4j."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from graph.records import DocumentGraph
from graph.resolution import Member
from graph.resolving.decisions import Decision, Decisions
from graph.store.contents import read_ledger
from graph.store.deciding import current_decisions
from graph.store.documents import DocumentStore
from graph.store.embedded import EmbeddedServer
from graph.store.errors import (
    QueryError,
    QueryTimeoutError,
    StoreError,
    StoreUnreachableError,
)
from graph.store.imported import complete
from graph.store.limits import with_limit
from graph.store.lookup import Entity, find_entities, members_of
from graph.store.meta import STORE_VERSION, decode_schema, encode_schema
from graph.store.migration import OutdatedStoreError, migrate, refuse_newer
from graph.store.search import (
    ARCADEDB_INDEX,
    CANDIDATES,
    NEO4J_INDEX,
    Hit,
    index_query,
    ranked,
)
from graph.store.setup import prepare
from graph.store.statements import Row, Transaction, rows, run
from graph.store.values import plain
from graph.store.writing import DocumentWriter, WriteResult
from model.schema import Schema

_LOG = logging.getLogger(__name__)
#: How long a transaction is tried again. An embedded server that was killed does not come back by
#: itself: the sooner the driver gives up, the sooner it is started again.
_RETRY_SECONDS, _EMBEDDED_RETRY_SECONDS = 30.0, 2.0
_ENDED = (  # on ArcadeDB, on Neo4j
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.TransactionTimedOut",
)
ResultT = TypeVar("ResultT")

logger = logging.getLogger(__name__)


class Rows(list[dict[str, Any]]):
    """The rows of a query; ``keys`` are its columns (ArcadeDB names none if there are no rows)."""

    def __init__(self, keys: Iterable[str], found: Iterable[dict[str, Any]]) -> None:
        super().__init__(found)
        self.keys = tuple(keys)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the store's ledger knows of a document."""

    id: str
    uri: str
    source: str
    title: str
    language: str
    sha256: str
    pipeline: str


@dataclass(frozen=True, slots=True)
class Server:
    """Where a store is. ``reader`` is the user that the server lets read only, if it has one."""

    url: str  # as the user gave it, for messages
    uri: str
    auth: tuple[str, str] | None
    reader: tuple[str, str] | None = None
    database: str | None = None
    embedded: EmbeddedServer | None = None


class Store(DocumentStore):
    """A knowledge graph in a database. Make it with `graph.store.open_store`; a context manager.

    Not thread-safe in writing: one thread writes. Reading is, from any number of threads.
    """

    def __init__(
        self,
        server: Server,
        *,
        writer: bool,
        schema: Schema | None = None,
        migrating: bool = False,
    ) -> None:
        self._server = server
        self._writer = writer
        self._schema = schema
        self._schema_kept = False
        self._cached_writer: DocumentWriter | None = None
        self._drivers = contextlib.ExitStack()
        try:
            self._connect()
            if writer:
                full_text = server.embedded is None
                self._with_session(lambda s: prepare(s, full_text=full_text), write=True)
            if not migrating:
                self._check_version()
            if writer and server.embedded is None:
                self._with_session(complete, write=True)
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def product(self) -> str:
        """Name and version of the database, such as ``Neo4j/5.26.0``."""
        return self._driver.get_server_info().agent

    @property
    def schema(self) -> Schema | None:
        """The schema that documents were last written with, kept in the store itself."""
        if self._schema is None:
            found = self.query("MATCH (s:GraphSettings {id: 'graph'}) RETURN s.schema AS schema")
            if found and found[0]["schema"]:
                self._schema = decode_schema(found[0]["schema"])
        return self._schema

    def _write_group(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None
    ) -> list[WriteResult]:
        schema = self._schema_to_write(schema)
        self._keep_schema(schema)
        writer = self._document_writer(schema)
        return self._transact(lambda tx: writer.write(tx, graphs))

    def _require_alive(self, error: Exception) -> None:
        if not self._writer:
            raise error
        self.query("RETURN 1 AS alive")

    def delete(self, document: str) -> int:
        """Delete what has this document id, URI or source URI; how many documents that were."""
        found = self.query(
            "MATCH (d:Document) WHERE d.id = $key OR d.uri = $key OR d.source = $key "
            "RETURN d.id AS id ORDER BY id",
            {"key": document},
        )
        return self.delete_all([row["id"] for row in found])

    def _delete_group(self, document_ids: Sequence[str]) -> int:
        schema = self.schema
        if schema is None:
            raise StoreError("deleting needs the schema that the documents were written with")
        writer = self._document_writer(schema)
        return self._transact(lambda tx: writer.retract(tx, document_ids))

    def decisions(self) -> Decisions:
        """What people have decided about the graph, see `graph.resolving.decisions`."""
        return self._read(lambda session: session.execute_read(current_decisions, Decisions()))

    def entities_of(self, text: str) -> list[Entity]:
        """The entities with this id, or else with this name, with their identity keys."""
        schema = self.schema
        if schema is None:
            return []

        def find(tx: Transaction) -> list[Entity]:
            return find_entities(tx, text, schema, current_decisions(tx, Decisions()))

        return self._read(lambda session: session.execute_read(find))

    def members(self, entity_id: str) -> list[Member]:
        """The local entities that an entity is made of."""

        def find(tx: Transaction) -> list[Member]:
            return members_of(tx, entity_id, current_decisions(tx, Decisions()))

        return self._read(lambda session: session.execute_read(find))

    def _decide(self, decision: Decision, *, undo: bool) -> bool:
        schema = self.schema
        if schema is None:
            raise StoreError("there is nothing to decide about: no document was written yet")
        writer = self._document_writer(schema)
        return self._transact(lambda tx: writer.decide(tx, decision, undo=undo))

    def ledger(self, document_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Content hash and pipeline of those of the documents that the store has."""
        return self._read(lambda session: session.execute_read(read_ledger, document_ids))

    def documents_of(self, source: str, *, prefix: bool = False) -> list[StoredDocument]:
        """The documents read from the file ``source`` (a URI), or from all below a prefix."""
        return sorted(self.each_document(source, prefix=prefix), key=lambda found: found.uri)

    def each_document(self, source: str, *, prefix: bool = False) -> Iterator[StoredDocument]:
        """As `documents_of`, one by one and in no order: there may be many."""
        condition = "d.source STARTS WITH $source" if prefix else "d.source = $source"
        for row in self.stream(
            f"MATCH (d:Document) WHERE {condition} "
            "RETURN d.id AS id, d.uri AS uri, d.source AS source, d.title AS title, "
            "d.language AS language, d.sha256 AS sha256, d.pipeline AS pipeline",
            {"source": source},
        ):
            yield StoredDocument(**row)

    def has_relation(self, kind: str, head: str, tail: str) -> bool:
        """Whether a relationship of this type runs between two entities, given by their ids."""
        return bool(
            self.query(
                "MATCH (:Entity {id: $head})-[r]->(:Entity {id: $tail}) WHERE type(r) = $kind "
                "RETURN type(r) AS kind LIMIT 1",
                {"head": head, "tail": tail, "kind": kind},
            )
        )

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, write: bool = False
    ) -> Rows:
        """Run a Cypher query; nodes, relationships and times come as plain JSON-able values.

        Raises:
            QueryError: the query is wrong, or writes without ``write``.
            StoreError: the store cannot be reached, or is not open for writing.
        """

        def work(tx: neo4j.ManagedTransaction) -> Rows:
            result = tx.run(cypher, dict(parameters or {}))
            keys = result.keys()
            return Rows(keys, (_plain_row(record) for record in result))

        if write:
            return self._transact(work)
        return self._read(lambda session: session.execute_read(work))

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """The entities whose name or an alias has words that begin with those of ``text``.

        Case, accents and the Chinese variant do not count; Chinese text is found anywhere in a
        name. Best first: names equal to ``text``, names that begin with it, then those that
        most is said of.
        """
        query = index_query(text)
        if query is None or limit < 1:
            return []
        embedded = self._server.embedded is not None
        found = self.query(
            "CALL db.index.fulltext.queryNodes($index, $query) YIELD node, score "
            "WITH node, score ORDER BY score DESC LIMIT $most "
            "RETURN node.id AS id, node.name AS name, node.type AS type, "
            "node.aliases AS aliases, node.support AS support",
            {
                "index": ARCADEDB_INDEX if embedded else NEO4J_INDEX,
                "query": query,
                "most": max(CANDIDATES, limit),
            },
        )
        hits = (Hit(**row | {"aliases": tuple(row["aliases"] or ())}) for row in found)
        return ranked(text, hits, limit)

    def stream(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
    ) -> Iterator[Row]:
        """As `query` for reading, but row by row, so that memory stays flat.

        ``timeout`` is in seconds.

        Raises:
            QueryTimeoutError: the query took longer, and the database ended it.
        """
        if timeout is not None and self._server.embedded is not None:
            cypher = with_limit(cypher, timeout)
        query = neo4j.Query(cypher, timeout=timeout)
        with self._translated(), self._session(write=False) as session:
            for record in session.run(query, dict(parameters or {})):
                yield _plain_row(record)

    def close(self) -> None:
        """Close connections and give an embedded server up; what other threads do fails."""
        try:
            self._drivers.close()
        except BufferError:
            # A thread is in the midst of a message; the driver cannot say goodbye over it.
            logger.debug("a connection was closed in use", exc_info=True)
        finally:
            if self._server.embedded is not None:
                self._server.embedded.close()

    def _connect(self) -> None:
        """(Re)connect to where the server is now."""
        self._drivers.close()
        server = self._server
        embedded = server.embedded
        uri = embedded.info.uri if embedded else server.uri
        patience = _EMBEDDED_RETRY_SECONDS if embedded else _RETRY_SECONDS
        options: dict[str, Any] = {"max_transaction_retry_time": patience}
        if embedded is None:
            options["notifications_min_severity"] = "OFF"  # the schema's types need not all exist
        self._driver = self._drivers.enter_context(
            neo4j.GraphDatabase.driver(uri, auth=server.auth, **options)
        )
        self._reader = self._driver
        if server.reader is not None:
            self._reader = self._drivers.enter_context(
                neo4j.GraphDatabase.driver(uri, auth=server.reader, **options)
            )
        with self._translated(), self._session(write=False) as session:
            session.run("RETURN 1").consume()

    @contextlib.contextmanager
    def _session(self, *, write: bool) -> Iterator[neo4j.Session]:
        if write and not self._writer:
            raise StoreError(f"{self.url} is open for reading only")
        session = (self._driver if write else self._reader).session(
            database=self._server.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
        )
        try:
            yield session
        except BufferError as error:
            # The driver tidied up after an interrupt in the midst of a message, and met its own
            # half-read buffer: what it raised hides the interrupt.
            _abandon(session)
            raise _interrupt_behind(error) or error from None
        except (Exception, GeneratorExit):
            session.close()
            raise
        except BaseException:
            _abandon(session)
            raise
        session.close()

    def _transact(self, work: Callable[[neo4j.ManagedTransaction], ResultT]) -> ResultT:
        def once() -> ResultT:
            with self._session(write=True) as session:
                return session.execute_write(work)

        return self._write(once)

    def _read(self, work: Callable[[neo4j.Session], ResultT]) -> ResultT:
        return self._with_session(work, write=False)

    def _with_session(self, work: Callable[[neo4j.Session], ResultT], *, write: bool) -> ResultT:
        def once() -> ResultT:
            with self._session(write=write) as session:
                return work(session)

        return self._write(once)

    def _write(self, work: Callable[[], ResultT]) -> ResultT:
        """Do ``work``; once more if the embedded server was killed meanwhile.

        Doing a transaction again is safe even if the first one was committed: the ledger tells.
        """
        with self._translated():
            try:
                return work()
            except (ServiceUnavailable, SessionExpired) as error:
                embedded = self._server.embedded
                if embedded is None:
                    raise
                _LOG.warning("the embedded server is gone (%s), starting it again", error)
                embedded.ensure_running()
                self._connect()
                return work()

    def _document_writer(self, schema: Schema) -> DocumentWriter:
        if self._cached_writer is None or self._cached_writer.schema != schema:
            server = self._server.embedded is None  # of which others may be writers too
            self._cached_writer = DocumentWriter(schema, dynamic=server, shared=server)
        return self._cached_writer

    def _check_version(self) -> None:
        found = self.query("MATCH (s:GraphSettings {id: 'graph'}) RETURN s.version AS version")
        if not found or found[0]["version"] == STORE_VERSION:
            return
        version = int(found[0]["version"] or 1)  # the first form did not name itself
        refuse_newer(self.url, version)
        if not self._writer:
            return
        if self.query("MATCH (d:Document) RETURN d.id AS id LIMIT 1"):
            raise OutdatedStoreError(self.url, version)
        self.query(
            "MATCH (s:GraphSettings {id: 'graph'}) SET s.version = $version",
            {"version": STORE_VERSION},
            write=True,
        )

    def migrate(self, version: int) -> None:
        """Bring the store's form up from ``version``; see `graph.store.migration`."""
        migrate(self._transact, version)

    def _keep_schema(self, schema: Schema) -> None:
        if self._schema_kept and schema == self._schema:
            return
        text = encode_schema(schema)

        def keep(tx: Transaction) -> None:
            run(
                tx,
                "MERGE (s:GraphSettings {id: 'graph'}) ON CREATE SET s.version = $version",
                version=STORE_VERSION,
            )
            found = rows(tx, "MATCH (s:GraphSettings {id: 'graph'}) RETURN s.schema AS schema")
            if found[0]["schema"] != text:
                run(tx, "MATCH (s:GraphSettings {id: 'graph'}) SET s.schema = $schema", schema=text)

        self._transact(keep)
        self._schema = schema
        self._schema_kept = True

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise StoreError(
                f"the text holds half a surrogate pair ({error.object[error.start]!r}), "
                "which no database can keep"
            ) from error
        except AuthError as error:
            raise StoreError(
                f"{self.url} refuses the user or password; set KGBUILDER_NEO4J_USER and "
                "KGBUILDER_NEO4J_PASSWORD"
            ) from error
        except ClientError as error:
            if (error.code or "").startswith(_ENDED):
                raise QueryTimeoutError("the query took longer than it may") from error
            raise QueryError(_reason(error)) from error
        except (ServiceUnavailable, SessionExpired) as error:
            raise StoreUnreachableError(
                f"cannot reach {self.url}: {_certificate(error) or error}"
            ) from error
        except (Neo4jError, DriverError) as error:
            raise StoreError(f"{self.url}: {_reason(error)}") from error


def _abandon(session: neo4j.Session) -> None:
    """Close a session that Ctrl-C or the like has cut short, in the midst of a message perhaps.

    The driver would go on with that message, and fail or wait without end. Without its connection
    it does not, and the server takes the transaction back.
    """
    connection = getattr(session, "_connection", None)
    with contextlib.suppress(Exception):
        if connection is not None:
            connection.kill()
    with contextlib.suppress(Exception):
        session.close()


def _interrupt_behind(error: BaseException) -> BaseException | None:
    """The Ctrl-C or the like during whose handling ``error`` arose."""
    seen: BaseException | None = error
    while seen is not None and isinstance(seen, Exception | GeneratorExit):
        seen = seen.__context__
    return seen


def _plain_row(record: neo4j.Record) -> Row:
    return {key: plain(value) for key, value in zip(record.keys(), record, strict=True)}


def _certificate(error: BaseException) -> str | None:
    """What is wrong with the server's certificate, if that is why; the driver hides it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted ({seen.verify_message}); name the authority's in "
                "SSL_CERT_FILE, or write +ssc for +s to take any certificate"
            )
        seen = seen.__cause__ or seen.__context__
    return None


def _reason(error: Neo4jError | DriverError) -> str:
    code = getattr(error, "code", None) or ""
    if code.endswith(("Security.Forbidden", "Statement.AccessMode")):
        return "this query writes, and the graph is open for reading only"
    message = getattr(error, "message", None) or str(error)
    if "Check the server log" in message:  # ArcadeDB keeps its reasons to itself
        kind = code.rpartition(".")[2]
        if code.startswith("Neo.DatabaseError"):
            return f"the database could not do it ({kind}); its log says why"
        return f"the query is wrong ({kind})"
    return str(message)
