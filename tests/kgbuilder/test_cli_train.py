"""``kgbuilder train``: its commands from pretraining to a merged checkpoint."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import typer.main
import yaml
from tiny_causal import write_model
from typer.testing import CliRunner

from kgbuilder.cli.main import app
from kgbuilder.cli.train_pretrain import shares

GUIDE = Path(__file__).parents[2] / "docs" / "training.md"


def kgbuilder(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def write_data(folder: Path) -> None:
    """Texts with a recipe for them, and annotated ones with their schema."""
    texts = (
        f"Ada Nr. {n} founded the company Acme {n} in the old city of Paris, and it was the first"
        f" of {n} to build such engines there. She sold it in {1900 + n}."
        for n in range(40)
    )
    rows = (json.dumps({"text": text}) + "\n" for text in texts)
    (folder / "texts.jsonl").write_text("".join(rows), "utf-8")
    recipe = {
        "tokenizer": "tokenizer",
        "output": "corpus",
        "max_tokens": 128,
        "duplicates": {"exact": True, "near": False},
        "sources": [{"name": "web", "shape": "web", "paths": ["texts.jsonl"], "skip": 4}],
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    schema = {"name": "tiny", "entity_types": {"person": "", "company": ""}}
    (folder / "schema.json").write_text(json.dumps(schema), "utf-8")
    record = {
        "id": "1",
        "text": "Ada Byron founded Acme.",
        "entities": [
            {"start": 0, "end": 9, "type": "person"},
            {"start": 18, "end": 22, "type": "company"},
        ],
    }
    (folder / "gold.jsonl").write_text(json.dumps(record) + "\n", "utf-8")


def test_from_texts_to_the_scores_of_a_model_of_ones_own(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    write_data(tmp_path)
    kgbuilder("train", "tokenizer", tmp_path / "recipe.yaml", "--size", 400)
    kgbuilder("train", "corpus", tmp_path / "recipe.yaml", "--workers", 1)
    model = kgbuilder(
        *("train", "pretrain", "pretrain-tiny", "--corpus", f"{tmp_path / 'corpus'}#web=1"),
        *("--tokenizer", tmp_path / "tokenizer", "-o", tmp_path / "base", "--processes", 1),
        *("--set", "steps=2", "--set", "log_every=1", "--set", "learning_rate=1e-3"),
    )
    kgbuilder(
        *("train", "instructions", tmp_path / "gold.jsonl", "-o", tmp_path / "data.jsonl"),
        *("--task", "entities", "--format", "lines", "--prompts", "short"),
    )
    adapter = kgbuilder(
        *("train", "finetune", "finetune-tiny", "--data", tmp_path / "data.jsonl"),
        *("--model", model, "-o", tmp_path / "tuned", "--processes", 1, "--set", "steps=2"),
    )
    merged = kgbuilder(*("train", "merge", model, "--adapter", adapter, "-o", tmp_path / "merged"))
    difference = kgbuilder(
        *("train", "merge", model, "--difference", merged, "-o", tmp_path / "difference")
    )
    kgbuilder("train", "merge", model, "--restore", difference, "-o", tmp_path / "restored")
    settings = "prompts: short\nextraction: {format: lines}\noptions: {max_tokens: 8}\n"
    Path(merged, "extraction.yaml").write_text(settings, "utf-8")
    scores = json.loads(
        kgbuilder(
            "eval", tmp_path / "gold.jsonl", "--extractor", f"hf:{merged}", "--format", "json"
        )
    )
    assert scores["layers"]["entities"]["gold"] == 2
    restored = AutoModelForCausalLM.from_pretrained(tmp_path / "restored")
    chat = AutoTokenizer.from_pretrained(tmp_path / "restored")
    ids = chat.apply_chat_template(
        [{"role": "user", "content": "Who?"}], add_generation_prompt=True, return_tensors="pt"
    )
    answer = restored.generate(**ids, max_new_tokens=4, do_sample=False)
    assert answer.shape[1] > ids["input_ids"].shape[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pretrain", "finetune"], "is a recipe for kgbuilder train finetune"),
        (["pretrain", "pretrain-none"], "no recipe"),
        (["pretrain", "pretrain-tiny", "--set", "btch=3"], "btch"),
        (["pretrain", "pretrain-tiny", "--set", "batch"], "key=value"),
    ],
)
def test_a_wrong_call_is_refused_with_the_reason(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "corpus").mkdir()
    more = ["--corpus", str(tmp_path / "corpus"), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, ["train", *arguments, *more])
    assert result.exit_code == 2
    assert message in result.output.replace("\n", " ")
    assert not (tmp_path / "out").exists()


def test_merge_does_one_thing_at_a_time(tmp_path: Path) -> None:
    write_model(tmp_path / "base")
    result = CliRunner().invoke(app, ["train", "merge", str(tmp_path / "base"), "-o", "out"])
    assert result.exit_code == 2 and "give --adapter" in result.output


def test_shares_are_for_all_corpora_or_none(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two=2"
    one.mkdir(), two.mkdir()
    assert shares([one, two]) == ((one, two), None)
    assert shares([Path(f"{one}=3"), Path(f"{two}=0.5")]) == ((one, two), (3.0, 0.5))
    with pytest.raises(typer.BadParameter, match="share for each"):
        shares([Path(f"{one}=3"), two])


def commands() -> list[str]:
    text = GUIDE.read_text("utf-8").replace("\\\n", " ")
    return re.findall(r"^    (kgbuilder .+)", text, flags=re.MULTILINE)


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_guide_has_the_arguments_that_it_takes(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in (*parameter.opts,)}
    assert not getattr(command, "commands", None)
    assert {word for word in words if word.startswith("-")} <= known
