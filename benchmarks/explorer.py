"""How long the explorer's pages wait for a large graph, beside full scans of it.

    python benchmarks/explorer.py embedded:/tmp/large.kg --make    # 100,000 entities, a million
    python benchmarks/explorer.py embedded:/tmp/large.kg           # relations; then measure
    python benchmarks/explorer.py embedded:/tmp/large.kg --browser # the same in chromium

The graph is made up and written by bulk Cypher, with documents, chunks, mentions, evidence and
events as a build would leave them. Names follow a Zipf law, so there are hubs of thousands of
relations. Each figure is the median and the worst of ``--rounds`` calls, with other arguments
each time; the first calls of a fresh server are left out, since Java compiles meanwhile. CPU is
the processor time of client and embedded database together, which a busy machine distorts least.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from dashboard.data.documents import document_page
from dashboard.data.events import EventFilter, events
from dashboard.data.evidence import relation_evidence
from dashboard.data.neighbourhood import neighbour_counts, neighbours, subgraph
from dashboard.data.overview import newest_documents, overview
from dashboard.data.paths import paths
from dashboard.data.search import search, suggestions
from graph.store import Store, open_store
from graph.store.embedded import running_server
from graph.store.meta import encode_schema
from graph.store.naming import SchemaNames, labels_clause, quoted
from graph.store.search import SEARCH, searchable
from graph.view import GraphView, view_of
from model.schema import Schema
from model.schema_loader import load_schema

BATCH = 10_000
#: Moves the drawing twenty times; milliseconds for each.
FRAME = """async () => {
  const began = performance.now();
  for (let i = 0; i < 20; i++) {
    graph.panBy({ x: 5, y: 2 });
    await new Promise(requestAnimationFrame);
  }
  return (performance.now() - began) / 20;
}"""
TYPES = ("person", "organization", "location", "product", "creative work")
RELATIONS = (
    ("employer", 0, 1),
    ("educated at", 0, 1),
    ("place of birth", 0, 2),
    ("colleague", 0, 0),
    ("headquarters location", 1, 2),
    ("founded by", 1, 0),
    ("manufacturer", 3, 1),
    ("author", 4, 0),
)
FIRST = [
    "Ada",
    "Alan",
    "Anna",
    "Boris",
    "Carl",
    "Chen",
    "Clara",
    "David",
    "Elena",
    "Emil",
    "Fatima",
    "Grace",
    "Hugo",
    "Ines",
    "Ivan",
]
LAST = [
    "Abel",
    "Bauer",
    "Costa",
    "Diaz",
    "Evans",
    "Fischer",
    "Garcia",
    "Haas",
    "Ito",
    "Jensen",
    "Kovacs",
    "Lopez",
    "Moreau",
]
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平"
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"


def name_of(number: int) -> tuple[str, list[str]]:
    """The name and the aliases of the entity of that number; every fourth is Chinese."""
    if number % 4 == 3:
        digits = [GIVEN[number // 20**power % 20] for power in range(3)]
        name = FAMILY[number % 20] + "".join(digits)
        return name, [f"{name}先生"]
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    return f"{first} {last} {number}", [f"{first[0]}. {last} {number}", f"{last} no. {number}"]


def id_of(number: int) -> str:
    """As long as real ids are."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def make(store: Store, schema: Schema, entities: int, relations: int, documents: int) -> None:
    """Write the graph."""
    rng = random.Random(7)
    names = SchemaNames(schema)
    per_type = entities // len(TYPES)
    store.query(
        "CREATE (:GraphSettings {id: 'graph', schema: $schema})",
        {"schema": encode_schema(schema)},
        write=True,
    )

    def zipf(kind: int) -> int:
        return kind + len(TYPES) * (min(int(rng.paretovariate(0.35)), per_type * 50) % per_type)

    for kind, type_ in enumerate(TYPES):
        labels = labels_clause(names.entity(type_, literal=False))
        write(
            store,
            f"UNWIND $rows AS row CREATE (e{labels}) SET e = row",
            (entity_row(number, type_) for number in range(kind, entities, len(TYPES))),
        )
    print(f"{entities:,} entities")
    write(
        store,
        "UNWIND $rows AS row CREATE (c:Chunk)-[:PART_OF]->(d:Document) SET c = row.chunk, "
        "d = row.document",
        (document_row(number) for number in range(documents)),
    )
    print(f"{documents:,} documents")
    share = relations // len(RELATIONS)
    for relation, head, tail in RELATIONS:
        pairs = {(zipf(head), zipf(tail)) for _ in range(share)}
        while len(pairs) < share:
            pairs.add((rng.randrange(per_type) * 5 + head, zipf(tail)))
        write(
            store,
            "UNWIND $rows AS row MATCH (a:Entity {id: row.a}) MATCH (b:Entity {id: row.b}) "
            f"CREATE (a)-[r:{quoted(names.relation(relation))}]->(b) SET r = row.r",
            (
                {"a": id_of(a), "b": id_of(b), "r": relation_row(a, b, documents, rng)}
                for a, b in sorted(pairs)
                if a != b
            ),
        )
        print(f"{len(pairs):,} of {relation}", flush=True)
    write(
        store,
        "UNWIND $rows AS row MATCH (c:Chunk {id: row.chunk}) MATCH (e:Entity {id: row.entity}) "
        "CREATE (c)-[m:MENTIONS]->(e) SET m = row.m",
        (
            mention_row(document, place, zipf(place % 5))
            for document in range(documents)
            for place in range(5)
        ),
    )
    event = labels_clause(names.event("employment"))
    write(
        store,
        "UNWIND $rows AS row MATCH (c:Chunk {id: row.chunk}) MATCH (a:Entity {id: row.a}) "
        f"MATCH (b:Entity {{id: row.b}}) CREATE (v{event}) SET v = row.v "
        "CREATE (c)-[:MENTIONS {start: 0, end: 6, text: 'joined', confidence: 0.9}]->(v) "
        "CREATE (v)-[:`EMPLOYEE` {confidence: 0.9, local: 'e0'}]->(a) "
        "CREATE (v)-[:`EMPLOYER` {confidence: 0.9, local: 'e1'}]->(b)",
        (event_row(document, zipf(0), zipf(1)) for document in range(documents)),
    )


