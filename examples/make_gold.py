"""Turns ``gold_source.yaml`` into ``gold.jsonl`` and ``gold_graph.json``.

    python examples/make_gold.py

The source anchors everything on strings, so that it survives edits of the documents; this script
finds the offsets in the texts that the readers of ``ingest`` give, and fails where a string is
not found or a type is not one of the schema's.

``gold.jsonl`` holds one annotated text a line, for each document. ``gold_graph.json`` holds the
graph that a perfect build would make: each entity once, with its names in both languages, and
each fact once, with the documents that state it.

How strings become mentions:

- The names of ``entities`` are found wherever they occur, in every document, the longest first
  and without overlap; the ``names`` of a document only there. A longer name shields the shorter
  one inside it, and so do the strings of ``ignore``, which are no mentions themselves.
- Where the text breaks a line inside a name (as PDF does), the name is found all the same.
- Dates are found by their form; other literals are listed in ``literals``, with their values.
- A relation holds between entities, so it points at the first mention of each; a literal is
  meant where it lies nearest to the head.
- The argument of an event is the mention nearest to the trigger in its sentence, else the last
  one before. A trigger that occurs more than once is given with its context and set in
  brackets: ``"was [born] in London"``.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from ingest.documents import Document, Failure
from ingest.reader import read
from model.schema import Schema
from model.schema_loader import load_schema

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "computing"
SOURCE = HERE / "gold_source.yaml"
GOLD = HERE / "gold.jsonl"
GRAPH = HERE / "gold_graph.json"

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MONTH = "|".join(MONTHS)
DATE = re.compile(
    rf"(?<![\w£$,.])(?:(?:(?P<day>\d{{1,2}})\s+)?(?P<month>{MONTH})\s+)?(?P<year>1[5-9]\d\d|20\d\d)"
    r"(?![\d,]\d|[\w年])"
    r"|(?P<zyear>\d{4})\s*年(?!代)(?:(?P<zmonth>\d{1,2})\s*月(?:(?P<zday>\d{1,2})\s*日)?)?"
)
SENTENCE_END = re.compile(r"\n|。|(?<=[a-z0-9][a-z0-9)])\.\s")  # not after initials
CJK = r"[\u3400-\u9fff·]"


class GoldError(ValueError):
    """The source and the documents disagree."""


@dataclass(frozen=True)
class Thing:
    """An entity of the gold graph, or a literal value."""

    name: str
    type: str
    literal: bool = False


@dataclass(frozen=True)
class Found:
    """A mention of a thing in a text."""

    start: int
    end: int
    thing: Thing


@dataclass
class Graph:
    names: dict[Thing, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    documents: dict[Thing, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    relations: dict[tuple[str, Thing, Thing], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    events: list[dict[str, Any]] = field(default_factory=list)


def documents() -> dict[str, Document]:
    """Every document of the corpus, by its path under ``computing/`` (and its fragment)."""
    found = {}
    for path in sorted(CORPUS.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(CORPUS).as_posix()
        for item in read(path):
            if isinstance(item, Failure):
                raise GoldError(f"{name}: {item.reason}")
            _, mark, fragment = item.uri.partition("#")
            found[name + mark + unquote(fragment)] = item
    return found


def pattern(name: str) -> str:
    """A regular expression for ``name`` that allows line breaks in it and wants whole words."""
    pieces = []
    for before, char in zip(" " + name, name, strict=False):
        if re.match(CJK, before) and re.match(CJK, char):
            pieces.append(r"\n?")
        pieces.append(r"\s+" if char == " " else re.escape(char))
    # Chinese has no spaces: a Latin name may touch a Chinese character, but no Latin letter.
    left = r"(?<![A-Za-z0-9À-ÿ])" if re.match(r"[A-Za-z0-9]", name) else ""
    right = r"(?![A-Za-z0-9À-ÿ])" if re.search(r"[A-Za-z0-9]$", name) else ""
    return left + "".join(pieces) + right


def date_value(match: re.Match[str]) -> str:
    """The ISO 8601 form of a date found by ``DATE``: ``1912``, ``1912-06`` or ``1912-06-23``."""
    year = match["year"] or match["zyear"]
    month = MONTHS.index(match["month"]) + 1 if match["month"] else int(match["zmonth"] or 0)
    day = int(match["day"] or match["zday"] or 0)
    return year + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


class Catalogue:
    """The names that count in one document: everybody's and its own."""

    def __init__(self, source: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        self.things: dict[str, Thing] = {}
        self.names: dict[str, Thing | None] = dict.fromkeys(source.get("ignore", []))
        for kind, entities in source["entities"].items():
            for name, others in entities.items():
                thing = self.things[name] = Thing(name, kind)
                for alias in [name, *(others or [])]:
                    if self.names.setdefault(alias, thing) != thing:
                        raise GoldError(f"two entities are named {alias}")
        for alias, name in own.get("names", {}).items():
            self.names[alias] = self.thing(name)
        self.names |= dict.fromkeys(own.get("ignore", []))
        for text, (kind, value) in own.get("literals", {}).items():
            self.names[text] = Thing(str(value), kind, literal=True)

    def thing(self, name: str) -> Thing:
        """The entity or literal that goes by ``name`` here."""
        thing = self.things.get(name) or self.names.get(name)
        if thing is None and (date := DATE.fullmatch(name)):
            thing = Thing(date_value(date), "date", literal=True)
        if thing is None:
            raise GoldError(f"nothing is named {name}")
        return thing

    def find(self, text: str) -> list[Found]:
        """All mentions in ``text``, in order, none overlapping."""
        names = sorted(self.names, key=lambda name: (-len(name), name))
        pick = re.compile("|".join(f"({pattern(name)})" for name in names))
        found = []
        at = 0
        while at < len(text):
            match, date = pick.search(text, at), DATE.search(text, at)
            # What begins first, else what is longer, as among names.
            first = min(
                filter(None, (match, date)), key=lambda m: (m.start(), -m.end()), default=None
            )
            if first is None:
                break
            at = first.end()
            if first is date:
                thing: Thing | None = Thing(date_value(first), "date", literal=True)
            else:
                thing = self.names[names[(first.lastindex or 0) - 1]]
            if thing is not None:
                found.append(Found(first.start(), first.end(), thing))
        return found


def trigger_span(text: str, anchor: str) -> tuple[int, int]:
    """Where the trigger stands that ``anchor`` gives, plain or bracketed in its context."""
    before, mark, rest = anchor.partition("[")
    trigger, _, after = rest.partition("]") if mark else (before, "", "")
    before = before if mark else ""
    expression = "".join(f"({pattern(part) if part else ''})" for part in (before, trigger, after))
    matches = list(re.finditer(expression, text))
    if len(matches) != 1:
        raise GoldError(f"the trigger {anchor!r} occurs {len(matches)} times")
    return matches[0].span(2)


class Annotator:
    """Annotates one document and adds what it states to the graph."""

    def __init__(
        self, name: str, text: str, source: Mapping[str, Any], schema: Schema, graph: Graph
    ) -> None:
        self.name, self.text, self.schema, self.graph = name, text, schema, graph
        self.own = source["documents"][name] or {}
        self.catalogue = Catalogue(source, self.own)
        self.found = self.catalogue.find(text)
        self.mentions: dict[Thing, list[int]] = defaultdict(list)
        for index, item in enumerate(self.found):
            self.mentions[item.thing].append(index)
        for literal in [*self.own.get("literals", {}), *self.own.get("names", {})]:
            if not re.search(pattern(literal), text):
                raise GoldError(f"{literal!r} does not occur")

    def record(self, language: str) -> dict[str, Any]:
        for thing, indexes in self.mentions.items():
            self.graph.documents[thing][self.name] = None
            for index in indexes:
                surface = self.text[self.found[index].start : self.found[index].end]
                self.graph.names[thing][re.sub(r"\s+", self.gap(surface), surface)] = None
        return {
            "id": self.name,
            "lang": language,
            "text": self.text,
            "entities": [
                {"start": item.start, "end": item.end, "type": item.thing.type}
                for item in self.found
            ],
            "relation_level": "cluster",
            "relations": list(self.relations()),
            "events": sorted(self.events(), key=lambda event: event["trigger"]["start"]),
            "clusters": sorted(
                indexes
                for thing, indexes in self.mentions.items()
                if len(indexes) > 1 and not thing.literal
            ),
        }

    @staticmethod
    def gap(surface: str) -> str:
        """What a line break inside a name stands for: nothing in Chinese, else a space."""
        return "" if re.search(CJK, surface) else " "

    def mentioned(self, name: str) -> Thing:
        thing = self.catalogue.thing(name)
        if thing not in self.mentions:
            raise GoldError(f"{name} is not mentioned")
        return thing

    def nearest(self, thing: Thing, start: int) -> int:
        """Index of the mention of ``thing`` that is meant at the offset ``start``.

        The nearest in the same sentence, else the last one before, else the first one after. A
        name in brackets, which repeats the one before it, counts only where no other is there.
        """
        sentences = [0, *(match.end() for match in SENTENCE_END.finditer(self.text))]

        def order(index: int) -> tuple[bool, bool, bool, int]:
            at = self.found[index].start
            elsewhere = bisect_right(sentences, at) != bisect_right(sentences, start)
            bracketed = self.text[at - 1 : at] == "（"
            return elsewhere, elsewhere and at > start, bracketed, abs(at - start)

        return min(self.mentions[thing], key=order)

    def distance(self, index: int, thing: Thing) -> int:
        """Characters from a mention to the nearest of ``thing``."""
        start = self.found[index].start
        return min(abs(self.found[other].start - start) for other in self.mentions[thing])

    def relations(self) -> Iterator[dict[str, Any]]:
        for head_name, facts in self.own.get("relations", {}).items():
            head = self.mentioned(head_name)
            for kind, tails in facts.items():
                for tail in map(self.mentioned, listed(tails)):
                    self.check(head, tail, kind)
                    first = self.mentions[head][0]
                    last = self.mentions[tail][0]
                    if tail.literal:
                        last = min(
                            (self.nearest(tail, self.found[i].start) for i in self.mentions[head]),
                            key=lambda i: self.distance(i, head),
                        )
                    key = (kind, head, tail)
                    if self.schema.relation[kind].symmetric and head.name > tail.name:
                        key = (kind, tail, head)
                    if self.name in self.graph.relations[key]:
                        raise GoldError(f"stated twice: {head.name} | {kind} | {tail.name}")
                    self.graph.relations[key].append(self.name)
                    yield {"head": first, "tail": last, "type": kind}

    def check(self, head: Thing, tail: Thing, kind: str) -> None:
        relation = self.schema.relation.get(kind)
        if relation is None:
            raise GoldError(f"the schema has no relation {kind}")
        for thing, allowed in ((head, relation.head), (tail, relation.tail)):
            if not self.allows(thing.type, allowed):
                raise GoldError(f"{thing.type} {thing.name} cannot be in the relation {kind}")

    def allows(self, kind: str, allowed: Sequence[str]) -> bool:
        return not allowed or any(self.schema.is_a(kind, other) for other in allowed)

    def events(self) -> Iterator[dict[str, Any]]:
        for item in self.own.get("events", []):
            ((kind, (anchor, roles)),) = item.items()
            if kind not in self.schema.event:
                raise GoldError(f"the schema has no event {kind}")
            types = {role.name: role.types for role in self.schema.event[kind].roles}
            start, end = trigger_span(self.text, anchor)
            arguments = []
            filled: dict[str, list[str]] = {}
            for role, values in roles.items():
                if role not in types:
                    raise GoldError(f"the event {kind} has no role {role}")
                for value in listed(values):
                    if "[" in value:  # an argument that is no mention
                        span = trigger_span(self.text, value)
                        name = self.text[slice(*span)]
                    else:
                        thing = self.mentioned(value)
                        if not self.allows(thing.type, types[role]):
                            raise GoldError(f"{thing.type} {value} cannot be {role} of {kind}")
                        found = self.found[self.nearest(thing, start)]
                        span, name = (found.start, found.end), thing.name
                    arguments.append({"start": span[0], "end": span[1], "role": role})
                    filled.setdefault(role, []).append(name)
            self.graph.events.append(
                {
                    "type": kind,
                    "trigger": self.text[start:end],
                    "document": self.name,
                    "arguments": filled,
                }
            )
            yield {
                "type": kind,
                "trigger": {"start": start, "end": end},
                "arguments": arguments,
            }


def listed(value: Any) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def graph_json(graph: Graph) -> str:
    """The graph as JSON, one item a line, everything sorted."""
    nodes: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for thing in sorted(graph.names, key=lambda thing: (thing.type, thing.name)):
        node = {"value" if thing.literal else "name": thing.name, "type": thing.type}
        names = {"names": sorted(graph.names[thing]), "documents": sorted(graph.documents[thing])}
        nodes[thing.literal].append(node | names)
    facts = [
        {"head": head.name, "type": kind, "tail": tail.name, "documents": sorted(names)}
        for (kind, head, tail), names in graph.relations.items()
    ]
    facts.sort(key=lambda fact: (fact["head"], fact["type"], fact["tail"]))
    parts = {
        "entities": nodes[False],
        "values": nodes[True],
        "relations": facts,
        "events": graph.events,
    }
    return (
        "{\n"
        + ",\n".join(
            f'"{key}": [\n'
            + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
            + "\n]"
            for key, items in parts.items()
        )
        + "\n}\n"
    )


def make() -> tuple[str, str]:
    """The contents of ``gold.jsonl`` and ``gold_graph.json``."""
    source = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    schema = load_schema(source["schema"])
    graph = Graph()
    texts = documents()
    problems = [f"{name}: is not annotated" for name in texts.keys() - source["documents"].keys()]
    problems += [f"{name}: is no document" for name in source["documents"].keys() - texts.keys()]
    problems += [
        f"the schema has no entity type {kind}"
        for kind in source["entities"].keys() - schema.entity.keys()
    ]
    lines = []
    for name in sorted(texts.keys() & source["documents"].keys()):
        document = texts[name]
        try:
            record = Annotator(name, document.text, source, schema, graph).record(document.language)
        except GoldError as error:
            problems.append(f"{name}: {error}")
            continue
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    seen = {name for names in graph.names.values() for name in names}
    for entities in source["entities"].values():
        for name, aliases in entities.items():
            problems += [f"no document has the name {a}" for a in aliases or [] if a not in seen]
            if not any(n in seen for n in [name, *(aliases or [])]) and "(" not in name:
                problems.append(f"no document mentions {name}")
    if problems:
        raise GoldError("\n".join(sorted(problems)))
    return "".join(lines), graph_json(graph)


def main() -> None:
    gold, graph = make()
    GOLD.write_text(gold, encoding="utf-8")
    GRAPH.write_text(graph, encoding="utf-8")
    print(f"wrote {GOLD.name} ({gold.count(chr(10))} documents) and {GRAPH.name}")


if __name__ == "__main__":
    main()
