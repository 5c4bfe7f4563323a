"""Rows a second into a store, evidence included, beside other ways to write them.

    python benchmarks/store_write.py embedded:/tmp/bench
    NEO4J_APOC=1 ...  # a server with APOC, which the peers need
    python benchmarks/store_write.py bolt://localhost:7687 --peers /path/to/venv/bin/python

A row is a node or a relationship. Names follow Zipf's law, so that a few entities are in most
documents, as in real collections. Beside it, in the same run:

- bare: a loop of ``UNWIND`` statements that writes the very same nodes and relationships with
  their properties, grouped by labels and types, 10,000 rows a batch; it is told everything and
  looks up nothing but the ends of relationships;
- with ``--peers``, a Python that has ``neo4j-graphrag`` and ``langchain-neo4j``: their writers on
  the same records (chunks, entities, relations, events), without evidence or resolution.

CPU seconds are those of this process and of the server: on a machine that is busy otherwise they
say more than the clock does. Empties the store. Neo4j's user and password come from
``KGBUILDER_NEO4J_USER`` and ``KGBUILDER_NEO4J_PASSWORD``, its process id from ``NEO4J_PID``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

from graph.records import (
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from graph.store import Store, WriteResult, open_store
from graph.store.embedded import running_server
from ingest.documents import Chunk, Document, content_hash
from model.schema import EntityType, EventType, RelationType, Role, Schema

TYPES = ("person", "organization", "place", "product", "work", "date")
RELATIONS = tuple(f"relation {index}" for index in range(12))
SCHEMA = Schema(
    name="benchmark",
    entities=tuple(EntityType(name, datatype="date" if name == "date" else None) for name in TYPES),
    relations=tuple(RelationType(name) for name in RELATIONS),
    events=tuple(
        EventType(f"event {index}", roles=(Role("agent"), Role("object"), Role("place")))
        for index in range(6)
    ),
)


def synthetic(index: int, pool: int, size: int, seed: int = 0) -> DocumentGraph:
    """A document of ``size`` entities, each with some two mentions; half as many relations."""
    rng = random.Random(f"{seed}/{index}")
    chunks_n = max(1, size // 3)
    sentence = "The committee met again and agreed on what had been proposed before. " * 8
    text = ""
    chunks = []
    for position in range(chunks_n):
        start = len(text)
        text += f"{position} {sentence}"
        chunks.append((position, start, len(text) - 1))
        text += "\n"
    ranks: set[int] = set()
    while len(ranks) < size:
        ranks.add(int(pool ** rng.random()))  # Zipf's law: rank r as often as 1/r
    entities = []
    for number, rank in enumerate(ranks):
        kind = TYPES[rank % len(TYPES)]
        name = f"Name{rank} of {kind}"
        names = (name,) if rng.random() < 0.8 else (name, f"{name} the {rank % 7}th")
        mentions = []
        for _ in range(rng.randint(1, 3)):
            chunk, start, _end = rng.choice(chunks)
            mentions.append(LocalMention(chunk, start, start + len(name), name, 0.9))
        entities.append(
            LocalEntity(
                local=f"e{number}",
                type=kind,
                name=name,
                names=names,
                mentions=tuple(mentions),
                datatype="date" if kind == "date" else None,
                value=f"{1000 + rank}" if kind == "date" else None,
            )
        )

    def local() -> str:
        return f"e{rng.randrange(size)}"

    document = Document(
        uri=f"file:///bench/{seed}/{index}.txt",
        source=f"file:///bench/{seed}/{index}.txt",
        media_type="text/plain",
        language="en",
        title=f"Document {index}",
        text=text,
        sha256=content_hash(f"{index} {text}"),
    )
    return DocumentGraph(
        document=document,
        pipeline="benchmark",
        chunks=tuple(Chunk(document.id, i, s, e, text[s:e]) for i, s, e in chunks),
        entities=tuple(entities),
        relations=tuple(
            LocalRelation(
                rng.choice(RELATIONS), local(), local(), rng.randrange(chunks_n), rng.random()
            )
            for _ in range(size // 2)
        ),
        events=tuple(
            LocalEvent(
                type=f"event {rng.randrange(6)}",
                trigger="met",
                chunk=chunk,
                start=start,
                end=start + 3,
                confidence=0.8,
                arguments=(
                    LocalArgument("agent", local(), 0.8),
                    LocalArgument("object", local(), 0.7),
                ),
            )
            for chunk, start, _ in rng.sample(chunks, min(len(chunks), max(1, size // 6)))
        ),
    )


def count_rows(store: Store) -> int:
    nodes = store.query("MATCH (n) RETURN count(n) AS n")[0]["n"]
    relationships = store.query("MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"]
    return int(nodes + relationships)


class Measured:
    """Seconds by the clock, and of processor time in this process and the server's."""

    def __init__(self, server: int | None) -> None:
        self._processes = [psutil.Process(pid) for pid in (os.getpid(), server) if pid]

    def __enter__(self) -> Measured:
        self._cpu, self._began = self._used(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._began
        self.cpu = self._used() - self._cpu

    def _used(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return sum(t.user + t.system for t in times)


def show(title: str, rows: int, documents: int, took: Measured) -> None:
    by_clock = f"{documents / took.seconds:8.1f} documents/s {rows / took.seconds:9,.0f} rows/s"
    print(f"  {title:26} {by_clock} {rows / took.cpu:9,.0f} rows/CPU second", flush=True)


def clear(store: Store) -> None:
    rest = "(n) WHERE NOT n:GraphSettings"
    for what in ("(n:Chunk)", "(n:Event)", "(n:EntityKey)", "(n:Document)", "(n:Entity)", rest):
        query = f"MATCH {what} WITH n LIMIT 10000 DETACH DELETE n RETURN count(n) AS n"
        while store.query(query, write=True)[0]["n"]:
            pass


BASES = ("Document", "Chunk", "Entity", "EntityKey", "Event")


class Rows:
    """All nodes and relationships of a store, as they are written by hand."""

    def __init__(self, store: Store) -> None:
        self.nodes: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        self.relationships: defaultdict[tuple[str, str, str], list[dict[str, Any]]]
        self.relationships = defaultdict(list)
        for row in store.stream(
            "MATCH (n) WHERE NOT n:GraphSettings RETURN labels(n) AS labels, properties(n) AS p"
        ):
            self.nodes[tuple(sorted(row["labels"]))].append(row["p"])
        for row in store.stream(
            "MATCH (a)-[r]->(b) RETURN labels(a) AS x, a.id AS a, type(r) AS type, "
            "labels(b) AS y, b.id AS b, properties(r) AS p"
        ):
            x, y = (next(base for base in BASES if base in row[end]) for end in "xy")
            item = {"a": row["a"], "b": row["b"], "p": row["p"]}
            self.relationships[x, row["type"], y].append(item)

    def __len__(self) -> int:
        return sum(map(len, self.nodes.values())) + sum(map(len, self.relationships.values()))

    def write(self, store: Store, batch: int = 10_000) -> None:
        for labels, items in self.nodes.items():
            text = f"UNWIND $rows AS row CREATE (n:{':'.join(labels)}) SET n = row"
            self._run(store, text, items, batch)
        for (x, kind, y), items in self.relationships.items():
            text = f"UNWIND $rows AS row MATCH (a:{x} {{id: row.a}}) MATCH (b:{y} {{id: row.b}}) "
            self._run(store, f"{text}CREATE (a)-[r:{kind}]->(b) SET r = row.p", items, batch)

    def _run(self, store: Store, text: str, items: list[dict[str, Any]], batch: int) -> None:
        for start in range(0, len(items), batch):
            store.query(text, {"rows": items[start : start + batch]}, write=True)


def plain_records(graphs: list[DocumentGraph]) -> list[dict[str, Any]]:
    """What the documents state, for writers that know neither evidence nor resolution."""
    return [
        {
            "id": graph.document.id,
            "text": graph.document.text,
            "chunks": [{"id": c.id, "index": c.index, "text": c.text} for c in graph.chunks],
            "entities": [
                {
                    "id": entity.local,
                    "type": entity.type,
                    "name": entity.name,
                    "chunks": sorted({mention.chunk for mention in entity.mentions}),
                }
                for entity in graph.entities
            ],
            "relations": [
                [r.head, r.type.replace(" ", "_").upper(), r.tail, r.confidence]
                for r in graph.relations
            ],
            "events": [
                {
                    "type": event.type.title().replace(" ", ""),
                    "trigger": event.trigger,
                    "chunk": event.chunk,
                    "arguments": [[a.role.upper(), a.entity] for a in event.arguments],
                }
                for event in graph.events
            ],
        }
        for graph in graphs
    ]


def server_pid(store_url: str) -> int | None:
    if store_url.startswith("embedded:"):
        info = running_server(Path(store_url.removeprefix("embedded:")).absolute())
        return info.pid if info else None
    return int(os.environ["NEO4J_PID"]) if "NEO4J_PID" in os.environ else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--documents", type=int, default=640)
    parser.add_argument("--group", type=int, default=64, help="documents a transaction")
    parser.add_argument("--turns", type=int, default=2, help="a cold server gets faster for long")
    parser.add_argument("--entities", type=int, default=24, help="local entities a document")
    parser.add_argument("--pool", type=int, default=20_000, help="distinct entities at most")
    parser.add_argument("--peers", help="a Python that has the other writers")
    options = parser.parse_args()

    def made(documents: int, seed: int) -> list[DocumentGraph]:
        return [synthetic(i, options.pool, options.entities, seed) for i in range(documents)]

    graphs = made(options.documents, 0)
    with open_store(options.store, writer=True, schema=SCHEMA) as store:
        server = server_pid(options.store)

        def write(some: list[DocumentGraph]) -> Measured:
            with Measured(server) as took:
                for start in range(0, len(some), options.group):
                    for result in store.write_all(some[start : start + options.group]):
                        assert isinstance(result, WriteResult) and result.changed, result
            return took

        print(f"{store.product}: {len(graphs)} documents of {options.entities} entities")
        clear(store)
        write(made(options.documents // 2, 1))  # warms the server up
        clear(store)
        for turn in range(1, options.turns + 1):
            took = write(graphs)
            rows = Rows(store)
            show(f"turn {turn}: groups of {options.group}", len(rows), len(graphs), took)
            clear(store)
            with Measured(server) as took:
                rows.write(store)
            show(f"turn {turn}: bare, the same rows", len(rows), len(graphs), took)
            clear(store)
        write(graphs)
        with Measured(server) as took:
            for graph in graphs:
                assert not store.write(graph).changed
        show("again, nothing to do", 0, len(graphs), took)
        singles = made(50, 2)
        before = count_rows(store)
        with Measured(server) as took:
            for graph in singles:
                store.write(graph)
        show("one document a transaction", count_rows(store) - before, len(singles), took)
        before = count_rows(store)
        with Measured(server) as took:
            for graph in singles:
                store.delete(graph.document.id)
        show("deletes, one by one", before - count_rows(store), len(singles), took)
        clear(store)
        if options.peers:
            peers(store, options.store, graphs, options.peers, server)


def peers(
    store: Store, url: str, graphs: list[DocumentGraph], python: str, server: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.json")
        path.write_text(json.dumps(plain_records(graphs)), encoding="utf-8")
        script = str(Path(__file__).with_name("store_write_peers.py"))
        for name in ("neo4j-graphrag", "langchain"):
            ready = [python, script, name, url, str(path)]
            process = subprocess.Popen(ready, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert process.stdin is not None and process.stdout is not None
            process.stdout.readline()  # imports and records are loaded
            with Measured(server) as took:
                process.stdin.write(b"go\n")
                process.stdin.flush()
                process.stdout.readline()
            took.cpu += float(process.stdout.readline())
            process.wait()
            show(name, count_rows(store) - 1, len(graphs), took)
            clear(store)


if __name__ == "__main__":
    main()
