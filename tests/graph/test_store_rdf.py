"""The RDF stores hold what a property graph of the same documents holds, as linked data."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pyoxigraph as ox
import pytest
from document_graphs import SCHEMA, clear, contents, document_graph
from histories import versions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdf_server import running_server
from shared_documents import ADA, BABBAGE, BRIDGE, FOUR, HOSTILE, numbered

from graph.export.source import GraphSource
from graph.export.store_source import StoreSource
from graph.rdf.asking import ask
from graph.rdf.endpoint import EmbeddedEndpoint, select
from graph.rdf.reading import StoredGraph
from graph.rdf.store import RdfStore
from graph.records import DocumentGraph
from graph.store import (
    QueryError,
    QueryTimeoutError,
    Store,
    StoreError,
    StoreLockedError,
    open_store,
)
from graph.store.meta import STORE_VERSION
from graph.view import GraphView, view_of
from graph.view.records import DocumentInfo
from ingest.documents import Mark
from model.ontology.vocabulary import KGB

PREFIXES = """
    PREFIX kgb: <https://kgbuilder.github.io/ns#>
    PREFIX oa: <http://www.w3.org/ns/oa#>
    PREFIX prov: <http://www.w3.org/ns/prov#>
    PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    PREFIX rel: <https://example.org/kg/schema/relation/>
    PREFIX role: <https://example.org/kg/schema/role/>
    PREFIX schema: <https://schema.org/>
    PREFIX type: <https://example.org/kg/schema/type/>
    PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@pytest.fixture
def rdf(rdf_store: RdfStore) -> RdfStore:
    clear(rdf_store)
    return rdf_store


@pytest.fixture(params=["rdf", "sparql"])
def linked(request: pytest.FixtureRequest) -> RdfStore:
    store: RdfStore = request.getfixturevalue(f"{request.param}_store")
    clear(store)
    return store


def values(store: RdfStore, query: str) -> list[tuple[str, ...]]:
    found = select(store.endpoint, PREFIXES + query)
    return sorted(tuple(term.value for term in row.values()) for row in found)


def read(store: RdfStore, graph: DocumentGraph) -> StoredGraph:
    """What the store holds of a document."""
    id = graph.document.id
    (found,) = [stored for stored in store.source().stored() if stored.graph.document.id == id]
    return found


def rows(source: GraphSource) -> list[object]:
    """All that an export reads, but for times of writing."""

    def undated(row):
        return replace(row, ingested_at=None)

    return [
        [undated(row) for row in source.documents()],
        list(source.chunks()),
        list(source.entities()),
        list(source.mentions()),
        list(source.relations()),
        list(source.events()),
        [replace(facts, document=undated(facts.document)) for facts in source.by_document()],
    ]


@given(steps=st.lists(st.one_of(versions(), st.integers(0, 3)), min_size=3, max_size=7))
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_gives_what_a_property_graph_holds(
    embedded: Store, rdf: RdfStore, steps: list[DocumentGraph | int]
) -> None:
    for store in (embedded, rdf):
        clear(store)
        store.write_all(FOUR, SCHEMA)
        for step in steps:
            if isinstance(step, int):
                store.delete(f"file:///{step}.txt")
            else:
                store.write(step)
    assert rows(StoreSource(embedded)) == rows(rdf.source())


def test_facts_run_from_canonical_entity_to_canonical_entity(linked: RdfStore) -> None:
    linked.write_all((ADA, BABBAGE))
    assert values(
        linked,
        "SELECT ?a ?o { ?p rel:worksFor ?c ; rdfs:label ?a ; a schema:Person . "
        "?c a type:Organization ; rdfs:label ?o }",
    ) == [("Ada Lovelace", "Analytical Engines Ltd")]
    assert values(linked, 'SELECT ?d { ?p rdfs:label "Ada Lovelace" ; rel:bornOn ?d }') == [
        ("1815-12-10",)
    ]
    assert values(linked, "SELECT ?d { ?e role:time ?d FILTER (datatype(?d) = xsd:date) }") == [
        ("1815-12-10",)
    ]


