"""The daemon, on real folders and a real embedded database, in a thread of the test's process."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from embedded_graph import clear
from rule_extractor import RuleExtractor
from typer.testing import Result

import kgbuilder
from graph.store import StoreLockedError, open_store
from graph.store.reading import dump
from kgbuilder.errors import InputError
from kgbuilder.settings import Settings, load_settings
from kgbuilder.watch import folders as looking
from kgbuilder.watch.daemon import Daemon
from kgbuilder.watch.journal import AGREED, DEAD, FAILED, HELD, Journal
from model.annotations import Annotation
from model.schema import Schema

Cli = Callable[..., Result]
PATIENCE = 60.0


def until(true: Callable[[], Any], why: str = "it did not happen") -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := true()):
        assert time.monotonic() < deadline, why
        time.sleep(0.05)
    return value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "watched"
    made.mkdir()
    return made


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KGBUILDER_WATCH_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("KGBUILDER_WATCH_QUIET", "0.2")
    return tmp_path / "state"


@pytest.fixture
def reader(store: str, state: Path) -> Iterator[Any]:
    with open_store(store, writer=False) as opened:
        yield opened


def settings(**changes: Any) -> Settings:
    return load_settings(overrides={f"watch.{name}": value for name, value in changes.items()})


@contextmanager
def watching(*folders: Path, extractor: Any = None, **changes: Any) -> Iterator[Daemon]:
    daemon = Daemon(list(folders), settings(**changes), extractor)
    failure: list[BaseException] = []

    def run() -> None:
        try:
            daemon.run()
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(
            lambda: daemon.health()[0] or failure or daemon.health()[1]["folders_away"],
            "the daemon did not start",
        )
        if failure:
            raise failure[0]
        yield daemon
    finally:
        daemon.stop()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert not failure, failure


def titles(store: Any) -> set[str]:
    return {row["title"] for row in store.query("MATCH (d:Document) RETURN d.title AS title")}


def people(store: Any) -> set[str]:
    return {row["name"] for row in store.query("MATCH (e:Person) RETURN e.name AS name")}


def test_the_graph_follows_the_folder(folder: Path, reader: Any, store: str) -> None:
    (folder / "old.txt").write_text("Jane Smith founded Acme Company in 1901.")
    with watching(folder):
        until(lambda: titles(reader) == {"old"})
        (folder / "new.txt").write_text("Carl Young joined Beta Institute.")
        until(lambda: titles(reader) == {"old", "new"})
        (folder / "old.txt").write_text("Jane Brown founded Acme Company in 1902.")
        until(lambda: people(reader) == {"Jane Brown", "Carl Young"})
        (folder / "new.txt").unlink()
        until(lambda: titles(reader) == {"old"})
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "a.md").write_text("Ann Wood joined Acme Company.")
        (folder / ".hidden.txt").write_text("Not Me joined Acme Company.")
        (folder / "~$open.docx").write_text("Not Me joined Acme Company.")
        until(lambda: titles(reader) == {"old", "a"})
        shutil.rmtree(folder / "deep")
        until(lambda: titles(reader) == {"old"})
        watched = dump(reader)
    clear(store)
    kgbuilder.build(folder)
    assert dump(reader) == watched


def test_a_renamed_file_is_not_extracted_again(folder: Path, reader: Any) -> None:
    (folder / "a").mkdir()
    for number in range(30):
        (folder / "a" / f"{number}.txt").write_text(
            f"Jane Smith joined Acme Company in {1900 + number}."
        )
    extractor = RuleExtractor()
    with watching(folder, extractor=extractor, vanished_files=5):
        until(lambda: len(titles(reader)) == 30)
        asked = extractor.texts
        (folder / "a" / "0.txt").rename(folder / "zero.txt")
        until(lambda: "zero" in titles(reader) and "0" not in titles(reader))
        (folder / "a").rename(folder / "b")  # more at once than may vanish
        until(lambda: all("/b/" in uri or "zero" in uri for uri in uris(reader)))
        assert len(uris(reader)) == 30
        assert extractor.texts == asked


def test_a_folder_that_is_there_again_at_once_hides_nothing(folder: Path, reader: Any) -> None:
    (folder / "a").mkdir()
    for number in range(3):
        (folder / "a" / f"{number}.txt").write_text("Jane Smith joined Acme Company.")
    with watching(folder):
        until(lambda: len(uris(reader)) == 3)
        (folder / "x.txt").write_text("Ann Wood joined Acme Company.")
        until(lambda: "x" in titles(reader))  # now the daemon lives by what it is told
        (folder / "x.txt").unlink()
        until(lambda: "x" not in titles(reader))
        (folder / "a").rename(folder / "b")
        (folder / "a").mkdir()
        (folder / "a" / "3.txt").write_text("Carl Young joined Beta Institute.")
        expected = {(folder / "b" / f"{number}.txt").as_uri() for number in range(3)}
        until(lambda: uris(reader) == expected | {(folder / "a" / "3.txt").as_uri()})


def uris(store: Any) -> set[str]:
    return {row["uri"] for row in store.query("MATCH (d:Document) RETURN d.uri AS uri")}


def test_a_file_is_read_when_it_is_complete(folder: Path, reader: Any) -> None:
    with watching(folder, quiet=1.0), (folder / "slow.txt").open("w") as file:
        for number in range(8):
            file.write(f"Jane Smith joined Acme Company in {1900 + number}. ")
            file.flush()
            time.sleep(0.2)
            assert not uris(reader)
        file.close()
        until(lambda: uris(reader))
        rows = reader.query("MATCH (c:Chunk) RETURN c.text AS text")
        assert "1907" in rows[-1]["text"]


def test_a_file_that_changes_while_it_is_read_and_then_goes_leaves_nothing(
    folder: Path, reader: Any
) -> None:
    path = folder / "a.txt"

    class Meddling(RuleExtractor):
        def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
            if not self.texts:
                path.write_text("Carl Young joined Beta Institute.")
            return super().extract(texts, schema)

    with watching(folder, extractor=Meddling(), quiet=3.0):
        path.write_text("Jane Smith founded Acme Company in 1901.")
        until(lambda: uris(reader))
        path.unlink()
        until(lambda: not uris(reader))


def test_what_changed_while_nobody_watched_is_found(folder: Path, reader: Any, state: Path) -> None:
    for name in "abc":
        (folder / f"{name}.txt").write_text(f"Jane Smith joined Acme Company. {name}")
    with watching(folder):
        until(lambda: titles(reader) == set("abc"))
    (folder / "a.txt").unlink()
    (folder / "b.txt").rename(folder / "bee.txt")
    (folder / "d.txt").write_text("Carl Young joined Beta Institute.")
    with watching(folder):
        until(lambda: titles(reader) == {"bee", "c", "d"})


def test_a_lost_journal_or_graph_is_made_good(
    folder: Path, reader: Any, state: Path, store: str
) -> None:
    for name in "abc":
        (folder / f"{name}.txt").write_text(f"Jane Smith joined Acme Company. {name}")
    with watching(folder):
        until(lambda: titles(reader) == set("abc"))
    whole = dump(reader)
    (folder / "a.txt").unlink()
    shutil.rmtree(state)
    with watching(folder):  # the graph alone tells that a.txt was there
        until(lambda: titles(reader) == set("bc"))
    (folder / "a.txt").write_text("Jane Smith joined Acme Company. a")
    clear(store)  # the journal says that b and c are done
    with watching(folder):
        until(lambda: titles(reader) == set("abc"))
    assert dump(reader) == whole
    for suffix in ("", "-wal", "-shm"):
        (state / f"watch.sqlite{suffix}").write_bytes(b"no database" * 1000)
    (folder / "b.txt").unlink()
    with watching(folder):
        until(lambda: titles(reader) == set("ac"))


def test_a_folder_that_is_away_keeps_its_documents(folder: Path, reader: Any) -> None:
    (folder / "a.txt").write_text("Jane Smith joined Acme Company.")
    with watching(folder, polling=True, poll=0.1) as daemon:
        until(lambda: titles(reader) == {"a"})
        folder.rename(folder.with_name("elsewhere"))
        until(lambda: not daemon.health()[0])
        time.sleep(1)
        assert titles(reader) == {"a"}
    with watching(folder) as daemon:  # known, so it may come back
        assert daemon.health()[1]["folders_away"] == 1
        folder.with_name("elsewhere").rename(folder)
        (folder / "a.txt").rename(folder / "b.txt")
        until(lambda: titles(reader) == {"b"})
        assert daemon.health()[0]
    with pytest.raises(InputError, match="There is no folder"), watching(folder / "never"):
        pass


def test_many_files_that_vanish_at_once_are_held_until_agreed(
    folder: Path, reader: Any, state: Path, cli: Cli
) -> None:
    for number in range(6):
        (folder / f"{number}.txt").write_text("Jane Smith joined Acme Company.")
    with watching(folder, vanished_files=2):
        until(lambda: len(titles(reader)) == 6)
        for number in range(5):
            (folder / f"{number}.txt").unlink()
        with Journal(state) as journal:
            until(lambda: len(journal.held(HELD)) == 5)
            assert len(titles(reader)) == 6
            shown = cli("watch", "--status")
            assert shown.exit_code == 1
            assert "5 gone with their documents kept" in shown.output
            (folder / "0.txt").write_text("Jane Smith joined Acme Company.")  # is back
            until(lambda: len(journal.held(HELD)) == 4)
            assert cli("watch", "--agree").exit_code == 0
            until(lambda: titles(reader) == {"0", "5"})
            assert not journal.held(HELD) + journal.held(AGREED)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_an_unmounted_folder_keeps_its_documents(folder: Path, reader: Any, state: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs tmpfs {disk} 2>/dev/null"):
        pytest.skip("this machine does not let us mount")
    mounted = True
    try:
        (disk / "a.txt").write_text("Jane Smith joined Acme Company.")
        (folder / "b.txt").write_text("Carl Young joined Beta Institute.")
        with watching(folder, polling=True, poll=0.2):
            until(lambda: titles(reader) == {"a", "b"})
            assert os.system(f"umount {disk}") == 0
            mounted = False
            (folder / "b.txt").unlink()
            until(lambda: titles(reader) == {"a"})
            with Journal(state) as journal:
                assert [entry.path.name for entry in journal.held(HELD)] == ["a.txt"]
    finally:
        if mounted:
            os.system(f"umount {disk}")


def test_a_failing_file_is_tried_again_and_given_up(
    folder: Path, reader: Any, state: Path, cli: Cli
) -> None:
    (folder / "bad.txt").write_text("UNREADABLE. Jane Smith joined Acme Company.")
    (folder / "good.txt").write_text("Carl Young joined Beta Institute.")
    (folder / "empty.txt").write_text("")
    with watching(folder, attempts=3, backoff=0.1), Journal(state) as journal:
        until(lambda: len(journal.in_state(DEAD)) == 2)
        bad, empty = journal.in_state(DEAD)
        assert (bad.attempts, empty.attempts) == (3, 1)  # an empty file stays one
        assert "the text is unreadable" in str(bad.reason)
        assert titles(reader) == {"good"}
        shown = cli("watch", "--status")
        assert shown.exit_code == 1
        assert "2 given up" in shown.output
        assert "bad.txt: ValueError: the text is unreadable (tried 3 times)" in shown.output
        (folder / "empty.txt").write_text("Ann Wood joined Acme Company.")  # changed: read at once
        until(lambda: titles(reader) == {"good", "empty"})
        assert cli("watch", folder / "bad.txt", "--retry").exit_code == 0
        until(lambda: journal.get(folder / "bad.txt").attempts == 3)  # and failed again
        (folder / "bad.txt").unlink()
        until(lambda: not journal.in_state(DEAD) and not journal.in_state(FAILED))
        assert cli("watch", "--status").exit_code == 0


class Flapping(RuleExtractor):
    """Fails now and then, as an endpoint does that comes and goes."""

    calls = 0

    def extract(self, texts: Any, schema: Any) -> Any:
        self.calls += 1
        if self.calls % 3:
            raise ConnectionError("no answer")
        return super().extract(texts, schema)


def test_an_endpoint_that_comes_and_goes_delays_and_loses_nothing(
    folder: Path, reader: Any
) -> None:
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"Jane Smith joined Acme Company in {1900 + number}.")
    with watching(folder, extractor=Flapping(), backoff=0.05, longest_backoff=0.2, attempts=50):
        until(lambda: len(titles(reader)) == 8)


def test_a_full_queue_leaves_the_rest_on_the_disk(folder: Path, reader: Any) -> None:
    for number in range(40):
        (folder / f"{number:02}.txt").write_text(
            f"Jane Smith joined Acme Company in {1900 + number}."
        )
    with watching(folder, queue=5, batch=3) as daemon:
        for number in range(40, 60):
            (folder / f"{number}.txt").write_text("Jane Smith joined Acme Company.")
        most = 0

        def complete() -> bool:
            nonlocal most
            most = max(most, daemon.health()[1]["settling"])
            return len(titles(reader)) == 60

        until(complete)
        assert most <= 5 + 5  # the queue, and as many hints


def test_health_and_metrics_are_served_on_loopback(folder: Path, reader: Any) -> None:
    (folder / "a.txt").write_text("Jane Smith founded Acme Company in 1901.")
    with watching(folder, port=0) as daemon:
        until(lambda: titles(reader) == {"a"})
        assert str(daemon.address).startswith("127.0.0.1:")

        def get(path: str) -> str:
            with urllib.request.urlopen(f"http://{daemon.address}{path}", timeout=10) as answer:
                return str(answer.read().decode())

        until(lambda: 'kgbuilder_documents_total{outcome="written"} 1.0' in get("/metrics"))
        assert "kgbuilder_store_up 1.0" in get("/metrics")
        health = json.loads(get("/health"))
        assert (health["status"], health["store"]) == ("ok", "ok")
        assert "a.txt" not in get("/metrics") + json.dumps(health)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get("/etc/passwd")


def test_a_second_daemon_of_a_store_is_refused(folder: Path, reader: Any, state: Path) -> None:
    with watching(folder):
        with pytest.raises(InputError, match=rf"Another daemon \(process {os.getpid()}\)"):
            Daemon([folder], settings()).run()
        with pytest.raises(StoreLockedError, match="written by another process"):
            Daemon([folder], settings(state=state.with_name("other"))).run()


def test_a_store_among_the_documents_is_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Jane Smith founded Acme Company in 1901.")
    monkeypatch.setenv("KGBUILDER_STORE", f"embedded:{tmp_path}/graph.kg")
    monkeypatch.setenv("KGBUILDER_CACHE_ENABLED", "false")
    monkeypatch.setenv("KGBUILDER_WATCH_QUIET", "0.2")
    report = kgbuilder.build(tmp_path)
    assert (report.written, report.failed) == (1, 0)
    with watching(tmp_path), open_store(f"embedded:{tmp_path}/graph.kg", writer=False) as reader:
        (tmp_path / "b.txt").write_text("Carl Young joined Beta Institute.")
        until(lambda: titles(reader) == {"a", "b"})
        with Journal(tmp_path / "graph.kg" / "watch") as journal:
            assert journal.total() == 2


def test_network_mounts_are_told_from_local_ones() -> None:
    mounts = looking.Mounts(
        {"/": "ext4", "/mnt/share": "nfs4", "/mnt/share/in": "fuse.sshfs"}.items()
    )
    assert mounts.of(Path("/mnt/share/a/b.txt")) == "/mnt/share"
    assert mounts.of(Path("/mnt/shares/b.txt")) == "/"
    assert mounts.is_remote(Path("/mnt/share/in/x"))
    assert not mounts.is_remote(Path("/home"))
