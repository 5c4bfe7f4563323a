"""Annotated texts as JSON lines: one record a line, plain or compressed (.gz, .bz2, .xz).

A record is a text with its layers: ``entities``, ``relations``, ``events``, ``clusters``. A layer
that was not annotated is absent, which is not the same as empty. Item keys that are not ours
(``link``, ``realis``, ...) are kept in ``Record.item_extra``, record keys in ``Record.extra``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.compressed import DAMAGED, open_bytes

LAYERS = ("entities", "relations", "events", "clusters")
MAX_LINE_BYTES = 256_000_000
Where = tuple[str | int, ...]

_RECORD_KEYS = ("id", "lang", "text", *LAYERS, "partial", "no_relation", "relation_level")
_SPAN_KEYS = ("start", "end", "confidence")


class RecordError(ValueError):
    """A record that breaks the format; the message names file, line and key."""


@dataclass(frozen=True)
class Record:
    """One text and what is known about it.

    ``partial`` names the layers in which other true items may be unlabelled. ``no_relation`` holds
    pairs of mention indexes that have no relation. ``relation_level`` is ``cluster`` where a
    relation holds between whole clusters and points at one mention of each. ``item_extra`` maps a
    place such as ``("entities", 3)`` or ``("events", 0, "arguments", 1)`` to its further keys.
    """

    id: str
    text: str
    annotation: Annotation = field(default_factory=Annotation)
    lang: str | None = None
    layers: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()
    no_relation: tuple[tuple[int, int], ...] | None = None
    relation_level: str = "mention"
    extra: Mapping[str, Any] = field(default_factory=dict)
    item_extra: Mapping[Where, Mapping[str, Any]] = field(default_factory=dict)


def read_records(path: str | Path) -> Iterator[Record]:
    """The records of a file, one at a time. Blank lines are skipped.

    Raises RecordError, which names file and line, and OSError where the file cannot be opened.
    """
    path = Path(path)
    with open_bytes(path) as file:
        number = 0
        while True:
            number += 1
            try:
                line = file.readline(MAX_LINE_BYTES + 1)
            except DAMAGED as error:
                raise RecordError(f"{path}, line {number}: damaged file: {error}") from None
            if not line:
                return
            if len(line) > MAX_LINE_BYTES:
                raise RecordError(f"{path}, line {number}: longer than {MAX_LINE_BYTES:,} bytes")
            if line.strip():
                yield parse_record(line, f"{path}, line {number}")


def parse_record(line: str | bytes, source: str = "record") -> Record:
    """The record in one JSON line. ``source`` begins the message of a RecordError."""
    try:
        data = json.loads(line.decode("utf-8-sig") if isinstance(line, bytes) else line)
    except UnicodeDecodeError:
        raise RecordError(f"{source}: not UTF-8") from None
    except RecursionError:
        raise RecordError(f"{source}: nested too deep") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"{source}: not valid JSON: {error.msg} (column {error.colno})") from None
    except ValueError as error:  # a number of too many digits
        raise RecordError(f"{source}: not valid JSON: {error}") from None
    return record_from_json(data, source)


def write_records(path: str | Path, records: Iterable[Record]) -> int:
    """Write a file in one step (an interrupted write leaves no file) and return the count."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part{path.suffix}")
    count = 0
    try:
        with open_bytes(part, "wb") as file:
            for record in records:
                file.write(dump_record(record).encode() + b"\n")
                count += 1
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def dump_record(record: Record) -> str:
    """The record as one JSON line, without the line feed."""
    return json.dumps(record_to_json(record), ensure_ascii=False)


# -- to JSON --------------------------------------------------------------------------------


def record_to_json(record: Record) -> dict[str, Any]:
    """The record as a JSON object; layers that are absent stay absent."""
    data: dict[str, Any] = {"id": record.id}
    if record.lang is not None:
        data["lang"] = record.lang
    data["text"] = record.text
    layers = annotation_to_json(record.annotation, record.layers)
    for where, extra in record.item_extra.items():
        item: Any = layers
        for part in where:
            item = item[part]
        item.update(extra)
    data |= layers
    if record.partial:
        data["partial"] = [layer for layer in LAYERS if layer in record.partial]
    if record.no_relation is not None:
        data["no_relation"] = [list(pair) for pair in record.no_relation]
    if record.relation_level != "mention":
        data["relation_level"] = record.relation_level
    return data | dict(record.extra)


