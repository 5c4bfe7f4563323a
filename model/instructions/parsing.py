"""Reads the facts in an answer, whichever format the model chose and however it broke it.

The format asked for is tried first, then the others. What cannot be understood is counted and
left out; nothing is evaluated; the time is linear in the length of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.instructions import lenient_json
from model.instructions.formats import BULLET, NOTHING_SAID
from model.instructions.labels import Label, LabelSet, normal
from model.instructions.tasks import FIELD_NAMES, SHAPES, Fact, Format, Task
from model.instructions.tokens import (
    Token,
    clause_value,
    groups_of,
    interspersed,
    split_at,
    text_of,
    tokens_of,
    typed,
)

_THINKING = re.compile(r"\s*<(think|thinking|reasoning)>")
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
#: Other keys by which models call the fields.
_KEYS: dict[str, tuple[str, ...]] = {
    "entity": ("entity", "text", "mention", "name", "span", "word", "entity name", "entity text"),
    "type": ("type", "entity type", "label", "category", "class", "类型", "类别", "标签"),
    "head": ("head", "subject", "head entity", "source", "s", "h", "主体", "主语", "头"),
    "head_type": ("head type", "subject type", "主体类型", "头类型"),
    "relation": (
        "relation",
        "predicate",
        "relation type",
        "relationship",
        "r",
        "p",
        "type",
        "谓语",
    ),
    "tail": ("tail", "object", "tail entity", "target", "o", "t", "客体", "宾语", "尾"),
    "tail_type": ("tail type", "object type", "客体类型", "尾类型"),
    "trigger": ("trigger", "event trigger", "trigger word", "事件触发词"),
    "event": ("event", "event type", "type", "类型", "事件"),
    "role": ("role", "argument role", "论元角色", "type", "角色类型"),
    "argument": ("argument", "text", "value", "entity", "mention", "论元", "实体"),
    "attribute": ("attribute", "key", "property", "name", "属性名"),
    "value": ("value", "text", "值"),
}
_PAIR_KEYS = {
    "arguments": ("arguments", "argument", "args", "roles", "论元", "事件论元", "参数"),
    "attributes": ("attributes", "properties", "属性"),
}
_MISSING = ("nan", "none", "null", "n/a", "无", "未知", "unknown", "not mentioned", "未提及")


@dataclass(slots=True)
class Parsed:
    """The facts of an answer, labels by their shown names, and what was wrong with it.

    ``malformed``: items that could not be understood. ``unknown``: facts, arguments and attributes
    with a label that was not asked for. ``repeated``: facts said again, as looping models do.
    """

    facts: list[Fact] = field(default_factory=list)
    malformed: int = 0
    unknown: int = 0
    repeated: int = 0
    truncated: bool = False


def parse(
    answer: str,
    task: Task,
    format: Format | None = None,
    labels: LabelSet | None = None,
    text: str = "",
) -> Parsed:
    """The facts in ``answer``.

    ``labels`` are those asked for; without them any label is taken. ``text`` is the text that was
    asked about: it decides where a comma belongs to a name. A fact is listed once, but events of
    one trigger word as often as they are written.
    """
    thinking = _THINKING.match(answer)
    if thinking:
        _, closing, rest = answer.rpartition(f"</{thinking.group(1)}>")
        if not closing:  # all of it is thinking that broke off
            return Parsed(truncated=True)
        answer = rest
    stripped = answer.replace("```", "").strip().strip("\"'“”")
    if not stripped or NOTHING_SAID.fullmatch(stripped):
        return Parsed()
    readers: dict[Format, Callable[[_Reader, str], None]] = {
        Format.JSON_OBJECT: _Reader.json,
        Format.JSON_LIST: _Reader.json,
        Format.TUPLE: _Reader.tuples,
        Format.SENTENCE: _Reader.sentences,
        Format.LINES: _Reader.lines,
    }
    order = [format] if format else []
    order += [f for f in readers if f is not format]
    tried = set()
    first: Parsed | None = None
    for candidate in order:
        if readers[candidate] in tried:
            continue
        tried.add(readers[candidate])
        reader = _Reader(task, labels, text)
        readers[candidate](reader, answer)
        if reader.parsed.facts or (candidate is format and reader.empty):
            return reader.parsed
        first = first or reader.parsed
    return first or Parsed()


class _Reader:
    """Reads one answer and collects its facts."""

    def __init__(self, task: Task, labels: LabelSet | None, text: str) -> None:
        self.task = task
        self.labels = labels
        self.text = text
        self.shape = SHAPES[task]
        self.parsed = Parsed()
        self.empty = False
        """Whether the answer, well-formed, says that there is nothing."""
        self._seen: set[Fact] = set()
        self._keys = {
            field: frozenset(normal(n) for n in (*_KEYS[field], *_names(field)))
            for field in (*self.shape.fields, *(self.shape.pair or ()))
        }

    # -- facts ------------------------------------------------------------------------------

    def add(self, values: Sequence[str], pairs: Sequence[tuple[str, str]] = ()) -> None:
        """Takes a fact if it is whole and its label one of those asked for."""
        found = [_tidy(value) for value in values]
        at = self.shape.label_at
        missing = [not v or normal(v) in _MISSING for v in found]
        if self.shape.pair and self.task is not Task.ATTRIBUTES and missing[0]:
            found[0] = ""  # an event may have no trigger
            missing[0] = not pairs
        if any(missing):
            self.empty = True
            return
        label: Label | None = None
        if self.labels is not None:
            label = self.labels.resolve(found[at])
            if label is None:
                self.parsed.unknown += 1
                return
            found[at] = label.shown
            for i, name in enumerate(self.shape.fields):
                if name in ("head_type", "tail_type"):
                    kind = self.labels.resolve_type(found[i])
                    found[i] = kind.shown if kind else found[i]
        fact = Fact(tuple(found), tuple(self._pairs(label, pairs)))
        if fact in self._seen:
            self.parsed.repeated += 1
            if self.shape.fields[0] != "trigger":
                return
        self._seen.add(fact)
        self.parsed.facts.append(fact)

    def _pairs(
        self, label: Label | None, pairs: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[str, str]]:
        for key, value in dict.fromkeys((_tidy(k), _tidy(v)) for k, v in pairs):
            if not key or not value or normal(value) in _MISSING:
                continue
            if label is not None and self.labels is not None:
                member = self.labels.resolve_member(label, key)
                if member is None:
                    self.parsed.unknown += 1
                    continue
                key = member.shown
            yield key, value

    def known(self, written: str) -> bool:
        return self.labels is not None and self.labels.resolve(_tidy(written)) is not None

    # -- JSON -------------------------------------------------------------------------------

    def json(self, answer: str) -> None:
        for found in lenient_json.values(answer):
            self.parsed.truncated |= found.truncated
            self.empty |= not found.value
            self.item(found.value, None)

    def item(self, value: Any, label: str | None) -> None:
        """Reads a value of the answer that stands under ``label`` (None: under none)."""
        if isinstance(value, dict):
            self.object(value, label)
        elif isinstance(value, list):
            if value and all(isinstance(v, (str, int, float)) for v in value):
                self.row([str(v) for v in value], label)
            else:
                for inner in value:
                    self.item(inner, label)
        elif value is not None and not isinstance(value, bool):
            self.row([str(value)], label)

    def row(self, values: list[str], label: str | None) -> None:
        """Reads a list of plain values: a fact's fields, or one-field facts of a label."""
        fields = self.shape.fields
        if label is None:
            if len(values) > 1:
                self.fields(values)
            else:
                self.parsed.malformed += 1
        elif len(fields) == 2:
            for value in values:
                self.add(self.with_label([value], label))
        elif len(values) == len(fields) - 1:
            self.add(self.with_label(values, label))
        elif any(not _is_missing(value) for value in values):
            self.parsed.malformed += 1

    def with_label(self, values: Sequence[str], label: str) -> list[str]:
        row = list(values)
        row.insert(self.shape.label_at, label)
        return row

    def object(self, value: dict[str, Any], label: str | None) -> None:
        keys = {normal(key): key for key in value}
        values: dict[str, str] = {}
        for name in self.shape.fields:
            if name == self.shape.label and label is not None:
                values[name] = label
                continue
            key = next((k for k in keys if k in self._keys[name] and not self.known(k)), None)
            written = value[keys.pop(key)] if key is not None else None
            if isinstance(written, list) and len(written) == 1:
                written = written[0]
            if isinstance(written, (str, int, float)) and not isinstance(written, bool):
                values[name] = str(written)
        pairs: list[tuple[str, str]] = []
        if self.shape.pair:
            wanted = _PAIR_KEYS[self.shape.pairs]
            key = next((k for k in keys if k in wanted), None)
            if key is not None:
                pairs = list(self.pairs(value[keys.pop(key)]))
        if self.shape.label in values and (len(values) == len(self.shape.fields) or pairs):
            self.add([values.get(name, "") for name in self.shape.fields], pairs)
        elif label is None:
            self.labelled(value)
        elif self.task is Task.ATTRIBUTES and len(values) < 2:
            for entity, attributes in value.items():  # {type: {entity: {attribute: value}}}
                self.add([entity, label], list(self.pairs(attributes)))
        elif self.shape.pair and self.task is not Task.ATTRIBUTES and not values.get("trigger"):
            self.add(["", label], list(self.pairs(value)))
        else:
            self.parsed.malformed += 1

    def labelled(self, value: dict[str, Any]) -> None:
        """Reads an object whose keys are labels, or that wraps the answer."""
        for key, inner in value.items():
            if self.labels is None and isinstance(inner, (list, dict, str)) and key:
                wrapped = normal(key) in _WRAPPERS
                self.item(inner, None if wrapped else key)
            elif self.known(key):
                self.item(inner, key)
                self.empty |= not inner
            elif isinstance(inner, (list, dict)) and (not key or normal(key) in _WRAPPERS):
                self.item(inner, None)
            elif inner:
                self.parsed.unknown += 1

    def pairs(self, value: Any) -> Iterator[tuple[str, str]]:
        """(role, argument) of any way to write them."""
        assert self.shape.pair
        first, second = self.shape.pair
        if isinstance(value, dict):
            keys = {normal(key): key for key in value}
            one = next((k for k in keys if k in self._keys[first]), None)
            two = next((k for k in keys if k in self._keys[second] and k != one), None)
            if one and two and len(value) <= 3 and isinstance(value[keys[one]], (str, int, float)):
                for item in _scalars(value[keys[two]]):
                    yield str(value[keys[one]]), item
                return
            for key, inner in value.items():
                for item in _scalars(inner):
                    yield key, item
        elif isinstance(value, list):
            if len(value) == 2 and all(isinstance(v, str) for v in value):
                yield value[0], value[1]
                return
            for inner in value:
                if isinstance(inner, (dict, list)):
                    yield from self.pairs(inner)

    # -- tuples -----------------------------------------------------------------------------

    def tuples(self, answer: str) -> None:
        for tokens, closed in groups_of(answer):
            if not closed:
                self.parsed.truncated = True
            elif any(token.sign in (",", "，") for token in tokens):
                self.tokens(tokens)

    def tokens(self, tokens: list[Token]) -> None:
        """A tuple's tokens: fields between commas, at last role#argument between semicolons."""
        hash_at = next((i for i, t in enumerate(tokens) if t.sign in ("#", "＃")), None)
        pairs: list[tuple[str, str]] = []
        if self.shape.pair and hash_at is not None:
            begin = max((i for i in range(hash_at) if tokens[i].sign in (",", "，")), default=0)
            for part in split_at(tokens[begin + 1 :], ";；"):
                key_value = split_at(part, "#＃")
                if len(key_value) == 2:
                    pairs.append((text_of(key_value[0]), text_of(key_value[1])))
                else:
                    self.parsed.malformed += 1
            tokens = tokens[:begin]
        self.fields([text_of(part) for part in split_at(tokens, ",，")], pairs)

    def fields(self, values: list[str], pairs: Sequence[tuple[str, str]] = ()) -> None:
        """Takes values in the order of the fields; commas that belong to a name are put back."""
        wanted = len(self.shape.fields)
        if len(values) > wanted:
            values = self.rejoined(values)
        if len(values) != wanted:
            self.parsed.malformed += 1
        else:
            self.add(values, pairs)

    def rejoined(self, values: list[str]) -> list[str]:
        if len(values) > 64:
            return values
        if len(self.shape.fields) == 2:
            return [", ".join(values[:-1]), values[-1]]
        inner = range(1, len(values) - 1)
        at = next((i for i in inner if self.known(values[i])), None)
        if at is None:
            return values
        if self.task is Task.RELATIONS:
            return [", ".join(values[:at]), values[at], ", ".join(values[at + 1 :])]
        if at < 2 or at > len(values) - 3:
            return values
        head, tail = ", ".join(values[: at - 1]), ", ".join(values[at + 1 : -1])
        return [head, values[at - 1], values[at], tail, values[-1]]

    # -- sentences --------------------------------------------------------------------------

    def sentences(self, answer: str) -> None:
        names = [*self.shape.fields, *(self.shape.pair or ())]
        written = {normal(n): field for field in names for n in _names(field)}
        words = sorted((n for f in names for n in _names(f)), key=len, reverse=True)
        pattern = re.compile(
            rf"(?:^|[\s,，;；.。])(?:the )?({'|'.join(map(re.escape, words))})"
            r"\s*(?:is\b|是|为)[:：]?\s*",
            re.IGNORECASE,
        )
        position = 0
        values: dict[str, str] = {}
        pairs: list[tuple[str, str]] = []
        key = ""

        def finish() -> None:
            if values:
                self.add([values.get(name, "") for name in self.shape.fields], pairs)

        while (match := pattern.search(answer, position)) is not None:
            name = written[normal(match.group(1))]
            value, position = clause_value(answer, match.end(), pattern)
            if self.shape.pair and name == self.shape.pair[0]:
                key = value
            elif self.shape.pair and name == self.shape.pair[1]:
                pairs.append((key, value))
            else:
                if name in values:
                    finish()
                    values, pairs = {}, []
                values[name] = value
        finish()

    # -- lines ------------------------------------------------------------------------------

    def lines(self, answer: str) -> None:
        values: list[str] | None = None
        pairs: list[tuple[str, str]] = []

        def finish() -> None:
            if values is not None:
                self.add(values, pairs)

        for line in _FENCE.sub("", answer).split("\n"):
            bullet = BULLET.match(line.lstrip())
            content = line.lstrip()[bullet.end() :] if bullet else line.lstrip()
            tokens = tokens_of(content)
            colon = next((i for i, t in enumerate(tokens) if t.sign in (":", "：")), None)
            if colon is None:
                if content.strip() and not NOTHING_SAID.fullmatch(content.strip()):
                    self.parsed.malformed += 1
                continue
            label = text_of(tokens[:colon])
            rest = tokens[colon + 1 :]
            if label.startswith("**"):  # bold, in Markdown; the colon may stand inside
                label = label.strip("*")
                if rest and rest[0].text.startswith("**") and not rest[0].exact:
                    rest[0] = Token(rest[0].text.lstrip("* "), "")
            if self.shape.pair:
                indented = bool(bullet) or line[:1].isspace()
                if values is not None and (indented or not self.known(label)):
                    for part in self.key_values(label, rest):
                        pairs.append(part)
                    continue
                finish()
                values, pairs = [text_of(rest), label], []
            else:
                self.line(label, rest)
        finish()

    @staticmethod
    def key_values(label: str, tokens: list[Token]) -> Iterator[tuple[str, str]]:
        """``value; key: value; ...`` after a first key."""
        for number, part in enumerate(split_at(tokens, ";；")):
            if number == 0:
                yield label, text_of(part)
            elif len(key_value := split_at(part, ":：", 1)) == 2:
                yield text_of(key_value[0]), text_of(key_value[1])

    def line(self, label: str, tokens: list[Token]) -> None:
        if self.task in (Task.ENTITIES, Task.TRIGGERS):
            written = text_of(tokens)
            several = [text_of(part) for part in split_at(tokens, ",，、;；")]
            # A model may list several; a name may hold a comma. The text knows which.
            whole = len(several) == 1 or (bool(written) and written in self.text)
            for value in [written] if whole else several:
                self.add([value, label])
            return
        parts = split_at(tokens, ",，")
        if len(parts) > 2:
            parts = self.two(parts)
        if len(parts) != 2:
            if not _is_missing(text_of(tokens)):
                self.parsed.malformed += 1
            return
        if self.task is Task.RELATIONS:
            self.add([text_of(parts[0]), label, text_of(parts[1])])
            return
        (head, head_type), (tail, tail_type) = (typed(part) for part in parts)
        self.add([head, head_type, label, tail, tail_type])

    def two(self, parts: list[list[Token]]) -> list[list[Token]]:
        """Head and tail, of more parts: at the comma where both sides stand in the text."""
        if len(parts) > 16:
            return parts
        comma = Token(",", sign=",")
        for at in range(1, len(parts)):
            sides = [interspersed(parts[:at], comma), interspersed(parts[at:], comma)]
            if all((typed(side)[0] or "\0") in self.text for side in sides):
                return sides
        return parts


_WRAPPERS = frozenset(
    {
        "", "entities", "entity", "relations", "relation", "triples", "triplets", "events", "event",
        "result", "results", "answer", "output", "data", "facts", "items", "triggers", "arguments",
        "实体", "关系", "三元组", "事件", "结果", "答案", "输出", "extractions",
    }
)  # fmt: skip


def _names(field: str) -> tuple[str, ...]:
    own = tuple(names[field] for names in FIELD_NAMES.values())
    return (*own, "subject") if field == "head" else (*own, "object") if field == "tail" else own


def _tidy(value: str) -> str:
    return value.strip().strip("\u200b\ufeff")


def _is_missing(value: str) -> bool:
    return not value.strip() or normal(value) in _MISSING


def _scalars(value: Any) -> Iterator[str]:
    """The plain values in ``value``; those of objects by their text-like key."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            keys = (*_KEYS["entity"], "argument", "value")
            stack.extend(item[k] for k in item if normal(k) in keys)
        elif isinstance(item, (str, int, float)) and not isinstance(item, bool):
            yield str(item)
