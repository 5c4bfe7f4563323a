"""Relationships between entities and the evidence that carries them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from graph.records import NO_SPAN, LocalRelation
from graph.resolution import Member
from graph.resolving.decisions import Decisions
from graph.store.plan import Cluster, Node, Plan
from ingest.documents import chunk_id

NodeT = TypeVar("NodeT", Node, Cluster)
EdgeKey = tuple[str, NodeT, NodeT]
"""Relationship type, start, end."""


EVIDENCE_LISTS = (
    *("evidence_chunk", "evidence_head", "evidence_tail", "evidence_confidence"),
    *("evidence_head_start", "evidence_head_end", "evidence_tail_start", "evidence_tail_end"),
)
"""Names of the parallel lists of a relationship."""

FACT = ("confidence", "support", *EVIDENCE_LISTS)
"""Names of all its properties."""


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """One statement of a relation; ``head`` and ``tail`` are local ids in the chunk's document.

    The spans are those of the mentions, offsets into the document's text; -1 if not known.
    """

    chunk: str
    head: str
    tail: str
    confidence: float
    head_span: tuple[int, int] = NO_SPAN
    tail_span: tuple[int, int] = NO_SPAN

    @property
    def document_id(self) -> str:
        return self.chunk.rpartition("#")[0]

    @property
    def turned(self) -> Evidence:
        return Evidence(
            self.chunk, self.tail, self.head, self.confidence, self.tail_span, self.head_span
        )

    @property
    def rank(self) -> tuple[float, tuple[int, int], tuple[int, int]]:
        """Of statements in one chunk about the same two, the least counts."""
        return -self.confidence, self.head_span, self.tail_span


@dataclass(frozen=True, slots=True)
class Fact:
    """One document's statement of a relation, as its ``Document`` node keeps it."""

    type: str  # relationship type
    evidence: Evidence


def facts_of(
    document_id: str, relations: Iterable[LocalRelation], name: Callable[[str], str]
) -> list[Fact]:
    """The facts, sorted; a relation stated twice in a chunk counts once, with the better score."""
    best: dict[tuple[str, str, str, str], Evidence] = {}
    for relation in relations:
        chunk = chunk_id(document_id, relation.chunk)
        key = (name(relation.type), chunk, relation.head, relation.tail)
        said = Evidence(
            chunk,
            relation.head,
            relation.tail,
            relation.confidence,
            relation.head_span,
            relation.tail_span,
        )
        best[key] = min(best.get(key, said), said, key=lambda evidence: evidence.rank)
    return [Fact(key[0], evidence) for key, evidence in sorted(best.items())]


def parted(
    facts: Sequence[Fact], members: Iterable[Member], decisions: Decisions
) -> tuple[Sequence[Fact], Sequence[Fact]]:
    """Of one document's facts those that stand, and those that people reject.

    ``members`` are the document's, with the keys that they have by the decisions
    (`Decisions.applied`).
    """
    if not decisions.has_rejected:
        return facts, ()
    keys = {member.local: member.keys for member in members}
    stand: list[Fact] = []
    rejected: list[Fact] = []
    for fact in facts:
        head, tail = keys[fact.evidence.head], keys[fact.evidence.tail]
        (rejected if decisions.rejects(fact.type, head, tail) else stand).append(fact)
    return stand, rejected


def encode_fact(fact: Fact) -> str:
    """As JSON: all that it takes to find the relationship, and to make it again."""
    evidence = fact.evidence
    index = int(evidence.chunk.rpartition("#")[2])
    said = [fact.type, evidence.head, evidence.tail, index, evidence.confidence]
    said += [*evidence.head_span, *evidence.tail_span]
    return json.dumps(said, ensure_ascii=False)


def decode_fact(text: str, document_id: str) -> Fact:
    """What `encode_fact` was given."""
    kind, head, tail, index, confidence, a, b, c, d = json.loads(text)
    return Fact(
        kind, Evidence(chunk_id(document_id, index), head, tail, confidence, (a, b), (c, d))
    )