def annotation_to_json(
    annotation: Annotation, layers: Collection[str] = LAYERS
) -> dict[str, list[Any]]:
    """The named layers, with ``confidence`` on every entity, relation, event and span."""
    data: dict[str, list[Any]] = {}
    if "entities" in layers:
        data["entities"] = [_span(m) | {"type": m.type} for m in annotation.mentions]
    if "relations" in layers:
        data["relations"] = [
            {"head": r.head, "tail": r.tail, "type": r.type, "confidence": r.confidence}
            for r in annotation.relations
        ]
    if "events" in layers:
        data["events"] = [
            {
                "type": e.type,
                "trigger": None if e.trigger is None else _span(e.trigger),
                "arguments": [_span(a) | {"role": a.role} for a in e.arguments],
                "confidence": e.confidence,
            }
            for e in annotation.events
        ]
    if "clusters" in layers:
        data["clusters"] = [list(cluster) for cluster in annotation.clusters]
    return data


def _span(item: Mention | Span | Argument) -> dict[str, Any]:
    return {"start": item.start, "end": item.end, "confidence": item.confidence}


# -- from JSON ------------------------------------------------------------------------------


def record_from_json(data: Any, source: str = "record") -> Record:
    """The record in a parsed JSON object, checked against its text. Raises RecordError."""
    if not isinstance(data, dict):
        raise RecordError(f"{source}: must be a JSON object, not {_kind(data)}")
    identity, text = data.get("id"), data.get("text")
    if isinstance(identity, bool) or not isinstance(identity, (str, int)) or identity == "":
        raise RecordError(f"{source}: 'id' must be a text or a whole number")
    source = f"{source} (id {identity})"
    if not isinstance(text, str):
        raise RecordError(f"{source}: 'text' must be a text, not {_kind(text)}")
    lang = data.get("lang")
    if lang is not None and not isinstance(lang, str):
        raise RecordError(f"{source}: 'lang' must be a text, not {_kind(lang)}")
    reader = _Reader(text, source)
    annotation = reader.annotation(data)
    level = data.get("relation_level", "mention")
    if level not in ("mention", "cluster"):
        raise RecordError(f"{source}: 'relation_level' must be 'mention' or 'cluster'")
    partial = data.get("partial") or []
    if not isinstance(partial, list) or not set(partial) <= set(LAYERS):
        raise RecordError(f"{source}: 'partial' must be a list of layers ({', '.join(LAYERS)})")
    return Record(
        id=str(identity),
        text=text,
        annotation=annotation,
        lang=lang,
        layers=frozenset(layer for layer in LAYERS if data.get(layer) is not None),
        partial=frozenset(partial),
        no_relation=reader.no_relation(data.get("no_relation")),
        relation_level=level,
        extra={k: v for k, v in data.items() if k not in _RECORD_KEYS},
        item_extra=reader.item_extra,
    )


def annotation_from_json(data: Mapping[str, Any], text: str, source: str = "record") -> Annotation:
    """The annotation in the layers of ``data``, offsets into ``text``. Raises RecordError."""
    return _Reader(text, source).annotation(data)


