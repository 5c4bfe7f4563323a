"""Documents from where a URL leads: S3 and other stores of objects, HTTP, whatever fsspec knows.

A file is copied to this machine, read as any other, and forgotten; its documents bear its URL.
"""

from __future__ import annotations

import logging
import posixpath
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ingest.documents import Document, Failure
from ingest.errors import ReadError
from ingest.formats import by_suffix
from ingest.isolated import IsolatedReader
from ingest.options import ReadOptions
from ingest.reader import file_uri
from ingest.walk import is_hidden

logger = logging.getLogger(__name__)

_URL = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
#: Parts of a query that let whoever knows them in; such queries are no part of a document's URI.
_SIGNED = re.compile(r"(?:^|&)[\w-]*(?:signature|sig|token|credential|key|expires)=", re.IGNORECASE)
_NAME = re.compile(r"[^\w.-]")
_BLOCK = 1 << 20


def is_url(path: object) -> bool:
    """Whether ``path`` is a URL, and not of a file on this machine."""
    return isinstance(path, str) and _URL.match(path) is not None


def fetch(urls: Iterable[str], options: ReadOptions | None = None) -> Iterator[Document | Failure]:
    """The documents of files and folders at ``urls``, folders sorted by name.

    In folders, hidden entries and files of unknown types are passed over. What cannot be fetched
    or read is a ``Failure``. Raises ReadError where the packages for a kind of URL are missing, or
    a URL holds a password.
    """
    options = options or ReadOptions()
    with IsolatedReader(options) as reader, tempfile.TemporaryDirectory() as scratch:
        for url in urls:
            system, place = _open(url)
            try:
                paths = _files(system, place)
            except FileNotFoundError:
                yield Failure(_uri(url), "there is no such file or folder")
                continue
            except Exception as error:  # each kind of store has errors of its own
                yield Failure(_uri(url), f"cannot be reached: {_reason(error)}", transient=True)
                continue
            for path in paths:
                yield from _read(system, path, reader, Path(scratch))


def _open(url: str) -> tuple[Any, str]:
    parts = urlsplit(url)
    if parts.password is not None:
        raise ReadError("a URL must hold no password: give it in the way of its kind of store")
    try:
        import fsspec  # type: ignore[import-untyped]

        system, place = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ReadError(
            f"{parts.scheme}:// cannot be read: {error}; install kgbuilder[remote], and what fsspec"
            " needs for it (s3fs, gcsfs, adlfs)"
        ) from error
    return system, place


def _files(system: Any, place: str) -> list[str]:
    protocols = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    if "http" in protocols or not system.isdir(place):
        if not system.exists(place):
            raise FileNotFoundError(place)
        return [place]
    root = place.rstrip("/")
    return [
        path
        for path in sorted(system.find(place))
        if not any(map(is_hidden, path.removeprefix(root).strip("/").split("/")))
        and by_suffix(Path(path)) is not None
    ]


def _read(
    system: Any, path: str, reader: IsolatedReader, scratch: Path
) -> Iterator[Document | Failure]:
    uri = _uri(system.unstrip_protocol(path))
    name = _NAME.sub("_", unquote(posixpath.basename(urlsplit(uri).path)))[-100:]
    copy = scratch / (name.lstrip(".-") or "index")
    try:
        _copy(system, path, copy, reader.options.limits.max_file_bytes)
        here = file_uri(copy)
        for item in reader.read(copy):
            there = uri + item.uri.removeprefix(here)
            if isinstance(item, Document):
                yield replace(item, uri=there, source=uri)
            else:
                yield replace(item, uri=there)
    except ReadError as error:
        yield Failure(uri, str(error))
    except FileNotFoundError:
        yield Failure(uri, "there is no such file")
    except Exception as error:
        logger.debug("Fetching %s failed", uri, exc_info=True)
        yield Failure(uri, f"cannot be fetched: {_reason(error)}", transient=True)
    finally:
        copy.unlink(missing_ok=True)


def _copy(system: Any, path: str, target: Path, limit: int) -> None:
    """Not by the size that the other side tells, which may be wrong."""
    copied = 0
    with system.open(path, "rb") as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            copied += len(block)
            if copied > limit:
                raise ReadError(f"more bytes than the limit of {limit:,}")
            file.write(block)


def _uri(url: str) -> str:
    """The URL as a document's URI: without a fragment, which tells rows, and without secrets."""
    if not url.lower().startswith(("http:", "https:")):
        return url.replace("#", "%23")
    place, mark, query = url.partition("#")[0].partition("?")
    return place if _SIGNED.search(query) else f"{place}{mark}{query}"


def _reason(error: Exception) -> str:
    # Messages of HTTP clients repeat the URL, and with it what may be a secret.
    text = re.sub(r"\S*://\S*", "its URL", " ".join(str(error).split()))[:200]
    return text or type(error).__name__