def entity_row(number: int, type_: str) -> dict[str, Any]:
    name, aliases = name_of(number)
    return {
        "id": id_of(number),
        "name": name,
        "aliases": aliases,
        "type": type_,
        "support": 1,
        SEARCH: searchable((name, *aliases)),
    }


def document_row(number: int) -> dict[str, Any]:
    text = f"Document {number}: " + "They joined what had been founded before, and said so. " * 8
    id_ = f"{number:016x}"
    document = {
        "id": id_,
        "uri": f"file:///made-up/{number}.txt",
        "source": f"file:///made-up/{number}.txt",
        "title": f"Report {number}",
        "language": "en",
        "media_type": "text/plain",
        "sha256": id_ * 4,
        "pipeline": "made-up",
        "length": len(text),
        "ingested_at": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T00:00:00+00:00",
        "facts": [],
    }
    chunk = {"id": f"{id_}#0", "index": 0, "start": 0, "end": len(text), "text": text}
    return {"document": document, "chunk": chunk}


def relation_row(a: int, b: int, documents: int, rng: random.Random) -> dict[str, Any]:
    support = 1 + (rng.random() < 0.2) + (rng.random() < 0.05)
    chunks = [f"{rng.randrange(documents):016x}#0" for _ in range(support)]
    scores = [round(0.5 + rng.random() / 2, 3) for _ in chunks]
    return {
        "confidence": max(scores),
        "support": support,
        "evidence_chunk": chunks,
        "evidence_head": [f"e{a % 50}"] * support,
        "evidence_tail": [f"e{b % 50}"] * support,
        "evidence_confidence": scores,
        **{
            f"evidence_{name}": [-1] * support
            for name in ("head_start", "head_end", "tail_start", "tail_end")
        },
    }


def mention_row(document: int, place: int, number: int) -> dict[str, Any]:
    name, _ = name_of(number)
    start = place * 60
    properties = {"start": start, "end": start + 4, "text": name, "confidence": 0.9, "local": "e0"}
    return {"chunk": f"{document:016x}#0", "entity": id_of(number), "m": properties}


