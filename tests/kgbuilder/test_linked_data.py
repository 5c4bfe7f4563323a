"""Builds into RDF stores, SPARQL, and graphs that go from one kind of store to another."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from document_graphs import SCHEMA, AnyStore, clear, contents, document_graph, written_at
from rdf_server import running_server
from shared_documents import FOUR
from typer.testing import Result

import kgbuilder
from graph.resolving.decisions import Decision
from graph.store import open_store
from ingest.documents import Mark

Cli = Callable[..., Result]
FOUNDED = "Jane Smith founded Acme Company in 1901. 艾伦加入北方公司。"


@pytest.fixture
def rdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A graph built into an RDF store, which is also the one of the settings."""
    url = f"rdf:{tmp_path / 'kg.rdf'}"
    monkeypatch.setenv("KGBUILDER_STORE", url)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text(FOUNDED)
    report = kgbuilder.build(tmp_path / "texts")
    assert (report.written, report.failed) == (1, 0)
    return url


def test_a_build_again_writes_nothing_and_prune_forgets(rdf: str, tmp_path: Path) -> None:
    assert kgbuilder.build(tmp_path / "texts").unchanged == 1
    (tmp_path / "texts" / "b.txt").write_text("Carl Young joined Acme Company.")
    (tmp_path / "texts" / "a.txt").unlink()
    report = kgbuilder.build(tmp_path / "texts", prune=True)
    assert (report.written, report.retracted) == (1, 1)
    assert kgbuilder.delete(tmp_path / "texts" / "b.txt") == 1
    assert {row["kind"]: row["count"] for row in kgbuilder.stats()}["documents"] == 0


def test_a_build_goes_to_a_server(rdf: str, tmp_path: Path) -> None:
    with running_server() as url:
        server = f"sparql+{url}"
        kgbuilder.build(tmp_path / "texts", store=server)
        assert kgbuilder.stats(store=server) == kgbuilder.stats(store=rdf)


def test_rows_of_a_vanished_record_are_retracted(rdf: str, tmp_path: Path) -> None:
    rows = tmp_path / "texts" / "rows.jsonl"
    lines = [json.dumps({"id": n, "text": f"Carl Young joined Acme{n} Company."}) for n in "ab"]
    rows.write_text("\n".join(lines))
    assert kgbuilder.build(tmp_path / "texts").written == 2
    rows.write_text(lines[1])
    assert kgbuilder.build(tmp_path / "texts").retracted == 1


def test_sparql_answers_in_every_form(rdf: str, cli: Cli) -> None:
    select = "SELECT ?name { ?p a schema:Person ; rdfs:label ?name } ORDER BY ?name"
    table = cli("sparql", select)
    assert table.exit_code == 0, table.output
    assert "Jane Smith" in table.stdout and "(2 rows)" in table.stdout
    found = json.loads(cli("sparql", select, "--format", "json").stdout)
    names = [row["name"]["value"] for row in found["results"]["bindings"]]
    assert names == ["Jane Smith", "艾伦"]
    assert cli("sparql", select, "--format", "csv").stdout.splitlines()[:2] == [
        "name",
        "Jane Smith",
    ]
    assert "<sparql" in cli("sparql", select, "--format", "xml").stdout
    assert cli("sparql", "ASK { ?p a schema:Person }").stdout == "true\n"
    assert json.loads(cli("sparql", "ASK { }", "--format", "json").stdout)["boolean"] is True
    construct = "CONSTRUCT { ?p rdfs:label ?n } WHERE { ?p a schema:Person ; rdfs:label ?n }"
    for format, other in (("turtle", "turtle"), ("rdfxml", "xml"), ("jsonld", "json-ld")):
        text = cli("sparql", construct, "--format", format).stdout
        assert len(rdflib.Graph().parse(data=text, format=other)) == 2
    assert len(rdflib.Graph().parse(data=cli("sparql", "-", input=construct).stdout)) == 2


