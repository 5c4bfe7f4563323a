"""Why a fact is believed: the sentences that state it, with what they mention marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.data.nodes import edge_of_id
from dashboard.data.reader import Reader, Row
from dashboard.data.records import DocumentInfo, Evidence, Passage, Span, SpanKind
from dashboard.data.rows import DOCUMENT, document_of
from graph.records import NO_SPAN
from graph.store.facts import Evidence as Statement
from graph.store.facts import evidence_of
from ingest.sentences import sentences

NO_EVIDENCE = Evidence((), 0)
_LONG = 400
"""Characters of a passage from which on it is worth looking for a shorter one."""
_SPANS = tuple(f"evidence_{end}_{side}" for end in ("head", "tail") for side in ("start", "end"))


@dataclass(frozen=True, slots=True)
class _Chunk:
    id: str
    start: int
    text: str
    document: DocumentInfo


def relation_evidence(reader: Reader, edge_id: str, limit: int = 20) -> Evidence:
    """The passages that state a relation, with its head and tail marked."""
    parts = edge_of_id(edge_id)
    if parts is None:
        return NO_EVIDENCE
    source, type_, target = parts
    rows = reader.query(
        "MATCH (a:Entity {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
        "RETURN properties(r) AS properties, a.type AS head, b.type AS tail",
        {"source": source, "target": target, "type": type_},
    )
    if not rows:
        return NO_EVIDENCE
    row = rows[0]
    stated = sorted(_statements(row["properties"]), key=lambda e: (-e.confidence, e))
    shown = stated[:limit]
    ids = [statement.chunk for statement in shown]
    chunks, mentions = _chunks(reader, ids), _mentions(reader, ids, [source, target])
    passages = []
    for statement in shown:
        if statement.chunk not in chunks:
            continue
        found = mentions[statement.chunk]
        heads = _ends(statement.head_span, statement.head, source, row["head"], "head", found)
        tails = _ends(statement.tail_span, statement.tail, target, row["tail"], "tail", found)
        said = _passage(chunks[statement.chunk], (heads, tails), statement.confidence)
        if len(said.text) > _LONG:
            # The same two may be named closer to each other than where they were named first.
            heads = _ends(NO_SPAN, statement.head, source, row["head"], "head", found) or heads
            tails = _ends(NO_SPAN, statement.tail, target, row["tail"], "tail", found) or tails
            near = _passage(chunks[statement.chunk], (heads, tails), statement.confidence)
            said = min(said, near, key=lambda passage: len(passage.text))
        passages.append(said)
    return Evidence(tuple(passages), len(stated))


def _statements(properties: Row) -> list[Statement]:
    """Those of a relationship; one written by others may not say which mentions it means."""
    unknown = [-1] * len(properties["evidence_chunk"])
    return evidence_of({**dict.fromkeys(_SPANS, unknown), **properties})


def _ends(
    span: tuple[int, int], local: str, id: str, type_: str, kind: SpanKind, found: Sequence[Row]
) -> list[Span]:
    """Where a statement names one of its ends: the mention it says, or else all there are."""
    if span[0] >= 0:
        return [Span(*span, kind, id, type_ or "")]
    return [_span(m, kind) for m in found if m["local"] == local and m["target"] == id]


def event_evidence(reader: Reader, event_id: str) -> Evidence:
    """The passage that states an event, with its trigger and arguments marked."""
    rows = reader.query(
        "MATCH (c:Chunk)-[m:MENTIONS]->(v:Event {id: $id}) RETURN c.id AS chunk, "
        "v.start AS start, v.end AS end, v.type AS type, v.confidence AS confidence",
        {"id": event_id},
    )
    arguments = reader.query(
        "MATCH (v:Event {id: $id})-[r]->(e:Entity) "
        "RETURN type(r) AS role, r.local AS local, e.id AS target",
        {"id": event_id},
    )
    if not rows:
        return NO_EVIDENCE
    ids = [row["chunk"] for row in rows]
    chunks = _chunks(reader, ids)
    mentions = _mentions(reader, ids, [row["target"] for row in arguments])
    passages = []
    for row in rows:
        if row["chunk"] not in chunks:
            continue
        trigger = Span(row["start"], row["end"], "trigger", event_id, row["type"])
        groups = [[trigger]]
        for argument in arguments:
            groups.append(
                [
                    Span(m["start"], m["end"], "argument", m["target"], argument["role"])
                    for m in mentions[row["chunk"]]
                    if m["target"] == argument["target"] and m["local"] == argument["local"]
                ]
            )
        passages.append(_passage(chunks[row["chunk"]], groups, row["confidence"] or 0.0))
    return Evidence(tuple(passages), len(passages))


def role_evidence(reader: Reader, edge_id: str) -> Evidence:
    """The passage that states an event's argument: that of the event."""
    parts = edge_of_id(edge_id)
    return event_evidence(reader, parts[0]) if parts else NO_EVIDENCE


