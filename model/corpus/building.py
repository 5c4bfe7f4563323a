"""From a recipe to a packed corpus, in one pass over the sources."""

from __future__ import annotations

import gzip
import json
import logging
import multiprocessing
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from model.corpus.duplicates import Seen
from model.corpus.errors import CorpusError
from model.corpus.overlap import Overlap, evaluation_texts
from model.corpus.packed import PackedCorpus, PackedWriter
from model.corpus.recipe import Recipe, Source
from model.corpus.rules import Verdict, load_rules
from model.corpus.shapes import Files, RawDocument, Unreadable
from model.corpus.tokens import Tokenizer
from model.corpus.work import Done, Worker, run, start

logger = logging.getLogger(__name__)

REPORT = "report.json"
DROPPED = "dropped.jsonl.gz"
#: Documents go to workers in batches of about so many characters.
BATCH_CHARACTERS = 200_000
BATCH_DOCUMENTS = 200
#: Batches that wait for each worker, so that none idles and memory has a bound.
AHEAD = 3


@dataclass(slots=True)
class SourceReport:
    """What became of one source."""

    documents: int = 0
    """Read, the unreadable ones included."""
    kept: int = 0
    characters: int = 0
    """Of the documents kept."""
    samples: int = 0
    tokens: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    """Documents kept, by language."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Documents left out, by reason."""
    lines: Counter[str] = field(default_factory=Counter)
    """Lines taken out, by rule."""


@dataclass(slots=True)
class Report:
    """What became of all sources."""

    sources: dict[str, SourceReport] = field(default_factory=dict)
    seconds: float = 0.0
    bytes_read: int = 0
    bytes_total: int = 0

    @property
    def documents(self) -> int:
        """Read from all sources."""
        return sum(source.documents for source in self.sources.values())

    @property
    def tokens(self) -> int:
        """Packed."""
        return sum(source.tokens for source in self.sources.values())

    @property
    def dropped(self) -> Counter[str]:
        """Documents left out, by reason."""
        return sum((source.dropped for source in self.sources.values()), Counter[str]())


Observer = Callable[[Report], None]


def build(
    recipe: Recipe,
    *,
    workers: int = 1,
    overwrite: bool = False,
    observer: Observer | None = None,
) -> tuple[PackedCorpus, Report]:
    """Make the packed corpus of a recipe, which appears only when all of it is there.

    The result does not depend on the number of ``workers`` (processes that clean and tokenize).
    Beside the corpus's own files lie ``report.json`` and ``dropped.jsonl.gz``, which names every
    document left out, with the reason.

    Raises CorpusError.
    """
    load_rules(recipe.rules)  # what is wrong with the rules shows before any work
    vocabulary = Tokenizer(recipe.tokenizer, recipe.eos_token, recipe.bos_token).vocabulary
    files = [Files(source.paths) for source in recipe.sources]
    report = Report(bytes_total=sum(found.bytes_total for found in files))
    begun = perf_counter()
    with ExitStack() as stack:
        writer = stack.enter_context(
            PackedWriter(recipe.output, vocabulary, recipe.max_tokens, overwrite=overwrite)
        )
        overlap = _overlap(recipe, writer.folder)
        seen = Seen(writer.folder / "seen.sqlite", recipe.duplicates.threshold)
        stack.callback(seen.close)
        apply = _Workers(recipe, overlap, workers)
        stack.callback(apply.close)
        dropped = stack.enter_context(
            gzip.open(writer.folder / DROPPED, "wt", encoding="utf-8", compresslevel=5)
        )
        for source, found in zip(recipe.sources, files, strict=True):
            logger.info("Reading %s", source.name)
            writer.begin(source.name)
            counts = report.sources.setdefault(source.name, SourceReport())
            keeper = _Keeper(source.name, counts, recipe, seen, writer, dropped)
            already = report.bytes_read
            for done in apply(source, source.read(found)):
                keeper.take(done)
                report.bytes_read = already + found.bytes_read
                report.seconds = perf_counter() - begun
                if observer is not None:
                    observer(report)
        if not report.tokens:
            logger.warning("No sample is left; the report tells why")
        if overlap is not None:
            overlap.unlink()
        _write_report(writer.folder / REPORT, report)
    return PackedCorpus(recipe.output), report


