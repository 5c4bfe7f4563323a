"""The RDF store: the graph of a property-graph store as linked data, with the same guarantees.

It holds the data set of `graph.rdf.layout` and what `graph.rdf.settings` says of it, which also has
how writers stay out of each other's way. A document is written or retracted in one SPARQL update,
which is one transaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TypeVar

from graph.rdf.completing import Completion
from graph.rdf.deciding import read_decisions
from graph.rdf.endpoint import Answer, EmbeddedEndpoint, Endpoint, iri_of, select, text_of
from graph.rdf.gathering import Gathering
from graph.rdf.layout import Layout
from graph.rdf.lines import in_sparql, optional, quoted, statements, with_prefixes
from graph.rdf.loading import alongside, described, joined, load_file
from graph.rdf.reading import WHOLE, ReadError
from graph.rdf.searching import search
from graph.rdf.settings import Settings, SettingsGraph, stored_base
from graph.rdf.source import RdfSource
from graph.rdf.writing import Changes, RdfWriter
from graph.records import DocumentGraph
from graph.resolution import Member
from graph.resolving.decisions import Decision, Decisions, decision_of
from graph.store.bolt import StoredDocument
from graph.store.documents import DocumentStore
from graph.store.errors import QueryError, StoreError
from graph.store.lookup import Entity
from graph.store.meta import STORE_VERSION, decode_schema, encode_schema
from graph.store.migration import OutdatedStoreError, refuse_newer
from graph.store.search import Hit
from graph.store.writing import WriteResult, changed_by
from model.ontology.iris import DEFAULT_BASE, checked_base
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema
from model.schema_names import relationship_type

_KGB, _DCTERMS, _PROV = PREFIXES["kgb"], PREFIXES["dcterms"], PREFIXES["prov"]
_LOG = logging.getLogger(__name__)
_ATTEMPTS = 20
ResultT = TypeVar("ResultT")


class RdfStore(DocumentStore):
    """A knowledge graph in an RDF database. Make it with `graph.store.open_store`.

    Not thread-safe in writing: one thread writes. ``base`` begins every IRI, by default that of
    the graph that is there already.
    """

    def __init__(
        self,
        url: str,
        endpoint: Endpoint,
        *,
        writer: bool,
        schema: Schema | None = None,
        base: str | None = None,
    ) -> None:
        self._url = url
        self._endpoint = endpoint
        self._writer = writer
        self._schema = schema
        self._cached = Decisions()
        try:
            wanted = checked_base(base) if base else None
            self._take_base(stored_base(endpoint, url, wanted) or DEFAULT_BASE)
            self._layout: Layout | None = None
            self._cached_changer: RdfWriter | None = None
            self._kept = False
            self._check_version()
        except BaseException:
            endpoint.close()
            raise

    # ------------------------------------------------------------------ what it is

    @property
    def url(self) -> str:
        return self._url

    @property
    def product(self) -> str:
        """Name and version of the database."""
        return self._endpoint.product

    @property
    def endpoint(self) -> Endpoint:
        """Where the store's graph is asked and changed."""
        return self._endpoint

    @property
    def base(self) -> str:
        """The beginning of every IRI."""
        return self._base

    @property
    def layout(self) -> Layout:
        """Which IRIs things have.

        Raises:
            StoreError: nothing was written yet, or the schema has IRIs that are none.
        """
        schema = self.schema
        if schema is None:
            raise StoreError(f"{self._url} holds no schema yet: nothing was written")
        if self._layout is None or self._layout.schema != schema:
            try:
                self._layout = Layout(schema, self.base)
            except ValueError as error:
                raise StoreError(str(error)) from error
        return self._layout

    @property
    def schema(self) -> Schema | None:
        """The schema that documents were last written with, kept in the store itself."""
        if self._schema is None:
            text = self._settings.read().schema
            if text:
                self._schema = decode_schema(text)
        return self._schema

    def close(self) -> None:
        try:
            self._settings.forget_writer()
        finally:
            self._endpoint.close()

    # ------------------------------------------------------------------ writing

    def _write_group(
        self, graphs: Sequence[DocumentGraph], schema: Schema | None
    ) -> list[WriteResult]:
        schema = self._schema_to_write(schema)
        self._keep_schema(schema)

        def change(settings: Settings) -> tuple[Changes | None, list[WriteResult]]:
            known = self.ledger([graph.document.id for graph in graphs])
            changed, results = changed_by(graphs, known)
            if not changed:
                return None, results
            return self._changer.write(changed, self._decisions(settings), known), results

        return self._transact(change)

    def _require_alive(self, error: Exception) -> None:
        if not self._writer:
            raise error
        self._endpoint.answer("ASK {}")

    def delete(self, document: str) -> int:
        """Delete what has this document id, URI or source URI; how many documents that were."""
        return self.delete_all(self._documents_named(document)) if self.schema else 0

    def _delete_group(self, document_ids: Sequence[str]) -> int:
        def change(settings: Settings) -> tuple[Changes | None, int]:
            there = self.ledger(document_ids)
            if not there:
                return None, 0
            return self._changer.retract(there, self._decisions(settings)), len(there)

        return self._transact(change)

    def decisions(self) -> Decisions:
        """What people have decided about the graph, see `graph.resolving.decisions`."""
        return self._decisions(self._settings.read())

    def _decide(self, decision: Decision, *, undo: bool) -> bool:
        if self.schema is None:
            raise StoreError("there is nothing to decide about: no document was written yet")

        def change(settings: Settings) -> tuple[Changes | None, bool]:
            was = self._decisions(settings)
            now = was.without(decision.id) if undo else was.with_(decision)
            if now.stamp == was.stamp:
                return None, False
            changes = self._changer.decide(decision, was, now)
            self._settings.change_decisions(changes, settings, was, now)
            return changes, True

        return self._transact(change)

    def members(self, entity_id: str) -> list[Member]:
        """The local entities that an entity is made of."""
        if self.schema is None:
            return []
        decisions = self.decisions()
        return list(map(decisions.applied, self._changer.members(entity_id)))

    def entities_of(self, text: str) -> list[Entity]:
        """The entities with this id, or else with this name, with their identity keys."""
        if self.schema is None:
            return []
        return self._changer.entities_of(text, self.decisions())

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """As `graph.store.Store.search`; the index is in the graph itself, see
        `graph.rdf.searching`."""
        if self.schema is None:
            return []
        return search(self._endpoint, self.layout, text, limit)

    def has_relation(self, kind: str, head: str, tail: str) -> bool:
        """Whether a relation of this type runs between two entities, given by their ids."""
        layout = self.layout
        subject, object = layout.entity(head), layout.entity(tail)
        direct = f"{subject} {layout.relation(kind)} {object}"
        valued = f"?s <{PREFIXES['rdf']}subject> {subject} ; <{_KGB}objectNode> {object} ; "
        valued += f"<{PREFIXES['rdf']}predicate> {layout.relation(kind)}"
        rejected = f"FILTER NOT EXISTS {{ ?s <{_KGB}rejected> true }}"
        return bool(
            self.sparql(f"ASK {{ GRAPH ?g {{ {{ {direct} }} UNION {{ {valued} {rejected} }} }} }}")
        )

    def has_data(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.sparql("ASK { ?s ?p ?o }"))

    def load(self, path: Path) -> int:
        """Make an empty store hold the graph in a TriG or N-Quads file; how many documents.

        As fast as the database can, with memory that does not grow with the graph. What is killed
        midway leaves a store without settings, which takes nothing more; what does not fit in
        memory is in the same folder, and goes with it.

        Raises:
            StoreError: the store is not empty.
            ReadError: the file holds no graph of kgbuilder's; a store of this process's own is left
                empty.
        """
        schema, base = described(path)
        if self.has_data():
            raise StoreError(f"{self._url} is not empty")
        self._take_base(base)
        self._schema, self._kept = schema, False
        beside = self._endpoint.folder if isinstance(self._endpoint, EmbeddedEndpoint) else None
        try:
            with (
                TemporaryDirectory(prefix="kgbuilder-load-", dir=beside) as folder,
                Gathering(self.layout, Path(folder)) as gathering,
            ):
                load_file(self._endpoint, path, gathering.take)
                self._complete(gathering, Path(folder))
        except Exception:
            if isinstance(self._endpoint, EmbeddedEndpoint):
                self._endpoint.clear()
            raise
        self._keep_schema(schema)
        (counted,) = select(self._endpoint, _COUNTS["documents"])
        return int(text_of(counted["count"]))

    def _complete(self, gathering: Gathering, scratch: Path) -> None:
        """Add what an export does not say of entities, and see that it says the rest."""
        endpoint, layout = self._endpoint, self.layout
        decisions = read_decisions(endpoint, self.base)
        with Completion(endpoint, layout, decisions, gathering, scratch) as completion:
            lines = (statements(piece, layout.entities) for piece in completion.pieces())
            alongside(endpoint.load, joined(lines))
        if self.sparql("ASK { GRAPH ?g { ?c a kgb:Chunk FILTER NOT EXISTS { ?c kgb:text ?t } } }"):
            raise ReadError(f"the texts were left out, and {WHOLE}")

    # ------------------------------------------------------------------ reading

    def ledger(self, document_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Content hash and pipeline of those of the documents that the store has."""
        if not document_ids or self.schema is None:
            return {}
        layout = self.layout
        rows = self._documents(values=map(layout.document, document_ids))
        return {row.id: (row.sha256, row.pipeline) for row in rows}

    def documents_of(self, source: str, *, prefix: bool = False) -> list[StoredDocument]:
        """The documents read from the file ``source`` (a URI), or from all below a prefix."""
        if self.schema is None:
            return []
        wanted = in_sparql(quoted(source))
        if prefix:
            return self._documents(f"?d <{_KGB}file> ?file FILTER STRSTARTS(?file, {wanted})")
        return self._documents(f"?d <{_KGB}file> {wanted} .")

    def each_document(self, source: str, *, prefix: bool = False) -> Iterator[StoredDocument]:
        """As `documents_of`, one by one."""
        yield from self.documents_of(source, prefix=prefix)

    def sparql(self, query: str) -> Answer:
        """The answer to a SPARQL query, which sees the union of all graphs.

        The prefixes of an export are known to it.

        Raises:
            QueryError: the query is wrong.
        """
        return self._endpoint.answer(with_prefixes(query, self.base))

    def update(self, sparql: str) -> None:
        """Change the store by SPARQL, past its guarantees: what kgbuilder wrote is no longer what
        its documents say."""
        self._endpoint.update(sparql)

    def source(self) -> RdfSource:
        """The rows of the whole graph, for an export."""
        return RdfSource(self._endpoint, self.layout)

    def counts(self) -> list[dict[str, Any]]:
        """How much the graph holds: rows of ``kind``, ``name`` and ``count``."""
        found: list[dict[str, Any]] = []
        for kind, query in _COUNTS.items():
            rows = [
                {
                    "kind": kind,
                    "name": text_of(row["name"]) if "name" in row else "",
                    "count": int(text_of(row["count"])),
                }
                for row in select(self._endpoint, query)
            ]
            if kind == "relations":
                for row in rows:
                    row["name"] = relationship_type(str(row["name"]))
            found += sorted(rows, key=lambda row: (-row["count"], row["name"]))
        return found

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, write: bool = False
    ) -> NoReturn:
        """No Cypher here.

        Raises:
            QueryError: always; it says what to use.
        """
        raise QueryError(
            f"{self._url} is an RDF store, which is asked in SPARQL, not in Cypher; "
            "use 'kgbuilder sparql'"
        )

    # ------------------------------------------------------------------ inside

    @property
    def _changer(self) -> RdfWriter:
        layout = self.layout
        if self._cached_changer is None or self._cached_changer.layout is not layout:
            self._cached_changer = RdfWriter(self._endpoint, layout)
        return self._cached_changer

    def _take_base(self, base: str) -> None:
        self._base = base
        self._settings = SettingsGraph(self._endpoint, base)

    def _check_version(self) -> None:
        version = self._settings.read().version
        if version is None and self._writer:
            self._require_no_part()
        if version is None or version == STORE_VERSION:
            return
        refuse_newer(self._url, version)
        found = select(
            self._endpoint, f"SELECT ?d {{ GRAPH ?g {{ ?d a <{_KGB}Document> }} }} LIMIT 1"
        )
        if found and self._writer:
            raise OutdatedStoreError(self._url, version)
        if found:
            _LOG.warning(
                "%s was written by an older version of kgbuilder, which did not keep all that is "
                "asked of it now; build it anew in an empty store",
                self._url,
            )
        elif self._writer:
            self._settings.set_version()

    def _decisions(self, settings: Settings) -> Decisions:
        if settings.old_decisions:
            return Decisions(map(decision_of, json.loads(settings.old_decisions)))
        if self._cached.stamp != settings.decided:
            # Others may have decided since the settings were read; then no change gets through.
            self._cached = read_decisions(self._endpoint, self.base)
        return self._cached

    def _transact(self, work: Callable[[Settings], tuple[Changes | None, ResultT]]) -> ResultT:
        """Do the changes that ``work`` finds, in one update; again if another writer was faster.

        ``work`` gives no changes with its result where there is nothing to do.
        """
        if not self._writer:
            raise StoreError(f"{self._url} is open for reading only")
        for _ in range(_ATTEMPTS):
            settings = self._settings.read()
            try:
                changes, result = work(settings)
                if changes is None:
                    return result
                if self._settings.commit(changes, self.layout, settings.revision):
                    return result
            except UnicodeEncodeError as error:
                raise StoreError(
                    f"the text holds half a surrogate pair ({error.object[error.start]!r}), "
                    "which no database can keep"
                ) from error
        raise StoreError(f"{self._url}: others write so often that no change got through")

    def _keep_schema(self, schema: Schema) -> None:
        if self._kept and schema == self._schema:
            return
        text = encode_schema(schema)
        was = self._settings.read().schema
        self._schema = schema
        if was != text:

            def change(settings: Settings) -> tuple[Changes | None, None]:
                if settings.schema == text:
                    return None, None
                layout = self.layout
                changes = Changes(dropped=[layout.ontology])
                self._settings.change_schema(changes, settings, text)
                changes.inserted[layout.ontology] = layout.schema_lines()
                return changes, None

            self._transact(change)
        self._kept = True

    def _require_no_part(self) -> None:
        """Raise StoreError where a graph stands without the settings that come last."""
        graph = f"<{self.base}graph/schema>" if self._endpoint.shared else "?g"
        if (
            self.sparql(f"ASK {{ GRAPH {graph} {{ ?schema a kgb:Schema }} }}")
            and self._settings.read().schema is None  # no other writer has just set them
        ):
            raise StoreError(
                f"the loading of a graph into {self._url} was broken off; empty it, and load the "
                "graph again"
            )

    def _documents_named(self, key: str) -> Sequence[str]:
        text = in_sparql(quoted(key))
        layout = self.layout
        found = self._documents(
            f"{{ ?d <{_DCTERMS}identifier> {text} }} UNION {{ ?d <{_KGB}file> {text} }} "
            f"UNION {{ ?d <{_DCTERMS}identifier> ?uri "
            f"FILTER (?d = {layout.document(key)}) }}"
        )
        return sorted({row.id for row in found})

    def _documents(self, pattern: str = "", values: Iterable[str] = ()) -> list[StoredDocument]:
        """The documents ``?d`` that a pattern finds in their graphs, or some, by URI."""
        nodes = " ".join(values)
        known = optional("?g", *(f"?d <{_DCTERMS}{p}> ?{p}" for p in ("language", "title")))
        found = select(
            self._endpoint,
            "SELECT DISTINCT ?d ?uri ?source ?title ?language ?sha256 ?pipeline { "
            f"{f'VALUES ?d {{ {nodes} }}' if nodes else ''} GRAPH ?g {{ {pattern} "
            f"?d a <{_KGB}Document> ; <{_DCTERMS}identifier> ?uri ; <{_KGB}sha256> ?sha256 ; "
            f"<{_KGB}file> ?source . "
            f"?g <{_PROV}wasDerivedFrom> ?d ; <{_PROV}wasGeneratedBy> ?a . "
            f"?a <{_PROV}wasAssociatedWith> ?agent . ?agent <{_KGB}fingerprint> ?pipeline }} "
            f"{known} }}",
        )
        layout = self.layout
        rows = [
            StoredDocument(
                id=layout.parts(iri_of(row["d"]), "document")[0],
                **{
                    name: text_of(row[name]) if name in row else ""
                    for name in ("uri", "source", "title", "language", "sha256", "pipeline")
                },
            )
            for row in found
        ]
        return sorted(rows, key=lambda row: row.uri)


_COUNTS = {
    "documents": f"SELECT (COUNT(*) AS ?count) {{ GRAPH ?g {{ ?d a <{_KGB}Document> }} }}",
    "chunks": f"SELECT (COUNT(*) AS ?count) {{ GRAPH ?g {{ ?c a <{_KGB}Chunk> }} }}",
    "mentions": "SELECT (COUNT(*) AS ?count) "
    f"{{ GRAPH ?g {{ ?m a <{PREFIXES['oa']}Annotation> }} }}",
    "entities": f"SELECT ?name (COUNT(*) AS ?count) {{ GRAPH ?g {{ ?e <{_KGB}tally> ?t ; "
    f"<{_KGB}typeName> ?name }} }} GROUP BY ?name",
    "relations": "SELECT ?name (COUNT(*) AS ?count) { SELECT DISTINCT ?name ?s ?o { GRAPH ?g { "
    f"?f <{_KGB}head> ?h ; <{_KGB}typeName> ?name ; <{PREFIXES['rdf']}subject> ?s ; "
    f"<{PREFIXES['rdf']}object> ?v . OPTIONAL {{ ?f <{_KGB}objectNode> ?n }} "
    f"BIND (COALESCE(?n, ?v) AS ?o) FILTER NOT EXISTS {{ ?f <{_KGB}rejected> true }} "
    "} } } GROUP BY ?name",
    "events": f"SELECT ?name (COUNT(*) AS ?count) {{ GRAPH ?g {{ ?e a <{_KGB}Event> ; "
    f"<{_KGB}typeName> ?name }} }} GROUP BY ?name",
}
