"""Chunks, and the mentions in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from graph.rdf.lines import optional
from graph.view.records import ChunkInfo, MentionInfo
from graph.view.sparql.asking import Row
from graph.view.sparql.documents import Documents
from graph.view.sparql.nodes import Nodes
from graph.view.sparql.patterns import values_of


class Texts(Nodes, Documents):
    """Texts and what is marked in them."""

    def chunks(self, ids: Iterable[str]) -> list[ChunkInfo]:
        wanted = self._terms(ids)
        if not wanted:
            return []
        return self._chunks(
            self._select(
                f"SELECT ?c ?start ?text {{ {values_of('c', wanted)} "
                "GRAPH ?g { ?c kgb:start ?start ; kgb:text ?text } }"
            )
        )

    def _terms(self, ids: Iterable[str]) -> list[str]:
        """The IRIs of chunks; what can be the id of none is left out."""
        return [self._layout.chunk(id) for id in sorted(set(ids)) if "#" in id]

    def window(self, document: str, start: int, end: int) -> list[ChunkInfo]:
        found = self._chunks(
            self._select(
                f"SELECT ?c ?start ?text {{ GRAPH {self._layout.graph(document)} {{ ?c a kgb:Chunk "
                "; kgb:start ?start ; kgb:end ?end ; kgb:text ?text "
                f"FILTER (?start < {end} && ?end > {start}) }} }}"
            )
        )
        return sorted(found, key=lambda chunk: chunk.start)

    def _chunks(self, rows: Sequence[Row]) -> list[ChunkInfo]:
        """From chunks ``?c``, each with its ``?start`` and ``?text``."""
        ids = [row.chunk("c") for row in rows]
        documents = {d.id: d for d in self._described({id.rpartition("#")[0] for id in ids})}
        return [
            ChunkInfo(
                id,
                row.whole("start"),
                row.text("text"),
                documents[id.rpartition("#")[0]],
            )
            for id, row in zip(ids, rows, strict=True)
        ]

    def mentions(
        self, chunks: Collection[str], targets: Collection[str] | None = None
    ) -> list[MentionInfo]:
        wanted = self._terms(chunks)
        if not wanted or (targets is not None and not targets):
            return []
        values = values_of("c", wanted)
        if targets is not None:
            kinds = (self._layout.entity, self._layout.event)
            values += values_of("x", (kind(id) for id in sorted(set(targets)) for kind in kinds))
        found = self._mentions(f"{values} GRAPH ?g {{ ?m dcterms:isPartOf ?c ; oa:hasBody ?x }}")
        return sorted(found, key=lambda m: (m.start, m.end, m.target, m.local))

    def mentions_of(self, entity: str, skip: int, limit: int) -> list[MentionInfo]:
        body = f"VALUES ?x {{ {self._layout.entity(entity)} }}"
        return self._mentions(
            f"{{ SELECT ?m ?x ?c ?g {{ {body} GRAPH ?g {{ ?m oa:hasBody ?x ; dcterms:isPartOf ?c }}"
            f" }} ORDER BY ?m OFFSET {skip} LIMIT {limit} }}"
        )

    def _mentions(self, pattern: str) -> list[MentionInfo]:
        """From annotations ``?m`` in chunks ``?c`` with bodies ``?x`` in graphs ``?g``."""
        rows = self._select(
            f"SELECT ?c ?x ?score ?local ?start ?end ?text {{ {pattern} GRAPH ?g {{ "
            "?m oa:hasTarget ?target ; kgb:confidence ?score . "
            "?target oa:hasSelector ?position, ?quote . "
            "?position oa:start ?start ; oa:end ?end . ?quote oa:exact ?text } "
            f"{optional('?g', '?m kgb:local ?local')} }}"
        )
        places = [(row, row.id("x", "entity" if "local" in row else "event")) for row in rows]
        nodes = self._nodes(id for _, id in places)
        return [
            MentionInfo(
                chunk=row.chunk("c"),
                start=row.whole("start"),
                end=row.whole("end"),
                text=row.text("text"),
                confidence=row.number("score"),
                local=row.text("local"),
                target=id,
                type=nodes[id].type,
                name="" if nodes[id].kind == "event" else nodes[id].name,
                event=nodes[id].kind == "event",
            )
            for row, id in places
            if id in nodes
        ]

    def mention_starts(self, document: str, limit: int) -> list[int]:
        rows = self._select(
            f"SELECT ?start {{ GRAPH {self._layout.graph(document)} "
            f"{{ ?p a oa:TextPositionSelector ; oa:start ?start }} }} LIMIT {limit}"
        )
        return [row.whole("start") for row in rows]
