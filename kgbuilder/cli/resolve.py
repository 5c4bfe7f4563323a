"""``kgbuilder resolve``: review what was held for one thing, decide, and undo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format, FormatOption, write_rows

if TYPE_CHECKING:
    from graph.resolving.decisions import Decision
    from kgbuilder.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="Review and correct which names are one thing. Every decision can be undone.",
)

Entity = Annotated[str, typer.Argument(metavar="ENTITY", help="An entity's id, or its exact name.")]
Note = Annotated[str, typer.Option("--note", help="Why, for others to read.")]


def _settings(store: str | None, config: Path | None) -> Settings:
    return options.settings(config, store=store)


def _say(decision: Decision) -> None:
    typer.echo(f"{decision.id}  {_words(decision)}")


def _words(decision: Decision) -> str:
    """A decision in words."""
    left, right = (
        ", ".join(key.partition("|")[2] for key in keys) for keys in (decision.left, decision.right)
    )
    if decision.kind == "merge":
        return f"{left} and {right} are one"
    if decision.kind == "split":
        where = f"in {len(decision.documents)} documents is another" if decision.documents else ""
        return f"{left} {where}".rstrip() if where else f"{left} is not {right}"
    if decision.kind == "rename":
        return f"{left} is called {decision.value}"
    if decision.kind == "retype":
        return f"{left} is a {decision.value}"
    return f"{left} {decision.value} {right} is not so"


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many rows.")] = 50,
    least: Annotated[
        float | None,
        typer.Option("--least", min=0, max=1, help="Probability of a likely duplicate, at least."),
    ] = None,
    format: FormatOption = Format.TABLE,
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """List likely duplicates and uncertain merges, with reasons."""
    from dataclasses import asdict

    from kgbuilder.review import Suggestion, suggestions

    found = suggestions(settings=_settings(store, config), limit=limit, least=least)
    columns = [name for name in Suggestion.__dataclass_fields__ if name != "keys"]
    write_rows(columns, map(asdict, found), format)


@app.command()
def ask(
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="NAME",
            help="openai:MODEL@URL (any server of that protocol), generative:FILE or hf:PATH.",
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many pairs.")] = 50,
    least: Annotated[
        float | None,
        typer.Option("--least", min=0, max=1, help="Probability of a likely duplicate, at least."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask, and decide nothing.")] = False,
    format: FormatOption = Format.TABLE,
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Ask a language model about the pairs that 'list' lists, and decide as it says.

    Each pair is asked twice, in both orders; what the answers agree on is decided. People's
    decisions go before a model's. 'undo --source' takes a model's back.
    """
    from kgbuilder.opinions import ask as ask_model

    found = ask_model(
        model, settings=_settings(store, config), limit=limit, least=least, dry_run=dry_run
    )
    write_rows(
        ("verdict", "name", "other", "probability", "decision", "why"),
        (
            {
                "verdict": o.verdict,
                "name": o.pair.name,
                "other": o.pair.other,
                "probability": o.pair.probability,
                "decision": o.decision.id if o.decision else None,
                "why": o.why,
            }
            for o in found.opinions
        ),
        format,
    )
    typer.echo(f"{found.usage}", err=True)


