"""Rows to people and programs: tables, JSON, CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="How rows are written.")]


def write_rows(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], format: Format) -> None:
    """Write ``rows`` to standard output, with the keys ``columns``.

    JSON is one array of objects, CSV has a header line. Lists and maps inside a cell are JSON.
    """
    if format is Format.JSON:
        _write_json(rows)
    elif format is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell(row[name]) for name in columns] for row in rows)
    else:
        _write_table(columns, rows)


def _write_json(rows: Iterable[Mapping[str, Any]]) -> None:
    separator = "[\n"
    for row in rows:
        sys.stdout.write(separator + json.dumps(plain(row), ensure_ascii=False))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(Text(name))
    count = 0
    for row in rows:
        table.add_row(*(Text(cell(row[name])) for name in columns))
        count += 1
    # On a pipe the width is not a terminal's: cells must not be cut there.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    if columns:
        console.print(table, soft_wrap=not sys.stdout.isatty())
    console.print(f"({count} row{'' if count == 1 else 's'})", style="dim", highlight=False)


def cell(value: Any) -> str:
    """A value as the text of one cell."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> Any:
    """``value`` with what JSON does not know (times, points) as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    isoformat = getattr(value, "iso_format", None) or getattr(value, "isoformat", None)
    return isoformat() if isoformat else str(value)