class _Reader:
    """Checks and turns the layers of one record."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.item_extra: dict[Where, dict[str, Any]] = {}
        self.index: list[int] = []  # place in the file's entities -> place in the mentions

    def annotation(self, data: Mapping[str, Any]) -> Annotation:
        mentions = self.mentions(self.items(data, "entities"))
        return Annotation(
            mentions=mentions,
            relations=tuple(
                self.relation(item, ("relations", i))
                for i, item in enumerate(self.items(data, "relations"))
            ),
            events=tuple(
                self.event(item, ("events", i)) for i, item in enumerate(self.items(data, "events"))
            ),
            clusters=self.clusters(data.get("clusters")),
        )

    def mentions(self, items: list[dict[str, Any]]) -> tuple[Mention, ...]:
        read = []
        for i, item in enumerate(items):
            where: Where = ("entities", i)
            start, end = self.span(item, where)
            name = self.name(item, "type", where)
            read.append(Mention(start, end, name, self.confidence(item, where)))
        order = sorted(range(len(read)), key=lambda i: (read[i].start, read[i].end, read[i].type))
        self.index = [0] * len(read)
        for place, i in enumerate(order):
            self.index[i] = place
            self.keep(items[i], ("entities", place), (*_SPAN_KEYS, "type"))
        mentions = tuple(read[i] for i in order)
        for place in range(1, len(mentions)):
            m, last = mentions[place], mentions[place - 1]
            if (m.start, m.end, m.type) == (last.start, last.end, last.type):
                surface = self.text[m.start : m.end]
                what = f"'{surface}' ({m.start}-{m.end}, {m.type}) is there twice"
                self.fail(("entities", order[place]), what)
        return mentions

    def relation(self, item: dict[str, Any], where: Where) -> Relation:
        self.keep(item, where, ("head", "tail", "type", "confidence"))
        return Relation(
            type=self.name(item, "type", where),
            head=self.mention_index(item.get("head"), (*where, "head")),
            tail=self.mention_index(item.get("tail"), (*where, "tail")),
            confidence=self.confidence(item, where),
        )

    def event(self, item: dict[str, Any], where: Where) -> Event:
        self.keep(item, where, ("type", "trigger", "arguments", "confidence"))
        trigger, place = item.get("trigger"), (*where, "trigger")
        span = None
        if trigger is not None:
            if not isinstance(trigger, dict):
                self.fail(place, f"must be an object or null, not {_kind(trigger)}")
            span = Span(*self.span(trigger, place), self.confidence(trigger, place))
            self.keep(trigger, place, _SPAN_KEYS)
        arguments = []
        for i, argument in enumerate(self.items(item, "arguments", where)):
            place = (*where, "arguments", i)
            start, end = self.span(argument, place)
            role = self.name(argument, "role", place)
            arguments.append(Argument(start, end, role, self.confidence(argument, place)))
            self.keep(argument, place, (*_SPAN_KEYS, "role"))
        return Event(
            type=self.name(item, "type", where),
            trigger=span,
            arguments=tuple(arguments),
            confidence=self.confidence(item, where),
        )

    def clusters(self, clusters: Any) -> tuple[tuple[int, ...], ...]:
        if clusters is None:
            return ()
        if not isinstance(clusters, list):
            self.fail(("clusters",), f"must be a list, not {_kind(clusters)}")
        seen: set[int] = set()
        read = []
        for i, cluster in enumerate(clusters):
            where: Where = ("clusters", i)
            if not isinstance(cluster, list) or len(cluster) < 2:
                self.fail(where, "must be a list of two or more indexes into 'entities'")
            members = [self.mention_index(m, (*where, j)) for j, m in enumerate(cluster)]
            if len(set(members)) < len(members) or seen & set(members):
                self.fail(where, "an entity is in two clusters, or twice in one")
            seen.update(members)
            read.append(tuple(sorted(members)))
        return tuple(read)

    def no_relation(self, pairs: Any) -> tuple[tuple[int, int], ...] | None:
        if pairs is None:
            return None
        if not isinstance(pairs, list):
            self.fail(("no_relation",), f"must be a list, not {_kind(pairs)}")
        read = []
        for i, pair in enumerate(pairs):
            where: Where = ("no_relation", i)
            if not isinstance(pair, list) or len(pair) != 2:
                self.fail(where, "must be a pair of indexes into 'entities'")
            read.append((self.mention_index(pair[0], where), self.mention_index(pair[1], where)))
        return tuple(read)

    def items(self, data: Mapping[str, Any], key: str, where: Where = ()) -> list[dict[str, Any]]:
        items = data.get(key)
        if items is None:
            return []
        if not isinstance(items, list):
            self.fail((*where, key), f"must be a list, not {_kind(items)}")
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                self.fail((*where, key, i), f"must be an object, not {_kind(item)}")
        return items

    def span(self, item: Mapping[str, Any], where: Where) -> tuple[int, int]:
        start, end = item.get("start"), item.get("end")
        if not _is_int(start) or not _is_int(end):
            self.fail(where, "'start' and 'end' must be whole numbers")
        assert isinstance(start, int) and isinstance(end, int)
        if not 0 <= start < end <= len(self.text):
            length = len(self.text)
            self.fail(where, f"the span {start}-{end} is empty or outside the text (0-{length})")
        surface = self.text[start:end]
        if surface != surface.strip():
            self.fail(where, f"the span {start}-{end} has white space at an end: {surface!r}")
        return start, end

    def name(self, item: Mapping[str, Any], key: str, where: Where) -> str:
        value = item.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail((*where, key), f"must be a name, not {_kind(value)}")
        # Some data sets have outer white space in names; the schema reader strips it too.
        return str(value).strip()

    def confidence(self, item: Mapping[str, Any], where: Where) -> float:
        value = item.get("confidence", 1.0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            self.fail((*where, "confidence"), "must be a number from 0 to 1")
        return float(value)

    def mention_index(self, value: Any, where: Where) -> int:
        if not isinstance(value, int) or value is True or not 0 <= value < len(self.index):
            self.fail(where, f"{value!r} is no index into the {len(self.index)} 'entities'")
        return self.index[value]

    def keep(self, item: Mapping[str, Any], where: Where, own: Collection[str]) -> None:
        extra = {k: v for k, v in item.items() if k not in own}
        if extra:
            self.item_extra[where] = extra

    def fail(self, where: Where, message: str) -> NoReturn:
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in where).lstrip(".")
        raise RecordError(f"{self.source}: {place}: {message}")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: f"the text {value!r}", type(None): "nothing"}
    return names.get(type(value), repr(value))
