"""Finding events, and who and what takes part in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from graph.view.cypher.asking import Asking
from graph.view.cypher.columns import NODE
from graph.view.records import Argument, EventRow


class Events(Asking):
    """Events with their arguments."""

    def event_ids(
        self,
        *,
        limit: int,
        types: Collection[str] = (),
        participant: str = "",
        words: str = "",
        dated: tuple[str, str] | None = None,
        document: str = "",
    ) -> list[str]:
        conditions = ["(size($types) = 0 OR v.type IN $types)"]
        if document:
            conditions.append("v.document = $document")
        low, high = dated or ("", "")
        if participant:
            pattern = "(e:Entity {id: $participant})<-[r]-(v:Event)"
        elif words:
            pattern = "(e:Entity)<-[r]-(v:Event)"
            conditions.append(
                "(toLower(e.name) CONTAINS $words "
                "OR any(a IN e.aliases WHERE toLower(a) CONTAINS $words))"
            )
        elif dated:
            pattern = "(x:Value {datatype: 'date'})<-[r]-(v:Event)"
            conditions.append("x.value >= $low AND x.value < $high")
        else:
            pattern = "(v:Event)"
        rows = self._rows(
            f"MATCH {pattern} WHERE {' AND '.join(conditions)} "
            "RETURN DISTINCT v.id AS id LIMIT $limit",
            types=list(types),
            participant=participant,
            words=words.casefold(),
            low=low,
            high=high,
            document=document,
            limit=limit,
        )
        return [row["id"] for row in rows]

    def events(self, ids: Sequence[str]) -> list[EventRow]:
        if not ids:
            return []
        arguments: defaultdict[str, list[Argument]] = defaultdict(list)
        dates: defaultdict[str, list[str]] = defaultdict(list)
        for row in self._rows(
            "UNWIND $ids AS event MATCH (v:Event {id: event})-[r]->(n:Entity) RETURN event, "
            f"type(r) AS role, r.confidence AS confidence, r.local AS local, {NODE.format('n')}, "
            "n.datatype AS datatype, n.value AS value",
            ids=list(ids),
        ):
            arguments[row["event"]].append(
                Argument(row["role"], self._node(row), row["confidence"] or 0.0, row["local"] or "")
            )
            if row["datatype"] == "date" and row["value"]:
                dates[row["event"]].append(row["value"])
        rows = self._rows(
            # From the event: after UNWIND, ArcadeDB begins with what stands first, and would read
            # every chunk there is.
            "UNWIND $ids AS event MATCH (v:Event {id: event})<-[m:MENTIONS]-(c:Chunk) "
            "OPTIONAL MATCH (d:Document {id: v.document}) "
            "RETURN v.id AS id, v.type AS type, v.trigger AS trigger, v.start AS start, "
            "v.end AS end, v.confidence AS confidence, v.date AS date, v.document AS document, "
            "d.title AS title, d.uri AS uri, c.id AS chunk",
            ids=list(ids),
        )
        return [
            EventRow(
                id=row["id"],
                type=row["type"],
                trigger=row["trigger"] or "",
                confidence=row["confidence"] or 0.0,
                date=row["date"] or min(dates[row["id"]], default=""),
                document=row["document"] or "",
                title=row["title"] or (row["uri"] or "").rpartition("/")[2],
                start=row["start"] or 0,
                arguments=tuple(sorted(arguments[row["id"]], key=lambda a: (a.role, a.node.name))),
                end=row["end"] or 0,
                chunk=row["chunk"],
            )
            for row in rows
        ]

    def event_dates(self, limit: int) -> list[str]:
        rows = self._rows(
            "MATCH (x:Value {datatype: 'date'})<-[]-(v:Event) WHERE x.value IS NOT NULL "
            "RETURN x.value AS value LIMIT $limit",
            limit=limit,
        )
        return [row["value"] for row in rows]
