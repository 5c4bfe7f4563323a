"""What every store does alike: documents one by one or many together, decisions made and undone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from graph.collecting import collector_paused
from graph.records import DocumentGraph
from graph.resolving.decisions import Decision
from graph.store.errors import StoreError
from graph.store.groups import write_in_groups
from graph.store.writing import WriteResult
from ingest.closing import Closing
from model.schema import Schema

_DELETE_DOCUMENTS = 50  # in one transaction


class DocumentStore(Closing):
    """The base of stores, which know how to do each of these in one transaction."""

    def write(self, graph: DocumentGraph, schema: Schema | None = None) -> WriteResult:
        """Make the store hold this version of a document, in one transaction.

        Nothing is written if the store has the document with the same hash and pipeline.

        Raises:
            StoreError: the store was not opened for writing, cannot be reached, or the document
                uses types that the schema does not have.
        """
        return self._write_uncollected([graph], schema)[0]

    def write_all(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None = None
    ) -> list[WriteResult | Exception]:
        """As `write` for many documents, in one transaction: far cheaper for short ones.

        Gives each document's result, or why it could not be written. A document that fails does
        not take others with it: they are then written one by one. Each is written whole or not
        at all, whatever ends the process.

        Raises:
            StoreError: the store was not opened for writing or cannot be reached.
        """
        return write_in_groups(
            graphs, lambda group: self._write_uncollected(group, schema), self._require_alive
        )

    def delete_all(self, document_ids: Sequence[str]) -> int:
        """Delete documents by their ids, many in a transaction; how many of them there were."""
        return sum(
            self._delete_group(document_ids[start : start + _DELETE_DOCUMENTS])
            for start in range(0, len(document_ids), _DELETE_DOCUMENTS)
        )

    def decide(self, decision: Decision) -> bool:
        """Make a decision, with all that follows from it, in one transaction.

        False if it had been made. The graph becomes what it would be had the decision been made
        before anything was written.

        Raises:
            StoreError: nothing was written yet, or see `write`.
        """
        return self._decide(decision, undo=False)

    def undo(self, decision: Decision) -> bool:
        """Undo a decision; False if it was not made. The graph becomes what it was without it."""
        return self._decide(decision, undo=True)

    def _write_uncollected(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None
    ) -> list[WriteResult]:
        """Rows and answers are very many objects without cycles: looking through them for some
        took a third of this process's time."""
        with collector_paused():
            return self._write_group(graphs, schema)

    @property
    @abstractmethod
    def schema(self) -> Schema | None:
        """The schema that documents were last written with."""

    def _schema_to_write(self, schema: Schema | None) -> Schema:
        """The schema given, or else the store's own. Raises StoreError if there is neither."""
        schema = schema or self.schema
        if schema is None:
            raise StoreError("writing needs a schema")
        return schema

    @abstractmethod
    def _write_group(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None
    ) -> list[WriteResult]: ...

    @abstractmethod
    def _delete_group(self, document_ids: Sequence[str]) -> int: ...

    @abstractmethod
    def _decide(self, decision: Decision, *, undo: bool) -> bool: ...

    @abstractmethod
    def _require_alive(self, error: Exception) -> None:
        """Raise where no other document would fare better than the one that met ``error``."""
