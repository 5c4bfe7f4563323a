"""How right resolution by names is: pairwise precision and recall on annotated data.

Usage: python benchmarks/resolution_names.py DATA   (the folder that holds ie/ and er/)

- *inside documents* (GUM, Re-DocRED, LitBank, dev): mentions with names, gold spans and types, no
  coreference given; a pair of mentions is right if one gold cluster holds both.
- *across documents* (GUM, train and dev): gold spans and coreference; local entities with a
  Wikipedia link; a pair from two documents is right if the links are equal.
- *collisions* (DBP15K): names of distinct entities that become equal when normalised.
"""

from __future__ import annotations

import argparse
import csv
import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from graph import names
from graph.local import document_graph
from graph.records import DocumentGraph
from graph.reference import reference
from graph.resolution import Member, clusters, entity_keys, family_of
from ingest.documents import Chunk, Document, content_hash
from model.annotations import Annotation, Mention
from model.schema import EntityType, Schema


def records(folder: Path, *parts: str) -> Iterator[dict[str, Any]]:
    for part in parts:
        with lzma.open(folder / f"{part}.jsonl.xz", "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def schema_of(folder: Path) -> Schema:
    types = json.loads((folder / "schema.json").read_text(encoding="utf-8"))["entity_types"]
    literal = {"time": "date", "date": "date", "number": "number"}
    return Schema(
        folder.name,
        entities=tuple(EntityType(t, datatype=literal.get(t.casefold())) for t in types),
    )


def graph_of(record: dict[str, Any], schema: Schema, with_clusters: bool) -> DocumentGraph:
    text = record["text"]
    document = Document(
        record["id"], record["id"], "text/plain", record["lang"], "", text, content_hash(text)
    )
    annotation = Annotation(
        mentions=tuple(Mention(e["start"], e["end"], e["type"]) for e in record["entities"]),
        clusters=tuple(map(tuple, record["clusters"])) if with_clusters else (),
    )
    chunk = Chunk(document.id, 0, 0, len(text), text)
    return document_graph(document, [chunk], [annotation], schema, "")


def scores(right: int, found: int, gold: int) -> str:
    precision, recall = right / max(found, 1), right / max(gold, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  ({gold} gold pairs)"


def pairs(groups: Any) -> set[tuple[Any, Any]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def inside_documents(folder: Path) -> str:
    schema = schema_of(folder)
    right = found = gold = 0
    for record in records(folder, "dev"):
        spans = [(e["start"], e["end"]) for e in record["entities"]]
        named = {
            span
            for span, e in zip(spans, record["entities"], strict=True)
            if schema.entity[e["type"]].datatype is None
            and e.get("name", True)
            and e.get("mention", "PROP") == "PROP"
            and reference(record["text"][slice(*span)], family_of(e["type"], schema)).form == "name"
        }
        truth = pairs({spans[i] for i in cluster} & named for cluster in record["clusters"])
        graph = graph_of(record, schema, with_clusters=False)
        guess = pairs({(m.start, m.end) for m in e.mentions} & named for e in graph.entities)
        right, found, gold = right + len(truth & guess), found + len(guess), gold + len(truth)
    return scores(right, found, gold)


def across_documents(folder: Path, shown: int) -> Iterator[str]:
    schema = schema_of(folder)
    members: list[Member] = []
    link_of: dict[tuple[str, str], str] = {}
    for record in records(folder, "train", "dev"):
        links = {
            (e["start"], e["end"]): e["link"]
            for e in record["entities"]
            if e.get("link") and e.get("name")
        }
        graph = graph_of(record, schema, with_clusters=True)
        for entity in graph.entities:
            votes = Counter(
                links[m.start, m.end] for m in entity.mentions if (m.start, m.end) in links
            )
            if votes and entity.datatype is None:
                keys = tuple(sorted(entity_keys(entity, graph.document.id, schema)))
                member = Member(
                    graph.document.id, entity.local, entity.type, entity.name, entity.names, keys,
                    None, None,
                )  # fmt: skip
                members.append(member)
                link_of[member.document_id, member.local] = votes.most_common(1)[0][0]
    by_link: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        by_link[link_of[member.document_id, member.local]].append(member)

    def across(groups: Any) -> set[tuple[tuple[str, str], tuple[str, str]]]:
        found = pairs([[(m.document_id, m.local) for m in group] for group in groups])
        return {(one, two) for one, two in found if one[0] != two[0]}

    everything = {(m.document_id, m.local): m for m in members}
    truth, guess = across(by_link.values()), across(clusters(members))
    yield f"all: {scores(len(truth & guess), len(guess), len(truth))}"
    for kind in ("person", "organization", "place"):
        gold = {p for p in truth if everything[p[0]].type == everything[p[1]].type == kind}
        found = {p for p in guess if everything[p[0]].type == kind}
        yield f"{kind}: {scores(len(gold & found), len(found), len(gold))}"
    for title, wrong in (("merged wrongly", guess - truth), ("missed", truth - guess)):
        for one, two in sorted(wrong, key=lambda p: (everything[p[0]].type != "person", p))[:shown]:
            yield f"  {title}: {everything[one].names} | {everything[two].names} ({link_of[one]})"


def collisions(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [row["name"] for row in csv.DictReader(lines, delimiter="\t")]
    spelled = sorted({names.clean(name.split(" (")[0]) for name in rows})
    for family in ("person", "organization", "place", "other"):
        groups: dict[str, set[str]] = defaultdict(set)
        for name in spelled:
            groups[names.normalise(name, family)].add(name)  # type: ignore[arg-type]
        equal = sorted(" = ".join(sorted(group)) for group in groups.values() if len(group) > 1)
        yield f"{family}: {len(equal)} of {len(spelled)} names meet others, as {equal[:6]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", type=int, default=0, help="examples of errors to print")
    arguments = parser.parse_args()
    for name in ("gum", "redocred", "litbank"):
        print(f"inside documents, {name}: {inside_documents(arguments.data / 'ie' / name)}")
    for line in across_documents(arguments.data / "ie" / "gum", arguments.show):
        print(f"across documents, gum, {line}")
    for language in ("en", "zh"):
        path = arguments.data / "er" / "dbp15k_zh_en" / f"entities_{language}.tsv.xz"
        for line in collisions(path):
            print(f"collisions, {language}, {line}")


if __name__ == "__main__":
    main()
