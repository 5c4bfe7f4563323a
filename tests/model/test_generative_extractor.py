"""Extraction by a real model, in this process and behind a real server, and by a scripted one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_lm
import urllib3

from kgbuilder.errors import ExtractorError
from kgbuilder.extractors import load_extractor
from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.generative.answer_schema import answer_schema
from model.generative.engine import Answer, Prompt, Usage
from model.generative.extractor import GenerativeExtractor, GenerativeOptions
from model.generative.loading import load_generative
from model.instructions.labels import label_set
from model.instructions.prompts import load_prompts
from model.instructions.tasks import Format, Task
from model.schema import EntityType, EventType, Role, Schema

TEXTS = [record.text for record in tiny_lm.RECORDS]
GOLD = [record.annotation for record in tiny_lm.RECORDS]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("lm")
    tiny_lm.make(folder)
    return folder


def test_a_trained_model_extracts_what_it_has_learned(checkpoint: Path) -> None:
    extractor = load_extractor(f"hf:{checkpoint}")
    assert extractor.extract(TEXTS, tiny_lm.SCHEMA) == GOLD
    assert extractor.extract(TEXTS[:1], tiny_lm.SCHEMA) == GOLD[:1]
    usage = extractor.engine.usage  # type: ignore[attr-defined]
    assert usage.answers == 8
    assert usage.prompt_tokens > usage.answer_tokens > 0


def test_long_texts_are_read_whole_and_offsets_kept(checkpoint: Path) -> None:
    extractor = load_generative(f"hf:{checkpoint}")
    longest = max(len(extractor.token_spans(text)) for text in TEXTS[:2])
    extractor.options = replace(extractor.options, window=longest)
    text = "\n\n".join([*TEXTS[:2]] * 2)
    (annotation,) = extractor.extract([text], tiny_lm.SCHEMA)
    found = [(text[m.start : m.end], m.type) for m in annotation.mentions]
    expected = [
        ("Ada Byron", "person"),
        ("Acme", "company"),
        ("Initech", "company"),
        ("Bob Slydell", "person"),
    ]
    assert found == expected * 2
    assert len(annotation.relations) == 4


def test_adapters_change_answers_and_fingerprint(checkpoint: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    config = peft.LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False
    )
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(checkpoint), config)
    model.save_pretrained(tmp_path / "adapter")
    prompt = Prompt(tiny_lm.turns()[0][0])
    plain = load_generative(f"hf:{checkpoint}")
    adapted = load_generative(f"hf:{checkpoint}+{tmp_path / 'adapter'}")
    assert plain.engine.generate([prompt])[0].text == tiny_lm.turns()[0][1]
    assert adapted.engine.generate([prompt])[0].text != tiny_lm.turns()[0][1]
    assert plain.fingerprint != adapted.fingerprint
    assert plain.fingerprint == load_generative(f"hf:{checkpoint}").fingerprint


def test_an_answer_that_loops_is_stopped(checkpoint: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from model.generative.transformers_engine import LocalOptions, TransformersEngine

    engine = TransformersEngine(str(checkpoint), options=LocalOptions(max_tokens=400))
    model = AutoModelForCausalLM.from_pretrained(checkpoint)
    with torch.no_grad():  # says the same token for ever, and never the end
        model.lm_head.weight.zero_()
    engine.model = model.eval()
    (answer,) = engine.generate([Prompt("Go on.")])
    assert not answer.complete
    assert answer.answer_tokens < 150


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """``transformers serve`` in a process of its own."""
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("transformers")),
        *("serve", "--host", "127.0.0.1", "--port", str(port)),
        *("--device", "cpu", "--dtype", "float32"),
    ]
    process = subprocess.Popen(
        command,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        pool = urllib3.PoolManager(retries=False, timeout=2)
        deadline = time.monotonic() + 120
        while True:
            try:
                if pool.request("GET", f"{url}/health").status == 200:
                    break
            except urllib3.exceptions.HTTPError:
                pass
            assert process.poll() is None, "the server has stopped"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)
        yield f"{url}/v1"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_real_server_gives_the_same_as_the_model_itself(
    checkpoint: Path, server: str, tmp_path: Path
) -> None:
    name = f"openai:{checkpoint}@{server}"
    extractor = load_extractor(name, cache_folder=tmp_path)
    assert extractor.extract(TEXTS, tiny_lm.SCHEMA) == GOLD
    again = load_extractor(name, cache_folder=tmp_path)
    assert again.extract(TEXTS, tiny_lm.SCHEMA) == GOLD
    assert again.engine.usage.cached == 6  # type: ignore[attr-defined]


# -- what becomes of answers: with a scripted model -----------------------------------------


class ScriptedEngine:
    """A double of a language model: it answers with the text after the first key that the
    prompt holds."""

    fingerprint = "scripted"

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.prompts: list[Prompt] = []
        self.usage = Usage()

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(i, i + 1) for i in range(len(text))]

    def generate(self, prompts: Sequence[Prompt]) -> list[Answer]:
        self.prompts += prompts
        return [
            Answer(next((a for key, a in self.answers.items() if key in p.user), "None"))
            for p in prompts
        ]


MANY = Schema(
    "many",
    languages=("en",),
    entities=tuple(EntityType(f"kind {i}") for i in range(14)),
    events=(EventType("Hire", roles=(Role("employer"), Role("time"))), EventType("Quit")),
)


def test_labels_are_asked_in_batches_and_answers_merged() -> None:
    engine = ScriptedEngine(
        {"[kind 0,": '{"kind 0": ["Rome"]}', "kind 13]": '{"kind 13": ["Oslo", "Mars"]}'}
    )
    options = GenerativeOptions(tasks=(Task.ENTITIES,))
    extractor = GenerativeExtractor(engine, options)
    (annotation,) = extractor.extract(["Rome and Oslo."], MANY)
    assert annotation.mentions == (Mention(0, 4, "kind 0"), Mention(9, 13, "kind 13"))
    assert len(engine.prompts) == 2  # six and eight: two alone are no batch
    assert extractor.report.grounding.dropped == {"not in the text": 1}


def test_arguments_are_asked_for_the_triggers_found() -> None:
    engine = ScriptedEngine(
        {
            "Hire: hired": "Hire: hired\n- employer: Acme\n- time: Monday",
            "[Hire, Quit]": "Hire: hired\nQuit: left",
        }
    )
    options = GenerativeOptions(tasks=(Task.TRIGGERS, Task.ARGUMENTS), format=Format.LINES)
    extractor = GenerativeExtractor(engine, options)
    (annotation,) = extractor.extract(["Acme hired her; he left."], MANY)
    assert annotation.events == (
        Event("Hire", Span(5, 10), (Argument(0, 4, "employer"),)),
        Event("Quit", Span(19, 23)),
    )


def test_every_format_and_broken_answer_gives_an_annotation() -> None:
    for format in Format:
        for answer in ("", "{", "I cannot help with that.", '{"kind 0": ["Ro', "((((", "kind 0: "):
            extractor = GenerativeExtractor(
                ScriptedEngine({"Rome": answer}), GenerativeOptions(format=format)
            )
            assert extractor.extract(["Rome."], MANY) == [Annotation()]


def test_empty_texts_are_not_asked_about() -> None:
    engine = ScriptedEngine({})
    assert GenerativeExtractor(engine).extract(["", " \n"], MANY) == [Annotation()] * 2
    assert engine.prompts == []


def test_fingerprint_changes_with_prompts_and_options() -> None:
    engine = ScriptedEngine({})
    seen = {
        GenerativeExtractor(engine).fingerprint,
        GenerativeExtractor(engine, GenerativeOptions(format=Format.TUPLE)).fingerprint,
        GenerativeExtractor(engine, GenerativeOptions(batch=3)).fingerprint,
        GenerativeExtractor(engine, prompts=load_prompts("json-instruction")).fingerprint,
    }
    assert len(seen) == 4


def test_answer_schemas_are_closed_and_name_the_labels() -> None:
    labels = label_set(MANY, Task.EVENTS, "en")
    schema = answer_schema(Task.EVENTS, Format.JSON_OBJECT, labels)
    assert schema is not None
    assert schema["required"] == ["Hire", "Quit"]
    hire = schema["properties"]["Hire"]["items"]
    assert hire["properties"]["arguments"]["required"] == ["employer", "time"]
    assert hire["additionalProperties"] is False
    assert answer_schema(Task.EVENTS, Format.TUPLE, labels) is None


def test_everything_can_be_said_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "model.yaml"
    file.write_text(
        "engine: openai\nmodel: small\nurl: http://127.0.0.1:9/v1\n"
        "options: {max_tokens: 99, timeout: [1, 2]}\nprompts: json-instruction\n"
        "extraction: {tasks: [entities, triples], format: json-list}\n"
    )
    extractor = load_generative(f"generative:{file}")
    assert extractor.options.tasks == (Task.ENTITIES, Task.TRIPLES)
    assert extractor.options.format is Format.JSON_LIST
    assert extractor.engine.options.max_tokens == 99  # type: ignore[attr-defined]


def test_a_checkpoint_says_how_it_wants_to_be_asked(tmp_path: Path) -> None:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    base.mkdir(), adapter.mkdir()
    (base / "extraction.yaml").write_text("extraction: {format: tuple}\n")
    (adapter / "extraction.yaml").write_text(
        "prompts: short\nextraction: {format: lines, batch: 0}\noptions: {max_tokens: 99}\n"
    )
    assert load_generative(f"hf:{base}").options.format is Format.TUPLE
    tuned = load_generative(f"hf:{base}+{adapter}")
    assert tuned.options == GenerativeOptions(format=Format.LINES, batch=0)
    assert tuned.prompts == load_prompts("short")
    assert tuned.engine.options.max_tokens == 99  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("options: {trust_remote_code: true}\n", "no option but max_tokens"),
        ("engine: openai\n", "'engine'"),
    ],
)
def test_a_checkpoint_has_no_say_in_what_runs(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "extraction.yaml").write_text(content)
    with pytest.raises(ExtractorError, match=named):
        load_extractor(f"hf:{tmp_path}")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("engine: none\nmodel: x\n", "'engine'"),
        ("engine: openai\n", "'model'"),
        ("engine: openai\nmodel: x\ntemplate: y\n", "'template'"),
        ("engine: openai\nmodel: x\noptions: {speed: 1}\n", "'speed'"),
        ("engine: openai\nmodel: x\noptions: {max_tokens: many}\n", "'max_tokens'"),
        ("engine: openai\nmodel: x\nextraction: {tasks: [sleep]}\n", "tasks"),
        ("engine: openai\nmodel: x\nurl: http://a:b@c/v1\n", "password"),
        ("- 1\n", "must be a mapping"),
    ],
)
def test_wrong_files_are_errors_that_name_the_place(
    tmp_path: Path, content: str, named: str
) -> None:
    file = tmp_path / "model.yaml"
    file.write_text(content)
    with pytest.raises(ExtractorError, match=named):
        load_extractor(f"generative:{file}")


def test_a_folder_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ExtractorError, match="no folder"):
        load_extractor("hf:./no/such/model")


def test_relations_without_entity_answers_take_their_types_from_the_schema() -> None:
    engine = ScriptedEngine({"works for": '{"works for": [{"head": "Ada", "tail": "Acme"}]}'})
    extractor = GenerativeExtractor(engine, GenerativeOptions(tasks=(Task.RELATIONS,)))
    (annotation,) = extractor.extract(["Ada is with Acme."], tiny_lm.SCHEMA)
    assert annotation.mentions == (Mention(0, 3, "person"), Mention(12, 16, "company"))
    assert annotation.relations == (Relation("works for", 0, 1),)


def test_open_extraction_gives_annotations_and_their_schema() -> None:
    engine = ScriptedEngine(
        {
            "triple": "(Ada, Person, works_for, Acme, company)\n"
            "(Bo, person, Works For, Acme, company)",
            "event": "(hired, Hire, employer#Acme)",
        }
    )
    options = GenerativeOptions(format=Format.TUPLE)
    extractor = GenerativeExtractor(engine, options)
    (annotation,), schema = extractor.extract_open(["Acme hired Ada and Bo."])
    assert list(schema.entity) == ["Person", "company"]
    assert list(schema.relation) == ["works for"]
    assert [(m.start, m.type) for m in annotation.mentions] == [
        (0, "company"),
        (11, "Person"),
        (19, "Person"),
    ]
    assert len(annotation.relations) == 2
    assert annotation.events == (Event("Hire", Span(5, 10), (Argument(0, 4, "employer"),)),)
