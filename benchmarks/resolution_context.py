"""Whether the context of names tells homonyms apart, or finds one thing under two names.

Usage: python benchmarks/resolution_context.py DATA   (the folder that holds ie/)

Local entities of GUM (train and dev) that have links to Wikipedia, gold spans, types and
coreference given. Three likenesses of two of them, each a cosine:

- *names*: the other names in their documents, weighted by how rare they are; no model.
- *mention*: the bundled encoder's vectors of the mentions, as they stand in their context.
- *around*: its vectors of the words around the mentions, without these.

The encoder's vectors are means over the first mentions (``--mentions``), the mean of all taken off.
Printed is how well each likeness ranks pairs (area under the ROC curve) and what it would change:

- *apart*: pairs from two documents with a name in common, that is, joined by their names; those
  below a bound are taken apart.
- *together*: pairs with no name in common, of one topmost type; those above a bound are joined.

The bound is the one that is best for pairwise F1 on four fifths of the things, and is used on the
last fifth, for each fifth in turn. Clusters are what remaining pairs connect.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from resolution_data import records
from resolution_graph import b_cubed, f1, gum

from graph.records import DocumentGraph, LocalEntity
from graph.resolution import member_of
from graph.resolving.tables import components
from model.span.extractor import SpanExtractor

AROUND = 200
Place = tuple[str, str]


def by_names(graphs: list[DocumentGraph], places: list[Place], keys: dict[Place, frozenset[str]]):
    """Rows of unit length: the keys of the other entities of each one's document."""
    of_document: defaultdict[str, set[str]] = defaultdict(set)
    for graph in graphs:
        for entity in graph.entities:
            of_document[graph.document.id] |= keys[graph.document.id, entity.local]
    counts = Counter(key for found in of_document.values() for key in found)
    number = {key: column for column, key in enumerate(sorted(counts))}
    rows = np.zeros((len(places), len(number)), np.float32)
    for row, place in enumerate(places):
        for key in of_document[place[0]] - keys[place]:
            rows[row, number[key]] = math.log(len(of_document) / counts[key])
    return unit(rows)


