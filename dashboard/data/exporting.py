"""What is on screen, as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dashboard.data.reader import Reader
from dashboard.data.records import Subgraph
from graph.export import export
from graph.export.source import (
    ArgumentRow,
    ChunkRow,
    DocumentFacts,
    DocumentRow,
    EntityRow,
    EventRow,
    MemberRow,
    MentionRow,
    RelationRow,
)
from graph.resolving.decisions import Decisions
from model.schema import Schema

FORMATS = ("json", "csv", "turtle", "graphml")
EXTENSIONS = {"json": "json", "csv": "csv", "turtle": "ttl", "graphml": "graphml"}
MIME = {
    "json": "application/json",
    "csv": "text/csv",
    "turtle": "text/turtle",
    "graphml": "application/xml",
}


def export_subgraph(reader: Reader, graph: Subgraph, format: str) -> bytes:
    """The nodes and edges of a subgraph in one of `FORMATS`.

    Raises ValueError for another format, and for RDF or GraphML of a graph without a schema.
    """
    if format == "json":
        content = {
            "nodes": [asdict(node) for node in graph.nodes],
            "edges": [asdict(edge) for edge in graph.edges],
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode()
    if format == "csv":
        return _edges_csv(graph)
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}")
    target = io.BytesIO()
    export(SubgraphSource(reader, graph), target, format, _schema(reader), provenance=False)
    return target.getvalue()


def _schema(reader: Reader) -> Schema:
    if reader.schema is None:
        raise ValueError("the store holds no schema yet")
    return reader.schema


def _edges_csv(graph: Subgraph) -> bytes:
    rows = [
        {
            "source": edge.source,
            "source_name": graph.by_id[edge.source].name,
            "type": edge.type,
            "target": edge.target,
            "target_name": graph.by_id[edge.target].name,
            "confidence": edge.confidence,
            "support": edge.support,
        }
        for edge in graph.edges
    ]
    linked = {end for edge in graph.edges for end in (edge.source, edge.target)}
    rows += [
        {"source": node.id, "source_name": node.name}
        for node in graph.nodes
        if node.id not in linked
    ]
    columns = ["source", "source_name", "type", "target", "target_name", "confidence", "support"]
    return rows_csv(columns, rows)


def rows_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as CSV with a byte order mark, by which spreadsheets know UTF-8.

    Text that a spreadsheet would run as a formula gets an apostrophe before it, as OWASP advises.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


class SubgraphSource:
    """A subgraph for the exporters, as one document that states all of it."""

    def __init__(self, reader: Reader, graph: Subgraph) -> None:
        self._entities = tuple(reader.entity_rows(node.id for node in graph.nodes))
        self._relations = tuple(
            RelationRow(edge.type, edge.source, edge.target, edge.confidence, ())
            for edge in sorted(graph.edges, key=lambda e: (e.source, e.target, e.type))
            if edge.kind == "relation"
        )
        events = [node.id for node in graph.nodes if node.kind == "event"]
        self._events = tuple(
            EventRow(
                id=row.id,
                type=row.type,
                document=row.document,
                chunk=row.chunk,
                trigger=row.trigger,
                start=row.start,
                end=row.end,
                confidence=row.confidence,
                arguments=tuple(
                    sorted(
                        ArgumentRow(edge.type, edge.target, edge.confidence, edge.target)
                        for edge in graph.edges
                        if edge.kind == "role" and edge.source == row.id
                    )
                ),
            )
            for row in sorted(reader.events(events), key=lambda row: row.id)
        )

    def documents(self) -> Iterator[DocumentRow]:
        return iter(())

    def chunks(self) -> Iterator[ChunkRow]:
        return iter(())

    def entities(self) -> Iterator[EntityRow]:
        return iter(self._entities)

    def mentions(self) -> Iterator[MentionRow]:
        return iter(())

    def relations(self) -> Iterator[RelationRow]:
        return iter(self._relations)

    def events(self) -> Iterator[EventRow]:
        return iter(self._events)

    def decisions(self) -> Decisions:
        return Decisions()

    def by_document(self) -> Iterator[DocumentFacts]:
        yield DocumentFacts(
            document=DocumentRow("screen", "", "", "", "", ""),
            chunks=(),
            members=tuple(MemberRow(entity, (entity.name,)) for entity in self._entities),
            mentions=(),
            relations=self._relations,
            events=self._events,
        )
