"""Wears the daemon out: a stream of changing, renamed, deleted and broken files, while the daemon
and the database are killed at random. Afterwards the graph must be that of a clean build.

    python benchmarks/soak.py --files 20000 --changes 20000 --minutes 60
    python benchmarks/soak.py --files 60 --minutes 0.5 --extractor rule_extractor:RuleExtractor

Changes end after ``--changes`` or ``--minutes``, whichever comes first, or at SIGTERM. Prints how
it goes every minute, then what was done and how memory and file handles went; exits with 1 where
the graph differs, or a process is left behind.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

import kgbuilder
from graph.store import StoreError, open_store
from graph.store.embedded import ServerInfo, running_server, wait_until_stopped

ROOT = Path(__file__).resolve().parent.parent
GIVEN = ("Ada", "Ben", "Carla", "Dan", "Eva", "Finn", "Greta", "Hugo", "Iris", "Jan")
SYLLABLES = ("bar", "den", "gar", "wick", "hol", "sten", "kin", "ros", "lar", "ver", "mar", "zan")
NAMES = [f"{a}{b}{c}".capitalize() for c, b, a in itertools.product(SYLLABLES, repeat=3)]


class Folder:
    """The files, and what can happen to them."""

    def __init__(self, path: Path, files: int, choose: random.Random) -> None:
        self.path = path
        self.done: Counter[str] = Counter()
        self._choose = choose
        self._files: list[Path] = []
        self._number = 0
        # As in any corpus, more files speak of more, and of some far more often than of others.
        self._families = NAMES[: max(8, files // 50)]
        self._companies = NAMES[-max(6, files // 20) :]
        for _ in range(files):
            self.create()
        self.done.clear()

    def step(self) -> None:
        """Let something happen."""
        what = self._choose.choices(
            (
                *(self.create, self.change, self.delete, self.rename, self.damage),
                *(self.write_slowly, self.rename_folder, self.touch),
            ),
            (22, 30, 27, 12, 6, 2, 0.3, 5),  # as many come as go, about
        )[0]
        what()

    def create(self) -> None:
        """A new file, one in eight with several documents."""
        self._number += 1
        suffix = ".jsonl" if self._choose.random() < 0.12 else ".txt"
        folder = self.path / f"{self._choose.randrange(20):02}"
        folder.mkdir(exist_ok=True)
        path = folder / f"{self._number:06}{suffix}"
        path.write_text(self._content(suffix), encoding="utf-8")
        self._files.append(path)
        self.done["created"] += 1

    def change(self) -> None:
        """Another text."""
        if path := self._any():
            path.write_text(self._content(path.suffix), encoding="utf-8")
            self.done["changed"] += 1

    def touch(self) -> None:
        """Another time, and the same text."""
        if path := self._any():
            path.touch()
            self.done["touched"] += 1

    def delete(self) -> None:
        """A file goes."""
        if path := self._any():
            path.unlink()
            self._files.remove(path)
            self.done["deleted"] += 1

    def rename(self) -> None:
        """Another name, or another folder."""
        if path := self._any():
            self._number += 1
            folder = self.path / f"{self._choose.randrange(20):02}"
            folder.mkdir(exist_ok=True)
            self._move(path, folder / f"{self._number:06}{path.suffix}")
            self.done["renamed"] += 1

    def rename_folder(self) -> None:
        """A folder with all that is in it."""
        if path := self._any():
            self._number += 1
            old, new = path.parent, path.parent.with_name(f"moved-{self._number}")
            if old == self.path:
                return
            old.rename(new)
            self._files = [new / file.name if file.parent == old else file for file in self._files]
            self.done["folders renamed"] += 1

    def damage(self) -> None:
        """A file that cannot be read: empty, binary, no real PDF, half a JSON line."""
        self._number += 1
        suffix, content = self._choose.choice(
            (
                (".txt", b""),
                (".txt", b"\x7fELF" + bytes(range(256)) * 4),
                (".pdf", b"%PDF-1.7\n1 0 obj << /Type"),
                (".docx", b"PK\x03\x04" + self._choose.randbytes(500)),
                (".jsonl", b'{"text": "half a li'),
            )
        )
        path = self.path / f"{self._number:06}{suffix}"
        path.write_bytes(content)
        self._files.append(path)
        self.done["damaged"] += 1

    def write_slowly(self) -> None:
        """A file that is complete after a second."""
        self._number += 1
        path = self.path / f"{self._number:06}.txt"
        with path.open("w", encoding="utf-8") as file:
            for _ in range(5):
                file.write(f"{self._content('.txt')} ")
                file.flush()
                time.sleep(0.2)
        self._files.append(path)
        self.done["written slowly"] += 1

    def _any(self) -> Path | None:
        return self._choose.choice(self._files) if self._files else None

    def _move(self, old: Path, new: Path) -> None:
        old.rename(new)
        self._files[self._files.index(old)] = new

    def _content(self, suffix: str) -> str:
        if suffix != ".jsonl":
            return self._text()
        rows = (json.dumps({"text": self._text()}) for _ in range(self._choose.randint(1, 5)))
        return "\n".join(rows)

    def _text(self) -> str:
        choose = self._choose
        return " ".join(
            f"{choose.choice(GIVEN)} {self._one_of(self._families)}"
            f" {choose.choice(('founded', 'joined'))} {self._one_of(self._companies)} Company"
            f" in {choose.randint(1850, 2020)}."
            for _ in range(choose.randint(1, 3))
        )

    def _one_of(self, names: Sequence[str]) -> str:
        return names[int(len(names) * self._choose.random() ** 2)]


class Watched:
    """The daemon, in a process of its own, and what is measured of it."""

    patience = 600
    """Seconds that it may take to stop; other work on the machine may leave it little."""

    def __init__(self, folder: Path, store: Path, environment: dict[str, str], log: Path) -> None:
        self.kills: Counter[str] = Counter()
        self.samples: list[tuple[float, float, int]] = []
        """Memory of the daemon and the database in MiB and the daemon's file handles, of the last
        daemon that ran."""
        self._command = [
            *(sys.executable, "-m", "kgbuilder", "watch", str(folder)),
            *("--store", f"embedded:{store}", "--log", "json"),
        ]
        self._store = store
        self._environment = environment
        self._log = log
        self._start()

    def _start(self) -> None:
        self.samples.clear()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, stdout=log, stderr=log, env=self._environment
            )

    def check(self) -> None:
        """Start it again where it ended by itself, as a service manager would."""
        if self.process.poll() is not None:
            self.kills[f"ended by itself with {self.process.returncode}"] += 1
            self._start()

    def kill(self) -> None:
        """With no warning."""
        self.process.kill()
        self.process.wait()
        self.kills["daemon killed"] += 1
        self._start()

    def restart(self) -> None:
        """As a service manager does."""
        self.stop()
        self.kills["daemon stopped and started"] += 1
        self._start()

    def stop(self) -> float:
        """Stop it in good order; seconds that took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(self.patience)
        if code != 0:
            self.kills[f"stopped with {code}"] += 1
        return time.monotonic() - start

    def kill_database(self) -> None:
        """With no warning."""
        if info := self._database():
            try:
                os.kill(info.pid, signal.SIGKILL)
                self.kills["database killed"] += 1
            except ProcessLookupError:
                pass

    def _database(self) -> ServerInfo | None:
        return running_server(self._store) if (self._store / "server.lock").exists() else None

    def sample(self) -> None:
        """Look at memory and handles."""
        try:
            daemon = psutil.Process(self.process.pid)
            info = self._database()
            database = psutil.Process(info.pid).memory_info().rss if info else 0
            self.samples.append(
                (daemon.memory_info().rss / 2**20, database / 2**20, daemon.num_fds())
            )
        except (psutil.Error, OSError):
            pass  # between two lives


