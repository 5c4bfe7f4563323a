"""What the daemon sees: which files are complete, which places may be gone, what is away."""

from __future__ import annotations

import logging
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ingest.documents import Failure
from ingest.reader import file_uri
from ingest.walk import files, is_hidden
from kgbuilder.errors import InputError
from kgbuilder.graphs import store_folders
from kgbuilder.settings import Settings
from kgbuilder.watch.folders import Mounts, is_document, is_gone, is_there, outermost, signature
from kgbuilder.watch.journal import Entry, Journal
from kgbuilder.watch.metrics import Metrics
from kgbuilder.watch.observer import Hints, Observer
from kgbuilder.watch.settling import Settling

logger = logging.getLogger(__name__)

#: Bytes of the files of a batch, beyond the first.
BATCH_BYTES = 64 * 1024**2
#: Files looked at before anything else gets its turn.
LOOKS_AT_A_TURN = 2000


@dataclass(frozen=True, slots=True)
class File:
    """A complete file, to be built."""

    path: Path
    source: str
    signature: str
    size: int
    attempts: int


class Lookout:
    """Looks at ``folders``, against what the journal knows of them.

    Raises InputError for a folder that is not there (unless it was watched before: then it may
    come back).
    """

    def __init__(
        self, folders: Sequence[Path], settings: Settings, journal: Journal, metrics: Metrics
    ) -> None:
        self.pipeline = ""
        """Fingerprint of what files are built with; those built with another are built again."""
        self.roots = outermost(folders)
        self.mounts = Mounts()
        self.away: set[Path] = set()
        self.hints = Hints(settings.watch.queue)
        self.settling = Settling(settings.watch.quiet, settings.watch.queue)
        self.gone: dict[Path, float] = {}
        """Files and folders that may be gone, or files in them, since when."""
        self._watch = settings.watch
        self._journal = journal
        self._metrics = metrics
        self._excluded = [folder.absolute() for folder in store_folders(settings.store)]
        self._scans: dict[Path, Iterator[Path | Failure]] = {}
        self._next_scan: dict[Path, float] = {}
        self._observers: dict[Path, Observer] = {}
        for root in self.roots:
            if is_there(root):
                continue
            if not journal.count_below(root):
                raise InputError(f"There is no folder {root}")
            logger.warning("%s is not there; its documents stay until it is back", root)
            self.away.add(root)

    def start(self) -> None:
        for root in self.roots:
            remote = self.mounts.is_remote(root)
            if self._watch.polling or (self._watch.polling is None and remote):
                logger.info(
                    "%s is looked through every %g s%s",
                    root,
                    self._watch.poll,
                    " (a network mount)" if remote else "",
                )
                continue
            self._observers[root] = Observer(root, self.hints)
            self._observers[root].start()

    def stop(self) -> None:
        for observer in self._observers.values():
            observer.stop()
        for observer in self._observers.values():
            observer.join()

    def _interval(self, root: Path) -> float:
        observer = self._observers.get(root)
        return self._watch.poll if observer is None or observer.refused else self._watch.rescan

    @property
    def scanning(self) -> bool:
        """Whether a look through a folder goes on."""
        return bool(self._scans)

    def is_scanned(self, root: Path) -> bool:
        """Whether ``root``, or a folder in it, is being looked through."""
        return any(top.is_relative_to(root) for top in self._scans)

    def look_through_all(self) -> None:
        """Have all folders looked through from their top."""
        for root in self.roots:
            self.hints.add_whole(root)
            self.gone.setdefault(root, monotonic())

    def may_be_gone(self, path: Path) -> None:
        """Note that there was nothing at ``path``, or no longer what was there."""
        self.gone.setdefault(path, monotonic())

    def look_around(self) -> None:
        """Take hints, go on with scans; what has changed begins to settle."""
        if self.settling.full:
            return  # the rest waits, on the disk and in bounded memory
        now = monotonic()
        paths, whole = self.hints.take()
        for root in self.roots:
            if root in whole or now >= self._next_scan.get(root, now):
                self.mounts = Mounts()
                self._next_scan[root] = now + self._interval(root)
                self.check_root(root)
                self._scans[root] = files([root], self._excluded)
                self.gone.setdefault(root, now)
        for path in paths:
            self._look_at(path)
        budget = LOOKS_AT_A_TURN
        for top, scan in list(self._scans.items()):
            for found in scan:
                if isinstance(found, Path):
                    self._look_at(found)
                budget -= 1
                if budget <= 0 or self.settling.full:
                    return
            del self._scans[top]

    def check_root(self, root: Path) -> bool:
        """Whether the folder is there; its documents stay where it is not."""
        there = is_there(root)
        if not there and root not in self.away:
            logger.warning("%s is away; its documents stay until it is back", root)
            self.away.add(root)
        elif there and root in self.away:
            logger.info("%s is back", root)
            self.away.discard(root)
        self._metrics.folders_up.set(len(self.roots) - len(self.away))
        return there

    def root_of(self, path: Path) -> Path | None:
        return next((root for root in self.roots if path.is_relative_to(root)), None)

    def _look_at(self, path: Path) -> None:
        root = self.root_of(path)
        if root is None or any(path.is_relative_to(folder) for folder in self._excluded):
            return
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self.settling.forget(path)
            self.may_be_gone(path)
            return
        except (OSError, ValueError):  # no answer: a later look will tell
            logger.debug("Cannot look at %s", path, exc_info=True)
            return
        if stat.S_ISDIR(status.st_mode):
            if not _is_hidden_below(path, root):
                # One of its name may have been renamed just before; of its files no word comes.
                self.may_be_gone(path)
                if path not in self._scans:
                    self._scans[path] = files([path], self._excluded)
            return
        if not stat.S_ISREG(status.st_mode) or not is_document(path, root):
            return
        seen = signature(status)
        entry = self._journal.get(path)
        if entry is not None and entry.held:
            self._journal.hold(path, 0)  # it is back
        if entry is not None and entry.signature == seen and entry.pipeline == self.pipeline:
            self.settling.forget(path)
            return
        self.settling.see(path, seen)

    def next_batch(self) -> list[File]:
        """Complete files, and failed ones whose time has come."""
        batch: dict[Path, File] = {}
        size = 0
        for path, known in self.settling.ripe():
            made = self._file(path, known, self._journal.get(path))
            if made is None:
                continue
            if batch and size + made.size > BATCH_BYTES:
                break
            batch[path] = made
            size += made.size
            if len(batch) >= self._watch.batch:
                break
        room = self._watch.batch - len(batch)
        if room > 0:
            due = self._journal.due(time.time(), self._watch.longest_backoff, room)
            for entry in due:
                if entry.path in batch or self.root_of(entry.path) is None:
                    continue
                made = self._file(entry.path, entry.signature, entry)
                if made is not None:
                    batch[entry.path] = made
        return [batch[path] for path in sorted(batch)]

    def _file(self, path: Path, known: str | None, entry: Entry | None) -> File | None:
        """The file for a batch, or None where it has changed or gone since it was looked at."""
        try:
            status = path.stat()
            source = file_uri(path)
        except (FileNotFoundError, NotADirectoryError):
            self.settling.forget(path)
            self.may_be_gone(path)
            return None
        except (OSError, ValueError, RuntimeError):
            logger.debug("Cannot look at %s", path, exc_info=True)
            if entry is None:
                self.settling.forget(path)
                return None
            return File(path, entry.source, entry.signature or "", 0, entry.attempts)
        now = signature(status)
        if now != known:
            self.settling.see(path, now)
            return None
        attempts = 0
        if entry is not None and entry.signature == now and entry.pipeline == self.pipeline:
            attempts = entry.attempts
        return File(path, source, now, status.st_size, attempts)

    def moving(self) -> list[Path]:
        """Where files were that wait under a new name, not built yet."""
        return [
            path
            for number in self.settling.inodes()
            for path in self._journal.paths_of(number)
            if is_gone(path)
        ]


def _is_hidden_below(path: Path, root: Path) -> bool:
    return any(map(is_hidden, path.relative_to(root).parts))
