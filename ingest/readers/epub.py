"""EPUB books: XHTML chapters in a zip file, in the order of the book's spine."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.archive import open_archive
from ingest.encoding import decode
from ingest.errors import ReadError
from ingest.options import ReadOptions
from ingest.readers.content import Content
from ingest.readers.html import parse, render
from ingest.text import TextBuilder, squeeze

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# Scrambled fonts are allowed in books that can be read.
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_epub(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document: all chapters, their headings (or else their titles) as section marks.

    Raises ReadError if the book is damaged or protected (DRM).
    """
    with open_archive(path, options.limits) as archive:
        _refuse_protected(archive)
        package_path = _package_path(archive)
        package = _xml(archive, package_path)
        builder = TextBuilder(options.limits.max_text_chars)
        for name in _spine(package, posixpath.dirname(package_path)):
            html = decode(_part(archive, name))
            if not html.strip():
                continue
            tree = parse(html, options.limits.max_depth)
            body = tree.find(".//body")
            if body is None:
                continue
            if next(body.iter("h1", "h2", "h3", "h4", "h5", "h6"), None) is None:
                builder.section(squeeze(tree.findtext(".//title") or "") or name)
            render(body, builder, skip=frozenset(("nav",)))
        title, metadata = _metadata(package)
    yield Content(builder.text, title or builder.first_section(), builder.marks, metadata)


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise ReadError(f"damaged: part {name} is missing") from None


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(_part(archive, name))
    except ParseError as error:
        raise ReadError(f"damaged: {name}: {error}") from error
    except DefusedXmlException as error:
        raise ReadError(f"part {name} declares entities: refused") from error


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    if _ENCRYPTION not in archive.namelist():
        return
    methods = [
        element.get("Algorithm", "")
        for element in _xml(archive, _ENCRYPTION).iter()
        if element.tag.endswith("}EncryptionMethod")
    ]
    if any(method not in _FONT_SCRAMBLING for method in methods):
        raise ReadError("encrypted: the book is protected (DRM)")


def _package_path(archive: zipfile.ZipFile) -> str:
    for element in _xml(archive, _CONTAINER).iter():
        if element.tag.endswith("}rootfile") and element.get("full-path"):
            return str(element.get("full-path"))
    raise ReadError("damaged: the container names no package")


def _spine(package: Any, folder: str) -> Iterator[str]:
    """Names of the zip entries that hold the chapters, in reading order."""
    hrefs = {
        item.get("id"): (item.get("href", ""), item.get("media-type", ""))
        for item in package.iter()
        if item.tag.endswith("}item")
    }
    for reference in package.iter():
        if not reference.tag.endswith("}itemref"):
            continue
        href, media_type = hrefs.get(reference.get("idref"), ("", ""))
        if href and "html" in media_type:
            yield posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _metadata(package: Any) -> tuple[str, dict[str, str]]:
    found: dict[str, list[str]] = {}
    for name in ("title", "creator", "date", "publisher", "language"):
        found[name] = [squeeze(e.text) for e in package.iter(f"{_DC}{name}") if e.text]
    title = found.pop("title")
    metadata = {name: "; ".join(values) for name, values in found.items() if values}
    if "creator" in metadata:
        metadata["author"] = metadata.pop("creator")
    return (title[0] if title else ""), metadata
