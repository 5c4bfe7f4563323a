"""Annotated passages in a short form that people write, as records of the data-set format.

One JSON object a line::

    {"lang": "en", "text": "...", "entities": [["Marie Curie", "person"], ["Curie", "person"]],
     "aliases": [["Marie Curie", "Curie"]],
     "relations": [["Marie Curie", "place of birth", "Warsaw"]],
     "events": [["birth", "born", [["person", "Marie Curie"], ["place", "Warsaw"]]]]}

Every occurrence of an entity's surface is a mention (whole words, longest surface first). Surfaces
of one entity are listed in ``aliases``. A trigger that occurs more than once is written ``word#2``.

A file may begin with its own schema (``configs/train/varied``)::

    {"schema": {
        "entity_types": {"judge": {"description": "...", "label": "法官", "parent": "person"}},
        "relation_types": {"heard by": {"description": "...", "label": "审理", "symmetric": false}},
        "event_types": {"ruling": {"description": "...", "label": "裁决",
                                   "roles": {"court": "法院"}}}}}

where ``label``, and the value of a role, is the name in the other language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.schema import EntityType, EventType, RelationType, Role, Schema

Place = tuple[int, int]


def read_passages(path: Path) -> Iterator[dict[str, Any]]:
    """Records as JSON objects (see `model.records`). Raises ValueError naming file and line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                passage = json.loads(line)
                if "schema" not in passage:
                    yield passage_record(passage, f"{path.stem}/{number}")
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from error


def own_schema(path: Path) -> Schema | None:
    """The schema with which a file of passages begins, if it does; the first language is theirs."""
    with path.open(encoding="utf-8") as lines:
        first = json.loads(next(lines, "{}"))
        second = json.loads(next(lines, "{}"))
    if "schema" not in first:
        return None
    types, language = first["schema"], second["lang"]
    other = "en" if language == "zh" else "zh"

    def common(name: str, info: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": name,
            "description": info.get("description", ""),
            "labels": {language: name, other: info["label"]},
        }

    return Schema(
        name=path.stem,
        languages=(language, other),
        entities=tuple(
            EntityType(**common(name, info), parent=info.get("parent"))
            for name, info in types["entity_types"].items()
        ),
        relations=tuple(
            RelationType(**common(name, info), symmetric=info.get("symmetric", False))
            for name, info in types.get("relation_types", {}).items()
        ),
        events=tuple(
            EventType(
                **common(name, info),
                roles=tuple(
                    Role(role, labels={language: role, other: translated})
                    for role, translated in info["roles"].items()
                ),
            )
            for name, info in types.get("event_types", {}).items()
        ),
    )


def passage_record(passage: dict[str, Any], id: str) -> dict[str, Any]:
    """One passage as a record; relations are stated between clusters."""
    text: str = passage["text"]
    mentions = _mentions(text, passage["entities"])
    places = sorted(mentions)
    number = {place: i for i, place in enumerate(places)}
    by_surface: dict[str, list[int]] = {}
    for place in places:
        by_surface.setdefault(text[slice(*place)], []).append(number[place])

    group = {surface: surface for surface in by_surface}
    for names in passage.get("aliases", ()):
        present = [name for name in names if name in by_surface]
        group |= dict.fromkeys(present, present[0] if present else "")
    clusters: dict[str, list[int]] = {}
    for surface, numbers in by_surface.items():
        clusters.setdefault(group[surface], []).extend(numbers)

    def first(surface: str) -> int:
        if surface not in by_surface:
            raise ValueError(f"'{surface}' is no entity of the text")
        return min(clusters[group[surface]])

    return {
        "id": id,
        "lang": passage["lang"],
        "text": text,
        "entities": [{"start": a, "end": b, "type": mentions[a, b]} for a, b in places],
        "relations": [
            {"head": first(head), "tail": first(tail), "type": relation}
            for head, relation, tail in passage["relations"]
        ],
        "relation_level": "cluster",
        "clusters": [sorted(c) for c in clusters.values() if len(c) > 1],
        "events": [
            _event(text, event, {s: [places[i] for i in n] for s, n in by_surface.items()})
            for event in passage["events"]
        ],
    }


def _event(
    text: str, event: tuple[str, str, list[tuple[str, str]]], places: dict[str, list[Place]]
) -> dict[str, Any]:
    kind, trigger, arguments = event
    surface, _, ordinal = trigger.partition("#")
    found = list(_occurrences(text, surface))
    if len(found) < int(ordinal or 1):
        raise ValueError(f"the trigger '{trigger}' is not in the text")
    start, end = found[int(ordinal or 1) - 1]

    def nearest(name: str) -> Place:
        if name not in places:
            raise ValueError(f"'{name}' is no entity of the text")
        return min(places[name], key=lambda place: (abs(place[0] - start), place))

    return {
        "type": kind,
        "trigger": {"start": start, "end": end},
        "arguments": [
            {"start": nearest(name)[0], "end": nearest(name)[1], "role": role}
            for role, name in arguments
        ],
    }


def _mentions(text: str, entities: list[tuple[str, str]]) -> dict[Place, str]:
    taken = [False] * len(text)
    mentions: dict[Place, str] = {}
    for surface, kind in sorted(entities, key=lambda item: -len(item[0])):
        for start, end in _occurrences(text, surface):
            if not any(taken[start:end]):
                mentions[start, end] = kind
                taken[start:end] = [True] * (end - start)
    return mentions


def _occurrences(text: str, surface: str) -> Iterator[Place]:
    pattern = re.escape(surface)
    if re.match(r"[A-Za-z0-9]", surface):
        pattern = r"(?<![A-Za-z0-9])" + pattern
    if re.search(r"[A-Za-z0-9]$", surface):
        pattern += r"(?![A-Za-z0-9])"
    for match in re.finditer(pattern, text):
        yield match.span()