def test_each_statement_names_its_chunk_and_its_characters(linked: RdfStore) -> None:
    linked.write(ADA)
    ((confidence, text),) = values(
        linked,
        "SELECT ?c ?text { ?s rdf:predicate rel:worksFor ; kgb:confidence ?c ; "
        "prov:wasDerivedFrom/kgb:text ?text }",
    )
    assert float(confidence) == 0.9
    assert text in ADA.document.text
    for start, end, exact in values(
        linked,
        "SELECT ?start ?end ?exact { ?m a oa:Annotation ; kgb:local ?l ; oa:hasTarget ?t . "
        "?t oa:hasSelector ?p, ?q . ?p oa:start ?start ; oa:end ?end . ?q oa:exact ?exact }",
    ):
        assert ADA.document.text[int(start) : int(end)] == exact


def test_a_fact_of_two_documents_is_in_both_their_graphs(linked: RdfStore) -> None:
    linked.write_all((ADA, BABBAGE))
    found = values(linked, "SELECT ?g { GRAPH ?g { ?a rel:spouse ?b } }")
    assert len(found) == 2
    assert len(values(linked, "SELECT DISTINCT ?a ?b { GRAPH ?g { ?a rel:spouse ?b } }")) == 1


def test_dropping_a_graph_leaves_nothing_that_only_its_document_states(linked: RdfStore) -> None:
    linked.write_all((ADA, BABBAGE))
    linked.update(f"DROP GRAPH <https://example.org/kg/graph/{ADA.document.id}>")
    assert values(linked, "SELECT ?p { ?p rel:worksFor ?o }") == []
    left = values(linked, f'SELECT * {{ ?s ?p ?o FILTER CONTAINS(STR(?s), "{ADA.document.id}") }}')
    assert left == []
    assert len(values(linked, "SELECT ?a ?b { GRAPH ?g { ?a rel:spouse ?b } }")) == 1


def test_a_merge_renames_an_entity_wherever_it_stands(linked: RdfStore) -> None:
    linked.write_all(FOUR)
    ids = {row.id for row in linked.source().entities()}
    stray = values(
        linked,
        "SELECT DISTINCT ?e { GRAPH ?g { { ?s ?p ?e } UNION { ?e ?p ?o } } "
        'FILTER CONTAINS(STR(?e), "/kg/entity/") }',
    )
    assert {iri.rsplit("/", 1)[-1] for (iri,) in stray} == ids
    (name,) = values(linked, "SELECT ?n { ?a rel:spouse ?b . ?a rdfs:label ?n } LIMIT 1")
    assert name in (("Augusta Byron",), ("Charles Babbage",))


def test_text_is_never_taken_for_sparql(linked: RdfStore) -> None:
    texts = (*HOSTILE, "a \\u0022 } ; DROP ALL #", "\"\"\" ''' <> ^^ @en", "\\\\u0041", "\x01\x7f")
    for number, text in enumerate(texts):
        graph = document_graph(
            f"file:///{text}",
            {"e0": ("person", text), "e1": ("place", [text, "London"])},
            [("part of", "e0", "e1")],
            [("meeting", text, {"participant": "e0"})],
            metadata={text: text},
            marks=(Mark("section", 0, text),),
        )
        linked.write(graph)
        assert linked.ledger([graph.document.id])
        assert [d.uri for d in linked.documents_of(f"file:///{text}")] == [f"file:///{text}"]
        assert len(list(linked.source().documents())) == number + 1
        (stored,) = [
            s for s in linked.source().stored() if s.graph.document.id == graph.document.id
        ]
        assert stored.graph == replace(
            graph, document=replace(graph.document, text=stored.graph.document.text)
        )


def test_what_was_written_is_read_back(linked: RdfStore) -> None:
    for graph in (*FOUR, document_graph("file:///empty.txt", {})):
        linked.write(graph)
        (stored,) = [
            s for s in linked.source().stored() if s.graph.document.id == graph.document.id
        ]
        text = stored.graph.document.text
        assert len(text) == len(graph.document.text)
        for chunk in graph.chunks:
            assert text[chunk.start : chunk.end] == chunk.text
        assert replace(stored.graph, document=replace(stored.graph.document, text="")) == replace(
            graph,
            document=replace(graph.document, text=""),
            relations=stored.graph.relations,
            events=stored.graph.events,
        )
        assert sorted(map(repr, stored.graph.relations)) == sorted(map(repr, graph.relations))
        assert [replace(e, arguments=()) for e in stored.graph.events] == [
            replace(e, arguments=()) for e in graph.events
        ]
        for mine, theirs in zip(stored.graph.events, graph.events, strict=True):
            assert set(mine.arguments) == set(theirs.arguments)


