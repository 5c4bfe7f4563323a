"""``kgbuilder resolve``: a list with reasons, decisions, undo."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from document_graphs import SCHEMA, document_graph
from scripted_chat import Reply, scripted_chat
from typer.testing import Result

from graph.store.reading import dump
from kgbuilder import open_store
from kgbuilder.review import explain, suggestions

Cli = Callable[..., Result]


@pytest.fixture
def graph(store: str) -> str:
    with open_store(store, write=True, schema=SCHEMA) as opened:
        for number, name in enumerate(
            ("Bill Gates", "William Gates", "Geoffrey Hinton", "Geoffrey E. Hinton", "Al Bell")
        ):
            opened.write(
                document_graph(
                    f"file:///{number}.txt",
                    {"e0": ("person", name), "e1": ("company", "Acme Ltd")},
                    [("works for", "e0", "e1")],
                ),
                SCHEMA,
            )
        opened.write(document_graph("file:///9.txt", {"e0": ("company", "Acme Holdings Ltd")}))
    return store


def people(cli: Cli) -> list[str]:
    query = "MATCH (p:Person) RETURN p.name AS name ORDER BY name"
    return [row["name"] for row in json.loads(cli("query", query, "--format", "json").stdout)]


def test_doubtful_pairs_are_listed_with_reasons(graph: str, cli: Cli) -> None:
    rows = json.loads(cli("resolve", "list", "--format", "json").stdout)
    found = {(row["action"], *sorted((row["name"], row["other"]))): row for row in rows}
    gates = found["merge", "Bill Gates", "William Gates"]
    assert "given name nickname" in gates["why"]
    assert 0.3 < gates["probability"] < 0.92
    hinton = found["split", "geoffrey e hinton", "geoffrey hinton"]
    assert hinton["why"].startswith("joined by likeness: ")
    assert hinton["id"] == hinton["other_id"]
    assert not any("Al Bell" in row.values() for row in rows)


def test_what_is_decided_is_listed_no_more(graph: str, cli: Cli) -> None:
    before = people(cli)
    assert before == ["Al Bell", "Bill Gates", "Geoffrey E. Hinton", "William Gates"]
    merged = cli("resolve", "merge", "Bill Gates", "William Gates", "--note", "of Microsoft")
    assert merged.exit_code == 0, merged.output
    assert "bill gates and william gates are one" in merged.stdout
    split = cli("resolve", "split", "Geoffrey E. Hinton", "--name", "Geoffrey Hinton")
    assert split.exit_code == 0, split.output
    assert people(cli) == ["Al Bell", "Geoffrey E. Hinton", "Geoffrey Hinton", "William Gates"]
    listed = suggestions(store=graph)
    assert not [s for s in listed if "Gates" in s.name or "hinton" in s.name.casefold()]
    rows = json.loads(cli("resolve", "decisions", "--format", "json").stdout)
    assert [row["kind"] for row in rows] == ["merge", "split"]
    assert rows[0]["note"] == "of Microsoft"
    for row in rows:
        assert cli("resolve", "undo", row["id"]).exit_code == 0
    assert people(cli) == before


def test_why_is_explained(graph: str, cli: Cli) -> None:
    found = explain("Bill Gates", "William Gates", store=graph)
    assert not found.same and found.probability is not None
    assert {r.comparison: r.level for r in found.reasons}["surname"] == "equal"
    shown = cli("resolve", "explain", "Geoffrey Hinton", "Geoffrey E. Hinton").stdout
    assert shown.startswith("One entity.")
    assert "middle names: one has more" in shown
    cli("resolve", "merge", "Bill Gates", "William Gates")
    shown = cli("resolve", "explain", "Bill Gates", "William Gates").stdout
    assert "Decided by a person: merge" in shown


def test_names_types_facts_and_files(graph: str, cli: Cli, tmp_path: Path) -> None:
    for arguments in (
        ("rename", "Al Bell", "Alexander Bell"),
        ("retype", "Acme Ltd", "organization"),
        ("reject", "Alexander Bell", "works for", "Acme Ltd"),
    ):
        result = cli("resolve", *arguments)
        assert result.exit_code == 0, result.output
    file = tmp_path / "decisions.jsonl"
    assert "3 decisions" in cli("resolve", "export", file).stdout
    assert "Alexander Bell" in people(cli)
    for line in file.read_text().splitlines():
        cli("resolve", "undo", json.loads(line)["id"])
    assert "Al Bell" in people(cli)
    assert "3 new decisions" in cli("resolve", "import", file).stdout
    assert "Alexander Bell" in people(cli)


def test_a_model_is_asked_and_people_overrule_it(graph: str, cli: Cli) -> None:
    with open_store(graph) as opened:
        before = dump(opened)
    with scripted_chat(Reply('{"why": "both of Microsoft", "same": true}')) as server:
        asked = ("resolve", "ask", "--model", f"openai:small@{server.url}", "--format", "json")
        rows = json.loads(cli(*asked, "--dry-run").stdout)
        result = cli(*asked)
    assert {row["verdict"] for row in rows} == {"same"}
    assert not any(row["decision"] for row in rows)
    prompts = [request["messages"][-1]["content"] for request in server.requests]
    assert len(prompts) == 2 * len(rows), "the second time the answers are in the cache"
    assert any("Bill Gates (person)\n- Bill Gates" in prompt for prompt in prompts)
    assert "cached" in result.stderr
    assert people(cli) == ["Al Bell", "Geoffrey E. Hinton", "William Gates"]
    made = json.loads(cli("resolve", "decisions", "--format", "json").stdout)
    assert {(row["source"], row["note"]) for row in made} == {("openai:small", "both of Microsoft")}
    assert not suggestions(store=graph)
    cli("resolve", "split", "William Gates", "--name", "Bill Gates")
    assert "Bill Gates" in people(cli)
    with scripted_chat(Reply('{"same": true}')) as server:
        cli("resolve", "ask", "--model", f"openai:small@{server.url}")
    assert server.requests == []
    (own,) = [
        row
        for row in json.loads(cli("resolve", "decisions", "--format", "json").stdout)
        if not row["source"]
    ]
    assert cli("resolve", "undo", own["id"]).exit_code == 0
    assert people(cli) == ["Al Bell", "Geoffrey E. Hinton", "William Gates"]
    assert cli("resolve", "undo", "--source", "openai:small").exit_code == 0
    with open_store(graph) as opened:
        assert dump(opened) == before


def test_answers_that_disagree_decide_nothing(graph: str, cli: Cli, tmp_path: Path) -> None:
    options = tmp_path / "model.yaml"
    with scripted_chat(
        *(Reply(f'```json\n{{"same": {same}}}\n```') for same in ("true", "false") * 5),
        Reply("I cannot say."),
    ) as server:
        options.write_text(
            f"engine: openai\nmodel: small\nurl: {server.url}\noptions: {{concurrency: 1}}\n"
        )
        result = cli("resolve", "ask", "--model", f"generative:{options}", "--format", "json")
    assert {row["verdict"] for row in json.loads(result.stdout)} == {"unsure"}
    assert json.loads(cli("resolve", "decisions", "--format", "json").stdout) == []
    assert cli("resolve", "ask", "--model", "small").exit_code == 2
    assert cli("resolve", "undo").exit_code == 2
    assert cli("resolve", "undo", "--source", "openai:small").exit_code == 2


def test_a_wrong_call_says_what_is_wrong(graph: str, cli: Cli) -> None:
    result = cli("resolve", "merge", "Bill Gates", "Nobody")
    assert result.exit_code == 2
    assert "no entity with the id or the name 'Nobody'" in result.stderr
    assert cli("resolve", "undo", "zzz").exit_code == 2
    assert cli("resolve", "merge", "Bill Gates").exit_code == 2


def test_what_contradicts_itself_is_listed(store: str) -> None:
    schema = dataclasses.replace(
        SCHEMA,
        relations=tuple(
            dataclasses.replace(r, functional=r.name == "born on") for r in SCHEMA.relations
        ),
    )
    with open_store(store, write=True, schema=schema) as opened:
        for number, year in enumerate(("1815", "1915")):
            opened.write(
                document_graph(
                    f"file:///{number}.txt",
                    {"e0": ("person", "Ada Lovelace"), "e1": ("date", f"in {year}")},
                    [("born on", "e0", "e1")],
                    values={"e1": year},
                ),
                schema,
            )
    (found,) = suggestions(store=store)
    assert (found.action, found.name) == ("split", "Ada Lovelace")
    assert found.why == "BORN_ON is in 1815 and in 1915"


def test_a_table_is_resolved(cli: Cli, tmp_path: Path) -> None:
    source, target = tmp_path / "people.csv", tmp_path / "resolved.csv"
    source.write_text("name,n\nGeoffrey Hinton,1\nAlan Turing,2\nGeoffrey E. Hinton,3\n")
    result = cli("resolve", "table", source, "-o", target, "--column", "name", "--names", "person")
    assert result.exit_code == 0, result.output
    assert "3 rows are 2 things" in result.stdout
    assert target.read_text().splitlines() == [
        "name,n,cluster",
        "Geoffrey Hinton,1,0",
        "Alan Turing,2,1",
        "Geoffrey E. Hinton,3,0",
    ]
    assert cli("resolve", "table", source, "-o", target, "--column", "age").exit_code == 2
