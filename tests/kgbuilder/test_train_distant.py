from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kgbuilder.cli import train_distant
from model.records import read_records

RECIPE = """
language: {language}
schema: {schema}
graph: [{{file: graph.nt, holds: rdf}}]
predicates:
  http://x/birthPlace: {born}
  http://x/birthDate: {birth}
  http://x/elevation: {elevation}
types: {{http://x/Person: {person}}}
evidence:
  {born}: {{any: ['{{head}}.*(born|出生|生于).*{{tail}}']}}
"""
SCHEMA = """
entities: {person: {}, place: {}, date: {datatype: date}, quantity: {datatype: quantity}}
relations:
  born in: {head: person, tail: place}
  born on: {head: person, tail: date}
  elevation: {head: place, tail: quantity}
"""
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
GRAPH = f"""
<http://x/1> {TYPE} <http://x/Person> .
<http://x/1> {LABEL} "Ada Lovelace"@en .
<http://x/1> {LABEL} "爱达·勒芙蕾丝"@zh .
<http://x/2> {LABEL} "London"@en .
<http://x/2> {LABEL} "伦敦"@zh .
<http://x/3> {LABEL} "Mont Blanc"@en .
<http://x/1> <http://x/birthPlace> <http://x/2> .
<http://x/1> <http://x/birthDate> "1815-12-10"^^<http://www.w3.org/2001/XMLSchema#date> .
<http://x/3> <http://x/elevation> "4808.7"^^<http://dbpedia.org/datatype/metre> .
"""
ENGLISH = (
    "Ada Lovelace was born in London. Ada Lovelace (10 December 1815 – 1852) wrote."
    " Mont Blanc, 4,808 m."
)
CHINESE = "愛達·勒芙蕾絲（1815年12月10日－1852年）出生於英國倫敦。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "graph.nt").write_text(GRAPH, encoding="utf-8")
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    for language, text in (("en", ENGLISH), ("zh", CHINESE)):
        recipe = RECIPE.format(
            language=language,
            schema="schema.yaml",
            born="born in",
            birth="born on",
            elevation="elevation",
            person="person",
        )
        (tmp_path / f"{language}.yaml").write_text(recipe, encoding="utf-8")
        record = {"id": "1", "title": "Ada Lovelace", "text": text}
        line = json.dumps(record, ensure_ascii=False)
        (tmp_path / f"{language}.jsonl").write_text(line + "\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, language: str, *more: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(train_distant.command)
    arguments = [
        str(folder / f"{language}.jsonl"),
        "--recipe",
        str(folder / f"{language}.yaml"),
        "-o",
        str(folder / "out.jsonl"),
        *more,
    ]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output + str(result.exception or "")


def stated(folder: Path) -> list[tuple[str, str, str]]:
    found = []
    for record in read_records(folder / "out.jsonl"):
        names = [record.text[m.start : m.end] for m in record.annotation.mentions]
        found += [(names[r.head], r.type, names[r.tail]) for r in record.annotation.relations]
    return found


def test_english_places_dates_and_quantities_are_aligned(folder: Path) -> None:
    code, output = run(folder, "en", "--report", str(folder / "report.json"))
    assert code == 0, output
    assert stated(folder) == [
        ("Ada Lovelace", "born in", "London"),
        ("Ada Lovelace", "born on", "10 December 1815"),
        ("Mont Blanc", "elevation", "4,808 m"),
    ]
    report = json.loads((folder / "report.json").read_text())
    assert report["facts"] == 3 and report["texts"] == 1
    assert report["relations"]["born on"] == 1


def test_chinese_dates_are_aligned_with_the_same_graph(folder: Path) -> None:
    code, output = run(folder, "zh")
    assert code == 0, output
    assert sorted(stated(folder)) == [
        ("愛達·勒芙蕾絲", "born in", "倫敦"),
        ("愛達·勒芙蕾絲", "born on", "1815年12月10日"),
    ]


def test_a_model_gives_a_second_opinion(folder: Path) -> None:
    code, output = run(folder, "en", "--extractor", "rule_extractor:RuleExtractor")
    assert code == 0, output
    assert "rejected" in output


def test_the_model_options_need_a_model(folder: Path) -> None:
    code, output = run(folder, "en", "--fill")
    assert code == 2 and "--extractor" in output


def test_what_is_missing_is_named_and_nothing_is_written(folder: Path) -> None:
    (folder / "graph.nt").unlink()
    code, output = run(folder, "en")
    assert code != 0 and "graph.nt" in output
    assert not (folder / "out.jsonl").exists()
    (folder / "en.jsonl").unlink()
    code, output = run(folder, "en")
    assert code != 0 and "en.jsonl" in output