def test_cypher_is_refused_with_a_word_for_sparql(linked: RdfStore) -> None:
    with pytest.raises(QueryError, match="kgbuilder sparql"):
        linked.query("MATCH (n) RETURN n")


def test_a_wrong_sparql_query_is_named_as_such(linked: RdfStore) -> None:
    with pytest.raises(QueryError, match="SPARQL query is wrong"):
        linked.sparql("SELECT ?x { ?x")


def test_the_kinds_of_queries(linked: RdfStore) -> None:
    linked.write(ADA)
    assert bool(linked.sparql("ASK { ?s ?p ?o }"))
    triples = linked.sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 3")
    assert [type(triple) for triple in triples] == [ox.Triple] * 3


def test_counts_are_those_of_the_property_graph(embedded: Store, linked: RdfStore) -> None:
    from kgbuilder.graphs import stats

    for store in (embedded, linked):
        store.write_all(FOUR, SCHEMA)
    assert sorted(map(repr, linked.counts())) == sorted(map(repr, stats(store=embedded)))


def test_one_process_writes_a_folder_or_several_read_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("graph.rdf.endpoint._LOCK_SECONDS", 0.1)
    url = f"rdf:{tmp_path / 'kg'}"
    with open_store(url, writer=True, schema=SCHEMA) as store:
        store.write(ADA)
        for writer in (True, False):
            with pytest.raises(StoreLockedError, match="in use by another process"):
                open_store(url, writer=writer)
    with open_store(url, writer=False) as one, open_store(url, writer=False) as two:
        assert contents(one) == contents(two) != []
        with pytest.raises(StoreError, match="reading only"):
            one.write(BABBAGE, SCHEMA)
        with pytest.raises(StoreLockedError):
            open_store(url, writer=True)


def test_a_base_of_ones_own_is_kept(tmp_path: Path) -> None:
    url = f"rdf:{tmp_path / 'kg'}"
    with open_store(url, writer=True, schema=SCHEMA, base="https://data.example.com/") as store:
        store.write(ADA)
    with open_store(url, writer=False) as store:
        assert store.base == "https://data.example.com/"
        assert store.ledger([ADA.document.id])
    with pytest.raises(StoreError, match=r"begin with https://data\.example\.com/"):
        open_store(url, writer=True, base="https://other.example.com/")


WRITE_UNTIL_KILLED = """
    import sys
    from document_graphs import SCHEMA
    from graph.store import open_store
    from shared_documents import numbered
    with open_store(sys.argv[1], writer=True, schema=SCHEMA) as store:
        for number in range(1000):
            store.write(numbered(number))
            print(number, flush=True)
"""


@pytest.mark.parametrize("documents", [1, 17])
def test_a_kill_loses_and_doubles_nothing(tmp_path: Path, documents: int) -> None:
    url = f"rdf:{tmp_path / 'killed'}"
    root = Path(__file__).parents[2]
    path = f"{root}:{root / 'tests' / 'support'}"
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(WRITE_UNTIL_KILLED), url],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": path},
        text=True,
    )
    assert process.stdout is not None
    done = list(itertools.islice(process.stdout, documents))
    process.kill()
    done += process.stdout.readlines()
    process.wait()
    with open_store(url, writer=True, schema=SCHEMA) as store:
        written = {document.uri for document in store.documents_of("file:///", prefix=True)}
        assert written >= {f"file:///{int(number)}.txt" for number in done}
        found = contents(store)
    with open_store(f"rdf:{tmp_path / 'clean'}", writer=True, schema=SCHEMA) as store:
        store.write_all([numbered(number) for number in reversed(range(len(written)))])
        assert contents(store) == found


def test_writers_of_one_server_take_turns() -> None:
    graphs = [numbered(number) for number in range(16)]
    with running_server() as url:
        stores = [open_store(f"sparql+{url}", writer=True, schema=SCHEMA) for _ in range(3)]

        def write(number: int) -> list[bool]:  # one thread writes with one store
            return [stores[number].write(graph).changed for graph in graphs[number::3]]

        with ThreadPoolExecutor(3) as pool:
            changed = list(pool.map(write, range(3)))
        assert all(map(all, changed))
        together = contents(stores[0])
        clear(stores[0])
        stores[0].write_all(graphs)
        assert contents(stores[0]) == together


