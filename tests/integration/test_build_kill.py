"""A build that is killed at any moment and run again gives the graph of an uninterrupted one,
and so do builds of several processes into one store."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from embedded_graph import clear, running_server

from graph.store import Store, open_store
from graph.store.embedded import running_server as find_server
from graph.store.reading import dump

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
DOCUMENTS = 80
FIRST = ("Jane", "Carl", "Maria", "Wei", "Omar")
LAST = ("Smith", "Young", "Gomez", "Chen", "Haddad")
PLACES = ("Acme Company", "Beta Institute", "Gamma Company")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts about a few people and organizations, so that most writes meet known entities."""
    folder = tmp_path_factory.mktemp("documents")
    choose = random.Random(7)
    for i in range(DOCUMENTS):
        sentences = [
            f"{choose.choice(FIRST)} {choose.choice(LAST)} {choose.choice(('founded', 'joined'))}"
            f" {choose.choice(PLACES)} in {choose.randint(1850, 1990)}."
            for _ in range(choose.randint(1, 6))
        ]
        (folder / f"{i:03}.txt").write_text(" ".join(sentences))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("server") / "test.kg") as url:
        yield url


@pytest.fixture(scope="module")
def uninterrupted(server: str, documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    clear(server)
    cache = tmp_path_factory.mktemp("cache")
    done = start(server, documents, cache)
    assert done.wait(300) == 0
    with open_store(server, writer=False) as store:
        return dump(store)


def start(url: str, documents: Path, cache: Path, pause: float = 0.0) -> subprocess.Popen[bytes]:
    user = os.environ.get("KGBUILDER_TEST_NEO4J_USER", "")
    password = os.environ.get("KGBUILDER_TEST_NEO4J_PASSWORD", "")
    return subprocess.Popen(
        [sys.executable, "-m", "kgbuilder", "build", str(documents), "--store", url],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ
        | {"KGBUILDER_NEO4J_USER": user, "KGBUILDER_NEO4J_PASSWORD": password}
        | {
            "PYTHONPATH": str(ROOT / "tests" / "support"),
            "KGBUILDER_EXTRACTOR": "rule_extractor:RuleExtractor",
            "KGBUILDER_CACHE_FOLDER": str(cache),
            "RULE_EXTRACTOR_PAUSE": str(pause),
        },
    )


def count(store: Store) -> int:
    (row,) = store.query("MATCH (d:Document) RETURN count(d) AS n")
    found: int = row["n"]
    return found


def wait_until(store: Store, more_than: int, building: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while count(store) <= more_than and building.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_killing_the_build_loses_and_doubles_nothing(
    server: str, documents: Path, uninterrupted: Any, tmp_path: Path
) -> None:
    clear(server)
    seed = random.randrange(1000)  # shown by pytest where the test fails
    choose = random.Random(seed)
    middle = 0
    with open_store(server, writer=False) as store:
        for _ in range(4):
            building = start(server, documents, tmp_path, pause=0.05)
            # Some after the start, whatever that is doing; the others after some documents.
            wait_until(store, count(store) + choose.randint(-1, 15), building)
            time.sleep(choose.random() * 0.1)
            building.send_signal(signal.SIGKILL)
            building.wait()
            middle += 0 < count(store) < DOCUMENTS
        assert middle, "no kill hit the middle of a build"
        assert start(server, documents, tmp_path).wait(300) == 0
        assert dump(store) == uninterrupted


def test_killing_the_build_and_the_database_loses_nothing_committed(
    server: str, documents: Path, uninterrupted: Any, tmp_path: Path
) -> None:
    clear(server)
    folder = Path(server.removeprefix("embedded:"))
    with open_store(server, writer=False) as store:
        building = start(server, documents, tmp_path, pause=0.05)
        wait_until(store, 30, building)
        before = count(store)
        info = find_server(folder)
        assert info is not None
        building.send_signal(signal.SIGKILL)
        os.kill(info.pid, signal.SIGKILL)
        building.wait()
        assert before <= count(store) < DOCUMENTS  # the reader starts it again
        assert start(server, documents, tmp_path).wait(300) == 0
        assert dump(store) == uninterrupted


def test_a_second_build_is_refused_until_the_first_has_ended_or_died(
    server: str, documents: Path, uninterrupted: Any, tmp_path: Path
) -> None:
    clear(server)
    with open_store(server, writer=False) as store:
        first = start(server, documents, tmp_path, pause=0.05)
        wait_until(store, 0, first)
        second = start(server, documents, tmp_path)
        _, said = second.communicate(timeout=300)
        assert second.returncode == 2
        assert f"is being written by another process (process {first.pid})" in said.decode()
        first.kill()
        first.wait()
        assert start(server, documents, tmp_path).wait(300) == 0
        assert dump(store) == uninterrupted


@pytest.mark.neo4j
def test_builds_into_one_neo4j_server_take_turns_and_one_may_die(
    documents: Path, uninterrupted: Any, tmp_path: Path
) -> None:
    url = os.environ.get("KGBUILDER_TEST_NEO4J_URI")
    if not url:
        pytest.skip("no Neo4j server: KGBUILDER_TEST_NEO4J_URI is not set")
    with open_store(
        url,
        writer=True,
        user=os.environ.get("KGBUILDER_TEST_NEO4J_USER"),
        password=os.environ.get("KGBUILDER_TEST_NEO4J_PASSWORD"),
    ) as store:
        store.query("MATCH (n) DETACH DELETE n", write=True)
        first = start(url, documents, tmp_path / "1", pause=0.05)
        second = start(url, documents, tmp_path / "2")
        wait_until(store, 5, second)
        first.kill()
        assert [build.wait(300) for build in (first, second)] == [-signal.SIGKILL, 0]
        assert dump(store) == uninterrupted
        store.query("MATCH (n) DETACH DELETE n", write=True)
