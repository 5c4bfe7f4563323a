"""Source shapes: how the files of each kind of source are read and their texts cleaned."""

from __future__ import annotations

from model.corpus.errors import CorpusError
from model.corpus.shapes import arxiv, books, code, records, text, wikipedia
from model.corpus.shapes.base import RawDocument, Shape, Unreadable
from model.corpus.shapes.files import Files

__all__ = ["SHAPES", "Files", "RawDocument", "Shape", "Unreadable", "shape"]

SHAPES = {
    found.name: found
    for found in (
        Shape("wikipedia-dump", wikipedia.read_dump, wikipedia.clean_dump),
        Shape("wikipedia-extract", wikipedia.read_extract, wikipedia.clean_extract),
        Shape("web", records.read_web, records.clean_web),
        Shape("answers", records.read_answers, records.clean_answers),
        Shape("books", books.read, books.clean),
        Shape("arxiv", arxiv.read, arxiv.clean),
        Shape("code", code.read, code.clean, code=True),
        Shape("text", text.read, text.clean),
        Shape("text-lines", text.read_lines, text.clean),
    )
}


def shape(name: str) -> Shape:
    """The source shape of that name. Raises CorpusError."""
    if name not in SHAPES:
        raise CorpusError(f"there is no source shape {name!r}; there are {', '.join(SHAPES)}")
    return SHAPES[name]