@app.command()
def explain(
    entity: Entity,
    other: Entity,
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Say why two entities or names are one in the graph, or are not."""
    from kgbuilder import review

    found = review.explain(entity, other, settings=_settings(store, config))
    typer.echo("One entity." if found.same else "Two entities.")
    for note in found.notes:
        typer.echo(note)
    if found.probability is not None:
        typer.echo(f"By their names, one thing with probability {found.probability:.3f}:")
        for reason in found.reasons:
            typer.echo(f"  {reason.weight:+6.2f}  {reason.comparison}: {reason.level}")


@app.command()
def merge(
    entity: Entity,
    other: Entity,
    note: Note = "",
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Hold two entities to be one."""
    from kgbuilder import decisions

    _say(decisions.merge(entity, other, note=note, settings=_settings(store, config)))


@app.command()
def split(
    entity: Entity,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Names of another thing, where two were joined."),
    ] = None,
    document: Annotated[
        list[str] | None,
        typer.Option("--document", help="Documents (URI or path) that mean another thing."),
    ] = None,
    note: Note = "",
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Take an entity apart, by names or by documents."""
    from kgbuilder import decisions

    _say(
        decisions.split(
            entity,
            names=name or (),
            documents=document or (),
            note=note,
            settings=_settings(store, config),
        )
    )


@app.command()
def rename(
    entity: Entity,
    name: Annotated[str, typer.Argument(help="The name to show.")],
    note: Note = "",
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Show an entity under another name."""
    from kgbuilder import decisions

    _say(decisions.rename(entity, name, note=note, settings=_settings(store, config)))


@app.command()
def retype(
    entity: Entity,
    type: Annotated[str, typer.Argument(help="A type of the graph's schema.")],
    note: Note = "",
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Give an entity another type."""
    from kgbuilder import decisions

    _say(decisions.retype(entity, type, note=note, settings=_settings(store, config)))


@app.command()
def reject(
    head: Entity,
    relation: Annotated[str, typer.Argument(help="The relation, as in the schema or the graph.")],
    tail: Entity,
    note: Note = "",
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Hold a relation between two entities to be wrong, now and later."""
    from kgbuilder import decisions

    _say(decisions.reject(head, relation, tail, note=note, settings=_settings(store, config)))


@app.command()
def undo(
    decision: Annotated[
        str | None, typer.Argument(help="A decision's id, or how it begins.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="MODEL", help="Take back all that this model decided."),
    ] = None,
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Take a decision back; the graph is what it would be without it."""
    from kgbuilder import decisions
    from kgbuilder.errors import InputError

    settings = _settings(store, config)
    if (decision is None) == (source is None):
        raise InputError("Say what to undo: a decision, or --source (not both)")
    if source is not None:
        undone = decisions.undo_all(source, settings=settings)
    else:
        undone = [decisions.undo(decision or "", settings=settings)]
    for found in undone:
        typer.echo(f"{found.id}  undone: {_words(found)}")


@app.command("decisions")
def decisions_(
    format: FormatOption = Format.TABLE,
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """List the decisions that hold."""
    from kgbuilder import decisions

    found = decisions.decisions(settings=_settings(store, config))
    columns = ("id", "kind", "what", "made_at", "note", "source")
    write_rows(
        columns,
        (
            {
                "id": d.id,
                "kind": d.kind,
                "what": _words(d),
                "made_at": d.made_at,
                "note": d.note,
                "source": d.source,
            }
            for d in found
        ),
        format,
    )


@app.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="The file to write, one decision a line.")],
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Write all decisions to a file."""
    from kgbuilder import decisions

    count = decisions.export_decisions(file, settings=_settings(store, config))
    typer.echo(f"{count} decision{'' if count == 1 else 's'} written to {file}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that 'export' wrote.", exists=True)],
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Make the decisions of a file."""
    from kgbuilder import decisions

    count = decisions.import_decisions(file, settings=_settings(store, config))
    typer.echo(f"{count} new decision{'' if count == 1 else 's'}")


@app.command()
def table(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header line.", exists=True)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV file to write.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="Columns to compare; all, if none is given."),
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(
            "--names",
            metavar="KIND",
            help="The one column has names of: person, organization, place, other.",
        ),
    ] = None,
    accept: Annotated[
        float | None, typer.Option("--accept", min=0, max=1, help="Probability from which to join.")
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Find the rows of a table that are one thing; no graph is needed.

    The output has the same rows, with the number of each one's first row as "cluster".
    """
    from kgbuilder.tables import resolve_table

    rows, clusters = resolve_table(file, output, columns=column, names=names, accept=accept)
    typer.echo(f"{rows:,} rows are {clusters:,} things; written to {output}")
