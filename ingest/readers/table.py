"""CSV and TSV tables: a document a row, streamed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingest.errors import ReadError
from ingest.options import ReadOptions
from ingest.readers.content import BadRecord, Content
from ingest.readers.records import id_fragment, is_undecodable, open_streamed
from ingest.text import clean, tidy

_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')


def read_table(path: Path, options: ReadOptions) -> Iterator[Content | BadRecord]:
    """One document a row. Rows count from 1 and the header is row 1, as in RFC 7111, so the first
    data row is ``#row=2``.

    The text is one ``column: value`` line for each value, and the title the first value; with
    ``options.text_field`` the text is that column and the others are metadata.
    """
    # The limit is the csv module's, for the whole process; its default is 128 KiB a cell.
    csv.field_size_limit(options.limits.max_text_chars)
    with open_streamed(path, options) as file:
        header_line = file.readline(options.limits.max_text_chars)
        file.seek(0)
        delimiter = "\t" if path.suffix.lower() in (".tsv", ".tab") else _delimiter(header_line)
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = next(rows, [])
        except csv.Error as error:
            raise ReadError(f"line 1: the header is not valid CSV: {error}") from error
        columns = _column_names(header)
        _check_fields(columns, options)
        number = 1
        seen_ids: set[str] = set()
        while True:
            number += 1
            line = rows.line_num + 1
            try:
                row = next(rows, None)
            except csv.Error as error:
                yield BadRecord(f"row={number}", f"line {line}: not valid CSV: {error}")
                continue
            if row is None:
                return
            if not any(cell.strip() for cell in row):
                continue
            yield _record(number, line, columns, row, seen_ids, options)


def _record(
    number: int,
    line: int,
    columns: Sequence[str],
    row: Sequence[str],
    seen_ids: set[str],
    options: ReadOptions,
) -> Content | BadRecord:
    fragment = f"row={number}"
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        return BadRecord(
            fragment, f"line {line}: {len(row)} cells, but the header has {len(columns)} columns"
        )
    if any(map(is_undecodable, row)):
        return BadRecord(fragment, f"line {line}: bytes that are not valid in the file's encoding")
    values = {
        column: text for column, cell in zip(columns, row, strict=False) if (text := tidy(cell))
    }
    if options.id_field is not None:
        identifier = values.get(options.id_field, "")
        if not identifier or identifier in seen_ids:
            problem = f"repeats the id {identifier!r}" if identifier else "has no id"
            return BadRecord(fragment, f"line {line}: the row {problem}")
        seen_ids.add(identifier)
        fragment = id_fragment(identifier)
    if options.text_field is None:
        title = values.get(options.title_field or "") or next(iter(values.values()), "")
        return Content(_as_lines(values), _one_line(title), fragment=fragment)
    text = values.pop(options.text_field, "")
    title = values.pop(options.title_field, "") if options.title_field else ""
    if not text:
        return BadRecord(fragment, f"line {line}: column {options.text_field!r} is empty")
    return Content(text, _one_line(title), metadata=values, fragment=fragment)


def _as_lines(values: Mapping[str, str]) -> str:
    return "\n".join(f"{column}: {_one_line(value)}" for column, value in values.items())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _delimiter(header: str) -> str:
    """What most often stands between the header's names; a comma before a blank counts half."""
    unquoted = _QUOTED.sub("", header)

    def weight(mark: str) -> int:
        return 2 * unquoted.count(mark) - unquoted.count(mark + " ")

    return max(_DELIMITERS, key=weight)


def _column_names(header: Sequence[str]) -> list[str]:
    """Names of the columns; nameless ones get their number, repeated ones a suffix."""
    if not any(name.strip() for name in header):
        raise ReadError("the first line names no columns")
    names: dict[str, None] = {}
    repeats: Counter[str] = Counter()  # from where to count on, or many would take for ever
    for number, raw in enumerate(header, 1):
        if is_undecodable(raw):
            raise ReadError("line 1: bytes that are not valid in the file's encoding")
        name = plain = _one_line(clean(raw)) or f"column {number}"
        while name in names:
            repeats[plain] += 1
            name = f"{plain} ({repeats[plain] + 1})"
        names[name] = None
    return list(names)


def _check_fields(columns: Sequence[str], options: ReadOptions) -> None:
    for field in (options.text_field, options.title_field, options.id_field):
        if field is not None and field not in columns:
            raise ReadError(f"no column {field!r}; the columns are: {', '.join(columns)}")
