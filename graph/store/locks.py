"""Locks on files, released by the operating system however their holder ends."""

from __future__ import annotations

import os
import time
import weakref
from pathlib import Path

from graph.store.errors import StoreError
from ingest.closing import Closing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class FileLock(Closing):
    """An advisory lock on the file at ``path``, shared or exclusive, held until closed.

    It is this process's own: a forked child, which may live longer, does not hold it.
    """

    def __init__(self, path: Path) -> None:
        if fcntl is None:
            raise StoreError(
                "the bundled graph database needs Linux or macOS; "
                "give the URL of a Neo4j server as the store"
            )
        self.path = path
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _OPEN.add(self)

    def acquire(self, *, shared: bool = False, timeout: float = 0.0, pause: float = 0.05) -> bool:
        """Whether the lock was got within ``timeout`` seconds; tried once at least."""
        assert self._descriptor is not None, "the lock is closed"
        kind = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(self._descriptor, kind)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
            time.sleep(pause)

    def release(self) -> None:
        """Give the lock up, to be acquired again or closed."""
        assert self._descriptor is not None, "the lock is closed"
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def note(self, text: str) -> None:
        """Leave a word in the file for those who do not get the lock."""
        assert self._descriptor is not None, "the lock is closed"
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def read_note(self) -> str:
        return self.path.read_text(encoding="utf-8", errors="replace").strip()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_OPEN: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _close_in_child() -> None:
    # Closing does not unlock: the lock goes when the last descriptor does, which is the parent's.
    for lock in list(_OPEN):
        lock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
