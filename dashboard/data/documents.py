"""A whole document, a window at a time, with everything that was found in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from dashboard.data.reader import Reader
from dashboard.data.records import DocumentInfo, DocumentPage, Fact, Span
from graph.view.records import ChunkInfo, MentionInfo

WINDOW = 30_000
"""Characters of a document that are shown at once."""
_PLACES = 400
"""Places on the map of a document at most."""
_MENTIONS = 20_000
"""Mentions of a document that are looked at for its map."""


def document_info(reader: Reader, id: str) -> DocumentInfo | None:
    """A document; None where there is none."""
    return reader.document(id)


def document_page(reader: Reader, id: str, offset: int = 0) -> DocumentPage | None:
    """The window of a document's text that holds ``offset``; None where there is no document."""
    info = document_info(reader, id)
    if info is None:
        return None
    start = max(0, min(offset, max(0, info.length - 1))) // WINDOW * WINDOW
    stop = min(start + WINDOW, max(info.length, start))
    chunks = reader.window(id, start, stop)
    text = _joined(chunks, start, stop)
    mentions = reader.mentions([chunk.id for chunk in chunks])
    spans = tuple(
        sorted(
            Span(m.start, m.end, "trigger" if m.event else "mention", m.target, m.type)
            for m in mentions
            if start <= m.start and m.end <= start + len(text)
        )
    )
    facts = _relations(reader, id, mentions) + _events(reader, mentions)
    facts.sort(key=lambda fact: (fact.start, fact.end, fact.type, fact.id))
    return DocumentPage(info, start, text, spans, tuple(facts), _places(reader, info))


def _joined(chunks: Sequence[ChunkInfo], start: int, stop: int) -> str:
    """The text from ``start`` to ``stop``; what lies between chunks was blank."""
    parts: list[str] = []
    at = start
    for chunk in chunks:
        text, begin = chunk.text, chunk.start
        if begin > at:
            gap = begin - at
            parts.append("\n" * min(gap, 2) + " " * max(0, gap - 2))
            at = begin
        piece = text[at - begin : stop - begin]
        parts.append(piece)
        at += len(piece)
    return "".join(parts)


def _relations(reader: Reader, document: str, mentions: Sequence[MentionInfo]) -> list[Fact]:
    """The relations that the chunks of ``mentions`` state, placed where their ends are named."""
    places: defaultdict[tuple[str, str], list[MentionInfo]] = defaultdict(list)
    for mention in mentions:
        if not mention.event:
            places[mention.chunk, mention.local].append(mention)
    wanted: dict[tuple[str, str, str], Fact] = {}
    for fact in reader.facts_of(document):
        said = fact.evidence
        heads = _named(places[said.chunk, said.head], said.head_span)
        tails = _named(places[said.chunk, said.tail], said.tail_span)
        if not heads or not tails:
            continue
        first, second = min(
            ((a, b) for a in heads for b in tails), key=lambda ab: abs(ab[0].start - ab[1].start)
        )
        key = (first.target, fact.type, second.target)
        wanted.setdefault(
            key,
            Fact(
                kind="relation",
                type=fact.type,
                start=min(first.start, second.start),
                end=max(first.end, second.end),
                head=first.name or first.text,
                tail=second.name or second.text,
                text="",
                id="|".join(key),
                confidence=0.0,
            ),
        )
    return _scored(reader, document, wanted)


def _named(mentions: Sequence[MentionInfo], span: tuple[int, int]) -> Sequence[MentionInfo]:
    """The mention that a statement says it means, or else all of them."""
    exact = [mention for mention in mentions if (mention.start, mention.end) == span]
    return exact or mentions


def _scored(reader: Reader, document: str, wanted: dict[tuple[str, str, str], Fact]) -> list[Fact]:
    """With confidence, and whether this document alone states them."""
    # A symmetric relation, or one with an inverse, may be kept the other way round.
    turned = [(tail, kind, head) for head, kind, tail in wanted]
    facts: dict[str, Fact] = {}
    for (head, kind, tail), said in reader.statements_of([*wanted, *turned]).items():
        fact = wanted.get((head, kind, tail))
        if fact is None:
            other = wanted[tail, kind, head]
            fact = replace(other, head=other.tail, tail=other.head, id=f"{head}|{kind}|{tail}")
        facts[fact.id] = replace(fact, confidence=said.confidence, new=said.documents == {document})
    return list(facts.values())


def _events(reader: Reader, mentions: Sequence[MentionInfo]) -> list[Fact]:
    triggers = {mention.target: mention for mention in mentions if mention.event}
    return [
        Fact(
            kind="event",
            type=event.type,
            start=triggers[event.id].start,
            end=triggers[event.id].end,
            head=triggers[event.id].text,
            tail=", ".join(argument.node.name for argument in event.arguments),
            text=triggers[event.id].text,
            id=event.id,
            confidence=triggers[event.id].confidence,
            new=True,
        )
        for event in reader.events(list(triggers))
    ]


def _places(reader: Reader, info: DocumentInfo) -> tuple[int, ...]:
    """Where the document states events and mentions entities, for a map of it."""
    step = max(1, info.length // _PLACES)
    starts = reader.mention_starts(info.id, _MENTIONS)
    return tuple(sorted({start // step * step for start in starts}))
