"""The files of a source: found in a stable order, unpacked and read as a stream."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from model import compressed
from model.corpus.errors import CorpusError

#: A longer line is no record.
MAX_LINE_BYTES = 1 << 28
#: What reading a damaged file raises, or one that cannot be read any more.
DAMAGED = (OSError, *compressed.DAMAGED)


class Files:
    """The files that ``paths`` name or that lie below folders among them, sorted by name.

    ``bytes_read`` counts what was read of them as they lie on disk, of ``bytes_total``. Hidden
    files and folders are passed over. Raises CorpusError where a path does not exist.
    """

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self.paths = [Path(path) for path in paths]
        for path in self.paths:
            if not path.exists():
                raise CorpusError(f"there is no file or folder {path}")
        self.bytes_read = 0
        self.bytes_total = sum(size for _, size in self._walk())

    def __iter__(self) -> Iterator[Path]:
        return (path for path, _ in self._walk())

    def named(self) -> Iterator[tuple[Path, str]]:
        """Each file, and its name relative to the path that led to it."""
        for root in self.paths:
            for path, _ in _below(root):
                yield path, path.name if path == root else path.relative_to(root).as_posix()

    @contextmanager
    def open(self, path: Path) -> Iterator[IO[bytes]]:
        """The content of a file, unpacked if it ends in ``.gz``, ``.bz2`` or ``.xz``."""
        with io.BufferedReader(_Counted(path, self), 1 << 18) as raw:
            unpack = compressed.OPENERS.get(path.suffix.lower())
            if unpack is None:
                yield raw
            else:
                with unpack(raw, "rb") as content:
                    yield content

    def lines(self, path: Path) -> Iterator[tuple[int, bytes]]:
        """Number and content of the lines that are not blank; a too long one is an empty one."""
        with self.open(path) as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES):
                number += 1
                if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                    while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                        pass
                    yield number, b""
                elif line.strip():
                    yield number, line

    def _walk(self) -> Iterator[tuple[Path, int]]:
        for root in self.paths:
            yield from _below(root)


def stem(path: Path) -> str:
    """Name of a file without the suffix of packing."""
    return compressed.without_ending(path).name


def parse_line(line: bytes) -> dict[str, Any] | str:
    """The JSON object of a line, or what is wrong with it."""
    try:
        data = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return f"no JSON: {error}" if line else "the line is too long"
    return data if isinstance(data, dict) else "no JSON object"


class _Counted(io.FileIO):
    def __init__(self, path: Path, files: Files) -> None:
        super().__init__(path, "rb")
        self._files = files

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        self._files.bytes_read += count or 0
        return count


def _below(root: Path) -> Iterator[tuple[Path, int]]:
    if not root.is_dir():
        yield root, root.stat().st_size
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                yield path, path.stat().st_size
