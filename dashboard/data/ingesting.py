"""Documents that people give to the explorer: uploads and pasted text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import quote

from ingest.documents import Document, Failure, content_hash
from ingest.isolated import IsolatedReader
from ingest.language import detect
from ingest.options import ReadOptions
from kgbuilder.building import build_documents
from kgbuilder.parts import SchemaLike
from kgbuilder.report import BuildReport
from kgbuilder.settings import Settings

PREFIX = "upload:///"
_UNSAFE = re.compile(r"[^\w.\-()\[\] ]+")


class Upload(Protocol):
    """A file that came from a browser."""

    name: str

    def getbuffer(self) -> memoryview: ...


@dataclass(frozen=True)
class Progress:
    """``done`` documents are written, unchanged or failed, in the order of ``uris``."""

    uris: tuple[str, ...]
    done: int
    report: BuildReport


def upload_uri(name: str) -> str:
    """The address of an upload: its name, so that the same file again replaces it."""
    return f"{PREFIX}{quote(PurePath(name).name or 'file')}"


def pasted(title: str, text: str) -> Document:
    """A text as a document. Its address is its title, or else comes from its content."""
    title = " ".join(title.split())[:200]
    uri = upload_uri(title) if title else f"{PREFIX}text-{content_hash(text)[:12]}"
    return Document(
        uri=uri,
        source=uri,
        media_type="text/plain",
        language=detect(text),
        title=title,
        text=text,
        sha256=content_hash(f"{title}\n{text}"),
    )


def documents_of(
    uploads: Sequence[Upload], folder: Path, options: ReadOptions
) -> Iterator[Document | Failure]:
    """The documents of uploaded files, which are kept in ``folder`` while they are read."""
    with IsolatedReader(options) as reader:
        for number, upload in enumerate(uploads):
            name = PurePath(upload.name).name
            uri = upload_uri(name)
            # A folder for each: two uploads may have one name, and a name may be anything.
            place = folder / str(number)
            place.mkdir()
            path = place / (_UNSAFE.sub("_", name)[-100:] or "file")
            path.write_bytes(upload.getbuffer())
            for item in reader.read(path):
                _, _, fragment = item.uri.partition("#")
                here = f"{uri}#{fragment}" if fragment else uri
                if isinstance(item, Document):
                    yield replace(item, uri=here, source=uri)
                else:
                    yield replace(item, uri=here)
            path.unlink()


def add(
    items: Iterable[Document | Failure] | Callable[[Path], Iterable[Document | Failure]],
    settings: Settings,
    schema: SchemaLike | None,
    extractor: str | None,
    observe: Callable[[Progress], None],
) -> Progress:
    """Build documents into the graph of the settings; ``observe`` hears of every step.

    Raises what `kgbuilder.build` raises.
    """
    seen: list[str] = []

    def noted(found: Iterable[Document | Failure]) -> Iterator[Document | Failure]:
        for item in found:
            seen.append(item.uri)
            yield item

    def progress(report: BuildReport) -> Progress:
        done = report.written + report.unchanged + report.failed
        return Progress(tuple(seen), min(done, len(seen)), report)

    with TemporaryDirectory(prefix="kgbuilder-") as folder:
        found = items(Path(folder)) if callable(items) else items
        report = build_documents(
            noted(found),
            settings=settings,
            schema=schema,
            extractor=extractor,
            observer=lambda report: observe(progress(report)),
        )
    return progress(report)
