"""Rows a second into a store: documents one transaction each, beside a bare UNWIND baseline.

    python benchmarks/store_write.py embedded:/tmp/bench --documents 500
    KGBUILDER_NEO4J_PASSWORD=... python benchmarks/store_write.py bolt://localhost:7687

A row is a node or a relationship. Names follow a Zipf law, so that a few entities are in most
documents, as in real collections. The baseline writes the same number of rows without looking
anything up but the ends of relationships, in batches of 10,000.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

from graph.records import (
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from graph.store import Store, open_store
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


def baseline(store: Store, rows: int) -> float:
    """Rows a second of plain batches: half nodes, half relationships between them."""
    half = rows // 2
    began = time.perf_counter()
    for start in range(0, half, 10_000):
        batch = [
            {"id": f"base{i}", "name": f"Name {i}", "to": f"base{max(0, i - 7)}"}
            for i in range(start, min(half, start + 10_000))
        ]
        store.query(
            "UNWIND $rows AS row CREATE (e:Entity:Baseline {id: row.id, name: row.name})",
            {"rows": batch},
            write=True,
        )
        store.query(
            "UNWIND $rows AS row MATCH (a:Entity {id: row.id}) MATCH (b:Entity {id: row.to}) "
            "CREATE (a)-[:BASELINE {confidence: 0.5, support: 1}]->(b)",
            {"rows": batch},
            write=True,
        )
    return 2 * half / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--entities", type=int, default=24, help="local entities a document")
    parser.add_argument("--pool", type=int, default=20_000, help="distinct entities at most")
    options = parser.parse_args()
    graphs = [synthetic(i, options.pool, options.entities) for i in range(options.documents)]
    with open_store(options.store, writer=True, schema=SCHEMA) as store:
        store.query("MATCH (n) DETACH DELETE n", write=True)
        for graph in (synthetic(i, options.pool, options.entities, seed=1) for i in range(20)):
            store.write(graph)  # warms the server up
        before = count_rows(store)
        seconds = []
        for graph in graphs:
            began = time.perf_counter()
            store.write(graph)
            seconds.append(time.perf_counter() - began)
        rows = count_rows(store) - before
        print(f"{store.product}: {len(graphs)} documents of {options.entities} entities")
        took = sum(seconds)
        print(f"  write    {len(graphs) / took:8.1f} documents/s {rows / took:9.0f} rows/s")
        median = 1000 * statistics.median(seconds)
        print(f"           {rows / len(graphs):8.1f} rows/document, median {median:.1f} ms")
        began = time.perf_counter()
        for graph in graphs:
            assert not store.write(graph).changed
        print(f"  again    {len(graphs) / (time.perf_counter() - began):8.1f} documents/s")
        began = time.perf_counter()
        some = graphs[:: max(1, len(graphs) // 50)]
        for graph in some:
            store.delete(graph.document.id)
        print(f"  delete   {len(some) / (time.perf_counter() - began):8.1f} documents/s")
        print(f"  baseline {baseline(store, max(rows, 20_000)):29.0f} rows/s")
        store.query("MATCH (n) DETACH DELETE n", write=True)


if __name__ == "__main__":
    main()
