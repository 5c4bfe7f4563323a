"""Measures a build: documents and characters a second, where the time goes, memory.

    python benchmarks/build.py --documents 10000
    python benchmarks/build.py --texts records.jsonl --documents 500 --store bolt://127.0.0.1:7687

Without ``--texts`` the documents are made up: a few sentences each about people, organizations,
places and years, with names that recur as names do (few often, most rarely). The graph goes to a
temporary folder, and the same documents are built a second time, which should write nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import psutil

import kgbuilder

GIVEN = (
    *("Ada", "Ben", "Carla", "Dan", "Eva", "Finn", "Greta", "Hugo", "Iris"),
    *("Jan", "Kira", "Leo", "Mona", "Nils", "Olga", "Paul", "Rosa", "Sven"),
)
SYLLABLES = (
    *("bar", "den", "ford", "gar", "hol", "kin", "lan", "mar"),
    *("nor", "pel", "ros", "sten", "tor", "ver", "wick", "zan"),
)


def main() -> None:
    """Run the benchmark and print what was measured."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "documents")
        folder.mkdir()
        texts = given(arguments.texts) if arguments.texts else made_up(random.Random(1))
        for number, text in enumerate(islice(texts, arguments.documents)):
            (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")
        store = arguments.store or f"embedded:{scratch}/benchmark.kg"
        settings = kgbuilder.load_settings(
            overrides={"store": store, "cache.enabled": False, "extractor": arguments.extractor}
        )
        extractor = kgbuilder.load_extractor(settings.extractor)
        for title in ("first build", "second build"):
            with Memory() as memory:
                report = kgbuilder.build(folder, settings=settings, extractor=extractor)
            show(title, report, memory)


def parse() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument(
        "--texts", type=Path, help="JSON lines with texts, in place of made-up ones"
    )
    parser.add_argument("--store", help="default: an embedded one in a temporary folder")
    parser.add_argument("--extractor", help="default: that of the settings")
    return parser.parse_args()


def given(path: Path) -> list[str]:
    """The texts of a file of records."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def made_up(choose: random.Random):  # type: ignore[no-untyped-def]
    """Texts without end."""

    def name() -> str:
        rank = min(int(choose.paretovariate(0.8)), 5000)
        parts = random.Random(rank)
        return "".join(parts.choices(SYLLABLES, k=2)).title()

    while True:
        sentences = []
        for _ in range(choose.randint(2, 5)):
            person = f"{choose.choice(GIVEN)} {name()}"
            what = choose.choice(("founded", "joined"))
            ending = choose.choice(("Company", "Institute"))
            sentences.append(f"{person} {what} {name()} {ending} in {choose.randint(1850, 2020)}.")
        yield " ".join(sentences)


class Memory:
    """Resident memory of this process while it is open, in MiB; looks four times a second."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self._process = psutil.Process()
        self._end = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.seen.append(self._process.memory_info().rss / 2**20)
            if self._end.wait(0.25):
                return

    def __str__(self) -> str:
        quarter = len(self.seen) // 4
        return (
            f"{self.seen[0]:.0f} at the start, {self.seen[quarter]:.0f} after a quarter,"
            f" {self.seen[-1]:.0f} at the end, {max(self.seen):.0f} at most"
        )


def show(title: str, report: kgbuilder.BuildReport, memory: Memory) -> None:
    """Print one build's figures."""
    seconds = report.seconds
    rows = report.mentions + report.relations + report.events
    print(f"{title}: {report.documents:,} documents in {seconds:.1f} s")
    print(f"  {report.documents / seconds:,.1f} documents/s, {report.failed} failed")
    print(f"  {report.characters / seconds:,.0f} characters/s, {rows / seconds:,.0f} facts/s")
    print(
        f"  at work: reading {report.read_seconds:.1f} s, extracting"
        f" {report.extract_seconds:.1f} s, writing {report.write_seconds:.1f} s"
    )
    print(f"  resident memory, MiB: {memory}", file=sys.stdout, flush=True)


if __name__ == "__main__":
    main()
