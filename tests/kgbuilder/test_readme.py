"""The commands and queries of the README are ones that work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

import kgbuilder
from kgbuilder.cli.main import app

README = Path(__file__).parents[2] / "README.md"


def commands() -> list[str]:
    text = README.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"^    (kgbuilder (?:[^\n']|'[^']*')*)", text, flags=re.MULTILINE)
    assert len(found) > 10
    return found


@pytest.mark.parametrize("line", commands())
def test_a_command_has_the_arguments_that_it_takes(line: str) -> None:
    words = shlex.split(line.partition(" >")[0], comments=True)[1:]
    command = typer.main.get_command(app)
    while words and not words[0].startswith("-"):
        subcommands = getattr(command, "commands", None)
        if subcommands is None:
            break
        assert words[0] in subcommands, line
        command = subcommands[words.pop(0)]
    try:
        with command.make_context("kgbuilder", words):
            pass
    except typer.Exit as asked_for_help:
        assert asked_for_help.exit_code == 0


def test_its_queries_run(store: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Alan Turing joined Acme Company. Ann Wood founded it.")
    kgbuilder.build(tmp_path / "a.txt")
    queries = [shlex.split(line)[2] for line in commands() if line.startswith("kgbuilder query")]
    assert len(queries) == 3
    rows = [kgbuilder.query(cypher, {"type": "founding"}) for cypher in queries]
    assert rows[2][0]["o.name"] == "Acme Company"
    assert "Alan Turing joined" in rows[2][0]["c.text"]
