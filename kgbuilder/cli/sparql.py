"""``kgbuilder sparql``."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from kgbuilder.cli import options

NAME = "sparql"


class SparqlFormat(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    XML = "xml"
    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    RDFXML = "rdfxml"
    JSONLD = "jsonld"


def command(
    query: Annotated[
        str, typer.Argument(metavar="SPARQL", help="The query; - reads it from standard input.")
    ],
    store: options.Store = None,
    config: options.Config = None,
    format: Annotated[
        SparqlFormat | None,
        typer.Option(
            help="table, json (the W3C's), csv, tsv or xml for rows; turtle, ntriples, rdfxml or"
            " jsonld for triples. [default: table or turtle]",
            show_default=False,
        ),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Ask a graph in SPARQL. A property graph is turned into RDF first, all of it.

    The query sees the union of all documents' graphs, and each by GRAPH. The prefixes of usual
    vocabularies and kgb: (kgbuilder's own), entity:, rel:, role: and type: are known.
    """
    from kgbuilder.cli import console as screen
    from kgbuilder.graphs import RDF, SPARQL
    from kgbuilder.linked_data import sparql

    console = screen.set_up(debug)
    settings = options.settings(config, store=store)
    text = sys.stdin.read() if query == "-" else query
    if not settings.store.startswith((RDF, SPARQL)):
        console.print(
            f"{settings.store} is a property graph: writing it as RDF first", markup=False
        )
    with sparql(text, settings=settings) as answer:
        _write(answer, format)


def _write(answer: Any, format: SparqlFormat | None) -> None:
    import pyoxigraph as ox

    from kgbuilder.cli.output import Format, write_rows
    from kgbuilder.errors import InputError

    rows = {
        SparqlFormat.JSON: ox.QueryResultsFormat.JSON,
        SparqlFormat.CSV: ox.QueryResultsFormat.CSV,
        SparqlFormat.TSV: ox.QueryResultsFormat.TSV,
        SparqlFormat.XML: ox.QueryResultsFormat.XML,
    }
    triples = {
        SparqlFormat.TURTLE: ox.RdfFormat.TURTLE,
        SparqlFormat.NTRIPLES: ox.RdfFormat.N_TRIPLES,
        SparqlFormat.RDFXML: ox.RdfFormat.RDF_XML,
        SparqlFormat.JSONLD: ox.RdfFormat.JSON_LD,
    }
    if isinstance(answer, ox.QueryBoolean | ox.QuerySolutions):
        if format in triples:
            raise InputError(f"This query has rows, not triples; {format} cannot hold them")
        if format in rows:
            sys.stdout.flush()
            answer.serialize(sys.stdout.buffer, rows[format])
            sys.stdout.buffer.write(b"\n")
        elif isinstance(answer, ox.QueryBoolean):
            typer.echo("true" if answer else "false")
        else:
            names = [variable.value for variable in answer.variables]
            found = (
                {name: _shown(term) for name, term in zip(names, row, strict=True)}
                for row in answer
            )
            write_rows(names, found, Format.TABLE)
        return
    if format in rows or format is SparqlFormat.TABLE:
        raise InputError(f"This query gives triples, not rows; {format} cannot hold them")
    from model.ontology.vocabulary import PREFIXES

    sys.stdout.flush()
    wanted = triples[format or SparqlFormat.TURTLE]
    ox.serialize(answer, sys.stdout.buffer, wanted, prefixes=PREFIXES)


def _shown(term: Any) -> str | None:
    """IRIs and literals without the marks of a syntax."""
    value = getattr(term, "value", term)
    return None if value is None else str(value)
