"""Reading files that nobody vouches for: parsers run in a process that can be stopped.

A file made to hang a parser, to fill the memory or to crash a C library costs its own failure and
a new process, nothing else. Plain text, tables and JSON lines are read here: they are decoded and
cut by Python itself, record by record, in bounded memory.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from ingest.closing import Closing
from ingest.documents import Document, Failure
from ingest.formats import by_suffix
from ingest.options import ReadOptions
from ingest.reader import file_uri, read

logger = logging.getLogger(__name__)

#: Formats that are read in this process, and how large a file of them may be.
SIMPLE = {
    "text/plain": 1 << 20,
    "text/csv": sys.maxsize,
    "text/tab-separated-values": sys.maxsize,
    "application/x-ndjson": sys.maxsize,
}
#: What a file begins with is looked at where its name says plain text.
_MAGIC = (b"%PDF-", b"PK\x03\x04", b"<")
#: Files after which a worker is replaced, whatever its parsers have leaked by then.
FILES_OF_A_WORKER = 2000
#: What a worker inherits; no secrets of ours are among it.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
START_SECONDS = 120.0
_READ_SIZE = 1 << 20


class IsolatedReader(Closing):
    """Reads files as `ingest.reader.read` does, with a worker process for those that need one.

    A file may keep a worker busy for ``options.limits.max_seconds`` and fill
    ``max_memory_bytes``; beyond that it is a failure. A context manager; an object belongs to
    one thread at a time.
    """

    def __init__(self, options: ReadOptions | None = None) -> None:
        self.options = options or ReadOptions()
        self._worker: _Worker | None = None

    def read(self, path: str | os.PathLike[str]) -> Iterator[Document | Failure]:
        """See `ingest.reader.read`."""
        path = Path(path)
        if not self.options.isolate or os.name == "nt" or _is_simple(path):
            yield from read(path, self.options)
            return
        try:
            source = file_uri(path)
        except (OSError, ValueError, RuntimeError):
            yield from read(path, self.options)  # which says what is wrong
            return
        done = False
        try:
            if self._worker is None or self._worker.files >= FILES_OF_A_WORKER:
                self.close()
                self._worker = _Worker()
            yield from self._worker.read(path, source, self.options)
            done = True
        except _WorkerError as error:
            logger.debug("The worker failed on %s: %s", source, error)
            yield Failure(source, str(error), error.transient)
        finally:
            if not done:  # it may be in the midst of something
                self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


def _is_simple(path: Path) -> bool:
    """Whether a file can be read without a parser that it could harm."""
    try:
        claimed = by_suffix(path)
        limit = SIMPLE.get(claimed.media_type, 0) if claimed else 0
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return True  # reading it says so; opening a pipe would wait for ever
        if status.st_size > limit:
            return False
        with path.open("rb") as file:
            head = file.read(1024)
        return not head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(_MAGIC)
    except (OSError, ValueError):
        return True  # reading it says what is wrong


class _WorkerError(Exception):
    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


class _Worker:
    """One worker process."""

    def __init__(self) -> None:
        self.files = 0
        root = str(Path(__file__).resolve().parent.parent)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment | {"PYTHONPATH": os.pathsep.join(_import_path(root))},
            start_new_session=True,  # Ctrl-C is for us
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._answers, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._ready = False

    def read(self, path: Path, source: str, options: ReadOptions) -> Iterator[Document | Failure]:
        self.files += 1
        name = os.fsencode(path.absolute()).decode("ascii", "surrogateescape")
        request = {"path": name, "options": _encoded(options)}
        try:
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
        except OSError as error:
            raise _WorkerError("the parser's process has ended", transient=True) from error
        if not self._ready:
            self._line(START_SECONDS, options)  # its own start is nobody's fault
            self._ready = True
        from ingest.worker import decode_item

        left = float(options.limits.max_seconds)
        while True:
            start = monotonic()
            line = self._line(left, options)
            # Only waiting counts: between two documents the caller takes its time.
            left -= monotonic() - start
            try:
                answer: dict[str, Any] = json.loads(line)
                if answer.get("end"):
                    return
                item = decode_item(answer, source)
            except (ValueError, AttributeError) as error:
                raise _WorkerError(f"damaged: the parser went wrong ({error})") from error
            yield item

    def _line(self, seconds: float, options: ReadOptions) -> bytes:
        deadline = monotonic() + seconds
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not self._selector.select(max(0.0, deadline - monotonic())):
                raise _WorkerError(
                    f"takes longer to parse than the limit of {options.limits.max_seconds} s"
                )
            data = os.read(self._answers.fileno(), _READ_SIZE)
            if not data:
                raise _WorkerError(self._cause_of_death(options))
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _cause_of_death(self, options: ReadOptions) -> str:
        code = self._process.wait()
        if code == -9:
            return "the system ended the parser, as where memory is short"
        if code < 0:
            return f"damaged: the parser crashed on it (signal {-code})"
        limit = options.limits.max_memory_bytes / 2**20
        return f"damaged, or needs more than {limit:,.0f} MiB of memory: the parser gave up"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in (self._requests, self._answers):
            with suppress(OSError):
                stream.close()


def _import_path(root: str) -> list[str]:
    """Where the worker finds what we have imported, wherever we found it."""
    return list(dict.fromkeys([root, *(path for path in sys.path if path and Path(path).is_dir())]))


def _encoded(options: ReadOptions) -> dict[str, Any]:
    from ingest.worker import encode_options

    return encode_options(options)
