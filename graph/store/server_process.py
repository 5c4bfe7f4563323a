"""The process that serves one data folder: ``python -m graph.store.server_process DIR``.

Started by `graph.store.embedded` only. Database and watch are one process, so that a ``kill -9``
leaves nothing behind; it ends by itself once nobody holds a lease on the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from graph.store.embedded import DATABASE, READER
from graph.store.limits import limit_of
from graph.store.locks import FileLock
from graph.store.search import SEARCH

HEAP = "KGBUILDER_EMBEDDED_HEAP"
LINGER_SECONDS = 1.0
"""How long the server stays without users, so that a script's next command finds it warm."""
HUNG_SECONDS = 60.0
"""How long it may take to stop, or to notice that nobody is left, before it is ended."""

_READ_ONLY_GROUP = {
    "resultSetLimit": -1,
    "readTimeout": -1,
    "access": [],
    "types": {"*": {"access": ["readRecord"]}},
}


def main(folder: Path) -> int:
    with FileLock(folder / "server.lock") as lock:
        if not lock.acquire(timeout=5):
            return _fail("another server serves the folder")
        guard = Guard(folder)
        guard.start()
        return _serve(folder, guard)


class Guard(threading.Thread):
    """Ends the process where it should have ended and hangs: in starting, serving or stopping.

    What was committed is in the database's log, as after a ``kill -9``.
    """

    def __init__(self, folder: Path, patience: float = HUNG_SECONDS, pause: float = 5.0) -> None:
        super().__init__(name="guard", daemon=True)
        self.stopping = threading.Event()
        """The lease is ours from here on."""
        self._lease = FileLock(folder / "lease")
        self._patience = patience
        self._pause = pause

    def run(self) -> None:
        """Look now and then, for as long as the process lives."""
        unused_since: float | None = None
        while True:
            if self._lease.acquire():
                self._lease.release()
            elif not self.stopping.is_set():
                unused_since = None
                time.sleep(self._pause)
                continue
            now = time.monotonic()
            unused_since = now if unused_since is None else unused_since
            if now - unused_since > self._patience:
                leave(_fail("nobody uses the server, and it does not stop; it was ended"))
            time.sleep(self._pause)


def leave(code: int) -> None:
    """End the process now: threads of the Java runtime would be waited for otherwise."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve(folder: Path, guard: Guard) -> int:
    try:
        from arcadedb_embedded.exceptions import ArcadeDBError  # type: ignore[import-untyped]
        from arcadedb_embedded.server import ArcadeDBServer  # type: ignore[import-untyped]
    except ImportError as error:
        return _fail(f"arcadedb-embedded cannot be imported ({error}); install it again")

    port = _free_port()
    secret = (folder / "password").read_text(encoding="ascii").strip()
    try:
        server = ArcadeDBServer(
            str(folder),
            secret,
            config={
                "mode": "production",  # flushes the write-ahead log at every commit
                "host": "127.0.0.1",
                "http_port": 0,
                "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
                "bolt_host": "127.0.0.1",
                "bolt_port": port,
            },
            jvm_kwargs={"heap_size": os.environ.get(HEAP, "1g")},
        )
        server.start()
    except (ArcadeDBError, OSError, ValueError, RuntimeError) as error:
        return _fail(_first_line(error))
    try:
        _index_names(server.create_database(DATABASE))
        _allow_reader(server, (folder / "reader-password").read_text(encoding="ascii").strip())
        _announce(folder, port)
        _wait_until_unused(folder, server, guard)
    except ArcadeDBError as error:
        server.stop()
        return _fail(_first_line(error))
    return 0


def _wait_until_unused(folder: Path, server: Any, guard: Guard) -> None:
    """Return with the server stopped, when nobody uses it or a signal asks for it."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    with FileLock(folder / "lease") as lease:
        unused_since: float | None = None
        while not asked.wait(0.2):
            _end_overdue(server)
            if not lease.acquire():
                unused_since = None
                continue
            now = time.monotonic()
            unused_since = now if unused_since is None else unused_since
            if now - unused_since >= LINGER_SECONDS:
                break  # with the lease: newcomers wait until we are gone
            lease.release()
        guard.stopping.set()
        with contextlib.suppress(FileNotFoundError):
            (folder / "server.json").unlink()
        server.stop()


def _end_overdue(server: Any) -> None:
    """End the queries that have run longer than they may (`graph.store.limits`)."""
    for query in server._java_server.getRunningQueries().getRunning():
        limit = limit_of(str(query.getText() or ""))
        if limit is not None and query.getElapsedMillis() > limit:
            query.terminate("its time limit")


def _index_names(database: Any) -> None:
    """The full-text index of `graph.store.search`; Cypher here has no statement for one."""
    for statement in (
        "CREATE VERTEX TYPE Entity IF NOT EXISTS",
        f"CREATE PROPERTY Entity.`{SEARCH}` IF NOT EXISTS STRING",
        f"CREATE INDEX IF NOT EXISTS ON Entity (`{SEARCH}`) FULL_TEXT",
    ):
        database.command("sql", statement)


def _allow_reader(server: Any, secret: str) -> None:
    """The user whom the server itself refuses to write: Bolt's read mode is not heeded there."""
    import jpype  # type: ignore[import-untyped]

    json_object = jpype.JClass("com.arcadedb.serializer.json.JSONObject")
    security = server._java_server.getSecurity()
    security.saveGroup(DATABASE, READER, json_object(json.dumps(_READ_ONLY_GROUP)))
    if security.existsUser(READER):
        security.dropUser(READER)
    user = {
        "name": READER,
        "password": str(security.encodePassword(secret)),
        "databases": {DATABASE: [READER]},
    }
    security.createUser(json_object(json.dumps(user)))


def _announce(folder: Path, port: int) -> None:
    draft = folder / "server.json.new"
    info = {"pid": os.getpid(), "port": port, "started": time.time()}
    draft.write_text(json.dumps(info), encoding="utf-8")
    draft.replace(folder / "server.json")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _fail(reason: str) -> int:
    sys.stderr.write(f"error: {reason}\n")
    return 1


if __name__ == "__main__":
    leave(main(Path(sys.argv[1])))
