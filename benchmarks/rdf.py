"""RDF export, import and search: quads a second beside rdflib and Oxigraph itself, and memory.

    python benchmarks/rdf.py speed [--documents 1000] [--rdflib-documents 100]
    python benchmarks/rdf.py memory [--documents 10000]
    python benchmarks/rdf.py search [--entities 100000]

Rates are by processor time of all threads; behind them stand those by the clock, since a load uses
two threads. ``load`` is the bulk loader's work and all that a store needs beside it: the index of
names, keys and blocks. ``memory`` loads a store on the disk, exports it in a process of its own,
and tells the peak of that: it should be that of a store a tenth as large. ``search`` asks for the
best twenty by the index and by a scan of all names.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyoxigraph as ox
import rdflib
from explorer import FIRST, LAST
from export import SCHEMA, SyntheticSource

from graph.export import export
from graph.export.source import EntityRow
from graph.rdf.document import DocumentLines, RdfOptions
from graph.rdf.endpoint import select
from graph.rdf.layout import Layout
from graph.rdf.lines import statements
from graph.rdf.searching import index_lines
from graph.rdf.store import RdfStore
from graph.store import open_store
from model.ontology.iris import DEFAULT_BASE


def timed(name: str, triples: int, work: Callable[[], object]) -> None:
    began, clock = time.process_time(), time.perf_counter()
    work()
    seconds, clock = time.process_time() - began, time.perf_counter() - clock
    print(
        f"{name:45} {triples:>10,} quads {triples / seconds:>12,.0f}/s"
        f" {triples / clock:>12,.0f}/s by the clock",
        flush=True,
    )


def opened(folder: Path, *, writer: bool) -> RdfStore:
    store = open_store(f"rdf:{folder}", writer=writer)
    assert isinstance(store, RdfStore)
    return store


def speed(documents: int, few_documents: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, few = folder / "graph.nq", folder / "few.nq"
        count = export(SyntheticSource(documents), file, "nquads", SCHEMA).rows
        small = export(SyntheticSource(few_documents), few, "nquads", SCHEMA).rows
        with opened(folder / "warm", writer=True) as store:
            store.load(few)  # reads the tables of names, once in a process
        with Path(os.devnull).open("wb") as nowhere:
            for format in ("nquads", "trig"):
                source = SyntheticSource(documents)
                timed(
                    f"export {format}",
                    count,
                    lambda s=source, f=format: export(s, nowhere, f, SCHEMA),
                )
            with opened(folder / "kg", writer=True) as store:
                timed("load nquads into a store", count, lambda: store.load(file))
                for format in ("nquads", "trig"):
                    timed(
                        f"export {format} of that store",
                        count,
                        lambda f=format: export(store, nowhere, f),
                    )
        dataset = rdflib.Dataset()
        timed("rdflib parses nquads", small, lambda: dataset.parse(few, format="nquads"))
        for format in ("nquads", "trig"):
            timed(
                f"rdflib serializes {format}",
                small,
                lambda f=format: dataset.serialize(os.devnull, format=f),
            )
        bulk = ox.Store(folder / "bulk")
        timed(
            "Oxigraph bulk loader",
            count,
            lambda: bulk.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS),
        )
        for format in (ox.RdfFormat.N_QUADS, ox.RdfFormat.TRIG):
            timed(
                f"Oxigraph dumps {format.name}", count, lambda f=format: bulk.dump(io.BytesIO(), f)
            )


def memory(documents: int) -> None:
    for size in (documents // 10, documents):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "graph.nq"
            count = export(SyntheticSource(size), file, "nquads", SCHEMA).rows
            for step in ("load", "export"):
                run = [sys.executable, __file__, "step", step, folder]
                subprocess.run(run, check=True, env={**os.environ, "QUADS": str(count)})


def step(name: str, folder: Path) -> None:
    """One step of `memory`, in this process."""
    count = int(os.environ["QUADS"])
    with (
        opened(folder / "kg", writer=name == "load") as store,
        Path(os.devnull).open("wb") as nowhere,
    ):
        work = {
            "load": lambda: store.load(folder / "graph.nq"),
            "export": lambda: export(store, nowhere, "nquads"),
        }[name]
        timed(f"{name} of a store", count, work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:45} {count:>10,} quads {peak:>12,.0f} MiB at most", flush=True)


def search(entities: int) -> None:
    layout = Layout(SCHEMA, DEFAULT_BASE)
    lines = DocumentLines(layout, RdfOptions())
    chance = random.Random(7)
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
    given = "明华建国文俊天祥小红志强丽芳伟军平云海波"
    with tempfile.TemporaryDirectory() as name, opened(Path(name) / "kg", writer=True) as store:
        file = Path(name) / "entities.nq"
        with file.open("wb") as stream:
            stream.write(statements(layout.schema_lines(), layout.ontology))
            for number in range(entities):
                if number % 3 == 0:
                    called = chance.choice(surnames) + "".join(chance.choices(given, k=2))
                else:
                    middle = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                    called = f"{chance.choice(FIRST)} {middle}. {chance.choice(LAST)}{number % 997}"
                id = f"{number:032x}"
                said = lines.entity(EntityRow(id, "person", called))
                said += index_lines(layout.entity(id), [called], 1 + number % 7)
                stream.write(statements(said, layout.entities))
        store.load(file)
        label = "<http://www.w3.org/2000/01/rdf-schema#label>"
        support = "<https://kgbuilder.github.io/ns#support>"
        for text in ("ada", "a", "Fischer", "fisch", "david c garcia", "文俊", "王", "nobody"):
            scan = (
                f"SELECT ?e {{ GRAPH {layout.entities} {{ ?e {label} ?name ; {support} ?n "
                f'FILTER CONTAINS(LCASE(?name), "{text.lower()}") }} }} ORDER BY DESC(?n) LIMIT 20'
            )
            by_index = _median(partial(store.search, text))
            by_scan = _median(partial(select, store.endpoint, scan))
            print(
                f"search {text!r:18} {len(store.search(text)):3} hits {by_index:8.1f} ms,"
                f" a scan {by_scan:8.1f} ms",
                flush=True,
            )


def _median(work: Callable[[], object]) -> float:
    """Of five runs, in milliseconds."""
    seconds = []
    for _ in range(5):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    steps = parser.add_subparsers(dest="what", required=True)
    one = steps.add_parser("speed")
    one.add_argument("--documents", type=int, default=1000)
    one.add_argument("--rdflib-documents", type=int, default=100)
    steps.add_parser("memory").add_argument("--documents", type=int, default=10_000)
    steps.add_parser("search").add_argument("--entities", type=int, default=100_000)
    inner = steps.add_parser("step")
    inner.add_argument("name")
    inner.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    if given.what == "speed":
        speed(given.documents, given.rdflib_documents)
    elif given.what == "memory":
        memory(given.documents)
    elif given.what == "search":
        search(given.entities)
    else:
        step(given.name, given.folder)


if __name__ == "__main__":
    main()
