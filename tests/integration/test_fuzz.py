# ruff: noqa: E501
"""Whatever the bytes, our parsers give a result or the error that they promise."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from corpora import pack_samples
from fuzz_targets import targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from ingest.documents import Document, Failure
from ingest.reader import read
from kgbuilder.errors import SettingsError
from kgbuilder.logs import printable
from kgbuilder.settings import load_settings
from model.corpus.errors import CorpusError
from model.corpus.packed import PackedCorpus
from model.instructions import lenient_json
from model.instructions.parsing import parse
from model.instructions.prompts import PromptError, load_prompts
from model.instructions.tasks import Format, Task
from model.records import RecordError, parse_record
from model.schema import Schema
from model.schema_check import SchemaError
from model.schema_format import parse_schema

ROOT = Path(__file__).parents[2]
FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NASTY = [
    *("{", "}", "[", "]", "<", ">", '"', "'", "\\", ":", ",", "&", "*", "!", "%", "#", "---", "\n"),
    *("\0", "\x1b[0m", "\ud800", "\ufeff", "\u202e", "null", "NaN", "1e999", "-0", "9" * 5000),
    *(
        "!!python/object/apply:os.system [id]",
        "&a [*a]",
        "<<: *a",
        "${x}",
        "{{x}}",
        "%s",
        "\\u0000",
    ),
]


@st.composite
def damaged(draw: st.DrawFn, sound: str) -> str:
    """``sound``, changed in a few places."""
    text = sound
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from((0, 0, 1, 3, 20, 200))))
        text = text[:start] + draw(st.sampled_from(NASTY) | st.text(max_size=5)) + text[end:]
    return text


FILES = {
    ".txt": "Marie Curie was born in Warsaw. 居里夫人出生于华沙。\n",
    ".md": "---\ntitle: T\ntags: [a, b]\n---\n# H\n\n- a *b* `c` [d](e)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ".html": "<!DOCTYPE html><html><head><title>T</title></head><body><h1>H</h1><p>a <b>b</b></p></body>",
    ".csv": 'name,text\n"Curie, M.","born ""here"""\nx,y\n',
    ".json": '[{"text": "a b", "title": "t", "n": {"x": [1, 2.5, null]}}]',
    ".jsonl": '{"text": "a"}\n{"text": "b", "id": 3}\n',
    ".pdf": "%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Kids [] >> endobj",
}


@pytest.mark.parametrize("suffix", FILES)
@FUZZ
@given(data=st.data())
def test_a_reader_never_raises(tmp_path: Path, suffix: str, data: DataObject) -> None:
    content = data.draw(
        damaged(FILES[suffix]).map(lambda text: text.encode("utf-8", "surrogatepass"))
        | st.binary(max_size=300)
    )
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    for item in read(path):
        if isinstance(item, Document):
            item.text.encode()
            item.title.encode()
        else:
            assert isinstance(item, Failure)
            assert "\n" not in item.reason


ANSWER = '{"founded by": [{"head": "Acme", "tail": "Jane"}]}\n(Acme, founded by, Jane)\n1. a: b; c'


@pytest.mark.parametrize("task", Task)
@FUZZ
@given(answer=damaged(ANSWER) | st.text(max_size=200), format=st.sampled_from(Format))
def test_an_answer_of_a_model_is_parsed_or_left_out(
    task: Task, answer: str, format: Format
) -> None:
    for fact in parse(answer, task, format, text="Jane founded Acme").facts:
        assert all(isinstance(value, str) for value in fact.values)
    list(lenient_json.values(answer))


@pytest.mark.parametrize(
    "bomb", ["[" * 50_000, "(" * 50_000, '{"a":' * 20_000, '"\\' * 50_000, "- " * 50_000]
)
def test_a_long_answer_without_an_end_is_parsed_in_good_time(bomb: str) -> None:
    for task in (Task.TRIPLES, Task.EVENTS):
        parse(bomb, task)


@FUZZ
@given(text=damaged((ROOT / "configs/schemas/conll04.yaml").read_text(encoding="utf-8")))
def test_a_schema_is_loaded_or_refused(text: str) -> None:
    try:
        assert isinstance(parse_schema(text), Schema)
    except SchemaError as error:
        assert str(error)


