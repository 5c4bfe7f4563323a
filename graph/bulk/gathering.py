"""Documents' graphs gathered in a file, in place of a store: nothing is resolved yet.

A build writes to it as to any store, so it may be killed and started again, and what was gathered
can be replaced and deleted. `graph.bulk.writing` makes the graph of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from graph.bulk.packing import Gathered, pack, unpack
from graph.records import DocumentGraph
from graph.resolution import Member, members_of
from graph.resolving.decisions import Decision, Decisions
from graph.store.bolt import StoredDocument
from graph.store.documents import DocumentStore
from graph.store.errors import QueryError, StoreError, StoreLockedError
from graph.store.facts import facts_of
from graph.store.locks import FileLock
from graph.store.lookup import Entity
from graph.store.meta import decode_schema, encode_schema
from graph.store.naming import SchemaNames
from graph.store.search import Hit
from graph.store.writing import WriteResult, changed_by
from model.schema import Schema

FILE_NAME = "documents.sqlite"
#: Raised with every change of what the file holds.
VERSION = 1
_IDS_A_QUERY = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS document (
    id TEXT PRIMARY KEY, uri TEXT NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL,
    language TEXT NOT NULL, sha256 TEXT NOT NULL, pipeline TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS document_source ON document (source);
CREATE TABLE IF NOT EXISTS schema (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
"""
_ABOUT = "id, uri, source, title, language, sha256, pipeline"


class Gathering(DocumentStore):
    """The documents' graphs in ``folder``, which is made if it is missing; a `GraphStore`.

    Raises:
        StoreLockedError: another process gathers there.
        StoreError: the folder cannot be used, or a newer version made what is in it.
    """

    def __init__(self, folder: Path, schema: Schema | None = None) -> None:
        self.folder = folder.expanduser().absolute()
        self._schema = schema
        self._names: tuple[Schema, SchemaNames] | None = None
        self._open = ExitStack()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = self._open.enter_context(FileLock(self.folder / "writer.lock"))
            if not lock.acquire():
                raise StoreLockedError(f"another process gathers documents in {self.folder}")
            # The pipeline reads in one thread and writes in another; SQLite itself takes turns.
            self._base = sqlite3.connect(self.folder / FILE_NAME, check_same_thread=False)
            self._open.callback(self._base.close)
            self._prepare()
        except sqlite3.Error as error:
            self._open.close()
            raise StoreError(f"cannot gather documents in {self.folder}: {error}") from error
        except OSError as error:
            self._open.close()
            raise StoreError(f"cannot use {self.folder}: {error.strerror}") from error
        except BaseException:
            self._open.close()
            raise

    def _prepare(self) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StoreError(f"{self.folder} was made by a newer version of kgbuilder; update it")
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.executescript(_TABLES)
        self._base.execute(f"PRAGMA user_version = {VERSION}")

    @property
    def url(self) -> str:
        return str(self.folder)

    @property
    def product(self) -> str:
        return f"SQLite/{sqlite3.sqlite_version}"

    @property
    def schema(self) -> Schema | None:
        """What the documents were last gathered with."""
        if self._schema is None:
            found = self._base.execute("SELECT text FROM schema").fetchone()
            self._schema = decode_schema(found[0]) if found else None
        return self._schema

    def _write_group(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None
    ) -> list[WriteResult]:
        schema = self._schema_to_write(schema)
        ledger = self.ledger([graph.document.id for graph in graphs])
        changed, results = changed_by(graphs, ledger)
        if self._names is None or self._names[0] != schema:
            self._names = (schema, SchemaNames(schema))
            with self._base:
                self._base.execute(
                    "INSERT OR REPLACE INTO schema VALUES (1, ?)", (encode_schema(schema),)
                )
            self._schema = schema
        rows = [_row(graph, *self._names) for graph in changed]
        with self._base:
            self._base.executemany(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
        return results

    def _require_alive(self, error: Exception) -> None:
        if isinstance(error, sqlite3.Error):
            raise StoreError(f"cannot gather documents in {self.folder}: {error}") from error

    def delete(self, document: str) -> int:
        """See `graph.store.Store.delete`."""
        found = self._base.execute(
            "SELECT id FROM document WHERE id = ?1 OR uri = ?1 OR source = ?1", (document,)
        )
        return self.delete_all([id for (id,) in found])

    def _delete_group(self, document_ids: Sequence[str]) -> int:
        with self._base:
            return self._base.executemany(
                "DELETE FROM document WHERE id = ?", [(id,) for id in document_ids]
            ).rowcount

    def ledger(self, document_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """See `graph.store.Store.ledger`."""
        ids = list(document_ids)
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(ids), _IDS_A_QUERY):
            some = ids[start : start + _IDS_A_QUERY]
            marks = ",".join("?" * len(some))
            for id, sha256, pipeline in self._base.execute(
                f"SELECT id, sha256, pipeline FROM document WHERE id IN ({marks})", some
            ):
                found[id] = (sha256, pipeline)
        return found

    def documents_of(self, source: str, *, prefix: bool = False) -> list[StoredDocument]:
        """See `graph.store.Store.documents_of`."""
        return sorted(self.each_document(source, prefix=prefix), key=lambda found: found.uri)

    def each_document(self, source: str, *, prefix: bool = False) -> Iterator[StoredDocument]:
        """See `graph.store.Store.each_document`."""
        condition = "substr(source, 1, length(?1)) = ?1" if prefix else "source = ?1"
        found = self._base.execute(f"SELECT {_ABOUT} FROM document WHERE {condition}", (source,))
        return (StoredDocument(*row) for row in found)

    def __iter__(self) -> Iterator[Gathered]:
        """All documents, by their ids."""
        for (body,) in self._base.execute("SELECT body FROM document ORDER BY id"):
            yield unpack(body)

    def __len__(self) -> int:
        (count,) = self._base.execute("SELECT count(*) FROM document").fetchone()
        return int(count)

    # There is no graph yet to ask, or to decide about.

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, write: bool = False
    ) -> NoReturn:
        """Raises QueryError."""
        raise QueryError(f"{self.folder} is no graph yet; import it into Neo4j first")

    def decisions(self) -> Decisions:
        """None."""
        return Decisions()

    def _decide(self, decision: Decision, *, undo: bool) -> bool:
        """Raises StoreError."""
        raise StoreError(f"{self.folder} is no graph yet; import it into Neo4j, then decide")

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """None."""
        return []

    def entities_of(self, text: str) -> list[Entity]:
        """None."""
        return []

    def members(self, entity_id: str) -> list[Member]:
        """None."""
        return []

    def has_relation(self, kind: str, head: str, tail: str) -> bool:
        """No."""
        return False

    def close(self) -> None:
        """Close the file."""
        self._open.close()


def _row(graph: DocumentGraph, schema: Schema, names: SchemaNames) -> tuple[str | bytes, ...]:
    """Raises StoreError for types that the schema lacks, as a store does."""
    document = graph.document
    for entity in graph.entities:
        names.entity(entity.type, literal=entity.datatype is not None)
    facts_of(document.id, graph.relations, names.relation)
    for event in graph.events:
        names.event(event.type)
        for argument in event.arguments:
            names.role(event.type, argument.role)
    members = tuple(members_of(graph, schema))
    try:
        body = pack(Gathered(graph, members))
    except UnicodeEncodeError as error:
        raise StoreError("the text holds half a surrogate pair") from error
    return (
        *(document.id, document.uri, document.source, document.title, document.language),
        *(document.sha256, graph.pipeline, body),
    )
