"""Annotated texts to instruction data, for fine-tuning a language model, and answers back.

A row has ``instruction``, ``input`` and ``output``, and also ``messages`` where the prompts have a
layout or system message of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ingest.language import detect
from model.annotations import Annotation
from model.instructions.assemble import GroundingReport, assemble
from model.instructions.formats import write
from model.instructions.labels import BATCH, LabelSet, label_set
from model.instructions.negatives import HardNegatives, training_batches
from model.instructions.parsing import parse
from model.instructions.prompts import DEFAULT_LAYOUT, PromptSet, load_prompts
from model.instructions.tasks import LANGUAGES, SHAPES, Fact, Format, Task
from model.records import Record
from model.schema import Schema

_LAYER = {
    Task.ENTITIES: "entities",
    Task.RELATIONS: "relations",
    Task.TRIPLES: "relations",
    Task.ATTRIBUTES: "relations",
    Task.EVENTS: "events",
    Task.TRIGGERS: "events",
    Task.ARGUMENTS: "events",
}


@dataclass(frozen=True)
class ConvertOptions:
    """What rows are made.

    ``batch``: labels asked for at once, None for what suits the task, 0 for all. ``negatives``:
    share (0 to 1) of the labels that a text does not have to ask for as well. ``hard``: prefer
    those easily taken for one that is there. ``empty``: rows without any fact, at most so many for
    each row with one. ``open``: share of rows that name no labels. ``describe``: share of rows
    with descriptions of the labels.
    """

    tasks: tuple[Task, ...] = (Task.ENTITIES, Task.RELATIONS, Task.EVENTS)
    formats: tuple[Format, ...] = (Format.JSON_OBJECT,)
    batch: int | None = None
    negatives: float = 1.0
    hard: bool = True
    empty: float = 2.0
    open: float = 0.0
    describe: float = 0.0
    seed: int = 42


@dataclass(frozen=True)
class Instruction:
    """One row. ``labels`` are those asked for, by their shown names."""

    id: str
    task: Task
    language: str
    format: Format
    labels: tuple[str, ...]
    instruction: str
    input: str
    output: str
    messages: tuple[Mapping[str, str], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        row: dict[str, Any] = {
            "id": self.id,
            "task": str(self.task),
            "lang": self.language,
            "format": str(self.format),
            "labels": list(self.labels),
            "instruction": self.instruction,
            "input": self.input,
            "output": self.output,
        }
        return row | ({"messages": list(self.messages)} if self.messages else {})


def prompt_language(text: str) -> str:
    """The language of prompts and labels for ``text``."""
    language = detect(text)
    return language if language in LANGUAGES else "en"


def facts_of(record: Record, task: Task, labels: LabelSet) -> list[Fact]:
    """What the record states, in the order of the text, labels by their shown names.

    Each fact is there once, except that events of the same word are there as often as they
    happen. Relations of a type, and events, that ``labels`` lacks are left out.
    """
    text, annotation = record.text, record.annotation
    mentions = annotation.mentions
    shown = {label.name: label.shown for label in labels.types}

    def words(item: Any) -> str:
        return text[item.start : item.end]

    facts: list[Fact] = []
    if task is Task.ENTITIES:
        facts = [
            Fact((words(m), labels.by_name[m.type].shown))
            for m in mentions
            if m.type in labels.by_name
        ]
    elif task in (Task.RELATIONS, Task.TRIPLES):
        for r in sorted(annotation.relations, key=lambda r: (r.head, r.tail)):
            if r.type in labels.by_name:
                head, tail, name = mentions[r.head], mentions[r.tail], labels.by_name[r.type].shown
                values: tuple[str, ...] = (words(head), name, words(tail))
                if task is Task.TRIPLES:
                    types = shown.get(head.type, head.type), shown.get(tail.type, tail.type)
                    values = (words(head), types[0], name, words(tail), types[1])
                facts.append(Fact(values))
    elif task is Task.ATTRIBUTES:
        return _attributes(record, labels)
    else:
        for event in annotation.events:
            if event.type in labels.by_name:
                label = labels.by_name[event.type]
                roles = {m.name: m.shown for m in label.members}
                pairs = dict.fromkeys(
                    (roles[a.role], words(a)) for a in sorted(event.arguments) if a.role in roles
                )
                trigger = words(event.trigger) if event.trigger else ""
                if not trigger and (task is Task.TRIGGERS or not pairs):
                    continue  # nothing in the text to answer with
                facts.append(Fact((trigger, label.shown), tuple(_grouped(pairs))))
        return facts
    return list(dict.fromkeys(facts))


def _attributes(record: Record, labels: LabelSet) -> list[Fact]:
    mentions = record.annotation.mentions
    found: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for relation in record.annotation.relations:
        head, tail = mentions[relation.head], mentions[relation.tail]
        label = labels.by_name.get(head.type)
        member = (
            next((m for m in label.members if m.name == relation.type), None) if label else None
        )
        if label is not None and member is not None:
            key = record.text[head.start : head.end], label.shown
            value = record.text[tail.start : tail.end]
            found.setdefault(key, {})[member.shown, value] = None
    return [Fact(key, tuple(_grouped(pairs))) for key, pairs in found.items()]


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of the same key side by side."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        groups.setdefault(pair[0], []).append(pair)
    return [pair for group in groups.values() for pair in group]


class Converter:
    """Makes rows of records; the same record always gives the same rows.

    ``sample`` are records to count hard negatives in; with none, names alone decide.
    """

    def __init__(
        self,
        schema: Schema,
        options: ConvertOptions | None = None,
        prompts: PromptSet | None = None,
        sample: Iterable[Record] = (),
    ) -> None:
        self.schema = schema
        self.options = options or ConvertOptions()
        self.prompts = prompts or load_prompts()
        self._sample = list(sample)
        self._labels: dict[tuple[Task, str], LabelSet] = {}
        self._hard: dict[tuple[Task, str], HardNegatives] = {}

    def labels(self, task: Task, language: str) -> LabelSet:
        """The schema's labels of a task."""
        if (task, language) not in self._labels:
            self._labels[task, language] = label_set(self.schema, task, language)
        return self._labels[task, language]

    def rows(self, record: Record) -> Iterator[Instruction]:
        """The rows of ``record``: for every task that it is annotated for, one a batch of labels.

        What a record does not have is not asked of a layer that is only partly annotated.
        """
        language = record.lang if record.lang in LANGUAGES else prompt_language(record.text)
        for task in self.options.tasks:
            layer = _LAYER[task]
            if layer not in record.layers:
                continue
            # Its own generator a task: rows of one don't depend on which others are wanted.
            seed = f"{self.options.seed}\0{record.id}\0{task}".encode()
            random = Random(int.from_bytes(hashlib.sha256(seed).digest()[:8], "big"))
            yield from self._rows(record, task, language, random, layer in record.partial)

    def _rows(
        self, record: Record, task: Task, language: str, random: Random, partial: bool
    ) -> Iterator[Instruction]:
        labels = self._in_scope(record, self.labels(task, language))
        if not labels:
            return
        facts = facts_of(record, task, labels)
        by_label: dict[str, list[Fact]] = {}
        for fact in facts:
            label = labels.resolve(fact.values[SHAPES[task].label_at])
            if label is not None:
                by_label.setdefault(label.name, []).append(fact)
        options = self.options
        size = BATCH[task] if options.batch is None else options.batch
        # What plays no role in events that are given can't be asked for.
        share = 0.0 if partial or task is Task.ARGUMENTS else options.negatives
        hard = self._hard_negatives(task, language) if options.hard and share else None
        full: list[Instruction] = []
        empty: list[Instruction] = []
        if facts and not partial and random.random() < options.open:
            full.append(self._row(record, task, language, random, None, facts, 0))
        batches = training_batches(
            labels, list(by_label), random, size=size, share=share, hard=hard
        )
        for number, batch in enumerate(batches, start=1):
            stated = [fact for label in batch for fact in by_label.get(label.name, ())]
            row = self._row(record, task, language, random, batch, stated, number)
            (full if stated else empty).append(row)
        keep = max(1, round(options.empty * len(full))) if options.empty else 0
        yield from full
        yield from empty[:keep]

    def _row(
        self,
        record: Record,
        task: Task,
        language: str,
        random: Random,
        labels: LabelSet | None,
        facts: Sequence[Fact],
        number: int,
    ) -> Instruction:
        format = random.choice(self.options.formats)
        template = random.randrange(self.prompts.count(task, language, open=labels is None))
        prompt = self.prompts.render(
            record.text,
            task,
            format,
            language,
            labels,
            template=template,
            describe=random.random() < self.options.describe,
            events=facts if task is Task.ARGUMENTS else (),
        )
        asked = tuple(labels.shown) if labels is not None else ()
        output = write(facts, task, format, language, asked)
        row = Instruction(
            f"{record.id}/{task}/{number}",
            task,
            language,
            format,
            asked,
            prompt.instruction,
            record.text,
            output,
        )
        if self.prompts.layout == DEFAULT_LAYOUT and not self.prompts.system:
            return row
        messages: list[Mapping[str, str]] = [
            {"role": "user", "content": prompt.user},
            {"role": "assistant", "content": output},
        ]
        if prompt.system:
            messages.insert(0, {"role": "system", "content": prompt.system})
        return replace(row, messages=tuple(messages))

    def _in_scope(self, record: Record, labels: LabelSet) -> LabelSet:
        """The labels that the record's part of the data set annotates."""
        allowed: set[str] | None = None
        for key in ("domain", "style"):
            scope = self.schema.scopes.get(str(record.extra.get(key)))
            names = getattr(scope, _LAYER[labels.task], None) if scope else None
            if names is not None:
                allowed = set(names) if allowed is None else allowed | names
        if allowed is None or labels.task is Task.ATTRIBUTES:
            return labels
        return labels.subset(name for name in labels.by_name if name in allowed)

    def _hard_negatives(self, task: Task, language: str) -> HardNegatives:
        if (task, language) not in self._hard:
            labels = self.labels(task, language)
            self._hard[task, language] = HardNegatives.count(
                labels, (_surroundings(record, task) for record in self._sample)
            )
        return self._hard[task, language]


