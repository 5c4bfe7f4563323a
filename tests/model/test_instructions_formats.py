"""Answers written in each format are read back to the same facts."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.instructions.formats import example, write
from model.instructions.labels import Label, LabelSet
from model.instructions.parsing import parse
from model.instructions.tasks import LANGUAGES, SHAPES, Fact, Format, Task

LABELS = {
    "en": ("person", "place of birth", "Attack", "geo-political entity", "a, b: c"),
    "zh": ("人物", "出生地点", "攻击", "组织（公司）", "关系"),
}
MEMBERS = {"en": ("attacker", "place", "date of birth"), "zh": ("攻击者", "地点", "时间")}
AWKWARD = [
    "Paris, Texas", "O'Brien", 'the "Foo" group', "U.S.", "3.5%", "12:30", "a; b", "x#y", "(Inc)",
    "none", "无", "张三，李四", "《红楼梦》",
    "head entity is x", "头实体是我", "1. FC Köln", "- minus",
    "line\nfeed", "“引号”", "C++ / C#", "back\\slash", "`code`", "{x}", "[y]", "<z>", "été",
    "e\u0301",
    "👩‍🚀", "relation", "value", "```", "null", "'t Hooft", "Unknown", "N/A Corp", "=", "是",
]  # fmt: skip


def label_set(task: Task, language: str) -> LabelSet:
    members = tuple(Label(name, name) for name in MEMBERS[language]) if SHAPES[task].pair else ()
    return LabelSet(
        task,
        tuple(Label(name, name, members=members) for name in LABELS[language]),
        tuple(Label(name, name) for name in ("thing", "地方")),
    )


#: Words that a model writes for "there is none", which no answer can tell from a name.
MEANS_NOTHING = {
    "nan",
    "none",
    "null",
    "n/a",
    "n a",
    "无",
    "未知",
    "unknown",
    "not mentioned",
    "未提及",
}
values = (
    st.one_of(
        st.sampled_from(AWKWARD),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    )
    .map(lambda text: text.strip().strip("\u200b\ufeff").strip())
    .filter(lambda text: text and text.casefold() not in MEANS_NOTHING)
)


@st.composite
def answers(draw: st.DrawFn, task: Task, language: str) -> list[Fact]:
    shape = SHAPES[task]
    facts = []
    for _ in range(draw(st.integers(0, 4))):
        row = []
        for field in shape.fields:
            if field == shape.label:
                row.append(draw(st.sampled_from(LABELS[language])))
            elif field in ("head_type", "tail_type"):
                row.append(draw(st.sampled_from(("thing", "地方"))))
            else:
                row.append(draw(values))
        pairs: list[tuple[str, str]] = []
        if shape.pair:
            for member in draw(st.lists(st.sampled_from(MEMBERS[language]), unique=True)):
                fillers = draw(st.lists(values, min_size=1, max_size=2, unique=True))
                pairs += [(member, filler) for filler in fillers]
        facts.append(Fact(tuple(row), tuple(pairs)))
    return list(dict.fromkeys(facts))


CASES = list(itertools.product(Task, Format, LANGUAGES))


@pytest.mark.parametrize(("task", "format", "language"), CASES)
def test_facts_survive_every_format(task: Task, format: Format, language: str) -> None:
    labels = label_set(task, language)

    @settings(max_examples=12, deadline=None)
    @given(answers(task, language))
    def check(facts: list[Fact]) -> None:
        answer = write(facts, task, format, language, labels.shown)
        parsed = parse(answer, task, format, labels)
        assert sorted(parsed.facts, key=repr) == sorted(facts, key=repr), answer
        assert (parsed.malformed, parsed.unknown, parsed.truncated) == (0, 0, False)

    check()


@pytest.mark.parametrize(("task", "format", "language"), CASES)
def test_facts_are_read_without_knowing_format_or_labels(
    task: Task, format: Format, language: str
) -> None:
    label = LABELS[language][0]
    fillers = {"head": "Marie Curie", "tail": "华沙", "entity": "Ada Lovelace", "trigger": "fired"}
    row = tuple(
        label if f == SHAPES[task].label else fillers.get(f, "thing") for f in SHAPES[task].fields
    )
    pairs = ((MEMBERS[language][0], "the army"),) if SHAPES[task].pair else ()
    facts = [Fact(row, pairs)]
    answer = write(facts, task, format, language)
    assert parse(answer, task, None, label_set(task, language)).facts == facts
    assert parse(answer, task, format).facts == facts


@pytest.mark.parametrize(("task", "format", "language"), CASES)
def test_answers_that_hold_nothing_are_no_error(task: Task, format: Format, language: str) -> None:
    labels = label_set(task, language)
    answer = write([], task, format, language, labels.shown)
    parsed = parse(answer, task, format, labels)
    assert (parsed.facts, parsed.malformed, parsed.unknown) == ([], 0, 0)


@pytest.mark.parametrize(("task", "format", "language"), CASES)
def test_examples_name_every_field(task: Task, format: Format, language: str) -> None:
    shown = example(task, format, language)
    assert shown
    if format is Format.SENTENCE:
        assert shown.count("...") >= len(SHAPES[task].fields)


EN = label_set(Task.ENTITIES, "en")
RE_LABELS = LabelSet(Task.RELATIONS, (Label("born in", "born in"), Label("works for", "works for")))
EE_LABELS = LabelSet(
    Task.EVENTS,
    (Label("Attack", "Attack", members=(Label("attacker", "attacker"), Label("place", "place"))),),
)


@pytest.mark.parametrize(
    "answer",
    [
        'Sure! Here you go:\n```json\n{"person": ["Ann Lee", "Bo"]}\n```\nLet me know.',
        "{'person': ['Ann Lee', 'Bo']}",
        '{"person": ["Ann Lee", "Bo",], }',
        '{"person": ["Ann Lee" "Bo"]}',
        '{"Person": "Ann Lee", "PERSON": ["Bo"]}',
        '{"person": ["Ann Lee", "Bo"], "Attack": [',
        '{"person": ["Ann Lee", "Bo", "Char',
        "｛“person”：［“Ann Lee”，“Bo”］｝",
        '[{"text": "Ann Lee", "label": "person"}, {"text": "Bo", "label": "person"}]',
        '{"entities": [{"entity": "Ann Lee", "type": "person"}, {"name": "Bo", "type": "person"}]}',
        '{"entity": "Ann Lee", "type": "person"}\n{"entity": "Bo", "type": "person"}',
        '[["Ann Lee", "person"], ["Bo", "person"]]',
        "[(Ann Lee, person), (Bo, person)]",
        "1. (Ann Lee, person)\n2. (Bo, person)",
        "（Ann Lee，person）\n（Bo，person）",
        "- person: Ann Lee\n- person: Bo",
        "**person**: Ann Lee, Bo",
        "person：Ann Lee、Bo",
        "Entity is Ann Lee, entity type is person\nentity is Bo, entity type is person",
        '<think>Is {"person": ["Cy"]} right?</think>{"person": ["Ann Lee", "Bo"]}',
        '{"person": ["Ann Lee", "Bo"' + ', "Bo"' * 500,
        "{person: [Ann Lee, Bo]}",
        '{"person": [{"text": "Ann Lee"}, {"text": "Bo"}]}',
    ],
)
def test_what_models_write_is_understood(answer: str) -> None:
    facts = parse(answer, Task.ENTITIES, Format.JSON_OBJECT, EN).facts
    assert facts == [Fact(("Ann Lee", "person")), Fact(("Bo", "person"))]


@pytest.mark.parametrize(
    "answer",
    [
        '{"born in": [{"head": "Paris, Texas", "tail": "US"}]}',
        '{"born in": [{"subject": "Paris, Texas", "object": "US"}], "works for": []}',
        '{"born in": {"head": "Paris, Texas", "tail": "US"}}',
        '[{"head": "Paris, Texas", "relation": "born in", "tail": "US"}]',
        '[{"subject": "Paris, Texas", "predicate": "born_in", "object": "US"}]',
        '[["Paris, Texas", "born in", "US"]]',
        "(Paris, Texas, born in, US)",
        "<Paris, Texas, born in, US>",
        "born in: Paris, Texas, US",
        "born in：Paris, Texas，US",
        "Head entity is Paris, Texas, relation is born in, tail entity is US",
    ],
)
def test_commas_of_names_are_told_from_those_of_the_format(answer: str) -> None:
    parsed = parse(answer, Task.RELATIONS, None, RE_LABELS, "Paris, Texas is in the US.")
    assert parsed.facts == [Fact(("Paris, Texas", "born in", "US"))]


@pytest.mark.parametrize(
    "answer",
    [
        '{"Attack": [{"trigger": "fired", "arguments": {"attacker": ["men", "boys"]}}]}',
        '{"Attack": {"trigger": "fired", "arguments": {"attacker": "men", "attacker": "boys"}}}',
        '[{"event_type": "Attack", "trigger": "fired", "arguments":'
        ' [{"role": "attacker", "argument": "men"}, {"role": "attacker", "argument": "boys"}]}]',
        "(fired, Attack, attacker#men; attacker#boys)",
        "Attack: fired\n- attacker: men\n- attacker: boys",
        "Attack: fired\nattacker: men; attacker: boys",
        "Trigger is fired, event type is Attack; role is attacker, argument is men;"
        " role is attacker, argument is boys",
    ],
)
def test_events_are_read_in_any_shape(answer: str) -> None:
    # A key that comes twice is lost to strict JSON; this is the one thing that is not repaired.
    expected = (("attacker", "men"), ("attacker", "boys"))
    (fact,) = parse(answer, Task.EVENTS, Format.JSON_OBJECT, EE_LABELS).facts
    assert fact.values == ("fired", "Attack")
    assert fact.pairs == expected or ('"attacker": "boys"' in answer and len(fact.pairs) == 1)


def test_labels_that_were_not_asked_for_are_counted_and_dropped() -> None:
    parsed = parse('{"person": ["Ann"], "dragon": ["Smaug"]}', Task.ENTITIES, None, EN)
    assert parsed.facts == [Fact(("Ann", "person"))]
    assert parsed.unknown == 1
    parsed = parse("(fired, Attack, wizard#Bo; place#Rome)", Task.EVENTS, None, EE_LABELS)
    assert parsed.facts == [Fact(("fired", "Attack"), (("place", "Rome"),))]
    assert parsed.unknown == 1


def test_a_text_that_broke_off_gives_no_half_name() -> None:
    parsed = parse('{"person": ["Ann Lee", "Bob Mar', Task.ENTITIES, Format.JSON_OBJECT, EN)
    assert parsed.facts == [Fact(("Ann Lee", "person"))]
    assert parsed.truncated
    parsed = parse("(Ann Lee, person)\n(Bob Mar", Task.ENTITIES, Format.TUPLE, EN)
    assert parsed.facts == [Fact(("Ann Lee", "person"))]
    assert parsed.truncated


def test_thinking_that_never_ends_is_no_answer() -> None:
    parsed = parse('<think>maybe {"person": ["Ann"]}', Task.ENTITIES, None, EN)
    assert parsed.facts == []
    assert parsed.truncated


@pytest.mark.parametrize("task", list(Task))
@settings(max_examples=30, deadline=None)
@given(
    answer=st.one_of(
        st.text(max_size=200),
        st.text("{}[]()\"'\\:,; \n#-<>“”：，｛is entityrol/1", max_size=120),
    )
)
def test_no_answer_makes_the_parser_fail(task: Task, answer: str) -> None:
    labels = label_set(task, "en")
    for format in (None, Format.TUPLE, Format.JSON_OBJECT):
        parsed = parse(answer, task, format, labels, "some text")
        for fact in parsed.facts:
            assert len(fact.values) == len(SHAPES[task].fields)
            assert fact.values[SHAPES[task].label_at] in labels.shown


LOOPS = [
    "[", '{"a":', '{"a": "b" ', '"', "['", '{"a": "\\', "}{", '[{"a": "b"}, ', "[(]", "/*[", '["" ',
    "(a, ", "(a, b) ", "entity is a, ", "a: b\n", "- a: b; ", '"x" ', "# ", "entity type ",
    "<think>",
    "a: b, c, ", "（", "'", '\\u', "is entity ", '{"arguments": ', "(“", " \n", "//", "1. ", "\"\n",
]  # fmt: skip


@pytest.mark.parametrize("loop", LOOPS)
def test_endless_answers_come_to_an_end(loop: str) -> None:
    answer = (loop * (32_000 // len(loop) + 1))[:32_000]
    for task in (Task.EVENTS, Task.TRIPLES):
        labels = label_set(task, "en")
        parsed = parse(answer, task, Format.JSON_OBJECT, labels, "text")
        assert all(fact.values[SHAPES[task].label_at] in labels.shown for fact in parsed.facts)
