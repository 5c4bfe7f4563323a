"""Starting a run: on this machine, or on the several of a hostfile.

A hostfile is DeepSpeed's and MPI's: a line ``HOST slots=PROCESSES`` for each machine, the first
of which the others meet. The run's folder must lie where all machines see it.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from model.lm.errors import TrainingError
from model.lm.job import Job

logger = logging.getLogger(__name__)

PORT = 29500
_LINE = re.compile(r"(\S+)\s+slots=([1-9]\d*)")


@dataclass(frozen=True)
class Host:
    """A machine and the number of processes on it."""

    name: str
    slots: int


def read_hostfile(path: Path) -> list[Host]:
    """The machines of a hostfile. Raises TrainingError that names a line that is none."""
    hosts = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise TrainingError(f"{path}, line {number}: expected HOST slots=PROCESSES")
        hosts.append(Host(match[1], int(match[2])))
    if not hosts:
        raise TrainingError(f"{path}: names no host")
    if len({host.name for host in hosts}) < len(hosts):
        raise TrainingError(f"{path}: names a host twice")
    return hosts


def command(
    out: Path,
    *,
    processes: int = 1,
    hostfile: Path | None = None,
    node: int | None = None,
    port: int = PORT,
) -> list[str]:
    """The command that starts the processes of the run in ``out``.

    With a hostfile, ``node`` is this machine's line, counted from 0, where each machine is started
    by itself (Slurm, Kubernetes); without it DeepSpeed's launcher reaches them all by ssh.
    """
    worker = ["-m", "model.lm.run", str(out)]
    if hostfile is None:
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        return [*torchrun, f"--nproc_per_node={processes}", *worker]
    hosts = read_hostfile(hostfile)
    if node is None:
        runner = [sys.executable, "-m", "deepspeed.launcher.runner", f"--hostfile={hostfile}"]
        runner += [f"--master_addr={hosts[0].name}", f"--master_port={port}", "--module"]
        return [*runner, "--no_local_rank", "model.lm.run", str(out)]
    if not 0 <= node < len(hosts):
        raise TrainingError(f"{hostfile}: has {len(hosts)} hosts, so no node {node}")
    return [
        *(sys.executable, "-m", "torch.distributed.run"),
        f"--nnodes={len(hosts)}",
        f"--node_rank={node}",
        f"--nproc_per_node={hosts[node].slots}",
        f"--master_addr={hosts[0].name}",
        f"--master_port={port}",
        *worker,
    ]


def launch(
    job: Job,
    *,
    processes: int | None = None,
    hostfile: Path | None = None,
    node: int | None = None,
    port: int = PORT,
) -> Path:
    """Run the job to its end; returns where its result lies.

    ``processes``: on this machine; default: one for each GPU. A run that was stopped goes on from
    its last checkpoint, also with other processes. Raises TrainingError if it fails.
    """
    if node is None or node == 0:
        job.write()
    if hostfile is None and processes is None:
        import torch

        processes = max(1, torch.cuda.device_count())
    if hostfile is None and processes == 1 and job.recipe.deepspeed is None:
        from model.lm.run import run

        return run(job)
    arguments = command(job.out, processes=processes or 1, hostfile=hostfile, node=node, port=port)
    logger.debug("starting %s", " ".join(arguments))
    environment = dict(os.environ)
    # torchrun would say so at length: one thread for each of several processes on a CPU.
    environment.setdefault(
        "OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // (processes or 1)))
    )
    code = subprocess.run(arguments, env=environment, check=False).returncode
    if code:
        raise TrainingError(f"training stopped with exit code {code}; the lines above tell why")
    return job.result
