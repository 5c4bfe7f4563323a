"""Annotated texts to instruction data and back; prompts, label groups and negatives."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import yaml

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.instructions.convert import (
    Answered,
    Converter,
    ConvertOptions,
    annotation_of,
    facts_of,
)
from model.instructions.labels import Label, LabelSet, label_set
from model.instructions.negatives import HardNegatives, training_batches
from model.instructions.parsing import parse
from model.instructions.prompts import PROMPT_FOLDER, PromptError, load_prompts
from model.instructions.tasks import LANGUAGES, Fact, Format, Task
from model.records import Record
from model.schema import Schema
from model.schema_loader import load_schema

SCHEMA = load_schema("general")
EN = "Marie Curie, born in Warsaw, founded the Radium Institute in 1914."
ZH = "居里夫人出生于华沙，1914年创办了镭研究所。"


def record(text: str, lang: str) -> Record:
    words = (
        ("Marie Curie", "Warsaw", "Radium Institute", "1914", "founded")
        if lang == "en"
        else ("居里夫人", "华沙", "镭研究所", "1914年", "创办")
    )
    at = {word: (text.index(word), text.index(word) + len(word)) for word in words}
    person, city, institute, date, trigger = words
    types = {person: "person", city: "location", institute: "organization", date: "date"}
    mentions = tuple(sorted(Mention(*at[w], t) for w, t in types.items()))
    index = {m.start: i for i, m in enumerate(mentions)}
    birth = Relation("place of birth", index[at[person][0]], index[at[city][0]])
    event_type = next(
        e for e in SCHEMA.events if len(e.roles) > 1 and e.name.startswith(("found", "start"))
    )
    arguments = (
        Argument(*at[person], event_type.roles[0].name),
        Argument(*at[date], event_type.roles[-1].name),
    )
    event = Event(event_type.name, Span(*at[trigger]), tuple(sorted(arguments)))
    return Record(
        id=f"{lang}/1",
        text=text,
        lang=lang,
        annotation=Annotation(mentions, (birth,), (event,)),
        layers=frozenset({"entities", "relations", "events"}),
    )


RECORDS = [record(EN, "en"), record(ZH, "zh")]


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("source", RECORDS, ids=["en", "zh"])
def test_a_record_survives_the_way_there_and_back(source: Record, format: Format) -> None:
    converter = Converter(SCHEMA, ConvertOptions(formats=(format,)))
    rows = list(converter.rows(source))
    answers = [Answered(row.task, row.output, row.format, row.labels) for row in rows]
    annotation, report = annotation_of(source.text, answers, SCHEMA)
    assert annotation == source.annotation
    assert not report.dropped


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("source", RECORDS, ids=["en", "zh"])
def test_every_task_states_what_the_record_has(source: Record, task: Task) -> None:
    converter = Converter(SCHEMA, ConvertOptions(tasks=(task,), formats=tuple(Format)))
    labels = converter.labels(task, source.lang or "en")
    facts = facts_of(source, task, labels)
    assert facts
    stated = [
        fact
        for row in converter.rows(source)
        for fact in parse(row.output, task, row.format, labels, source.text).facts
    ]
    assert sorted(stated, key=repr) == sorted(facts, key=repr)


def test_chinese_text_is_asked_in_chinese() -> None:
    for row in Converter(SCHEMA, ConvertOptions(negatives=0)).rows(RECORDS[1]):
        assert row.language == "zh"
        assert all(not label.isascii() for label in row.labels)


def test_rows_are_those_of_fine_tuning_and_the_same_each_time() -> None:
    first = [row.to_json() for row in Converter(SCHEMA).rows(RECORDS[0])]
    again = [row.to_json() for row in Converter(SCHEMA).rows(RECORDS[0])]
    assert first == again
    for row in first:
        assert row["input"] == EN
        assert EN not in row["instruction"]
        assert json.loads(row["output"]).keys() == set(row["labels"])
        assert "messages" not in row


def test_a_layout_of_its_own_comes_as_messages() -> None:
    converter = Converter(SCHEMA, prompts=load_prompts("json-instruction"))
    row = next(converter.rows(RECORDS[0])).to_json()
    user, answer = row["messages"]
    content = json.loads(user["content"])
    assert content["input"] == EN
    assert content["schema"] == row["labels"]
    assert answer == {"role": "assistant", "content": row["output"]}


def test_layers_without_annotation_give_no_rows_and_partial_ones_no_negatives() -> None:
    bare = replace(RECORDS[0], layers=frozenset({"entities"}), partial=frozenset({"entities"}))
    rows = list(Converter(SCHEMA).rows(bare))
    assert {row.task for row in rows} == {Task.ENTITIES}
    asked = {label for row in rows for label in row.labels}
    assert asked == {m.type for m in bare.annotation.mentions}


def test_rows_without_facts_are_bounded() -> None:
    options = ConvertOptions(tasks=(Task.RELATIONS,), empty=1.0)
    rows = list(Converter(SCHEMA, options).rows(RECORDS[0]))
    empty = [row for row in rows if not any(json.loads(row.output).values())]
    assert (len(rows), len(empty)) == (2, 1)


def test_open_rows_name_no_labels() -> None:
    options = ConvertOptions(tasks=(Task.ENTITIES,), open=1.0, negatives=0.0)
    rows = list(Converter(SCHEMA, options).rows(RECORDS[0]))
    (row,) = [row for row in rows if not row.labels]
    assert "location" not in row.instruction
    parsed = parse(row.output, Task.ENTITIES, row.format)
    assert Fact(("Warsaw", "location")) in parsed.facts


def test_events_without_trigger_go_there_and_back() -> None:
    (event,) = RECORDS[0].annotation.events
    bare = replace(event, trigger=None)
    source = replace(RECORDS[0], annotation=Annotation((), (), (bare,)))
    options = ConvertOptions(tasks=(Task.EVENTS, Task.TRIGGERS), empty=0)
    rows = list(Converter(SCHEMA, options).rows(source))
    assert {row.task for row in rows} == {Task.EVENTS}
    answers = [Answered(row.task, row.output, row.format, row.labels) for row in rows]
    annotation, _ = annotation_of(source.text, answers, SCHEMA)
    assert annotation.events == (bare,)


def test_arguments_are_asked_with_their_triggers() -> None:
    (row,) = Converter(SCHEMA, ConvertOptions(tasks=(Task.ARGUMENTS,))).rows(RECORDS[0])
    assert "founded" in row.instruction
    assert len(row.labels) == 1


# -- labels ---------------------------------------------------------------------------------


def labels_of(count: int) -> LabelSet:
    return LabelSet(Task.ENTITIES, tuple(Label(f"t{i}", f"t{i}") for i in range(count)))


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [(6, None, [6]), (7, None, [7]), (8, None, [8]), (9, None, [6, 3]), (14, None, [6, 8]),
     (5, 0, [5]), (5, 1, [1] * 5), (0, 4, []), (3, 6, [3])],
)  # fmt: skip
def test_labels_are_cut_into_batches(count: int, size: int | None, expected: list[int]) -> None:
    assert [len(batch) for batch in labels_of(count).batches(size)] == expected


def test_labels_are_known_by_any_of_their_names() -> None:
    labels = label_set(SCHEMA, Task.RELATIONS, "zh")
    for written in ("place of birth", "PLACE_OF_BIRTH", "Place-of-Birth", "“place of birth”"):
        label = labels.resolve(written)
        assert label is not None and label.name == "place of birth"
    shown = label.shown if label else ""
    assert not shown.isascii()
    assert labels.resolve(shown) is label
    assert labels.resolve("shoe size") is None


def test_hard_negatives_are_like_in_name_or_surroundings() -> None:
    labels = LabelSet(
        Task.RELATIONS,
        tuple(Label(n, n) for n in ("born in", "born at", "died in", "capital of", "x")),
    )
    texts = [
        {"died in": ["person city"], "born in": ["person city"]},
        {"capital of": ["city country"]},
        {"x": ["x x"]},
    ] * 3
    hard = HardNegatives.count(labels, texts)
    assert {"born at", "died in"} <= set(hard.of["born in"])
    assert "capital of" not in hard.of["died in"]


def test_hard_negatives_share_the_batch_of_what_they_resemble() -> None:
    labels = labels_of(40)
    hard = HardNegatives({"t5": ("t30", "t31")})
    batches = training_batches(labels, ["t5"], Random(0), size=6, share=1.0, hard=hard)
    (first,) = [batch for batch in batches if "t5" in batch.by_name]
    assert {"t30", "t31"} <= set(first.by_name)
    assert sum(map(len, batches)) == 1 + 2 + 6


def test_hard_negatives_out_of_scope_are_not_asked_for() -> None:
    hard = HardNegatives({"t1": ("t8", "t2")})
    batches = training_batches(labels_of(4), ["t1"], Random(0), size=6, share=1.0, hard=hard)
    assert [sorted(batch.by_name) for batch in batches] == [["t0", "t1", "t2", "t3"]]


@pytest.mark.parametrize(("share", "asked"), [(0.0, 2), (0.5, 21), (1.0, 40)])
def test_the_share_of_negatives_is_kept(share: float, asked: int) -> None:
    batches = training_batches(labels_of(40), ["t1", "t2"], Random(0), size=6, share=share)
    names = [name for batch in batches for name in batch.by_name]
    assert len(names) == len(set(names)) == asked
    assert {"t1", "t2"} <= set(names)


# -- prompts --------------------------------------------------------------------------------


@pytest.mark.parametrize("task", list(Task))
def test_every_task_has_its_wordings(task: Task) -> None:
    prompts = load_prompts()
    for language, least in (("en", 14), ("zh", 4)):
        wordings = prompts.wordings[task, language]
        assert len(set(wordings.templates)) >= least
        assert wordings.open
        for template in wordings.templates:
            assert "{schema}" in template and "{format}" in template
            assert ("{events}" in template) == (task is Task.ARGUMENTS)
        assert not any("{schema}" in template for template in wordings.open)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", list(Task))
def test_prompts_hold_labels_format_and_text(task: Task, language: str) -> None:
    labels = label_set(SCHEMA, task, language).batches()[0]
    text = "A {schema} and a {text} in braces."
    prompts = load_prompts()
    for template in range(prompts.count(task, language)):
        rendered = prompts.render(
            text, task, Format.TUPLE, language, labels, template=template, describe=True
        )
        assert rendered.user.endswith(text)
        assert all(label.shown in rendered.instruction for label in labels)
        assert "{schema}" not in rendered.instruction
        assert "{format}" not in rendered.instruction


def test_descriptions_are_shown_on_request() -> None:
    schema = Schema("d", languages=("en",), entities=SCHEMA.entities)
    labels = label_set(schema, Task.ENTITIES, "en")
    described = next(label for label in labels if label.description)
    prompts = load_prompts()
    plain = prompts.render("x", Task.ENTITIES, Format.LINES, "en", labels)
    full = prompts.render("x", Task.ENTITIES, Format.LINES, "en", labels, describe=True)
    assert described.description not in plain.user
    assert described.description in full.user


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"layout": "{text}"}, "layout"),
        ({"sing": {}}, "sing"),
        ({"entities": {"fr": {}}}, "entities"),
        ({"entities": {"en": {"templates": []}}}, "empty"),
        ({"entities": {"en": {"templates": [1]}}}, "templates"),
        ([], "must map"),
    ],
)
def test_wrong_prompt_files_are_errors(tmp_path: Path, content: object, named: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(PromptError, match=named):
        load_prompts(file)


def test_a_prompt_of_ones_own_stands_for_ours(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "system": "Be exact.",
                "layout": "<{instruction}|{text}>",
                "entities": {"en": {"templates": ["List {schema}."]}},
            }
        )
    )
    prompts = load_prompts(file)
    labels = labels_of(2)
    rendered = prompts.render("hello", Task.ENTITIES, Format.TUPLE, "en", labels)
    assert (rendered.user, rendered.system) == ("<List [t0, t1].|hello>", "Be exact.")
    assert prompts.count(Task.EVENTS, "en") >= 14
    assert prompts.fingerprint != load_prompts().fingerprint


def test_ready_styles_load() -> None:
    styles = sorted(path.stem for path in (PROMPT_FOLDER / "styles").glob("*.yaml"))
    assert styles
    for style in styles:
        load_prompts(style)
