"""How right the resolving of tables is, beside splink and neo4j-graphrag's matching.

Usage: python benchmarks/resolution_tables.py DATA [--peers PYTHON]   (DATA holds er/)

- *febrl*: made-up people with many columns and errors; no labels are used. neo4j-graphrag's rule
  (any two names with a WRatio of at least 80) sees the name only, as it would in a graph.
- *magellan*: labelled pairs, valid part; weights of the levels of each column are learned on the
  train part. Beside it the WRatio of the first column, with the bound that is best on train.
- *dbp15k*: Chinese and English names, the half that no weight was learned on; nothing but names.
- *countries*: short and official names in both languages.

The loops of neo4j-graphrag compare all pairs one by one; here the same score is worked out for
all pairs at once, but for small tables, where its own code runs.
"""

from __future__ import annotations

import argparse
import csv
import json
import lzma
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cdist, cpdist
from resolution_data import names_across
from resolution_graph import b_cubed, f1

from graph.resolving.scoring import default_scorer
from graph.resolving.tables import LEVELS, _levels, components, resolve_names, resolve_records

HERE = Path(__file__).parent


def report(title: str, found: list[Any], truth: list[Any], extra: str = "") -> None:
    def pairs(labels: list[Any]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(labels).values())

    both = pairs(list(zip(found, truth, strict=True)))
    precision, recall = both / max(1, pairs(found)), both / max(1, pairs(truth))
    cubed = b_cubed(dict(enumerate(found)), dict(enumerate(truth)))
    print(
        f"  {title}: pairs P {precision:.3f} R {recall:.3f} F1 {f1(precision, recall):.3f}; "
        f"B-cubed F1 {f1(*cubed):.3f}{extra}"
    )


