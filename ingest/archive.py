"""Zip files (DOCX, PPTX, EPUB) checked before anything in them is unpacked or parsed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import ReadError
from ingest.options import ReadLimits

_RATIO_COUNTS_FROM = 16 * 1024**2
_XML_SUFFIXES = (".xml", ".rels", ".opf", ".ncx", ".xhtml", ".html", ".htm")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_ENCRYPTED = 0x1


@contextmanager
def open_archive(path: Path, limits: ReadLimits) -> Iterator[zipfile.ZipFile]:
    """The zip file at ``path``, after a look at its directory.

    Raises ReadError if it is damaged, encrypted, holds too many entries or would unpack to more
    than ``limits`` allow. The sizes of the directory can be trusted: ``zipfile`` never unpacks
    more of an entry than its directory says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > limits.max_archive_entries:
                raise ReadError(
                    f"holds {len(entries):,} parts, more than the limit of "
                    f"{limits.max_archive_entries:,}"
                )
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                raise ReadError("encrypted: remove the password first")
            expanded = sum(entry.file_size for entry in entries)
            ratio = expanded / max(path.stat().st_size, 1)
            if expanded > limits.max_expanded_bytes or (
                expanded > _RATIO_COUNTS_FROM and ratio > limits.max_expansion
            ):
                raise ReadError(
                    f"unpacks to {expanded:,} bytes, {ratio:,.0f} times its size: "
                    "refused as a decompression bomb"
                )
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise ReadError(f"damaged: {error}") from error


def refuse_entities(archive: zipfile.ZipFile) -> None:
    """Raises ReadError if an XML part declares a document type or entities.

    Office files never do; an entity that expands to others is a way to fill the memory.
    """
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")):
            data = archive.read(entry)
            for part in (data, data.replace(b"\0", b"")) if b"\0" in data[:4] else (data,):
                if _DOCTYPE.search(part) or _ENTITY.search(part):
                    raise ReadError(f"part {entry.filename} declares a document type: refused")
