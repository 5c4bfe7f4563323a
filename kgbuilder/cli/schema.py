"""``kgbuilder schema``: list, show, check."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format

app = typer.Typer(no_args_is_help=True, help="Show and check schemas.")

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A ready schema, or a file.")]


class SchemaFormat(StrEnum):
    """How a schema is shown."""

    TABLE = "table"
    YAML = "yaml"


@app.command("list")
def list_(
    format: Annotated[Format, typer.Option(help="How rows are written.")] = Format.TABLE,
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
        SchemaFormat, typer.Option(help="yaml can be saved and changed.")
    ] = SchemaFormat.TABLE,
    debug: options.Debug = False,
) -> None:
    """Show what a schema names."""
    from kgbuilder.cli.output import write_rows
    from model.schema_loader import dump_schema, load_schema

    schema = load_schema(name)
    if format is SchemaFormat.YAML:
        typer.echo(dump_schema(schema), nl=False)
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


def _row(kind: str, item: Any, takes: str) -> dict[str, Any]:
    return {"kind": kind, "name": item.name, "takes": takes, "description": item.description}


def _any(types: tuple[str, ...]) -> str:
    return "|".join(types) or "any"
