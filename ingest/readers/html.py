"""HTML pages: the main content without menus, as paragraphs; and any HTML tree as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.encoding import decode, detect_encoding
from ingest.errors import ReadError
from ingest.options import ReadLimits, ReadOptions
from ingest.readers.content import Content
from ingest.text import TextBuilder, clean, squeeze, word_set

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{2,40})""")

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "head"))
_SKIPPED = word_set(
    """
    script style noscript template svg iframe object embed canvas audio video select button
    textarea input map datalist dialog
    """
)
_BOILERPLATE = frozenset(("nav", "footer", "aside", "form"))
_INLINE = word_set(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font hi i img ins kbd label mark
    math meter output q ref ruby rb rt rp s samp small span strike strong sub sup time tt u
    var wbr graphic
    """
)
_CELLS = frozenset(("td", "th", "cell"))
_ROWS = frozenset(("tr", "row"))
# Below so many characters, what extraction of the main content found is doubted.
_SHORT = 250


def read_html(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document: the main content of the page, its headings as section marks."""
    data = path.read_bytes()
    yield read_page(decode(data, options.encoding or _declared_encoding(data)), options.limits)


def read_page(html: str, limits: ReadLimits) -> Content:
    """The main content of an HTML page.

    Menus and the like are left out by trafilatura. Where it finds little, which happens on short
    pages, the whole body is taken but for ``nav``, ``aside``, ``footer`` and ``form``.

    Raises ReadError if elements are nested deeper than ``limits.max_depth``.
    """
    tree = parse(html, limits.max_depth)
    title = squeeze(tree.findtext(".//title") or "")
    body = tree.find(".//body")
    whole = TextBuilder(limits.max_text_chars)
    render(tree if body is None else body, whole, skip=_BOILERPLATE)
    builder, metadata = whole, _meta(tree)
    if len(whole.text) >= _SHORT:
        main = TextBuilder(limits.max_text_chars)
        extracted = _main_content(html)
        if extracted is not None:
            render(extracted, main)
            if len(main.text) >= min(_SHORT, len(whole.text) // 2):
                builder = main
    heading = tree.find(".//h1")
    first = squeeze("".join(heading.itertext())) if heading is not None else ""
    return Content(builder.text, title or first, builder.marks, metadata)


def parse(html: str, max_depth: int) -> Any:
    """The lxml tree of a page. Raises ReadError if it is empty or nested too deeply."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if not html.strip():
        raise ReadError("the page is empty")
    # libxml2 stops at its own depth limit without an error: better to see how deep it really is.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise ReadError(f"not HTML: {error}") from error
    _check_depth(tree, max_depth)
    return tree


def render(element: Any, builder: TextBuilder, skip: frozenset[str] = frozenset()) -> None:
    """Adds the text of an HTML (or trafilatura) tree to ``builder``, block by block.

    Headings become section marks, list items and table rows blocks of their own; the cells of a
    row are separated by `` | ``. Elements named in ``skip`` are left out.
    """
    _Renderer(builder, skip).render(element)


class _Renderer:
    def __init__(self, builder: TextBuilder, skip: frozenset[str]) -> None:
        self._builder = builder
        self._skip = skip
        self._parts: list[str] = []

    def render(self, element: Any) -> None:
        self._visit(element)
        self._flush()

    def _flush(self) -> None:
        # A line break (<br>) stays one; all other line ends mean nothing.
        lines = "".join(self._parts).split("\v")
        self._parts.clear()
        self._builder.block("\n".join(filter(None, map(squeeze, lines))))

    def _visit(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str):  # comment or processing instruction
            return
        tag = tag.rpartition("}")[2].lower()
        if tag in _SKIPPED or tag in self._skip or (tag == "head" and self._is_html_head(element)):
            return
        if element.get("hidden") is not None or element.get("aria-hidden") == "true":
            return
        if tag in ("br", "lb"):
            self._parts.append("\v")
        elif tag in _HEADINGS:
            self._flush()
            self._builder.heading(squeeze("".join(element.itertext())))
        elif tag in _ROWS:
            self._flush()
            self._builder.block(" | ".join(self._cells(element)))
        elif tag == "pre":
            self._flush()
            self._builder.block(clean("".join(element.itertext())))
        elif tag in ("rp", "rt"):  # pronunciation above the characters: not part of the text
            pass
        elif tag in _INLINE:
            self._children(element)
        else:
            self._flush()
            self._children(element)
            self._flush()

    def _children(self, element: Any) -> None:
        if element.text:
            self._parts.append(clean(element.text))
        for child in element:
            self._visit(child)
            if child.tail:
                self._parts.append(clean(child.tail))

    def _cells(self, row: Any) -> Iterator[str]:
        for cell in row:
            if isinstance(cell.tag, str) and cell.tag.rpartition("}")[2].lower() in _CELLS:
                inner = TextBuilder(1 << 30)
                _Renderer(inner, self._skip).render(cell)
                if text := " ".join(inner.text.split()):
                    yield text

    @staticmethod
    def _is_html_head(element: Any) -> bool:
        """Whether ``head`` is the head of a page, not trafilatura's name for a heading."""
        return element.get("rend") is None


def _main_content(html: str) -> Any:
    from trafilatura import bare_extraction

    try:
        found = bare_extraction(
            html,
            with_metadata=False,
            include_comments=False,
            include_tables=True,
            include_formatting=False,
            favor_recall=True,
        )
    except RecursionError:
        return None
    return getattr(found, "body", None)


def _check_depth(tree: Any, max_depth: int) -> None:
    from lxml import etree

    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > max_depth:
            raise ReadError(f"elements are nested deeper than {max_depth}")


def _meta(tree: Any) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for key, names in {
        "author": ("author", "article:author"),
        "date": ("date", "article:published_time", "dc.date", "dcterms.date"),
        "description": ("description", "og:description"),
    }.items():
        for meta in tree.iterfind(".//meta"):
            name = (meta.get("name") or meta.get("property") or "").lower()
            value = squeeze(meta.get("content") or "")
            if name in names and value:
                metadata.setdefault(key, value)
    return metadata


def _declared_encoding(data: bytes) -> str:
    """What the bytes show comes first, as pages often declare what they are not."""
    declared = _META_CHARSET.search(data[:4096]) or _XML_CHARSET.match(data[:200])
    try:
        data.decode("utf-8")
    except UnicodeError:
        if declared is not None:
            name = declared[1].decode("ascii").lower()
            name = "gb18030" if name in ("gb2312", "gbk", "gb_2312-80") else name
            try:
                data.decode(name)
            except (LookupError, UnicodeError):
                pass
            else:
                return name
    return detect_encoding(data)
