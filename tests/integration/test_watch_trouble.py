"""The daemon as a process: signals, kills, and a short soak."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer.main

from graph.store import open_store
from graph.store.embedded import running_server, wait_until_stopped

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
RULES = "rule_extractor:RuleExtractor"


def environment(scratch: Path, **more: str) -> dict[str, str]:
    return (
        os.environ
        | {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}",
            "KGBUILDER_EXTRACTOR": RULES,
            "KGBUILDER_CACHE_FOLDER": str(scratch / "cache"),
            "KGBUILDER_WATCH_QUIET": "0.2",
        }
        | more
    )


def daemon(folder: Path, scratch: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "kgbuilder", "watch", str(folder)),
            *("--store", f"embedded:{scratch / 'graph.kg'}", "--log", "json"),
        ],
        cwd=ROOT,
        env=environment(scratch, **more),
        stderr=subprocess.PIPE,
        text=True,
    )


def test_sigterm_in_the_midst_of_a_batch_ends_it_soon_and_in_good_order(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number}.txt").write_text(f"Jane Smith joined Acme Company in {1900 + number}.")
    running = daemon(
        folder, tmp_path, RULE_EXTRACTOR_PAUSE="2", KGBUILDER_BATCH="1", KGBUILDER_WATCH_BATCH="8"
    )
    assert running.stderr is not None
    lines = []
    for line in running.stderr:
        lines.append(json.loads(line))
        if "to be compared" in lines[-1]["message"]:
            break
    time.sleep(3)  # in the extractor, at any moment
    start = time.monotonic()
    running.send_signal(signal.SIGTERM)
    lines += [json.loads(line) for line in running.stderr]
    assert running.wait(60) == 0, lines
    assert time.monotonic() - start < 60
    assert lines[-1]["message"] == "Stopped"
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in lines)
    assert wait_until_stopped(tmp_path / "graph.kg", 60)  # nothing left behind
    with open_store(f"embedded:{tmp_path / 'graph.kg'}", writer=False) as store:
        (row,) = store.query("MATCH (d:Document) RETURN count(d) AS n")
        assert row["n"] < 100
        assert running_server(tmp_path / "graph.kg")


def test_kills_of_the_daemon_and_the_database_lose_and_double_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "benchmarks/soak.py", "--files", "40", "--minutes", "0.4"),
            *("--rate", "8", "--kills", "25", "--seed", "5", "--patience", "5"),
            *("--extractor", RULES),
        ],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=550,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The graph is the same" in done.stdout


def test_the_unit_and_the_image_start_the_daemon_as_it_can_be_started() -> None:
    import yaml

    from kgbuilder.cli.main import app

    unit = (ROOT / "deploy" / "kgbuilder-watch.service").read_text().replace("\\\n", " ")
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    started = re.search(r"^ExecStart=\S+ (.*)$", unit, re.MULTILINE)
    inside = re.search(r"^CMD (\[.*\])$", image, re.MULTILINE)
    assert started is not None
    assert inside is not None
    watch = typer.main.get_command(app).commands["watch"]  # type: ignore[attr-defined]
    for words in (shlex.split(started.group(1)), json.loads(inside.group(1))):
        assert words[0] == "watch"
        with watch.make_context("watch", words[1:]):
            pass
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    assert all(port.startswith("127.0.0.1:") for port in services["neo4j"]["ports"])
