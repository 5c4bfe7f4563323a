"""Finding events, and who and what takes part in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from graph.rdf.lines import optional, quoted
from graph.rdf.searching import search_ids
from graph.view.records import Argument, EventRow
from graph.view.sparql.documents import Documents
from graph.view.sparql.nodes import Nodes
from graph.view.sparql.patterns import ROLES_OUT, TO, values_of

_NAMED = 500
"""Entities of a name whose events are looked for."""
_TAKES_PART = f"GRAPH ?g {{ {TO} ?f kgb:event ?s }}"
"""That ``?o`` fills a role of the event ``?s``."""


class Events(Nodes, Documents):
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
        layout = self._layout
        values = f"VALUES ?g {{ {layout.graph(document)} }} " if document else ""
        if types:
            values += values_of("type", map(quoted, types))
        event = "GRAPH ?g { ?s a kgb:Event ; kgb:typeName ?type }"
        if participant:
            pattern = f"{values_of('o', [layout.entity(participant)])} {_TAKES_PART}"
        elif words:
            named = search_ids(words, layout, _NAMED)
            if named is None:
                return []
            found = [f"<{row.iri('e')}>" for row in self._select(named)]
            if not found:
                return []
            pattern = f"{values_of('o', found)} {_TAKES_PART}"
        elif dated:
            low, high = map(quoted, dated)
            pattern = (
                f"{self._dated()} FILTER (?value >= {low} && ?value < {high}) "
                "GRAPH ?g { ?f kgb:objectNode ?n ; kgb:event ?s }"
            )
        else:
            pattern = ""
        rows = self._select(f"SELECT DISTINCT ?s {{ {values} {pattern} {event} }} LIMIT {limit}")
        return [row.id("s", "event") for row in rows]

    def events(self, ids: Sequence[str]) -> list[EventRow]:
        if not ids:
            return []
        layout = self._layout
        rows = self._select(
            "SELECT ?s ?g ?type ?trigger ?start ?end ?score ?c ?date "
            f"{{ {values_of('s', map(layout.event, ids))} GRAPH ?g {{ "
            "?s a kgb:Event ; kgb:typeName ?type ; rdfs:label ?trigger ; kgb:start ?start ; "
            "kgb:end ?end ; kgb:confidence ?score ; prov:wasDerivedFrom ?c } "
            f"{optional('?g', '?s dcterms:date ?date')} }}"
        )
        said = self._select(
            f"SELECT ?s ?t ?o ?c ?l {{ {values_of('s', map(layout.event, ids))} {ROLES_OUT} }}"
        )
        nodes = self._nodes(row.id("o", "entity") for row in said)
        arguments: defaultdict[str, list[Argument]] = defaultdict(list)
        for row in said:
            node = nodes.get(row.id("o", "entity"))
            if node is not None:
                role, score = row.type("t"), row.number("c")
                argument = Argument(role, node, score, row.id("l", "local"))
                arguments[row.id("s", "event")].append(argument)
        documents = {d.id: d for d in self._described({row.id("g", "graph") for row in rows})}
        found = []
        for row in rows:
            id, document = row.id("s", "event"), row.id("g", "graph")
            date = row.text("date")
            info = documents.get(document)
            found.append(
                EventRow(
                    id=id,
                    type=row.text("type"),
                    trigger=row.text("trigger"),
                    confidence=row.number("score"),
                    # XSD writes a day of no known year --12-10, EDTF XXXX-12-10.
                    date=f"XXXX-{date[2:]}" if date.startswith("--") else date,
                    document=document,
                    title=(info.title or info.uri.rpartition("/")[2]) if info else "",
                    start=row.whole("start"),
                    arguments=tuple(sorted(arguments[id], key=lambda a: (a.role, a.node.name))),
                    end=row.whole("end"),
                    chunk=row.chunk("c"),
                )
            )
        return found

    def event_dates(self, limit: int) -> list[str]:
        found = self._select(
            f"SELECT ?value {{ {self._dated()} GRAPH ?g {{ ?f kgb:objectNode ?n ; kgb:event ?v }} "
            f"}} LIMIT {limit}"
        )
        return [row.text("value") for row in found]

    def _dated(self) -> str:
        """The pattern of dates ``?n``, each with its ``?value``."""
        return f'GRAPH {self._layout.entities} {{ ?n kgb:datatype "date" ; kgb:value ?value }}'
