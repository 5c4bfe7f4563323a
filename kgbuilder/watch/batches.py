"""What becomes of complete files: built together through the pipeline, each with its own fate."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.store import GraphStore, StoreError
from ingest.closing import Closing
from ingest.documents import Document, Failure
from ingest.isolated import IsolatedReader
from kgbuilder.annotator import Annotator
from kgbuilder.building import file_of
from kgbuilder.pipeline import Pipeline
from kgbuilder.report import BuildReport
from kgbuilder.settings import Settings
from kgbuilder.watch.folders import signature
from kgbuilder.watch.journal import Journal, JournalError
from kgbuilder.watch.lookout import File, Lookout
from kgbuilder.watch.metrics import Metrics
from kgbuilder.watch.stopping import Stopper

logger = logging.getLogger(__name__)

#: Each wait between two tries of a file is so many times the one before.
BACKOFF_FACTOR = 4


@dataclass(slots=True)
class FileReport(BuildReport):
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


class Builder(Closing):
    """Builds batches of files, and notes in the journal what became of each, after the graph has.

    ``beat`` is called now and then while a batch is built.
    """

    def __init__(
        self,
        settings: Settings,
        annotate: Annotator,
        lookout: Lookout,
        journal: Journal,
        metrics: Metrics,
        stopper: Stopper,
        beat: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._watch = settings.watch
        self._annotate = annotate
        self._lookout = lookout
        self._journal = journal
        self._metrics = metrics
        self._stopper = stopper
        self._beat = beat
        self._reader = IsolatedReader(settings.ingest)

    def close(self) -> None:
        self._reader.close()

    def build(self, store: GraphStore, batch: Sequence[File]) -> None:
        """Raises Stopped, StoreError and JournalError; then nothing was noted."""
        report = FileReport()
        documents: Counter[str] = Counter()
        pipeline = Pipeline(
            store,
            self._annotate,
            self._lookout.pipeline,
            self._settings.chunk_tokens,
            self._settings.min_confidence,
            report=report,
            observer=lambda _: self._beat(),
        )
        try:
            with self._stopper.interruptible():
                pipeline.run(self._read(self._reader, batch, documents))
        except (StoreError, JournalError):
            # The pipeline's reader may still be in the midst of a file.
            self._reader = IsolatedReader(self._settings.ingest)
            raise
        except Exception as error:  # none is expected; one file must not stop the others
            self._reader = IsolatedReader(self._settings.ingest)
            if len(batch) > 1:
                for file in batch:
                    self.build(store, [file])
                return
            logger.exception("Building %s failed", batch[0].source)
            report.fail(
                Failure(batch[0].source, f"{type(error).__name__}: {error}", transient=True)
            )
        self._metrics.add(report)
        self._metrics.errors.labels("read").inc(report.failed)
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
        self, reader: IsolatedReader, batch: Sequence[File], documents: Counter[str]
    ) -> Iterator[Document | Failure]:
        for file in batch:
            for item in reader.read(file.path):
                if isinstance(item, Document):
                    documents[file.source] += 1
                yield item

    def _settle_account(
        self, file: File, failure: Failure | None, documents: Mapping[str, int]
    ) -> None:
        """Note in the journal what became of a file."""
        latency = self._lookout.settling.age(file.path)
        self._lookout.settling.forget(file.path)
        try:
            after = signature(file.path.stat())
        except OSError:
            self._lookout.may_be_gone(file.path)
            after = None
        changed = after is not None and after != file.signature  # while it was read
        if after is not None and changed:
            # It is read again. What the graph has of it is noted all the same: were the file to go
            # before that, nothing else would tell that its documents have to.
            self._lookout.settling.see(file.path, after)
            failure = None
        mount = self._lookout.mounts.of(file_of(file.source))
        if failure is None:
            self._journal.done(
                file.path,
                file.source,
                mount,
                file.signature,
                self._lookout.pipeline,
                documents[file.source],
            )
            if not changed:
                self._metrics.latency.observe(latency)
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
            self._lookout.pipeline,
            attempts=attempts,
            reason=failure.reason,
            next_try=next_try,
        )