def digest(url: str) -> tuple[int, int, str]:
    """Nodes, relationships, and a hash that does not depend on their order. Streams."""
    counts, total = [0, 0], 0
    with open_store(url, writer=False) as store:
        queries = (
            "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties",
            "MATCH (a)-[r]->(b) RETURN a.id AS start, type(r) AS type, b.id AS end,"
            " properties(r) AS properties",
        )
        for place, query in enumerate(queries):
            for row in store.stream(query):
                properties = {k: v for k, v in row["properties"].items() if k != "ingested_at"}
                plain = row | {"properties": sorted(properties.items())}
                if "labels" in plain:
                    plain["labels"] = sorted(plain["labels"])
                hashed = hashlib.sha256(repr(sorted(plain.items())).encode()).digest()
                total = (total + int.from_bytes(hashed[:16], "big")) % 2**128
                counts[place] += 1
    return counts[0], counts[1], f"{total:032x}"


def quarters(samples: list[tuple[float, float, int]]) -> Iterator[str]:
    for name, place in (("daemon, MiB", 0), ("database, MiB", 1), ("file handles", 2)):
        seen = [sample[place] for sample in samples]
        marks = [seen[len(seen) * part // 4] for part in range(4)] + [seen[-1]] if seen else []
        yield f"{name}: {', '.join(f'{mark:.0f}' for mark in marks)}"


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="at the start")
    parser.add_argument("--minutes", type=float, default=5, help="how long things happen, at most")
    parser.add_argument("--changes", type=int, help="how many things happen, at most")
    parser.add_argument("--rate", type=float, default=20, help="things a second")
    parser.add_argument("--kills", type=float, default=6, help="a minute")
    parser.add_argument(
        "--calm", type=float, default=0.25, help="share of all that, at the end, without kills"
    )
    parser.add_argument(
        "--patience", type=float, default=20, help="minutes in which the graph must become the same"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--extractor", help="default: that of the settings")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which is kept")
    arguments = parser.parse_args()
    if arguments.keep:
        return soak(arguments, arguments.keep)
    with tempfile.TemporaryDirectory() as scratch:
        return soak(arguments, Path(scratch))


def soak(arguments: argparse.Namespace, scratch: Path) -> int:
    """Let it happen, and compare."""
    choose = random.Random(arguments.seed)
    place = scratch / "watched"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    folder = Folder(place, arguments.files, choose)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
        "KGBUILDER_CACHE_FOLDER": str(scratch / "cache"),
        "KGBUILDER_WATCH_QUIET": "0.5",
        "KGBUILDER_WATCH_VANISHED_SHARE": "1",
        "KGBUILDER_WATCH_BACKOFF": "0.5",
    }
    if arguments.extractor:
        environment["KGBUILDER_EXTRACTOR"] = arguments.extractor
    os.environ.update(environment)
    store = scratch / "soak.kg"
    daemon = Watched(place, store, environment, scratch / "daemon.log")
    started = time.monotonic()
    chance = arguments.kills / 60 / arguments.rate
    last_sample = last_word = started
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    try:
        while (share := share_done(arguments, folder, started)) < 1 and not ended:
            folder.step()
            daemon.check()
            if share < 1 - arguments.calm and choose.random() < chance:
                choose.choice((daemon.kill, daemon.restart, daemon.kill_database))()
            now = time.monotonic()
            if now - last_sample > 1:
                daemon.sample()
                last_sample = now
            if now - last_word > 60:
                say_how_it_goes(now - started, folder, daemon)
                last_word = now
            # What was held up is caught up with, in a burst.
            due = started + folder.done.total() / arguments.rate
            time.sleep(max(0.2 / arguments.rate, due - time.monotonic()))
        print(f"{folder.done.total():,} changes: {dict(folder.done)}")
        print(f"Trouble: {dict(daemon.kills)}", flush=True)
        expected = clean_build(place, scratch / "clean.kg")
        nodes, edges, _ = expected
        print(f"A clean build of the folder: {nodes:,} nodes, {edges:,} relationships", flush=True)
        same = wait_for(f"embedded:{store}", expected, daemon, 60 * arguments.patience)
        for line in quarters(daemon.samples):
            print(f"Over the last daemon's life, {line}")
        seconds = daemon.stop()
        print(f"Stopped in {seconds:.1f} s; {time.monotonic() - started:.0f} s in all")
        wait_until_stopped(store, 60)
        left = left_behind(environment["KGBUILDER_CACHE_FOLDER"])
        for process in left:
            print(f"LEFT BEHIND: {process}")
        print("The graph is the same" if same else "The graph DIFFERS")
        return 0 if same and not left else 1
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


