"""Whole runs at a tiny size: several processes, ZeRO, kills, other numbers of processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import training_processes
from safetensors.torch import load_file
from tiny_causal import write_corpus, write_instructions, write_model, write_tokenizer

from model.lm.checkpoints import checkpoints
from model.lm.errors import TrainingError
from model.lm.job import Job
from model.lm.launch import command, read_hostfile
from model.lm.recipe import load_recipe

STEPS = 6


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    tokenizer = write_tokenizer(folder / "tokenizer")
    write_corpus(folder / "corpus", len(tokenizer))
    return folder


def pretraining(root: Path, name: str, **changes: Any) -> Job:
    values: dict[str, Any] = {
        "tokenizer": str(root / "tokenizer"),
        "max_length": 64,
        "micro_batch": 2,
        "steps": STEPS,
        "warmup_steps": 2,
        "log_every": 1,
        "checkpoint_every": 2,
    }
    recipe = load_recipe("pretrain-tiny", values | changes)
    job = Job(recipe, root / name, (root / "corpus",))
    job.write()
    return job


def losses(job: Job) -> list[float]:
    """Of every step, as the last checkpoint has them."""
    last = checkpoints(job.out)[-1].folder
    history = json.loads((last / "trainer_state.json").read_text("utf-8"))["log_history"]
    return [line["loss"] for line in history if "loss" in line]


@pytest.fixture(scope="module")
def zero3(root: Path) -> dict[str, Job]:
    """ZeRO-3 runs: one straight on two processes, one killed twice and finished by another number.

    The machines of the straight run's hostfile are two names of this one.
    """
    jobs = {name: pretraining(root, name, deepspeed="zero3") for name in ("straight", "killed")}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    hosts = root / "hosts"
    hosts.write_text("localhost slots=1\n127.0.0.1 slots=1  # the same\n", "utf-8")
    port = training_processes.free_port()
    nodes = [
        subprocess.Popen(
            command(jobs["straight"].out, hostfile=hosts, node=node, port=port), env=environment
        )
        for node in (0, 1)
    ]
    assert [node.wait(timeout=250) for node in nodes] == [0, 0]
    out = str(jobs["killed"].out)
    runs = [{"out": out, "kill_at": 2}, {"out": out, "kill_at": 4}, {"out": out, "processes": 1}]
    script = str(training_processes.__file__)
    subprocess.run(
        [sys.executable, script, json.dumps(runs)], env=environment, check=True, timeout=250
    )
    return jobs


@pytest.mark.timeout(600)
def test_a_run_killed_twice_and_finished_by_fewer_processes_has_the_same_losses(
    zero3: dict[str, Job],
) -> None:
    straight = losses(zero3["straight"])
    assert len(straight) == STEPS and straight[-1] < straight[0]
    assert losses(zero3["killed"]) == pytest.approx(straight, abs=2e-4)


@pytest.mark.timeout(600)
def test_the_model_saved_under_zero_3_is_whole(zero3: dict[str, Job]) -> None:
    from transformers import AutoModelForCausalLM

    models = [AutoModelForCausalLM.from_pretrained(job.result) for job in zero3.values()]
    for name, parameter in models[0].named_parameters():
        assert parameter.numel() > 0
        torch.testing.assert_close(
            dict(models[1].named_parameters())[name], parameter, atol=1e-4, rtol=1e-3
        )
    ids = torch.arange(2, 60, 3)[None]
    assert models[0](input_ids=ids, labels=ids).loss.item() < losses(zero3["straight"])[0]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is a run of its own."""
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    yield


def train(job: Job) -> Path:
    from model.lm.run import run

    return run(job)


