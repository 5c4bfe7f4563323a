"""Builds the example documents into a graph and shows what is in it.

Every line that begins with ``$`` is a command that you can type yourself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kgbuilder
from ingest.sentences import sentences
from kgbuilder.cli.main import app

HERE = Path(__file__).resolve().parent
DOCUMENTS = HERE / "computing"
STORE = "embedded:example.kg"
RDF = "example.ttl"
SHOWN_FACTS = 12
SHOWN_EVENTS = 6
QUERY = (
    "MATCH (a:Person)-[r]->(o:Organization)<-[s]-(b:Person) "
    "WHERE a.name < b.name RETURN a.name AS person, o.name AS organization, b.name AS other "
    "ORDER BY organization, person LIMIT 8"
)


@dataclass(frozen=True)
class Statement:
    """A fact with the sentence that states it."""

    fact: str
    sentence: str
    document: str


def main() -> int:
    """Run the tour; the exit code of the build."""
    documents = str(DOCUMENTS.relative_to(HERE.parent))
    with kgbuilder.open_store(STORE) as graph:  # keeps the database up for the commands below
        code = command("build", documents, "--store", STORE)
        if code > 1:
            return code
        command("stats", "--store", STORE)
        show("Some relations, each with the sentence that states it", relations(graph))
        show("Some events, each with the sentence that states it", events(graph))
        command("query", QUERY, "--store", STORE)
        command("export", "-o", RDF, "--store", STORE)
        show_entity(Path(RDF))
    print(
        f"""
Look further (first: source .venv/bin/activate):

$ kgbuilder query 'MATCH (e:Event)-[r]->(x:Entity) RETURN e.type, type(r), x.name' --store {STORE}
$ kgbuilder serve --store {STORE}      # for Neo4j clients
$ kgbuilder build YOUR-FOLDER          # your own documents, into embedded:graph.kg
$ kgbuilder --help"""
    )
    return code


def command(*arguments: str) -> int:
    """Run a command of the command line here; its exit code."""
    quoted = (f'"{a}"' if " " in a else a for a in arguments)
    print("\n$ kgbuilder", *quoted, flush=True)
    code = app(list(arguments), standalone_mode=False)
    return code if isinstance(code, int) else 0


def show(title: str, statements: Iterable[Statement]) -> None:
    """Print statements."""
    print(f"\n{title}:\n")
    for statement in statements:
        print(f"  {statement.fact}\n      {statement.sentence}  ({statement.document})")


def relations(graph: Any) -> Iterator[Statement]:
    """The surest relation of each type, at most SHOWN_FACTS."""
    rows = graph.query(
        "MATCH (a:Entity)-[r]->(b:Entity) RETURN a.name AS head, type(r) AS type, b.name AS tail, "
        "r.evidence_chunk AS chunks, r.evidence_head AS heads, r.evidence_tail AS tails, "
        "r.evidence_confidence AS confidences, r.confidence AS confidence "
        "ORDER BY confidence DESC, head, type, tail"
    )
    seen: set[str] = set()
    for row in rows:
        if row["type"] in seen or len(seen) == SHOWN_FACTS:
            continue
        seen.add(row["type"])
        best = row["confidences"].index(max(row["confidences"]))
        spans = mentions(graph, row["chunks"][best], row["heads"][best], row["tails"][best])
        fact = f"{row['head']} - {row['type']} -> {row['tail']} ({row['confidence']:.2f})"
        yield statement(graph, fact, row["chunks"][best], spans)


def events(graph: Any) -> Iterator[Statement]:
    """The surest event of each type with its arguments, at most SHOWN_EVENTS."""
    rows = graph.query(
        "MATCH (c:Chunk)-[:MENTIONS]->(v:Event)-[r]->(e:Entity) "
        "RETURN v.id AS id, v.type AS type, v.trigger AS trigger, v.start AS start, v.end AS end, "
        "v.confidence AS confidence, c.id AS chunk, type(r) AS role, e.name AS name "
        "ORDER BY confidence DESC, id, role, name"
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(row)
    seen: set[str] = set()
    for arguments in found.values():
        event = arguments[0]
        if len(arguments) < 2 or event["type"] in seen or len(seen) == SHOWN_EVENTS:
            continue
        seen.add(event["type"])
        roles = ", ".join(f"{row['role']}: {row['name']}" for row in arguments)
        fact = f"{event['type']} '{event['trigger']}' ({roles}) ({event['confidence']:.2f})"
        yield statement(graph, fact, event["chunk"], [(event["start"], event["end"])])


def mentions(graph: Any, chunk: str, head: str, tail: str) -> list[tuple[int, int]]:
    """Where two entities are mentioned in a chunk: the two mentions closest to each other."""
    rows = graph.query(
        "MATCH (c:Chunk {id: $chunk})-[m:MENTIONS]->(:Entity) WHERE m.local IN [$head, $tail] "
        "RETURN m.local AS local, m.start AS start, m.end AS end ORDER BY start",
        {"chunk": chunk, "head": head, "tail": tail},
    )
    heads = [(row["start"], row["end"]) for row in rows if row["local"] == head]
    tails = [(row["start"], row["end"]) for row in rows if row["local"] == tail]
    return list(min(((h, t) for h in heads for t in tails), key=lambda p: abs(p[0][0] - p[1][0])))


def statement(graph: Any, fact: str, chunk: str, spans: list[tuple[int, int]]) -> Statement:
    """The fact with the sentences of its chunk that hold ``spans`` (offsets in the document)."""
    (row,) = graph.query(
        "MATCH (c:Chunk {id: $id})-[:PART_OF]->(d:Document) "
        "RETURN c.text AS text, c.start AS start, d.uri AS uri",
        {"id": chunk},
    )
    text: str = row["text"]
    first = min(start for start, _ in spans) - row["start"]
    last = max(end for _, end in spans) - row["start"]
    held = [(start, end) for start, end in sentences(text) if start < last and first < end]
    sentence = " ".join(text[held[0][0] : held[-1][1]].split())
    return Statement(fact, sentence, row["uri"].rsplit("/", 1)[-1])


def show_entity(path: Path) -> None:
    """Print how the RDF describes one person."""
    for block in path.read_text(encoding="utf-8").split(" .\n"):
        if block.startswith("entity:") and '"Alan Turing"' in block:
            print(f"\nFrom {path}:\n")
            print("\n".join(f"  {line}" for line in block.splitlines()[:14]))
            return


if __name__ == "__main__":
    sys.exit(main())