def event_row(document: int, a: int, b: int) -> dict[str, Any]:
    properties = {
        "id": hashlib.sha256(f"event {document}".encode()).hexdigest()[:32],
        "type": "employment",
        "document": f"{document:016x}",
        "trigger": "joined",
        "start": 0,
        "end": 6,
        "confidence": 0.9,
    }
    return {"chunk": f"{document:016x}#0", "a": id_of(a), "b": id_of(b), "v": properties}


def write(store: Store, statement: str, items: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(items, BATCH)):
        store.query(statement, {"rows": batch}, write=True)


def measure(store: Store, rounds: int, entities: int, only: list[str]) -> None:
    """Print the table, or those rows of it whose names hold one of ``only``."""
    view = view_of(store)
    rng = random.Random(11)
    hub, some = id_of(0), [id_of(rng.randrange(entities)) for _ in range(rounds)]
    prefixes = [name_of(rng.randrange(entities))[0] for _ in range(rounds)]
    prefixes = [name[: rng.randint(2, len(name))] for name in prefixes]
    document = newest_documents(view, 1)[0].id

    def each(values: list[str], function: Callable[[str], object]) -> Callable[[int], object]:
        return lambda number: function(values[number % len(values)])

    tasks: list[tuple[str, Callable[[int], object]]] = [
        ("overview (start page)", lambda _: overview(view)),
        ("newest documents", lambda _: newest_documents(view)),
        ("suggestions while typing", each(prefixes, lambda text: suggestions(view, text))),
        (
            "search, 24 results with counts",
            each(prefixes, lambda text: search(view, text, (), 24)),
        ),
        ("entity and 25 best neighbours", each(some, lambda id: subgraph(view, [id], [(id, 25)]))),
        ("the same of the greatest hub", lambda _: subgraph(view, [hub], [(hub, 25)])),
        ("kinds of neighbours of the hub", lambda _: neighbour_counts(view, hub)),
        ("evidence of a relation", each(some, lambda id: evidence_near(view, id))),
        ("document with its facts", lambda _: document_page(view, document)),
        ("500 events", lambda _: events(view, EventFilter())),
        ("paths between two", lambda n: paths(view, some[n % rounds], some[(n + 1) % rounds])),
        ("baseline: search by full scan", each(prefixes, lambda text: scan(store, text))),
        ("baseline: counts by full scan", lambda _: scan_counts(store)),
    ]
    print(f"{'what':34} {'median ms':>10} {'worst ms':>10} {'CPU ms':>10}")
    for name, task in tasks:
        if only and not any(part in name for part in only):
            continue
        times, used = [], []
        slow = name.startswith("baseline")
        for number in range(2 + (3 if slow else rounds)):
            began, busy = time.perf_counter(), processor_ms(store)
            task(number)
            times.append(1000 * (time.perf_counter() - began))
            used.append(processor_ms(store) - busy)
        warm = times[2:]
        print(
            f"{name:34} {statistics.median(warm):10.0f} {max(warm):10.0f} "
            f"{statistics.median(used[2:]):10.0f}",
            flush=True,
        )


