"""The ``kgbuilder`` command.

This module and the commands' own are imported at every call, ``--help`` included; they import
what they need to work inside their functions.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kgbuilder.cli import (
    build,
    delete,
    doctor,
    eval_,
    explore,
    export,
    extract,
    import_,
    options,
    query,
    resolve,
    schema,
    serve,
    sparql,
    stats,
    train,
    validate,
    watch,
)
from kgbuilder.cli.codes import CANNOT, DONE, INTERRUPTED


class Commands(TyperGroup):
    """Turns errors into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, see the base class."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            _say("Stopped.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read the output (head, less) has had enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(DONE) from None
        except Exception as error:
            if _is_usage_error(error) or ctx.meta.get(options.DEBUG_KEY):
                raise
            logging.getLogger(__name__).debug("The command failed", exc_info=True)
            _say(f"Error: {describe(error)}")
            raise typer.Exit(CANNOT) from None


app = typer.Typer(
    name="kgbuilder",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turns documents, English or Chinese, into a knowledge graph.",
    epilog="Exit codes: 0 done; 1 some documents failed, each named; 2 the command could not run.",
)


def _version(value: bool) -> None:
    if value:
        import kgbuilder

        typer.echo(f"kgbuilder {kgbuilder.__version__}")
        raise typer.Exit(DONE)


@app.callback()
def common(
    debug: options.Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Turns documents, English or Chinese, into a knowledge graph."""


for module in (
    *(build, watch, extract, eval_, query, sparql, export, import_, explore),
    *(stats, validate, delete, serve, doctor),
):
    app.command(module.NAME)(module.command)
app.add_typer(resolve.app, name="resolve")
app.add_typer(schema.app, name="schema")
app.add_typer(train.app, name="train")


def describe(error: BaseException) -> str:
    """One line that says what went wrong."""
    from kgbuilder.errors import KGBuilderError

    text = str(error).strip()
    package = type(error).__module__.partition(".")[0]
    if text and (isinstance(error, KGBuilderError) or package in ("ingest", "model", "graph")):
        return text
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    return f"{type(error).__name__}: {' '.join(text.split())} (--debug shows where)"


def _is_usage_error(error: Exception) -> bool:
    """Whether Typer shows the error itself, with the usage; exits with 2 as well."""
    return hasattr(error, "exit_code") and hasattr(error, "format_message")


def _say(text: str) -> None:
    from kgbuilder.logs import printable

    typer.echo("\n".join(map(printable, text.split("\n"))), err=True)


def run() -> None:
    """The entry point."""
    app()
