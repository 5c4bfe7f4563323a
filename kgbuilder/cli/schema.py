"""``kgbuilder schema``: list, show, check, import, export."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format, FormatOption

app = typer.Typer(no_args_is_help=True, help="Show, check and convert schemas.")

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A ready schema, or a file.")]


class SchemaFormat(StrEnum):
    """How a schema is shown."""

    TABLE = "table"
    YAML = "yaml"
    OWL = "owl"
    SHACL = "shacl"


class SchemaFileFormat(StrEnum):
    """How a schema is written to a file."""

    YAML = "yaml"
    OWL = "owl"
    SHACL = "shacl"


Base = Annotated[
    str | None,
    typer.Option(
        metavar="IRI", help="In owl and shacl, the beginning of IRIs for types that have none."
    ),
]


@app.command("list")
def list_(
    format: FormatOption = Format.TABLE,
    debug: options.Debug = False,
) -> None:
    """List the ready schemas."""
    from kgbuilder.cli.output import write_rows
    from model.schema_loader import available_schemas, load_schema

    rows = []
    for name in available_schemas():
        schema = load_schema(name)
        rows.append(
            {
                "name": name,
                "entities": len(schema.entities),
                "relations": len(schema.relations),
                "events": len(schema.events),
                "languages": list(schema.languages),
                "description": schema.description,
            }
        )
    write_rows(list(rows[0]) if rows else [], rows, format)


@app.command("show")
def show(
    name: Name,
    format: Annotated[
        SchemaFormat,
        typer.Option(help="yaml can be saved and changed; owl and shacl are Turtle."),
    ] = SchemaFormat.TABLE,
    base: Base = None,
    debug: options.Debug = False,
) -> None:
    """Show what a schema names."""
    from kgbuilder.cli.output import write_rows
    from model.schema_loader import load_schema

    schema = load_schema(name)
    if format is not SchemaFormat.TABLE:
        sys.stdout.write(_text(schema, format.value, None, base))
        return
    rows: list[dict[str, Any]] = []
    for entity in schema.entities:
        below = f"a kind of {entity.parent}" if entity.parent else ""
        rows.append(_row("entity", entity, entity.datatype or below))
    for relation in schema.relations:
        ends = f"{_any(relation.head)} → {_any(relation.tail)}"
        rows.append(_row("relation", relation, ends))
    for event in schema.events:
        roles = ", ".join(f"{role.name} ({_any(role.types)})" for role in event.roles)
        rows.append(_row("event", event, roles))
    write_rows(["kind", "name", "takes", "description"], rows, Format.TABLE)


@app.command("check")
def check(name: Name, debug: options.Debug = False) -> None:
    """Check a schema; what is wrong is named with its line."""
    from model.schema_loader import load_schema

    schema = load_schema(name)
    typer.echo(
        f"{name} is sound: {len(schema.entities)} entity types,"
        f" {len(schema.relations)} relation types, {len(schema.events)} event types"
    )


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An ontology (OWL, RDFS, SKOS) or SHACL shapes, in any RDF syntax."
        ),
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="The YAML file; - is standard output."),
    ] = "-",
    event_class: Annotated[
        list[str] | None,
        typer.Option(
            metavar="IRI", help="A class that, with those below it, becomes types of events."
        ),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Make a schema of an ontology or of SHACL shapes, to be changed at will.

    What a schema cannot hold is named. To use an ontology as it is, give it to --schema.
    """
    from kgbuilder.errors import InputError
    from model.ontology import SUFFIXES, read_ontology
    from model.schema_format import dump_schema
    from model.schema_loader import load_schema

    if file.suffix.lower() in SUFFIXES:
        found = read_ontology(file, event_classes=event_class or ())
        schema, notes = found.schema, found.notes
    elif event_class:
        raise InputError(f"--event-class is for RDF, and {file} is none by its ending")
    else:
        schema, notes = load_schema(file), ()
    for note in notes:
        typer.echo(note, err=True)
    _write(dump_schema(schema), output)


@app.command("export")
def export(
    name: Name,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where; - is standard output."),
    ],
    format: Annotated[
        SchemaFileFormat,
        typer.Option(help="owl and shacl are RDF in the syntax of the file's ending."),
    ] = SchemaFileFormat.OWL,
    base: Base = None,
    debug: options.Debug = False,
) -> None:
    """Write a schema as an OWL ontology, as SHACL shapes, or as YAML."""
    from model.schema_loader import load_schema

    suffix = Path(output).suffix.lower() if output != "-" else None
    _write(_text(load_schema(name), format.value, suffix, base), output)


def _text(schema: Any, format: str, suffix: str | None, base: str | None) -> str:
    if format == "yaml":
        from model.schema_format import dump_schema

        return dump_schema(schema)
    from kgbuilder.errors import InputError
    from model.ontology import SUFFIXES, ontology_text
    from model.ontology.iris import DEFAULT_BASE

    suffix = suffix or ".ttl"
    if suffix not in SUFFIXES:
        raise InputError(
            f"{suffix} is the ending of no RDF syntax; use one of {', '.join(SUFFIXES)}"
        )
    try:
        return ontology_text(schema, format, SUFFIXES[suffix], base or DEFAULT_BASE)
    except ValueError as error:
        raise InputError(str(error)) from None


def _write(text: str, output: str) -> None:
    if output == "-":
        sys.stdout.write(text)
    else:
        from graph.export.output import binary_output

        with binary_output(output) as stream:
            stream.write(text.encode())


def _row(kind: str, item: Any, takes: str) -> dict[str, Any]:
    return {"kind": kind, "name": item.name, "takes": takes, "description": item.description}


def _any(types: tuple[str, ...]) -> str:
    return "|".join(types) or "any"
