"""A bulk load: how fast documents are gathered and written for the import, and in what memory.

    python benchmarks/bulk.py --documents 2000
    python benchmarks/bulk.py --documents 2000 --names 20000 --nodes 2     # names compared by Ray

Documents have 24 entities each, as in ``store_write.py``, so that the figures can be compared with
its. With ``--names``, so many names of people (see ``resolution_scale.py``) are resolved besides,
here and, with ``--nodes``, on a Ray cluster of one-core nodes on this machine; both must agree.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
from resolution_scale import full_name, people
from store_write import SCHEMA, synthetic

from graph import names
from graph.bulk import Gathering, write_import
from graph.bulk.writing import resolve_here
from model.schema_loader import load_schema

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--names", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.documents:
        load(arguments.documents)
    if arguments.names:
        resolve(arguments.names, arguments.nodes)


def load(documents: int) -> None:
    """Gather and write."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        Gathering(Path(scratch, "gathered"), SCHEMA) as gathering,
    ):
        made = gathered = 0.0
        for start in range(0, documents, 200):
            began = time.process_time()
            graphs = [
                synthetic(index, documents, 24)
                for index in range(start, min(start + 200, documents))
            ]
            made += time.process_time() - began
            began = time.process_time()
            assert not [r for r in gathering.write_all(graphs) if isinstance(r, Exception)]
            gathered += time.process_time() - began
        before = peak()
        began = time.process_time()
        stats = write_import(gathering, Path(scratch, "import"))
        written = time.process_time() - began
        size = sum(path.stat().st_size for path in Path(scratch, "import").iterdir())
    print(
        f"{documents:,} documents gathered in {gathered:.1f} s of CPU"
        f" ({documents / gathered:,.0f} a second); {stats.rows:,} rows of {stats.entities:,}"
        f" entities written in {written:.1f} s of CPU, {stats.seconds:.1f} s by the clock"
        f" ({documents / written:,.0f} documents, {stats.rows / written:,.0f} rows a CPU second),"
        f" {size / 2**20:,.0f} MiB; {peak():,.0f} MiB of memory at most, {before:,.0f} before"
    )


def resolve(count: int, nodes: int) -> None:
    """Resolve names here and on a cluster."""
    schema = load_schema("general")
    rows, _ = people(count)
    keysets = Counter((f"person|{names.normalise(full_name(row), 'person')}",) for row in rows)
    began = time.perf_counter(), time.process_time()
    here = resolve_here(keysets, schema)
    clock, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    entities = len({id(cluster) for cluster in here.values()})
    print(
        f"{len(here):,} keys to {entities:,} entities here: {clock:.1f} s, {cpu:.1f} s of CPU,"
        f" {peak():,.0f} MiB"
    )
    if not nodes:
        return
    os.environ["PYTHONPATH"] = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    ours = {"RAY_raylet_start_wait_time_s": "240", "RAY_worker_niceness": "0"}
    os.environ.update(ours | os.environ)
    import ray
    from ray.cluster_utils import Cluster

    from kgbuilder import cluster_resolving

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=1)
    cluster_resolving.NAMES_A_TASK = cluster_resolving.NAMES_A_PART = -(-count // (4 * nodes))
    began, before = (time.perf_counter(), time.process_time()), children_cpu()
    there = cluster_resolving.clusters_on_cluster(keysets, schema, cluster.address)
    clock, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    others = children_cpu() - before
    same = {key: (c.keys, c.cut) for key, c in here.items()} == {
        key: (c.keys, c.cut) for key, c in there.items()
    }
    print(
        f"on {nodes} nodes: {clock:.1f} s, {cpu:.1f} s of CPU in this process,"
        f" {others:.1f} s in the cluster's; {'the same entities' if same else 'OTHER ENTITIES'}"
    )
    ray.shutdown()
    cluster.shutdown()


def children_cpu() -> float:
    """Seconds of CPU that the processes below this one, which still run, have had."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:2])
    return total


def peak() -> float:
    """Memory of this process at its highest so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
