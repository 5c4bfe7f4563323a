"""The extractor that asks a language model, in words, and grounds its answers in the text."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic

from ingest.splitter import pack
from model.annotations import Annotation, Event, Mention, Relation
from model.generative.answer_schema import answer_schema
from model.generative.engine import Answer, Engine, Prompt
from model.instructions.assemble import GroundingReport, assemble
from model.instructions.convert import prompt_language
from model.instructions.labels import LabelSet, label_set, normal
from model.instructions.parsing import Parsed, parse
from model.instructions.prompts import PromptSet, load_prompts
from model.instructions.tasks import SHAPES, Fact, Format, Task
from model.schema import EntityType, EventType, RelationType, Role, Schema

logger = logging.getLogger(__name__)

EXTRACTOR_VERSION = 1  # raise it when parsing or grounding changes what comes out
#: Prompts given to the engine at once: bounds memory, and how much a crash can cost.
PROMPTS_AT_ONCE = 512
#: Seconds between two log lines of counts.
TELL_EVERY = 60.0


@dataclass(frozen=True)
class GenerativeOptions:
    """What is asked, and how.

    ``tasks`` are asked in this order; ``ARGUMENTS`` asks about the events that ``TRIGGERS`` found.
    ``batch``: labels asked for at once, None for what suits each task, 0 for all. ``template``:
    number of the wording. ``describe``: show the labels' descriptions. ``window``: most tokens of
    text in a prompt; longer texts are cut between sentences.
    """

    tasks: tuple[Task, ...] = (Task.ENTITIES, Task.RELATIONS, Task.EVENTS)
    format: Format = Format.JSON_OBJECT
    batch: int | None = None
    template: int = 0
    describe: bool = False
    window: int = 512


@dataclass(slots=True)
class ExtractionReport:
    """Counts over all texts so far; see ``Parsed`` and ``GroundingReport``."""

    answers: int = 0
    cut_off: int = 0
    unreadable: int = 0
    malformed: int = 0
    unknown_labels: int = 0
    repeated: int = 0
    grounding: GroundingReport = field(default_factory=GroundingReport)

    def __str__(self) -> str:
        facts = self.grounding
        dropped = ", ".join(f"{count:,} {reason}" for reason, count in facts.dropped.items())
        return (
            f"{facts.facts:,} facts, {facts.grounded:,} grounded"
            f" (dropped: {dropped or 'none'}; {self.unknown_labels:,} labels not asked for,"
            f" {self.repeated:,} repeated, {self.malformed:,} items not understood)"
        )

    def take(self, answer: Answer, parsed: Parsed) -> None:
        self.answers += 1
        self.cut_off += not answer.complete
        self.unreadable += bool(parsed.malformed and not parsed.facts)
        self.malformed += parsed.malformed
        self.unknown_labels += parsed.unknown
        self.repeated += parsed.repeated


@dataclass(frozen=True)
class _Question:
    piece: int
    task: Task
    labels: LabelSet | None
    language: str
    prompt: Prompt


class GenerativeExtractor:
    """See ``model.extractor.Extractor``.

    Every piece of a text is asked about each task, a few labels at a time; the answers are put
    together and grounded: what is not in the text is dropped and counted in ``report``.
    """

    def __init__(
        self,
        engine: Engine,
        options: GenerativeOptions | None = None,
        prompts: PromptSet | None = None,
    ) -> None:
        self.engine = engine
        self.options = options or GenerativeOptions()
        self.prompts = prompts or load_prompts()
        self.report = ExtractionReport()
        self._told = monotonic()
        self._labels: dict[tuple[str, Task, str], LabelSet] = {}

    @cached_property
    def fingerprint(self) -> str:
        o = self.options
        content = [
            EXTRACTOR_VERSION,
            self.engine.fingerprint,
            self.prompts.fingerprint,
            [*o.tasks],
            o.format,
            o.batch,
            o.template,
            o.describe,
            o.window,
        ]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
        return f"generative-{digest}"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self.engine.token_spans(text)

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        pieces = [
            (number, start, text[start:end])
            for number, text in enumerate(texts)
            for start, end in pack(text, self.engine.token_spans, self.options.window)
        ]
        facts: list[dict[Task, list[Fact]]] = [{} for _ in pieces]
        given = [task for task in self.options.tasks if task is not Task.ARGUMENTS]
        self._ask(self._questions(pieces, given, schema, facts), pieces, facts)
        if Task.ARGUMENTS in self.options.tasks:
            self._ask(self._questions(pieces, [Task.ARGUMENTS], schema, facts), pieces, facts)
        return self._assembled(texts, pieces, facts, schema)

    def _assembled(
        self,
        texts: Sequence[str],
        pieces: Sequence[tuple[int, int, str]],
        facts: Sequence[dict[Task, list[Fact]]],
        schema: Schema,
    ) -> list[Annotation]:
        parts: list[list[Annotation]] = [[] for _ in texts]
        for (number, start, piece), found in zip(pieces, facts, strict=True):
            language = prompt_language(piece)
            labels = {task: self._label_set(schema, task, language) for task in Task}
            annotation, report = assemble(piece, _with_arguments(found), labels, schema)
            self.report.grounding.add(report)
            parts[number].append(annotation.shifted(start))
        self._tell()
        return [_joined(annotations) for annotations in parts]

    def _tell(self) -> None:
        """Log the counts now and then, since what is dropped would go unseen."""
        level = logging.DEBUG
        if monotonic() - self._told >= TELL_EVERY:
            self._told, level = monotonic(), logging.INFO
        logger.log(level, "%s; %s", self.engine.usage, self.report)

    def extract_open(
        self, texts: Sequence[str], tasks: Sequence[Task] = (Task.TRIPLES, Task.EVENTS)
    ) -> tuple[list[Annotation], Schema]:
        """Without a schema: annotations with whatever labels the model gives, and these labels.

        ``tasks`` may hold entities, triples, triggers and events. The labels are as the model wrote
        them, in the language of each text, those that differ in case or underscores made one.
        """
        pieces = [
            (number, start, text[start:end])
            for number, text in enumerate(texts)
            for start, end in pack(text, self.engine.token_spans, self.options.window)
        ]
        facts: list[dict[Task, list[Fact]]] = [{} for _ in pieces]
        questions = []
        for place, (_, _, piece) in enumerate(pieces):
            language = prompt_language(piece)
            for task in tasks:
                rendered = self.prompts.render(piece, task, self.options.format, language, None)
                prompt = Prompt(rendered.user, rendered.system)
                questions.append(_Question(place, task, None, language, prompt))
        self._ask(questions, pieces, facts)
        schema = schema_of_facts(facts)
        return self._assembled(texts, pieces, facts, schema), schema

    def _label_set(self, schema: Schema, task: Task, language: str) -> LabelSet:
        key = schema.fingerprint, task, language
        if key not in self._labels:
            self._labels[key] = label_set(schema, task, language)
        return self._labels[key]

    def _questions(
        self,
        pieces: Sequence[tuple[int, int, str]],
        tasks: Sequence[Task],
        schema: Schema,
        facts: Sequence[dict[Task, list[Fact]]],
    ) -> list[_Question]:
        o = self.options
        questions = []
        for place, (_, _, piece) in enumerate(pieces):
            language = prompt_language(piece)
            for task in tasks:
                labels = self._label_set(schema, task, language)
                events: list[Fact] = []
                if task is Task.ARGUMENTS:
                    events = facts[place].get(Task.TRIGGERS, [])
                    found = (labels.resolve(fact.values[1]) for fact in events)
                    labels = labels.subset(dict.fromkeys(x.name for x in found if x and x.members))
                for batch in labels.batches(o.batch):
                    prompt = self.prompts.render(
                        piece,
                        task,
                        o.format,
                        language,
                        batch,
                        template=o.template,
                        describe=o.describe,
                        events=[e for e in events if batch.resolve(e.values[1])],
                    )
                    question = Prompt(
                        prompt.user, prompt.system, answer_schema(task, o.format, batch)
                    )
                    questions.append(_Question(place, task, batch, language, question))
        return questions

    def _ask(
        self,
        questions: Sequence[_Question],
        pieces: Sequence[tuple[int, int, str]],
        facts: Sequence[dict[Task, list[Fact]]],
    ) -> None:
        for first in range(0, len(questions), PROMPTS_AT_ONCE):
            group = questions[first : first + PROMPTS_AT_ONCE]
            answers = self.engine.generate([question.prompt for question in group])
            for question, answer in zip(group, answers, strict=True):
                piece = pieces[question.piece][2]
                parsed = parse(
                    answer.text, question.task, self.options.format, question.labels, piece
                )
                self.report.take(answer, parsed)
                facts[question.piece].setdefault(question.task, []).extend(parsed.facts)


def schema_of_facts(facts: Sequence[Mapping[Task, Sequence[Fact]]]) -> Schema:
    """The schema that holds every label of facts that were found without one."""
    entities: dict[str, str] = {}
    relations: dict[str, str] = {}
    events: dict[str, str] = {}
    roles: dict[str, dict[str, str]] = {}

    def note(table: dict[str, str], written: str) -> str:
        key = normal(written)
        if any(character.isalnum() for character in key):
            table.setdefault(key, written.replace("_", " ").strip())
        return key

    for found in facts:
        for task, items in found.items():
            shape = SHAPES[task]
            for fact in items:
                values = dict(zip(shape.fields, fact.values, strict=True))
                for name in ("type", "head_type", "tail_type"):
                    if name in values:
                        note(entities, values[name])
                if "relation" in values:
                    note(relations, values["relation"])
                if "event" in values:
                    of_event = roles.setdefault(note(events, values["event"]), {})
                    for role, _ in fact.pairs:
                        note(of_event, role)
    return Schema(
        "open",
        entities=tuple(EntityType(name) for name in entities.values()),
        relations=tuple(RelationType(name) for name in relations.values()),
        events=tuple(
            EventType(name, roles=tuple(Role(role) for role in roles[key].values()))
            for key, name in events.items()
        ),
    )


def _with_arguments(found: dict[Task, list[Fact]]) -> dict[Task, list[Fact]]:
    """Without the bare events of ``TRIGGERS`` whose arguments were found as well."""
    if Task.ARGUMENTS not in found or Task.TRIGGERS not in found:
        return found
    full = Counter(fact.values for fact in found[Task.ARGUMENTS])
    bare = []
    for fact in found[Task.TRIGGERS]:
        if full[fact.values] > 0:
            full[fact.values] -= 1
        else:
            bare.append(fact)
    return {**found, Task.TRIGGERS: bare}


def _joined(parts: Sequence[Annotation]) -> Annotation:
    """One annotation of a text from those of its pieces, which do not overlap."""
    mentions: list[Mention] = []
    relations: list[Relation] = []
    events: list[Event] = []
    for part in parts:
        offset = len(mentions)
        mentions += part.mentions
        relations += [
            Relation(r.type, r.head + offset, r.tail + offset, r.confidence) for r in part.relations
        ]
        events += part.events
    return Annotation(tuple(mentions), tuple(relations), tuple(events))
