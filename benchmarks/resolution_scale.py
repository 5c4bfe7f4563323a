"""Time and memory of resolving tables of people's names, and how right it is.

Usage: python benchmarks/resolution_scale.py [--sizes 10000,100000] [--peers PYTHON]

Names are made up: people with a given name, often a middle name, and a surname; a third have a
second row under a variant (nickname, middle initial, order, one letter wrong). Surnames are so
many that chance namesakes are few. Each size runs in a process of its own. PYTHON is an
interpreter that has the peers (see `resolution_peers.py`); neo4j-graphrag's loop compares all
pairs and runs up to 3,000 names.

With ``--neo4j SIZES`` the same is done in a server, which the environment variables of the tests
name (``KGBUILDER_TEST_NEO4J_URI``, ...) and whose database is emptied: neo4j-graphrag's resolver on
nodes that are there (it needs APOC), and kgbuilder writing as many documents, one name in each, by
the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from graph.common_names import GIVEN_NAMES, SURNAMES
from graph.resolving.profiles import full_names

HERE = Path(__file__).parent
GRAPHRAG_LIMIT = 3_000


def people(size: int) -> tuple[list[dict[str, str]], list[int]]:
    """``size`` rows of given, middle and surname, and who each is."""
    rng = random.Random(size)
    givens, stems = sorted(GIVEN_NAMES), sorted(SURNAMES)
    endings = ["", "son", "er", "man", "ton", "field", "berg", "ley", "wood", "ham", "ford", "well"]
    rows: list[dict[str, str]] = []
    who: list[int] = []
    number = 0
    while len(rows) < size:
        surname = rng.choice(stems) + rng.choice(endings) + rng.choice(["", rng.choice(stems)])
        person = {
            "given": rng.choice(givens),
            "middle": rng.choice(["", "", rng.choice(givens)]),
            "surname": surname,
        }
        rows.append(person)
        who.append(number)
        if rng.random() < 0.33 and len(rows) < size:
            rows.append(variant(person, rng))
            who.append(number)
        number += 1
    return rows, who


def variant(person: dict[str, str], rng: random.Random) -> dict[str, str]:
    other = dict(person)
    kind = rng.choice(["nickname", "middle", "order", "letter"])
    short = sorted(n for n in GIVEN_NAMES if person["given"] in full_names(n))
    if kind == "nickname" and short:
        other["given"] = rng.choice(short)
    elif kind == "order":
        other = {"given": person["surname"], "middle": "", "surname": person["given"]}
    elif kind == "letter":
        at = rng.randrange(1, len(person["surname"]))
        letters = person["surname"]
        other["surname"] = letters[:at] + rng.choice("aeiou") + letters[at + 1 :]
    else:
        other["middle"] = person["middle"][:1] or rng.choice("abcdefgh")
    return other


def full_name(row: dict[str, str]) -> str:
    return " ".join(part for part in (row["given"], row["middle"], row["surname"]) if part).title()


def scores(found: list, truth: list[int]) -> str:
    def pairs(labels: list) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(labels).values())

    both = pairs(list(zip(found, truth, strict=True)))
    ours, gold = pairs(found), pairs(truth)
    precision, recall = both / max(1, ours), both / max(1, gold)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"P {precision:.3f} R {recall:.3f} F1 {f1:.3f}"


def measure(size: int) -> None:
    """Resolve one table in this process and print a line."""
    rows, who = people(size)
    names = [full_name(row) for row in rows]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, cpu = time.perf_counter(), time.process_time()
    from graph.resolving.tables import resolve_names

    found = resolve_names(names, "person")
    spent, worked = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"kgbuilder {size:>9,} names: {spent:6.1f} s ({worked:.1f} s of CPU), "
        f"{peak:,.0f} MiB at most ({before:,.0f} before), "
        f"{len(found.pairs) / size:.1f} pairs a name; {scores(found.clusters.tolist(), who)}"
    )


def measure_peer(kind: str, size: int, python: str) -> None:
    rows, who = people(size)
    rows = [row | {"name": full_name(row)} for row in rows] if kind.startswith("graphrag") else rows
    task = {
        "rows": rows,
        "name": "name",
        "blocking": [["surname"], ["given", "middle"]],
        "certain": [["given", "surname"]],
    }
    done = subprocess.run(
        [python, str(HERE / "resolution_peers.py"), kind],
        input=json.dumps(task), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{kind} {size:>9,} names: failed: {done.stderr.strip().splitlines()[-1][:200]}")
        return
    answer = json.loads(done.stdout)
    right = scores(answer["clusters"], who)
    cost = (
        f"{answer['clock']:6.1f} s ({answer['cpu']:.1f} s of CPU), {answer['mib']:,.0f} MiB at most"
    )
    print(f"{kind} {size:>9,} names: {cost}; {right}", flush=True)


def measure_store(size: int) -> None:
    """Write documents with one name each into Neo4j, where they are resolved."""
    from graph.records import DocumentGraph, LocalEntity, LocalMention
    from graph.store import open_store
    from ingest.documents import Chunk, Document, content_hash
    from model.schema import EntityType, Schema

    uri, user, password = (
        os.environ[f"KGBUILDER_TEST_NEO4J_{name}"] for name in ("URI", "USER", "PASSWORD")
    )
    rows, who = people(size)
    graphs = []
    for number, row in enumerate(rows):
        name = full_name(row)
        uri_of = f"urn:{number}"
        document = Document(uri_of, uri_of, "text/plain", "en", "", name, content_hash(name))
        mention = LocalMention(0, 0, len(name), name, 1.0)
        entity = LocalEntity("e0", "person", name, (name,), (mention,))
        chunk = Chunk(document.id, 0, 0, len(name), name)
        graphs.append(DocumentGraph(document, "benchmark", (chunk,), (entity,), (), ()))
    schema = Schema("people", entities=(EntityType("person"),))
    number_of = {graph.document.id: number for number, graph in enumerate(graphs)}
    with open_store(uri, writer=True, schema=schema, user=user, password=password) as store:
        store.query("MATCH (n) DETACH DELETE n", write=True)
        began = time.perf_counter()
        for start in range(0, size, 200):
            store.write_all(graphs[start : start + 200])
        spent = time.perf_counter() - began
        found = [""] * size
        for pair in store.stream(
            "MATCH (d:Document)-[:HAS_ENTITY]->(e) RETURN d.id AS document, e.id AS id"
        ):
            found[number_of[pair["document"]]] = pair["id"]
        store.query("MATCH (n) DETACH DELETE n", write=True)
    right = scores(found, who)
    print(f"kgbuilder in Neo4j {size:>9,} names: {spent:6.1f} s, with writing; {right}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter with the peers")
    parser.add_argument("--one", type=int, help="measure one size in this process")
    parser.add_argument("--neo4j", metavar="SIZES", help="inside a server instead: 1000,3000")
    arguments = parser.parse_args()
    if arguments.one:
        measure(arguments.one)
        return
    if arguments.neo4j:
        for size in map(int, arguments.neo4j.split(",")):
            measure_store(size)
            if arguments.peers:
                measure_peer("graphrag-neo4j", size, arguments.peers)
        return
    for size in map(int, arguments.sizes.split(",")):
        subprocess.run([sys.executable, __file__, "--one", str(size)], check=True)
        if arguments.peers:
            measure_peer("splink", size, arguments.peers)
    if arguments.peers:
        for size in (1_000, GRAPHRAG_LIMIT):
            measure_peer("graphrag", size, arguments.peers)


if __name__ == "__main__":
    main()
