"""Where an export goes: a file or folder that appears whole or not at all, or a stream."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def binary_output(target: str | os.PathLike[str] | IO[bytes]) -> Iterator[IO[bytes]]:
    """A binary stream to ``target``; ``-`` is standard output.

    A file is written beside its final name and renamed when all of it is on the disk, so that
    readers see the old file or the new one, never a part. If the block raises, nothing is left.
    """
    if not isinstance(target, str | os.PathLike):
        yield target
        target.flush()
        return
    if os.fspath(target) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(target)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; the export needs a file name")
    temporary = _temporary_name(path)
    try:
        with temporary.open("wb", buffering=1 << 20) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def output_folder(target: str | os.PathLike[str], marker: str) -> Iterator[Path]:
    """A new folder that takes the place of ``target`` when the block ends without an error.

    ``marker`` is a file that every such folder holds: an existing folder is replaced only if it
    is empty or has it, so that a mistyped path deletes nothing.

    Raises:
        FileExistsError: ``target`` is there and is neither empty nor an earlier export.
    """
    path = Path(target)
    if path.exists() and not (
        path.is_dir() and ((path / marker).is_file() or not any(path.iterdir()))
    ):
        raise FileExistsError(f"{path} exists and is no earlier export; choose another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        temporary.chmod(0o777 & ~_umask())  # mkdtemp makes it private
        yield temporary
        if path.exists():
            # A rename cannot replace a folder that holds something, so step the old one aside.
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
            path.replace(old)
            temporary.replace(path)
            shutil.rmtree(old)
        else:
            temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary_name(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