@pytest.mark.parametrize(
    ("query", "format", "words"),
    [
        ("SELECT ?x {", "table", "SPARQL query is wrong"),
        ("SELECT ?x { ?x a ?y }", "turtle", "has rows, not triples"),
        ("CONSTRUCT { ?x a ?y } { ?x a ?y }", "csv", "gives triples, not rows"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    rdf: str, cli: Cli, query: str, format: str, words: str
) -> None:
    result = cli("sparql", query, "--format", format)
    assert result.exit_code == 2
    assert words in result.stderr


def test_cypher_on_an_rdf_store_names_sparql(rdf: str, cli: Cli) -> None:
    result = cli("query", "MATCH (n) RETURN n")
    assert result.exit_code == 2
    assert "kgbuilder sparql" in result.stderr


def test_sparql_on_a_property_graph_goes_over_rdf(store: str, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "a.txt").write_text(FOUNDED)
    kgbuilder.build(tmp_path / "a.txt")
    result = cli("sparql", "SELECT ?n { ?p a schema:Person ; rdfs:label ?n }", "--format", "csv")
    assert sorted(result.stdout.split()) == sorted(["n", "Jane", "Smith", "艾伦"])
    assert "writing it as RDF first" in result.stderr


def test_an_rdf_store_exports_to_every_format(rdf: str, cli: Cli, tmp_path: Path) -> None:
    for name in ("g.ttl", "g.nq", "g.trig", "g.nt", "g.jsonld", "g.graphml"):
        assert cli("export", "-o", tmp_path / name).exit_code == 0
    assert cli("export", "-o", tmp_path / "tables", "--format", "csv").exit_code == 0
    mine = {str(quad) for quad in ox.parse(path=str(tmp_path / "g.nq"))}
    assert len(mine) > 100


def test_decisions_hold_in_an_rdf_store(rdf: str) -> None:
    from kgbuilder import decisions

    decisions.rename("Jane Smith", "Dr Jane Smith")
    decisions.reject("Acme Company", "founded by", "Dr Jane Smith")
    names = [row["name"] for row in kgbuilder.stats() if row["kind"] == "relations"]
    assert "FOUNDED_BY" not in names
    with pytest.raises(kgbuilder.KGBuilderError, match="There is no FOUNDED_BY"):
        decisions.reject("Acme Company", "founded by", "Dr Jane Smith")


HARD = document_graph(
    "file:///rows.csv#row=1",
    {
        "e0": ("person", ['Ada "the first"\n\tLovelace \\u0041', "艾达"]),
        "e1": ("city", ["Lon\x01don"]),
        "e2": ("date", "10 December 1815"),
        "e10": ("date", "some day"),
    },
    [("出生地", "e0", "e1"), ("born on", "e0", "e2"), ("spouse", "e0", "e0")],
    [
        ("meeting", "met", {"participant": "e0", "place": "e1"}),
        ("meeting", "met", {"participant": "e1"}),
    ],
    confidence=0.123456789,
    values={"e2": "1815-12-10"},
    marks=(Mark("page", 0, "1"), Mark("section", 4, 'In "tro"')),
    metadata={"author": "Anonymous", "a`b": "x"},
    source="file:///rows.csv",
)


ADA, BABBAGE, AUGUSTA = (
    f"person|{name}" for name in ("ada lovelace", "charles babbage", "augusta byron")
)
LATER = replace(
    document_graph(
        "file:///later.txt",
        {"e0": ("person", "Charles Babbage"), "e1": ("city", "London"), "e2": ("person", "李 白")},
        [("part of", "e0", "e1"), ("works for", "e2", "e0"), ("出生地", "e2", "e1")],
        metadata={"date": "2024-05-03"},
    ),
    ingested_at="2025-01-02T03:04:05+00:00",
)
DECIDED = (
    Decision("merge", (ADA,), ("person|艾达",), made_at="2026-01-01", note='said\n"so"'),
    Decision("split", (ADA,), (AUGUSTA,), made_at="2026-01-02T00:00:00+00:00", source="hf:a model"),
    Decision("split", (BABBAGE,), documents=(LATER.document.id,), made_at="2026-01-03"),
    Decision("rename", (ADA,), value="Lady \\u0041 Lovelace", made_at="2026-01-04"),
    Decision("retype", ("place|london",), value="organization", made_at="2026-01-05"),
    Decision("reject", (BABBAGE,), (ADA,), value="SPOUSE", made_at="2026-01-06"),
    Decision("reject", (ADA, AUGUSTA), ("date|1815-12-10",), value="BORN_ON"),
    Decision("reject", ("person|nobody",), (ADA,), value="SPOUSE"),
)
CURATED = (*FOUR, HARD, LATER)


def curate(graph: AnyStore) -> None:
    """Write documents and decide about them, some of it taken back."""
    graph.write_all(CURATED, SCHEMA)
    taken_back = Decision("reject", (BABBAGE,), ("place|london",), value="PART_OF")
    for decision in (taken_back, *DECIDED):
        graph.decide(decision)
    graph.undo(taken_back)


def undo_all(graph: AnyStore) -> object:
    """What is left when nothing is decided any more, rejected facts among it."""
    for decision in graph.decisions().all:
        graph.undo(decision)
    return contents(graph)


@pytest.mark.parametrize("way", ["file", "rdf", "sparql"])
def test_a_curated_graph_comes_back_the_same_over_rdf(
    store: str, tmp_path: Path, way: str, cli: Cli
) -> None:
    with open_store(store, writer=True, schema=SCHEMA) as graph:
        curate(graph)
        before, decisions, times = contents(graph), graph.decisions(), written_at(graph)
    if way == "file":
        between = str(tmp_path / "graph.trig")
        assert cli("export", "-o", between).exit_code == 0
        restored(store, between, cli, before, times)
    elif way == "rdf":
        between = f"rdf:{tmp_path / 'kg'}"
        assert cli("import", store, "--store", between).exit_code == 0
        restored(store, between, cli, before, times)
    else:
        with running_server() as url:
            assert cli("import", store, "--store", f"sparql+{url}").exit_code == 0
            restored(store, f"sparql+{url}", cli, before, times)
    with open_store(store, writer=True) as graph:
        assert graph.decisions().all == decisions.all
        plain = undo_all(graph)
        clear(graph)
        graph.write_all(CURATED)
        assert contents(graph) == plain


def restored(store: str, between: str, cli: Cli, before: object, times: object) -> None:
    with open_store(store, writer=True) as graph:
        clear(graph)
        assert contents(graph) != before
    result = cli("import", between, "--store", store)
    assert result.exit_code == 0, result.output
    assert "6 documents: 6 written" in result.stderr
    with open_store(store, writer=False) as graph:
        assert contents(graph) == before
        assert written_at(graph) == times


@pytest.mark.parametrize("curated", [False, True])
def test_a_file_loaded_whole_is_the_store_that_writing_makes(
    tmp_path: Path, cli: Cli, curated: bool
) -> None:
    one, two, file = f"rdf:{tmp_path / 'one'}", f"rdf:{tmp_path / 'two'}", tmp_path / "g.trig"
    with open_store(one, writer=True, schema=SCHEMA) as graph:
        graph.write_all(CURATED)
        if curated:
            curate(graph)
        before = contents(graph)
    assert cli("export", "--store", one, "-o", file).exit_code == 0
    assert cli("import", file, "--store", two).exit_code == 0
    with open_store(two, writer=True) as graph:
        assert contents(graph) == before
        graph.delete(HARD.document.uri)
    assert "6 documents: 1 written, 5 unchanged" in cli("import", file, "--store", two).stderr
    with open_store(two, writer=True) as graph:
        assert contents(graph) == before
        if curated:
            curated_away = undo_all(graph)
            clear(graph)
            graph.write_all(CURATED)
            assert curated_away == contents(graph)


def test_rdf12_reifiers_are_read_back(tmp_path: Path, cli: Cli) -> None:
    one, two, file = f"rdf:{tmp_path / 'one'}", f"rdf:{tmp_path / 'two'}", tmp_path / "g.trig"
    with open_store(one, writer=True, schema=SCHEMA) as graph:
        curate(graph)
        before = contents(graph)
    assert cli("export", "--store", one, "-o", file, "--rdf12").exit_code == 0
    assert cli("import", file, "--store", two).exit_code == 0
    with open_store(two, writer=False) as graph:
        assert contents(graph) == before


def test_a_load_that_ends_early_leaves_nothing_or_takes_nothing(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.rdf.loading.PIECE", 20_000)
    one, two, file = f"rdf:{tmp_path / 'one'}", f"rdf:{tmp_path / 'two'}", tmp_path / "g.nq"
    with open_store(one, writer=True, schema=SCHEMA) as graph:
        graph.write_all(FOUR)
    assert cli("export", "--store", one, "-o", file).exit_code == 0
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, "<a:b> nonsense"]))
    wrong = cli("import", file, "--store", two)
    assert wrong.exit_code == 2
    assert f"{file}: no valid RDF" in wrong.stderr and f"line {len(lines) + 1}" in wrong.stderr
    file.write_text("\n".join(lines))
    with monkeypatch.context() as patch:
        patch.setattr("graph.rdf.store.RdfStore._complete", lambda *_: sys.exit("killed"))
        cli("import", file, "--store", two)
    again = cli("import", file, "--store", two)
    assert again.exit_code == 2 and "was broken off" in again.output + again.stderr


