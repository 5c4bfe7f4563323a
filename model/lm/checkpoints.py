"""Checkpoints that survive a kill at any moment.

A folder ``checkpoint-STEP`` counts once it holds ``complete.json``, which is written last, after
every process has finished its part. Older ones go only then. ZeRO's parts are made for the number
of processes that wrote them; another number reads DeepSpeed's universal form of them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from model.lm.errors import TrainingError

logger = logging.getLogger(__name__)

MARK = "complete.json"
_NAME = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint; ``zero``: the ZeRO stage that wrote it, 0 without."""

    folder: Path
    step: int
    processes: int
    zero: int


def complete(folder: Path, *, step: int, processes: int, zero: int) -> None:
    """Declare the checkpoint complete."""
    values = asdict(Checkpoint(folder, step, processes, zero))
    del values["folder"]
    temporary = folder / f"{MARK}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MARK)


def checkpoints(out: Path) -> list[Checkpoint]:
    """The complete checkpoints of a run, the oldest first."""
    found = []
    for path in out.glob("checkpoint-*/" + MARK):
        values = json.loads(path.read_text("utf-8"))
        found.append(Checkpoint(folder=path.parent, **values))
    return sorted(found, key=lambda c: c.step)


def clean(out: Path, keep: int | None) -> None:
    """Remove what a kill left half written and, with ``keep``, all but the newest checkpoints."""
    done = checkpoints(out)
    names = {c.folder.name for c in done}
    for path in out.glob("checkpoint-*"):
        if _NAME.fullmatch(path.name) and path.name not in names:
            logger.info("removing the incomplete %s", path.name)
            shutil.rmtree(path, ignore_errors=True)
    for checkpoint in done[: max(0, len(done) - keep)] if keep else ():
        # Without its mark, a folder that is half removed counts no more.
        (checkpoint.folder / MARK).unlink()
        shutil.rmtree(checkpoint.folder, ignore_errors=True)


def make_universal(checkpoint: Checkpoint) -> None:
    """Convert ZeRO's parts so that any number of processes can read them. Needs no model."""
    tag = (checkpoint.folder / "latest").read_text("utf-8").strip()
    universal = checkpoint.folder / f"{tag}_universal"
    mark = checkpoint.folder / "latest_universal"
    if mark.exists() and universal.is_dir():
        return
    shutil.rmtree(universal, ignore_errors=True)
    logger.info("converting %s for another number of processes", checkpoint.folder.name)
    command = [sys.executable, "-m", "deepspeed.checkpoint.ds_to_universal"]
    command += [
        "--inject_missing_state",
        "--input_folder",
        str(checkpoint.folder / tag),
        "--output_folder",
        str(universal),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise TrainingError(f"{checkpoint.folder}: cannot be converted: {tail[0]}")
    mark.write_text(f"{tag}_universal", "utf-8")
