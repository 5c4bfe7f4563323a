"""The life of the embedded server: one writer, many readers, no orphans, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from document_graphs import SCHEMA, clear, document_graph

from graph.records import DocumentGraph
from graph.store import StoreError, StoreLockedError, open_store
from graph.store.embedded import EmbeddedServer, running_server, wait_until_stopped
from graph.store.reading import dump

ROOT = Path(__file__).parents[2]
DOCUMENTS = 40


def linked(number: int) -> DocumentGraph:
    """A document that shares entities with its neighbours."""
    return document_graph(
        f"file:///{number}.txt",
        {
            "e0": ("person", [f"Person Number{number % 7}", f"Person Alias{number}"]),
            "e1": ("place", f"Place {number % 3}"),
            "e2": ("company", f"Company {number % 5}"),
        },
        [("works for", "e0", "e2"), ("part of", "e2", "e1")],
        [("meeting", "met", {"participant": "e0", "place": "e1"})],
    )


def in_child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Run ``code`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT / "tests" / "graph",
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose server runs throughout the module, held by a reader."""
    folder = tmp_path_factory.mktemp("embedded-life") / "below" / "graph"
    with EmbeddedServer(folder, writer=False):
        yield folder
    assert wait_until_stopped(folder, 60), "the server outlived its users"


@pytest.fixture
def url(folder: Path) -> str:
    url = f"embedded:{folder}"
    with open_store(url, writer=True) as store:
        clear(store)
    return url


WRITE_ALL = """
    import sys
    from test_store_embedded import DOCUMENTS, linked, SCHEMA, open_store
    with open_store(sys.argv[1], writer=True, schema=SCHEMA) as store:
        for number in range(DOCUMENTS):
            store.write(linked(number))
            print(number, flush=True)
"""


def test_the_folder_keeps_its_secrets(folder: Path) -> None:
    for name in ("password", "reader-password"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
        assert len((folder / name).read_text()) >= 24
    info = running_server(folder)
    assert info is not None
    process = psutil.Process(info.pid)
    secret = (folder / "password").read_text()
    assert secret not in " ".join(process.cmdline())
    listening = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening
    assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}


def test_a_second_writer_is_refused_and_readers_are_not(url: str) -> None:
    with open_store(url, writer=True, schema=SCHEMA) as store:
        with pytest.raises(StoreLockedError, match=f"written by another process .*{os.getpid()}"):
            open_store(url, writer=True)
        store.write(linked(1))
        with open_store(url, writer=False) as reader:
            assert reader.query("MATCH (d:Document) RETURN count(d) AS n") == [{"n": 1}]
            assert reader.schema == SCHEMA
            with pytest.raises(StoreError, match="open for reading only"):
                reader.write(linked(2))
    with open_store(url, writer=True):
        pass


def test_another_process_finds_the_running_server(url: str, folder: Path) -> None:
    with open_store(url, writer=True, schema=SCHEMA) as store:
        store.write(linked(1))
    child = in_child(
        """
        import sys
        from graph.store import open_store
        with open_store(sys.argv[1], writer=False) as store:
            print(store.query("MATCH (d:Document) RETURN d.uri AS uri")[0]["uri"])
            print(store._server.embedded.info.pid)
        """,
        url,
    )
    output, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    info = running_server(folder)
    assert info is not None
    assert output.split() == ["file:///1.txt", str(info.pid)]


def test_a_writer_killed_at_any_moment_loses_and_doubles_nothing(url: str) -> None:
    with open_store(url, writer=True, schema=SCHEMA) as store:
        for number in range(DOCUMENTS):
            store.write(linked(number))
        expected = dump(store)
        clear(store)
    chance = random.Random(11)
    reported = -1
    for _ in range(3):
        child = in_child(WRITE_ALL, url)
        assert child.stdout is not None
        for line in child.stdout:
            reported = max(reported, int(line))
            if int(line) > 0 and chance.random() < 0.1:
                time.sleep(chance.random() * 0.03)
                break
        child.kill()
        child.wait()
        child.communicate()
        with open_store(url, writer=True) as store:  # the dead writer's place is free
            stored = store.ledger([linked(n).document.id for n in range(DOCUMENTS)])
            assert {linked(n).document.id for n in range(reported + 1)} <= stored.keys()
    with open_store(url, writer=True, schema=SCHEMA) as store:
        written = [store.write(linked(number)).changed for number in range(DOCUMENTS)]
        assert not any(written[: reported + 1])
        assert dump(store) == expected


