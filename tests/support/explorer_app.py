"""An explorer as people start it, and waiting for its pages."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_SECONDS = 90

#: The app, when it has drawn what it was asked for.
IDLE = '.stApp[data-test-script-state="notRunning"]'


@contextmanager
def explorer(store: str, folder: Path, *flags: str) -> Iterator[str]:
    """The address of an explorer, started as people start it; ended by Ctrl-C."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")]),
        "KGBUILDER_EXTRACTOR": "rule_extractor:RuleExtractor",
        "KGBUILDER_CACHE_FOLDER": str(folder / "cache"),
    }
    log = folder / "app.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "kgbuilder", "explore", "--store", store),
                *("--port", str(port), "--no-browser", *flags),
            ],
            cwd=folder,
            env=environment,
            stdout=stream,
            stderr=stream,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"{address}/_stcore/health"):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ready(page: Any) -> None:
    """Wait until the app has drawn the page and does nothing more."""
    page.wait_for_selector(".st-key-header", state="attached")
    page.wait_for_selector(IDLE)