def by_encoder(
    texts: dict[str, str], entities: dict[Place, LocalEntity], places: list[Place], mentions: int
) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of mentions and of what is around them."""
    runtime = SpanExtractor.bundled().runtime
    inside, around = [], []
    for place in places:
        at, near = [], []
        for mention in entities[place].mentions[:mentions]:
            begin = max(0, mention.start - AROUND)
            text = texts[place[0]][begin : mention.end + AROUND].replace("\n", " ")
            (tokens,) = runtime.tokenizer.encode([text])
            hidden = runtime.hidden(tokens)[1:-1]
            within = (tokens.starts < mention.end - begin) & (tokens.ends > mention.start - begin)
            at.append(hidden[within].mean(0))
            near.append(hidden[~within].mean(0) if (~within).any() else 0 * at[-1])
        inside.append(np.mean(at, 0))
        around.append(np.mean(near, 0))
    return tuple(unit(v - v.mean(0)) for v in map(np.stack, (inside, around)))  # type: ignore[return-value]


def rows_of(
    graphs: list[DocumentGraph],
    texts: dict[str, str],
    entities: dict[Place, LocalEntity],
    places: list[Place],
    keys: dict[Place, frozenset[str]],
    mentions: int,
) -> Iterator[tuple[str, np.ndarray]]:
    yield "names", by_names(graphs, places, keys)
    yield from zip(
        ("mention", "around"), by_encoder(texts, entities, places, mentions), strict=True
    )


def coded(values: list[str]) -> np.ndarray:
    return np.unique(np.array(values), return_inverse=True)[1]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(1e-9, np.linalg.norm(rows, axis=1, keepdims=True))


def ranking(likeness: np.ndarray, same: np.ndarray) -> float:
    """The area under the ROC curve."""
    order = np.argsort(np.argsort(likeness))
    right, wrong = int(same.sum()), int((~same).sum())
    return float((order[same].sum() - right * (right - 1) / 2) / max(1, right * wrong))


def best_bound(likeness: np.ndarray, same: np.ndarray, kept: int, gold: int, wrong: int) -> float:
    """The bound from which on pairs are taken, that gives the best pairwise F1.

    ``kept`` right and ``wrong`` wrong pairs are taken anyway, of ``gold`` right ones.
    """
    order = np.argsort(-likeness)
    right = kept + np.r_[0, np.cumsum(same[order])]
    found = kept + wrong + np.arange(len(order) + 1)
    score = 2 * right / np.maximum(1, found + gold)
    taken = int(np.argmax(score))
    return float(likeness[order[taken - 1]]) if taken else math.inf


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--mentions", type=int, default=3, help="of each entity, at most")
    arguments = parser.parse_args()
    folder = arguments.data / "ie" / "gum"
    graphs, truth, schema = gum(folder)
    texts = {record["id"]: record["text"] for record in records(folder, "train", "dev")}
    document = {graph.document.id: texts[graph.document.uri] for graph in graphs}
    entities = {(g.document.id, e.local): e for g in graphs for e in g.entities}
    keys = {
        place: frozenset(member_of(entity, place[0], schema).keys)
        for place, entity in entities.items()
    }
    places = sorted(truth)
    labels = [truth[place] for place in places]
    thing = coded(labels)
    document_of = coded([place[0] for place in places])
    root = coded([min(keys[place]).partition("|")[0] for place in places])
    one, two = np.triu_indices(len(places), 1)
    apart = document_of[one] != document_of[two]
    gold = int((apart & (thing[one] == thing[two])).sum())
    kept = apart & (root[one] == root[two])
    pairs = np.stack((one[kept], two[kept]), 1)
    same = thing[pairs[:, 0]] == thing[pairs[:, 1]]
    owners: defaultdict[str, list[int]] = defaultdict(list)
    for row, place in enumerate(places):
        for key in keys[place]:
            owners[key].append(row)
    shared = {pair for rows in owners.values() for pair in combinations(rows, 2)}
    joined = np.array([pair in shared for pair in map(tuple, pairs.tolist())])
    print(
        f"{len(places)} local entities; pairs with a name in common {joined.sum()}, "
        f"{(joined & same).sum()} of one thing; others {(~joined).sum()}, {(~joined & same).sum()}"
    )
    things = sorted(set(labels))
    np.random.default_rng(0).shuffle(things)
    part_of = {thing: number % 5 for number, thing in enumerate(things)}
    part = np.array([part_of[labels[a]] for a, _ in pairs])

    def report(title: str, found: np.ndarray) -> None:
        right = int((found & same).sum())
        precision, recall = right / max(1, int(found.sum())), right / gold
        clusters = components(len(places), pairs[found]).tolist()
        cubed = b_cubed(dict(enumerate(clusters)), dict(enumerate(labels)))
        print(
            f"  {title}: pairs P {precision:.4f} R {recall:.4f} F1 {f1(precision, recall):.4f}; "
            f"B-cubed F1 {f1(*cubed):.4f}"
        )

    report("names alone", joined)
    for title, rows in rows_of(graphs, document, entities, places, keys, arguments.mentions):
        likeness = (rows @ rows.T)[pairs[:, 0], pairs[:, 1]]
        for case, among in (("apart", joined), ("together", ~joined)):
            found = joined.copy()
            for number in range(5):
                learned = among & (part != number)
                others = joined & ~among & (part != number)
                bound = best_bound(
                    likeness[learned],
                    same[learned],
                    int((others & same).sum()),
                    int(same[part != number].sum()),
                    int((others & ~same).sum()),
                )
                here = among & (part == number)
                found[here] = likeness[here] >= bound
            area = ranking(likeness[among], same[among])
            report(f"{title}, {case} (area {area:.3f})", found)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
