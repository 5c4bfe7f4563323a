"""Reading and extraction on a Ray cluster of several nodes on this machine, some of which are
killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from rule_extractor import RuleExtractor

import kgbuilder
from graph.bulk.writing import resolve_here
from graph.store import Store, open_store
from graph.store.reading import dump
from kgbuilder import cluster_reading, pipeline
from model.schema_loader import load_schema

ray = pytest.importorskip("ray", reason="Ray is not installed (the extra scale)")

pytestmark = pytest.mark.timeout(1200)

ROOT = Path(__file__).parents[2]
TEXTS = [f"Jane Smith founded Acme Company in {1900 + number}." for number in range(90)]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "support")))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("RULE_EXTRACTOR_PAUSE", "0.3")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "240")
    monkeypatch.setenv("KGBUILDER_CACHE_ENABLED", "false")
    from ray.cluster_utils import Cluster  # reads the environment

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    yield made
    ray.shutdown()  # where a test failed
    made.shutdown()


def test_the_loss_of_workers_and_of_a_node_loses_and_doubles_no_text(cluster: Any) -> None:
    from kgbuilder.cluster import ClusterExtractor

    schema = load_schema("general")
    expected = RuleExtractor().extract(TEXTS, schema)
    extractor = ClusterExtractor("rule_extractor:RuleExtractor", cluster.address, actors=2)
    assert extractor.fingerprint == RuleExtractor().fingerprint
    assert extractor.extract(TEXTS[:20], schema) == expected[:20]
    killing = Timer(0.5, lambda: ray.kill(extractor._actors[0], no_restart=False))
    killing.start()
    assert extractor.extract(TEXTS, schema) == expected
    killing.join()
    (node,) = cluster.worker_nodes
    losing = Timer(0.5, lambda: cluster.remove_node(node, allow_graceful=False))
    losing.start()
    assert extractor.extract(TEXTS, schema) == expected
    losing.join()
    with pytest.raises(ValueError, match="unreadable"):
        extractor.extract(["UNREADABLE"], schema)
    extractor.close()
    again = ClusterExtractor("rule_extractor:RuleExtractor", cluster.address, actors=1)
    assert again.extract(TEXTS[:9], schema) == expected[:9]
    again.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of several kinds; one fails in reading, one in extraction, one holds many documents."""
    made = tmp_path / "in"
    made.mkdir()
    for number, text in enumerate(TEXTS):
        (made / f"{number:02}.txt").write_text(text)
    (made / "page.html").write_text(f"<html><body><p>{TEXTS[0]}</p></body></html>")
    (made / "rows.jsonl").write_text("\n".join(f'{{"text": "{text}"}}' for text in TEXTS[:30]))
    (made / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
    (made / "unreadable.txt").write_text("UNREADABLE")
    return made


def contents(url: str) -> object:
    with open_store(url, writer=False) as store:
        assert isinstance(store, Store)
        return dump(store)


def test_files_are_read_on_the_cluster_though_a_node_is_lost(
    cluster: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RULE_EXTRACTOR_PAUSE")
    here = f"embedded:{tmp_path / 'here.kg'}"
    expected = kgbuilder.build(folder, store=here, extractor=RuleExtractor())
    monkeypatch.setenv("RULE_EXTRACTOR_PAUSE", "0.3")
    settings = kgbuilder.load_settings(
        overrides={"ray": cluster.address, "extractor": "rule_extractor:RuleExtractor"}
    )
    (node,) = cluster.worker_nodes

    def lose(report: kgbuilder.BuildReport) -> None:
        if report.documents > 5 and node in cluster.worker_nodes:
            cluster.remove_node(node, allow_graceful=False)

    monkeypatch.setattr(pipeline, "GROUP_DOCUMENTS", 8)
    monkeypatch.setattr(cluster_reading, "FILES_A_TASK", 12)
    there = f"embedded:{tmp_path / 'there.kg'}"
    report = kgbuilder.build(folder, store=there, settings=settings, observer=lose)
    assert node not in cluster.worker_nodes
    assert (report.documents, report.written, report.failed) == (
        *(expected.documents, expected.written, expected.failed),
    )
    assert contents(there) == contents(here)


def test_a_driver_that_is_killed_and_started_again_loses_and_doubles_nothing(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    there = f"embedded:{tmp_path / 'there.kg'}"
    command = [
        *(sys.executable, "-m", "kgbuilder", "build", str(folder), "--store", there),
        *("--ray", cluster.address, "--extractor", "rule_extractor:RuleExtractor"),
    ]
    first = subprocess.Popen(command, cwd=ROOT)
    deadline = time.monotonic() + 240
    with open_store(there, writer=False) as store:
        while not store.query("MATCH (d:Document) RETURN d.id LIMIT 1"):
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
    first.kill()
    first.wait()
    assert subprocess.run(command, cwd=ROOT).returncode == 1  # two of the files are broken
    here = f"embedded:{tmp_path / 'here.kg'}"
    kgbuilder.build(folder, store=here, extractor=RuleExtractor())
    assert contents(there) == contents(here)


def test_names_are_resolved_on_the_cluster_as_they_are_here(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kgbuilder import cluster_resolving

    monkeypatch.setattr(cluster_resolving, "NAMES_A_TASK", 100)
    monkeypatch.setattr(cluster_resolving, "NAMES_A_PART", 50)
    monkeypatch.setattr(cluster_resolving, "KEYSETS_A_TASK", 5)
    schema = load_schema("general")
    family = [f"{stem}{end}" for stem in ("Bard", "Kinr", "Torm") for end in ("en", "os", "ley")]
    given = ("Jonathan", "John", "Jon", "J. R. Jonathan", "Elizabeth", "Liz", "Elisabeth")
    people = [f"person|{one} {two}".casefold() for one in given for two in family]
    keysets = Counter({(key,): number % 3 + 1 for number, key in enumerate(people)})
    keysets.update([(people[3], people[40]), (people[5], people[50])])
    keysets.update((f"organization|company {number}",) for number in range(30))
    found = cluster_resolving.clusters_on_cluster(keysets, schema, cluster.address)
    wanted = resolve_here(keysets, schema)
    assert len({id(one) for one in wanted.values()}) < len(wanted), "nothing is linked"
    assert {key: (one.keys, one.cut) for key, one in found.items()} == {
        key: (one.keys, one.cut) for key, one in wanted.items()
    }
