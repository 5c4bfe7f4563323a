"""Packed corpora: the tokens of all samples in one memory-mapped file.

A packed corpus is a folder of three files. ``tokens.bin`` holds the token ids of all samples, one
after the other, little-endian, 16 bits wide where the vocabulary allows and 32 bits otherwise.
``index.bin`` holds the offsets (in tokens, 64 bits) at which the samples start, and one more: the
end of the last. ``corpus.json`` tells the format's version, the vocabulary, the samples of each
source, and the checksums of the other two. The samples of one source lie together. The idea of a
token file with an index is that of Megatron-LM (Shoeybi et al. 2019).

Nothing is unpickled, and nothing is loaded whole: memory does not grow with the corpus, neither
while it is written nor while it is read.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate, pairwise
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from model.corpus.errors import CorpusError

logger = logging.getLogger(__name__)

FORMAT = "kgbuilder-packed-corpus"
VERSION = 1
TOKENS = "tokens.bin"
INDEX = "index.bin"
MANIFEST = "corpus.json"

Tokens = NDArray[np.uint16] | NDArray[np.uint32]
_BLOCK = 1 << 22
_OFFSET = np.dtype("<u8")


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How much of a packed corpus comes from one source."""

    samples: int = 0
    tokens: int = 0
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What readers must know of the tokenizer that made a corpus.

    ``tokenizer`` is the SHA-256 digest of its definition: corpora with different ones do not mix.
    """

    size: int
    tokenizer: str
    bos_id: int | None = None
    eos_id: int | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the stored tokens."""
        return np.dtype("<u2" if self.size <= 1 << 16 else "<u4")


