"""Wikipedia: XML dumps with wikitext, and the extracts that WikiExtractor makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any

from ingest.text import word_set
from model.corpus.repair import drop_empty_brackets, repair
from model.corpus.shapes.base import RawDocument, Unreadable, with_title
from model.corpus.shapes.files import DAMAGED, Files, parse_line

_HEADING = re.compile(r"^(={2,6})[ \t]*(.+?)[ \t]*\1[ \t]*$", re.MULTILINE)
#: Sections without prose.
_APPENDIX = re.compile(
    r"(?:references?|notes?( and references)?|footnotes?|citations?|sources|bibliography|"
    r"further reading|external links?|see also|works cited|gallery|"
    r"参考(?:文献|資料|资料|来源|來源)?|參考(?:文獻|資料|来源|來源)?|参考与注释|外部(?:链接|鏈接|連結)|"
    r"注释|註釋|注解|註解|脚注|腳註|备注|備註|延伸(?:阅读|閱讀)|扩展阅读|參見|参见|參看|参看|相关条目|"
    r"相關條目|画廊|畫廊)\.?",
    re.IGNORECASE,
)
_REDIRECT = re.compile(r"\s*#\s*(?:redirect|重定向)\b", re.IGNORECASE)
_DISAMBIGUATION = re.compile(
    r"\{\{\s*(?:disambig\w*|disambiguation[^}]*|hndis|geodis|消歧义\w*|消歧義\w*|disamb|surname)"
    r"\s*[|}]",
    re.IGNORECASE,
)
_NOT_PROSE = word_set(
    """
    file image category media template wikipedia portal help special
    文件 檔案 图像 圖像 分类 分類 维基百科 維基百科
    """
)
_INTERLANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z-]+)?")
_DROPPED_TAGS = word_set("table gallery ref references timeline imagemap score graph")
_REFERENCE = re.compile(r"<!--.*?-->|<ref\b[^<>]*/>|<ref\b[^<>]*>.*?</ref\s*>", re.DOTALL | re.I)
_MAGIC_WORD = re.compile(r"__[A-Z]+__")
# -{zh-hans:鼠标;zh-hant:滑鼠}-: the same word in several regions' spelling
_VARIANT = re.compile(r"-\{(?:([^|{}]*)\|)?([^{}]*)\}-")
_VARIANT_PART = re.compile(r"\s*(zh(?:-\w+)?)\s*:\s*([^;]*)")
_PREFERRED = ("zh-hans", "zh-cn", "zh", "zh-hant", "zh-tw", "zh-hk")
_KEPT_TEMPLATES = {"lang": 2, "transl": 2, "nowrap": 1, "nobr": 1, "link-en": 1, "le": 1}
_LIST_MARK = re.compile(r"^[*#:;]+[ \t]*", re.MULTILINE)
# Rows of tables, which some extractors leave
_TABLE_LINE = re.compile(
    r"^[ \t]*(?:\{\|.*|\|[-}+].*|"
    r"[!|].*(?:\|\||!!|\b(?:style|class|align|(?:col|row)span)[ ]*=).*)\n?",
    re.MULTILINE,
)
_DOC_START = re.compile(r'<doc id="([^"]*)"(?: url="[^"]*")?(?: title="([^"]*)")?[^>]*>')


def read_dump(files: Files) -> Iterator[RawDocument | Unreadable]:
    """The articles of ``pages-articles`` XML files: no redirects, no other namespaces."""
    for path in files:
        try:
            with files.open(path) as file:
                yield from _pages(path, file)
        except DAMAGED as error:
            yield Unreadable(str(path), f"damaged: {error}")


def clean_dump(raw: RawDocument) -> str:
    """The prose of an article's wikitext; nothing of a disambiguation page."""
    if _DISAMBIGUATION.search(raw.text):
        return ""
    return with_title(raw.title, repair(drop_empty_brackets(plain_wikitext(raw.text))))


def plain_wikitext(text: str) -> str:
    """Wikitext without markup, tables, references, files, categories and appendices."""
    import mwparserfromhell as parser

    # The parser takes a tag with an unusual attribute for text: hence references go before.
    text = _REFERENCE.sub("", text)
    text = _without_appendices(_VARIANT.sub(_variant, text))
    text = _HEADING.sub(r"\n\n\2\n\n", text)
    code = parser.parse(text, skip_style_tags=False)
    for tag in code.filter_tags(recursive=True):
        if str(tag.tag).strip().lower() in _DROPPED_TAGS:
            _replace(code, tag, "")
        elif str(tag.tag).strip().lower() == "math":
            _replace(code, tag, f"${str(tag.contents).strip()}$")
    for link in code.filter_wikilinks(recursive=True):
        space, colon, _ = str(link.title).partition(":")
        space = space.strip().lower()
        if colon and (space in _NOT_PROSE or _INTERLANGUAGE.fullmatch(space)):
            _replace(code, link, "")
    for template in code.filter_templates(recursive=True):
        _replace(code, template, _template_text(template))
    plain = str(code.strip_code(normalize=True, collapse=False))
    lines = (line.strip() for line in _MAGIC_WORD.sub("", plain).split("\n"))
    return _LIST_MARK.sub("", "\n".join(lines))


