"""The formats that can be read, and which one a file is in."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ingest.encoding import detect_encoding
from ingest.errors import ReadError
from ingest.readers.content import Reader
from ingest.readers.docx import read_docx
from ingest.readers.epub import read_epub
from ingest.readers.html import read_html
from ingest.readers.json import read_json, read_jsonl
from ingest.readers.markdown import read_markdown
from ingest.readers.pdf import read_pdf
from ingest.readers.pptx import read_pptx
from ingest.readers.table import read_table
from ingest.readers.text import read_text


@dataclass(frozen=True, slots=True)
class Format:
    """``streamed`` formats are read record by record, so a file of them may be of any size."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    read: Reader
    streamed: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument"
TEXT = Format("plain text", "text/plain", (".txt", ".text"), read_text)
HTML = Format("HTML", "text/html", (".html", ".htm", ".xhtml"), read_html)
PDF = Format("PDF", "application/pdf", (".pdf",), read_pdf)
DOCX = Format("DOCX", f"{_OFFICE}.wordprocessingml.document", (".docx", ".docm"), read_docx)
PPTX = Format("PPTX", f"{_OFFICE}.presentationml.presentation", (".pptx", ".pptm"), read_pptx)
EPUB = Format("EPUB", "application/epub+zip", (".epub",), read_epub)

FORMATS = (
    TEXT,
    Format("Markdown", "text/markdown", (".md", ".markdown"), read_markdown),
    HTML,
    PDF,
    DOCX,
    PPTX,
    EPUB,
    Format("CSV", "text/csv", (".csv",), read_table, streamed=True),
    Format("TSV", "text/tab-separated-values", (".tsv", ".tab"), read_table, streamed=True),
    Format("JSON", "application/json", (".json",), read_json),
    Format("JSON lines", "application/x-ndjson", (".jsonl", ".ndjson"), read_jsonl, streamed=True),
)
_BY_SUFFIX = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
_BINARY = (PDF, DOCX, PPTX, EPUB)

_HEAD = 4096
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def by_suffix(path: Path) -> Format | None:
    """The format that the file's name claims, or None if it is not one of ``FORMATS``."""
    return _BY_SUFFIX.get(path.suffix.lower())


def format_of(path: Path) -> Format:
    """The format of a file: what its content shows beyond doubt, else what its name claims.

    A file without a suffix is plain text if it is text. Raises ReadError, naming the cause, for
    what cannot be read.
    """
    claimed = by_suffix(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"PK\x03\x04") and (claimed is None or claimed.media_type != "text/plain"):
        return _zip_format(path, claimed)
    if head.startswith(b"PK\x03\x04"):
        return _zip_format(path, None)
    if head.startswith(_OLE):
        raise ReadError(
            "an encrypted or old-style (.doc, .ppt, .xls) Office file: remove the password, or "
            "save it in the new format"
        )
    if claimed is PDF and b"%PDF-" in head:  # some writers put a few bytes before it
        return PDF
    if claimed is None and path.suffix:
        raise ReadError(f"files of type {path.suffix} are not supported")
    text = _head_text(head)
    if text is not None and _HTML_START.match(text) and claimed in (None, TEXT, *_BINARY):
        return HTML
    if claimed in _BINARY:
        raise ReadError(f"damaged, or not {claimed.name}: it does not begin like such a file")
    if claimed is not None:
        return claimed
    if text is None:
        raise ReadError("binary data of no known format")
    return TEXT


def _zip_format(path: Path, claimed: Format | None) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        what = claimed.name if claimed else "zip file"
        raise ReadError(f"damaged {what}: {error}") from error
    if "META-INF/container.xml" in names:
        return EPUB
    if "[Content_Types].xml" in names:
        if any(name.startswith("word/") for name in names):
            return DOCX
        if any(name.startswith("ppt/") for name in names):
            return PPTX
        if any(name.startswith("xl/") for name in names):
            raise ReadError("spreadsheets (.xlsx) are not supported: save each sheet as CSV")
    raise ReadError("a zip file that is not DOCX, PPTX or EPUB")


def _head_text(head: bytes) -> str | None:
    try:
        return head.decode(detect_encoding(head, complete=False), "replace")
    except ReadError:
        return None
