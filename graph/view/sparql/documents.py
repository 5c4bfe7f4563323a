"""Finding documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from graph.rdf.lines import in_sparql, optional, quoted
from graph.view.records import DocumentInfo
from graph.view.sparql.asking import Asking
from graph.view.sparql.patterns import values_of


class Documents(Asking):
    """Documents by time, by what they are called, and by what they speak of."""

    def newest_documents(self, limit: int) -> list[DocumentInfo]:
        return self._documents(
            "SELECT DISTINCT ?d { GRAPH ?g { ?a prov:endedAtTime ?at ; prov:used ?d . "
            f"?d dcterms:identifier ?uri }} }} ORDER BY DESC(?at) ?uri LIMIT {limit}"
        )

    def find_documents(self, text: str, limit: int) -> list[DocumentInfo]:
        wanted = in_sparql(quoted(text.casefold()))
        return self._documents(
            "SELECT DISTINCT ?d { GRAPH ?g { ?d a kgb:Document ; dcterms:identifier ?uri } "
            f"{optional('?g', '?d dcterms:title ?title')} "
            f"FILTER (CONTAINS(LCASE(STR(?uri)), {wanted}) || "
            f"CONTAINS(LCASE(STR(?title)), {wanted})) }} ORDER BY STR(?title) ?uri LIMIT {limit}"
        )

    def documents_of(self, entity: str, limit: int) -> list[DocumentInfo]:
        return self._documents(
            "SELECT DISTINCT ?d { GRAPH ?g "
            f"{{ ?l kgb:resolvedTo {self._layout.entity(entity)} . ?d a kgb:Document }} }} "
            f"LIMIT {limit}"
        )

    def document(self, id: str) -> DocumentInfo | None:
        return next(iter(self._described([id])), None)

    def _documents(self, query: str) -> list[DocumentInfo]:
        """The documents ``?d`` that a query gives, in its order."""
        return self._described([row.id("d", "document") for row in self._select(query)])

    def _described(self, ids: Collection[str]) -> list[DocumentInfo]:
        if not ids:
            return []
        values = values_of("d", map(self._layout.document, ids))
        marks: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for row in self._select(
            f"SELECT ?d ?kind ?start ?label {{ {values} GRAPH ?g {{ ?d kgb:mark ?m . "
            "?m kgb:kind ?kind ; kgb:start ?start ; rdfs:label ?label } }"
        ):
            place = (row.id("d", "document"), row.text("kind"))
            marks[place].append((row.whole("start"), row.text("label")))
        names = ("uri", "title", "language", "format", "pipeline", "at", "length")
        found = {}
        for row in self._select(
            f"SELECT ?d {' '.join(f'?{name}' for name in names)} {{ {values} GRAPH ?g {{ "
            "?d a kgb:Document ; dcterms:identifier ?uri . ?a prov:used ?d ; "
            "prov:wasAssociatedWith ?agent . ?agent kgb:fingerprint ?pipeline } "
            + optional(
                "?g",
                "?a prov:endedAtTime ?at",
                *(f"?d dcterms:{name} ?{name}" for name in ("title", "language", "format")),
                "?d kgb:length ?length",
            )
            + " }"
        ):
            id = row.id("d", "document")
            said = {name: row.text(name) for name in names}
            found[id] = DocumentInfo(
                id=id,
                uri=said["uri"],
                title=said["title"],
                language=said["language"],
                media_type=said["format"],
                pipeline=said["pipeline"],
                ingested_at=said["at"],
                length=int(said["length"] or 0),
                pages=tuple(sorted(marks[id, "page"])),
                sections=tuple(sorted(marks[id, "section"])),
            )
        return [found[id] for id in ids if id in found]
