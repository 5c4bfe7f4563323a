"""JSON lines: encyclopaedias and web pages, and questions with answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from model.corpus.repair import repair
from model.corpus.shapes.base import RawDocument, Unreadable, with_title
from model.corpus.shapes.files import DAMAGED, Files, parse_line

_TEXT_KEYS = ("text", "content", "body", "html", "raw_content")
_ID_KEYS = ("id", "_id", "url", "uri")
_QUESTION_KEYS = ("question", "instruction", "input", "query", "prompt")
_ANSWER_KEYS = ("answers", "answer", "output", "response")
_HTML = re.compile(
    r"<(?:!doctype html|html|head|body|p|div|br|span|a|ul|ol|li|pre|code|table|h[1-6]|strong|em|"
    r"blockquote|img)\b[^<>]*>",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)

Parse = Callable[[Mapping[str, Any]], tuple[str, str]]
"""Title and text of a record; the text is empty where there is none."""


def records(files: Files, parse: Parse) -> Iterator[RawDocument | Unreadable]:
    """The records of all files, and one ``Unreadable`` for each that has no text."""
    for path in files:
        try:
            for number, line in files.lines(path):
                data = parse_line(line)
                if isinstance(data, str):
                    yield Unreadable(f"{path.name}:{number}", data)
                    continue
                title, text = parse(data)
                name = next((str(data[key]) for key in _ID_KEYS if data.get(key)), None)
                where = f"{path.name}:{number}" if name is None else f"{path.name}#{name}"
                if text.strip():
                    yield RawDocument(where, text, title)
                else:
                    yield Unreadable(where, "the record has no text")
        except DAMAGED as error:
            yield Unreadable(str(path), f"damaged: {error}")


def read_web(files: Files) -> Iterator[RawDocument | Unreadable]:
    """Records with a text (or ``content``, ``body``, ``html``) and maybe a title."""
    return records(files, _web)


def clean_web(raw: RawDocument) -> str:
    """Plain text; of HTML, the main content."""
    return with_title(repair(raw.title), repair(plain(raw.text)))


def read_answers(files: Files) -> Iterator[RawDocument | Unreadable]:
    """Records with a question and one answer or a list of them, the best first.

    Answers with a ``score`` are put in its order, and those below zero are left out.
    """
    return records(files, _question)


def clean_answers(raw: RawDocument) -> str:
    """The question, then the answers, as paragraphs."""
    parts = (repair(plain(part)) for part in raw.text.split(_BETWEEN))
    return with_title(repair(raw.title), "\n\n".join(part for part in parts if part))


def plain(text: str) -> str:
    """``text`` without HTML, if it has any."""
    if not _HTML.search(text):
        return text
    from ingest.errors import ReadError
    from ingest.options import ReadLimits
    from ingest.readers.html import parse, read_page, render
    from ingest.text import TextBuilder

    limits = ReadLimits()
    try:
        if _PAGE.search(text):
            return read_page(text, limits).text
        builder = TextBuilder(limits.max_text_chars)
        render(parse(f"<body>{text}</body>", limits.max_depth), builder)
        return builder.text
    except ReadError:
        return ""  # nested too deeply to be prose


# Between a question and its answers while they are one text; no text holds it.
_BETWEEN = "\x00"


def _web(data: Mapping[str, Any]) -> tuple[str, str]:
    text = next((data[key] for key in _TEXT_KEYS if isinstance(data.get(key), str)), "")
    return _string(data.get("title")), text


def _question(data: Mapping[str, Any]) -> tuple[str, str]:
    title = _string(data.get("title"))
    question = next((_string(data[key]) for key in _QUESTION_KEYS if data.get(key)), "")
    if data.get("instruction") and data.get("input") and data["instruction"] != data["input"]:
        question = f"{question}\n\n{_string(data['input'])}"
    body = _web(data)[1]
    found: Any = next((data[key] for key in _ANSWER_KEYS if data.get(key)), [])
    answers = found if isinstance(found, list) else [found]
    scored = [(_score(answer), text) for answer in answers if (text := _answer(answer))]
    scored.sort(key=lambda pair: -pair[0])
    if len(scored) > 1 or (scored and scored[0][0] < 0):
        scored = [pair for pair in scored if pair[0] >= 0]
    texts = [part for part in (question, body) if part] + [text for _, text in scored]
    return title, _BETWEEN.join(text.replace(_BETWEEN, "") for text in texts)


def _answer(answer: Any) -> str:
    if isinstance(answer, Mapping):
        return next(
            (_string(answer[key]) for key in (*_TEXT_KEYS, "answer") if answer.get(key)), ""
        )
    return _string(answer)


def _score(answer: Any) -> float:
    score = answer.get("score", answer.get("pm_score", 0)) if isinstance(answer, Mapping) else 0
    return float(score) if isinstance(score, int | float) else 0.0


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
