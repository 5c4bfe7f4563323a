"""A whole document, a window at a time, with everything that was found in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dashboard.data.reader import Reader, Row
from dashboard.data.records import DocumentInfo, DocumentPage, Fact, Span
from dashboard.data.rows import DOCUMENT, document_of
from graph.store.facts import decode_fact

WINDOW = 30_000
"""Characters of a document that are shown at once."""
_PLACES = 400
"""Places on the map of a document at most."""


def document_info(reader: Reader, id: str) -> DocumentInfo | None:
    """A document; None where there is none."""
    rows = reader.query(f"MATCH (d:Document {{id: $id}}) RETURN {DOCUMENT}", {"id": id})
    return document_of(rows[0]) if rows else None


def document_page(reader: Reader, id: str, offset: int = 0) -> DocumentPage | None:
    """The window of a document's text that holds ``offset``; None where there is no document."""
    info = document_info(reader, id)
    if info is None:
        return None
    start = max(0, min(offset, max(0, info.length - 1))) // WINDOW * WINDOW
    stop = min(start + WINDOW, max(info.length, start))
    chunks = reader.query(
        "MATCH (d:Document {id: $id})<-[:PART_OF]-(c:Chunk) "
        "WHERE c.start < $stop AND c.end > $start "
        "RETURN c.id AS id, c.start AS start, c.text AS text ORDER BY start",
        {"id": id, "start": start, "stop": stop},
    )
    text = _joined(chunks, start, stop)
    mentions = reader.query(
        "UNWIND $chunks AS id MATCH (c:Chunk {id: id})-[m:MENTIONS]->(e) "
        "WHERE e:Entity OR e:Event RETURN c.id AS chunk, m.start AS start, m.end AS end, "
        "m.local AS local, e.id AS target, e.type AS type, e.name AS name, "
        "e:Event AS event, m.text AS text, m.confidence AS confidence",
        {"chunks": [chunk["id"] for chunk in chunks]},
    )
    spans = tuple(
        sorted(
            Span(
                row["start"],
                row["end"],
                "trigger" if row["event"] else "mention",
                row["target"],
                row["type"] or "",
            )
            for row in mentions
            if start <= row["start"] and row["end"] <= start + len(text)
        )
    )
    facts = _relations(reader, id, mentions) + _events(reader, mentions)
    facts.sort(key=lambda fact: (fact.start, fact.end, fact.type, fact.id))
    return DocumentPage(info, start, text, spans, tuple(facts), _places(reader, info))


def _joined(chunks: Sequence[Row], start: int, stop: int) -> str:
    """The text from ``start`` to ``stop``; what lies between chunks was blank."""
    parts: list[str] = []
    at = start
    for chunk in chunks:
        text, begin = chunk["text"], chunk["start"]
        if begin > at:
            gap = begin - at
            parts.append("\n" * min(gap, 2) + " " * max(0, gap - 2))
            at = begin
        piece = text[at - begin : stop - begin]
        parts.append(piece)
        at += len(piece)
    return "".join(parts)


def _relations(reader: Reader, document: str, mentions: Sequence[Row]) -> list[Fact]:
    """The relations that the chunks of ``mentions`` state, placed where their ends are named."""
    rows = reader.query("MATCH (d:Document {id: $id}) RETURN d.facts AS facts", {"id": document})
    places: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in mentions:
        if not row["event"]:
            places[row["chunk"], row["local"]].append(row)
    wanted: dict[tuple[str, str, str], Fact] = {}
    for text in rows[0]["facts"] or ():
        fact = decode_fact(text, document)
        said = fact.evidence
        heads = _named(places[said.chunk, said.head], said.head_span)
        tails = _named(places[said.chunk, said.tail], said.tail_span)
        if not heads or not tails:
            continue
        first, second = min(
            ((a, b) for a in heads for b in tails),
            key=lambda ab: abs(ab[0]["start"] - ab[1]["start"]),
        )
        key = (first["target"], fact.type, second["target"])
        wanted.setdefault(
            key,
            Fact(
                kind="relation",
                type=fact.type,
                start=min(first["start"], second["start"]),
                end=max(first["end"], second["end"]),
                head=first["name"] or first["text"],
                tail=second["name"] or second["text"],
                text="",
                id="|".join(key),
                confidence=0.0,
            ),
        )
    return _scored(reader, document, wanted)


def _named(mentions: Sequence[Row], span: tuple[int, int]) -> Sequence[Row]:
    """The mention that a statement says it means, or else all of them."""
    exact = [row for row in mentions if (row["start"], row["end"]) == span]
    return exact or mentions


def _scored(reader: Reader, document: str, wanted: dict[tuple[str, str, str], Fact]) -> list[Fact]:
    """With confidence, and whether this document alone states them."""
    rows = reader.query(
        "UNWIND $pairs AS pair MATCH (a:Entity {id: pair[0]})-[r]->(b:Entity {id: pair[2]}) "
        "WHERE type(r) = pair[1] RETURN pair, r.confidence AS confidence, "
        "r.evidence_chunk AS chunks",
        # A symmetric relation, or one with an inverse, may be kept the other way round.
        {
            "pairs": [list(key) for key in wanted]
            + [[tail, type_, head] for head, type_, tail in wanted]
        },
    )
    facts: dict[str, Fact] = {}
    for row in rows:
        head, type_, tail = row["pair"]
        turned = (head, type_, tail) not in wanted
        fact = wanted[(tail, type_, head) if turned else (head, type_, tail)]
        documents = {chunk.rpartition("#")[0] for chunk in row["chunks"] or ()}
        facts[fact.id] = Fact(
            kind="relation",
            type=type_,
            start=fact.start,
            end=fact.end,
            head=fact.tail if turned else fact.head,
            tail=fact.head if turned else fact.tail,
            text="",
            id=f"{head}|{type_}|{tail}",
            confidence=row["confidence"] or 0.0,
            new=documents == {document},
        )
    return list(facts.values())


def _events(reader: Reader, mentions: Sequence[Row]) -> list[Fact]:
    triggers = {row["target"]: row for row in mentions if row["event"]}
    if not triggers:
        return []
    rows = reader.query(
        "UNWIND $ids AS id MATCH (v:Event {id: id})-[r]->(e:Entity) "
        "RETURN id, type(r) AS role, e.name AS name ORDER BY id, role, name",
        {"ids": list(triggers)},
    )
    names: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        names[row["id"]].append(row["name"])
    return [
        Fact(
            kind="event",
            type=row["type"],
            start=row["start"],
            end=row["end"],
            head=row["text"],
            tail=", ".join(names[id]),
            text=row["text"],
            id=id,
            confidence=row["confidence"] or 0.0,
            new=True,
        )
        for id, row in triggers.items()
    ]


def _places(reader: Reader, info: DocumentInfo) -> tuple[int, ...]:
    """Where the document states events and mentions entities, for a map of it."""
    rows = reader.query(
        "MATCH (d:Document {id: $id})<-[:PART_OF]-(c:Chunk)-[m:MENTIONS]->() "
        "RETURN m.start AS start LIMIT 20000",
        {"id": info.id},
    )
    step = max(1, info.length // _PLACES)
    return tuple(sorted({row["start"] // step * step for row in rows}))