@dataclass(frozen=True)
class Manifest:
    """What ``corpus.json`` tells."""

    vocabulary: Vocabulary
    max_tokens: int
    """No sample is longer."""
    samples: int
    tokens: int
    sources: Mapping[str, SourceCount]
    """In the order in which they lie in the corpus."""
    checksums: Mapping[str, str]
    """SHA-256 of each file."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """How the corpus was made; for people."""


class PackedCorpus:
    """The samples of a packed corpus: ``corpus[i]`` are the token ids of sample ``i``.

    Samples are read-only views of shape (length,) into the memory-mapped file, of type uint16 or
    uint32. ``source`` restricts the corpus to the samples of one source. Corpora can be sent to
    other processes, which map the file for themselves.

    Raises CorpusError if the folder is no packed corpus, of a later version, or damaged so far
    that the sizes of its files tell; ``verify`` compares every byte.
    """

    def __init__(self, path: str | Path, source: str | None = None) -> None:
        self.path = Path(path)
        self.source = source
        self.manifest = read_manifest(self.path)
        manifest = self.manifest
        dtype = manifest.vocabulary.dtype
        _check_size(self.path / TOKENS, manifest.tokens * dtype.itemsize)
        _check_size(self.path / INDEX, (manifest.samples + 1) * _OFFSET.itemsize)
        self._tokens = _map(self.path / TOKENS, dtype, manifest.tokens)
        self._index = _map(self.path / INDEX, _OFFSET, manifest.samples + 1)
        self._first, self._last = self._range(source)

    def __len__(self) -> int:
        return self._last - self._first

    def __getitem__(self, sample: int) -> Tokens:
        size = len(self)
        if not -size <= sample < size:
            raise IndexError(f"sample {sample} of {size}")
        place = self._first + (sample + size if sample < 0 else int(sample))
        view: Tokens = self._tokens[int(self._index[place]) : int(self._index[place + 1])]
        return view

    def __iter__(self) -> Iterator[Tokens]:
        return (self[sample] for sample in range(len(self)))

    def __reduce__(self) -> tuple[type[PackedCorpus], tuple[str, str | None]]:
        return PackedCorpus, (str(self.path), self.source)

    @property
    def eos_id(self) -> int | None:
        """Ends a document."""
        return self.manifest.vocabulary.eos_id

    @property
    def bos_id(self) -> int | None:
        """Begins a document."""
        return self.manifest.vocabulary.bos_id

    @property
    def max_tokens(self) -> int:
        """No sample is longer."""
        return self.manifest.max_tokens

    @property
    def sources(self) -> Mapping[str, SourceCount]:
        """Samples and tokens of each source."""
        if self.source is None:
            return self.manifest.sources
        return {self.source: self.manifest.sources[self.source]}

    @property
    def token_count(self) -> int:
        """Number of tokens of all samples."""
        return int(self._index[self._last]) - int(self._index[self._first])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of every sample; 8 bytes each."""
        return _lengths(self._index[self._first : self._last + 1])

    def blocks(self) -> Iterator[tuple[Tokens, NDArray[np.int64]]]:
        """The samples in order, many at a time: their tokens in one array, and their lengths."""
        start = self._first
        while start < self._last:
            begin = int(self._index[start])
            ahead = self._index[start : min(start + _BLOCK // 64, self._last) + 1]
            count = int(np.searchsorted(ahead, begin + _BLOCK, side="right")) - 1
            stop = start + max(count, 1)
            lengths = _lengths(self._index[start : stop + 1])
            yield self._tokens[begin : int(self._index[stop])], lengths
            start = stop

    def verify(self) -> None:
        """Compare the files with their checksums. Raises CorpusError where one differs."""
        for name, expected in self.manifest.checksums.items():
            if _digest(self.path / name) != expected:
                raise CorpusError(
                    f"{self.path / name} is damaged: its checksum differs; pack it again"
                )

    def _range(self, source: str | None) -> tuple[int, int]:
        sources = self.manifest.sources
        if source is None:
            return 0, self.manifest.samples
        if source not in sources:
            raise CorpusError(
                f"{self.path} has no source {source!r}, only {', '.join(sources) or 'none'}"
            )
        ends = accumulate((count.samples for count in sources.values()), initial=0)
        return dict(zip(sources, pairwise(ends), strict=True))[source]


class PackedWriter:
    """Writes a packed corpus, sample by sample; a context manager.

    The corpus appears under its name only when the block ends without an exception: until then
    it lies in a ``.partial`` folder beside it. One that a killed process left there is replaced.

    Raises CorpusError if ``path`` exists, unless ``overwrite``, or another process writes it now.
    """

    def __init__(
        self,
        path: str | Path,
        vocabulary: Vocabulary,
        max_tokens: int,
        *,
        overwrite: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = Path(path)
        self.vocabulary = vocabulary
        self.max_tokens = max_tokens
        self.extra: dict[str, Any] = dict(extra or {})
        self.sources: dict[str, SourceCount] = {}
        self._overwrite = overwrite
        self._source: str | None = None
        self._position = 0
        self._partial = self.path.with_name(f"{self.path.name}.partial")

    def __enter__(self) -> PackedWriter:
        if not self._overwrite and self.path.exists():
            raise CorpusError(f"{self.path} exists; remove it, overwrite it or choose another name")
        if self.path.exists() and not (self.path / MANIFEST).is_file():
            raise CorpusError(f"{self.path} is no packed corpus: it will not be overwritten")
        self._partial.mkdir(parents=True, exist_ok=True)
        # The lock file stays: were it removed, two others could each hold a lock on one.
        self._lock = _lock(self._partial / ".lock")
        self._tokens = _HashedFile(self._partial / TOKENS)
        self._index = _HashedFile(self._partial / INDEX)
        self._index.write(np.zeros(1, _OFFSET))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tokens.close()
        self._index.close()
        try:
            if kind is None:
                self._finish()
            else:
                shutil.rmtree(self._partial, ignore_errors=True)
        finally:
            self._lock.close()

    @property
    def folder(self) -> Path:
        """Where the corpus lies until it is whole; what is put there becomes part of it."""
        return self._partial

    def begin(self, source: str) -> None:
        """Samples that are added from now on come from ``source``.

        Raises CorpusError if that source was begun before: its samples must lie together.
        """
        if source in self.sources:
            raise CorpusError(f"source {source!r} comes twice; give each a name of its own")
        self._source = source
        self.sources[source] = SourceCount()

    def add(self, tokens: Sequence[int] | NDArray[Any]) -> None:
        """Add one sample."""
        self.add_many(np.asarray(tokens), [len(tokens)])

    def add_many(
        self,
        tokens: NDArray[Any],
        lengths: Sequence[int] | NDArray[np.int64],
        documents: int = 0,
    ) -> None:
        """Add samples: ``tokens`` of shape (sum of lengths,), and the ``lengths`` of each.

        ``documents`` is how many documents they come from, for the counts. Raises CorpusError
        where a token is not in the vocabulary or a sample empty or too long.
        """
        if self._source is None:
            raise CorpusError("a source must begin before samples are added")
        sizes = np.asarray(lengths, dtype=np.int64)
        if int(sizes.sum()) != len(tokens):
            raise CorpusError(f"{len(tokens)} tokens do not make samples of {sizes.sum()} in all")
        if len(sizes):
            if int(sizes.min()) < 1 or int(sizes.max()) > self.max_tokens:
                raise CorpusError(f"a sample must have 1 to {self.max_tokens} tokens")
            if int(tokens.min()) < 0 or int(tokens.max()) >= self.vocabulary.size:
                raise CorpusError(
                    f"token {int(tokens.max())} is outside the vocabulary of {self.vocabulary.size}"
                )
            self._tokens.write(tokens.astype(self.vocabulary.dtype, copy=False))
            self._index.write((self._position + np.cumsum(sizes)).astype(_OFFSET))
            self._position += len(tokens)
        count = self.sources[self._source]
        self.sources[self._source] = SourceCount(
            count.samples + len(sizes), count.tokens + len(tokens), count.documents + documents
        )

    def _finish(self) -> None:
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "vocabulary": asdict(self.vocabulary),
            "token_bits": 8 * self.vocabulary.dtype.itemsize,
            "max_tokens": self.max_tokens,
            "samples": sum(count.samples for count in self.sources.values()),
            "tokens": self._position,
            "sources": {name: asdict(count) for name, count in self.sources.items()},
            "checksums": {TOKENS: self._tokens.digest, INDEX: self._index.digest},
            "extra": self.extra,
        }
        with (self._partial / MANIFEST).open("w", encoding="utf-8") as file:
            json.dump(manifest, file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(file.fileno())
        (self._partial / ".lock").unlink()
        old = self.path.with_name(f"{self.path.name}.old")
        if self.path.exists():
            shutil.rmtree(old, ignore_errors=True)
            self.path.rename(old)
        self._partial.rename(self.path)
        _sync_folder(self.path.parent)
        shutil.rmtree(old, ignore_errors=True)


def merge(
    paths: Sequence[str | Path], output: str | Path, *, overwrite: bool = False
) -> PackedCorpus:
    """One packed corpus from several, without tokenizing again; sources of one name are joined.

    Raises CorpusError if their tokenizers differ.
    """
    corpora = [PackedCorpus(path) for path in paths]
    if not corpora:
        raise CorpusError("nothing to merge")
    for corpus in corpora[1:]:
        if corpus.manifest.vocabulary != corpora[0].manifest.vocabulary:
            raise CorpusError(
                f"{corpora[0].path} and {corpus.path} come from different tokenizers:"
                " pack the texts again with one of them"
            )
    names = list(dict.fromkeys(name for corpus in corpora for name in corpus.sources))
    writer = PackedWriter(
        output,
        corpora[0].manifest.vocabulary,
        max(corpus.max_tokens for corpus in corpora),
        overwrite=overwrite,
        extra={"merged": [str(path) for path in paths]},
    )
    with writer:
        for name in names:
            writer.begin(name)
            documents = 0
            for corpus in corpora:
                if name in corpus.sources:
                    documents += corpus.sources[name].documents
                    for tokens, lengths in PackedCorpus(corpus.path, name).blocks():
                        writer.add_many(tokens, lengths)
            writer.sources[name] = replace(writer.sources[name], documents=documents)
    return PackedCorpus(output)


def read_manifest(path: Path) -> Manifest:
    """What the packed corpus at ``path`` tells of itself. Raises CorpusError."""
    try:
        data = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(
            f"{path} is no packed corpus: {MANIFEST} cannot be read ({error.strerror})"
        ) from error
    except ValueError as error:
        raise CorpusError(f"{path / MANIFEST} is damaged: {error}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CorpusError(f"{path / MANIFEST} does not describe a packed corpus")
    if data.get("version") != VERSION:
        raise CorpusError(
            f"{path} has version {data.get('version')} of the format, and this program reads"
            f" version {VERSION}"
        )
    try:
        manifest = Manifest(
            vocabulary=Vocabulary(**data["vocabulary"]),
            max_tokens=int(data["max_tokens"]),
            samples=int(data["samples"]),
            tokens=int(data["tokens"]),
            sources={name: SourceCount(**count) for name, count in data["sources"].items()},
            checksums={TOKENS: data["checksums"][TOKENS], INDEX: data["checksums"][INDEX]},
            extra=data["extra"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CorpusError(f"{path / MANIFEST} is damaged: {error}") from error
    if sum(count.samples for count in manifest.sources.values()) != manifest.samples:
        raise CorpusError(f"{path / MANIFEST} is damaged: its counts do not add up")
    return manifest


class _HashedFile:
    """A file being written, and the digest of what was written."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb", buffering=1 << 20)
        self._hash = hashlib.sha256()

    def write(self, array: NDArray[Any]) -> None:
        data = np.ascontiguousarray(array).data.cast("B")
        self._hash.update(data)
        self._file.write(data)

    def close(self) -> None:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _map(path: Path, dtype: np.dtype[Any], length: int) -> NDArray[Any]:
    if not length:
        return np.zeros(0, dtype)  # an empty file cannot be mapped
    # As a plain array, whose slices are made several times faster than those of a memmap.
    return np.asarray(np.memmap(path, dtype, mode="r", shape=(length,)))


def _lengths(offsets: NDArray[Any]) -> NDArray[np.int64]:
    ends = offsets.astype(np.int64)
    return ends[1:] - ends[:-1]


def _check_size(path: Path, expected: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise CorpusError(f"{path} is damaged: it has {found:,} bytes instead of {expected:,}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lock(path: Path) -> IO[bytes]:
    file = path.open("wb")
    try:
        import fcntl
    except ImportError:  # Windows: the open file itself keeps others from removing the folder
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CorpusError(f"another process writes {path.parent} now") from error
    return file


def _sync_folder(path: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
