"""Rows of queries as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.data.records import DocumentInfo, Edge, Node, NodeKind

NODE = (
    "{0}.id AS id, labels({0}) AS labels, {0}.type AS type, {0}.name AS name, "
    "{0}.trigger AS trigger"
)
"""Columns of a node; ``.format`` it with the variable's name."""

DOCUMENT = (
    "d.id AS document, d.uri AS uri, d.title AS title, d.language AS language, "
    "d.media_type AS media_type, d.pipeline AS pipeline, d.ingested_at AS ingested_at, "
    "d.length AS length, d.mark_kinds AS mark_kinds, d.mark_starts AS mark_starts, "
    "d.mark_labels AS mark_labels"
)


def node_of(row: Mapping[str, Any], degree: int = 0) -> Node:
    """From the columns of `NODE`."""
    labels = row["labels"]
    kind: NodeKind = "event" if "Event" in labels else "value" if "Value" in labels else "entity"
    name = row.get("name") or row.get("trigger") or row["id"]
    return Node(row["id"], kind, row["type"] or "", str(name), degree)


def document_of(row: Mapping[str, Any]) -> DocumentInfo:
    """From the columns of `DOCUMENT`."""
    marks = list(
        zip(
            row["mark_kinds"] or (),
            row["mark_starts"] or (),
            row["mark_labels"] or (),
            strict=False,
        )
    )
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


def edge_of(row: Mapping[str, Any]) -> Edge:
    """From columns source, rel, target, kind, confidence, support and conflict."""
    return Edge(
        row["source"],
        row["rel"],
        row["target"],
        row["kind"],
        row["confidence"] or 0.0,
        int(row["support"] or 1),
        bool(row["conflict"]),
    )
