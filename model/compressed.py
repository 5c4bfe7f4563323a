"""Files that may be compressed, as the ending of their name tells."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

#: By ending; each takes a path or an open file, and a mode.
OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
#: What reading a damaged file raises.
DAMAGED = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)


def open_bytes(path: Path, mode: str = "rb") -> IO[bytes]:
    """The content of a file to read (``rb``) or write (``wb``), compressed or not."""
    opener = OPENERS.get(path.suffix.lower())
    file: IO[bytes] = path.open(mode) if opener is None else opener(path, mode)
    return file


def without_ending(path: Path) -> Path:
    """The path without the ending that says how the file is compressed."""
    return path.with_suffix("") if path.suffix.lower() in OPENERS else path
