"""What every store offers, whatever it keeps its graph in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from graph.records import DocumentGraph
from graph.resolution import Member
from graph.resolving.decisions import Decision, Decisions
from graph.store.bolt import Rows, StoredDocument
from graph.store.lookup import Entity
from graph.store.search import Hit
from graph.store.writing import WriteResult
from model.schema import Schema


class GraphStore(Protocol):
    """See `graph.store.Store`, the property graph, for what each method promises.

    ``query`` takes Cypher; a store of another kind raises QueryError, which says what it takes.
    """

    @property
    def url(self) -> str: ...

    @property
    def product(self) -> str: ...

    @property
    def schema(self) -> Schema | None: ...

    def write(self, graph: DocumentGraph, schema: Schema | None = None) -> WriteResult: ...

    def write_all(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None = None
    ) -> list[WriteResult | Exception]: ...

    def delete(self, document: str) -> int: ...

    def delete_all(self, document_ids: Sequence[str]) -> int: ...

    def decisions(self) -> Decisions: ...

    def decide(self, decision: Decision) -> bool: ...

    def undo(self, decision: Decision) -> bool: ...

    def entities_of(self, text: str) -> list[Entity]: ...

    def members(self, entity_id: str) -> list[Member]: ...

    def search(self, text: str, limit: int = 20) -> list[Hit]: ...

    def has_relation(self, kind: str, head: str, tail: str) -> bool: ...

    def ledger(self, document_ids: Collection[str]) -> dict[str, tuple[str, str]]: ...

    def documents_of(self, source: str, *, prefix: bool = False) -> list[StoredDocument]: ...

    def each_document(self, source: str, *, prefix: bool = False) -> Iterator[StoredDocument]: ...

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, write: bool = False
    ) -> Rows: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