class _Keeper:
    """Decides on duplicates, writes what stays, and notes what does not."""

    def __init__(
        self,
        source: str,
        counts: SourceReport,
        recipe: Recipe,
        seen: Seen,
        writer: PackedWriter,
        dropped: IO[str],
    ) -> None:
        self._source = source
        self._counts = counts
        self._recipe = recipe
        self._seen = seen
        self._writer = writer
        self._dropped = dropped

    def take(self, done: Done | Unreadable) -> None:
        counts = self._counts
        counts.documents += 1
        if isinstance(done, Unreadable):
            self._drop(done.id, Verdict("unreadable", done.why), "")
            return
        counts.lines.update(done.lines)
        verdict = done.verdict or self._duplicate(done)
        if verdict is not None:
            self._drop(done.id, verdict, done.start)
            return
        assert done.tokens is not None
        self._writer.add_many(done.tokens, done.lengths, documents=1)
        counts.kept += 1
        counts.characters += done.characters
        counts.samples += len(done.lengths)
        counts.tokens += len(done.tokens)
        counts.languages[done.language] += 1

    def _duplicate(self, done: Done) -> Verdict | None:
        name = f"{self._source}: {done.id}"
        if done.digest and (other := self._seen.exact(name, done.digest)):
            return Verdict("exact duplicate", f"of {other}")
        if done.signature is not None and (near := self._seen.near(name, done.signature)):
            return Verdict("near duplicate", f"of {near[0]}, similarity {near[1]:.2f}")
        return None

    def _drop(self, id: str, verdict: Verdict, begin: str) -> None:
        self._counts.dropped[verdict.reason] += 1
        row = {
            "source": self._source,
            "id": id,
            "reason": verdict.reason,
            "detail": verdict.detail,
            "text": begin,
        }
        # A lone surrogate cannot be written in UTF-8.
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
        self._dropped.write(f"{line}\n")


class _Workers:
    """Applies the work to documents, in their order, in this process or in others."""

    def __init__(self, recipe: Recipe, overlap: Path | None, count: int) -> None:
        self._count = count
        self._worker: Worker | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._broken = False
        if count <= 1:
            self._worker = Worker(recipe, overlap)
        else:
            # Spawned, not forked: forking a process with threads, as tokenizers has, may hang.
            self._pool = ProcessPoolExecutor(
                count, multiprocessing.get_context("spawn"), start, (recipe, overlap)
            )

    def __call__(
        self, source: Source, documents: Iterator[RawDocument | Unreadable]
    ) -> Iterator[Done | Unreadable]:
        waiting: deque[tuple[list[RawDocument | Unreadable], Future[list[Done]] | list[Done]]]
        waiting = deque()
        for batch in _batches(documents):
            readable = [item for item in batch if isinstance(item, RawDocument)]
            if self._pool is None:
                assert self._worker is not None
                waiting.append((batch, self._worker.work(source.name, readable)))
            else:
                waiting.append((batch, self._submit(self._pool, source.name, readable)))
            while len(waiting) > (AHEAD * self._count if self._pool else 0):
                yield from self._in_order(*waiting.popleft())
        while waiting:
            yield from self._in_order(*waiting.popleft())

    def close(self) -> None:
        if self._pool is None:
            return
        if self._broken and sys.version_info < (3, 11, 5):
            # What waits to be written to workers that are gone would hold up the end for ever
            # (CPython issue 94777); without a reader the writing fails.
            self._pool._call_queue._reader.close()  # type: ignore[attr-defined]
        self._pool.shutdown(cancel_futures=True)

    def _submit(
        self, pool: ProcessPoolExecutor, source: str, readable: list[RawDocument]
    ) -> Future[list[Done]]:
        try:
            return pool.submit(run, source, readable)
        except BrokenProcessPool as error:
            raise self._lost() from error
        except OSError as error:  # no memory, or process, for another one
            reason = error.strerror or str(error)
            raise CorpusError(f"no worker process can be started: {reason}") from error

    def _in_order(
        self, batch: list[RawDocument | Unreadable], results: Future[list[Done]] | list[Done]
    ) -> Iterator[Done | Unreadable]:
        try:
            done = iter(results.result() if isinstance(results, Future) else results)
        except BrokenProcessPool as error:
            raise self._lost() from error
        for item in batch:
            yield item if isinstance(item, Unreadable) else next(done)

    def _lost(self) -> CorpusError:
        self._broken = True
        return CorpusError(
            "a worker process was ended from outside, likely for want of memory: use fewer workers"
        )


def _batches(
    documents: Iterator[RawDocument | Unreadable],
) -> Iterator[list[RawDocument | Unreadable]]:
    batch: list[RawDocument | Unreadable] = []
    characters = 0
    for item in documents:
        batch.append(item)
        characters += len(item.text) if isinstance(item, RawDocument) else 0
        if characters >= BATCH_CHARACTERS or len(batch) >= BATCH_DOCUMENTS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _overlap(recipe: Recipe, folder: Path) -> Path | None:
    if not recipe.evaluation:
        return None
    path = folder / "evaluation.npy"
    overlap = Overlap.of(evaluation_texts(recipe.evaluation))
    logger.info("Keeping out %s runs of words of evaluation texts", f"{len(overlap):,}")
    overlap.save(path)
    return path


def _write_report(path: Path, report: Report) -> None:
    data: dict[str, Any] = {"seconds": round(report.seconds, 1), "sources": {}}
    for name, source in report.sources.items():
        counts = asdict(source)
        for key in ("languages", "dropped", "lines"):
            counts[key] = dict(getattr(source, key).most_common())
        data["sources"][name] = counts
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
