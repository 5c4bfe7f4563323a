"""Machines and surroundings that fail: each time a clear message, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from rule_extractor import RuleExtractor

import kgbuilder
from graph.store import Store, StoreError, StoreLockedError, migration, open_store
from graph.store.embedded import EmbeddedServer, wait_until_stopped
from graph.store.meta import STORE_VERSION
from graph.store.reading import dump
from kgbuilder.watch.journal import Journal, JournalError
from kgbuilder.watch.settling import Settling

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
TEXT = "Jane Smith founded Acme Company in 1901."


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGBUILDER_CACHE_FOLDER", str(tmp_path / "cache"))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def documents(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.txt").write_text(f"{TEXT} {number} " + "Very good. " * 200)
    return folder


def build(folder: Path, store: Path) -> kgbuilder.BuildReport:
    return kgbuilder.build(folder, store=f"embedded:{store}", extractor=RuleExtractor())


def test_a_full_disk_stops_the_cache_and_the_journal_and_not_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = documents(tmp_path / "in", 5)
    with small_disk(tmp_path / "disk", "1m") as disk:
        monkeypatch.setenv("KGBUILDER_CACHE_FOLDER", str(disk / "cache"))
        (disk / "filler").write_bytes(bytes(950_000))
        report = build(folder, tmp_path / "graph.kg")
        assert (report.written, report.failed) == (5, 0)
        with pytest.raises(JournalError, match="cannot keep the journal"), Journal(disk) as journal:
            for number in range(100_000):
                journal.done(Path(f"/x/{number}"), "file:///x", "/", "1/2/3/4:5", "p", 1)


def test_a_full_disk_under_the_store_costs_no_document_that_was_written(tmp_path: Path) -> None:
    folder = documents(tmp_path / "in", 30)
    with small_disk(tmp_path / "disk", "96m") as disk:
        store = disk / "graph.kg"
        build(documents(tmp_path / "first", 3), store)
        assert wait_until_stopped(store, 120)
        filler = disk / "filler"
        with filler.open("wb") as stream, suppress(OSError):
            while True:
                stream.write(bytes(1 << 16))
                stream.flush()
        with pytest.raises(StoreError, match=r"the disk of .* is full"):
            build(folder, store)
        filler.unlink()
        report = build(folder, store)
        assert report.failed == 0
        build(folder, tmp_path / "clean.kg")
        build(tmp_path / "first", tmp_path / "clean.kg")
        assert graph_in(store) == graph_in(tmp_path / "clean.kg")
        assert wait_until_stopped(store, 120)


def graph_in(store: Path) -> object:
    with open_store(f"embedded:{store}", writer=False) as opened:
        assert isinstance(opened, Store)
        return dump(opened)


def test_a_store_on_a_read_only_disk_is_refused_with_a_reason(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StoreError, match="Read-only file system"):
            open_store(f"embedded:{disk / 'new.kg'}", writer=True)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store whose server has ended."""
    home = tmp_path_factory.mktemp("sound")
    build(documents(home / "in", 3), home / "graph.kg")
    assert wait_until_stopped(home / "graph.kg", 120)
    return home / "graph.kg"


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "graph.kg")
    return tmp_path / "graph.kg"


@pytest.mark.parametrize("damage", ["cut", "overwritten", "no schema"])
def test_damaged_store_files_are_refused_or_read_and_never_hang(store: Path, damage: str) -> None:
    home = store / "databases" / "kgbuilder"
    if damage == "no schema":
        (home / "schema.json").write_text('{"half":')
    else:
        for path in home.glob("*.bucket"):
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"\xff" * 70_000)
    try:
        with open_store(f"embedded:{store}", writer=False) as opened:
            opened.query("MATCH (d:Document) RETURN count(d) AS n")
    except StoreError as error:
        assert str(error)
        assert "Traceback" not in str(error)
    assert wait_until_stopped(store, 120)


def test_a_missing_or_emptied_password_file_is_explained(store: Path) -> None:
    (store / "password").write_text("not the one")
    try:
        with open_store(f"embedded:{store}", writer=False) as opened:
            opened.query("RETURN 1")
    except StoreError as error:
        assert "password" in str(error)
    assert wait_until_stopped(store, 120)


