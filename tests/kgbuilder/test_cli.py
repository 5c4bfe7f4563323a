"""The command line: output formats, exit codes, error messages."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import neo4j
import pytest
from typer.testing import Result

import kgbuilder

Cli = Callable[..., Result]
FOUNDED = "Jane Smith founded Acme Company in 1901. 艾伦加入北方公司。"


@pytest.fixture
def built(store: str, tmp_path: Path) -> str:
    (tmp_path / "a.txt").write_text(FOUNDED)
    kgbuilder.build(tmp_path / "a.txt")
    return store


def test_version(cli: Cli) -> None:
    assert cli("--version").stdout == f"kgbuilder {kgbuilder.__version__}\n"


def test_help_names_every_command(cli: Cli) -> None:
    text = cli("--help").stdout
    assert set(re.findall(r"\w+", text)) >= {
        *("build", "extract", "eval", "query", "export"),
        *("stats", "delete", "serve", "schema", "doctor"),
    }


@pytest.mark.parametrize("command", ["build", "extract", "eval", "query", "export", "delete"])
def test_a_missing_argument_is_a_usage_error(cli: Cli, command: str) -> None:
    assert cli(command).exit_code == 2


def test_query_as_json_has_the_keys_of_return(built: str, cli: Cli) -> None:
    result = cli(
        "query",
        "MATCH (p:Person) RETURN p.name AS name, [1, null] AS list ORDER BY name",
        "--format",
        "json",
    )
    assert json.loads(result.stdout) == [
        {"name": "Jane Smith", "list": [1, None]},
        {"name": "艾伦", "list": [1, None]},
    ]


def test_query_as_csv_quotes_what_needs_it(built: str, cli: Cli) -> None:
    result = cli("query", "RETURN 'a, \"b\"\nc' AS text, [1, 2] AS list", "--format", "csv")
    assert list(csv.reader(io.StringIO(result.stdout))) == [
        ["text", "list"],
        ['a, "b"\nc', "[1, 2]"],
    ]


def test_query_as_a_table_is_not_cut_on_a_pipe(built: str, cli: Cli) -> None:
    result = cli("query", f"RETURN '{'long ' * 100}end [bold]' AS text")
    assert "long end [bold]" in result.stdout
    assert "(1 row)" in result.stdout


def test_a_query_without_rows_is_an_empty_array(built: str, cli: Cli) -> None:
    result = cli("query", "MATCH (n:Person {name: 'nobody'}) RETURN n", "--format", "json")
    assert json.loads(result.stdout) == []


def test_query_takes_parameters_and_standard_input(built: str, cli: Cli) -> None:
    cypher = "MATCH (p:Person) WHERE p.name = $name RETURN p.name AS name, $n + 1 AS n"
    result = cli("query", "-", "-p", "name=艾伦", "-p", "n=2", "--format", "json", input=cypher)
    assert json.loads(result.stdout) == [{"name": "艾伦", "n": 3}]
    assert cli("query", "RETURN 1", "-p", "name").exit_code == 2


def test_a_query_that_writes_needs_write(built: str, cli: Cli) -> None:
    refused = cli("query", "CREATE (:Person {id: 'x'})")
    assert refused.exit_code == 2
    assert "reading only" in refused.stderr
    assert cli("query", "CREATE (:Person {id: 'x'})", "--write").exit_code == 0
    found = cli("query", "MATCH (p:Person {id: 'x'}) RETURN p.id AS id", "--format", "json")
    assert json.loads(found.stdout) == [{"id": "x"}]


def test_a_wrong_query_is_one_sentence(built: str, cli: Cli) -> None:
    result = cli("query", "MATCH (n RETURN n")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.strip().splitlines()) == 1


def test_stats_count_documents_and_types(built: str, cli: Cli) -> None:
    rows = json.loads(cli("stats", "--format", "json").stdout)
    counts = {(row["kind"], row["name"]): row["count"] for row in rows}
    assert counts["documents", ""] == 1
    assert counts["entities", "person"] == 2
    assert counts["relations", "FOUNDED_BY"] == 1
    assert counts["events", "founding"] == 1
    assert cli("stats", "--format", "csv").stdout.startswith("kind,name,count\n")


@pytest.mark.parametrize("command", [["stats"], ["query", "RETURN 1"], ["delete", "x"], ["serve"]])
def test_a_graph_that_is_not_there_is_not_made(
    cli: Cli, tmp_path: Path, command: list[str]
) -> None:
    result = cli(*command, "--store", f"embedded:{tmp_path}/none.kg")
    assert result.exit_code == 2
    assert "none.kg" in result.stderr
    assert not (tmp_path / "none.kg").exists()


def test_a_second_writer_is_refused(built: str, cli: Cli, tmp_path: Path) -> None:
    with kgbuilder.open_store(built, write=True):
        result = cli("build", tmp_path / "a.txt")
    assert result.exit_code == 2
    assert "another process" in result.stderr


def test_a_server_that_cannot_be_reached_is_explained(cli: Cli) -> None:
    result = cli("stats", "--store", "bolt://127.0.0.1:9")
    assert result.exit_code == 2
    assert "cannot reach bolt://127.0.0.1:9" in result.stderr


def test_an_unknown_setting_is_named_with_its_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "kg.yaml").write_text("stroe: embedded:x.kg\n")
    result = cli("stats", "--config", tmp_path / "kg.yaml")
    assert result.exit_code == 2
    assert "'stroe'" in result.stderr and "kg.yaml" in result.stderr


def test_debug_shows_the_traceback(built: str, cli: Cli) -> None:
    result = cli("query", "MATCH (n RETURN n", "--debug")
    assert result.exit_code != 0
    assert result.exception is not None and not isinstance(result.exception, SystemExit)


def test_export_writes_rdf_that_another_parser_reads(built: str, cli: Cli, tmp_path: Path) -> None:
    import rdflib

    for name in ("graph.ttl", "graph.nq"):
        result = cli("export", "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
        dataset = rdflib.Dataset()
        dataset.parse(tmp_path / name)
        assert rdflib.Literal("Jane Smith") in {
            rdflib.Literal(str(o))
            for _, _, o, _ in dataset.quads()
            if isinstance(o, rdflib.Literal)
        }


def test_export_to_an_unknown_ending_asks_for_the_format(
    built: str, cli: Cli, tmp_path: Path
) -> None:
    result = cli("export", "-o", tmp_path / "graph.xyz")
    assert result.exit_code == 2
    assert "--format" in result.stderr


def test_schema_commands(cli: Cli, tmp_path: Path) -> None:
    names = [row["name"] for row in json.loads(cli("schema", "list", "--format", "json").stdout)]
    assert "general" in names
    shown = cli("schema", "show", "general", "--format", "yaml").stdout
    (tmp_path / "mine.yaml").write_text(shown)
    assert cli("schema", "check", tmp_path / "mine.yaml").exit_code == 0
    assert "founded by" in cli("schema", "show", "general").stdout
    (tmp_path / "mine.yaml").write_text("entities: {a: {parent: nothing}}\n")
    wrong = cli("schema", "check", tmp_path / "mine.yaml")
    assert wrong.exit_code == 2
    assert "line 1" in wrong.stderr and "nothing" in wrong.stderr


def test_a_schema_goes_to_owl_and_shacl_and_comes_back(cli: Cli, tmp_path: Path) -> None:
    yaml = cli("schema", "show", "conll04", "--format", "yaml").stdout
    for format, suffix in (("owl", "rdf"), ("shacl", "ttl")):
        path = tmp_path / f"conll04.{suffix}"
        assert cli("schema", "export", "conll04", "-o", path, "--format", format).exit_code == 0
        assert cli("schema", "import", path).stdout == yaml
        assert cli("schema", "check", path).exit_code == 0
    assert "sh:NodeShape" in cli("schema", "show", "conll04", "--format", "shacl").stdout
    wrong = cli("schema", "export", "conll04", "-o", tmp_path / "x.doc")
    assert wrong.exit_code == 2 and ".ttl" in wrong.stderr


def test_doctor_names_what_is_wrong(built: str, cli: Cli) -> None:
    sound = cli("doctor")
    assert sound.exit_code == 0, sound.output
    assert sound.stdout.count(" ok ") == 6
    broken = cli("doctor", "--schema", "nothing", "--extractor", "nothing")
    assert broken.exit_code == 2
    assert broken.stdout.count("FAILED") == 2


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kgbuilder", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "support")},
    )


def test_serve_lets_a_client_read_until_it_is_stopped(built: str) -> None:
    serving = start("serve")
    assert serving.stdout is not None
    uri = serving.stdout.readline().strip()
    password = Path(built.removeprefix("embedded:"), "reader-password").read_text().strip()
    with neo4j.GraphDatabase.driver(uri, auth=("reader", password)) as driver:
        records, _, _ = driver.execute_query(
            "MATCH (p:Person) RETURN count(p) AS n", database_="kgbuilder"
        )
    assert records[0]["n"] == 2
    serving.send_signal(signal.SIGINT)
    assert serving.wait(20) == 130


def test_ctrl_c_stops_a_build_cleanly(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for i in range(300):
        (folder / f"{i}.txt").write_text(f"Jane Smith joined Acme Company in {1800 + i % 100}. {i}")
    monkeypatch.setenv("RULE_EXTRACTOR_PAUSE", "0.5")
    building = start("build", folder)
    with kgbuilder.open_store(store) as opened:
        deadline = time.monotonic() + 60
        while not opened.query("MATCH (d:Document) RETURN d LIMIT 1"):
            assert time.monotonic() < deadline and building.poll() is None
            time.sleep(0.05)
    building.send_signal(signal.SIGINT)
    _, errors = building.communicate(timeout=60)
    assert building.returncode == 130
    assert "What was written stays" in errors
    assert "Traceback" not in errors
