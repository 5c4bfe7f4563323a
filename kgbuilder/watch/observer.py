"""Where something may have changed: what the operating system tells, in bounded memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock, Thread

from kgbuilder.watch.folders import is_there

logger = logging.getLogger(__name__)

#: Milliseconds within which changes are told together, and at which they are asked for.
DEBOUNCE, STEP = 500, 200
#: Seconds between two looks whether a folder is back.
ABSENT_PAUSE = 2.0


class Hints:
    """Paths to look at. Beyond ``most`` of them their whole folder is looked through instead, so
    that a burst of any size costs bounded memory and is not lost."""

    def __init__(self, most: int) -> None:
        self.wake = Event()
        self._most = most
        self._lock = Lock()
        self._paths: dict[Path, None] = {}
        self._whole: dict[Path, None] = {}

    def __len__(self) -> int:
        return len(self._paths)

    def add(self, root: Path, paths: Sequence[Path]) -> None:
        with self._lock:
            if root not in self._whole:
                self._paths.update(dict.fromkeys(paths))
            if len(self._paths) > self._most:
                self._whole[root] = None
                self._paths = {path: None for path in self._paths if not path.is_relative_to(root)}
        self.wake.set()

    def add_whole(self, root: Path) -> None:
        with self._lock:
            self._whole[root] = None
        self.wake.set()

    def take(self) -> tuple[list[Path], list[Path]]:
        """Single paths and whole folders, each once."""
        with self._lock:
            self.wake.clear()
            found = list(self._paths), list(self._whole)
            self._paths, self._whole = {}, {}
        return found


class Observer:
    """Watches one folder in a thread of its own; starts again when the folder was away.

    Where the operating system refuses (too many folders for its limit), ``refused`` is set and the
    folder has to be looked through now and then instead.
    """

    def __init__(self, root: Path, hints: Hints) -> None:
        self.root = root
        self.refused = False
        self._hints = hints
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"watch {root}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set() and not self.refused:
            if not is_there(self.root):
                self._stop.wait(ABSENT_PAUSE)
                continue
            try:
                self._watch()
            except FileNotFoundError:
                pass  # went away in between
            except Exception as error:
                self.refused = True
                logger.warning(
                    "Changes in %s are not told by the operating system (%s);"
                    " the folder is looked through now and then instead",
                    self.root,
                    error,
                )

    def _watch(self) -> None:
        from watchfiles import watch

        watched = _identity(self.root)
        changes = watch(
            self.root,
            watch_filter=None,
            debounce=DEBOUNCE,
            step=STEP,
            rust_timeout=1000,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            force_polling=False,
            ignore_permission_denied=True,
        )
        first = True
        for batch in changes:
            if first:  # what changed before the watch stood
                self._hints.add_whole(self.root)
                first = False
            if _identity(self.root) != watched:
                return  # gone, or another file system is mounted there now
            if batch:
                self._hints.add(self.root, [Path(path) for _, path in batch])


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
