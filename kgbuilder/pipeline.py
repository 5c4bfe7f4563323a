"""From documents to the graph: skip what is there, split, extract, write.

Three threads, each with one job: reading, extracting (the caller's), writing. What waits
between them is bounded, so memory does not grow with the number of files, and a slow step holds
up the ones before it. Documents are written in the order in which they were read. A document
that fails is reported and left out; the run goes on.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import perf_counter

from graph.local import document_graph
from graph.records import DocumentGraph
from graph.store import GraphStore
from ingest.documents import Chunk, Document, Failure, document_id
from ingest.splitter import split
from kgbuilder.annotator import Annotator, Outcome
from kgbuilder.channel import Channel, ChannelClosedError
from kgbuilder.report import BuildReport
from model.annotations import Annotation

logger = logging.getLogger(__name__)

#: Bounds of what waits between two steps.
WAITING_DOCUMENTS = 256
WAITING_CHARACTERS = 4_000_000
#: Bounds of what is extracted together: enough to fill the extractor's batches from short
#: documents, little enough that a killed run loses only seconds.
GROUP_DOCUMENTS = 64
GROUP_CHARACTERS = 100_000
#: Bounds of what is written in one transaction; a kill loses it whole and nothing else.
WRITE_DOCUMENTS = 256
WRITE_CHARACTERS = 500_000

#: Seconds that a stopped run waits for the reader to come out of the file that it is in.
READER_PATIENCE = 5.0

Observer = Callable[[BuildReport], None]


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A document that was split where it was read."""

    document: Document
    chunks: list[Chunk]


Item = Document | Failure
Read = Item | SplitDocument


def _characters(item: Read) -> int:
    if isinstance(item, SplitDocument):
        item = item.document
    return len(item.text) if isinstance(item, Document) else 0


@dataclass
class _Source:
    """What a run has seen of one file, to find what is gone from it."""

    uri: str
    ids: array[int] = field(default_factory=lambda: array("Q"))
    kinds: set[str] = field(default_factory=set)
    """How its documents are told apart: ``row``, ``line``, ``id``, or nothing."""
    failed_kinds: set[str] = field(default_factory=set)

    new: bool = False
    """Whether it holds a document that the store does not have."""

    def add(self, item: Item, known: Container[str]) -> None:
        """Note an item; one that failed is not gone, so it keeps its old version."""
        kind = item.uri.partition("#")[2].partition("=")[0]
        (self.kinds if isinstance(item, Document) else self.failed_kinds).add(kind)
        id_ = document_id(item.uri)
        self.ids.append(int(id_, 16))
        self.new = self.new or id_ not in known

    @property
    def may_lack(self) -> bool:
        """Whether the store may have documents of this file that are no longer in it.

        Not where the file is one document and the store has it: then it was one before.
        """
        return self.complete and (self.new or self.kinds != {""})

    @property
    def complete(self) -> bool:
        """Whether what was not seen is gone.

        Not where the file as a whole failed, nor where a broken record could not even be told
        apart the way the others are.
        """
        return "" not in self.failed_kinds and self.failed_kinds <= self.kinds


Job = DocumentGraph | _Source


