"""A document's graph read back: the records that it was made of.

Nothing is lost but what lies between the document's chunks, which no store keeps either; spaces
stand for it, so that every offset holds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from graph.rdf.layout import Layout
from graph.records import (
    NO_SPAN,
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from graph.resolution import Member
from graph.store.contents import event_id
from ingest.documents import Chunk, Document, Mark
from model.ontology.vocabulary import PREFIXES

Term = NamedNode | BlankNode | Literal | Triple
Statement = tuple[Term, Term, Term]
"""Subject, predicate, object."""

_KGB, _RDF, _RDFS = PREFIXES["kgb"], PREFIXES["rdf"], PREFIXES["rdfs"]
_OA, _DCTERMS, _PROV = PREFIXES["oa"], PREFIXES["dcterms"], PREFIXES["prov"]


WHOLE = "only a whole graph can be read, with provenance and texts"


class ReadError(ValueError):
    """A graph that is not one of a document, or not with all that was stated."""


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A document's records, its members with the entity ids they were resolved to."""

    graph: DocumentGraph
    members: tuple[tuple[Member, str], ...]
    ingested_at: str | None


def read_document(statements: Iterable[Statement], layout: Layout) -> StoredGraph:
    """The records in a document's named graph.

    Raises:
        ReadError: something is missing, as in an export without provenance or texts.
    """
    return _Reader(statements, layout).read()


class _Node:
    """A subject's values by predicate."""

    def __init__(self, iri: str, values: dict[str, list[Term]]) -> None:
        self.iri = iri
        self._values = values

    def iris(self, predicate: str) -> list[str]:
        return [v.value for v in self._values.get(predicate, ()) if isinstance(v, NamedNode)]

    def iri_of(self, predicate: str) -> str:
        found = self.iris(predicate)
        if len(found) != 1:
            raise ReadError(f"{self.iri} has {len(found)} values of {predicate}, not one")
        return found[0]

    def maybe(self, predicate: str) -> str | None:
        found = self._values.get(predicate)
        return cast(Literal, found[0]).value if found else None

    def text(self, predicate: str) -> str:
        found = self.maybe(predicate)
        if found is None:
            raise ReadError(f"{self.iri} has no {predicate}; {WHOLE}")
        return found

    def number(self, predicate: str) -> int:
        return int(self.text(predicate))