def test_a_killed_server_is_started_again_and_has_lost_nothing(url: str, folder: Path) -> None:
    with open_store(url, writer=True, schema=SCHEMA) as store:
        for number in range(DOCUMENTS // 2):
            store.write(linked(number))
        before = dump(store)
        info = running_server(folder)
        assert info is not None
        os.kill(info.pid, signal.SIGKILL)
        store.write(linked(DOCUMENTS))  # in the middle of a build
        again = running_server(folder)
        assert again is not None
        assert again.pid != info.pid
        store.delete(linked(DOCUMENTS).document.id)
        assert dump(store) == before


class Interrupted(BaseException):
    pass


def test_what_an_interrupt_cuts_short_is_given_up_and_the_store_goes_on(url: str) -> None:
    """Ctrl-C, or the daemon's SIGTERM, in whatever the driver does: in a message too."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    chance = random.Random(3)
    try:
        with open_store(url, writer=True, schema=SCHEMA) as store:
            store.write(linked(1))
            wanted = [linked(number).document.id for number in range(64)]
            for _ in range(25):
                soon = threading.Timer(
                    chance.random() * 0.03, os.kill, (os.getpid(), signal.SIGUSR1)
                )
                with pytest.raises(Interrupted):
                    soon.start()
                    while True:
                        store.ledger(wanted)
                assert len(store.ledger(wanted)) == 1
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_server_ends_when_its_last_user_is_killed(tmp_path: Path) -> None:
    child = in_child(
        """
        import sys
        from pathlib import Path
        from graph.store.embedded import EmbeddedServer
        server = EmbeddedServer(Path(sys.argv[1]), writer=True)
        print(server.info.pid, flush=True)
        sys.stdin.read()
        """,
        tmp_path / "graph",
    )
    assert child.stdout is not None
    pid = int(child.stdout.readline())
    assert psutil.pid_exists(pid)
    child.kill()
    child.wait()
    assert wait_until_stopped(tmp_path / "graph", 60)
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(pid)


def test_a_server_is_waited_for_that_someone_killed_has_started(tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    child = in_child(
        """
        import sys
        from pathlib import Path
        from graph.store.embedded import EmbeddedServer
        EmbeddedServer(Path(sys.argv[1]), writer=False)
        """,
        folder,
    )
    while wait_until_stopped(folder, 0):
        time.sleep(0.05)
    (first,) = psutil.Process(child.pid).children()
    first.suspend()
    child.kill()
    child.wait()
    slow = threading.Timer(8, first.resume)  # a second one gives up after five seconds
    slow.start()
    with EmbeddedServer(folder, writer=False) as server:
        assert server.info.pid == first.pid
    slow.join()


def test_a_child_of_the_last_user_does_not_keep_the_server(tmp_path: Path) -> None:
    child = in_child(
        """
        import os, sys, time
        from pathlib import Path
        from graph.store.embedded import EmbeddedServer
        server = EmbeddedServer(Path(sys.argv[1]), writer=True)
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            time.sleep(600)
        sys.stdin.read()
        """,
        tmp_path / "graph",
    )
    assert child.stdout is not None
    forked = int(child.stdout.readline())
    child.kill()
    child.wait()
    try:
        assert wait_until_stopped(tmp_path / "graph", 60)
        assert psutil.pid_exists(forked)
    finally:
        os.kill(forked, signal.SIGKILL)


@pytest.mark.parametrize("moment", ["stopping", "serving"])
def test_a_server_that_hangs_is_ended_when_nobody_is_left(tmp_path: Path, moment: str) -> None:
    child = in_child(
        """
        import sys, time
        from pathlib import Path
        from graph.store.locks import FileLock
        from graph.store.server_process import Guard
        folder = Path(sys.argv[1])
        guard = Guard(folder, patience=0.2, pause=0.05)
        if sys.argv[2] == "stopping":
            lease = FileLock(folder / "lease")
            assert lease.acquire()
            guard.stopping.set()
        guard.start()
        time.sleep(600)
        """,
        tmp_path,
        moment,
    )
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 1
    assert "does not stop" in errors


def test_a_folder_that_cannot_hold_a_graph_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am a file")
    with pytest.raises(StoreError, match=r"cannot keep a graph in .*file"):
        open_store(f"embedded:{tmp_path / 'file'}", writer=True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host", "unknown store"),
        ("embedded:", "needs a folder"),
        ("bolt://user:secret@localhost", "KGBUILDER_NEO4J_PASSWORD"),
        ("bolt://127.0.0.1:1", "cannot reach bolt://127.0.0.1:1"),
    ],
)
def test_a_wrong_url_is_explained(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as error:
        open_store(url, writer=False)
    assert "secret" not in str(error.value)


def test_a_wrong_password_is_explained(folder: Path) -> None:
    info = running_server(folder)
    assert info is not None
    with pytest.raises(StoreError, match="refuses the user or password"):
        open_store(info.uri, writer=False, user="root", password="not this one")
