import csv
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest
from export_sample import SCHEMA, documents, graph_of
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from graph.export import export
from graph.export.memory import DocumentGraphSource

XML_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UNIT = "\x1f"


@pytest.fixture(scope="module")
def graphs():
    return documents()


@pytest.fixture(scope="module")
def source(graphs):
    return DocumentGraphSource(graphs, SCHEMA)


def networkx_of(source, **options):
    stream = io.BytesIO()
    export(source, stream, "graphml", SCHEMA, **options)
    return nx.read_graphml(io.BytesIO(stream.getvalue()), force_multigraph=True)


@pytest.fixture(scope="module")
def graphml(source):
    return networkx_of(source)


@pytest.fixture(scope="module")
def folder(source, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "graph"
    export(source, path, "csv", SCHEMA)
    return path


def node_named(graph, name):
    (node,) = [n for n, data in graph.nodes(data=True) if data.get("name") == name]
    return node


def peak_mib(format, documents):
    script = Path(__file__).parents[2] / "benchmarks" / "export.py"
    done = subprocess.run(
        [sys.executable, str(script), "--one", format, "--documents", str(documents)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)["peak_mib"]


@pytest.mark.parametrize("format", ["nquads", "turtle", "graphml", "csv"])
def test_memory_does_not_grow_with_the_graph(format):
    """800 more documents are 190,000 statements, of which a graph in memory needs over 100 MB."""
    assert peak_mib(format, 810) < peak_mib(format, 10) + 8


# ------------------------------------------------------------------ GraphML


def test_graphml_holds_every_node_and_relationship(graphml, graphs, source):
    entities = list(source.entities())
    events = [event for g in graphs for event in g.events]
    chunks = [chunk for g in graphs for chunk in g.chunks]
    assert len(graphml) == len(entities) + len(events) + len(chunks) + len(graphs)
    edges = Counter(data["label"] for _, _, data in graphml.edges(data=True))
    mentions = sum(len(e.mentions) for g in graphs for e in g.entities)
    assert edges["MENTIONS"] == mentions + len(events)
    assert edges["PART_OF"] == len(chunks)
    assert edges["PLACE_OF_BIRTH"] == 1
    assert edges["毕业院校"] == 1
    assert edges["SPOUSE"] == 2  # the relation and the role
    assert edges["DEFENDANT"] == 1


def test_graphml_attributes_have_types(graphml):
    london = graphml.nodes[node_named(graphml, "London")]
    assert london["labels"] == ":Entity:City:Place"
    assert london["label"] == "London"
    assert json.loads(london["aliases"]) == ["伦敦"]
    ada = node_named(graphml, "Ada Lovelace")
    (edge,) = [
        data
        for _, _, data in graphml.out_edges(ada, data=True)
        if data["label"] == "PLACE_OF_BIRTH"
    ]
    assert edge["support"] == 2
    assert edge["confidence"] == 0.9
    assert sorted(json.loads(edge["evidence_confidence"])) == [0.8, 0.9]
    date = graphml.nodes[node_named(graphml, "10 December 1815")]
    assert date["labels"] == ":Entity:Value:Date"
    assert date["value"] == "1815-12-10"


def test_graphml_mentions_slice_the_text(graphml, graphs):
    texts = {g.document.id: g.document.text for g in graphs}
    for chunk, _, data in graphml.edges(data=True):
        if data["label"] == "MENTIONS":
            document = chunk.removeprefix("Chunk:").partition("#")[0]
            expected = texts[document][data["start"] : data["end"]]
            assert data["text"] == XML_ILLEGAL.sub("�", expected)


def test_graphml_of_facts_alone(source):
    graph = networkx_of(source, provenance=False)
    labels = {data["labels"].split(":")[1] for _, data in graph.nodes(data=True)}
    assert labels == {"Entity", "Event"}


def test_graphml_without_texts(source):
    graph = networkx_of(source, text=False)
    assert not [1 for _, data in graph.nodes(data=True) if "text" in data]
    assert not [1 for _, _, data in graph.edges(data=True) if "text" in data]
    assert [1 for _, _, data in graph.edges(data=True) if "start" in data]


names = st.text(min_size=1, max_size=12).filter(lambda name: name.strip())


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(name=names, other=names, title=st.text(max_size=8))
def test_any_text_is_well_formed_graphml(name, other, title):
    graph = graph_of(
        "u:1",
        name + other,
        [("person", [name]), ("place", [other])],
        [("place of birth", 0, 1, 0.5)],
        title=title,
    )
    stream = io.BytesIO()
    export(DocumentGraphSource([graph], SCHEMA), stream, "graphml", SCHEMA)
    root = etree.fromstring(stream.getvalue())
    data = root.findall(".//{*}node/{*}data[@key='node_name']")
    assert {d.text for d in data} == {XML_ILLEGAL.sub("�", text) for text in (name, other)}


# ------------------------------------------------------------------ CSV


def tables(folder):
    """Each file as its header and its rows, read by the csv module."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream, strict=True)
        assert all(len(row) == len(header) for row in rows), path.name
        found[path.stem] = header, [dict(zip(header, row, strict=True)) for row in rows]
    return found


def test_csv_headers_are_those_of_the_import_tool(folder):
    field = re.compile(
        r"id:ID\(\w+\)|:(START_ID|END_ID)\(\w+\)|:LABEL|:TYPE|"
        r"[a-z_0-9]+:(string|long|double)(\[\])?"
    )
    for name, (header, _) in tables(folder).items():
        assert all(field.fullmatch(column) for column in header), header
        assert len(set(header)) == len(header)
        if name.startswith("nodes_"):
            assert header[0].startswith("id:ID(")
            assert header[-1] == ":LABEL"
        else:
            assert [column.partition("(")[0] for column in header[:2]] == [
                ":START_ID",
                ":END_ID",
            ]
            assert header[-1] == ":TYPE"


def test_csv_ids_are_unique_and_every_end_exists(folder):
    found = tables(folder)
    ids: dict[str, set[str]] = {}
    for name, (header, rows) in found.items():
        if name.startswith("nodes_"):
            space = re.search(r"\((\w+)\)", header[0])[1]
            column = [row[header[0]] for row in rows]
            assert len(set(column)) == len(column)
            ids[space] = set(column)
    for name, (header, rows) in found.items():
        if name.startswith("relationships_"):
            for end in header[:2]:
                space = re.search(r"\((\w+)\)", end)[1]
                assert {row[end] for row in rows} <= ids[space], name


def test_csv_lists_labels_and_text_come_back(folder, graphs):
    found = tables(folder)
    (london,) = [r for r in found["nodes_entities"][1] if r["name:string"] == "London"]
    assert london[":LABEL"].split(UNIT) == ["Entity", "City", "Place"]
    (ada,) = [r for r in found["nodes_entities"][1] if r["name:string"] == "Ada Lovelace"]
    assert ada["aliases:string[]"].split(UNIT) == ['The "Countess" Ada', "艾达·洛夫莱斯"]
    texts = {row["id:ID(Chunk)"]: row["text:string"] for row in found["nodes_chunks"][1]}
    assert texts == {chunk.id: chunk.text for g in graphs for chunk in g.chunks}
    (born,) = [r for r in found["relationships_relations"][1] if r[":TYPE"] == "PLACE_OF_BIRTH"]
    confidences = born["evidence_confidence:double[]"].split(UNIT)
    assert sorted(map(float, confidences)) == [0.8, 0.9]
    assert born["support:long"] == "2"


def test_csv_tells_null_from_the_empty_string(folder):
    lines = (folder / "nodes_documents.csv").read_text(encoding="utf-8").splitlines()
    assert sum(',"",' in line for line in lines) == 1  # a document without a title
    # Documents in memory have no time of ingestion: null, an empty field without quotes.
    assert sum(line.endswith(',,"Document"') for line in lines) == 3


def test_csv_list_items_cannot_break_their_list(tmp_path):
    graph = graph_of("u:1", f"Ada|Co{UNIT}unt;ess", [("person", ["Ada", f"Co{UNIT}unt;ess"])])
    export(DocumentGraphSource([graph], SCHEMA), tmp_path / "out", "csv", SCHEMA)
    (row,) = tables(tmp_path / "out")["nodes_entities"][1]
    names = {row["name:string"], *row["aliases:string[]"].split(UNIT)}
    assert {name.replace(UNIT, " ") for name in names} == {"Ada", "Co unt;ess"}


def test_csv_replaces_an_earlier_export_only(source, tmp_path):
    target = tmp_path / "out"
    export(source, target, "csv", SCHEMA)
    (target / "stale.csv").write_text("old")
    export(source, target, "csv", SCHEMA)
    assert not (target / "stale.csv").exists()
    other = tmp_path / "precious"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="precious"):
        export(source, other, "csv", SCHEMA)
    assert (other / "thesis.txt").read_text() == "years of work"
    assert {path.name for path in tmp_path.iterdir()} == {"out", "precious"}


def test_csv_needs_a_folder(source):
    with pytest.raises(ValueError, match="folder"):
        export(source, "-", "csv", SCHEMA)
    with pytest.raises(ValueError, match="folder"):
        export(source, io.BytesIO(), "csv", SCHEMA)


def test_a_broken_csv_export_leaves_the_old_one(source, tmp_path):
    class Breaking(DocumentGraphSource):
        def events(self):
            raise RuntimeError("the store went away")

    export(source, tmp_path / "out", "csv", SCHEMA)
    before = (tmp_path / "out" / "nodes_entities.csv").read_bytes()
    with pytest.raises(RuntimeError):
        export(Breaking([], SCHEMA), tmp_path / "out", "csv", SCHEMA)
    assert (tmp_path / "out" / "nodes_entities.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.neo4j
def test_neo4j_imports_the_csv(folder, tmp_path):
    """With the real import tool; KGBUILDER_TEST_NEO4J_JARS is a folder of Neo4j's jars."""
    jars = os.environ.get("KGBUILDER_TEST_NEO4J_JARS")
    if not jars:
        pytest.skip("no Neo4j import tool: KGBUILDER_TEST_NEO4J_JARS is not set")
    (tmp_path / "conf").mkdir()
    done = subprocess.run(
        [
            *("java", "-Xmx512m", "-cp", f"{jars}/*", "org.neo4j.cli.AdminTool"),
            *("database", "import", "full", "@import.args"),
            f"--report-file={tmp_path / 'report.txt'}",
            "neo4j",
        ],
        cwd=folder,
        env=os.environ | {"NEO4J_HOME": str(tmp_path), "NEO4J_CONF": str(tmp_path / "conf")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    report = tmp_path / "report.txt"
    assert not report.exists() or not report.read_text()
    assert imported(done.stdout) == expected_counts(folder)


def imported(output):
    return {
        kind: int(re.search(rf"(\d+) {kind}", output)[1])
        for kind in ("nodes", "relationships", "properties")
    }


def expected_counts(folder: Path):
    counts = {"nodes": 0, "relationships": 0, "properties": 0}
    for path in folder.glob("*.csv"):
        kind = path.stem.partition("_")[0]
        with path.open(encoding="utf-8", newline="") as stream:
            header = stream.readline().rstrip("\n").split(",")
            body = stream.read()
        # A field is a quoted text, a number, or nothing (null).
        rows = re.findall(r'(?:(?:"(?:[^"]|"")*"|[^,"\n]*)(?:,|\n))+?(?<=\n)', body)
        counts[kind] += len(rows)
        for row in rows:
            fields = re.findall(r'("(?:[^"]|"")*"|[^,"\n]*)(?:,|\n)', row)
            assert len(fields) == len(header), row
            stored = [f for f, h in zip(fields, header, strict=True) if not h.startswith(":")]
            counts["properties"] += sum(field != "" for field in stored)
    return counts
