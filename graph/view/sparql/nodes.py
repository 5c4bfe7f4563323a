"""Finding entities and events, and what they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from graph.export.source import EntityRow
from graph.rdf.lines import optional, quoted
from graph.store.search import Hit
from graph.store.tally import Tally
from graph.view.naming import others
from graph.view.records import EntityDetails, Node, NodeKind
from graph.view.sparql.asking import Asking
from graph.view.sparql.patterns import IN_FROM_OTHERS, OUT, ROLES_IN, ROLES_OUT, values_of


class Nodes(Asking):
    """Entities and events, by name, by id and by document."""

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        return self._store.search(text, limit)

    def nodes(self, ids: Iterable[str], *, degrees: bool = True) -> list[Node]:
        wanted = list(dict.fromkeys(ids))
        known = self._nodes(wanted)
        if not degrees:
            return [known[id] for id in wanted if id in known]
        degree = self.degrees([id for id in wanted if id in known])
        return [replace(known[id], degree=degree.get(id, 0)) for id in wanted if id in known]

    def _nodes(self, ids: Iterable[str]) -> dict[str, Node]:
        """Without degrees."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        layout = self._layout
        found: dict[str, Node] = {}
        for row in self._select(
            f"SELECT ?x ?type ?name ?datatype {{ {values_of('x', map(layout.entity, wanted))} "
            f"GRAPH {layout.entities} {{ ?x kgb:typeName ?type ; rdfs:label ?name }} "
            f"{optional(layout.entities, '?x kgb:datatype ?datatype')} }}"
        ):
            id = row.id("x", "entity")
            kind: NodeKind = "value" if "datatype" in row else "entity"
            found[id] = Node(id, kind, row.text("type"), row.text("name"))
        foreign = [id for id, node in found.items() if not self._naming.stays(node.name)]
        for id, aliases in self._aliases(foreign).items():
            found[id] = replace(found[id], name=self._naming.shown(found[id].name, aliases))
        if len(found) < len(wanted):
            events = [layout.event(id) for id in wanted if id not in found]
            for row in self._select(
                f"SELECT ?x ?type ?name {{ {values_of('x', events)} GRAPH ?g "
                "{ ?x a kgb:Event ; kgb:typeName ?type ; rdfs:label ?name } }"
            ):
                id = row.id("x", "event")
                found[id] = Node(id, "event", row.text("type"), row.text("name"))
        return found

    def _aliases(self, entities: Collection[str]) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        if entities:
            values = values_of("x", map(self._layout.entity, entities))
            for row in self._select(
                f"SELECT ?x ?alias {{ {values} GRAPH {self._layout.entities} "
                "{ ?x skos:altLabel ?alias } }"
            ):
                found[row.id("x", "entity")].append(row.text("alias"))
        return found

    def degrees(self, ids: Iterable[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        layout = self._layout
        entities, events = (list(map(kind, wanted)) for kind in (layout.entity, layout.event))
        found = dict.fromkeys(wanted, 0)
        for values, pattern, end, kind in (
            (values_of("s", entities), f"SELECT DISTINCT ?s ?t ?o {{ VALUES {OUT}", "s", "entity"),
            (
                values_of("o", entities),
                f"SELECT DISTINCT ?s ?t ?o {{ VALUES {IN_FROM_OTHERS}",
                "o",
                "entity",
            ),
            (values_of("o", entities), f"SELECT ?s ?f ?o {{ VALUES {ROLES_IN}", "o", "entity"),
            (values_of("s", events), f"SELECT ?s ?f ?o {{ VALUES {ROLES_OUT}", "s", "event"),
        ):
            inner = pattern.replace("VALUES", values, 1)
            for row in self._select(
                f"SELECT ?{end} (COUNT(*) AS ?count) {{ {{ {inner} }} }} }} GROUP BY ?{end}"
            ):
                found[row.id(end, kind)] += row.whole("count")
        return found

    def entity(self, id: str) -> EntityDetails | None:
        rows = self.entity_rows([id])
        if not rows:
            return None
        (row,) = rows
        (counts,) = self._select(
            "SELECT * { "
            f"{{ SELECT (COUNT(*) AS ?m) {{ GRAPH ?g {{ ?a oa:hasBody {self._layout.entity(id)} "
            "} } } { SELECT (COUNT(*) AS ?l) "
            f"{{ GRAPH ?g {{ ?x kgb:resolvedTo {self._layout.entity(id)} }} }} }} }}"
        )
        kind: NodeKind = "entity" if row.datatype is None else "value"
        degree = self.degrees([id])[id]
        name = self._naming.shown(row.name, row.aliases)
        return EntityDetails(
            node=Node(id, kind, row.type, name, degree),
            aliases=others(name, row.name, row.aliases),
            datatype=row.datatype,
            value=row.value,
            documents=counts.whole("l"),
            mentions=counts.whole("m"),
        )

    def entity_rows(self, ids: Iterable[str]) -> list[EntityRow]:
        if self.schema is None:
            return []
        found = self._store.source().entity_rows(sorted(set(ids)))
        return [found[id] for id in sorted(found)]

    def occurrences(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        values = values_of("o", map(self._layout.entity, wanted))
        counts = [
            {
                row.id("o", "entity"): row.whole("count")
                for row in self._select(
                    f"SELECT ?o (COUNT(*) AS ?count) {{ {values} {pattern} }} GROUP BY ?o"
                )
            }
            for pattern in ("GRAPH ?g { ?l kgb:resolvedTo ?o }", ROLES_IN)
        ]
        return {id: (counts[0][id], counts[1].get(id, 0)) for id in wanted if id in counts[0]}

    def current_ids(self, ids: Iterable[str]) -> dict[str, str]:
        wanted = list(ids)
        if not wanted:
            return {}
        found = self._select(
            f"SELECT ?id ?e {{ {values_of('id', map(quoted, wanted))} "
            f"GRAPH {self._layout.entities} {{ ?e kgb:keyId ?id }} }}"
        )
        return {row.text("id"): row.id("e", "entity") for row in found}

    def entities_of(self, documents: Collection[str], limit: int) -> list[str]:
        if not documents:
            return []
        found = self._select(
            f"SELECT DISTINCT ?e {{ {values_of('g', map(self._layout.graph, documents))} "
            "GRAPH ?g { ?l kgb:resolvedTo ?e FILTER NOT EXISTS { ?l kgb:datatype ?datatype } } "
            f"}} LIMIT {limit}"
        )
        return [row.id("e", "entity") for row in found]

    def tallies(self) -> Iterator[tuple[str, str, str, Tally]]:
        query = (
            f"SELECT ?e ?name ?type ?tally {{ GRAPH {self._layout.entities} "
            "{ ?e kgb:tally ?tally ; rdfs:label ?name ; kgb:typeName ?type "
            "FILTER NOT EXISTS { ?e kgb:datatype ?datatype } } }"
        )
        for row in self._solutions(query):
            yield (
                row.id("e", "entity"),
                row.text("name"),
                row.text("type"),
                Tally.decode(row.text("tally")),
            )