def blocking(pairs: np.ndarray, truth: list[Any]) -> str:
    gold = sum(n * (n - 1) // 2 for n in Counter(truth).values())
    right = sum(truth[a] == truth[b] for a, b in pairs.tolist())
    return f"; blocking recall {right / gold:.3f}, {len(pairs) / len(truth):.1f} pairs a record"


def by_wratio(names: list[str], bound: float = 80) -> list[int]:
    close = []
    for start in range(0, len(names), 1000):
        scores = cdist(names[start : start + 1000], names, scorer=fuzz.WRatio, score_cutoff=bound,
                       workers=-1, dtype=np.uint8)  # fmt: skip
        one, two = np.nonzero(scores)
        close.append(np.stack((one + start, two), 1))
    pairs = np.concatenate(close)
    return components(len(names), pairs[pairs[:, 0] < pairs[:, 1]]).tolist()


def peer(kind: str, task: dict[str, Any], python: str) -> tuple[list[int], str] | str:
    done = subprocess.run(
        [python, str(HERE / "resolution_peers.py"), kind],
        input=json.dumps(task), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return done.stderr.strip().splitlines()[-1][:200]
    answer = json.loads(done.stdout)
    return answer["clusters"], f"; {answer['cpu']:.1f} s of CPU"


def febrl(path: Path, python: str | None) -> None:
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [dict(row) for row in csv.DictReader(lines, skipinitialspace=True)]
    truth = [re.match(r"rec-(\d+)", row.pop("rec_id"))[1] for row in rows]  # type: ignore[index]
    print(f"{path.name}: {len(rows):,} records, {len(set(truth)):,} people")
    began = time.process_time()
    found = resolve_records(rows)
    spent = time.process_time() - began
    extra = f"{blocking(found.pairs, truth)}; {spent:.1f} s of CPU"
    report("kgbuilder", found.clusters.tolist(), truth, extra)
    names = [f"{row['given_name']} {row['surname']}".strip() for row in rows]
    if python:
        columns = ["given_name", "surname", "date_of_birth", "soc_sec_id", "postcode", "suburb",
                   "address_1"]  # fmt: skip
        task = {
            "rows": [{name: row[name] for name in columns} | {"name": full} for row, full in
                     zip(rows, names, strict=True)],
            "name": "name",
            "blocking": [["given_name", "surname"], ["date_of_birth"], ["soc_sec_id"], ["postcode",
                         "surname"]],
        }  # fmt: skip
        without_name = task | {"rows": [{c: row[c] for c in columns} for row in rows]}
        answer = peer("splink", without_name, python)
        if isinstance(answer, str):
            print(f"  splink failed: {answer}")
        else:
            report("splink", answer[0], truth, answer[1])
        if len(rows) <= 1000:
            answer = peer("graphrag", task, python)
            if isinstance(answer, str):
                print(f"  neo4j-graphrag failed: {answer}")
            else:
                report("neo4j-graphrag's own loop, names", answer[0], truth, answer[1])
    report("WRatio 80 on names", by_wratio(names), truth)


def labelled(
    path: Path,
) -> tuple[list[str], list[dict[str, str]], list[dict[str, str]], np.ndarray]:
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    columns = list(items[0]["left"])
    left, right = ([item[side] for item in items] for side in ("left", "right"))
    return columns, left, right, np.array([bool(item["match"]) for item in items])


def features(
    columns: list[str], left: list[dict[str, str]], right: list[dict[str, str]]
) -> np.ndarray:
    """One-hot levels of each column, and of the words that both records have at all."""
    size = len(left)
    pairs = np.stack((np.arange(size), np.arange(size) + size), 1)
    found = []
    for name in columns:
        level = _levels([row[name] for row in (*left, *right)], pairs)
        found.append(np.eye(len(LEVELS))[level])
        for scorer in (fuzz.token_set_ratio, fuzz.token_sort_ratio):
            score = cpdist([r[name] for r in left], [r[name] for r in right], scorer=scorer)
            found.append(np.eye(6)[np.clip((np.asarray(score) - 40) / 10, 0, 5).astype(int)])
    texts = [[" ".join(row.values()) for row in side] for side in (left, right)]
    found.append(
        np.eye(6)[
            np.clip((cpdist(*texts, scorer=fuzz.token_set_ratio) - 40) / 10, 0, 5).astype(int)
        ]
    )
    shared = [
        len(a & b) / max(1, min(len(a), len(b)))
        for a, b in (
            [{w for w in text.split() if any(c.isdigit() for c in w)} for text in two]
            for two in zip(*texts, strict=True)
        )
    ]
    found.append(np.eye(4)[np.clip(np.array(shared) * 3, 0, 3).astype(int)])
    return np.concatenate([np.ones((size, 1)), *found], 1)


def logistic(design: np.ndarray, labels: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    theta = np.zeros(design.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(design @ theta, -30, 30)))
        gradient = design.T @ (labels - chance) - ridge * theta
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design
        theta += np.linalg.solve(curvature + ridge * np.eye(len(theta)), gradient)
    return theta


def pair_f1(found: np.ndarray, labels: np.ndarray) -> float:
    right = (found & labels).sum()
    return f1(right / max(1, found.sum()), right / max(1, labels.sum()))


def magellan(folder: Path) -> None:
    parts = {}
    for part in ("train", "valid"):
        path = next((p for p in folder.glob(f"{part}.jsonl*")), None)
        if path is None:
            return
        parts[part] = labelled(path)
    columns, left, right, labels = parts["train"]
    theta = logistic(features(columns, left, right), labels)
    tries = np.linspace(0.2, 0.8, 25)
    chance = 1 / (1 + np.exp(-features(columns, left, right) @ theta))
    bound = max(tries, key=lambda b: pair_f1(chance >= b, labels))
    ratio = cpdist(
        [r[columns[0]] for r in left], [r[columns[0]] for r in right], scorer=fuzz.WRatio
    )
    cut = max(range(50, 100), key=lambda b: pair_f1(ratio >= b, labels))
    columns, left, right, labels = parts["valid"]
    ours = pair_f1(1 / (1 + np.exp(-features(columns, left, right) @ theta)) >= bound, labels)
    ratio = cpdist(
        [r[columns[0]] for r in left], [r[columns[0]] for r in right], scorer=fuzz.WRatio
    )
    best, usual = (pair_f1(ratio >= b, labels) for b in (cut, 80))
    print(f"  {folder.name}: learned weights F1 {ours:.3f}; WRatio at its best bound {best:.3f}, "
          f"at 80 {usual:.3f}")  # fmt: skip


def across(folder: Path) -> None:
    data = names_across(folder, 1)
    scorer = default_scorer()
    chance = scorer.probabilities(data.profiles, data.pairs)
    gold = int(data.labels.sum()) + data.missed
    recalled, each = data.labels.sum() / gold, len(data.pairs) / len(data.profiles)
    print(
        f"dbp15k zh-en: {gold:,} pairs of names in two scripts; blocking recall {recalled:.3f}, "
        f"{each:.1f} pairs a name"
    )
    for bound in (scorer.accept, 0.5):
        found = chance >= bound
        right = int((found & data.labels).sum())
        precision, recall = right / max(1, int(found.sum())), right / gold
        f = f1(precision, recall)
        print(f"  kgbuilder at {bound}: P {precision:.3f} R {recall:.3f} F1 {f:.3f}")


def countries(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    names, truth = [], []
    for number, row in enumerate(rows):
        for column in ("en_common", "en_official", "zh_common", "zh_official"):
            names.append(row[column])
            truth.append(number)
    print(f"countries: {len(names)} names of {len(rows)}")
    found = resolve_names(names, "place")
    report("kgbuilder", found.clusters.tolist(), truth)
    report("WRatio 80", by_wratio(names), truth)


def sets(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.glob("magellan_*")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter with the peers")
    arguments = parser.parse_args()
    er = arguments.data / "er"
    for name in ("dataset1.csv", "dataset3.csv.xz"):
        febrl(er / "febrl" / name, arguments.peers)
    print("magellan, valid parts:")
    for folder in sets(er):
        magellan(folder)
    across(er / "dbp15k_zh_en")
    countries(er / "aliases" / "countries.tsv")


if __name__ == "__main__":
    main()
