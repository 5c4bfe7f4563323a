"""Prompts from templates: ``configs/prompts`` or a file of one's own; see the README there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ingest.yaml_text import load_yaml
from model.instructions.formats import example
from model.instructions.labels import Label, LabelSet
from model.instructions.tasks import LANGUAGES, Fact, Format, Task

PROMPT_FOLDER = Path(__file__).parent.parent.parent / "configs" / "prompts"
DEFAULT_LAYOUT = "{instruction}\n{text}"
_PLACEHOLDER = re.compile(r"\{(schema|format|events|instruction|text)(_json)?\}")


class PromptError(ValueError):
    """A prompt file that is wrong; the message names file and key."""


@dataclass(frozen=True)
class Wordings:
    """How one task is put in one language; ``open`` is for extraction without labels."""

    templates: tuple[str, ...]
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rendered:
    """A prompt: ``instruction`` alone, and ``user``, the message that holds it and the text."""

    instruction: str
    user: str
    system: str = ""


@dataclass(frozen=True)
class PromptSet:
    """The wordings of every task, and how a prompt is laid out."""

    wordings: Mapping[tuple[Task, str], Wordings]
    layout: str = DEFAULT_LAYOUT
    system: str = ""

    @cached_property
    def fingerprint(self) -> str:
        content = [
            self.layout,
            self.system,
            sorted((*key, w.templates, w.open) for key, w in self.wordings.items()),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    def count(self, task: Task, language: str, *, open: bool = False) -> int:
        """How many templates there are."""
        wordings = self.wordings[task, language]
        return len(wordings.open if open else wordings.templates)

    def render(
        self,
        text: str,
        task: Task,
        format: Format,
        language: str,
        labels: LabelSet | None,
        *,
        template: int = 0,
        describe: bool = False,
        events: Sequence[Fact] = (),
    ) -> Rendered:
        """The prompt that asks for ``labels`` (None: for whatever there is) in ``text``.

        ``template`` is the number of the wording; ``describe`` adds the labels' descriptions;
        ``events`` are those whose arguments are asked for.
        """
        wordings = self.wordings[task, language]
        wording = (wordings.templates if labels is not None else wordings.open)[template]
        values: dict[str, Any] = {
            "schema": _as_json(labels, describe) if labels is not None else [],
            "format": example(task, format, language),
            "events": {label: trigger for trigger, label in (fact.values for fact in events)},
            "text": text,
        }
        shown = {
            "schema": _as_text(labels, describe) if labels is not None else "",
            "format": values["format"],
            "events": "; ".join(f"{label}: {trigger}" for trigger, label in _values(events)),
            "text": text,
        }
        values["instruction"] = shown["instruction"] = _filled(wording, shown, values)
        return Rendered(shown["instruction"], _filled(self.layout, shown, values), self.system)


def _values(events: Sequence[Fact]) -> list[tuple[str, ...]]:
    return [fact.values for fact in events]


def _filled(template: str, shown: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """``template`` with its placeholders filled, in one pass: what is filled in is left alone."""

    def value(match: re.Match[str]) -> str:
        name, as_json = match.groups()
        return json.dumps(values[name], ensure_ascii=False) if as_json else shown[name]

    return _PLACEHOLDER.sub(value, template)


def _as_text(labels: LabelSet, describe: bool) -> str:
    def text(label: Label) -> str:
        shown = label.shown
        if labels.task is Task.TRIPLES:
            head, tail = ("/".join(kinds) or "*" for kinds in (label.head, label.tail))
            shown = f"{head} - {shown} - {tail}"
        if describe and label.description:
            shown += f" ({label.description})"
        if label.members:
            shown += f": [{', '.join(member.shown for member in label.members)}]"
        return shown

    body = ", ".join(text(label) for label in labels)
    return f"{{{body}}}" if any(label.members for label in labels) else f"[{body}]"


def _as_json(labels: LabelSet, describe: bool) -> Any:
    if labels.task is Task.TRIPLES:
        return [
            {"head_type": list(r.head), "relation": r.shown, "tail_type": list(r.tail)}
            for r in labels
        ]
    if any(label.members for label in labels):
        return {label.shown: [member.shown for member in label.members] for label in labels}
    if describe:
        return {label.shown: label.description for label in labels}
    return labels.shown


def load_prompts(path: str | Path | None = None) -> PromptSet:
    """The prompts of ``configs/prompts``, with what the file ``path`` or the ready style of that
    name says in their place. Raises PromptError."""
    wordings: dict[tuple[Task, str], Wordings] = {}
    for task in Task:
        file = PROMPT_FOLDER / f"{task}.yaml"
        wordings |= _wordings(_read(file), task, file)
    prompts = PromptSet(wordings)
    if path is None:
        return prompts
    style = PROMPT_FOLDER / "styles" / f"{path}.yaml"
    path = style if style.is_file() else Path(path)
    own = _read(path)
    unknown = set(own) - {"system", "layout", *Task}
    if unknown:
        raise PromptError(f"{path}: unknown key '{sorted(unknown)[0]}'")
    for task in Task:
        if task in own:
            for key, wording in _wordings(own[task], task, path).items():
                before = wordings[key]
                wordings[key] = wording if wording.open else replace(wording, open=before.open)
    layout, system = own.get("layout", DEFAULT_LAYOUT), own.get("system", "")
    if not isinstance(layout, str) or not isinstance(system, str):
        raise PromptError(f"{path}: 'layout' and 'system' must be texts")
    names = {match.group(1) for match in _PLACEHOLDER.finditer(layout)}
    if not {"instruction", "text"} <= names:
        raise PromptError(f"{path}: 'layout' needs {{instruction}} and {{text}}")
    return PromptSet(wordings, layout, system)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = load_yaml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PromptError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise PromptError(f"{path}: must map tasks to templates")
    return data


def _wordings(data: Any, task: Task, path: Path) -> dict[tuple[Task, str], Wordings]:
    found: dict[tuple[Task, str], Wordings] = {}
    if not isinstance(data, dict) or not set(data) <= set(LANGUAGES):
        raise PromptError(f"{path}: '{task}' must have the keys {' and '.join(LANGUAGES)}")
    for language, value in data.items():
        lists = []
        for key in ("templates", "open"):
            items = value.get(key, []) if isinstance(value, dict) else None
            if not isinstance(items, list) or not all(isinstance(i, str) for i in items):
                raise PromptError(f"{path}: '{task}.{language}.{key}' must be a list of texts")
            lists.append(tuple(items))
        if not lists[0]:
            raise PromptError(f"{path}: '{task}.{language}.templates' is empty")
        found[task, language] = Wordings(*lists)
    return found
