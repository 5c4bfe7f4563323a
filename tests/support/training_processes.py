"""Runs of ``model.lm.run`` on several processes, forked from one that has imported everything.

Importing torch, transformers and deepspeed takes longer than what the tests train. A fork starts
at once, and is for the rest what torchrun would have started: the same environment, and no torch
state, since the parent only imports.

    python tests/support/training_processes.py '[{"out": ..., "processes": 2, "kill_at": 3}, ...]'
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any


def _process(out: str, rank: int, processes: int, port: int) -> None:
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(processes),
        LOCAL_WORLD_SIZE=str(processes),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )
    from model.lm import run

    sys.argv = ["run", out]
    run.main()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _steps(out: str) -> int:
    return max(
        (
            int(p.parent.name.rpartition("-")[2])
            for p in Path(out).glob("checkpoint-*/complete.json")
        ),
        default=0,
    )


def launch(out: str, processes: int = 2, kill_at: int | None = None) -> None:
    """One run to its end, or to its checkpoint of step ``kill_at``: then SIGKILL."""
    context = multiprocessing.get_context("fork")
    port = free_port()
    started = [
        context.Process(target=_process, args=(out, rank, processes, port))
        for rank in range(processes)
    ]
    for process in started:
        process.start()
    while kill_at is not None and _steps(out) < kill_at and any(p.is_alive() for p in started):
        time.sleep(0.01)
    for process in started:
        if kill_at is not None and process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
        process.join()
    if kill_at is None and any(process.exitcode for process in started):
        raise SystemExit(f"{out}: exit codes {[p.exitcode for p in started]}")


def main(runs: list[dict[str, Any]]) -> None:
    """All runs, one after the other."""
    import deepspeed  # noqa: F401
    import peft  # noqa: F401

    import model.lm.run  # noqa: F401

    for run in runs:
        launch(**run)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
