"""Learn the weights of name comparisons and write configs/resolution/weights.yaml.

Usage: python benchmarks/resolution_learn.py DATA [-o FILE]

Learned on train parts only: Re-DocRED, GUM and LitBank (names that coreference or links join,
against all other candidate pairs), half of the DBP15K pairs (Chinese and English), and the table
of nicknames with surnames from Re-DocRED. Prints what the weights give on dev parts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import yaml
from resolution_data import Labelled, names_across, names_in_one_script, nickname_pairs, things

from graph.common_names import GIVEN_NAMES
from graph.resolving.comparing import OF_KIND, Names, compare
from graph.resolving.learning import learn
from graph.resolving.profiles import full_names
from graph.resolving.scoring import Scorer

SETS = ("redocred", "gum", "litbank")
ACCEPT, REVIEW = 0.92, 0.3


def rows_of(kind: str, data: Labelled) -> np.ndarray:
    """The pairs of one kind: of one script, or of two."""
    han = np.array([p.han for p in data.profiles], bool)
    across = han[data.pairs[:, 0]] != han[data.pairs[:, 1]]
    return np.flatnonzero(across == (kind == "across"))


def scores(found: np.ndarray, labels: np.ndarray, missed: int) -> str:
    right = int((found & labels).sum())
    precision, recall = right / max(1, int(found.sum())), right / max(1, int(labels.sum()) + missed)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("configs/resolution/weights.yaml")
    )
    parser.add_argument("--show", type=int, default=0, help="wrong decisions to print")
    arguments = parser.parse_args()
    ie, er = arguments.data / "ie", arguments.data / "er"
    models = {}
    dev: dict[str, Labelled] = {}
    train_things = [c for name in SETS for c in things(ie / name, "train")]
    dev_things = [c for name in SETS for c in things(ie / name, "dev")]
    for kind in OF_KIND:
        if kind == "across":
            data, dev[kind] = (names_across(er / "dbp15k_zh_en", half) for half in (0, 1))
        else:
            data, dev[kind] = (names_in_one_script(c, kind) for c in (train_things, dev_things))
        rows = rows_of(kind, data)
        levels = compare(Names(data.profiles), data.pairs[rows], kind)
        labels = data.labels[rows]
        counts = np.ones(len(rows))
        if kind == "person":
            surnames = sorted({p.surname for p in data.profiles if p.surname})
            short = {name for name in GIVEN_NAMES if full_names(name)}
            extra = nickname_pairs(surnames, short)
            levels = np.concatenate((levels, compare(Names(extra.profiles), extra.pairs, kind)))
            labels = np.concatenate((labels, extra.labels))
            counts = np.concatenate((counts, np.full(len(extra.labels), 0.3)))
        models[kind] = learn(kind, levels, labels, counts)
        print(
            f"{kind}: {len(labels):,} pairs, {int(labels.sum()):,} of one thing, "
            f"{data.missed} not brought together"
        )
    data = {"accept": ACCEPT, "review": REVIEW, "models": models}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(
        "# What each level of each comparison adds to the log-odds that two names name one thing.\n"
        "# Made by: python benchmarks/resolution_learn.py DATA\n"
        + yaml.safe_dump(data, allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
    scorer = Scorer(data)
    for kind, labelled in dev.items():
        rows = rows_of(kind, labelled)
        chance = scorer.probabilities(labelled.profiles, labelled.pairs[rows])
        labels = labelled.labels[rows]
        for bound in (0.5, 0.8, 0.9, 0.95, 0.98):
            print(f"dev {kind} at {bound}: {scores(chance >= bound, labels, labelled.missed)}")
        wrong = np.flatnonzero((chance >= ACCEPT) & ~labels)
        for row in wrong[: arguments.show]:
            one, two = (labelled.profiles[i].form for i in labelled.pairs[rows[row]])
            print(f"   held for one: {one} | {two} ({chance[row]:.3f})")
        right = np.flatnonzero((chance >= ACCEPT) & labels)
        for row in right[: arguments.show]:
            one, two = (labelled.profiles[i].form for i in labelled.pairs[rows[row]])
            print(f"   rightly: {one} | {two} ({chance[row]:.3f})")


if __name__ == "__main__":
    main()
