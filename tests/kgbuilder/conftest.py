from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedded_graph import clear, running_server
from typer.testing import CliRunner, Result

RULES = "rule_extractor:RuleExtractor"


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's cache and settings out of the tests, and the tests out of them."""
    monkeypatch.setenv("KGBUILDER_CACHE_FOLDER", str(tmp_path / "cache"))
    monkeypatch.setenv("KGBUILDER_EXTRACTOR", RULES)
    for name in ("STORE", "SCHEMA", "BASE", "NEO4J_USER", "NEO4J_PASSWORD"):
        monkeypatch.delenv(f"KGBUILDER_{name}", raising=False)


@pytest.fixture
def cli() -> Iterator[Callable[..., Result]]:
    """Runs the command line in this process: ``cli("stats", "--store", url)``."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    from kgbuilder.cli.main import app

    def run(*arguments: object, input: bytes | str | None = None) -> Result:
        return CliRunner().invoke(app, [str(a) for a in arguments], input=input)

    yield run
    root.handlers[:], root.level = before


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("server") / "test.kg") as url:
        yield url


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty graph, which is also the one of the settings."""
    clear(server)
    monkeypatch.setenv("KGBUILDER_STORE", server)
    return server
