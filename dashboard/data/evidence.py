"""Why a fact is believed: the sentences that state it, with what they mention marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from dashboard.data.nodes import edge_of_id
from dashboard.data.reader import Reader
from dashboard.data.records import Evidence, Passage, Span, SpanKind
from graph.records import NO_SPAN
from graph.view.records import ChunkInfo, MentionInfo
from ingest.sentences import sentences

NO_EVIDENCE = Evidence((), 0)
_LONG = 400
"""Characters of a passage from which on it is worth looking for a shorter one."""


def relation_evidence(reader: Reader, edge_id: str, limit: int = 20) -> Evidence:
    """The passages that state a relation, with its head and tail marked."""
    parts = edge_of_id(edge_id)
    if parts is None:
        return NO_EVIDENCE
    source, _, target = parts
    stated = sorted(reader.evidence(*parts), key=lambda e: (-e.confidence, e))
    if not stated:
        return NO_EVIDENCE
    types = {node.id: node.type for node in reader.nodes((source, target), degrees=False)}
    shown = stated[:limit]
    ids = [statement.chunk for statement in shown]
    chunks, mentions = _chunks(reader, ids), _mentions(reader, ids, [source, target])
    passages = []
    for statement in shown:
        if statement.chunk not in chunks:
            continue
        found = mentions[statement.chunk]
        heads = _ends(
            statement.head_span, statement.head, source, types.get(source, ""), "head", found
        )
        tails = _ends(
            statement.tail_span, statement.tail, target, types.get(target, ""), "tail", found
        )
        said = _passage(chunks[statement.chunk], (heads, tails), statement.confidence)
        if len(said.text) > _LONG:
            # The same two may be named closer to each other than where they were named first.
            heads = (
                _ends(NO_SPAN, statement.head, source, types.get(source, ""), "head", found)
                or heads
            )
            tails = (
                _ends(NO_SPAN, statement.tail, target, types.get(target, ""), "tail", found)
                or tails
            )
            near = _passage(chunks[statement.chunk], (heads, tails), statement.confidence)
            said = min(said, near, key=lambda passage: len(passage.text))
        passages.append(said)
    return Evidence(tuple(passages), len(stated))


def _ends(
    span: tuple[int, int],
    local: str,
    id: str,
    type_: str,
    kind: SpanKind,
    found: Sequence[MentionInfo],
) -> list[Span]:
    """Where a statement names one of its ends: the mention it says, or else all there are."""
    if span[0] >= 0:
        return [Span(*span, kind, id, type_)]
    return [_span(m, kind) for m in found if m.local == local and m.target == id]


def event_evidence(reader: Reader, event_id: str) -> Evidence:
    """The passage that states an event, with its trigger and arguments marked."""
    passages = []
    for event in reader.events([event_id]):
        chunks = _chunks(reader, [event.chunk])
        if event.chunk not in chunks:
            continue
        targets = [argument.node.id for argument in event.arguments]
        mentions = _mentions(reader, [event.chunk], targets)[event.chunk]
        groups = [[Span(event.start, event.end, "trigger", event_id, event.type)]]
        for argument in event.arguments:
            groups.append(
                [
                    Span(m.start, m.end, "argument", m.target, argument.role)
                    for m in mentions
                    if m.target == argument.node.id and m.local == argument.local
                ]
            )
        passages.append(_passage(chunks[event.chunk], groups, event.confidence))
    return Evidence(tuple(passages), len(passages))


def mention_evidence(reader: Reader, entity_id: str, limit: int = 20, skip: int = 0) -> Evidence:
    """Sentences that mention an entity, a chunk's mentions in one passage each."""
    entity = reader.entity(entity_id)
    if entity is None:
        return NO_EVIDENCE
    by_chunk: defaultdict[str, list[MentionInfo]] = defaultdict(list)
    for mention in reader.mentions_of(entity_id, skip, limit):
        by_chunk[mention.chunk].append(mention)
    chunks = _chunks(reader, by_chunk)
    passages = []
    for id, found in sorted(by_chunk.items()):
        if id in chunks:
            spans = [_span(m, "mention") for m in found]
            score = max(m.confidence for m in found)
            passages.append(_passage(chunks[id], [spans], score, everything=True))
    return Evidence(tuple(passages), entity.mentions)


def _chunks(reader: Reader, ids: Iterable[str]) -> dict[str, ChunkInfo]:
    return {chunk.id: chunk for chunk in reader.chunks(ids)}


def _mentions(
    reader: Reader, chunks: Sequence[str], targets: Sequence[str]
) -> defaultdict[str, list[MentionInfo]]:
    found: defaultdict[str, list[MentionInfo]] = defaultdict(list)
    for mention in reader.mentions(chunks, targets):
        found[mention.chunk].append(mention)
    return found


def _span(mention: MentionInfo, kind: SpanKind) -> Span:
    return Span(mention.start, mention.end, kind, mention.target, mention.type)


def _passage(
    chunk: ChunkInfo, groups: Sequence[Sequence[Span]], score: float, *, everything: bool = False
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
