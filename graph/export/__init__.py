"""The graph in other forms: RDF, GraphML, and CSV for Neo4j's bulk import."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import IO, Literal

from graph.export.graphml import write_graphml
from graph.export.links import read_links, resolve_links
from graph.export.neo4j_csv import ARGUMENTS_FILE, write_csv
from graph.export.output import binary_output, output_folder
from graph.export.property_graph import View
from graph.export.rdf import FORMATS as _RDF_FORMATS
from graph.export.rdf import RdfWriter
from graph.export.source import GraphSource, HasRows
from graph.export.stats import Counter, ExportStats, Progress
from graph.export.store_source import ReadableStore, StoreSource
from graph.rdf.document import RdfOptions
from model.ontology.iris import DEFAULT_BASE
from model.schema import Schema

__all__ = ["DEFAULT_BASE", "FORMATS", "ExportStats", "GraphSource", "export", "format_of"]

FORMATS: tuple[str, ...] = (*_RDF_FORMATS, "graphml", "csv")
_EXTENSIONS = {
    ".ttl": "turtle",
    ".trig": "trig",
    ".nt": "ntriples",
    ".nq": "nquads",
    ".jsonld": "jsonld",
    ".graphml": "graphml",
}


def format_of(path: str | os.PathLike[str]) -> str | None:
    """The format that a file name's extension stands for, if any."""
    return _EXTENSIONS.get(Path(path).suffix.lower())


def export(
    source: ReadableStore | HasRows | GraphSource,
    target: str | os.PathLike[str] | IO[bytes],
    format: str,
    schema: Schema | None = None,
    *,
    base: str = DEFAULT_BASE,
    provenance: bool = True,
    text: bool = True,
    reification: Literal["statement", "rdf12"] = "statement",
    decisions: bool = True,
    links: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ExportStats:
    """Writes the graph of ``source`` to ``target``; memory does not grow with the graph.

    A file, or the folder of the format ``csv``, appears whole or not at all, and replaces an
    earlier one. ``-`` is standard output.

    Args:
        source: a store, or anything else that yields a graph's rows.
        target: a path, ``-`` or a binary stream; for ``csv`` a path.
        format: one of `FORMATS`.
        schema: gives the types their IRIs and labels; by default the store's own.
        base: the beginning of every node's IRI, in RDF.
        provenance: whether to write chunks, mentions with their text positions, confidence and
            evidence, beside the facts.
        text: whether to write the texts of chunks and mentions.
        reification: how RDF attaches confidence and evidence to a statement: as
            ``rdf:Statement`` or as RDF 1.2 reifiers.
        decisions: whether TriG and N-Quads hold what people decided, and the facts that they
            rejected; with them (and provenance and texts) a graph can be imported as it was.
        links: in RDF, a table of what entities are elsewhere (`graph.export.links.read_links`),
            written as ``owl:sameAs``.
        progress: is called now and then with the number of rows written.

    Raises:
        ValueError: the format or the base is unknown or invalid, or the schema holds an invalid
            IRI, or the table of links a bad row; nothing is written.
        OSError: ``target`` cannot be written.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}")
    if links is not None and format not in _RDF_FORMATS:
        raise ValueError(f"links are written in RDF only, not as {format}")
    if isinstance(source, HasRows):
        schema = schema or source.schema
        source = source.source()
    elif isinstance(source, ReadableStore):
        schema = schema or source.schema
        source = StoreSource(source)
    if schema is None:
        raise ValueError("the store holds no schema yet, so there is nothing to export by")
    began = perf_counter()
    counter = Counter(progress)
    linked = None
    if links is not None:
        linked = resolve_links(read_links(links, schema), source.entities(), schema)
    view = View(source, schema, provenance=provenance, text=text)
    if format == "csv":
        if not isinstance(target, str | os.PathLike) or os.fspath(target) == "-":
            raise ValueError("the format csv makes several files and needs the path of a folder")
        with output_folder(target, ARGUMENTS_FILE) as folder:
            write_csv(view, folder, counter)
    elif format == "graphml":
        with binary_output(target) as stream:
            write_graphml(view, stream, counter)
    else:
        writer = RdfWriter(
            schema, format, base, RdfOptions(provenance, text, reification, decisions)
        )
        with binary_output(target) as stream:
            writer.write(source, stream, counter, linked.same if linked else {})
    return ExportStats(format, counter.rows, perf_counter() - began, linked)
