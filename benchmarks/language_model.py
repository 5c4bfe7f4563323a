"""A small bilingual language model from texts to scores, with the commands of docs/training.md.

    python benchmarks/language_model.py --data ../shared/data --out runs/proof
    python benchmarks/language_model.py --data ../shared/data --out runs/tiny --tiny

learns a tokenizer, packs a corpus, pretrains with ZeRO, makes instructions, fine-tunes all weights
(with ``--lora`` an adapter, which is merged), and scores the result and the span model on the same
records. Every command is printed before it runs;
one whose result is there is not run again, so that a run that was stopped goes on. ``--tiny`` is
the same in minutes, and learns nothing. ``language_model.md`` has the figures of the full size.

The data come in the format of ``kgbuilder eval``: ``text/*.jsonl.xz`` with title and text, and a
folder of ``ie`` for each set, with ``train.jsonl.xz``, ``dev.jsonl.xz`` and ``schema.json``.
"""

from __future__ import annotations

import argparse
import lzma
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import yaml

from kgbuilder.evaluating import evaluate
from kgbuilder.extractors import load_extractor
from kgbuilder.settings import load_settings
from model.generative.extractor import GenerativeExtractor

#: Sets whose licence is open, the tasks that each is asked for, and records to learn from.
SETS: dict[str, tuple[tuple[str, ...], int]] = {
    "conll04": (("entities", "relations"), 860),
    "uner_en": (("entities",), 1900),
    "uner_zh": (("entities",), 2400),
    "phee": (("triggers", "arguments"), 1400),
    "fewfc": (("triggers", "arguments"), 1200),
}
TASKS = ("entities", "relations", "triggers", "arguments")
#: Source: file, share of the samples, held-out documents, documents to learn from.
SOURCES = {
    "leads-en": ("en_wikipedia_leads", "en", 4, 40, 10_000),
    "articles-en": ("en_wikipedia_featured", "en", 1, 1, 120),
    "wikipedia-zh": ("zh_wikipedia", "zh", 2, 40, 2_500),
}
#: Values of an adapter: of a high rank, since the base has next to everything still to learn.
LORA = ("rank=64", "alpha=128", "dropout=0")


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    vocabulary: int = 8_192
    documents: float = 1.0
    """Of those of ``SOURCES``."""
    records: float = 1.0
    """Of those of ``SETS``."""
    dev: int = 100
    """Records of each dev part that are scored."""
    pretrain: tuple[str, ...] = ()
    finetune: tuple[str, ...] = ()
    max_tokens: int = 128
    """Of an answer."""


FULL = Size()
TINY = replace(
    FULL,
    vocabulary=2_048,
    documents=0.01,
    records=0.02,
    dev=3,
    pretrain=("preset=tiny", "steps=20", "checkpoint_every=10", "evaluate_every=10"),
    finetune=("steps=20", "checkpoint_every=10", "evaluate_every=10"),
    max_tokens=16,
)


