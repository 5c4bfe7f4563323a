"""Markdown (CommonMark with tables and front matter) as readable text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ReadError
from ingest.options import ReadLimits, ReadOptions
from ingest.readers.content import Content
from ingest.readers.html import parse, render
from ingest.readers.text import read_decoded
from ingest.text import TextBuilder, squeeze

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


def read_markdown(path: Path, options: ReadOptions) -> Iterator[Content]:
    """One document: the text without markup, headings as section marks, front matter's plain
    values as metadata (its ``title`` as the title)."""
    from markdown_it import MarkdownIt

    source = read_decoded(path, options)
    metadata: dict[str, str] = {}
    if front := _FRONT_MATTER.match(source):
        metadata = _front_matter(front[1])
        source = source[front.end() :]
    builder = TextBuilder(options.limits.max_text_chars)
    depth = options.limits.max_depth
    # Beyond its own limit the parser drops what it finds without a word, so ours comes first.
    parser = MarkdownIt("commonmark", {"maxNesting": depth + 10}).enable("table")
    tokens = parser.parse(source)
    if any(token.level >= depth for token in tokens):
        raise ReadError(f"blocks are nested deeper than {depth}")
    _add_blocks(tokens, builder, options.limits)
    title = metadata.pop("title", "") or builder.first_section()
    yield Content(builder.text, title, builder.marks, metadata)


def _add_blocks(tokens: Sequence[Token], builder: TextBuilder, limits: ReadLimits) -> None:
    heading = False
    row: list[str] | None = None
    for token in tokens:
        if token.type == "heading_open":
            heading = True
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            builder.block(" | ".join(cell for cell in row if cell))
            row = None
        elif token.type == "inline":
            text = _inline_text(token.children or ())
            if heading:
                builder.heading(text.replace("\n", " "))
                heading = False
            elif row is not None:
                row.append(text.replace("\n", " "))
            else:
                builder.block(text)
        elif token.type in ("fence", "code_block"):
            builder.block(token.content)
        elif token.type == "html_block" and _TAG.sub("", token.content).strip():
            render(parse(token.content, limits.max_depth), builder)


def _inline_text(tokens: Sequence[Token]) -> str:
    """Text of inline tokens: of links what is shown, of images their description."""
    lines = [""]
    for token in tokens:
        if token.type in ("text", "code_inline"):
            lines[-1] += token.content
        elif token.type == "image":
            lines[-1] += _inline_text(token.children or ())
        elif token.type == "softbreak":
            lines[-1] += "\n"
        elif token.type == "hardbreak" or token.content.lower().startswith("<br"):
            lines.append("")
    return "\n".join(filter(None, map(squeeze, lines)))


def _front_matter(source: str) -> dict[str, str]:
    import yaml

    from ingest.yaml_text import load_yaml

    try:
        values = load_yaml(source)
    except yaml.YAMLError as error:
        raise ReadError(f"the front matter is not YAML: {error}") from error
    if not isinstance(values, dict):
        return {}
    # Only plain values: lists and mappings may hide aliases that expand without end.
    return {
        str(key): str(value)
        for key, value in values.items()
        if value is not None and not isinstance(value, (list, dict, set, tuple))
    }
