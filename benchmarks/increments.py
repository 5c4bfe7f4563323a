"""What one document more, changed or less costs, in graphs of growing size.

    python benchmarks/increments.py embedded:/tmp/increments --entities 1000 10000 100000
    python benchmarks/increments.py bolt://localhost:7687 --hub 50000
    python benchmarks/increments.py embedded:/tmp/increments --entities 1000000 --slim --resume

Fills the store with documents of new entities until it has so many, in groups of 256 documents a
transaction, then adds, changes and deletes documents of 24 entities, each in a transaction of its
own, and shows the median in milliseconds by the clock, and the mean of processor time in this
process and the server's: documents about entities that are spread over the graph, and documents
that mention a hub, an entity of every document (of ``--hub`` documents, which are then filled in
first). With ``--slim`` what is filled in says of its entities only where each is mentioned once,
which is far quicker; the documents that are measured are whole. Empties the store before and
after; with ``--resume`` neither, and it goes on with what an earlier run has filled in, also one
that was stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import statistics
import time
from collections.abc import Callable

from store_write import SCHEMA, Measured, clear, server_pid, synthetic

from graph.records import DocumentGraph, LocalEntity, LocalMention
from graph.store import Store, open_store

SIZE = 24
GROUP = 256


def renamed(graph: DocumentGraph, name: Callable[[int], str]) -> DocumentGraph:
    """The document with other names; they are not written back into its text."""

    def entity(number: int, old: LocalEntity) -> LocalEntity:
        new = name(number)
        value = {"value": new} if old.datatype else {}
        mentions = tuple(
            LocalMention(m.chunk, m.start, m.end, new, m.confidence) for m in old.mentions
        )
        return dataclasses.replace(old, name=new, names=(new,), mentions=mentions, **value)

    entities = tuple(entity(number, old) for number, old in enumerate(graph.entities))
    return dataclasses.replace(graph, entities=entities)


def invented(number: int) -> str:
    """A name of two words that resembles no other."""
    digits = hashlib.sha1(str(number).encode()).hexdigest()
    letters = digits[:16].translate(str.maketrans("0123456789abcdef", "ktrsnlmdgaeiouyb"))
    return f"{letters[:8]} {letters[8:]}".title()


def slim(graph: DocumentGraph) -> DocumentGraph:
    """The document's entities, each mentioned once in its only chunk, and nothing else."""
    chunk = graph.chunks[0]

    def entity(old: LocalEntity) -> LocalEntity:
        place = (0, chunk.start, chunk.start + len(old.name), old.name, 0.9)
        return dataclasses.replace(old, mentions=(LocalMention(*place),))

    return dataclasses.replace(
        graph,
        document=dataclasses.replace(graph.document, text=chunk.text),
        chunks=(chunk,),
        entities=tuple(map(entity, graph.entities)),
        relations=(),
        events=(),
    )


def filling(index: int) -> DocumentGraph:
    """A document of entities that no other has."""
    return renamed(synthetic(index, 10**6, SIZE), lambda n: invented(index * SIZE + n))


def spread(index: int, documents: int) -> DocumentGraph:
    """A document about entities of as many others."""

    def name(number: int) -> str:
        place = (index * 7919 + number * 104729) % documents
        return invented(place * SIZE + number)

    return renamed(synthetic(index, 10**6, SIZE, seed=9), name)


def with_hub(graph: DocumentGraph) -> DocumentGraph:
    """The document with the hub in place of an entity."""
    old = graph.entities[0]
    hub = dataclasses.replace(old, type="place", name="Hub City", names=("Hub City",))
    hub = dataclasses.replace(hub, datatype=None, value=None)
    return dataclasses.replace(graph, entities=(hub, *graph.entities[1:]))


def changed(graph: DocumentGraph) -> DocumentGraph:
    """A new version, without the last relation."""
    document = dataclasses.replace(graph.document, sha256=graph.document.sha256[::-1])
    return dataclasses.replace(graph, document=document, relations=graph.relations[:-1])


def filled(store: Store) -> int:
    """How many documents an earlier run has filled in; what it measured with goes."""
    samples = store.documents_of("file:///bench/9/", prefix=True)
    store.delete_all([document.id for document in samples])
    count = "MATCH (d:Document) WHERE d.source STARTS WITH 'file:///bench/0/' RETURN count(d) AS n"
    return int(store.query(count)[0]["n"])


def measure(store: Store, title: str, graphs: list[DocumentGraph], server: int | None) -> None:
    steps: dict[str, Callable[[DocumentGraph], object]] = {
        "add": store.write,
        "change": lambda graph: store.write(changed(graph)),
        "delete": lambda graph: store.delete_all([graph.document.id]),
    }
    figures = []
    for name, step in steps.items():
        seconds = []
        with Measured(server) as took:
            for graph in graphs:
                began = time.perf_counter()
                step(graph)
                seconds.append(time.perf_counter() - began)
        clock, cpu = 1000 * statistics.median(seconds), 1000 * took.cpu / len(graphs)
        figures.append(f"{name} {clock:6.1f} ms (CPU {cpu:5.1f})")
    print(f"  {title:40} {'  '.join(figures)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--entities", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--hub", type=int, default=0, help="documents that mention the hub")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--slim", action="store_true", help="fill in little but entities")
    parser.add_argument("--resume", action="store_true", help="keep what is there, and go on")
    options = parser.parse_args()

    def fill_in(index: int) -> DocumentGraph:
        return slim(filling(index)) if options.slim else filling(index)

    with open_store(options.store, writer=True, schema=SCHEMA) as store:
        server = server_pid(options.store)
        done = filled(store) if options.resume else 0
        if not done:
            clear(store)
        print(f"{store.product}: {done} documents are there", flush=True)

        def fill(upto: int, make: Callable[[int], DocumentGraph]) -> None:
            nonlocal done
            began = time.perf_counter()
            first = done
            while done < upto:
                some = [make(i) for i in range(done, min(upto, done + GROUP))]
                store.write_all(some)
                done += len(some)
            took = time.perf_counter() - began
            print(f"  filled with {upto - first} documents in {took:.0f} s", flush=True)

        for entities in options.entities:
            fill(max(SIZE * 2, entities) // SIZE, fill_in)
            samples = [spread(i, done) for i in range(options.repeat)]
            measure(store, f"{done * SIZE:,} entities", samples, server)
        if options.hub:
            before = done
            fill(done + options.hub, lambda i: with_hub(fill_in(i)))
            hubs = [with_hub(spread(i, before)) for i in range(options.repeat)]
            measure(store, f"a hub of {options.hub:,} documents", hubs, server)
        if not options.resume:
            clear(store)


if __name__ == "__main__":
    main()
