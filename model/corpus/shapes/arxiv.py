"""Papers as arXiv has them: LaTeX files, or JSON lines with LaTeX or plain text."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from model.corpus.repair import repair
from model.corpus.shapes.base import RawDocument, Unreadable, with_title
from model.corpus.shapes.books import read_whole
from model.corpus.shapes.files import DAMAGED, Files, parse_line, stem

logger = logging.getLogger(__name__)

MAX_BYTES = 1 << 25
_LATEX = re.compile(r"\\(?:begin\{|section\*?\{|documentclass|cite[pt]?\{|usepackage)")
_BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
_TITLE = re.compile(r"\\title(?:\[[^\]]*\])?\{((?:[^{}]|\{[^{}]*\})*)\}")
_COMMENT = re.compile(r"(?<!\\)%.*")
_DROPPED = re.compile(
    r"\\begin\{(figure|table|wrapfigure|wraptable|sidewaystable|tabular|thebibliography|"
    r"tikzpicture|lstlisting|algorithm|algorithmic|acknowledgments?|CCSXML|filecontents)(\*?)\}"
    r".*?\\end\{\1\2\}",
    re.DOTALL,
)
_APPENDED = re.compile(r"\\(?:bibliography|printbibliography|appendix)\b.*", re.DOTALL)
_SILENT = re.compile(
    r"\\(?:cite[a-zA-Z]*|label|footnote(?:text|mark)?|thanks|author|(?:eq|auto|page|[cC])?ref|affiliation|email|address|date|"
    r"bibliographystyle|usepackage|includegraphics|maketitle|vspace|hspace|input|include|keywords)"
    r"\*?(?:\[[^\]]*\])*(?:\{(?:[^{}]|\{[^{}]*\})*\})?"
)
_SECTION = re.compile(r"\\(?:sub)*section\*?(?:\[[^\]]*\])?\{((?:[^{}]|\{[^{}]*\})*)\}")
_PLAIN_REFERENCES = re.compile(r"^\s*(?:\d+\.?\s*)?(?:references|bibliography)\s*$", re.M | re.I)
_BARE_BRACKETS = re.compile(r" ?(?:\[\s*[,;]*\s*\]|\(\s*[,;]*\s*\))")
_SPACE_BEFORE = re.compile(r"[ \t]+([,.;:])(?=\s|$)")


def read(files: Files) -> Iterator[RawDocument | Unreadable]:
    """One paper a ``.tex`` or ``.txt`` file, or one a line of JSON (``title``, ``abstract``,
    and ``content`` or ``text``)."""
    for path in files:
        if Path(stem(path)).suffix.lower() in (".jsonl", ".json"):
            yield from _lines(path, files)
        else:
            yield read_whole(path, files, path.name, MAX_BYTES)


def clean(raw: RawDocument) -> str:
    """The paper's prose with its formulas as LaTeX; no figures, tables, citations, references."""
    title, text = raw.title, raw.text
    if _LATEX.search(text):
        text = _COMMENT.sub("", text)
        if not title and (found := _TITLE.search(text)):
            title = _plain(found[1])
        text = _plain(_prose(text))
        text = _BARE_BRACKETS.sub("", text)
    else:
        starts = [match.start() for match in _PLAIN_REFERENCES.finditer(text)]
        if starts and starts[-1] > len(text) // 3:
            text = text[: starts[-1]]
    return with_title(repair(title), repair(_SPACE_BEFORE.sub(r"\1", text)))


def _prose(text: str) -> str:
    if body := _BODY.search(text):
        text = body[1]
    text = _APPENDED.sub("", text)
    previous = None
    while previous != text:  # they may be nested
        previous, text = text, _DROPPED.sub("", text)
    text = _SECTION.sub(lambda match: f"\n\n{match[1]}\n\n", text)
    return _SILENT.sub("", text)


def _plain(latex: str) -> str:
    try:
        return str(_converter().latex_to_text(latex))
    except Exception as error:  # the parser meets broken LaTeX with errors of many kinds
        logger.debug("LaTeX that cannot be parsed: %s", error)
        return ""


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text  # type: ignore[import-untyped]

    # It logs what it does not know in every text.
    logging.getLogger("pylatexenc").setLevel(logging.ERROR)
    return LatexNodes2Text(math_mode="verbatim", keep_comments=False, strict_latex_spaces=False)


def _lines(path: Path, files: Files) -> Iterator[RawDocument | Unreadable]:
    try:
        for number, line in files.lines(path):
            data = parse_line(line)
            where = f"{path.name}:{number}"
            if isinstance(data, str):
                yield Unreadable(where, data)
                continue
            parts = [data.get("abstract"), data.get("content") or data.get("text")]
            text = "\n\n".join(part for part in parts if isinstance(part, str) and part)
            title = data.get("title")
            if text:
                where = f"{path.name}#{data['id']}" if data.get("id") else where
                yield RawDocument(where, text, title if isinstance(title, str) else "")
            else:
                yield Unreadable(where, "the record has no text")
    except DAMAGED as error:
        yield Unreadable(str(path), f"damaged: {error}")