@FUZZ
@given(data=st.data())
def test_prompts_are_loaded_or_refused(tmp_path: Path, data: DataObject) -> None:
    sound = next((ROOT / "configs" / "prompts").glob("*.yaml")).read_text(encoding="utf-8")
    path = tmp_path / "prompts.yaml"
    path.write_text(data.draw(damaged(sound)), encoding="utf-8", errors="surrogatepass")
    try:
        load_prompts(str(path))
    except PromptError as error:
        assert str(error)


@FUZZ
@given(data=st.data())
def test_settings_are_loaded_or_refused(tmp_path: Path, data: DataObject) -> None:
    sound = (ROOT / "configs" / "default.yaml").read_text(encoding="utf-8")
    path = tmp_path / "settings.yaml"
    path.write_text(data.draw(damaged(sound)), encoding="utf-8", errors="surrogatepass")
    try:
        load_settings(path, environment={})
    except SettingsError as error:
        assert str(error)


RECORD = json.dumps(
    {
        "id": "1", "text": "Jane founded Acme", "entities": [[0, 4, "person"], [13, 17, "company"]],
        "relations": [{"type": "founded by", "head": 1, "tail": 0}], "lang": "en",
    }
)  # fmt: skip


@FUZZ
@given(line=damaged(RECORD))
def test_a_record_is_read_or_refused(line: str) -> None:
    try:
        parse_record(line, "line 1")
    except RecordError as error:
        assert str(error)


@FUZZ
@given(data=st.data())
def test_a_packed_corpus_is_opened_or_refused(tmp_path: Path, data: DataObject) -> None:
    folder = tmp_path / "corpus"
    if not folder.exists():
        pack_samples(folder, {"a": [[1, 2, 3], [4]], "b": [[5, 6]]})
    files = sorted(path for path in folder.iterdir() if path.is_file())
    path = data.draw(st.sampled_from(files))
    sound = path.read_bytes()
    try:
        if path.suffix == ".json":
            text = data.draw(damaged(sound.decode()))
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
        else:
            path.write_bytes(data.draw(st.binary(max_size=60)))
        try:
            corpus = PackedCorpus(folder)
            for index in range(min(len(corpus), 10)):
                corpus[index]
        except CorpusError as error:
            assert str(error)
    finally:
        path.write_bytes(sound)


@given(text=st.text(st.characters()))
def test_a_logged_text_is_one_harmless_line(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not any(character < " " or character in "\x7f\x9b\u2028\u202e" for character in shown)


@pytest.mark.parametrize(
    "text",
    [
        "a: 2001-99-99",
        "a: 0x_",
        "a: 2001-01-01 00:00:00 +99:99",
        f"a: 1{':59' * 400}.5",
        "[" * 3000,
    ],
)
def test_yaml_that_the_parser_stumbles_over_is_refused(tmp_path: Path, text: str) -> None:
    """PyYAML raises ValueError, OverflowError and RecursionError for these."""
    for name in ("prompts", "settings", "recipe", "generative"):
        fuzzed()[name].run(text.encode())
    path = tmp_path / "a.md"
    path.write_text(f"---\n{text}\n---\nJane founded Acme.")
    (found,) = read(path)
    assert isinstance(found, Failure) or "Acme" in found.text


@pytest.mark.parametrize("content", [b"name\n\xff\n", b"name\n" + b"x" * 200_000])
def test_a_table_that_is_none_is_refused(content: bytes) -> None:
    fuzzed()["table"].run(content)


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 100_000,
        b'{"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": 1e999}}',
    ],
)
def test_what_no_endpoint_should_send_is_refused(answer: bytes) -> None:
    fuzzed()["endpoint"].run(answer)


@pytest.mark.parametrize(
    "name",
    [
        *("ontology-ttl", "links", "rdf", "decision", "recipe", "literals", "schema-json"),
        *("ontology-owl", "ontology-jsonld", "endpoint", "generative", "table", "decisions"),
        *("conversation", "distant-csv", "distant-rdf", "docx", "pptx", "epub"),
    ],
)
@FUZZ
@given(data=st.data())
def test_the_other_parsers_give_a_result_or_the_error_that_they_promise(
    name: str, data: DataObject
) -> None:
    """The targets of ``tests/fuzz.py``, which is guided by coverage, with random damage."""
    target = fuzzed()[name]
    sound = data.draw(st.sampled_from(target.seeds)).decode()
    target.run(data.draw(damaged(sound)).encode("utf-8", "surrogatepass"))


fuzzed = cache(targets)