def processor_ms(store: Store) -> float:
    """Processor time so far of this process and of the embedded database, all threads."""
    total = 1000 * time.process_time()
    server = running_server(Path(store.url.removeprefix("embedded:")))
    stat = Path(f"/proc/{server.pid}/stat") if server else None
    if stat is not None and stat.exists():
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        total += 1000 * (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return total


def evidence_near(view: GraphView, id: str) -> object:
    """The evidence of one relation of an entity."""
    _, edges, _ = neighbours(view, id, 1)
    return relation_evidence(view, edges[0].id) if edges else None


def scan(store: Store, text: str) -> object:
    """Search as it is without an index."""
    return store.query(
        "MATCH (n:Entity) WHERE toLower(n.name) CONTAINS $text OR "
        "any(a IN n.aliases WHERE toLower(a) CONTAINS $text) "
        "RETURN n.id AS id, n.name AS name ORDER BY name LIMIT 24",
        {"text": text.lower()},
    )


def scan_counts(store: Store) -> object:
    """Counts as they are usually asked for."""
    store.query("MATCH (n:Entity) RETURN n.type AS type, count(*) AS n")
    return store.query("MATCH (:Entity)-[r]->(:Entity) RETURN type(r) AS type, count(*) AS n")


def browse(url: str, rounds: int) -> None:
    """Print how long a browser waits for the start page, on a first visit and on a later one,
    for the page's first answer while typing (the pause that ends it included), for a further one,
    for 1,000 nodes of the graph view, and for each frame while these are moved."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
    from explorer_app import IDLE, explorer
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        explorer(url, Path(folder)) as address,
        sync_playwright() as runner,
    ):
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = runner.chromium.launch(executable_path=path, args=["--no-sandbox"])
        waited: dict[str, list[tuple[float, float]]] = {}

        def note(what: str) -> None:
            spent = 1000 * (time.perf_counter() - began), processes_ms(url) - busy
            waited.setdefault(what, []).append(spent)

        for number in range(rounds + 1):
            context = browser.new_context()  # in which nothing has been fetched yet
            for visit in ("first visit", "later visit"):
                page = context.new_page()
                began, busy = time.perf_counter(), processes_ms(url)
                page.goto(address)
                seen(page, ".kg-hero")
                note(f"first content, {visit}")
                seen(page, ".kg-numbers")
                note(f"counts of the graph, {visit}")
                seen(page, IDLE)
                if visit == "later visit":
                    began, busy = time.perf_counter(), processes_ms(url)
                    page.locator(".st-key-q input").fill(name_of(17 + number)[0])
                    seen(page, f'[class*="st-key-card-{id_of(17 + number)}"]')
                    note("answer to typing")
                    seen(page, IDLE)
                    began, busy = time.perf_counter(), processes_ms(url)
                    page.locator(".st-key-q input").fill(name_of(500 + number)[0])
                    seen(page, f'[class*="st-key-card-{id_of(500 + number)}"]')
                    note("a further answer")
                page.close()
            context.close()
        for what, spent in waited.items():
            shown(what, spent[1:])  # the first of a server just started is left out
        page = browser.new_page()
        began, busy = time.perf_counter(), processes_ms(url)
        page.goto(f"{address}/graph?n={id_of(0)}&x={id_of(0)}~999")
        seen(page, "iframe")
        frame = next(f for f in page.frames if "kgbuilder_canvas" in f.url)
        frame.wait_for_function("() => window.graph?.nodes?.().length > 900")
        note("1,000 nodes drawn")
        shown("1,000 nodes drawn", waited["1,000 nodes drawn"])
        frames = []
        for _ in range(5):
            busy = processes_ms(url)
            frames.append((frame.evaluate(FRAME), (processes_ms(url) - busy) / 20))
        shown("a frame while they are moved", frames)
        browser.close()


def seen(page: Any, selector: str) -> None:
    """Wait until something that fits is on the page, looking at every frame that is drawn:
    Playwright's own waiting for a selector looks every half second after the first 300 ms."""
    page.wait_for_function("s => document.querySelector(s)?.offsetHeight > 0", arg=selector)


def processes_ms(url: str) -> float:
    """Processor time so far of this process, of all that it started, and of the database."""
    stats = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            stats[int(place.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    server = running_server(Path(url.removeprefix("embedded:")))
    mine = {os.getpid(), *([server.pid] if server else [])}
    more = mine
    while more:
        more = {pid for pid, (parent, _) in stats.items() if parent in more} - mine
        mine = mine | more
    return 1000 * sum(stats[pid][1] for pid in mine if pid in stats) / os.sysconf("SC_CLK_TCK")


def shown(what: str, spent: list[tuple[float, float]]) -> None:
    """Print a row."""
    times, used = zip(*spent, strict=True)
    print(
        f"{what:34} {statistics.median(times):10.0f} {max(times):10.0f} "
        f"{statistics.median(used):10.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("--make", action="store_true", help="write the graph first")
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--relations", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", nargs="*", default=[], help="rows to measure, by their names")
    parser.add_argument("--browser", action="store_true", help="measure in chromium")
    arguments = parser.parse_args()
    if arguments.make:
        with open_store(arguments.store, writer=True) as store:
            began = time.perf_counter()
            make(
                store,
                load_schema("general"),
                arguments.entities,
                arguments.relations,
                arguments.documents,
            )
            print(f"made in {time.perf_counter() - began:.0f} s")
        return
    with open_store(arguments.store, writer=False) as store:
        if arguments.browser:
            browse(arguments.store, arguments.rounds)
        else:
            measure(store, arguments.rounds, arguments.entities, arguments.only)


if __name__ == "__main__":
    main()
