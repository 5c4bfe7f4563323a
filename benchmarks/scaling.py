"""How reading and extraction scale over a Ray cluster, and what the cluster itself costs.

    python benchmarks/scaling.py --documents 40 --nodes 1 2

Starts a cluster of one-core nodes on this machine (Ray's own test utilities), reads and extracts
documents of a page each on it, and gathers them as a bulk load does. Starting up and loading the
model do not count. Beside the clock it gives the CPU time of the actors' work and of all else (the
driver, Ray's processes), since on a busy machine the clock tells little.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from pathlib import Path

import psutil
from build import made_up

import kgbuilder
from graph.bulk import Gathering
from kgbuilder.building import build
from kgbuilder.cluster import ClusterExtractor

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print a line for each number of nodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--characters", type=int, default=2000, help="of a document")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--extractor", default="span")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    os.environ.update({"RAY_raylet_start_wait_time_s": "240", "RAY_worker_niceness": "0"})
    os.environ["KGBUILDER_CACHE_ENABLED"] = "false"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "documents")
        folder.mkdir()
        texts = made_up(random.Random(1))
        for number in range(arguments.documents):
            text = ""
            while len(text) < arguments.characters:
                text += f"{next(texts)} "
            (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")
        first = None
        for nodes in arguments.nodes:
            rate = measure(folder, nodes, arguments.extractor, Path(scratch, f"out-{nodes}"))
            first = first or rate
            print(f"  {rate / first:.2f} times the first line's rate")


def measure(folder: Path, nodes: int, extractor: str, target: Path) -> float:
    """Characters a second with this many nodes."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=1)
    settings = kgbuilder.load_settings(overrides={"extractor": extractor})
    schema = kgbuilder.load_schema("general")
    model = ClusterExtractor(extractor, cluster.address, pronouns=True, actors=nodes)
    model.extract(["Ada Lovelace lived in London."] * nodes * 16, schema)  # all have loaded
    work, rest = seconds_of_cpu()
    start = time.perf_counter()
    with Gathering(target, schema) as gathering:
        report = build(folder, store=gathering, extractor=model, settings=settings)
    clock = time.perf_counter() - start
    work_after, rest_after = seconds_of_cpu()
    assert not report.failed
    print(
        f"{nodes} nodes: {report.documents} documents, {report.characters:,} characters in"
        f" {clock:.1f} s, {report.characters / clock:,.0f} characters/s; CPU seconds: actors"
        f" {work_after - work:.1f}, all else {rest_after - rest:.1f}"
    )
    model.close()
    ray.shutdown()
    cluster.shutdown()
    return report.characters / clock


def seconds_of_cpu() -> tuple[float, float]:
    """CPU seconds of the extracting actors so far, and of all other processes of the run."""
    work = rest = 0.0
    this = psutil.Process()
    for process in [this, *this.children(recursive=True)]:
        try:
            used = process.cpu_times()
            actor = process.cmdline()[:1] and "_Actor" in process.cmdline()[0]
        except psutil.Error:
            continue
        if actor:
            work += used.user + used.system
        else:
            rest += used.user + used.system
    return work, rest


if __name__ == "__main__":
    main()
