"""JSON: an object or an array of objects; and JSON lines, streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from ingest.encoding import decode
from ingest.errors import ReadError
from ingest.options import ReadOptions
from ingest.readers.content import BadRecord, Content
from ingest.readers.records import id_fragment, is_undecodable, open_streamed
from ingest.text import clean

_TEXT_FIELDS = ("text", "content", "body")
_TITLE_FIELDS = ("title", "headline", "name")


def read_json(path: Path, options: ReadOptions) -> Iterator[Content | BadRecord]:
    """One document for an object; for an array, one an element, with its JSON pointer (RFC 6901) as
    fragment: ``#/0`` is the first."""
    source = decode(path.read_bytes(), options.encoding)
    try:
        value = _parse(source)
    except ReadError:
        # JSON lines are often named .json.
        if "\n" in source.strip() and _is_json_lines(source):
            yield from read_jsonl(path, options)
            return
        raise
    if isinstance(value, list):
        records = _Records(options)
        for index, item in enumerate(value):
            yield records.content(item, f"/{index}", f"element {index}")
    else:
        content = _Records(options).content(value, "", "the object")
        if isinstance(content, BadRecord):
            raise ReadError(content.reason)
        yield content


def read_jsonl(path: Path, options: ReadOptions) -> Iterator[Content | BadRecord]:
    """One document a line, with ``#line=N``, counted from 1, as fragment. Blank lines count but
    give nothing."""
    records = _Records(options)
    with open_streamed(path, options) as file:
        for number, line in _lines(file, options.limits.max_text_chars):
            fragment, where = f"line={number}", f"line {number}"
            if line is None:
                limit = options.limits.max_text_chars
                yield BadRecord(fragment, f"{where}: longer than the limit of {limit:,} characters")
            elif is_undecodable(line):
                yield BadRecord(fragment, f"{where}: bytes that are not valid in the encoding")
            elif line.strip("\ufeff \t\r\n"):
                try:
                    value = _parse(line.lstrip("\ufeff"))
                except ReadError as error:
                    yield BadRecord(fragment, f"{where}: {error}")
                else:
                    yield records.content(value, fragment, where)


class _Records:
    """Makes contents of the records of one file."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._seen_ids: set[str] = set()

    def content(self, record: Any, fragment: str, where: str) -> Content | BadRecord:
        if not isinstance(record, dict):
            return BadRecord(fragment, f"{where}: not an object but {_kind(record)}")
        options = self._options
        fields = dict(record)
        name = options.text_field or next((f for f in _TEXT_FIELDS if f in fields), None)
        if name is None or name not in fields:
            wanted = repr(name) if name else " or ".join(map(repr, _TEXT_FIELDS))
            return BadRecord(
                fragment,
                f"{where}: no field {wanted}; it has: {', '.join(map(str, fields)) or 'none'}",
            )
        text = fields.pop(name)
        if not isinstance(text, str):
            return BadRecord(fragment, f"{where}: {name!r} is not a string but {_kind(text)}")
        if not text.strip():
            return BadRecord(fragment, f"{where}: {name!r} is empty")
        if len(text) > options.limits.max_text_chars:
            limit = options.limits.max_text_chars
            return BadRecord(fragment, f"{where}: longer than the limit of {limit:,} characters")
        if options.id_field is not None:
            identifier = _as_string(fields.get(options.id_field))
            if not identifier or identifier in self._seen_ids:
                problem = f"the id {identifier!r} repeats" if identifier else "no id"
                return BadRecord(fragment, f"{where}: {problem}")
            self._seen_ids.add(identifier)
            fragment = id_fragment(identifier)
        titles = (options.title_field,) if options.title_field else _TITLE_FIELDS
        title_name = next((t for t in titles if isinstance(fields.get(t), str)), None)
        title = " ".join(clean(fields.pop(title_name)).split()) if title_name else ""
        metadata = {
            clean(str(key)): clean(_as_string(value))
            for key, value in fields.items()
            if value is not None
        }
        return Content(clean(text), title, metadata=metadata, fragment=fragment)


def _lines(file: TextIO, limit: int) -> Iterator[tuple[int, str | None]]:
    """Numbered lines; None for one longer than ``limit``, of which no more is kept in memory."""
    number = 0
    while line := file.readline(limit + 1):
        number += 1
        if len(line) <= limit or line.endswith("\n"):
            yield number, line
            continue
        yield number, None
        while (rest := file.readline(limit + 1)) and not rest.endswith("\n"):
            pass


def _parse(source: str) -> Any:
    try:
        return json.loads(source)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}"
        if "\n" in source.strip():
            place = f"line {error.lineno}, {place}"
        raise ReadError(f"not valid JSON: {error.msg} ({place})") from error
    except RecursionError:
        raise ReadError("JSON nested too deeply") from None
    except ValueError as error:  # an integer of thousands of digits
        raise ReadError(f"not valid JSON: {error}") from error


def _is_json_lines(source: str) -> bool:
    try:
        return isinstance(_parse(source.strip().partition("\n")[0]), dict)
    except ReadError:
        return False


def _as_string(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (RecursionError, ValueError):
        return ""


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")