def set_version(store: Path, version: int | None) -> None:
    with open_store(f"embedded:{store}", writer=True) as opened:
        opened.query("MATCH (s:GraphSettings) SET s.version = $v", {"v": version}, write=True)


def test_a_newer_store_is_refused_and_left_alone(store: Path) -> None:
    with EmbeddedServer(store, writer=False):  # one server for all of it
        set_version(store, STORE_VERSION + 1)
        for writer in (False, True):
            with pytest.raises(StoreError, match=r"written by a newer version .* update kgbuilder"):
                open_store(f"embedded:{store}", writer=writer)
    assert wait_until_stopped(store, 120)


def test_an_older_store_is_migrated_after_a_backup_or_refused(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedServer(store, writer=False):
        set_version(store, STORE_VERSION - 1)
        with pytest.raises(StoreError, match="older version of kgbuilder; build it anew"):
            open_store(f"embedded:{store}", writer=True)

    def step(tx: Any) -> None:
        tx.run("MATCH (d:Document) SET d.migrated = true")

    def failing(tx: Any) -> None:
        step(tx)
        raise RuntimeError("half way")

    monkeypatch.setattr(migration, "MIGRATIONS", {STORE_VERSION - 1: failing})
    with pytest.raises(RuntimeError, match="half way"):
        open_store(f"embedded:{store}", writer=True)
    monkeypatch.setattr(migration, "MIGRATIONS", {STORE_VERSION - 1: step})
    migrated = "MATCH (d:Document) WHERE d.migrated RETURN count(d) AS n"
    with open_store(f"embedded:{store}", writer=False) as opened:
        assert opened.query(migrated) == [{"n": 0}]
    with open_store(f"embedded:{store}", writer=True) as opened:  # waits for the server to end
        assert opened.query(migrated) == [{"n": 3}]
    assert wait_until_stopped(store, 120)
    backups = sorted(path.name for path in store.glob("backup-*"))
    assert len(backups) == 2  # one of each try
    shutil.rmtree(store / "databases")
    (store / backups[0]).rename(store / "databases")
    with open_store(f"embedded:{store}", writer=False) as opened:
        assert opened.query(migrated) == [{"n": 0}]
        assert opened.query("MATCH (d:Document) RETURN count(d) AS n") == [{"n": 3}]
    assert wait_until_stopped(store, 120)


def test_a_server_is_not_migrated_without_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(migration.CONSENT, raising=False)
    with pytest.raises(StoreError, match="back the database up, then set KGBUILDER_MIGRATE=1"):
        migration.require_consent("bolt://host")
    monkeypatch.setenv(migration.CONSENT, "1")
    migration.require_consent("bolt://host")


def test_a_clock_that_jumps_holds_nothing_up(tmp_path: Path) -> None:
    now = [1000.0]
    settling = Settling(2.0, 10, clock=lambda: now[0])
    settling.see(Path("/a"), "1")
    now[0] += 2.1
    assert [path for path, _ in settling.ripe()] == [Path("/a")]
    with Journal(tmp_path) as journal:
        wall = time.time()
        arguments = ("file:///a", "/", "1/1/1/1:1", "p")
        journal.failed(
            Path("/a"), *arguments, attempts=1, reason="r", next_try=wall + 10 * 365 * 86_400
        )
        journal.failed(Path("/b"), *arguments, attempts=1, reason="r", next_try=wall + 60)
        # The clock stood years ahead when the first failure was noted.
        assert [entry.path for entry in journal.due(wall, 3600, 10)] == [Path("/a")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read_are_named_and_the_others_built(tmp_path: Path) -> None:
    folder = documents(tmp_path / "in", 3)
    (folder / "0.txt").chmod(0)
    report = build(folder, tmp_path / "graph.kg")
    assert (report.written, report.failed) == (2, 1)
    assert "Permission denied" in report.failures[0].reason


def test_two_writers_of_one_store_do_not_mix(store: Path) -> None:
    with open_store(f"embedded:{store}", writer=True):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "kgbuilder", "delete", "/x"),
                *("--store", f"embedded:{store}"),
            ],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert f"written by another process (process {os.getpid()})" in done.stderr
        assert "Traceback" not in done.stderr
        with pytest.raises(StoreLockedError):
            open_store(f"embedded:{store}", writer=True)
    assert wait_until_stopped(store, 120)
