"""Speed and memory of exports: every format on a synthetic graph, and rdflib on the same triples.

    python benchmarks/export.py [--documents 4200] [--rdflib-documents 300]

Each measurement is a process of its own. The graph is made while it is read, so that the peak
memory is the exporter's: it should not grow with the number of documents.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

from graph.export import FORMATS, export
from graph.export.source import (
    ArgumentRow,
    ChunkRow,
    DocumentFacts,
    DocumentRow,
    EntityRow,
    EventRow,
    EvidenceRow,
    LocalRow,
    MemberRow,
    MentionRow,
    RelationRow,
)
from graph.resolving.decisions import Decisions
from model.schema import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    "benchmark",
    entities=(EntityType("person", iri="https://schema.org/Person"), EntityType("date")),
    relations=(RelationType("knows", iri="https://schema.org/knows"), RelationType("born")),
    events=(EventType("meeting", roles=(Role("participant"), Role("time"))),),
)
_PEOPLE = 6  # in a document; about 240 triples a document


class SyntheticSource:
    """``documents`` documents of one chunk; nothing of them is kept."""

    def __init__(self, documents: int) -> None:
        self._documents = documents

    def decisions(self) -> Decisions:
        return Decisions()

    def by_document(self) -> Iterator[DocumentFacts]:
        return (_facts(number) for number in range(self._documents))

    def documents(self) -> Iterator[DocumentRow]:
        return (facts.document for facts in self.by_document())

    def chunks(self) -> Iterator[ChunkRow]:
        return chain.from_iterable(facts.chunks for facts in self.by_document())

    def entities(self) -> Iterator[EntityRow]:
        return (member.entity for facts in self.by_document() for member in facts.members)

    def mentions(self) -> Iterator[MentionRow]:
        return chain.from_iterable(facts.mentions for facts in self.by_document())

    def relations(self) -> Iterator[RelationRow]:
        return chain.from_iterable(facts.relations for facts in self.by_document())

    def events(self) -> Iterator[EventRow]:
        return chain.from_iterable(facts.events for facts in self.by_document())


def _facts(number: int) -> DocumentFacts:
    id = f"{number:016x}"
    chunk = f"{id}#0"
    people = [
        EntityRow(f"{number * _PEOPLE + i:032x}", "person", f"Person 人物 {number}-{i}", (f"P{i}",))
        for i in range(_PEOPLE)
    ]
    born = EntityRow(f"d{number:031x}", "date", "1815", (), "date", "1815")
    entities = [*people, born]
    evidence = EvidenceRow(id, chunk, "e0", "e1", 0.8)
    return DocumentFacts(
        document=DocumentRow(
            id, f"file:///{number}.txt", f"Document {number}", "en", "0" * 64, "pipeline"
        ),
        chunks=(ChunkRow(chunk, id, 0, 0, 1200, "Some text of a chunk. " * 54),),
        members=tuple(
            MemberRow(entity, (entity.name,), (_local(f"e{i}", entity),))
            for i, entity in enumerate(entities)
        ),
        mentions=tuple(
            MentionRow(id, i * 20, i * 20 + 15, f"e{i}", chunk, entity.id, entity.name, 0.9)
            for i, entity in enumerate(entities)
        ),
        relations=(
            *(
                RelationRow("knows", one.id, other.id, 0.8, (evidence,))
                for one, other in pairwise(people)
            ),
            RelationRow("born", people[0].id, born.id, 0.8, (evidence,)),
        ),
        events=(
            EventRow(
                id=f"e{number:031x}",
                type="meeting",
                document=id,
                chunk=chunk,
                trigger="met",
                start=7,
                end=10,
                confidence=0.7,
                arguments=(
                    ArgumentRow("participant", people[0].id, 0.6, "e0"),
                    ArgumentRow("time", born.id, 0.6, "e6"),
                ),
            ),
        ),
    )


def _local(local: str, entity: EntityRow) -> LocalRow:
    name, key = entity.name, f"{entity.type}|{entity.name.casefold()}"
    return LocalRow(local, entity.type, name, (name,), (key,), entity.datatype, entity.value)


def measure(format: str, documents: int) -> dict[str, object]:
    """One export to nowhere, in this process."""
    if format == "csv":
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            stats = export(SyntheticSource(documents), f"{folder}/out", format, SCHEMA)
            seconds = time.process_time() - began
    else:
        with Path(os.devnull).open("wb") as stream:
            began = time.process_time()
            stats = export(SyntheticSource(documents), stream, format, SCHEMA)
            seconds = time.process_time() - began
    return _result(format, documents, stats.rows, seconds)


def measure_rdflib(format: str, documents: int) -> dict[str, object]:
    """rdflib's serializer on the same triples; filling its graph is not counted."""
    import rdflib

    stream = io.BytesIO()
    export(SyntheticSource(documents), stream, "nquads", SCHEMA)
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=stream.getvalue(), format="nquads")
    name = {"ntriples": "nt", "jsonld": "json-ld"}.get(format, format)
    graph: rdflib.Graph = dataset
    if format in ("turtle", "ntriples"):
        graph = rdflib.Graph()
        for triple in dataset.triples((None, None, None)):
            graph.add(triple)
    began = time.process_time()
    graph.serialize(destination=os.devnull, format=name)
    return _result("rdflib " + format, documents, len(graph), time.process_time() - began)


def _result(name: str, documents: int, rows: int, seconds: float) -> dict[str, object]:
    """``seconds`` are of processor time, so that a busy machine does not matter."""
    return {
        "format": name,
        "documents": documents,
        "rows": rows,
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=4200)
    parser.add_argument("--rdflib-documents", type=int, default=300)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name = arguments.one.removeprefix("rdflib:")
        function = measure if name == arguments.one else measure_rdflib
        print(json.dumps(function(name, arguments.documents)))
        return
    jobs = [
        (name, count)
        for name in arguments.formats
        for count in (arguments.documents // 10, arguments.documents)
    ]
    jobs += [
        (f"rdflib:{name}", arguments.rdflib_documents)
        for name in arguments.formats
        if name not in ("graphml", "csv") and arguments.rdflib_documents
    ]
    for name, count in jobs:
        command = [sys.executable, __file__, "--one", name, "--documents", str(count)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


if __name__ == "__main__":
    main()
