"""Reading an RDF store for an export, document by document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from graph.bulk.sorting import Sorter
from graph.export.document_facts import RelationKey, document_facts, relation_row
from graph.export.source import (
    DocumentFacts,
    DocumentText,
    EntityRow,
    EvidenceRow,
    FromDocuments,
    RelationRow,
)
from graph.rdf.deciding import read_decisions
from graph.rdf.endpoint import Endpoint, iri_of, select, solutions, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import optional
from graph.rdf.reading import StoredGraph, read_document
from graph.records import NO_SPAN
from graph.resolving.decisions import Decisions
from graph.store.facts import Fact, facts_of
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema
from model.schema_names import relationship_type

_KGB = PREFIXES["kgb"]
_LABEL, _ALT_LABEL = PREFIXES["rdfs"] + "label", PREFIXES["skos"] + "altLabel"
_RDF = PREFIXES["rdf"]
_PAGE = 500
_CHARACTERS = 8_000_000  # of ids that are held


class RdfSource(FromDocuments):
    """All of an RDF store, of which no more than a page is held in memory."""

    def __init__(self, endpoint: Endpoint, layout: Layout) -> None:
        self._endpoint = endpoint
        self._layout = layout
        self._symmetric = frozenset(
            relationship_type(r.name) for r in layout.schema.relations if r.symmetric
        )

    @property
    def schema(self) -> Schema:
        return self._layout.schema

    @property
    def base(self) -> str:
        return self._layout.base

    def stored(self) -> Iterator[StoredGraph]:
        """Each document as it was written, in the order of ids."""
        layout = self._layout
        for id in self.document_ids():
            yield read_document(self._endpoint.graph(layout.graph(id)[1:-1]), layout)

    def entities(self) -> Iterator[EntityRow]:
        for page in _pages(self.ids()):
            found = self.entity_rows(page)
            yield from (found[id] for id in page if id in found)

    def document_ids(self) -> Iterator[str]:
        """The ids of all documents, sorted."""
        return self._ids("document", "?g", "Document")

    def ids(self) -> Iterator[str]:
        """The ids of all entities, sorted."""
        return self._ids("entity", self._layout.entities, "Entity")

    def relations(self) -> Iterator[RelationRow]:
        for page in _pages(self.ids()):
            heads = " ".join(map(self._layout.entity, page))
            yield from self.relation_rows(f"VALUES ?s {{ {heads} }}")

    def decisions(self) -> Decisions:
        return read_decisions(self._endpoint, self._layout.base)

    def by_document_text(self, *, rejected: bool) -> Iterator[DocumentText | DocumentFacts]:
        """See `graph.export.source.HasText`."""
        layout = self._layout
        apart: set[str] = set()
        if not rejected:
            query = f"SELECT DISTINCT ?g {{ GRAPH ?g {{ ?f <{_KGB}rejected> true }} }}"
            apart = {iri_of(row["g"]) for row in select(self._endpoint, query)}
        for id in self.document_ids():
            graph = layout.graph(id)[1:-1]
            if graph in apart:
                yield self._facts(read_document(self._endpoint.graph(graph), layout))
            else:
                lines = self._endpoint.text(graph).split(b" .\n")
                yield DocumentText(id, sorted(line for line in lines if line))

    def by_document(self) -> Iterator[DocumentFacts]:
        return map(self._facts, self.stored())

    def _facts(self, stored: StoredGraph) -> DocumentFacts:
        graph = stored.graph
        entities = self.entity_rows(sorted({id for _, id in stored.members}))
        place = {member.local: entities[id] for member, id in stored.members}
        facts = facts_of(graph.document.id, graph.relations, relationship_type)
        rejected = self._rejected(graph.document.id)
        return document_facts(
            graph,
            [member for member, _ in stored.members],
            place,
            self._symmetric,
            [fact for fact in facts if _key(fact) not in rejected],
            [fact for fact in facts if _key(fact) in rejected],
            stored.ingested_at,
        )

    def _ids(self, kind: str, graph: str, type: str) -> Iterator[str]:
        query = f"SELECT ?n {{ GRAPH {graph} {{ ?n a <{_KGB}{type}> }} }}"
        with (
            TemporaryDirectory(prefix="kgbuilder-ids-") as folder,
            Sorter(Path(folder), kind, _CHARACTERS) as ids,
        ):
            for row in solutions(self._endpoint, query):
                ids.add(self._layout.parts(iri_of(row["n"]), kind)[0], "")
            for id, _ in ids.groups():
                yield id

    def entity_rows(self, ids: Sequence[str]) -> dict[str, EntityRow]:
        if not ids:
            return {}
        values = f"VALUES ?e {{ {' '.join(map(self._layout.entity, ids))} }}"

        def said(*predicates: str) -> Iterator[tuple[str, list[str]]]:
            """Each entity's id and texts, of those that have all of these."""
            names = [f"?t{number}" for number, _ in enumerate(predicates)]
            pattern = " ; ".join(f"<{p}> {name}" for p, name in zip(predicates, names, strict=True))
            for row in select(
                self._endpoint,
                f"SELECT ?e {' '.join(names)} {{ {values} "
                f"GRAPH {self._layout.entities} {{ ?e {pattern} }} }}",
            ):
                (id,) = self._layout.parts(iri_of(row["e"]), "entity")
                yield id, [text_of(row[name[1:]]) for name in names]

        aliases: defaultdict[str, list[str]] = defaultdict(list)
        for id, (alias,) in said(_ALT_LABEL):
            aliases[id].append(alias)
        datatypes = {id: datatype for id, (datatype,) in said(_KGB + "datatype")}
        known = {id: value for id, (value,) in said(_KGB + "value")} if datatypes else {}
        return {
            id: EntityRow(
                id, type, name, tuple(sorted(aliases[id])), datatypes.get(id), known.get(id)
            )
            for id, (type, name) in said(_KGB + "typeName", _LABEL)
        }

    def _rejected(self, document: str) -> set[tuple[str, str, str, str]]:
        """Type, local head and tail, and chunk of what people rejected."""
        layout = self._layout
        found = select(
            self._endpoint,
            f"SELECT ?t ?h ?l ?c {{ GRAPH {layout.graph(document)} {{ ?s <{_KGB}rejected> true ; "
            f"<{_KGB}typeName> ?t ; <{_KGB}head> ?h ; <{_KGB}tail> ?l ; "
            f"<{PREFIXES['prov']}wasDerivedFrom> ?c }} }}",
        )
        return {
            (
                relationship_type(text_of(row["t"])),
                layout.parts(iri_of(row["h"]), "local")[1],
                layout.parts(iri_of(row["l"]), "local")[1],
                "#".join(layout.parts(iri_of(row["c"]), "chunk")),
            )
            for row in found
        }

    def relation_rows(self, values: str) -> Iterator[RelationRow]:
        """The relations that data blocks of SPARQL leave, with the evidence of all documents.

        ``?s`` is the head, ``?t`` the relation's name in the schema.
        """
        layout = self._layout
        rows = select(
            self._endpoint,
            f"SELECT ?s ?t ?h ?e ?l ?c ?score ?v ?n ?hs ?he ?ts ?te "
            f"{{ {values} GRAPH ?g {{ "
            f"?f <{_RDF}subject> ?s ; <{_KGB}typeName> ?t ; <{_KGB}head> ?h ; <{_KGB}tail> ?l ; "
            f"<{_RDF}object> ?v ; <{_KGB}confidence> ?score ; "
            f"<{PREFIXES['prov']}wasDerivedFrom> ?c . ?h <{_KGB}resolvedTo> ?e "
            f"FILTER NOT EXISTS {{ ?f <{_KGB}rejected> true }} }} "
            + optional(
                "?g",
                f"?f <{_KGB}objectNode> ?n",
                f"?f <{_KGB}headStart> ?hs ; <{_KGB}headEnd> ?he ; "
                f"<{_KGB}tailStart> ?ts ; <{_KGB}tailEnd> ?te",
            )
            + " }",
        )
        found: defaultdict[RelationKey, list[EvidenceRow]] = defaultdict(list)
        for row in rows:
            document, head = layout.parts(iri_of(row["h"]), "local")
            _, tail = layout.parts(iri_of(row["l"]), "local")
            kind = relationship_type(text_of(row["t"]))
            (start,) = layout.parts(iri_of(row["s"]), "entity")
            (end,) = layout.parts(iri_of(row.get("n", row["v"])), "entity")
            turned = kind in self._symmetric and (
                row["e"] != row["s"] or (start == end and tail < head)
            )
            one, two = NO_SPAN, NO_SPAN
            if "hs" in row:
                a, b, c, d = (int(text_of(row[name])) for name in ("hs", "he", "ts", "te"))
                one, two = (a, b), (c, d)
            if turned:
                head, tail, one, two = tail, head, two, one
            chunk = "#".join(layout.parts(iri_of(row["c"]), "chunk"))
            score = float(text_of(row["score"]))
            found[kind, start, end].append(
                EvidenceRow(document, chunk, head, tail, score, one, two, turned)
            )
        for key in sorted(found, key=lambda key: (key[1], key[2], key[0])):
            yield relation_row(key, sorted(found[key]))


def _pages(ids: Iterator[str]) -> Iterator[list[str]]:
    return iter(lambda: list(islice(ids, _PAGE)), [])


def _key(fact: Fact) -> tuple[str, str, str, str]:
    return fact.type, fact.evidence.head, fact.evidence.tail, fact.evidence.chunk
