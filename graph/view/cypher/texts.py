"""Chunks, and the mentions in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graph.view.cypher.asking import Asking
from graph.view.cypher.columns import CHUNK, MENTION, as_chunk
from graph.view.records import ChunkInfo, MentionInfo


class Texts(Asking):
    """Texts and what is marked in them."""

    def chunks(self, ids: Iterable[str]) -> list[ChunkInfo]:
        rows = self._rows(
            f"UNWIND $ids AS id MATCH (c:Chunk {{id: id}})-[:PART_OF]->(d:Document) RETURN {CHUNK}",
            ids=sorted(set(ids)),
        )
        return list(map(as_chunk, rows))

    def window(self, document: str, start: int, end: int) -> list[ChunkInfo]:
        rows = self._rows(
            "MATCH (d:Document {id: $id})<-[:PART_OF]-(c:Chunk) "
            "WHERE c.start < $end AND c.end > $start "
            f"RETURN {CHUNK} ORDER BY start",
            id=document,
            start=start,
            end=end,
        )
        return list(map(as_chunk, rows))

    def mentions(
        self, chunks: Collection[str], targets: Collection[str] | None = None
    ) -> list[MentionInfo]:
        some = "" if targets is None else "AND e.id IN $targets "
        rows = self._rows(
            "UNWIND $chunks AS id MATCH (c:Chunk {id: id})-[m:MENTIONS]->(e) "
            f"WHERE (e:Entity OR e:Event) {some}RETURN {MENTION}",
            chunks=sorted(set(chunks)),
            targets=sorted(set(targets or ())),
        )
        return sorted(map(self._mention, rows), key=lambda m: (m.start, m.end, m.target, m.local))

    def mentions_of(self, entity: str, skip: int, limit: int) -> list[MentionInfo]:
        rows = self._rows(
            f"MATCH (e:Entity {{id: $id}})<-[m:MENTIONS]-(c:Chunk) RETURN {MENTION} "
            "SKIP $skip LIMIT $limit",
            id=entity,
            skip=skip,
            limit=limit,
        )
        return list(map(self._mention, rows))

    def mention_starts(self, document: str, limit: int) -> list[int]:
        rows = self._rows(
            "MATCH (d:Document {id: $id})<-[:PART_OF]-(c:Chunk)-[m:MENTIONS]->() "
            "RETURN m.start AS start LIMIT $limit",
            id=document,
            limit=limit,
        )
        return [row["start"] for row in rows]
