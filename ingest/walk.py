"""Files and folders in, documents out, in a stable order and in bounded memory."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ingest.documents import Document, Failure
from ingest.formats import by_suffix
from ingest.isolated import IsolatedReader
from ingest.options import ReadOptions
from ingest.reader import file_uri

logger = logging.getLogger(__name__)


def walk(
    paths: Iterable[str | os.PathLike[str]],
    options: ReadOptions | None = None,
    exclude: Iterable[str | os.PathLike[str]] = (),
) -> Iterator[Document | Failure]:
    """The documents of all files named by ``paths`` or found below the folders among them.

    The folders ``exclude`` are passed over, such as a store that lies among the documents.
    Streams: at any time one document is in memory, and the names of one folder's entries for
    each level.
    """
    with IsolatedReader(options) as reader:
        for found in files(paths, exclude):
            if isinstance(found, Failure):
                yield found
            else:
                yield from reader.read(found)


def files(
    paths: Iterable[str | os.PathLike[str]], exclude: Iterable[str | os.PathLike[str]] = ()
) -> Iterator[Path | Failure]:
    """The files that ``walk`` reads, in its order: as named, and folders sorted by name.

    In folders, hidden entries and files of unknown types are passed over (counted in the log);
    links to folders are followed, but no folder is visited twice. A named path is always taken,
    whatever its type; a missing one gives a ``Failure``.
    """
    skipped = _Skipped()
    visited: set[tuple[int, int]] = set()
    for folder in map(Path, exclude):
        with suppress(OSError):
            visited.add(_identity(folder))
    for path in map(Path, paths):
        try:
            is_folder = path.is_dir()
            exists = is_folder or path.exists()
        except (OSError, ValueError) as error:  # too long, not permitted, NUL in the name
            yield Failure(str(path), f"cannot be read: {error}")
            continue
        if is_folder:
            yield from _below(path, visited, skipped)
        elif exists:
            yield path
        else:
            yield Failure(_uri_of(path), "there is no such file or folder")
    if skipped.count:
        logger.info("Passed over %d files of types that cannot be read", skipped.count)


def is_hidden(name: str) -> bool:
    """Whether a folder's entry is passed over: hidden, or the lock file that Office leaves beside
    an open document."""
    return name.startswith((".", "~$"))


def _uri_of(path: Path) -> str:
    try:
        return file_uri(path)
    except (OSError, ValueError, RuntimeError):  # NUL in the name, a loop of links
        return str(path)


class _Skipped:
    count = 0


def _below(
    folder: Path, visited: set[tuple[int, int]], skipped: _Skipped
) -> Iterator[Path | Failure]:
    """Depth first, without recursion: a folder can be nested deeper than Python's stack."""
    try:
        levels = [_entries(folder, visited)]
    except OSError as error:
        yield Failure(_uri_of(folder), f"cannot be read: {error.strerror or error}")
        return
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
            continue
        path = Path(entry.path)
        try:
            if entry.is_dir():
                levels.append(_entries(path, visited))
            elif not entry.is_file():
                logger.debug("Passed over %s: not a regular file", path)
            elif by_suffix(path) is None:
                skipped.count += 1
                logger.debug("Passed over %s: not a type that can be read", path)
            else:
                yield path
        except OSError as error:
            yield Failure(_uri_of(path), f"cannot be read: {error.strerror or error}")


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _entries(folder: Path, visited: set[tuple[int, int]]) -> Iterator[os.DirEntry[str]]:
    """Entries of a folder that are not hidden, sorted by name; none if it was visited before."""
    identity = _identity(folder)
    if identity in visited:
        return iter(())
    visited.add(identity)
    with os.scandir(folder) as found:
        entries = [entry for entry in found if not is_hidden(entry.name)]
    return iter(sorted(entries, key=lambda entry: entry.name))
