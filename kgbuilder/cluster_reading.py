"""Reading and splitting on many machines, with Ray Data.

Files are read in the order in which `ingest.walk` finds them, by tasks that Ray gives to whatever
machine has room, and does again where a machine is lost. What was read streams to the pipeline; Ray
Data holds its tasks up while the pipeline does not take it, so that the one ordered writer sets the
pace. A file that a machine cannot see, because its disk is not shared, is read here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.documents import Document, Failure
from ingest.isolated import IsolatedReader
from ingest.options import ReadOptions
from ingest.packing import chunks_data, chunks_of, document_data, document_of
from ingest.splitter import TokenSpans, split
from ingest.walk import files
from kgbuilder.cluster import CPUS, ClusterExtractor
from kgbuilder.extractors import load_extractor
from kgbuilder.pipeline import SplitDocument

Outcome = SplitDocument | Failure

#: Files that a task reads.
FILES_A_TASK = 16
#: Files that are planned at once: their names are in memory.
FILES_A_PLAN = 20_000
#: Documents that travel together.
DOCUMENTS_A_BLOCK = 64
#: Bytes of read documents that travel together, at most.
BLOCK_BYTES = 4 << 20
#: Bytes of read documents that may wait in the cluster's memory.
WAITING_BYTES = 256 << 20


def read_on_cluster(
    paths: Sequence[Path],
    options: ReadOptions,
    exclude: Sequence[Path],
    extractor: ClusterExtractor,
    chunk_tokens: int,
) -> Iterator[Outcome]:
    """The documents of ``paths`` as `ingest.walk.walk` gives them, each with its chunks."""
    found = files(paths, exclude)
    with IsolatedReader(options) as reader:
        while plan := list(islice(found, FILES_A_PLAN)):
            yield from (item for item in plan if isinstance(item, Failure))
            names = [os.fsencode(item.absolute()) for item in plan if isinstance(item, Path)]
            for packed in _stream(names, options, extractor, chunk_tokens):
                outcome = _unpack(packed)
                if isinstance(outcome, Path):
                    yield from _read(outcome, reader, extractor.token_spans, chunk_tokens)
                else:
                    yield outcome


def _stream(
    names: Sequence[bytes], options: ReadOptions, extractor: ClusterExtractor, chunk_tokens: int
) -> Iterator[bytes]:
    if not names:
        return
    import ray.data  # type: ignore[import-not-found,unused-ignore]

    context: Any = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = BLOCK_BYTES  # room for several tasks in what may wait
    context.execution_options.preserve_order = True
    resources: Any = type(context.execution_options.resource_limits)
    context.execution_options.resource_limits = resources(object_store_memory=WAITING_BYTES)
    tasks = -(-len(names) // FILES_A_TASK)
    data: Any = ray.data.from_items([{"path": name} for name in names], override_num_blocks=tasks)
    read = data.map_batches(
        _read_batch,
        batch_size=None,
        batch_format="numpy",
        fn_args=(options, extractor.name, extractor.pronouns, chunk_tokens),
        num_cpus=round(1 - CPUS, 3),
    )
    for row in read.iter_rows():
        yield row["item"]


def _read_batch(
    batch: dict[str, Any], options: ReadOptions, name: str, pronouns: bool, chunk_tokens: int
) -> Iterator[dict[str, list[bytes]]]:
    """Runs on a machine of the cluster."""
    reader, token_spans = _parts(options, name, pronouns)
    block: list[bytes] = []
    for path in map(Path, map(os.fsdecode, batch["path"])):
        outcomes: Iterable[Outcome | Path] = (
            _read(path, reader, token_spans, chunk_tokens) if path.exists() else [path]
        )
        for outcome in outcomes:
            block.append(_pack(outcome))
            if len(block) == DOCUMENTS_A_BLOCK:
                yield {"item": block}
                block = []
    if block:
        yield {"item": block}


@lru_cache(maxsize=2)
def _parts(
    options: ReadOptions, name: str, pronouns: bool
) -> tuple[IsolatedReader, Callable[[str], list[tuple[int, int]]]]:
    """What a process of the cluster keeps from one task to the next."""
    return IsolatedReader(options), load_extractor(name, pronouns=pronouns, threads=1).token_spans


def _read(
    path: Path, reader: IsolatedReader, token_spans: TokenSpans, chunk_tokens: int
) -> Iterator[Outcome]:
    for item in reader.read(path):
        yield _split(item, token_spans, chunk_tokens) if isinstance(item, Document) else item


def _split(document: Document, token_spans: TokenSpans, chunk_tokens: int) -> Outcome:
    try:
        return SplitDocument(document, split(document, token_spans, chunk_tokens))
    except Exception as error:
        return Failure(document.uri, f"{type(error).__name__}: {error}", transient=True)


def _pack(outcome: Outcome | Path) -> bytes:
    data: list[Any]
    if isinstance(outcome, SplitDocument):
        data = [document_data(outcome.document), chunks_data(outcome.chunks)]
    elif isinstance(outcome, Failure):
        data = [outcome.uri, outcome.reason, outcome.transient]
    else:
        data = [os.fsencode(outcome).decode("latin-1")]
    return json.dumps(data, separators=(",", ":")).encode()


def _unpack(packed: bytes) -> Outcome | Path:
    data = json.loads(packed)
    if len(data) == 3:
        return Failure(*data)
    if len(data) == 2:
        document = document_of(data[0])
        return SplitDocument(document, chunks_of(data[1], document))
    return Path(os.fsdecode(data[0].encode("latin-1")))
