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
    "MATCH (d:Document)<-[:PART_OF]-(:Chunk)-[:MENTIONS]->(p:Person) "
    "RETURN p.name AS person, p.aliases AS also, count(DISTINCT d) AS documents "
    "ORDER BY documents DESC, person LIMIT 6"
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
        show_rdf(graph, Path(RDF))
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
    """The surest relation of each type, at most SHOWN_FACTS.

    The graph knows the chunk that states a relation. Shown are those where only one sentence of
    it names both ends.
    """
    rows = graph.query(
        "MATCH (a:Entity)-[r]->(b:Entity) RETURN a.name AS head, type(r) AS type, b.name AS tail, "
        "r.evidence_chunk AS chunks, r.evidence_head AS heads, r.evidence_tail AS tails, "
        "r.evidence_confidence AS confidences, r.confidence AS confidence "
        "ORDER BY confidence DESC, head, type, tail"
    )
    seen: set[str] = set()
    for row in rows:
        if len(seen) == SHOWN_FACTS:
            return
        best = row["confidences"].index(max(row["confidences"]))
        if row["type"] in seen or row["head"] in seen:
            continue
        where = mentions(graph, row["chunks"][best], row["heads"][best], row["tails"][best])
        chunk = Chunk.load(graph, row["chunks"][best])
        stating = [s for s in chunk.sentences if all(any_inside(s, spans) for spans in where)]
        if len(stating) == 1:
            seen |= {row["type"], row["head"]}
            relation = row["type"].replace("_", " ").lower()
            fact = f"{row['head']} - {relation} - {row['tail']} ({row['confidence']:.2f})"
            yield Statement(fact, chunk.show(*stating[0]), chunk.document)


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
        roles = ", ".join(
            f"{row['role'].replace('_', ' ').lower()}: {row['name']}" for row in arguments
        )
        fact = f"{event['type']} - {roles} ({event['confidence']:.2f})"
        chunk = Chunk.load(graph, event["chunk"])
        trigger = [(event["start"], event["end"])]
        for sentence in chunk.sentences:
            if any_inside(sentence, trigger):
                yield Statement(fact, chunk.show(*sentence), chunk.document)


Span = tuple[int, int]


@dataclass(frozen=True)
class Chunk:
    """A chunk of a document; ``sentences`` are spans of the document."""

    text: str
    start: int
    document: str

    @classmethod
    def load(cls, graph: Any, chunk: str) -> Chunk:
        """The chunk of that id."""
        (row,) = graph.query(
            "MATCH (c:Chunk {id: $id})-[:PART_OF]->(d:Document) "
            "RETURN c.text AS text, c.start AS start, d.uri AS uri",
            {"id": chunk},
        )
        return cls(row["text"], row["start"], row["uri"].rsplit("/", 1)[-1])

    @property
    def sentences(self) -> list[Span]:
        """Where its sentences are."""
        return [(self.start + start, self.start + end) for start, end in sentences(self.text)]

    def show(self, start: int, end: int) -> str:
        """The text of a span on one line."""
        return " ".join(self.text[start - self.start : end - self.start].split())


def mentions(graph: Any, chunk: str, *locals_: str) -> list[list[Span]]:
    """Where a chunk mentions each of some entities (ids inside the document)."""
    rows = graph.query(
        "MATCH (c:Chunk {id: $chunk})-[m:MENTIONS]->(:Entity) WHERE m.local IN $locals "
        "RETURN m.local AS local, m.start AS start, m.end AS end ORDER BY start",
        {"chunk": chunk, "locals": list(locals_)},
    )
    return [[(r["start"], r["end"]) for r in rows if r["local"] == name] for name in locals_]


def any_inside(outer: Span, spans: Iterable[Span]) -> bool:
    """Whether one of ``spans`` lies in ``outer``."""
    return any(outer[0] <= start and end <= outer[1] for start, end in spans)


def show_rdf(graph: Any, path: Path) -> None:
    """Print the facts about the person with the most of them, as the RDF states them."""
    (person,) = graph.query(
        "MATCH (p:Person)-[r]->(:Entity) RETURN p.id AS id, count(r) AS facts "
        "ORDER BY facts DESC, id LIMIT 1"
    )
    statements = path.read_text(encoding="utf-8").split(" .\n")
    own = [f"{block} ." for block in statements if block.startswith(f"entity:{person['id']} ")]
    print(f"\nFrom {path}:\n")
    for line in "\n".join(own).splitlines()[:10]:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
