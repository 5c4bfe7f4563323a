import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

import kgbuilder

FOUNDED = "Jane Smith founded Acme Company in 1901. Bob Jones joined Acme Company."
Cli = Callable[..., Result]


def write_lines(path: Path, *lines: object) -> Path:
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
    return path


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_layers_are_added_and_other_keys_kept_in_order(cli: Cli, tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "in.jsonl",
        {"id": 7, "text": FOUNDED, "topic": {"a": [1]}, "relations": [{"stale": True}]},
        "",
        {"id": "b", "text": "没有。", "lang": "zh"},
    )
    result = cli("extract", source, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    first, second = read_lines(tmp_path / "out.jsonl")
    assert (first["id"], first["topic"], second["lang"]) == (7, {"a": [1]}, "zh")
    assert [r["type"] for r in first["relations"]] == ["founded by", "employer"]
    assert all("confidence" in item for item in first["entities"])
    for entity in first["entities"]:
        assert FOUNDED[entity["start"] : entity["end"]].strip()
    assert second["entities"] == second["relations"] == second["events"] == []


def test_standard_input_and_output(cli: Cli) -> None:
    line = json.dumps({"id": 1, "text": FOUNDED}) + "\n"
    result = cli("extract", "-", "-o", "-", input=line * 1)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["events"][0]["type"] == "founding"


def test_bad_lines_are_named_and_the_others_done(cli: Cli, tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "in.jsonl",
        {"id": 1, "text": FOUNDED},
        "{broken",
        {"text": "no id"},
        {"id": 4, "text": "UNREADABLE"},
        {"id": 5, "text": FOUNDED},
    )
    result = cli("extract", source, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1
    assert [record["id"] for record in read_lines(tmp_path / "out.jsonl")] == [1, 5]
    for number in (2, 3, 4):
        assert f"line {number}" in result.stderr
    assert "Traceback" not in result.output


def test_a_schema_without_events_leaves_that_layer_out(cli: Cli, tmp_path: Path) -> None:
    schema = {
        "name": "tiny",
        "lang": ["en"],
        "entity_types": {"person": "", "organization": ""},
        "relation_types": {"founded by": {"description": ""}},
    }
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    source = write_lines(tmp_path / "in.jsonl", {"id": 1, "text": "No names."})
    result = cli(
        "extract", source, "-o", tmp_path / "out.jsonl", "--schema", tmp_path / "schema.json"
    )
    assert result.exit_code == 0, result.output
    (record,) = read_lines(tmp_path / "out.jsonl")
    assert set(record) == {"id", "text", "entities", "relations", "clusters"}


def test_lone_surrogates_survive(cli: Cli, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", '{"id": 1, "text": "a \\ud83d b"}')
    assert cli("extract", source, "-o", tmp_path / "out.jsonl").exit_code == 0
    assert read_lines(tmp_path / "out.jsonl")[0]["text"] == "a \ud83d b"


def test_a_missing_input_is_a_usage_error_and_leaves_no_output(cli: Cli, tmp_path: Path) -> None:
    result = cli("extract", tmp_path / "none.jsonl", "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert "none.jsonl" in result.stderr
    assert list(tmp_path.glob("*out*")) == []


def test_the_python_function_takes_one_text_or_several() -> None:
    one = kgbuilder.extract(FOUNDED)
    assert [m.type for m in one.mentions][:2] == ["person", "organization"]
    assert kgbuilder.extract([FOUNDED, FOUNDED]) == [one, one]


def test_eval_scores_a_prediction_and_an_extractor_alike(cli: Cli, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", {"id": 1, "text": FOUNDED})
    predicted = tmp_path / "predicted.jsonl"
    assert cli("extract", source, "-o", predicted).exit_code == 0
    (record,) = read_lines(predicted)
    record["entities"].append({"start": 5, "end": 10, "type": "person"})
    gold = write_lines(tmp_path / "gold.jsonl", record)
    of_file = cli("eval", gold, predicted, "--format", "json")
    of_extractor = cli("eval", gold, "--format", "json")
    assert of_file.exit_code == of_extractor.exit_code == 0, of_file.output
    scores = json.loads(of_file.stdout)
    assert scores == json.loads(of_extractor.stdout)
    assert scores["layers"]["entities"]["precision"] == 1.0
    assert 0.5 < scores["layers"]["entities"]["recall"] < 1.0
    assert scores["layers"]["relations"]["f1"] == 1.0
    table = cli("eval", gold, predicted)
    assert "entities" in table.stdout and "total" in table.stdout


def test_eval_of_files_that_do_not_belong_together_says_so(cli: Cli, tmp_path: Path) -> None:
    gold = write_lines(tmp_path / "gold.jsonl", {"id": 1, "text": "a", "entities": []})
    other = write_lines(tmp_path / "other.jsonl", {"id": 2, "text": "a", "entities": []})
    result = cli("eval", gold, other)
    assert result.exit_code == 2
    assert "missing" in result.stderr


def test_an_extractor_that_does_not_exist_is_explained(cli: Cli, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", {"id": 1, "text": "a"})
    for name in ("nothing", "no.such.module:factory", "rule_extractor:Nothing"):
        result = cli("extract", source, "-o", "-", "--extractor", name)
        assert result.exit_code == 2
        assert name.split(":")[0] in result.stderr
        assert "Traceback" not in result.output
