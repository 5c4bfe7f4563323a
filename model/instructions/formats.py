"""Writes facts as an answer in each format; ``parsing`` reads them back, exactly.

A value that a format could not hold as it is - it has a comma, a line feed, a quotation mark at
its start - is written as a JSON string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from model.instructions.tasks import FIELD_NAMES, NOTHING, SHAPES, Fact, Format, Shape, Task

#: Quotation marks by which a value may begin, each with those that may close it.
QUOTES = dict(zip("\"'“”‘「『`", ('"”“', "'’‘", '”“"', '”"', "’'", "」", "』", "`"), strict=True))
BULLET = re.compile(r"(?:[-*•·–—]+\s+|[-*•·–—]+(?=[^\W\d])|[(（]?\d{1,3}[.)、）．]\s*)+")
NOTHING_SAID = re.compile(
    r"(?:none|nan|n/?a|null|nothing|empty|无|没有|空|不存在|no (?:such )?"
    r"(?:entit(?:y|ies)|relations?|triples?|events?|triggers?|arguments?|attributes?|facts?)"
    r"(?: (?:were |was |are )?(?:found|present|mentioned))?)[.。!！]?",
    re.IGNORECASE,
)
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff,，、;；#＃:：()（）\[\]【】{}｛｝<>＜＞《》\\]"
)
# The start of another clause of a sentence.
_CLAUSE = re.compile(
    "|".join(
        rf"(?:{'|'.join(re.escape(n) for n in names.values())})\s*(?:is\b|是)"
        for names in FIELD_NAMES.values()
    ),
    re.IGNORECASE,
)


def quoted(value: str) -> str:
    """``value`` itself, or as a JSON string where it could be misread."""
    plain = (
        value
        and value == value.strip()
        and value[0] not in QUOTES
        and not _UNSAFE.search(value)
        and not BULLET.match(value)
        and not NOTHING_SAID.fullmatch(value)
        and not _CLAUSE.search(value)
        and not any("\ud800" <= c <= "\udfff" for c in value)
        and "```" not in value
    )
    return value if plain else json.dumps(value, ensure_ascii=False)


def write(
    facts: Sequence[Fact],
    task: Task,
    format: Format,
    language: str = "en",
    labels: Sequence[str] = (),
) -> str:
    """The answer that states ``facts``.

    ``labels`` are those asked for; the JSON object names each of them, with an empty list where
    there is nothing to say. ``language`` is that of the words around the facts.
    """
    shape = SHAPES[task]
    if format is Format.JSON_LIST:
        return _dumps([_as_object(fact, shape) for fact in facts])
    if format is Format.JSON_OBJECT:
        return _dumps(_by_label(facts, shape, labels))
    if not facts:
        return NOTHING[language]
    if format is Format.TUPLE:
        return "\n".join(_tuple(fact) for fact in facts)
    if format is Format.SENTENCE:
        return "\n".join(_sentence(fact, shape, language) for fact in facts)
    return "\n".join(_lines(fact, task) for fact in facts)


def example(task: Task, format: Format, language: str = "en") -> str:
    """What an answer looks like, the names of fields standing for their values."""
    shape = SHAPES[task]
    names = FIELD_NAMES[language]
    pairs = ((names[shape.pair[0]], names[shape.pair[1]]),) if shape.pair else ()
    fact = Fact(tuple(names[field] for field in shape.fields), pairs)
    if format is Format.JSON_LIST:
        return _dumps([_as_object(fact, shape)])
    if format is Format.JSON_OBJECT:
        return _dumps(_by_label([fact], shape, ()))
    if format is Format.TUPLE:
        return _tuple(fact, quote=False)
    if format is Format.LINES:
        return _lines(fact, task, quote=False)
    ellipsis = Fact(("...",) * len(fact.values), (("...", "..."),) if pairs else ())
    return _sentence(ellipsis, shape, language)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_object(fact: Fact, shape: Shape) -> dict[str, Any]:
    item: dict[str, Any] = dict(zip(shape.fields, fact.values, strict=True))
    if shape.pair:
        first, second = shape.pair
        item[shape.pairs] = [{first: a, second: b} for a, b in fact.pairs]
    return item


def _by_label(facts: Sequence[Fact], shape: Shape, labels: Sequence[str]) -> dict[str, list[Any]]:
    answer: dict[str, list[Any]] = {label: [] for label in labels}
    for fact in facts:
        item = _as_object(fact, shape)
        label = item.pop(shape.label)
        if shape.pair:
            grouped: dict[str, list[str]] = {}
            for key, value in fact.pairs:
                grouped.setdefault(key, []).append(value)
            item[shape.pairs] = grouped
        only = next(iter(item.values()))
        answer.setdefault(label, []).append(only if len(item) == 1 else item)
    return answer


def _tuple(fact: Fact, quote: bool = True) -> str:
    q = quoted if quote else str
    parts = [q(value) for value in fact.values]
    if fact.pairs:
        parts.append("; ".join(f"{q(key)}#{q(value)}" for key, value in fact.pairs))
    return f"({', '.join(parts)})"


def _sentence(fact: Fact, shape: Shape, language: str) -> str:
    names = FIELD_NAMES[language]
    is_, comma = (" is ", ", ") if language == "en" else ("是", "，")
    stop = "; " if language == "en" else "；"
    clauses = [
        f"{names[field]}{is_}{quoted(value)}"
        for field, value in zip(shape.fields, fact.values, strict=True)
    ]
    sentence = comma.join(clauses)
    if shape.pair:
        first, second = (names[name] for name in shape.pair)
        for key, value in fact.pairs:
            sentence += f"{stop}{first}{is_}{quoted(key)}{comma}{second}{is_}{quoted(value)}"
    return sentence


def _lines(fact: Fact, task: Task, quote: bool = True) -> str:
    q = quoted if quote else str
    values = [q(value) for value in fact.values]
    if task is Task.RELATIONS:
        head, relation, tail = values
        return f"{relation}: {head}, {tail}"
    if task is Task.TRIPLES:
        head, head_type, relation, tail, tail_type = values
        return f"{relation}: {head} ({head_type}), {tail} ({tail_type})"
    value, label = values
    return "\n".join(
        [f"{label}: {value}", *(f"- {q(key)}: {q(value)}" for key, value in fact.pairs)]
    )
