"""The daemon: keeps a graph what the watched folders are, through every kind of trouble.

One thread, the caller's, does everything that has an order: it looks at files, waits until they
are complete, builds them in batches through the pipeline, retracts what is gone, and notes all
that in the journal, after the graph has it. So whatever kills it, it only has to look again.
"""

from __future__ import annotations

import logging
import stat
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from graph.store import GraphStore, StoreError, StoreUnreachableError
from graph.store.embedded import wait_until_stopped
from ingest.documents import Document, Failure
from ingest.isolated import IsolatedReader
from ingest.reader import file_uri
from ingest.walk import files, is_hidden
from kgbuilder.annotator import Annotator
from kgbuilder.building import file_of
from kgbuilder.errors import InputError
from kgbuilder.fingerprint import pipeline_fingerprint
from kgbuilder.graphs import open_store, store_folders
from kgbuilder.parts import ExtractorLike, annotator, extractor_of, schema_of
from kgbuilder.pipeline import Pipeline
from kgbuilder.report import BuildReport
from kgbuilder.settings import Settings
from kgbuilder.watch.endpoint import Endpoint
from kgbuilder.watch.folders import (
    Mounts,
    inode,
    is_document,
    is_gone,
    is_there,
    outermost,
    signature,
)
from kgbuilder.watch.journal import AGREED, HELD, Entry, Journal, JournalError
from kgbuilder.watch.metrics import Metrics
from kgbuilder.watch.observer import Hints, Observer
from kgbuilder.watch.settling import Settling
from kgbuilder.watch.state import only_daemon, state_folder
from kgbuilder.watch.stopping import Stopped, Stopper

logger = logging.getLogger(__name__)

#: Bytes of the files of a batch, beyond the first.
BATCH_BYTES = 64 * 1024**2
#: Files looked at before anything else gets its turn.
LOOKS_AT_A_TURN = 2000
#: Files that are gone whose documents are retracted together.
FORGOTTEN_TOGETHER = 50
#: Seconds between two looks at the clock, the journal and the folders, when nothing happens.
IDLE = 1.0
#: Seconds between two notes of the daemon's state.
STATUS_INTERVAL = 5.0
#: Seconds between two tries to reach the store: the first, and the most.
STORE_PAUSE, LONGEST_STORE_PAUSE = 0.5, 30.0
#: Seconds that a stopped daemon waits for the embedded database, which others may still use.
SERVER_PATIENCE = 10.0
#: Each wait between two tries of a file is so many times the one before.
BACKOFF_FACTOR = 4