def test_decisions_are_left_out_of_an_export_where_that_is_asked(tmp_path: Path, cli: Cli) -> None:
    url, file = f"rdf:{tmp_path / 'one'}", tmp_path / "g.nq"
    with open_store(url, writer=True, schema=SCHEMA) as graph:
        curate(graph)
    said = {}
    for name, more in (("g.nq", ()), ("h.nq", ("--no-decisions",)), ("g.nt", ())):
        file = tmp_path / name
        assert cli("export", "--store", url, "-o", file, *more).exit_code == 0
        said[name] = [word in file.read_text() for word in ('#rejected> "true', "/decision/")]
    assert said == {"g.nq": [True, True], "h.nq": [False, False], "g.nt": [False, False]}
    query = "SELECT ?kind { ?d a kgb:Decision ; kgb:kind ?kind } ORDER BY ?kind"
    kinds = cli("sparql", query, "--store", url, "--format", "csv").stdout.split()[1:]
    assert kinds == sorted(decision.kind for decision in DECIDED)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ttl", "", "only files with named graphs"),
        ("a.nq", "nonsense", "no valid RDF"),
        ("a.nq", "<a:b> <a:b> <a:b> .", "holds 0 schemas"),
        ("absent.nq", None, "There is no file"),
    ],
)
def test_what_is_no_graph_is_not_imported(
    tmp_path: Path, cli: Cli, name: str, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    result = cli("import", tmp_path / name, "--store", f"rdf:{tmp_path / 'kg'}")
    assert result.exit_code == 2
    assert words in result.stderr


def test_an_export_without_texts_cannot_be_imported(rdf: str, tmp_path: Path, cli: Cli) -> None:
    file = tmp_path / "g.nq"
    assert cli("export", "-o", file, "--no-text").exit_code == 0
    (tmp_path / "full").mkdir()
    with open_store(f"rdf:{tmp_path / 'other'}", writer=True, schema=SCHEMA) as graph:
        graph.write(FOUR[0])
    result = cli("import", file, "--store", f"rdf:{tmp_path / 'other'}")
    assert result.exit_code == 2
    assert "with provenance and texts" in result.stderr


def test_a_base_is_kept_from_file_to_file(rdf: str, tmp_path: Path, cli: Cli) -> None:
    file = tmp_path / "g.nq"
    assert cli("export", "-o", file, "--base", "https://data.example.com/kg").exit_code == 0
    target = f"rdf:{tmp_path / 'two'}"
    assert cli("import", file, "--store", target).exit_code == 0
    text = cli("sparql", "SELECT ?p { ?p a schema:Person }", "--store", target).stdout
    assert "https://data.example.com/kg/entity/" in text


def test_violations_of_the_schema_come_with_their_evidence(tmp_path: Path, cli: Cli) -> None:
    url = f"rdf:{tmp_path / 'kg'}"
    with open_store(url, writer=True, schema=SCHEMA) as graph:
        graph.write_all(FOUR)
    assert cli("validate", "--store", url).exit_code == 0
    wrong = document_graph(
        "file:///wrong.txt",
        {"e0": ("city", "Rome"), "e1": ("person", "Ada Lovelace")},
        [("works for", "e0", "e1")],
    )
    with open_store(url, writer=True) as graph:
        graph.write(wrong)
    result = cli("validate", "--store", url, "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert {(row["focus"], row["path"], row["value"]) for row in found} == {
        ("Rome", "works for", "Rome"),
        ("Rome", "works for", "Ada Lovelace"),
    }
    for row in found:
        assert row["evidence"] == [
            {"document": "file:///wrong.txt", "text": "Rome", "confidence": 0.9}
        ]


def test_an_export_links_entities_to_other_data_sets(rdf: str, cli: Cli, tmp_path: Path) -> None:
    links, file = tmp_path / "links.csv", tmp_path / "g.nq"
    links.write_text("name,iri\nJANE SMITH,wd:Q1\n艾倫,wd:Q2\nJohn Doe,wd:Q3\n", encoding="utf-8")
    result = cli("export", "-o", file, "--links", links)
    assert result.exit_code == 0, result.output
    assert f"{links}, line 4: not linked, as there is no entity 'John Doe'" in result.stderr
    assert "2 entities linked, 1 rows not used" in result.stderr
    same = rdflib.Dataset(default_union=True)
    same.parse(file, format="nquads")
    wd = "http://www.wikidata.org/entity/"
    assert {str(o) for o in same.objects(None, rdflib.OWL.sameAs)} == {wd + "Q1", wd + "Q2"}
    again = f"rdf:{tmp_path / 'again'}"  # such a file reads back as any other
    assert cli("import", file, "--store", again).exit_code == 0
    assert kgbuilder.stats(store=again) == kgbuilder.stats(store=rdf)
    links.write_text("Jane Smith,Q1\n")
    wrong = cli("export", "-o", file, "--links", links)
    assert wrong.exit_code == 2
    assert f"{links}, line 1: 'Q1' is no absolute IRI" in wrong.stderr
    wrong = cli("export", "-o", tmp_path / "g.graphml", "--links", links)
    assert wrong.exit_code == 2
    assert "--links is for RDF" in wrong.stderr
