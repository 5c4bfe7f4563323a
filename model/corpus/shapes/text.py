"""Plain text, a document a file or a line, and whatever else ``ingest`` reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingest.documents import Document
from ingest.reader import read as ingest_read
from model.compressed import OPENERS
from model.corpus.repair import repair
from model.corpus.shapes.base import RawDocument, Unreadable, with_title
from model.corpus.shapes.books import MAX_BYTES, read_whole
from model.corpus.shapes.files import DAMAGED, Files, stem

_PLAIN = (".txt", ".text", "")


def read(files: Files) -> Iterator[RawDocument | Unreadable]:
    """One document a text file; PDF, DOCX, HTML and the others as ``ingest`` reads them."""
    for path, name in files.named():
        if Path(stem(path)).suffix.lower() in _PLAIN or path.suffix.lower() in OPENERS:
            yield read_whole(path, files, name, MAX_BYTES)
            continue
        for found in ingest_read(path):
            if isinstance(found, Document):
                title = "" if found.title == path.stem else found.title
                yield RawDocument(name, found.text, title)
            else:
                yield Unreadable(name, found.reason)
        files.bytes_read += path.stat().st_size


def read_lines(files: Files) -> Iterator[RawDocument | Unreadable]:
    """One document a line, in UTF-8."""
    for path in files:
        try:
            for number, line in files.lines(path):
                yield RawDocument(f"{path.name}:{number}", line.decode("utf-8-sig", "replace"))
        except DAMAGED as error:
            yield Unreadable(str(path), f"damaged: {error}")


def clean(raw: RawDocument) -> str:
    """The text, repaired."""
    return with_title(raw.title, repair(raw.text))
