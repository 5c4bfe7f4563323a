"""``kgbuilder train instructions``."""

import json
from pathlib import Path

from typer.testing import CliRunner

from kgbuilder.cli.main import app

RECORD = {
    "id": "1",
    "lang": "en",
    "text": "Ada Byron works for Acme.",
    "entities": [
        {"start": 0, "end": 9, "type": "person"},
        {"start": 20, "end": 24, "type": "organization"},
    ],
    "relations": [{"head": 0, "tail": 1, "type": "employer"}],
}


def run(folder: Path, *arguments: str) -> list[dict[str, object]]:
    source, output = folder / "records.jsonl", folder / "rows.jsonl"
    source.write_text(json.dumps(RECORD) + "\n")
    command = ["train", "instructions", str(source), "-o", str(output), *arguments]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in output.read_text().splitlines()]


def test_records_become_rows_for_fine_tuning(tmp_path: Path) -> None:
    rows = run(tmp_path, "--schema", "general")
    assert {row["task"] for row in rows} == {"entities", "relations"}
    assert all(row["input"] == RECORD["text"] for row in rows)
    assert any("Ada Byron" in str(row["output"]) for row in rows)


def test_tasks_and_formats_are_chosen(tmp_path: Path) -> None:
    rows = run(tmp_path, "--task", "entities", "--format", "tuple", "--negatives", "0")
    (row,) = rows
    assert sorted(str(row["output"]).splitlines()) == [
        "(Acme, organization)",
        "(Ada Byron, person)",
    ]


def test_a_task_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    source = tmp_path / "records.jsonl"
    source.write_text(json.dumps(RECORD) + "\n")
    command = ["train", "instructions", str(source), "-o", str(tmp_path / "x"), "--task", "sleep"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "sleep" in result.output
