"""Extraction on a Ray cluster of several nodes on this machine, some of which are killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from rule_extractor import RuleExtractor

from model.schema_loader import load_schema

ray = pytest.importorskip("ray", reason="Ray is not installed (the extra scale)")

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
TEXTS = [f"Jane Smith founded Acme Company in {1900 + number}." for number in range(90)]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "support")))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("RULE_EXTRACTOR_PAUSE", "0.3")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "240")
    from ray.cluster_utils import Cluster  # reads the environment

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    yield made
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
