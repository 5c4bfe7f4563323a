"""What queries return of nodes, edges, documents and mentions, and what is made of such rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.view.naming import Naming
from graph.view.records import ChunkInfo, DocumentInfo, Edge, MentionInfo, Node, NodeKind

Row = Mapping[str, Any]

NODE = (
    "{0}.id AS id, labels({0}) AS labels, {0}.type AS type, {0}.name AS name, "
    "{0}.aliases AS aliases, {0}.trigger AS trigger"
)
"""Columns of a node; ``.format`` it with the variable's name."""
DOCUMENT = (
    "d.id AS document, d.uri AS uri, d.title AS title, d.language AS language, "
    "d.media_type AS media_type, d.pipeline AS pipeline, d.ingested_at AS ingested_at, "
    "d.length AS length, d.mark_kinds AS mark_kinds, d.mark_starts AS mark_starts, "
    "d.mark_labels AS mark_labels"
)
CHUNK = f"c.id AS id, c.start AS start, c.text AS text, {DOCUMENT}"
"""Columns of the chunk ``c`` of the document ``d``."""
WEIGHT = "r.confidence AS confidence, r.support AS support, r.conflict AS conflict"
KIND = "CASE WHEN n:Event OR x:Event THEN 'role' ELSE 'relation' END AS kind"
EDGE = f"startNode(r).id AS source, type(r) AS rel, endNode(r).id AS target, {WEIGHT}, {KIND}"
"""Columns of the relationship ``r`` between ``n`` and ``x``."""
MENTION = (
    "c.id AS chunk, m.start AS start, m.end AS end, m.text AS text, m.confidence AS confidence, "
    "m.local AS local, e.id AS target, e.type AS type, e.name AS name, "
    "e.aliases AS aliases, e:Event AS event"
)


def as_node(row: Row, naming: Naming, degree: int = 0) -> Node:
    """From the columns of `NODE`."""
    labels = row["labels"]
    kind: NodeKind = "event" if "Event" in labels else "value" if "Value" in labels else "entity"
    name = _shown(row, naming) or row["trigger"] or row["id"]
    return Node(row["id"], kind, row["type"] or "", str(name), degree)


def _shown(row: Row, naming: Naming) -> str:
    return naming.shown(row["name"], row["aliases"] or ()) if row["name"] else ""


def as_document(row: Row) -> DocumentInfo:
    """From the columns of `DOCUMENT`."""
    columns = (row["mark_kinds"] or (), row["mark_starts"] or (), row["mark_labels"] or ())
    marks = list(zip(*columns, strict=False))
    return DocumentInfo(
        id=row["document"],
        uri=row["uri"] or "",
        title=row["title"] or "",
        language=row["language"] or "",
        media_type=row["media_type"] or "",
        pipeline=row["pipeline"] or "",
        ingested_at=str(row["ingested_at"] or ""),
        length=row["length"] or 0,
        pages=tuple(sorted((start, label) for kind, start, label in marks if kind == "page")),
        sections=tuple(sorted((start, label) for kind, start, label in marks if kind == "section")),
    )


def as_edge(row: Row) -> Edge:
    """From the columns of `EDGE`."""
    return Edge(
        row["source"],
        row["rel"],
        row["target"],
        row["kind"],
        row["confidence"] or 0.0,
        int(row["support"] or 1),
        bool(row["conflict"]),
    )


def as_mention(row: Row, naming: Naming) -> MentionInfo:
    """From the columns of `MENTION`."""
    return MentionInfo(
        chunk=row["chunk"],
        start=row["start"],
        end=row["end"],
        text=row["text"] or "",
        confidence=row["confidence"] or 0.0,
        local=row["local"] or "",
        target=row["target"],
        type=row["type"] or "",
        name=_shown(row, naming),
        event=bool(row["event"]),
    )


def as_chunk(row: Row) -> ChunkInfo:
    """From the columns of `CHUNK`."""
    return ChunkInfo(row["id"], row["start"], row["text"], as_document(row))