def read_extract(files: Files) -> Iterator[RawDocument | Unreadable]:
    """Extracts as JSON lines (``id``, ``title``, ``text``) or between ``<doc ...>`` tags."""
    for path in files:
        try:
            yield from _extracts(path, files)
        except DAMAGED as error:
            yield Unreadable(str(path), f"damaged: {error}")


def clean_extract(raw: RawDocument) -> str:
    """An extract without the brackets, headings and tags that extraction left behind."""
    text = drop_empty_brackets(_VARIANT.sub(_variant, unescape(raw.text)))
    text = _TABLE_LINE.sub("", text)
    text = re.sub(r"</?(?:templatestyles|ref|br|small|sub|sup|nowiki)\b[^>]*>", "", text)
    return with_title(raw.title, repair(_without_bare_headings(text)))


def _pages(path: Path, file: Any) -> Iterator[RawDocument | Unreadable]:
    from lxml import etree

    # No entities, no network: a dump has none, and a bomb has.
    events = etree.iterparse(
        file, events=("end",), tag="{*}page", resolve_entities=False, no_network=True,
        huge_tree=True, recover=False,
    )  # fmt: skip
    try:
        for _, page in events:
            title = page.findtext("{*}title") or ""
            text = page.findtext("{*}revision/{*}text") or ""
            if (
                page.findtext("{*}ns") in (None, "0")
                and page.find("{*}redirect") is None
                and not _REDIRECT.match(text)
            ):
                yield RawDocument(f"{path.name}#{page.findtext('{*}id') or title}", text, title)
            page.clear()
            while page.getprevious() is not None:
                del page.getparent()[0]
    except etree.XMLSyntaxError as error:
        yield Unreadable(str(path), f"damaged: {error}")


def _extracts(path: Path, files: Files) -> Iterator[RawDocument | Unreadable]:
    start: re.Match[str] | None = None
    lines: list[str] = []
    for number, line in files.lines(path):
        if start is None and line.lstrip()[:1] == b"{":
            data = parse_line(line)
            if isinstance(data, str) or not isinstance(data.get("text"), str):
                why = data if isinstance(data, str) else "no text"
                yield Unreadable(f"{path.name}:{number}", why)
            else:
                name = str(data.get("id", number))
                yield RawDocument(f"{path.name}#{name}", data["text"], str(data.get("title") or ""))
            continue
        content = line.decode("utf-8", "replace").rstrip("\r\n")
        if start is None:
            start, lines = _DOC_START.match(content), []
        elif content == "</doc>":
            yield RawDocument(f"{path.name}#{start[1]}", "\n".join(lines), unescape(start[2] or ""))
            start = None
        else:
            lines.append(content)


def _without_appendices(text: str) -> str:
    """Without the sections named by ``_APPENDIX`` and what lies below them."""
    kept, position, dropped_level = [], 0, 0
    for match in _HEADING.finditer(text):
        level = len(match[1])
        if not dropped_level:
            kept.append(text[position : match.start()])
            position = match.start()
        if dropped_level and level <= dropped_level:
            position, dropped_level = match.start(), 0
        if not dropped_level and _APPENDIX.fullmatch(match[2].strip()):
            dropped_level = level
    if not dropped_level:
        kept.append(text[position:])
    return "".join(kept)


def _without_bare_headings(text: str) -> str:
    """Without appendices, whose headings extracts end with a full stop, and empty sections."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _APPENDIX.fullmatch(line.strip()) and line.strip():
            break  # they come last
        kept.append(line)
    return "\n".join(kept)


def _variant(match: re.Match[str]) -> str:
    flags, content = match[1] or "", match[2]
    if flags.strip() in ("H", "T", "-", "A;H"):  # rules for the page; they show nothing
        return ""
    parts = dict(_VARIANT_PART.findall(content))
    return next((parts[name].strip() for name in _PREFERRED if name in parts), content)


def _template_text(template: Any) -> str:
    """What a template shows, for the few whose text belongs to the sentence around them."""
    name = str(template.name).strip().lower()
    values = [str(value.value).strip() for value in template.params if not value.showkey]
    if name in ("convert", "cvt") and len(values) >= 2:
        return f"{values[0]} {values[1]}"
    if name.startswith("lang-") and values:
        return values[0]
    place = _KEPT_TEMPLATES.get(name, 0)
    return values[place - 1] if place and len(values) >= place else ""


def _replace(code: Any, node: Any, text: str) -> None:
    with suppress(ValueError):  # it went with a node around it
        code.replace(node, text)
