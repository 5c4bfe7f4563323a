"""The bundled graph database: an ArcadeDB server of our own for each data folder.

One process serves a folder (`graph.store.server_process`); any number of processes on the machine
use it. They never talk about its life, they hold locks, which the operating system releases
however a process ends:

- ``lease``: every user of the server holds it shared. The server takes it exclusively to find
  out that nobody is left, and keeps it while it stops, so that a newcomer waits and then starts
  a new one. No user, no server: nothing is orphaned, whoever was killed.
- ``server.lock``: the server holds it as long as it lives; ``server.json`` (pid, port) means
  something only then.
- ``start.lock``: held while starting, so that two newcomers start one server.
- ``writer.lock``: held by the one writer.

A folder holds also ``password`` and ``reader-password`` (mode 0600), ``databases/``, ``config/``
and ``log/``.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from graph.store.errors import StoreError, StoreLockedError, StoreUnreachableError
from graph.store.locks import FileLock
from ingest.closing import Closing

DATABASE = "kgbuilder"
WRITER = "root"
READER = "reader"
START_SECONDS = 300.0
STOP_SECONDS = 60.0
LEAST_FREE = 16 << 20
"""Bytes of disk without which the server is not started."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running server; ``started`` is seconds since the epoch."""

    pid: int
    port: int
    started: float

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"


class EmbeddedServer(Closing):
    """This process's hold on the server of a data folder; starts it where none runs.

    ``writer`` claims the folder's only writer's place. Release with `close` (or a ``with``).

    Raises:
        StoreLockedError: ``writer`` is asked for and another process writes.
        StoreError: the folder or the server cannot be used; the message says why.
    """

    def __init__(self, folder: Path, *, writer: bool) -> None:
        self.folder = folder.expanduser().absolute()
        self._closing = contextlib.ExitStack()
        _prepare_folder(self.folder)
        with contextlib.ExitStack() as stack:
            if writer:
                lock = stack.enter_context(FileLock(self.folder / "writer.lock"))
                if not lock.acquire():
                    raise StoreLockedError(
                        f"the graph in {self.folder} is being written by another process"
                        f"{_holder(lock)}; wait until it has ended, or stop it"
                    )
                lock.note(str(os.getpid()))
            lease = stack.enter_context(FileLock(self.folder / "lease"))
            if not lease.acquire(shared=True, timeout=STOP_SECONDS):
                raise StoreError(
                    f"the database server of {self.folder} does not finish stopping; "
                    f"see {self.folder / 'log'}"
                )
            self.info = self._running_or_started()
            self._closing = stack.pop_all()

    @property
    def writer_auth(self) -> tuple[str, str]:
        return WRITER, (self.folder / "password").read_text(encoding="ascii").strip()

    @property
    def reader_auth(self) -> tuple[str, str]:
        """A user whom the server lets read only."""
        return READER, (self.folder / "reader-password").read_text(encoding="ascii").strip()

    def ensure_running(self) -> ServerInfo:
        """Start the server again if it was killed; where it runs now."""
        self.info = self._running_or_started()
        return self.info

    def close(self) -> None:
        """Give the server up; it ends by itself shortly after its last user has."""
        self._closing.close()

    def _running_or_started(self) -> ServerInfo:
        with FileLock(self.folder / "start.lock") as start:
            if not start.acquire(timeout=START_SECONDS):
                raise StoreError(f"another process does not finish opening {self.folder}")
            info = running_server(self.folder)
            return info or _start(self.folder)


def running_server(folder: Path) -> ServerInfo | None:
    """The server that serves ``folder`` now, if any."""
    with FileLock(folder / "server.lock") as lock:
        if lock.acquire():
            return None
    try:
        data = json.loads((folder / "server.json").read_text(encoding="utf-8"))
        return ServerInfo(pid=data["pid"], port=data["port"], started=data["started"])
    except (OSError, ValueError, KeyError):
        return None


def wait_until_stopped(folder: Path, timeout: float = STOP_SECONDS) -> bool:
    """Wait until no server serves ``folder``; False if one still does after ``timeout`` seconds."""
    if not (folder / "server.lock").exists():
        return True
    with FileLock(folder / "server.lock") as lock:
        return lock.acquire(timeout=timeout)


def _prepare_folder(folder: Path) -> None:
    if find_spec("arcadedb_embedded") is None:
        raise StoreError(
            "the bundled graph database is missing: install the package arcadedb-embedded, "
            "or give the URL of a Neo4j server as the store"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("password", "reader-password"):
            _make_secret(folder / name)
        for name in ("lease", "server.lock", "start.lock", "writer.lock"):
            (folder / name).touch(mode=0o600)
    except OSError as error:
        reason = "not a folder" if error.errno == errno.EEXIST else error.strerror
        raise StoreError(f"cannot keep a graph in {folder}: {reason}") from error


def _make_secret(path: Path) -> None:
    """Written beside and linked into place: no reader ever sees half of it."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(24))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _holder(lock: FileLock) -> str:
    note = lock.read_note()
    return f" (process {note})" if note.isdigit() else ""


def _start(folder: Path) -> ServerInfo:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:  # the server would wait for room, and say nothing
        raise StoreError(
            f"the disk of {folder} is full ({free / 2**20:.1f} MiB are free); "
            f"the database needs {LEAST_FREE / 2**20:.0f} MiB to start"
        )
    (folder / "log").mkdir(exist_ok=True)
    (folder / "server.json").unlink(missing_ok=True)
    log = folder / "log" / "server.log"
    with log.open("ab") as stream:
        beginning = stream.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "graph.store.server_process", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=folder / "log",  # the database leaves its own logs in the current folder
            env=_environment(os.environ),
            start_new_session=True,  # Ctrl-C is for us; the server ends when its users have
        )

    def started() -> ServerInfo | None:
        # One that somebody started who was killed since may hold the lock and not be ready yet.
        if process.poll() is not None and wait_until_stopped(folder, 0):
            raise StoreError(
                f"the database server of {folder} did not start: {_last_words(log, beginning)}"
            )
        return running_server(folder)

    info = _wait_for(started, START_SECONDS)
    if info is None:
        process.kill()
        process.wait()
        raise StoreUnreachableError(
            f"the database server of {folder} did not start in {START_SECONDS:.0f} s; see {log}"
        )
    return info


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The child imports ``graph`` from where we did, whatever our current folder is."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    return {**environment, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def _last_words(log: Path, beginning: int) -> str:
    with log.open("rb") as stream:
        stream.seek(beginning)
        lines = stream.read()[-100_000:].decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        if line.startswith("error: "):
            return line.removeprefix("error: ")
    return f"see {log}"


def _wait_for(
    probe: Callable[[], ServerInfo | None], timeout: float, pause: float = 0.05
) -> ServerInfo | None:
    deadline = time.monotonic() + timeout
    while True:
        found = probe()
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(pause)