def share_done(arguments: argparse.Namespace, folder: Folder, started: float) -> float:
    """Of what is to happen; 1 at its end."""
    share = (time.monotonic() - started) / (60 * arguments.minutes)
    if arguments.changes:
        share = max(share, folder.done.total() / arguments.changes)
    return float(share)


def say_how_it_goes(seconds: float, folder: Folder, daemon: Watched) -> None:
    memory, database, handles = daemon.samples[-1] if daemon.samples else (0, 0, 0)
    print(
        f"{seconds:.0f} s: {folder.done.total():,} changes, {daemon.kills.total()} troubles;"
        f" daemon {memory:.0f} MiB, {handles} handles, database {database:.0f} MiB",
        flush=True,
    )


def left_behind(cache: str, patience: float = 60) -> list[str]:
    """Processes that came of the run, whoever started them, and have not ended."""
    deadline = time.monotonic() + patience
    while True:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("KGBUILDER_CACHE_FOLDER") == cache:
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
            except psutil.Error:
                continue  # not ours, or gone
        found = [line for line in found if not line.startswith(f"{os.getpid()} ")]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(1)


def clean_build(folder: Path, store: Path) -> tuple[int, int, str]:
    shutil.rmtree(store, ignore_errors=True)
    kgbuilder.build(folder, store=f"embedded:{store}")
    return digest(f"embedded:{store}")


def wait_for(url: str, expected: tuple[int, int, str], daemon: Watched, patience: float) -> bool:
    """Whether the graph becomes what is expected, before the patience (seconds) ends."""
    deadline = time.monotonic() + patience
    found: object = None
    while time.monotonic() < deadline:
        daemon.check()
        daemon.sample()
        start = time.monotonic()
        try:
            found = digest(url)
        except StoreError as error:
            found = error
        if found == expected:
            return True
        time.sleep(1 + 2 * (time.monotonic() - start))  # the daemon's turn
    print(f"Found {found}, expected {expected}")
    return False


if __name__ == "__main__":
    sys.exit(main())
