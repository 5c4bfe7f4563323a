"""``kgbuilder export``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options

if TYPE_CHECKING:
    from graph.export.links import Links

NAME = "export"
_SHOWN = 5


class ExportFormat(StrEnum):
    """The formats of an export."""

    TURTLE = "turtle"
    TRIG = "trig"
    NTRIPLES = "ntriples"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    GRAPHML = "graphml"
    CSV = "csv"


def command(
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write; - is standard output. csv makes a folder of files.",
        ),
    ],
    format: Annotated[
        ExportFormat | None,
        typer.Option(help="By default what the file's ending says.", show_default=False),
    ] = None,
    store: options.Store = None,
    schema: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Gives the IRIs; by default what the graph was built with."
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="IRI", help="The beginning of the nodes' IRIs, in RDF."),
    ] = None,
    provenance: Annotated[
        bool, typer.Option(help="Write where each fact is stated, and with what confidence.")
    ] = True,
    text: Annotated[bool, typer.Option(help="Write the texts of chunks and mentions.")] = True,
    rdf12: Annotated[
        bool, typer.Option("--rdf12", help="RDF 1.2 reifiers in place of rdf:Statement.")
    ] = False,
    decisions: Annotated[
        bool,
        typer.Option(help="Write what people decided and rejected too, in TriG and N-Quads."),
    ] = True,
    links: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A CSV or TSV file of name or entity id, type (may be left out) and IRI, "
            "written as owl:sameAs.",
        ),
    ] = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Write the whole graph as RDF, GraphML, or CSV for neo4j-admin import."""
    from kgbuilder.cli import console as screen
    from kgbuilder.graphs import export

    console = screen.set_up(debug)
    stats = export(
        output,
        format=format.value if format else None,
        schema=schema,
        settings=options.settings(config, store=store),
        base=base,
        provenance=provenance,
        text=text,
        rdf12=rdf12,
        decisions=decisions,
        links=links,
    )
    if stats.links:
        for line in _told(stats.links):
            console.print(f"{links}, {line}", markup=False, soft_wrap=True)
    console.print(
        f"{stats.rows:,} rows as {stats.format} in {screen.duration(stats.seconds)}: {output}",
        markup=False,
    )


def _told(links: Links) -> Iterator[str]:
    """What became of a table's rows."""
    for link, ids in links.ambiguous:
        some = ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
        yield (
            f"line {link.line}: not linked, as {link.name!r} could be {len(ids)} entities "
            f"({some}); give a type or an id"
        )
    for link in links.unknown:
        kind = f" of type {link.type!r}" if link.type else ""
        yield f"line {link.line}: not linked, as there is no entity {link.name!r}{kind}"
    left = len(links.ambiguous) + len(links.unknown)
    yield f"{len(links.same):,} entities linked, {left:,} rows not used"
