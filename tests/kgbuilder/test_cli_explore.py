"""What ``kgbuilder explore`` starts, and with which rights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import Result

Cli = Callable[..., Result]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of servers, which are not started."""
    calls: list[list[str]] = []

    def execve(program: str, command: list[str], environment: dict[str, str]) -> None:
        calls.append(command)

    monkeypatch.setattr("kgbuilder.cli.explore.os.execve", execve)
    return calls


def test_it_listens_on_this_machine_only_and_may_edit(cli: Cli, started: list[list[str]]) -> None:
    result = cli("explore", "--store", "embedded:x.kg", "--port", "8600", "--no-browser")
    assert result.exit_code == 0
    (command,) = started
    assert "--server.address=127.0.0.1" in command and "--server.port=8600" in command
    assert "--server.headless=true" in command
    assert command[command.index("--") + 1 :] == ["--store", "embedded:x.kg"]


@pytest.mark.parametrize(
    ("arguments", "closed"),
    [
        (["--host", "0.0.0.0"], True),
        (["--host", "::"], True),
        (["--host", "graph.example.org"], True),
        (["--host", "0.0.0.0", "--editable"], False),
        (["--host", "::1"], False),
        (["--host", "localhost"], False),
        (["--read-only"], True),
    ],
)
def test_others_may_only_read_unless_said_otherwise(
    cli: Cli, started: list[list[str]], arguments: list[str], closed: bool
) -> None:
    assert cli("explore", *arguments).exit_code == 0
    assert ("--read-only" in started[0]) is closed


def test_it_says_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgbuilder.cli.explore.find_spec", lambda name: None)
    result = cli("explore")
    assert result.exit_code == 2
    assert "pip install 'kgbuilder[explorer]'" in result.output