def mention_evidence(reader: Reader, entity_id: str, limit: int = 20, skip: int = 0) -> Evidence:
    """Sentences that mention an entity, a chunk's mentions in one passage each."""
    total = reader.query(
        "MATCH (e:Entity {id: $id}) RETURN COUNT { (e)<-[:MENTIONS]-() } AS n", {"id": entity_id}
    )
    rows = reader.query(
        "MATCH (c:Chunk)-[m:MENTIONS]->(e:Entity {id: $id}) RETURN c.id AS chunk, "
        "m.start AS start, m.end AS end, m.confidence AS confidence, e.id AS target, "
        "e.type AS type, m.local AS local SKIP $skip LIMIT $limit",
        {"id": entity_id, "limit": limit, "skip": skip},
    )
    by_chunk: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_chunk[row["chunk"]].append(row)
    chunks = _chunks(reader, by_chunk)
    passages = []
    for id, found in sorted(by_chunk.items()):
        if id in chunks:
            spans = [_span(m, "mention") for m in found]
            score = max(m["confidence"] or 0.0 for m in found)
            passages.append(_passage(chunks[id], [spans], score, everything=True))
    return Evidence(tuple(passages), total[0]["n"] if total else 0)


def _chunks(reader: Reader, ids: Iterable[str]) -> dict[str, _Chunk]:
    rows = reader.query(
        "UNWIND $ids AS id MATCH (c:Chunk {id: id})-[:PART_OF]->(d:Document) "
        f"RETURN c.id AS id, c.start AS start, c.text AS text, {DOCUMENT}",
        {"ids": sorted(set(ids))},
    )
    return {
        row["id"]: _Chunk(row["id"], row["start"], row["text"], document_of(row)) for row in rows
    }


def _mentions(
    reader: Reader, chunks: Iterable[str], targets: Iterable[str]
) -> defaultdict[str, list[Row]]:
    rows = reader.query(
        "UNWIND $chunks AS id MATCH (c:Chunk {id: id})-[m:MENTIONS]->(e:Entity) "
        "WHERE e.id IN $targets RETURN c.id AS chunk, m.start AS start, m.end AS end, "
        "m.local AS local, e.id AS target, e.type AS type",
        {"chunks": sorted(set(chunks)), "targets": sorted(set(targets))},
    )
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["start"], row["end"])):
        found[row["chunk"]].append(row)
    return found


def _span(row: Row, kind: SpanKind) -> Span:
    return Span(row["start"], row["end"], kind, row["target"], row["type"] or "")


def _passage(
    chunk: _Chunk, groups: Sequence[Sequence[Span]], score: float, *, everything: bool = False
) -> Passage:
    """The sentences of a chunk that hold one span of each group, as close together as can be.

    With ``everything``, those that hold any span, up to three sentences.
    """
    spans = sorted(span for group in groups for span in group)
    bounds = [(chunk.start + start, chunk.start + end) for start, end in sentences(chunk.text)]
    bounds = bounds or [(chunk.start, chunk.start + len(chunk.text))]

    def sentence_of(span: Span) -> int:
        for index, (_, end) in enumerate(bounds):
            if span.start < end:
                return index
        return len(bounds) - 1

    places = [sorted({sentence_of(span) for span in group}) for group in groups if group]
    if not places:
        first, last = 0, min(2, len(bounds) - 1)
    elif everything:
        first = places[0][0]
        last = min(places[0][-1], first + 2)
    else:
        first, last = _narrowest(places)
    start, end = bounds[first][0], bounds[last][1]
    text = chunk.text[start - chunk.start : end - chunk.start]
    stripped = text.rstrip()
    inside = tuple(span for span in spans if start <= span.start and span.end <= end)
    return Passage(chunk.document, chunk.id, start, stripped, inside, score)


def _narrowest(places: Sequence[Sequence[int]]) -> tuple[int, int]:
    """The shortest run of sentences that holds one place of each group."""
    best = (min(map(min, places)), max(map(max, places)))
    for anchor in places[0]:
        chosen = [min(group, key=lambda place: abs(place - anchor)) for group in places]
        first, last = min(chosen), max(chosen)
        if last - first < best[1] - best[0]:
            best = (first, last)
    return best