class _Reader:
    def __init__(self, statements: Iterable[Statement], layout: Layout) -> None:
        self._layout = layout
        nodes: defaultdict[str, defaultdict[str, list[Term]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for subject, predicate, object in statements:
            if isinstance(subject, NamedNode):
                nodes[subject.value][cast(NamedNode, predicate).value].append(object)
        self._nodes = {iri: _Node(iri, values) for iri, values in nodes.items()}
        self._kinds: defaultdict[str, list[_Node]] = defaultdict(list)
        for node in self._nodes.values():
            for kind in node.iris(_RDF + "type"):
                self._kinds[kind].append(node)

    def read(self) -> StoredGraph:
        documents = self._kinds[_KGB + "Document"]
        if len(documents) != 1:
            raise ReadError(f"a document's graph holds one document, not {len(documents)}")
        node = documents[0]
        uri = node.text(_DCTERMS + "identifier")
        chunks = tuple(sorted(map(self._chunk, self._kinds[_KGB + "Chunk"]), key=lambda c: c.index))
        document = self._document(node, uri, chunks)
        chunks = tuple(Chunk(document.id, c.index, c.start, c.end, c.text) for c in chunks)
        locals = sorted(
            self._kinds[_KGB + "LocalEntity"], key=lambda node: _order(node.text(_KGB + "local"))
        )
        mentions = self._mentions()
        entities = tuple(
            LocalEntity(
                local=node.text(_KGB + "local"),
                type=node.text(_KGB + "typeName"),
                name=node.text(_RDFS + "label"),
                names=tuple(json.loads(node.text(_KGB + "names"))),
                mentions=tuple(sorted(mentions[node.text(_KGB + "local")], key=_place)),
                datatype=node.maybe(_KGB + "datatype"),
                value=node.maybe(_KGB + "value"),
            )
            for node in locals
        )
        relations, arguments = self._statements()
        graph = DocumentGraph(
            document=document,
            pipeline=self._pipeline(),
            chunks=chunks,
            entities=entities,
            relations=tuple(relations),
            events=self._events(document.id, arguments),
        )
        members = tuple(
            (
                Member.of(entity, document.id, tuple(json.loads(node.text(_KGB + "keys")))),
                self._id("entity", node.iri_of(_KGB + "resolvedTo")),
            )
            for node, entity in zip(locals, entities, strict=True)
        )
        activities = self._kinds[_PROV + "Activity"]
        ended = activities[0].maybe(_PROV + "endedAtTime") if activities else None
        if ended is not None:  # databases write UTC as Z
            ended = datetime.fromisoformat(ended).isoformat()
        return StoredGraph(graph, members, ended)

    def _id(self, kind: str, iri: str) -> str:
        return self._layout.parts(iri, kind)[-1]

    def _document(self, node: _Node, uri: str, chunks: tuple[Chunk, ...]) -> Document:
        marks = [self._nodes[iri] for iri in node.iris(_KGB + "mark")]
        metadata = [self._nodes[iri] for iri in node.iris(_KGB + "metadata")]
        length = int(node.maybe(_KGB + "length") or 0)
        return Document(
            uri=uri,
            source=node.maybe(_KGB + "file") or uri,
            media_type=node.maybe(_DCTERMS + "format") or "",
            language=node.maybe(_DCTERMS + "language") or "",
            title=node.maybe(_DCTERMS + "title") or "",
            text=_text_of(chunks, length),
            sha256=node.text(_KGB + "sha256"),
            marks=tuple(
                Mark(
                    "page" if mark.text(_KGB + "kind") == "page" else "section",
                    mark.number(_KGB + "start"),
                    mark.text(_RDFS + "label"),
                )
                for mark in sorted(marks, key=lambda mark: _order(mark.iri))
            ),
            metadata={entry.text(_KGB + "key"): entry.text(_RDF + "value") for entry in metadata},
        )

    def _chunk(self, node: _Node) -> Chunk:
        return Chunk(
            "",
            node.number(_KGB + "index"),
            node.number(_KGB + "start"),
            node.number(_KGB + "end"),
            node.text(_KGB + "text"),
        )

    def _chunk_index(self, node: _Node, predicate: str) -> int:
        return int(self._id("chunk", node.iri_of(predicate)))

    def _pipeline(self) -> str:
        agents = self._kinds[_PROV + "SoftwareAgent"]
        if len(agents) != 1:
            raise ReadError("the graph does not say which pipeline made it")
        return agents[0].text(_KGB + "fingerprint")

    def _mentions(self) -> defaultdict[str, list[LocalMention]]:
        found: defaultdict[str, list[LocalMention]] = defaultdict(list)
        for node in self._kinds[_OA + "Annotation"]:
            local = node.maybe(_KGB + "local")
            if local is None:
                continue  # of an event, which says where it is itself
            position = self._nodes[node.iri + "#position"]
            quote = self._nodes.get(node.iri + "#quote")
            if quote is None:
                raise ReadError(f"the texts of mentions were left out, and {WHOLE}")
            found[local].append(
                LocalMention(
                    chunk=self._chunk_index(node, _DCTERMS + "isPartOf"),
                    start=position.number(_OA + "start"),
                    end=position.number(_OA + "end"),
                    text=quote.text(_OA + "exact"),
                    confidence=float(node.text(_KGB + "confidence")),
                )
            )
        return found

    def _statements(self) -> tuple[list[LocalRelation], defaultdict[str, list[LocalArgument]]]:
        relations = []
        arguments: defaultdict[str, list[LocalArgument]] = defaultdict(list)
        for node in self._nodes.values():
            tails = node.iris(_KGB + "tail")
            if not tails:
                continue
            tail = self._id("local", tails[0])
            kind = node.text(_KGB + "typeName")
            confidence = float(node.text(_KGB + "confidence"))
            events = node.iris(_KGB + "event")
            if events:
                event = self._id("event", events[0])
                arguments[event].append(LocalArgument(kind, tail, confidence))
                continue
            relations.append(
                LocalRelation(
                    type=kind,
                    head=self._id("local", node.iri_of(_KGB + "head")),
                    tail=tail,
                    chunk=self._chunk_index(node, _PROV + "wasDerivedFrom"),
                    confidence=confidence,
                    head_span=_span(node, "head"),
                    tail_span=_span(node, "tail"),
                )
            )
        relations.sort(key=lambda r: (r.chunk, r.type, _order(r.head), _order(r.tail)))
        return relations, arguments

    def _events(
        self, document: str, arguments: defaultdict[str, list[LocalArgument]]
    ) -> tuple[LocalEvent, ...]:
        found = []
        for node in self._kinds[_KGB + "Event"]:
            id = self._id("event", node.iri)
            event = LocalEvent(
                type=node.text(_KGB + "typeName"),
                trigger=node.text(_RDFS + "label"),
                chunk=self._chunk_index(node, _PROV + "wasDerivedFrom"),
                start=node.number(_KGB + "start"),
                end=node.number(_KGB + "end"),
                confidence=float(node.text(_KGB + "confidence")),
                arguments=tuple(sorted(arguments[id], key=lambda a: (a.role, _order(a.entity)))),
            )
            ordinal = 0  # events alike at one place are told apart by their order
            while event_id(document, event.type, event.start, event.end, ordinal) != id:
                ordinal += 1
                if ordinal > len(self._kinds[_KGB + "Event"]):
                    raise ReadError(f"{node.iri} is no event of its document")
            found.append((event.start, event.end, event.type, ordinal, event))
        return tuple(event for *_, event in sorted(found, key=lambda item: item[:4]))


def _span(node: _Node, end: str) -> tuple[int, int]:
    start = node.maybe(f"{_KGB}{end}Start")
    return NO_SPAN if start is None else (int(start), node.number(f"{_KGB}{end}End"))


def _text_of(chunks: Iterable[Chunk], length: int) -> str:
    pieces: list[str] = []
    reached = 0
    for chunk in chunks:
        if chunk.start >= reached:
            pieces += (" " * (chunk.start - reached), chunk.text)
        else:  # chunks that overlap
            pieces.append(chunk.text[reached - chunk.start :])
        reached = max(reached, chunk.end)
    pieces.append(" " * (length - reached))
    return "".join(pieces)


def _order(name: str) -> tuple[int, str]:
    """``e2`` before ``e10``."""
    digits = name[len(name.rstrip("0123456789")) :]
    return (int(digits) if digits else 0, name)


def _place(mention: LocalMention) -> tuple[int, int, int]:
    return mention.start, mention.end, mention.chunk