def test_a_writer_knows_its_change_though_another_has_gone_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_server() as url:
        first, second = (open_store(f"sparql+{url}", writer=True, schema=SCHEMA) for _ in range(2))
        first.write(numbered(0))
        update = first.endpoint.update

        def update_and_wait(sparql: str) -> None:
            update(sparql)
            monkeypatch.undo()
            assert second.write(numbered(2)).changed

        monkeypatch.setattr(first.endpoint, "update", update_and_wait)
        assert first.write(numbered(1)).changed
        first.close()
        second.close()
        with open_store(f"sparql+{url}", writer=False) as store:
            assert isinstance(store, RdfStore)
            revisions = values(store, "SELECT ?node { GRAPH ?g { ?node kgb:revision ?r } }")
            assert len(revisions) == 1, "writers that were closed leave nothing of theirs"


def test_a_server_that_is_not_there_or_means_no_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot reach http://127\.0\.0\.1:9/"):
        open_store("sparql+http://127.0.0.1:9", writer=False)
    with pytest.raises(StoreError, match="KGBUILDER_SPARQL_USER"):
        open_store("sparql+http://me:secret@127.0.0.1:9", writer=False)
    with pytest.raises(StoreError, match="needs a folder"):
        open_store("rdf:", writer=False)


def test_services_elsewhere_are_named_in_the_url(sparql_store: RdfStore) -> None:
    url = f"{sparql_store.url}/nowhere?query=/query&update=/update&store=/store"
    with open_store(url, writer=False) as store:
        assert contents(store) == contents(sparql_store)
    with pytest.raises(StoreError, match="unknown foo"):
        open_store(f"{sparql_store.url}?foo=1", writer=False)


def test_the_merge_of_a_bridge_is_undone_by_its_retraction(linked: RdfStore) -> None:
    linked.write_all((ADA, BABBAGE, FOUR[3]))
    apart = contents(linked)
    linked.write(BRIDGE)
    assert contents(linked) != apart
    linked.delete(BRIDGE.document.uri)
    assert contents(linked) == apart


def test_documents_and_events_have_dates(linked: RdfStore) -> None:
    linked.write(replace(ADA, document=replace(ADA.document, metadata={"date": "2024-05-03"})))
    linked.write(BABBAGE)
    dated = "SELECT ?date { ?n dcterms:date ?date ; a %s FILTER (datatype(?date) = xsd:date) }"
    dcterms = "PREFIX dcterms: <http://purl.org/dc/terms/>"
    assert values(linked, dcterms + dated % "kgb:Document") == [("2024-05-03",)]
    assert values(linked, dcterms + dated % "kgb:Event") == [("1815-12-10",)]


def test_people_see_in_rdf_what_they_see_in_a_property_graph(
    embedded: Store, linked: RdfStore
) -> None:
    stated = [
        document_graph(
            f"file:///born{year}.txt",
            {"e0": ("person", "Ada Lovelace"), "e1": ("date", year)},
            [("born on", "e0", "e1")],
            values={"e1": year},
            confidence=0.4,
            marks=(Mark("page", 0, "1"), Mark("section", 5, "Life")),
        )
        for year in ("1815", "1816")
    ]
    for store in (embedded, linked):
        store.write_all((*FOUR, *stated), SCHEMA)
    seen = [seen_in(view_of(store)) for store in (embedded, linked)]
    assert len(seen[0]) > 100
    for one, two in zip(*seen, strict=True):
        assert one == two


