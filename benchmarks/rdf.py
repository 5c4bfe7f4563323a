"""Triples a second of RDF export, beside rdflib and Oxigraph's own loader and dump.

    python benchmarks/rdf.py [--documents 1000] [--rdflib-documents 100]

Times are of processor time, all threads.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import rdflib
from export import SCHEMA, SyntheticSource

from graph.export import export


def timed(name: str, triples: int, work: Callable[[], object]) -> None:
    began = time.process_time()
    work()
    seconds = time.process_time() - began
    print(f"{name:45} {triples:>10,} quads {triples / seconds:>12,.0f}/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--rdflib-documents", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, few = Path(folder) / "graph.nq", Path(folder) / "few.nq"
        count = export(SyntheticSource(arguments.documents), file, "nquads", SCHEMA).rows
        small = export(SyntheticSource(arguments.rdflib_documents), few, "nquads", SCHEMA).rows
        for format in ("nquads", "trig"):
            with Path(os.devnull).open("wb") as stream:
                source = SyntheticSource(arguments.documents)
                timed(
                    f"export {format}",
                    count,
                    lambda s=source, f=format, o=stream: export(s, o, f, SCHEMA),
                )
        dataset = rdflib.Dataset()
        timed("rdflib parses nquads", small, lambda: dataset.parse(few, format="nquads"))
        for format in ("nquads", "trig"):
            timed(
                f"rdflib serializes {format}",
                small,
                lambda f=format: dataset.serialize(os.devnull, format=f),
            )
        store = ox.Store(Path(folder) / "bulk")
        timed(
            "Oxigraph bulk loader",
            count,
            lambda: store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS),
        )
        timed(
            "Oxigraph dumps nquads", count, lambda: store.dump(io.BytesIO(), ox.RdfFormat.N_QUADS)
        )


if __name__ == "__main__":
    main()
