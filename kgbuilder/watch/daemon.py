"""The daemon: keeps a graph what the watched folders are, through every kind of trouble.

One thread, the caller's, does everything that has an order: it looks at files, waits until they
are complete, builds them in batches through the pipeline, retracts what is gone, and notes all
that in the journal, after the graph has it. So whatever kills it, it only has to look again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

from graph.store import GraphStore, StoreError, StoreUnreachableError
from graph.store.embedded import wait_until_stopped
from ingest.reader import file_uri
from kgbuilder.building import file_of
from kgbuilder.fingerprint import pipeline_fingerprint
from kgbuilder.graphs import open_store, store_folders
from kgbuilder.parts import ExtractorLike, annotator, extractor_of, schema_of
from kgbuilder.settings import Settings
from kgbuilder.watch.batches import Builder
from kgbuilder.watch.endpoint import Endpoint
from kgbuilder.watch.journal import Journal, JournalError
from kgbuilder.watch.lookout import Lookout
from kgbuilder.watch.metrics import Metrics
from kgbuilder.watch.retraction import Retraction
from kgbuilder.watch.state import only_daemon, state_folder
from kgbuilder.watch.stopping import Stopped, Stopper

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock, the journal and the folders, when nothing happens.
IDLE = 1.0
#: Seconds between two notes of the daemon's state.
STATUS_INTERVAL = 5.0
#: Seconds between two tries to reach the store: the first, and the most.
STORE_PAUSE, LONGEST_STORE_PAUSE = 0.5, 30.0
#: Seconds that a stopped daemon waits for the embedded database, which others may still use.
SERVER_PATIENCE = 10.0


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
        self._folders = folders
        self._extractor = extractor
        self._state = state_folder(settings)
        self._lookout: Lookout | None = None
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
            self._journal = journal = stack.enter_context(Journal(self._state))
            self._lookout = lookout = Lookout(self._folders, self._settings, journal, self.metrics)
            self._types = schema_of(None, self._settings)
            model = extractor_of(self._extractor, self._settings, pronouns=True)
            lookout.pipeline = pipeline_fingerprint(
                model, self._types, self._settings.chunk_tokens, self._settings.min_confidence
            )
            watch = self._settings.watch
            if watch.port is not None:
                endpoint = stack.enter_context(
                    Endpoint(watch.host, watch.port, self.metrics.registry, self.health)
                )
                self.address = endpoint.address
                logger.info("Health and metrics are at http://%s", endpoint.address)
            stack.callback(lookout.stop)
            lookout.start()
            annotate = stack.enter_context(annotator(model, self._types, self._settings))
            builder = stack.enter_context(
                Builder(
                    self._settings,
                    annotate,
                    lookout,
                    journal,
                    self.metrics,
                    self.stopper,
                    self._note_now_and_then,
                )
            )
            retraction = Retraction(
                watch, lookout, journal, self.metrics, self.stopper, self._note_now_and_then
            )
            names = ", ".join(map(str, lookout.roots))
            logger.info("Watching %s for %s", names, self._settings.store)
            try:
                self._keep_serving(lookout, builder, retraction)
            except Stopped:
                pass
            finally:
                self._note("stopped")
        for folder in store_folders(self._settings.store):
            # A service manager kills what is left of a service; the database may end by itself.
            wait_until_stopped(folder, SERVER_PATIENCE)
        logger.info("Stopped")

    def stop(self) -> None:
        """End ``run``, from another thread."""
        self.stopper.asked.set()
        if self._lookout is not None:
            self._lookout.hints.wake.set()

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether the store answers, the folders are there and the daemon moves; and figures."""
        lookout = self._lookout
        away, settling = (len(lookout.away), len(lookout.settling)) if lookout else (0, 0)
        state = {
            "store": self._store_error or "ok",
            "folders_away": away,
            "settling": settling,
            "uptime_seconds": round(time.time() - self._started, 1),
            "seconds_since_last_step": round(monotonic() - self._beat, 1),
            **self._counts,
        }
        well = self._store_error is None and not away
        return well, {"status": "ok" if well else "trouble", **state}

    # The store, and what to do while it is away

    def _keep_serving(self, lookout: Lookout, builder: Builder, retraction: Retraction) -> None:
        pause, first = STORE_PAUSE, True
        while not self.stopper.asked.is_set():
            try:
                with open_store(write=True, schema=self._types, settings=self._settings) as store:
                    if self._store_error is not None and not first:
                        logger.info("The store answers again")
                    self._store_error, pause, first = None, STORE_PAUSE, False
                    self.metrics.store_up.set(1)
                    self._reconcile(store, lookout)
                    self._serve(store, lookout, builder, retraction)
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

    def _reconcile(self, store: GraphStore, lookout: Lookout) -> None:
        """Let the journal know what the graph has, and look through all folders."""
        mounts = {root: lookout.mounts.of(root) for root in lookout.roots}
        with self.stopper.interruptible():
            again = self._journal.reconcile(_stored(store, lookout.roots), mounts)
        logger.info("%d files are to be compared with the graph", again)
        lookout.look_through_all()

    def _serve(
        self, store: GraphStore, lookout: Lookout, builder: Builder, retraction: Retraction
    ) -> None:
        while not self.stopper.asked.is_set():
            self._beat = monotonic()
            lookout.look_around()
            batch = lookout.next_batch()
            if batch:
                builder.build(store, batch)
            worked = retraction.retract_gone(store)
            if monotonic() >= self._next_status:
                self._note("watching")
            if batch or worked:
                continue
            pause = min(IDLE, lookout.settling.time_left())
            if lookout.settling.full:
                self.stopper.asked.wait(pause)
            elif not lookout.scanning:
                lookout.hints.wake.wait(pause)

    # Telling

    def _note_now_and_then(self) -> None:
        self._beat = monotonic()
        if monotonic() >= self._next_status:
            self._note("building")

    def _note(self, state: str) -> None:
        """Leave word for ``kgbuilder watch --status``, and set the gauges."""
        self._next_status = monotonic() + STATUS_INTERVAL
        lookout = self._lookout
        if lookout is None:
            return
        try:
            self._counts = self._journal.counts()
            self._journal.put_status(
                {
                    "state": state,
                    "folders": list(map(str, lookout.roots)),
                    "away": sorted(map(str, lookout.away)),
                    "store": self._settings.store,
                    "store_error": self._store_error,
                    "settling": len(lookout.settling),
                    "hints": len(lookout.hints),
                    "started": self._started,
                    "noted": time.time(),
                    "endpoint": self.address,
                }
            )
        except JournalError:
            self.metrics.errors.labels("journal").inc()
            logger.debug("No note of the daemon's state", exc_info=True)
        self.metrics.files.labels("settling").set(len(lookout.settling))
        for name, count in self._counts.items():
            self.metrics.files.labels(name).set(count)


def _stored(store: GraphStore, roots: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The documents of files below ``roots``, as `Journal.reconcile` wants them."""
    for root in roots:
        below = f"{file_uri(root).rstrip('/')}/"
        for row in store.each_document(below, prefix=True):
            yield {"source": row.source, "pipeline": row.pipeline, "path": file_of(row.source)}