class Chain:
    """The steps, in order; each says what it needs."""

    def __init__(self, data: Path, out: Path, size: Size, processes: int, lora: bool) -> None:
        self.data, self.out, self.size = data, out, size
        self.processes, self.lora = processes, lora
        self.model = ""

    def run(self) -> None:
        """All steps."""
        self.out.mkdir(parents=True, exist_ok=True)
        self._recipes()
        self._kgbuilder(
            "tokenizer",
            "train",
            "tokenizer",
            "corpus.yaml",
            "--size",
            self.size.vocabulary,
            "--characters",
            6_000_000,
        )
        self._kgbuilder("packed", "train", "corpus", "corpus.yaml")
        self._kgbuilder("held-out", "train", "corpus", "held-out.yaml")
        self._pretrain()
        self._instructions()
        self._finetune()
        self._score()

    def _recipes(self) -> None:
        evaluation = [str(self.data / "ie" / name / "dev.jsonl.xz") for name in SETS]
        for held_out in (False, True):
            sources = []
            for name, (file, language, _, skip, documents) in SOURCES.items():
                count = max(1, round(documents * self.size.documents))
                sources.append(
                    {
                        "name": name,
                        "shape": "web",
                        "paths": [str(self.data / "text" / f"{file}.jsonl.xz")],
                        "languages": [language],
                    }
                    | ({"documents": skip} if held_out else {"skip": skip, "documents": count})
                )
            recipe = {
                "tokenizer": "tokenizer",
                "output": "held-out" if held_out else "packed",
                "max_tokens": 512,
                "evaluation": evaluation,
                "sources": sources,
            }
            name = "held-out.yaml" if held_out else "corpus.yaml"
            (self.out / name).write_text(yaml.safe_dump(recipe, sort_keys=False), "utf-8")

    def _pretrain(self) -> None:
        arguments = ["train", "pretrain", "pretrain-5m", "--tokenizer", "tokenizer"]
        for name, (_, _, share, _, _) in SOURCES.items():
            arguments += ["--corpus", f"packed#{name}={share}"]
        arguments += ["--validation", "held-out", "-o", "base", "--processes", str(self.processes)]
        for value in self.size.pretrain:
            arguments += ["--set", value]
        self._kgbuilder("base/model", *arguments)

    def _instructions(self) -> None:
        """Rows of every set; the last records of what is learned from are held out."""
        for name, (tasks, most) in SETS.items():
            folder = self.out / "sets" / name
            folder.mkdir(parents=True, exist_ok=True)
            count = max(4, round(most * self.size.records))
            shutil.copyfile(self.data / "ie" / name / "schema.json", folder / "schema.json")
            train = list(islice(_lines(self.data / "ie" / name / "train.jsonl.xz"), count))
            kept = max(1, count // 50)
            _write(folder / "train.jsonl", train[:-kept])
            _write(folder / "held-out.jsonl", train[-kept:])
            _write(
                folder / "dev.jsonl",
                list(islice(_lines(self.data / "ie" / name / "dev.jsonl.xz"), self.size.dev)),
            )
            for part in ("train", "held-out"):
                arguments = ["train", "instructions", f"sets/{name}/{part}.jsonl"]
                for task in tasks:
                    arguments += ["--task", task]
                arguments += ["--format", "lines", "--prompts", "short", "--batch", "0"]
                rows = f"sets/{name}/{part}-rows.jsonl"
                self._kgbuilder(rows, *arguments, "-o", rows)

    def _finetune(self) -> None:
        arguments = ["train", "finetune", "finetune-5m", "--model", "base/model"]
        for name in SETS:
            arguments += ["--data", f"sets/{name}/train-rows.jsonl"]
            arguments += ["--validation", f"sets/{name}/held-out-rows.jsonl"]
        out = "adapted" if self.lora else "tuned"
        arguments += ["-o", out, "--processes", str(self.processes)]
        values = [f"lora.{value}" for value in LORA] if self.lora else []
        for value in (*values, *self.size.finetune):
            arguments += ["--set", value]
        self.model = f"{out}/model"
        if self.lora:
            self._kgbuilder(f"{out}/adapter", *arguments)
            adapter = ("--adapter", f"{out}/adapter", "-o", self.model)
            self._kgbuilder(self.model, "train", "merge", "base/model", *adapter)
        else:
            self._kgbuilder(self.model, *arguments)
        settings = {
            "prompts": "short",
            "extraction": {"format": "lines", "batch": 0, "tasks": list(TASKS)},
            "options": {"max_tokens": self.size.max_tokens},
        }
        (self.out / self.model / "extraction.yaml").write_text(yaml.safe_dump(settings), "utf-8")

    def _score(self) -> None:
        """What ``kgbuilder eval GOLD --extractor NAME`` gives, the models loaded once for all."""
        settings = load_settings()
        model = load_extractor(f"hf:{self.out / self.model}")
        both = (model, load_extractor("span"))
        print("| set | layer | gold | language model: P | R | F1 | span model: P | R | F1 |")
        print("|---|---|---|---|---|---|---|---|---|")
        for name in SETS:
            gold = self.out / "sets" / name / "dev.jsonl"
            scores = [evaluate(gold, extractor=one, settings=settings).layers for one in both]
            for layer, found in scores[0].items():
                cells = [
                    f"{100 * value:.1f}"
                    for one in scores
                    for value in (
                        one[layer].total.precision,
                        one[layer].total.recall,
                        one[layer].total.f1,
                    )
                ]
                print(
                    f"| {name} | {layer} | {found.total.gold} | {' | '.join(cells)} |", flush=True
                )
        if isinstance(model, GenerativeExtractor):
            print(f"\n{model.engine.usage}\n{model.report}")

    def _kgbuilder(self, result: str, *arguments: object) -> None:
        if not (self.out / result).exists():
            self._command([str(argument) for argument in arguments])

    def _command(self, arguments: Sequence[str]) -> None:
        print(f"$ kgbuilder {shlex.join(arguments)}", file=sys.stderr, flush=True)
        subprocess.run(
            [sys.executable, "-m", "kgbuilder", *arguments],
            cwd=self.out,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            stdout=sys.stderr,
            check=True,
        )


def _lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        yield from file


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(lines), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--lora", action="store_true", help="an adapter instead of all weights")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    size = TINY if arguments.tiny else FULL
    data, out = arguments.data.resolve(), arguments.out
    Chain(data, out, size, arguments.processes, arguments.lora).run()


if __name__ == "__main__":
    main()
