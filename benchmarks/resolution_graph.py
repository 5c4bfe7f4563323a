"""How right cross-document resolution is, by equal names alone and with links between names.

Usage: python benchmarks/resolution_graph.py DATA   (the folder that holds ie/)

Pairs of local entities of two documents, gold spans, types and coreference given:

- *example*: the example corpus, in two languages; truth is `examples/gold_graph.json`.
- *gum*: GUM, train and dev; truth are links to Wikipedia.

Prints pairwise precision, recall and F1, and B-cubed F1 (Bagga and Baldwin 1998).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from resolution_data import records
from resolution_names import graph_of, schema_of

from graph.records import DocumentGraph
from graph.resolution import Member, member_of
from graph.resolving.links import Linker
from graph.resolving.rules import Rules, clusters
from model.schema import Schema
from model.schema_loader import load_schema

EXAMPLES = Path(__file__).parents[1] / "examples"
Place = tuple[str, str]


def b_cubed(found: Mapping[Any, Hashable], truth: Mapping[Any, Hashable]) -> tuple[float, float]:
    """B-cubed precision and recall of two labellings of the same things."""

    def groups(labels: Mapping[Any, Hashable]) -> dict[Hashable, set[Any]]:
        result: defaultdict[Hashable, set[Any]] = defaultdict(set)
        for thing, label in labels.items():
            result[label].add(thing)
        return result

    ours, theirs = groups(found), groups(truth)
    shared = {t: len(ours[found[t]] & theirs[truth[t]]) for t in truth}
    precision = sum(shared[t] / len(ours[found[t]]) for t in truth) / max(1, len(truth))
    recall = sum(shared[t] / len(theirs[truth[t]]) for t in truth) / max(1, len(truth))
    return precision, recall


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / max(1e-9, precision + recall)


def across(groups: Iterable[Iterable[Place]]) -> set[tuple[Place, Place]]:
    pairs = {pair for group in groups for pair in combinations(sorted(group), 2)}
    return {(one, two) for one, two in pairs if one[0] != two[0]}


def score(
    graphs: list[DocumentGraph], truth: Mapping[Place, str], schema: Schema, show: int
) -> None:
    members = [
        member_of(entity, graph.document.id, schema)
        for graph in graphs
        for entity in graph.entities
        if (graph.document.id, entity.local) in truth
    ]
    by_truth: defaultdict[str, list[Place]] = defaultdict(list)
    for place, label in truth.items():
        by_truth[label].append(place)
    gold = across(by_truth.values())
    named = {(m.document_id, m.local): m for m in members}
    before: set[tuple[Place, Place]] = set()
    for title, rules in (("equal names", Rules()), ("with links", Rules(linker=Linker(schema)))):
        groups = [
            [(m.document_id, m.local) for m in group] for _, group in clusters(members, rules)
        ]
        found = across(groups)
        right = len(found & gold)
        precision, recall = right / max(1, len(found)), right / max(1, len(gold))
        label = {place: number for number, group in enumerate(groups) for place in group}
        cubed = b_cubed(label, truth)
        print(
            f"  {title}: pairs P {precision:.4f} R {recall:.4f} F1 {f1(precision, recall):.4f}; "
            f"B-cubed P {cubed[0]:.4f} R {cubed[1]:.4f} F1 {f1(*cubed):.4f}"
        )
        if before:
            for one, two in sorted(found - before)[:show]:
                verdict = "rightly" if (one, two) in gold else "WRONGLY"
                print(f"    joined {verdict}: {_shown(named[one])} | {_shown(named[two])}")
        before = found


def _shown(member: Member) -> str:
    return f"{member.name} ({member.type})"


def example() -> tuple[list[DocumentGraph], dict[Place, str], Schema]:
    schema = load_schema("general")
    gold = json.loads((EXAMPLES / "gold_graph.json").read_text(encoding="utf-8"))
    owner = {
        (document, name): f"{number}"
        for number, entity in enumerate(gold["entities"])
        for document in entity["documents"]
        for name in entity["names"]
    }
    graphs, truth = [], {}
    for line in (EXAMPLES / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        graph = graph_of(record, schema, with_clusters=True)
        graphs.append(graph)
        for entity in graph.entities:
            labels = Counter(
                owner[record["id"], name] for name in entity.names if (record["id"], name) in owner
            )
            if labels and entity.datatype is None:
                truth[graph.document.id, entity.local] = labels.most_common(1)[0][0]
    return graphs, truth, schema


def gum(folder: Path) -> tuple[list[DocumentGraph], dict[Place, str], Schema]:
    schema = schema_of(folder)
    graphs, truth = [], {}
    for record in records(folder, "train", "dev"):
        links = {(e["start"], e["end"]): e["link"] for e in record["entities"] if e.get("link")}
        graph = graph_of(record, schema, with_clusters=True)
        graphs.append(graph)
        for entity in graph.entities:
            votes = Counter(
                links[m.start, m.end] for m in entity.mentions if (m.start, m.end) in links
            )
            if votes and entity.datatype is None:
                truth[graph.document.id, entity.local] = votes.most_common(1)[0][0]
    return graphs, truth, schema


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", type=int, default=0, help="pairs that links join, to print")
    arguments = parser.parse_args()
    for title, (graphs, truth, schema) in (
        ("example corpus", example()),
        ("gum", gum(arguments.data / "ie" / "gum")),
    ):
        print(f"{title}: {len(graphs)} documents, {len(truth)} local entities")
        score(graphs, truth, schema, arguments.show)


if __name__ == "__main__":
    main()