@dataclass(slots=True)
class _FileReport(BuildReport):
    """A batch's report that knows which of its files failed, and how."""

    by_source: dict[str, Failure] = field(default_factory=dict)
    """The first failure of each file; one that another try may mend comes before others."""

    def fail(self, failure: Failure) -> None:
        # Not super(): dataclass with slots makes another class of this one.
        BuildReport.fail(self, failure)
        source = failure.uri.partition("#")[0]
        known = self.by_source.get(source)
        if known is None or (failure.transient and not known.transient):
            self.by_source[source] = failure


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a batch."""

    path: Path
    source: str
    signature: str
    size: int
    attempts: int


class Daemon:
    """Watches ``folders`` for ``settings.store``. Use ``run``, once.

    Raises InputError for a folder that is not there (unless it was watched before: then it may
    come back), or where another daemon has the store.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        settings: Settings,
        extractor: ExtractorLike | None = None,
    ) -> None:
        self.metrics = Metrics()
        self.stopper = Stopper()
        self.address: str | None = None
        """Of the endpoint, while it runs."""
        self._settings = settings
        self._watch = settings.watch
        self._folders = folders
        self._extractor = extractor
        self._state = state_folder(settings)
        self._excluded = [folder.absolute() for folder in store_folders(settings.store)]
        self._roots: list[Path] = []
        self._hints = Hints(self._watch.queue)
        self._settling = Settling(self._watch.quiet, self._watch.queue)
        self._gone: dict[Path, float] = {}
        """Files and folders that may be gone, since when."""
        self._scans: dict[Path, Iterator[Path | Failure]] = {}
        self._next_scan: dict[Path, float] = {}
        self._observers: dict[Path, Observer] = {}
        self._away: set[Path] = set()
        self._mounts = Mounts(())
        self._next_status = 0.0
        self._store_error: str | None = "not opened yet"
        self._started = time.time()
        self._counts: Mapping[str, int] = {}
        self._beat = monotonic()

    def run(self) -> None:
        """Watch until a signal or ``stopper.asked`` ends it."""
        with ExitStack() as stack:
            stack.enter_context(self.stopper.installed())
            stack.enter_context(only_daemon(self._state))
            self._journal = stack.enter_context(Journal(self._state))
            self._find_roots()
            self._types = schema_of(None, self._settings)
            model = extractor_of(self._extractor, self._settings, pronouns=True)
            self._fingerprint = pipeline_fingerprint(
                model, self._types, self._settings.chunk_tokens, self._settings.min_confidence
            )
            if self._watch.port is not None:
                endpoint = stack.enter_context(
                    Endpoint(self._watch.host, self._watch.port, self.metrics.registry, self.health)
                )
                self.address = endpoint.address
                logger.info("Health and metrics are at http://%s", endpoint.address)
            stack.callback(self._stop_observers)
            self._start_observers()
            self._reader = IsolatedReader(self._settings.ingest)
            stack.callback(lambda: self._reader.close())
            annotate = stack.enter_context(annotator(model, self._types, self._settings))
            names = ", ".join(map(str, self._roots))
            logger.info("Watching %s for %s", names, self._settings.store)
            try:
                self._keep_serving(annotate)
            except Stopped:
                pass
            finally:
                self._note("stopped")
        for folder in self._excluded:
            # A service manager kills what is left of a service; the database may end by itself.
            wait_until_stopped(folder, SERVER_PATIENCE)
        logger.info("Stopped")

    def stop(self) -> None:
        """End ``run``, from another thread."""
        self.stopper.asked.set()
        self._hints.wake.set()

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether the store answers, the folders are there and the daemon moves; and figures."""
        state = {
            "store": self._store_error or "ok",
            "folders_away": len(self._away),
            "settling": len(self._settling),
            "uptime_seconds": round(time.time() - self._started, 1),
            "seconds_since_last_step": round(monotonic() - self._beat, 1),
            **self._counts,
        }
        well = self._store_error is None and not self._away
        return well, {"status": "ok" if well else "trouble", **state}

    # The store, and what to do while it is away

    def _keep_serving(self, annotate: Annotator) -> None:
        pause, first = STORE_PAUSE, True
        while not self.stopper.asked.is_set():
            try:
                with open_store(write=True, schema=self._types, settings=self._settings) as store:
                    if self._store_error is not None and not first:
                        logger.info("The store answers again")
                    self._store_error, pause, first = None, STORE_PAUSE, False
                    self.metrics.store_up.set(1)
                    self._reconcile(store)
                    self._serve(store, annotate)
            except JournalError as error:
                self.metrics.errors.labels("journal").inc()
                logger.error("%s; trying again", error)
                self.stopper.asked.wait(pause)
                pause = min(2 * pause, LONGEST_STORE_PAUSE)
            except StoreError as error:
                if first and not isinstance(error, StoreUnreachableError):
                    raise  # wrong from the start: a person has to see to it
                first = False
                self.metrics.store_up.set(0)
                self.metrics.errors.labels("store").inc()
                if self._store_error != str(error):
                    logger.error("The store is away, trying again: %s", error)
                self._store_error = str(error)
                self._note("waiting for the store")
                self.stopper.asked.wait(pause)
                pause = min(2 * pause, LONGEST_STORE_PAUSE)

    def _reconcile(self, store: GraphStore) -> None:
        """Let the journal know what the graph has, and look through all folders."""
        mounts = {root: self._mounts.of(root) for root in self._roots}
        with self.stopper.interruptible():
            again = self._journal.reconcile(self._stored(store), mounts)
        logger.info("%d files are to be compared with the graph", again)
        for root in self._roots:
            self._hints.add_whole(root)
            self._gone.setdefault(root, monotonic())

    def _stored(self, store: GraphStore) -> Iterator[dict[str, Any]]:
        for root in self._roots:
            below = f"{file_uri(root).rstrip('/')}/"
            for row in store.each_document(below, prefix=True):
                yield {
                    "source": row.source,
                    "pipeline": row.pipeline,
                    "path": file_of(row.source),
                }

    def _serve(self, store: GraphStore, annotate: Annotator) -> None:
        while not self.stopper.asked.is_set():
            self._beat = monotonic()
            self._look_around()
            batch = self._next_batch()
            if batch:
                self._build(store, annotate, batch)
            worked = self._retract_gone(store)
            if monotonic() >= self._next_status:
                self._note("watching")
            if batch or worked:
                continue
            pause = min(IDLE, self._settling.time_left())
            if self._settling.full:
                self.stopper.asked.wait(pause)
            elif not self._scans:
                self._hints.wake.wait(pause)

    # Looking

    def _find_roots(self) -> None:
        self._mounts = Mounts()
        self._roots = outermost(self._folders)
        for root in self._roots:
            if is_there(root):
                continue
            if not self._journal.count_below(root):
                raise InputError(f"There is no folder {root}")
            logger.warning("%s is not there; its documents stay until it is back", root)
            self._away.add(root)

    def _start_observers(self) -> None:
        for root in self._roots:
            remote = self._mounts.is_remote(root)
            if self._watch.polling or (self._watch.polling is None and remote):
                logger.info(
                    "%s is looked through every %g s%s",
                    root,
                    self._watch.poll,
                    " (a network mount)" if remote else "",
                )
                continue
            self._observers[root] = Observer(root, self._hints)
            self._observers[root].start()

    def _stop_observers(self) -> None:
        for observer in self._observers.values():
            observer.stop()
        for observer in self._observers.values():
            observer.join()

    def _interval(self, root: Path) -> float:
        observer = self._observers.get(root)
        return self._watch.poll if observer is None or observer.refused else self._watch.rescan

    def _look_around(self) -> None:
        """Take hints, go on with scans; what has changed begins to settle."""
        if self._settling.full:
            return  # the rest waits, on the disk and in bounded memory
        now = monotonic()
        paths, whole = self._hints.take()
        for root in self._roots:
            if root in whole or now >= self._next_scan.get(root, now):
                self._mounts = Mounts()
                self._next_scan[root] = now + self._interval(root)
                self._check_root(root)
                self._scans[root] = files([root], self._excluded)
                self._gone.setdefault(root, now)
        for path in paths:
            self._look_at(path)
        budget = LOOKS_AT_A_TURN
        for top, scan in list(self._scans.items()):
            for found in scan:
                if isinstance(found, Path):
                    self._look_at(found)
                budget -= 1
                if budget <= 0 or self._settling.full:
                    return
            del self._scans[top]

    def _check_root(self, root: Path) -> bool:
        """Whether the folder is there; its documents stay where it is not."""
        there = is_there(root)
        if not there and root not in self._away:
            logger.warning("%s is away; its documents stay until it is back", root)
            self._away.add(root)
        elif there and root in self._away:
            logger.info("%s is back", root)
            self._away.discard(root)
        self.metrics.folders_up.set(len(self._roots) - len(self._away))
        return there

    def _root_of(self, path: Path) -> Path | None:
        return next((root for root in self._roots if path.is_relative_to(root)), None)

    def _look_at(self, path: Path) -> None:
        root = self._root_of(path)
        if root is None or any(path.is_relative_to(folder) for folder in self._excluded):
            return
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._settling.forget(path)
            self._gone.setdefault(path, monotonic())
            return
        except (OSError, ValueError):  # no answer: a later look will tell
            logger.debug("Cannot look at %s", path, exc_info=True)
            return
        if stat.S_ISDIR(status.st_mode):
            if path not in self._scans and not _is_hidden_below(path, root):
                self._scans[path] = files([path], self._excluded)
            return
        if not stat.S_ISREG(status.st_mode) or not is_document(path, root):
            return
        seen = signature(status)
        entry = self._journal.get(path)
        if entry is not None and entry.held:
            self._journal.hold(path, 0)  # it is back
        if entry is not None and entry.signature == seen and entry.pipeline == self._fingerprint:
            self._settling.forget(path)
            return
        self._settling.see(path, seen)

    # Building

    def _next_batch(self) -> list[_File]:
        """Complete files, and failed ones whose time has come."""
        batch: dict[Path, _File] = {}
        size = 0
        for path, known in self._settling.ripe():
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
                if entry.path in batch or self._root_of(entry.path) is None:
                    continue
                made = self._file(entry.path, entry.signature, entry)
                if made is not None:
                    batch[entry.path] = made
        return [batch[path] for path in sorted(batch)]

    def _file(self, path: Path, known: str | None, entry: Entry | None) -> _File | None:
        """The file for a batch, or None where it has changed or gone since it was looked at."""
        try:
            status = path.stat()
            source = file_uri(path)
        except (FileNotFoundError, NotADirectoryError):
            self._settling.forget(path)
            self._gone.setdefault(path, monotonic())
            return None
        except (OSError, ValueError, RuntimeError):
            logger.debug("Cannot look at %s", path, exc_info=True)
            if entry is None:
                self._settling.forget(path)
                return None
            return _File(path, entry.source, entry.signature or "", 0, entry.attempts)
        now = signature(status)
        if now != known:
            self._settling.see(path, now)
            return None
        attempts = 0
        if entry is not None and entry.signature == now and entry.pipeline == self._fingerprint:
            attempts = entry.attempts
        return _File(path, source, now, status.st_size, attempts)

    def _build(self, store: GraphStore, annotate: Annotator, batch: Sequence[_File]) -> None:
        report = _FileReport()
        documents: Counter[str] = Counter()
        pipeline = Pipeline(
            store,
            annotate,
            self._fingerprint,
            self._settings.chunk_tokens,
            self._settings.min_confidence,
            report=report,
            observer=lambda _: self._note_now_and_then(),
        )
        try:
            with self.stopper.interruptible():
                pipeline.run(self._read(self._reader, batch, documents))
        except (StoreError, JournalError):
            # The pipeline's reader may still be in the midst of a file.
            self._reader = IsolatedReader(self._settings.ingest)
            raise
        except Exception as error:  # none is expected; one file must not stop the others
            self._reader = IsolatedReader(self._settings.ingest)
            if len(batch) > 1:
                for file in batch:
                    self._build(store, annotate, [file])
                return
            logger.exception("Building %s failed", batch[0].source)
            report.fail(
                Failure(batch[0].source, f"{type(error).__name__}: {error}", transient=True)
            )
        self.metrics.add(report)
        self.metrics.errors.labels("read").inc(report.failed)
        with self._journal.transaction():
            for file in batch:
                self._settle_account(file, report.by_source.get(file.source), documents)
        if report.written or report.retracted:
            logger.info(
                "%d files: %d documents written, %d unchanged, %d retracted, %d failed",
                len(batch),
                report.written,
                report.unchanged,
                report.retracted,
                report.failed,
            )

    def _read(
        self, reader: IsolatedReader, batch: Sequence[_File], documents: Counter[str]
    ) -> Iterator[Document | Failure]:
        for file in batch:
            for item in reader.read(file.path):
                if isinstance(item, Document):
                    documents[file.source] += 1
                yield item

    def _settle_account(
        self, file: _File, failure: Failure | None, documents: Mapping[str, int]
    ) -> None:
        """Note in the journal what became of a file."""
        latency = self._settling.age(file.path)
        self._settling.forget(file.path)
        try:
            after = signature(file.path.stat())
        except OSError:
            self._gone.setdefault(file.path, monotonic())
            after = None
        changed = after is not None and after != file.signature  # while it was read
        if after is not None and changed:
            # It is read again. What the graph has of it is noted all the same: were the file to go
            # before that, nothing else would tell that its documents have to.
            self._settling.see(file.path, after)
            failure = None
        mount = self._mounts.of(file_of(file.source))
        if failure is None:
            self._journal.done(
                file.path,
                file.source,
                mount,
                file.signature,
                self._fingerprint,
                documents[file.source],
            )
            if not changed:
                self.metrics.latency.observe(latency)
            return
        attempts = file.attempts + 1
        next_try = None
        if failure.transient and attempts < self._watch.attempts:
            wait = self._watch.backoff * BACKOFF_FACTOR ** (attempts - 1)
            next_try = time.time() + min(wait, self._watch.longest_backoff)
        elif failure.transient:
            logger.error(
                "%s is given up after %d tries; 'kgbuilder watch --retry' tries again",
                file.source,
                attempts,
            )
        self._journal.failed(
            file.path,
            file.source,
            mount,
            file.signature,
            self._fingerprint,
            attempts=attempts,
            reason=failure.reason,
            next_try=next_try,
        )

    # Retracting

    def _retract_gone(self, store: GraphStore) -> bool:
        """Retract files that have been gone for a while; whether any were."""
        worked = False
        now = monotonic()
        ripe: dict[Path, list[Path]] = {}
        moving: list[Path] | None = None
        for place, since in list(self._gone.items()):
            if now - since < self._watch.quiet or self.stopper.asked.is_set():
                continue
            root = self._root_of(place)
            if root is not None and any(top.is_relative_to(root) for top in self._scans):
                continue
            if moving is None:
                moving = self._moving()
            if any(path.is_relative_to(place) for path in moving):
                continue  # first comes what it has been renamed to
            if root is None or not self._check_root(root):
                del self._gone[place]  # the whole folder is looked through when it is back
            else:
                ripe.setdefault(root, []).append(place)
        for root, places in ripe.items():
            worked = self._retract(store, root, places) or worked
            for place in places:
                self._gone.pop(place, None)
        agreed = []
        for entry in self._journal.held(AGREED):
            if is_gone(entry.path):
                agreed.append(entry)
            else:
                self._journal.hold(entry.path, 0)
        self._forget(store, agreed)
        return worked or bool(agreed)

    def _retract(self, store: GraphStore, root: Path, places: Sequence[Path]) -> bool:
        """Retract the files at or below ``places`` that are gone."""
        found = {
            entry.path: entry
            for place in places
            for entry in self._journal.at_or_below(place)
            if entry.held == 0 and self._is_missing(entry, root)
        }
        missing = list(found.values())
        if not missing:
            return False
        self._mounts = Mounts()
        unmounted = [entry for entry in missing if entry.mount not in self._mounts]
        if unmounted:
            self._hold(unmounted, f"{unmounted[0].mount} is not mounted any more")
        missing = [entry for entry in missing if entry.mount in self._mounts]
        renamed = [entry for entry in missing if self._is_renamed(entry)]
        vanished = len(missing) - len(renamed)
        watched = self._journal.count_below(root)
        if vanished > max(self._watch.vanished_files, self._watch.vanished_share * watched):
            self._hold(missing, f"{vanished:,} of the {watched:,} files of {root} are gone at once")
            return False
        self._forget(store, missing)
        return bool(missing)

    def _is_renamed(self, entry: Entry) -> bool:
        if entry.signature is None:
            return False
        others = self._journal.paths_of(inode(entry.signature))
        return any(path != entry.path and not is_gone(path) for path in others)

    def _moving(self) -> list[Path]:
        """Where files were that wait under a new name, not built yet."""
        return [
            path
            for number in self._settling.inodes()
            for path in self._journal.paths_of(number)
            if is_gone(path)
        ]

    def _is_missing(self, entry: Entry, root: Path) -> bool:
        """Gone, or no longer under a name that a build would read."""
        return is_gone(entry.path) or not is_document(entry.path, root)

    def _hold(self, entries: Sequence[Entry], reason: str) -> None:
        with self._journal.transaction():
            for entry in entries:
                self._journal.hold(entry.path, HELD)
        logger.warning(
            "%s; their documents stay in the graph. If the files are meant to be gone:"
            " 'kgbuilder watch --agree' deletes them",
            reason,
        )

    def _forget(self, store: GraphStore, entries: Sequence[Entry]) -> None:
        """Retract what files stated, several in a transaction; those not reached at a stop go
        after the next start."""
        for start in range(0, len(entries), FORGOTTEN_TOGETHER):
            if self.stopper.asked.is_set():
                return
            group = entries[start : start + FORGOTTEN_TOGETHER]
            with self._journal.transaction():  # undone where the store fails
                sources = []
                for entry in group:
                    if not self._journal.is_shared(entry):
                        sources.append(entry.source)
                    self._journal.remove(entry.path)
                found = [one.id for source in sources for one in store.each_document(source)]
                deleted = store.delete_all(found)
            self.metrics.documents.labels("retracted").inc(deleted)
            if deleted:
                others = f" and {len(sources) - 1} other files are" if sources[1:] else " is"
                logger.info("%s%s gone: %d documents retracted", sources[0], others, deleted)
            self._note_now_and_then()

    # Telling

    def _note_now_and_then(self) -> None:
        self._beat = monotonic()
        if monotonic() >= self._next_status:
            self._note("building")

    def _note(self, state: str) -> None:
        """Leave word for ``kgbuilder watch --status``, and set the gauges."""
        self._next_status = monotonic() + STATUS_INTERVAL
        try:
            self._counts = self._journal.counts()
            self._journal.put_status(
                {
                    "state": state,
                    "folders": list(map(str, self._roots)),
                    "away": sorted(map(str, self._away)),
                    "store": self._settings.store,
                    "store_error": self._store_error,
                    "settling": len(self._settling),
                    "hints": len(self._hints),
                    "started": self._started,
                    "noted": time.time(),
                    "endpoint": self.address,
                }
            )
        except JournalError:
            self.metrics.errors.labels("journal").inc()
            logger.debug("No note of the daemon's state", exc_info=True)
        self.metrics.files.labels("settling").set(len(self._settling))
        for name, count in self._counts.items():
            self.metrics.files.labels(name).set(count)


def _is_hidden_below(path: Path, root: Path) -> bool:
    return any(map(is_hidden, path.relative_to(root).parts))
