"""Finding documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from graph.view.cypher.asking import Asking
from graph.view.cypher.columns import DOCUMENT, as_document
from graph.view.records import DocumentInfo

_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
"""How far back the newest documents are looked for before all are sorted."""


class Documents(Asking):
    """Documents by time, by what they are called, and by what they speak of."""

    def newest_documents(self, limit: int) -> list[DocumentInfo]:
        now = datetime.now(UTC)
        for window in _WINDOWS:
            found = self._since((now - window).isoformat(timespec="seconds"), limit)
            if len(found) >= limit:
                return found
        return self._since("", limit)

    def _since(self, since: str, limit: int) -> list[DocumentInfo]:
        rows = self._rows(
            f"MATCH (d:Document) WHERE d.ingested_at >= $since RETURN {DOCUMENT} "
            "ORDER BY d.ingested_at DESC, d.uri LIMIT $limit",
            since=since,
            limit=limit,
        )
        return [as_document(row) for row in rows]

    def find_documents(self, text: str, limit: int) -> list[DocumentInfo]:
        rows = self._rows(
            "MATCH (d:Document) WHERE toLower(d.title) CONTAINS $text "
            f"OR toLower(d.uri) CONTAINS $text RETURN {DOCUMENT} "
            "ORDER BY d.title, d.uri LIMIT $limit",
            text=text.casefold(),
            limit=limit,
        )
        return [as_document(row) for row in rows]

    def documents_of(self, entity: str, limit: int) -> list[DocumentInfo]:
        rows = self._rows(
            "MATCH (d:Document)-[:HAS_ENTITY]->(e:Entity {id: $id}) "
            f"RETURN DISTINCT {DOCUMENT} LIMIT $limit",
            id=entity,
            limit=limit,
        )
        return [as_document(row) for row in rows]

    def document(self, id: str) -> DocumentInfo | None:
        rows = self._rows(f"MATCH (d:Document {{id: $id}}) RETURN {DOCUMENT}", id=id)
        return as_document(rows[0]) if rows else None