def seen_in(view: GraphView) -> list[object]:
    """The answers of a view to all that can be asked, where their order is of no matter sorted."""
    documents = [undated(info) for info in view.find_documents("FILE:///", 99)]
    newest = sorted((undated(info) for info in view.newest_documents(99)), key=lambda d: d.uri)
    ids = sorted(view.entities_of([info.id for info in documents], 99))
    events = sorted(view.event_ids(limit=99))
    seen: list[object] = [view.overview(), documents, newest, ids, events]
    seen.append(sorted(view.event_dates(99)))
    values = sorted({e.target for id in ids for e, n in view.neighbours(id, (), 99)} - set(ids))
    every = [*ids, *values, *events, "none"]
    nodes = view.nodes(every)
    edges = sorted(view.edges_among(nodes, 99), key=lambda edge: edge.id)
    seen.append(sorted(view.joining(ids, [*ids, *values]), key=lambda edge: edge.id))
    seen += [
        nodes,
        view.nodes(every, degrees=False),
        view.degrees(every[:-1]),
        edges,
        view.entity_rows(every),
    ]
    seen.append(view.occurrences(ids))
    seen.append(sorted(view.doubtful_facts(0.5, 99), key=repr))
    seen.append(sorted(view.contradictions(99), key=repr))
    seen += [sorted(view.tallies(), key=lambda row: row[0]), view.current_ids(["none"])]
    for id in every:
        seen += [view.entity(id), sorted(view.neighbour_counts(id), key=repr)]
        near = view.neighbours(id, (), 99)
        seen += [sorted(near, key=repr), view.neighbours(id, ["SPOUSE"], 99)]
        seen.append([undated(d) for d in sorted(view.documents_of(id, 9), key=lambda d: d.uri)])
        seen.append(sorted(view.mentions_of(id, 0, 99), key=repr))
        for through in (True, False):
            steps = view.steps([id], 99, through, values[:1])
            seen.append(sorted(steps, key=lambda edge: edge.id))
    for edge in edges:
        key = (edge.source, edge.type, edge.target)
        seen += [view.edge(*key), sorted(view.evidence(*key)), view.statements_of([key])]
    for info in documents:
        chunks = view.window(info.id, 0, 20)
        seen.append([(chunk.id, chunk.start, chunk.text) for chunk in chunks])
        seen.append(view.mentions([chunk.id for chunk in chunks]))
        seen.append(view.mentions([chunk.id for chunk in chunks], ids[:2]))
        seen.append(sorted(c.text for c in view.chunks([chunk.id for chunk in chunks])))
        seen += [sorted(view.facts_of(info.id), key=repr), sorted(view.mention_starts(info.id, 99))]
    seen.append(sorted(view.events(events), key=lambda event: event.id))
    for wanted in (
        {"types": ["founding"]},
        {"participant": ids[0]},
        {"words": "babbage"},
        {"dated": ("1815", "1816")},
        {"document": documents[0].id},
    ):
        seen.append(sorted(view.event_ids(limit=99, **wanted)))
    return seen


def undated(info: DocumentInfo) -> DocumentInfo:
    return replace(info, ingested_at="")


def set_version(store: RdfStore | EmbeddedEndpoint, version: str) -> None:
    old, new = (f"GRAPH ?g {{ ?g <{KGB}version> {number} }}" for number in ("?v", version))
    store.update(f"DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ {old} }}")


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    url = f"rdf:{tmp_path / 'kg'}"
    with open_store(url, writer=True, schema=SCHEMA) as store:
        store.write(ADA)
        set_version(store, str(STORE_VERSION - 1))
    with pytest.raises(StoreError, match="older version of kgbuilder"):
        open_store(url, writer=True)
    with open_store(url, writer=False) as store:
        assert store.ledger([ADA.document.id])
    with closing(EmbeddedEndpoint(tmp_path / "kg", writer=True)) as endpoint:
        set_version(endpoint, "99")
    for writer in (True, False):
        with pytest.raises(StoreError, match="newer version of kgbuilder"):
            open_store(url, writer=writer)


def test_a_sparql_server_is_asked_within_a_time() -> None:
    # A server of its own: it goes on with the query that nobody waits for any more.
    with (
        running_server() as url,
        open_store(f"sparql+{url}", writer=True, schema=SCHEMA) as store,
    ):
        assert isinstance(store, RdfStore)
        store.write_all(FOUR)
        found = list(ask(store, "SELECT ?uri { ?d a kgb:Document ; dcterms:identifier ?uri }", 30))
        assert sorted(row["uri"] for row in found) == sorted(g.document.uri for g in FOUR)
        triples = list(ask(store, "CONSTRUCT { ?d a kgb:Document } { ?d a kgb:Document }", 30))
        assert {tuple(row) for row in triples} == {("subject", "predicate", "object")}
        with pytest.raises(QueryError, match="wrong"):
            list(ask(store, "SELECT", 30))
        endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
        with pytest.raises(QueryTimeoutError):
            list(ask(store, endless, 0.5))
