"""What the readers of record files (tables, JSON lines) share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from ingest.encoding import detect_encoding
from ingest.errors import ReadError
from ingest.options import ReadOptions

_SAMPLE = 1 << 20
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


@contextmanager
def open_streamed(path: Path, options: ReadOptions) -> Iterator[TextIO]:
    """The file as text, its encoding told from the first MiB.

    Bytes that do not fit the encoding become lone surrogates (see ``is_undecodable``), so that
    only their record is lost. Line ends are left as they are.
    """
    encoding = options.encoding
    if encoding is None:
        with path.open("rb") as binary:
            sample = binary.read(_SAMPLE)
        if len(sample) == _SAMPLE:  # don't judge by a character cut in half
            encoding = detect_encoding(sample[: sample.rfind(b"\n") + 1] or sample, complete=False)
        else:
            encoding = _forgiving_encoding(sample)
    try:
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            yield file
    except LookupError:
        raise ReadError(f"unknown encoding {encoding!r}") from None
    except UnicodeError as error:
        raise ReadError(f"not valid {encoding}: {error}") from error


def is_undecodable(text: str) -> bool:
    """Whether ``text``, from a file of ``open_streamed``, holds bytes that could not be decoded."""
    return _ESCAPED_BYTE.search(text) is not None


def id_fragment(identifier: str) -> str:
    """URI fragment of the record with this identifier."""
    return "id=" + quote(identifier, safe="")


def _forgiving_encoding(data: bytes) -> str:
    """UTF-8 if all but a few lines are, however the rest would be judged."""
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    good = sum(_is_utf8(line) for line in lines)
    if (
        good
        and good >= 0.9 * len(lines) - 1
        and b"\0" not in data
        and data[:2]
        not in (
            b"\xff\xfe",
            b"\xfe\xff",
        )
    ):
        return "utf-8-sig"
    return detect_encoding(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeError:
        return False
    return True
