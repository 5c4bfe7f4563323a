"""One file in, its documents out: the right reader, the bounds, and failures that name the file."""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from ingest.documents import Document, Failure, content_hash
from ingest.errors import ReadError
from ingest.formats import Format, format_of
from ingest.language import detect
from ingest.options import ReadOptions
from ingest.readers.content import BadRecord, Content
from ingest.text import clean

logger = logging.getLogger(__name__)


def file_uri(path: str | os.PathLike[str]) -> str:
    """The URI under which a file's documents are known, symbolic links resolved."""
    return Path(path).resolve().as_uri()


def read(
    path: str | os.PathLike[str], options: ReadOptions | None = None
) -> Iterator[Document | Failure]:
    """The documents of the file at ``path``, and a failure for what cannot be read.

    Never raises for what is wrong with the file: a missing, empty, encrypted, damaged, too large
    or unsupported one gives one ``Failure`` that says so; a broken record of a table or of JSON
    lines gives one with the record's URI, and the other records go on.
    """
    options = options or ReadOptions()
    path = Path(path)
    source = ""
    try:
        source = file_uri(path)
        found = _check_file(path, options)
        empty = True
        for content in found.read(path, options):
            uri = f"{source}#{content.fragment}" if content.fragment else source
            empty = False
            if isinstance(content, BadRecord):
                yield Failure(uri, content.reason)
            elif not content.text.strip():
                yield Failure(uri, "there is no text in it")
            else:
                yield _document(uri, source, path, found, content)
        if empty:
            yield Failure(source, "there are no records in it")
    except ReadError as error:
        yield Failure(source, " ".join(str(error).split()))
    except OSError as error:
        yield Failure(source or str(path), f"cannot be read: {error.strerror or error}", True)
    except RecursionError:
        yield Failure(source, "nested too deeply")
    except MemoryError:
        yield Failure(source, "too large for the memory of this machine", True)
    except Exception as error:
        # Parsers meet damaged files with errors of every kind; none may stop the run.
        logger.debug("Reading %s failed", source, exc_info=True)
        message = " ".join(str(error).split())[:200]
        yield Failure(source or str(path), f"damaged: {message or type(error).__name__}")


def _check_file(path: Path, options: ReadOptions) -> Format:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise ReadError("a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise ReadError("not a regular file")
    if status.st_size == 0:
        raise ReadError("the file is empty")
    found = format_of(path)
    limit = options.limits.max_file_bytes
    if status.st_size > limit and not found.streamed:
        raise ReadError(f"{status.st_size:,} bytes, more than the limit of {limit:,}")
    return found


def _document(uri: str, source: str, path: Path, found: Format, content: Content) -> Document:
    # A file's name may hold anything, bytes that are no UTF-8 and line ends among it.
    title = content.title or clean(path.stem).replace("\n", " ")
    marks = [[mark.kind, mark.start, mark.label] for mark in content.marks]
    metadata = {clean(key): clean(value) for key, value in sorted(content.metadata.items())}
    return Document(
        uri=uri,
        source=source,
        media_type=found.media_type,
        language=detect(content.text),
        title=title,
        text=content.text,
        sha256=content_hash(json.dumps([title, content.text, marks, metadata], ensure_ascii=False)),
        marks=content.marks,
        metadata=MappingProxyType(metadata),
    )
