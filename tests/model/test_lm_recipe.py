"""Recipes: the ready ones, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model.lm.errors import TrainingError
from model.lm.presets import PRESETS, preset_config
from model.lm.recipe import (
    DEEPSPEED_FOLDER,
    FinetuneRecipe,
    load_recipe,
    parse_override,
    recipes,
)


@pytest.mark.parametrize("name", recipes())
def test_every_ready_recipe_is_sound(name: str) -> None:
    from model.lm.run import deepspeed_config

    recipe = load_recipe(name)
    assert recipe.preset is None or recipe.preset in PRESETS
    if recipe.deepspeed:
        assert deepspeed_config(recipe.deepspeed)["zero_optimization"]["stage"] in (2, 3)


def test_the_recipe_of_13_b_has_the_published_numbers() -> None:
    recipe = load_recipe("pretrain-13b")
    assert (recipe.batch, recipe.micro_batch, recipe.learning_rate) == (1440, 20, 1.5e-5)
    assert (recipe.warmup_steps, recipe.adam_betas, recipe.weight_decay) == (300, (0.9, 0.95), 0.1)
    tuning = load_recipe("finetune")
    assert isinstance(tuning, FinetuneRecipe) and tuning.lora is not None
    assert (tuning.lora.rank, tuning.lora.alpha, tuning.lora.dropout) == (16, 32, 0.05)
    assert (tuning.batch, tuning.epochs, tuning.max_length) == (128, 3, 512)


def test_every_configuration_of_deepspeed_takes_its_numbers_from_the_recipe() -> None:
    from model.lm.run import deepspeed_config

    for path in DEEPSPEED_FOLDER.glob("*.json"):
        config = deepspeed_config(path.stem)
        assert config["train_batch_size"] == config["gradient_accumulation_steps"] == "auto"
        zero = config["zero_optimization"]
        assert zero["stage"] == 2 or zero["stage3_gather_16bit_weights_on_model_save"]


@pytest.mark.parametrize(
    ("preset", "millions"), [("100m", 110), ("1b", 1100), ("7b", 6738), ("13b", 13016)]
)
def test_presets_have_the_size_that_they_are_named_after(preset: str, millions: int) -> None:
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(preset_config(preset, 32000))
    assert model.num_parameters() / 1e6 == pytest.approx(millions, rel=0.01)


def test_a_recipe_changes_its_base_and_the_command_line_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("base: finetune\nepochs: 1\nlora: {rank: 8}\n", "utf-8")
    changes = dict(parse_override(text) for text in ("learning_rate=1e-4", "lora.dropout=0"))
    recipe = load_recipe(path, {**changes, "model": "elsewhere", "tokenizer": None})
    assert isinstance(recipe, FinetuneRecipe) and recipe.lora is not None
    assert (recipe.epochs, recipe.learning_rate, recipe.model) == (1, 1e-4, "elsewhere")
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.dropout) == (8, 32, 0)


def test_a_value_can_be_taken_away() -> None:
    changes = dict([parse_override("lora=null"), parse_override("model=here")])
    recipe = load_recipe("finetune", changes)
    assert isinstance(recipe, FinetuneRecipe) and recipe.lora is None


def test_a_model_from_the_command_line_replaces_the_preset() -> None:
    recipe = load_recipe("pretrain-7b", {"model": "there"})
    assert (recipe.model, recipe.preset) == ("there", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: pretrain\nbatch: 8\nlearning_rate: 1\n", "either a model or a preset"),
        ("base: pretrain\nlearning_rat: 1\n", "learning_rat"),
        ("base: pretrain\nbatch: many\n", "batch"),
        ("base: pretrain\nbatch: 7\n", "multiple of micro_batch"),
        ("base: pretrain\ncheckpoint_every: 15\n", "multiple of log_every"),
        ("base: nothing\n", "no recipe 'nothing'"),
        ("base: mine\n", "its own base"),
        ("kind: bake\n", "kind must be"),
        ("[]", "not a mapping"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_reason(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(TrainingError, match=message):
        load_recipe(path)


def test_an_unknown_recipe_is_answered_with_those_that_exist() -> None:
    with pytest.raises(TrainingError, match="finetune-qlora"):
        load_recipe("finetune-best")