class Pipeline:
    """Builds documents into a store.

    ``fingerprint`` is what the result depends on beside the documents' content; ``chunk_tokens``
    the most tokens of a chunk; relations and events below ``min_confidence`` are left out. An
    object serves one ``run``.
    """

    def __init__(
        self,
        store: GraphStore,
        annotator: Annotator,
        fingerprint: str,
        chunk_tokens: int,
        min_confidence: float = 0.0,
        *,
        report: BuildReport | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.report = report if report is not None else BuildReport()
        self._store = store
        self._annotator = annotator
        self._fingerprint = fingerprint
        self._chunk_tokens = chunk_tokens
        self._min_confidence = min_confidence
        self._observe = observer or (lambda report: None)
        self._lock = Lock()
        self._read: Channel[Read] = Channel(WAITING_DOCUMENTS, WAITING_CHARACTERS)
        self._write: Channel[Job] = Channel(WAITING_DOCUMENTS, WAITING_CHARACTERS)
        self._error: BaseException | None = None
        self._source: _Source | None = None

    def run(self, items: Iterable[Read]) -> BuildReport:
        """Build ``items``; those of one source must follow each other.

        On KeyboardInterrupt, and on errors that concern the whole run (the store is gone), the
        documents written so far stay and the exception is raised.
        """
        start = perf_counter()
        reader = Thread(target=self._run_reader, args=(items,), name="read", daemon=True)
        writer = Thread(target=self._run_writer, name="write", daemon=True)
        reader.start()
        writer.start()
        try:
            with suppress(ChannelClosedError):  # the writer gave up; its error is raised below
                for group in self._groups():
                    self._build(group)
                    self._observe(self.report)
                if self._error is None:
                    for job in self._finish_source():
                        self._write.put(job)
            self._write.close()
            writer.join()
        finally:
            # After a normal end nothing is left to drop; after Ctrl-C the writer finishes the
            # transaction that it is in, and no other.
            self._read.abort()
            self._write.abort()
            writer.join()
            reader.join(READER_PATIENCE)
            self.report.seconds = perf_counter() - start
        if self._error is not None:
            raise self._error
        self._observe(self.report)
        return self.report

    # Reading

    def _run_reader(self, items: Iterable[Read]) -> None:
        iterator = iter(items)
        try:
            while True:
                start = perf_counter()
                item = next(iterator, None)
                self.report.read_seconds += perf_counter() - start
                if item is None:
                    break
                self._read.put(item, _characters(item))
        except ChannelClosedError:
            pass  # the run was stopped
        except BaseException as error:
            self._error = error
        finally:
            self._read.close()

    def _groups(self) -> Iterator[list[Read]]:
        """What is there to read, in groups; waits only while there is nothing at all."""
        while True:
            try:
                item: Read | None = self._read.get()
            except ChannelClosedError:
                return
            group: list[Read] = []
            characters = 0
            while item is not None:
                group.append(item)
                characters += _characters(item)
                if len(group) >= GROUP_DOCUMENTS or characters >= GROUP_CHARACTERS:
                    break
                item = self._read.get_nowait()
            yield group

    # Extracting

    def _build(self, read: list[Read]) -> None:
        start = perf_counter()
        group = [item.document if isinstance(item, SplitDocument) else item for item in read]
        documents = [item for item in group if isinstance(item, Document)]
        known = self._store.ledger([document.id for document in documents])
        chunks: dict[int, list[Chunk] | Exception] = {}  # by place in the group
        for place, item in enumerate(group):
            if isinstance(item, Document):
                current = (item.sha256, self._fingerprint)
                if known.get(item.id) != current:
                    split_there = read[place]
                    chunks[place] = (
                        split_there.chunks
                        if isinstance(split_there, SplitDocument)
                        else self._split(item)
                    )
        outcomes = self._annotator.annotate(
            [chunk.text for some in chunks.values() if isinstance(some, list) for chunk in some]
        )
        jobs: list[Job] = []
        for place, item in enumerate(group):
            jobs += self._enter_source(item, known)
            if isinstance(item, Failure):
                self._fail(item)
                continue
            self.report.documents += 1
            if place not in chunks:
                self.report.unchanged += 1
                continue
            try:
                jobs.append(self._assemble(item, chunks[place], outcomes))
            except Exception as error:
                self._fail_with(item.uri, error)
        self.report.cached_chunks = self._annotator.cached
        self.report.extract_seconds += perf_counter() - start
        for job in jobs:
            weight = len(job.document.text) if isinstance(job, DocumentGraph) else 0
            self._write.put(job, weight)

    def _split(self, document: Document) -> list[Chunk] | Exception:
        try:
            return split(document, self._annotator.token_spans, self._chunk_tokens)
        except Exception as error:
            return error

    def _assemble(
        self,
        document: Document,
        chunks: list[Chunk] | Exception,
        outcomes: Mapping[str, Outcome],
    ) -> DocumentGraph:
        if isinstance(chunks, Exception):
            raise chunks
        annotations: list[Annotation] = []
        for chunk in chunks:
            outcome = outcomes[chunk.text]
            if isinstance(outcome, Exception):
                raise outcome
            annotations.append(outcome.confident(self._min_confidence))
        self.report.characters += len(document.text)
        self.report.chunks += len(chunks)
        return document_graph(
            document, chunks, annotations, self._annotator.schema, self._fingerprint
        )

    # Sources: what was in one at an earlier build and is gone from it now

    def _enter_source(self, item: Item, known: Container[str]) -> list[Job]:
        """Note ``item``; returns the source before it if that is now complete."""
        uri = item.source if isinstance(item, Document) else item.uri.partition("#")[0]
        finished: list[Job] = []
        if self._source is None or self._source.uri != uri:
            finished = self._finish_source()
            self._source = _Source(uri)
        self._source.add(item, known)
        return finished

    def _finish_source(self) -> list[Job]:
        source, self._source = self._source, None
        if source is None:
            return []
        self.report.files += 1
        return [source] if source.may_lack else []

    # Writing

    def _run_writer(self) -> None:
        try:
            while True:
                job: Job | None = self._write.get()
                start = perf_counter()
                while job is not None:
                    if isinstance(job, DocumentGraph):
                        graphs, job = self._written_together(job)
                        self._write_documents(graphs)
                    else:
                        self._retract_missing(job)
                        job = self._write.get_nowait()
                self.report.write_seconds += perf_counter() - start
        except ChannelClosedError:
            pass
        except BaseException as error:
            self._error = error
        finally:
            self._write.abort()
            self._read.abort()

    def _written_together(self, first: DocumentGraph) -> tuple[list[DocumentGraph], Job | None]:
        """The documents that wait behind ``first``, and the job after them that is got."""
        graphs = [first]
        characters = len(first.document.text)
        while len(graphs) < WRITE_DOCUMENTS and characters < WRITE_CHARACTERS:
            job = self._write.get_nowait()
            if not isinstance(job, DocumentGraph):
                return graphs, job
            graphs.append(job)
            characters += len(job.document.text)
        return graphs, None

    def _write_documents(self, graphs: list[DocumentGraph]) -> None:
        results = self._store.write_all(graphs, self._annotator.schema)
        for graph, result in zip(graphs, results, strict=True):
            if isinstance(result, Exception):
                self._fail_with(graph.document.uri, result)
            elif not result.changed:  # a second time in the same run
                self.report.unchanged += 1
            else:
                self.report.written += 1
                self.report.mentions += sum(len(entity.mentions) for entity in graph.entities)
                self.report.relations += len(graph.relations)
                self.report.events += len(graph.events)

    def _retract_missing(self, source: _Source) -> None:
        seen = set(source.ids)
        stored = self._store.each_document(source.uri)
        gone = sorted(row.id for row in stored if int(row.id, 16) not in seen)
        self.report.retracted += self._store.delete_all(gone)

    # Failures

    def _fail_with(self, uri: str, error: Exception) -> None:
        logger.debug("%s failed", uri, exc_info=error)
        self._fail(Failure(uri, f"{type(error).__name__}: {error}", transient=True))

    def _fail(self, failure: Failure) -> None:
        logger.error("%s: %s", failure.uri, failure.reason)
        with self._lock:
            self.report.fail(failure)