@pytest.mark.usefixtures("alone")
def test_an_interrupted_run_goes_on_exactly_and_a_half_written_checkpoint_does_not_count(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model.lm import trainer as module

    changes = {"micro_batch": 4, "preset": "tiny"}
    straight = pretraining(root, "plain", **changes)
    train(straight)
    assert any((straight.out / "runs").rglob("events.out.tfevents.*"))
    history = json.loads(
        (checkpoints(straight.out)[-1].folder / "trainer_state.json").read_text("utf-8")
    )["log_history"]
    assert all(line["tokens_per_second"] > 0 and line["mfu"] > 0 for line in history[:STEPS])

    # Stopped while the checkpoint of step 4 is being written.
    stopped = pretraining(root, "stopped", **changes)
    real = module.complete

    def dies(folder: Path, **values: int) -> None:
        if values["step"] == 4:
            raise KeyboardInterrupt
        real(folder, **values)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "complete", dies)
        train(stopped)
    assert (stopped.out / "checkpoint-4").is_dir()
    assert [c.step for c in checkpoints(stopped.out)] == [2]
    train(stopped)
    assert losses(stopped) == losses(straight)
    weights = [load_file(job.result / "model.safetensors") for job in (straight, stopped)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    # Finished runs are left as they are.
    assert train(stopped) == stopped.result


@pytest.mark.usefixtures("alone")
def test_lora_learns_answers_only_and_goes_on_exactly(root: Path) -> None:
    base = root / "base"
    write_model(base)
    data, validation = root / "train.jsonl", root / "validation.jsonl"
    write_instructions(data)
    write_instructions(validation, 8)
    changes = {
        "model": str(base),
        "steps": 8,
        "learning_rate": 2e-2,
        "warmup_steps": 0,
        "log_every": 2,
        "checkpoint_every": 4,
        "lora.dropout": 0.2,
    }
    recipe = load_recipe("finetune-tiny", changes)
    job = Job(recipe, root / "lora", (data,), validation=(validation,))
    job.write()
    adapter = train(job)
    assert {p.name for p in adapter.iterdir()} >= {
        "adapter_model.safetensors",
        "adapter_config.json",
        "tokenizer.json",
    }
    state = json.loads((checkpoints(job.out)[-1].folder / "trainer_state.json").read_text("utf-8"))
    found = [line["eval_loss"] for line in state["log_history"] if "eval_loss" in line]
    assert found[-1] < found[0] < 5.5
    assert losses(job)[-1] < losses(job)[0] - 0.15

    # The second half again, from the first checkpoint: dropout draws the same numbers.
    again = replace(job, out=root / "again")
    again.write()
    (again.out / "checkpoint-4").symlink_to(job.out / "checkpoint-4")
    train(again)
    assert losses(again) == losses(job)


def test_a_folder_is_not_used_for_another_run(root: Path) -> None:
    job = pretraining(root, "taken")
    faster = replace(job, recipe=job.recipe.model_copy(update={"micro_batch": 1, "log_every": 2}))
    faster.write()
    other = replace(job, recipe=job.recipe.model_copy(update={"seed": 1, "batch": 4}))
    with pytest.raises(TrainingError, match="batch, seed"):
        other.write()
    assert Job.read(job.out).recipe == faster.recipe


@pytest.mark.usefixtures("alone")
def test_data_that_teach_nothing_are_refused(root: Path) -> None:
    write_model(root / "model")
    write_instructions(root / "long.jsonl", 4)
    changes = {"model": str(root / "model"), "max_length": 16}
    job = Job(load_recipe("finetune-tiny", changes), root / "nothing", (root / "long.jsonl",))
    with pytest.raises(TrainingError, match="every record is longer than max_length"):
        train(job)


def test_a_corpus_that_does_not_fit_the_model_is_refused(root: Path) -> None:
    with pytest.raises(TrainingError, match="max_length"):
        train(pretraining(root, "short", max_length=16))
    write_corpus(root / "wide", 5000)
    job = replace(pretraining(root, "wide-run"), data=(root / "wide",))
    with pytest.raises(TrainingError, match="vocabulary of 5000"):
        train(job)


@pytest.mark.parametrize("text", ["", "host slots=0", "host", "a slots=1\na slots=1"])
def test_a_wrong_hostfile_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hosts"
    path.write_text(text, "utf-8")
    with pytest.raises(TrainingError, match="hosts"):
        read_hostfile(path)


def test_machines_reached_by_ssh_are_left_to_deepspeed(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("a slots=8\nb slots=8\n", "utf-8")
    found = command(tmp_path / "run", hostfile=path)
    from deepspeed.launcher.runner import parse_args

    module = found.index("deepspeed.launcher.runner")
    taken = parse_args(found[module + 1 :])
    assert (taken.hostfile, taken.master_addr) == (str(path), "a")
    assert taken.module and taken.no_local_rank and taken.user_script == "model.lm.run"
    assert taken.user_args == [str(tmp_path / "run")]
    with pytest.raises(TrainingError, match="no node 2"):
        command(tmp_path / "run", hostfile=path, node=2)