def evidence_of(properties: Mapping[str, Any]) -> list[Evidence]:
    """The statements in the parallel lists of a relationship."""
    return [
        Evidence(chunk, head, tail, confidence, (a, b), (c, d))
        for chunk, head, tail, confidence, a, b, c, d in zip(
            *(properties[name] for name in EVIDENCE_LISTS), strict=True
        )
    ]


BestEvidence = dict[tuple[str, str, str], Evidence]
"""The evidence of a relationship by chunk, head and tail."""


def keep_best(items: BestEvidence, evidence: Evidence) -> None:
    """Add ``evidence``, unless the same chunk says more of the same two."""
    key = (evidence.chunk, evidence.head, evidence.tail)
    known = items.get(key)
    if known is None or evidence.rank < known.rank:
        items[key] = evidence


def runs_back(evidence: Evidence, head_id: str, tail_id: str) -> bool:
    """Whether a symmetric relation is stated the other way round than it is stored.

    It runs from the smaller to the larger id, whoever stated it how.
    """
    return (tail_id, evidence.tail) < (head_id, evidence.head)


def properties_of(evidence: Iterable[Evidence]) -> dict[str, Any]:
    """The properties of a relationship. A fact is as sure as its best evidence."""
    ordered = sorted(evidence)
    return {
        "confidence": max(item.confidence for item in ordered),
        "support": len(ordered),
        "evidence_chunk": [item.chunk for item in ordered],
        "evidence_head": [item.head for item in ordered],
        "evidence_tail": [item.tail for item in ordered],
        "evidence_confidence": [item.confidence for item in ordered],
        "evidence_head_start": [item.head_span[0] for item in ordered],
        "evidence_head_end": [item.head_span[1] for item in ordered],
        "evidence_tail_start": [item.tail_span[0] for item in ordered],
        "evidence_tail_end": [item.tail_span[1] for item in ordered],
    }


@dataclass(slots=True)
class EdgeChanges:
    """What to do with relationships; all ends are clusters (entities as they will be)."""

    create: dict[EdgeKey[Cluster], list[Evidence]]
    update: dict[EdgeKey[Cluster], list[Evidence]]
    delete: list[EdgeKey[Cluster]]


def edge_changes(
    documents: Collection[str],
    plan: Plan,
    stored: Mapping[EdgeKey[Node], list[Evidence]],
    facts: Iterable[Fact],
    symmetric: frozenset[str],
    ids: Mapping[Cluster, str],
) -> EdgeChanges:
    """Compare the relationships as they are with what they should be.

    ``stored`` has every relationship that the change may touch: those with evidence of the
    ``documents``, those that their new ``facts`` strengthen, all of entities that lose members, and
    the symmetric ones of entities whose id changes.
    """
    wanted: dict[EdgeKey[Cluster], BestEvidence] = {}

    def want(kind: str, evidence: Evidence, head: Cluster, tail: Cluster) -> None:
        if kind in symmetric and runs_back(evidence, ids[head], ids[tail]):
            head, tail, evidence = tail, head, evidence.turned
        keep_best(wanted.setdefault((kind, head, tail), {}), evidence)

    standing: dict[EdgeKey[Cluster], list[Evidence]] = {}
    for (kind, start, end), evidence in stored.items():
        if start.cluster is not None and end.cluster is not None:
            standing[kind, start.cluster, end.cluster] = evidence
        for item in evidence:
            if item.document_id not in documents:
                head = plan.cluster_of(item.document_id, item.head, start)
                tail = plan.cluster_of(item.document_id, item.tail, end)
                want(kind, item, head, tail)
    for fact in facts:
        item = fact.evidence
        head, tail = (plan.place[item.document_id, local] for local in (item.head, item.tail))
        want(fact.type, item, head, tail)

    changes = EdgeChanges({}, {}, [key for key in standing if key not in wanted])
    for edge, items in wanted.items():
        result = sorted(items.values())
        if edge not in standing:
            changes.create[edge] = result
        elif sorted(standing[edge]) != result:
            changes.update[edge] = result
    return changes
