"""Runs over two machines: network namespaces of this one, joined by a virtual cable."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_causal import write_corpus, write_tokenizer

from model.lm.job import Job
from model.lm.launch import command
from model.lm.recipe import load_recipe

MACHINES = {"kgbuilder-a": "10.213.7.1", "kgbuilder-b": "10.213.7.2"}
#: On a CPU, gloo has to be told the network; the name is the same at both ends of the cable.
CABLE = "kgb0"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": CABLE}


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def on(machine: str, *arguments: str) -> list[str]:
    return ["ip", "netns", "exec", machine, *arguments]


@pytest.fixture(scope="module")
def machines() -> Iterator[list[str]]:
    """Names of two namespaces that reach each other, and nothing else."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        pytest.skip("network namespaces need Linux and the command ip (package iproute2)")
    names = [*MACHINES]
    try:
        for name in names:
            ip("netns", "add", name)
        ends = [("netns", name) for name in names]
        cable = ["link", "add", CABLE, *ends[0], "type", "veth", "peer", "name", CABLE, *ends[1]]
        ip(*cable)
        for name, address in MACHINES.items():
            ip("-n", name, "address", "add", f"{address}/24", "dev", CABLE)
            for link in (CABLE, "lo"):
                ip("-n", name, "link", "set", link, "up")
    except subprocess.CalledProcessError as error:
        remove(names)
        pytest.skip(f"network namespaces cannot be made here: {error.stderr.strip()}")
    yield names
    remove(names)


def remove(names: list[str]) -> None:
    for name in names:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    tokenizer = write_tokenizer(tmp_path / "tokenizer")
    write_corpus(tmp_path / "corpus", len(tokenizer))
    values = {
        "tokenizer": str(tmp_path / "tokenizer"),
        "max_length": 64,
        "steps": 2,
        "log_every": 1,
        "checkpoint_every": 2,
        "deepspeed": "zero2",
    }
    result = Job(load_recipe("pretrain-tiny", values), tmp_path / "run", (tmp_path / "corpus",))
    result.write()
    return result


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "hosts"
    file.write_text("".join(f"{address} slots=1\n" for address in MACHINES.values()), "utf-8")
    return file


@pytest.mark.timeout(400)
def test_machines_started_one_by_one_train_together(
    machines: list[str], job: Job, hosts: Path
) -> None:
    nodes = [
        subprocess.Popen(on(name, *command(job.out, hostfile=hosts, node=node)), env=ENVIRONMENT)
        for node, name in enumerate(machines)
    ]
    assert [node.wait(timeout=300) for node in nodes] == [0, 0]
    assert load_file(job.result / "model.safetensors")


@pytest.fixture
def reachable(machines: list[str], tmp_path: Path) -> Iterator[Path]:
    """Servers of ssh on both machines; gives a folder with an ``ssh`` that has their key."""
    for name in ("sshd", "ssh", "pdsh"):
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip(f"needs {name} (packages openssh-server, openssh-client and pdsh)")
    Path("/run/sshd").mkdir(exist_ok=True)
    key, host_key = tmp_path / "key", tmp_path / "host_key"
    for file in (key, host_key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    settings = tmp_path / "sshd_config"
    settings.write_text(
        f"HostKey {host_key}\nAuthorizedKeysFile {key}.pub\nStrictModes no\nUsePAM no\n"
        f"PidFile none\nPermitRootLogin yes\n"
        f"SetEnv GLOO_SOCKET_IFNAME={CABLE} OMP_NUM_THREADS=1\n",
        "utf-8",
    )
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(
        f"#!/bin/sh\nexec {shutil.which('ssh')} -F none -i {key} -o BatchMode=yes"
        ' -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "$@"\n',
        "utf-8",
    )
    ssh.chmod(0o755)
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert sshd is not None
    servers = [
        subprocess.Popen(on(name, sshd, "-D", "-e", "-f", str(settings))) for name in machines
    ]
    for address in MACHINES.values():
        login = on(machines[0], str(ssh), f"{getpass.getuser()}@{address}", "true")
        for _ in range(50):
            if subprocess.run(login, check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"no ssh to {address}")
    yield ssh.parent
    for server in servers:
        server.terminate()
        server.wait()


@pytest.mark.timeout(400)
def test_one_command_starts_all_machines_by_ssh(
    machines: list[str], reachable: Path, job: Job, hosts: Path
) -> None:
    environment = {**ENVIRONMENT, "PATH": f"{reachable}:{os.environ['PATH']}"}
    started = on(machines[0], *command(job.out, hostfile=hosts))
    subprocess.run(started, env=environment, check=True, timeout=300)
    assert load_file(job.result / "model.safetensors")