def _surroundings(record: Record, task: Task) -> dict[str, list[str]]:
    """The labels in a record, each with the words or types that it goes with there."""
    found: dict[str, list[str]] = {}
    annotation, text = record.annotation, record.text
    layer = _LAYER[task]
    if layer == "entities" or task is Task.ATTRIBUTES:
        for m in annotation.mentions:
            found.setdefault(m.type, []).append(text[m.start : m.end].casefold())
    elif layer == "relations":
        for r in annotation.relations:
            head, tail = annotation.mentions[r.head], annotation.mentions[r.tail]
            found.setdefault(r.type, []).append(f"{head.type} {tail.type}")
    else:
        for event in annotation.events:
            words = found.setdefault(event.type, [])
            if event.trigger:
                words.append(text[event.trigger.start : event.trigger.end].casefold())
            words += [argument.role for argument in event.arguments]
    return found


@dataclass(frozen=True)
class Answered:
    """An answer to a row: what the model was asked and what it wrote."""

    task: Task
    output: str
    format: Format | None = None
    labels: tuple[str, ...] = ()


def annotation_of(
    text: str, answers: Sequence[Answered], schema: Schema, language: str | None = None
) -> tuple[Annotation, GroundingReport]:
    """The way back: the annotation that answers about one text make of it."""
    language = language or prompt_language(text)
    labels: dict[Task, LabelSet] = {}
    facts: dict[Task, list[Fact]] = {}
    for answer in answers:
        task = answer.task
        if task not in labels:
            labels[task] = label_set(schema, task, language)
        asked = labels[task]
        if answer.labels:
            wanted = [label for name in answer.labels if (label := asked.resolve(name))]
            asked = asked.subset(dict.fromkeys(label.name for label in wanted))
        parsed = parse(answer.output, task, answer.format, asked, text)
        facts.setdefault(task, []).extend(parsed.facts)
    return assemble(text, facts, labels, schema, need_triggers=False)
