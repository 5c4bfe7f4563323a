"""Finding entities and events, and what they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from graph.export.source import EntityRow
from graph.store.search import Hit
from graph.store.tally import TALLY, Tally
from graph.view.cypher.asking import Asking
from graph.view.cypher.columns import NODE
from graph.view.naming import others
from graph.view.records import EntityDetails, Node

# Mentions and members hang on chunks and documents; counting all and taking those off costs the
# database no look at any neighbour.
_EVENT_DEGREE = "COUNT { (n)--() } - COUNT { (n)<-[:MENTIONS]-() }"
_ENTITY_DEGREE = (
    f"{_EVENT_DEGREE} - COUNT {{ (n)<-[:HAS_ENTITY]-() }} - COUNT {{ (n)<-[:KEY_OF]-() }}"
)


class Nodes(Asking):
    """Entities and events, by name, by id and by document."""

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        return self._store.search(text, limit)

    def nodes(self, ids: Iterable[str], *, degrees: bool = True) -> list[Node]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return []
        of_entity, of_event = (_ENTITY_DEGREE, _EVENT_DEGREE) if degrees else ("0", "0")
        rows = self._rows(
            "UNWIND $ids AS wanted MATCH (n:Entity {id: wanted}) "
            f"RETURN {NODE.format('n')}, {of_entity} AS degree UNION ALL "
            "UNWIND $ids AS wanted MATCH (n:Event {id: wanted}) "
            f"RETURN {NODE.format('n')}, {of_event} AS degree",
            ids=wanted,
        )
        found = {row["id"]: self._node(row, max(0, row["degree"])) for row in rows}
        return [found[id] for id in wanted if id in found]

    def degrees(self, ids: Iterable[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        rows = self._rows(
            "UNWIND $ids AS wanted MATCH (n:Entity {id: wanted}) "
            f"RETURN wanted, {_ENTITY_DEGREE} AS n UNION ALL "
            "UNWIND $ids AS wanted MATCH (n:Event {id: wanted}) "
            f"RETURN wanted, {_EVENT_DEGREE} AS n",
            ids=wanted,
        )
        return {row["wanted"]: max(0, row["n"]) for row in rows}

    def entity(self, id: str) -> EntityDetails | None:
        rows = self._rows(
            f"MATCH (n:Entity {{id: $id}}) RETURN {NODE.format('n')}, "
            "n.datatype AS datatype, n.value AS value, COUNT { (n)<-[:MENTIONS]-() } AS mentions, "
            "COUNT { (n)<-[:HAS_ENTITY]-() } AS members",
            id=id,
        )
        if not rows:
            return None
        row = rows[0]
        node = self._node(row, self.degrees([id]).get(id, 0))
        return EntityDetails(
            node=node,
            aliases=others(node.name, row["name"], row["aliases"] or ()),
            datatype=row["datatype"],
            value=row["value"],
            documents=row["members"],
            mentions=row["mentions"],
        )

    def entity_rows(self, ids: Iterable[str]) -> list[EntityRow]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (n:Entity {id: id}) RETURN n.id AS id, n.type AS type, "
            "n.name AS name, n.aliases AS aliases, n.datatype AS datatype, n.value AS value",
            ids=sorted(set(ids)),
        )
        found = [EntityRow(**{**row, "aliases": tuple(row["aliases"] or ())}) for row in rows]
        return sorted(found, key=lambda row: row.id)

    def occurrences(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (n:Entity {id: id}) "
            "RETURN n.id AS id, COUNT { (n)<-[:HAS_ENTITY]-() } AS documents, "
            "COUNT { (n)<--(:Event) } AS events",
            ids=list(ids),
        )
        return {row["id"]: (row["documents"], row["events"]) for row in rows}

    def current_ids(self, ids: Iterable[str]) -> dict[str, str]:
        wanted = list(ids)
        if not wanted:
            return {}
        rows = self._rows(
            "UNWIND $ids AS id MATCH (:EntityKey {id: id})-[:KEY_OF]->(e:Entity) "
            "RETURN id, e.id AS now",
            ids=wanted,
        )
        return {row["id"]: row["now"] for row in rows}

    def entities_of(self, documents: Collection[str], limit: int) -> list[str]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (d:Document {id: id})-[:HAS_ENTITY]->(e:Entity) "
            "WHERE NOT e:Value RETURN DISTINCT e.id AS id LIMIT $limit",
            ids=list(documents),
            limit=limit,
        )
        return [row["id"] for row in rows]

    def tallies(self) -> Iterator[tuple[str, str, str, Tally]]:
        for row in self._store.stream(
            "MATCH (e:Entity) WHERE NOT e:Value RETURN e.id AS id, e.name AS name, "
            f"e.type AS type, e.{TALLY} AS tally"
        ):
            yield row["id"], row["name"], row["type"], Tally.decode(row["tally"])
