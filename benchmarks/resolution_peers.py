"""What users would pick instead, for the other scripts: splink and neo4j-graphrag's matching.

Runs in an environment of its own: pip install splink "neo4j-graphrag[fuzzy-matching]" pandas
Usage: PYTHON resolution_peers.py splink|graphrag|graphrag-neo4j < rows.json > clusters.json

Input is {"rows": [{column: text}], "blocking": [[column]], "name": column}, and for splink
"certain": [[column]], columns whose equal values mean one thing with few exceptions. Output is the
cluster of each row, the seconds that resolving took, by the clock and of CPU in this process (all
threads together), and the most memory that it held, in MiB. Neo4j has to have APOC; the environment
variables of the tests name it (``KGBUILDER_TEST_NEO4J_URI``, ..._USER, ..._PASSWORD), and its
database is emptied.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from itertools import combinations

EM_PAIRS = 5e6  # pairs that each pass of expectation maximisation looks at
DUCKDB_MEMORY = "6GB"  # of what the machine has, 24 GiB; beyond it DuckDB writes to the disk


class Stopwatch:
    """Seconds since it was made, by the clock and of CPU."""

    def __init__(self) -> None:
        self.clock, self.cpu = time.perf_counter(), time.process_time()

    def stop(self) -> dict[str, float]:
        return {
            "clock": time.perf_counter() - self.clock,
            "cpu": time.process_time() - self.cpu,
            "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def by_splink(task: dict) -> tuple[list[int], dict[str, float]]:
    import duckdb
    import pandas as pd
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    columns = list(task["rows"][0])
    frame = pd.DataFrame(task["rows"]).replace("", None)
    frame["unique_id"] = range(len(frame))
    watch = Stopwatch()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[cl.JaroWinklerAtThresholds(name, [0.92, 0.8, 0.6]) for name in columns],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in task["blocking"]],
        retain_matching_columns=False,  # saves memory, as its documentation advises
    )
    connection = duckdb.connect(config={"memory_limit": DUCKDB_MEMORY})
    linker = Linker(DuckDBAPI(connection).register(frame), settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in task.get("certain", [columns[:3]])], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in task["blocking"][:2]:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), max_pairs=EM_PAIRS
        )
    found = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, 0.5)
    table = clusters.as_pandas_dataframe().sort_values("unique_id")
    return [int(value) for value in table["cluster_id"]], watch.stop()


def by_graphrag(task: dict) -> tuple[list[int], dict[str, float]]:
    """The loop of `FuzzyMatchResolver`: its own similarity for all pairs, threshold 0.8."""
    from neo4j_graphrag.experimental.components.resolver import FuzzyMatchResolver

    resolver = FuzzyMatchResolver.__new__(FuzzyMatchResolver)
    names = [row[task["name"]] for row in task["rows"]]
    watch = Stopwatch()
    pairs = [
        {one, two}
        for one, two in combinations(range(len(names)), 2)
        if resolver.compute_similarity(names[one], names[two]) >= 0.8
    ]
    merged = FuzzyMatchResolver._consolidate_sets(pairs)
    spent = watch.stop()
    cluster = list(range(len(names)))
    for group in merged:
        for row in group:
            cluster[row] = min(group)
    return cluster, spent


def by_graphrag_in_neo4j(task: dict) -> tuple[list[int], dict[str, float]]:
    """`FuzzyMatchResolver` as it is, on nodes with these names, which it merges."""
    import asyncio

    import neo4j
    from neo4j_graphrag.components.resolver import FuzzyMatchResolver

    uri, user, password = (
        os.environ[f"KGBUILDER_TEST_NEO4J_{name}"] for name in ("URI", "USER", "PASSWORD")
    )
    rows = [{"row": n, "name": row[task["name"]]} for n, row in enumerate(task["rows"])]
    with neo4j.GraphDatabase.driver(uri, auth=(user, password)) as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
        driver.execute_query(
            "UNWIND $rows AS row CREATE (:Row {row: row.row})-[:IS]->"
            "(:__Entity__:Person {name: row.name})",
            rows=rows,
        )
        watch = Stopwatch()
        asyncio.run(FuzzyMatchResolver(driver).run())
        spent = watch.stop()
        found, _, _ = driver.execute_query(
            "MATCH (r:Row)-[:IS]->(e) RETURN r.row AS row, elementId(e) AS id ORDER BY row"
        )
        driver.execute_query("MATCH (n) DETACH DELETE n")
    first: dict[str, int] = {}
    return [first.setdefault(record["id"], record["row"]) for record in found], spent


if __name__ == "__main__":
    work = {
        "splink": by_splink,
        "graphrag": by_graphrag,
        "graphrag-neo4j": by_graphrag_in_neo4j,
    }[sys.argv[1]]
    found, spent = work(json.load(sys.stdin))
    json.dump({"clusters": found, **spent}, sys.stdout)
