"""What the explorer reads from the graph of the example corpus."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import networkx
import pytest
import rdflib

from dashboard.data.documents import document_page
from dashboard.data.events import EventFilter, events, events_with
from dashboard.data.evidence import event_evidence, mention_evidence, relation_evidence
from dashboard.data.exporting import FORMATS, export_subgraph
from dashboard.data.languages import query_language_of
from dashboard.data.neighbourhood import edges_among, neighbour_counts, neighbours, subgraph
from dashboard.data.nodes import degrees, edge, entity_details, nodes
from dashboard.data.overview import (
    events_by_year,
    find_documents,
    newest_documents,
    overview,
    year_of,
)
from dashboard.data.paths import paths
from dashboard.data.queries import MOST_AT_ONCE, Runner
from dashboard.data.reader import Row
from dashboard.data.records import PathSearch
from dashboard.data.sample import sample
from dashboard.data.search import search, suggestions
from graph.store import GraphStore, QueryError, QueryTimeoutError
from graph.view import GraphView
from kgbuilder.graphs import stats


def test_the_overview_counts_as_stats_does(graph: GraphStore, example: GraphView) -> None:
    counted = stats(store=graph)

    def total(kind: str) -> dict[str, int]:
        return {row["name"]: row["count"] for row in counted if row["kind"] == kind}

    found = overview(example)
    assert found.documents == 32
    assert found.entities == total("entities")
    assert found.relations == total("relations")
    assert found.events == total("events")


def test_newest_documents_are_ordered_and_found_by_title(example: GraphView) -> None:
    newest = newest_documents(example, 5)
    assert len(newest) == 5
    times = [document.ingested_at for document in newest]
    assert times == sorted(times, reverse=True)
    assert [d.title for d in find_documents(example, "bletchley")] == ["Bletchley Park"]


def test_search_finds_names_in_both_languages_with_counts(example: GraphView, turing: str) -> None:
    for text in ("turing", "alan tur", "图灵", "艾伦"):
        assert turing in [hit.node.id for hit in search(example, text)], text
    hit = search(example, "Alan Turing")[0]
    assert hit.node.id == turing
    assert hit.documents >= 5 and hit.relations > 5
    assert hit.relations + hit.events == hit.node.degree
    assert {h.node.type for h in search(example, "turing", ("award",))} == {"award"}
    assert suggestions(example, "图灵", 1)
    assert search(example, "  ") == [] and search(example, '"*:{}[]') == []


def test_neighbour_counts_add_up_to_the_degree(example: GraphView, turing: str) -> None:
    counts = neighbour_counts(example, turing)
    assert sum(count.count for count in counts) == degrees(example, [turing])[turing]
    near, edges, left = neighbours(example, turing, 5)
    assert len(near) == 5 and left > 0
    assert {end for e in edges for end in (e.source, e.target)} == {turing, *(n.id for n in near)}


def test_a_subgraph_is_bounded_and_says_what_it_leaves_out(example: GraphView, turing: str) -> None:
    graph = subgraph(example, [turing], [(turing, 30)], limit=10)
    assert len(graph.nodes) == 10 and graph.left_out > 0
    assert all(e.source in graph.by_id and e.target in graph.by_id for e in graph.edges)
    hidden = graph.nodes[1].id
    assert hidden not in subgraph(example, [turing], [(turing, 30)], [hidden]).by_id
    assert edges_among(example, graph.nodes[:1]) == []
    every = set(edges_among(example, graph.nodes))
    hubs = [replace(node, degree=10_000) for node in graph.nodes]
    assert every and set(edges_among(example, hubs)) == every, "walks and pairs find the same"


def test_every_relation_shown_has_a_passage_with_both_ends_marked(
    example: GraphView, turing: str
) -> None:
    _, edges, _ = neighbours(example, turing, 40)
    relations = [e for e in edges if e.kind == "relation"]
    assert relations
    for shown in relations:
        evidence = relation_evidence(example, shown.id)
        assert evidence.total == shown.support
        for passage in evidence.passages:
            kinds = {span.kind for span in passage.spans}
            assert kinds == {"head", "tail"}, (shown, passage)
            for span in passage.spans:
                inside = passage.text[span.start - passage.start : span.end - passage.start]
                assert inside and inside == inside.strip()
        assert edge(example, shown.id) == shown


def test_an_event_has_its_trigger_and_arguments_marked(example: GraphView, turing: str) -> None:
    found = events_with(example, turing).events
    assert found
    for event in found:
        (passage,) = event_evidence(example, event.id).passages
        triggers = [span for span in passage.spans if span.kind == "trigger"]
        (trigger,) = triggers
        at = trigger.start - passage.start
        assert passage.text[at : trigger.end - passage.start] == event.trigger
        marked = {span.target for span in passage.spans if span.kind == "argument"}
        assert marked == {argument.node.id for argument in event.arguments}
    shown = neighbours(example, found[0].id, 10)[1][0]
    assert edge(example, shown.id) == shown and shown.kind == "role"


def test_mentions_are_in_their_passages_and_pages_are_named(example: GraphView) -> None:
    bell = search(example, "Bell Labs")[0].node.id
    evidence = mention_evidence(example, bell)
    assert evidence.total >= len(evidence.passages) > 0
    assert any(passage.page for passage in evidence.passages)
    details = entity_details(example, bell)
    assert details is not None and details.documents >= 1


def test_a_document_is_whole_with_all_its_mentions(example: GraphView) -> None:
    (info,) = find_documents(example, "ada-lovelace")
    page = document_page(example, info.id)
    assert page is not None
    assert "legitimate child of the poet Lord Byron" in page.text
    assert len(page.text) == info.length
    named = {page.text[span.start : span.end] for span in page.spans}
    assert {"Ada Lovelace", "Charles Babbage", "10 December 1815"} <= named
    assert any(f.kind == "event" for f in page.facts) and any(f.new for f in page.facts)
    for fact in page.facts:
        if fact.kind == "relation":
            assert edge(example, fact.id) is not None
    assert page.places
    assert document_page(example, "none") is None
    for none in ("none", "none#0", "a#b#c"):
        assert example.chunks([none]) == [] and example.mentions([none]) == []


def test_events_are_filtered_by_type_name_and_year(example: GraphView) -> None:
    everything = events(example, EventFilter()).events
    births = events(example, EventFilter(types=("birth",))).events
    assert births and {e.type for e in births} == {"birth"}
    assert len(births) == sum(e.type == "birth" for e in everything)
    named = events(example, EventFilter(words="london")).events
    assert named and all(
        any("london" in a.node.name.lower() or "伦敦" in a.node.name for a in e.arguments)
        for e in named
    )
    dated = events(example, EventFilter(first_year=1930, last_year=1939)).events
    expected = {e.id for e in everything if 1930 <= (year_of(e.date) or 0) <= 1939}
    assert {e.id for e in dated} == expected and expected
    dates = [year_of(e.date) for e in everything]
    known = [year for year in dates if year is not None]
    assert dates[: len(known)] == sorted(known)
    years, cut = events_by_year(example)
    assert sum(years.values()) and not cut
    short = events(example, EventFilter(), limit=3)
    assert len(short.events) == 3 and short.cut


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("1936", 1936),
        ("1936-05-28", 1936),
        ("1936/1938", 1936),
        ("-0044-03-15", -44),
        ("XXXX-01-30", None),
        ("", None),
    ],
)
def test_the_year_of_a_date(date: str, year: int | None) -> None:
    assert year_of(date) == year


def test_paths_are_shortest_first_and_avoid_dates(example: GraphView, turing: str) -> None:
    other = search(example, "John von Neumann")[0].node.id
    found = paths(example, turing, other, 4)
    assert found.paths and found.complete
    lengths = [len(path.edges) for path in found.paths]
    assert lengths == sorted(lengths)
    for path in found.paths:
        assert (path.nodes[0].id, path.nodes[-1].id) == (turing, other)
        assert all(node.kind != "value" for node in path.nodes)
        for shown, before, after in zip(path.edges, path.nodes, path.nodes[1:], strict=False):
            assert {shown.source, shown.target} == {before.id, after.id}
        assert 0 < path.confidence <= 1
    assert len({tuple(n.id for n in path.nodes) for path in found.paths}) == len(found.paths)
    assert paths(example, turing, "nobody") == PathSearch((), True)


CYPHER = {
    "nodes": "MATCH (n:Entity) RETURN n, n.name AS name",
    "writing": "MATCH (n:Document) DETACH DELETE n",
    "endless": "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(a + b) AS n",
}
SPARQL = {
    "nodes": "SELECT ?n ?name { ?n a kgb:Entity ; rdfs:label ?name }",
    "writing": "DELETE WHERE { ?s ?p ?o }",
    "endless": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
}


@pytest.fixture
def runner(graph: GraphStore) -> Runner:
    return Runner(query_language_of(graph))


@pytest.fixture
def queries(runner: Runner) -> dict[str, str]:
    return CYPHER if runner.language.name == "Cypher" else SPARQL


def test_queries_read_only_and_are_cut(
    runner: Runner, queries: dict[str, str], example: GraphView
) -> None:
    answer = runner.run(queries["nodes"], limit=3, seconds=60)
    assert len(answer.rows) == 3 and answer.cut and answer.columns == ("n", "name")
    ids = runner.language.node_ids(answer.rows)
    assert len(ids) == 3
    assert {node.name for node in nodes(example, ids)} == {row["name"] for row in answer.rows}
    for wrong in (queries["writing"], "this is no query", " "):
        with pytest.raises(QueryError):
            runner.run(wrong, limit=3, seconds=60)
    assert overview(example).documents == 32


def test_a_query_is_ended_when_its_time_is_up(runner: Runner, queries: dict[str, str]) -> None:
    for _ in range(MOST_AT_ONCE + 1):  # what still ran would take up a place
        with pytest.raises(QueryTimeoutError, match=r"longer than 0\.2 seconds"):
            runner.run(queries["endless"], limit=1, seconds=0.2)


def test_the_examples_are_queries_that_answer(runner: Runner) -> None:
    examples = runner.language.examples()
    assert len(examples) == 5
    for title, text in examples:
        answer = runner.run(text, limit=50, seconds=60)
        assert answer.rows, title
    assert runner.language.node_ids(answer.rows), "the last is a piece of the graph"


def test_sparql_values_are_plain_and_no_other_server_is_asked(rdf_store: GraphStore) -> None:
    runner = Runner(query_language_of(rdf_store))

    def rows(query: str) -> tuple[Row, ...]:
        return runner.run(query, limit=1, seconds=60).rows

    query = 'SELECT ?n ?t ?b ?x { BIND (1.5 AS ?n) BIND ("a"@en AS ?t) BIND (true AS ?b) }'
    assert rows(query) == ({"n": 1.5, "t": "a", "b": True, "x": None},)
    assert rows("ASK { ?s ?p ?o }") == ({"answer": True},)
    assert runner.language.shown("https://schema.org/Person") == "schema:Person"
    assert rows('SELECT ?s { ?s ?p "service" . ?s rdfs:label ?service # SERVICE\n} LIMIT 1') == ()
    for wrong in ("SERVICE <http://x> {}", "service silent ?s {}", "?s ?p 'it' . SERVICE<x:y>{}"):
        with pytest.raises(QueryError, match="SERVICE"):
            rows(f"SELECT * {{ {wrong} }}")


def test_a_subgraph_exports_in_every_format(example: GraphView, turing: str) -> None:
    graph = subgraph(example, [turing], [(turing, 12)])
    content = {name: export_subgraph(example, graph, name) for name in FORMATS}
    assert len(json.loads(content["json"])["nodes"]) == len(graph.nodes)
    rows = list(csv.DictReader(io.StringIO(content["csv"].decode("utf-8-sig"))))
    assert len(rows) >= len(graph.edges)
    parsed = networkx.parse_graphml(content["graphml"].decode())
    assert len(parsed) >= len(graph.nodes)
    triples = rdflib.Graph().parse(data=content["turtle"], format="turtle")
    assert any(turing in str(subject) for subject in triples.subjects())
    with pytest.raises(ValueError, match="unknown format"):
        export_subgraph(example, graph, "exe")


def test_a_sample_is_of_connected_entities(example: GraphView) -> None:
    ids = sample(example)
    assert ids and all(node.kind == "entity" for node in nodes(example, ids))
