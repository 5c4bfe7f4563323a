"""Books: plain text files, as of Project Gutenberg, and JSON lines with a book in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.encoding import decode
from ingest.errors import ReadError
from ingest.sentences import sentences
from ingest.text import join_lines
from model.corpus.repair import repair
from model.corpus.shapes.base import RawDocument, Unreadable
from model.corpus.shapes.files import DAMAGED, Files, stem
from model.corpus.shapes.records import read_web

#: A larger file is no book.
MAX_BYTES = 1 << 28
_START = re.compile(r"^\s*\*{3}\s*START OF (?:THE|THIS) PROJECT GUTENBERG[^\n]*$", re.M | re.I)
_END = re.compile(
    r"^\s*(?:\*{3}\s*END OF (?:THE|THIS) PROJECT GUTENBERG|End of (?:the )?Project Gutenberg)",
    re.M | re.I,
)
_CREDITS = re.compile(
    r"\s*(?:Produced by|E-?text prepared by|Transcribed (?:by|from)|This e-?text was)"
    r"(?:[^\n]+\n)+",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"\s*(?:[\[{(—–-]\s*)?(?:p(?:g|age|\.)?\s*)?\d{1,4}(?:\s*[\]})—–-])?\s*", re.I
)
_LEADER = re.compile(r"(?:\.\s?){4,}\s*(?:\d+|[ivxlc]+)\s*$|…{2,}\s*\d+\s*$", re.IGNORECASE)
_RULE = re.compile(r"\s*(?:[*\-_=~#.·•]\s*){3,}")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def read(files: Files) -> Iterator[RawDocument | Unreadable]:
    """One document a text file, or one a line of ``.jsonl`` files."""
    for path in files:
        if Path(stem(path)).suffix.lower() in (".jsonl", ".json"):
            yield from _lines(path, files)
        else:
            yield read_whole(path, files, path.name, MAX_BYTES)


def clean(raw: RawDocument) -> str:
    """The book's own text: no licence, page numbers, tables of contents or broken lines."""
    text = repair(raw.text)
    if start := _START.search(text):
        text = text[start.end() :]
    if end := _END.search(text):
        text = text[: end.start()]
    text = _CREDITS.sub("", text.lstrip("\n"), count=1) if _CREDITS.match(text) else text
    paragraphs = (_paragraph(block) for block in _PARAGRAPHS.split(text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def read_whole(path: Path, files: Files, name: str, max_bytes: int) -> RawDocument | Unreadable:
    """A file as one document; its encoding is found out."""
    try:
        with files.open(path) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            return Unreadable(name, f"larger than {max_bytes:,} bytes")
        return RawDocument(name, decode(data))
    except ReadError as error:
        return Unreadable(name, str(error))
    except DAMAGED as error:
        return Unreadable(name, f"damaged: {error}")


def _lines(path: Path, files: Files) -> Iterator[RawDocument | Unreadable]:
    single = Files([path])
    for raw in read_web(single):
        yield RawDocument(raw.id, raw.text) if isinstance(raw, RawDocument) else raw
        files.bytes_read += single.bytes_read
        single.bytes_read = 0


def _paragraph(block: str) -> str:
    lines = [
        line
        for line in block.split("\n")
        if not (_PAGE_NUMBER.fullmatch(line) or _LEADER.search(line) or _RULE.fullmatch(line))
    ]
    text = "\n".join(lines)
    if len(lines) > 1 and len(sentences(text)) < len(lines):
        # Lines that a sentence runs over were broken by the page, those of verse were not.
        return join_lines(lines)
    return text.strip()
