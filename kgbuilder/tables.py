"""Resolving a CSV file: which of its rows are one thing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import cast, get_args

from graph.names import Family
from graph.resolving.tables import resolve_names, resolve_records
from kgbuilder.errors import InputError

CLUSTER = "cluster"


def resolve_table(
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    names: str | None = None,
    accept: float | None = None,
) -> tuple[int, int]:
    """Write ``source`` with a column ``cluster``; how many rows and how many things there are.

    ``names`` is the family of what one column names; then the weights for names decide.

    Raises:
        InputError: a column is missing, there is nothing to compare, or ``names`` is no family.
    """
    try:
        with Path(source).open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, skipinitialspace=True)
            header = list(reader.fieldnames or ())
            rows = list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{source} is no table of comma-separated UTF-8 text: {error}") from error
    wanted = list(columns or header)
    missing = [name for name in wanted if name not in header]
    if missing or not rows:
        what = f"no column {missing[0]!r}" if missing else "no rows"
        raise InputError(f"{source} has {what}")
    if CLUSTER in header:
        raise InputError(f"{source} has a column {CLUSTER!r} already")
    if names is not None:
        if names not in get_args(Family) or len(wanted) != 1:
            raise InputError(f"Names are of one column and of one of {', '.join(get_args(Family))}")
        texts = [row[wanted[0]] or "" for row in rows]
        found = resolve_names(texts, cast(Family, names), accept=accept)
    else:
        found = resolve_records(rows, wanted, accept=0.9 if accept is None else accept)
    with Path(target).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [*header, CLUSTER], extrasaction="ignore")
        writer.writeheader()
        for row, cluster in zip(rows, found.clusters.tolist(), strict=True):
            writer.writerow(row | {CLUSTER: cluster})
    return len(rows), len(set(found.clusters.tolist()))
