"""Adapters merged, differences taken and restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_causal import make_model, write_model

from model.lm.adapters import (
    add_lora,
    check_whole,
    difference,
    merge,
    quantization,
    restore,
)
from model.lm.errors import TrainingError
from model.lm.recipe import LoraRecipe

IDS = torch.arange(2, 40)[None]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    write_model(folder)
    return folder


def load(folder: Path, **arguments: Any) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, **arguments).eval()


def write_adapter(base: Path, folder: Path, seed: int, recipe: LoraRecipe) -> Any:
    """An adapter that changes the model, as training would leave it; returns the adapted model."""
    model = add_lora(load(base), recipe, None, checkpointing=False).eval()
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    model.save_pretrained(folder)
    return model


@torch.no_grad()
def test_the_merged_checkpoint_answers_as_model_and_adapter(base: Path, tmp_path: Path) -> None:
    adapted = write_adapter(base, tmp_path / "adapter", 1, LoraRecipe())
    merge(str(base), [str(tmp_path / "adapter")], tmp_path / "merged")
    merged, plain = load(tmp_path / "merged"), load(base)
    assert set(dict(merged.named_parameters())) == set(dict(plain.named_parameters()))
    torch.testing.assert_close(merged(IDS).logits, adapted(IDS).logits, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(merged(IDS).logits, plain(IDS).logits, atol=1e-2)
    assert (tmp_path / "merged" / "tokenizer_config.json").is_file()


@torch.no_grad()
def test_several_adapters_are_added_each_times_its_weight(base: Path, tmp_path: Path) -> None:
    folders = [str(tmp_path / name) for name in ("one", "two")]
    write_adapter(base, tmp_path / "one", 1, LoraRecipe())
    write_adapter(base, tmp_path / "two", 2, LoraRecipe(rank=4, targets=("q_proj", "v_proj")))
    merge(str(base), folders, tmp_path / "both", weights=[0.5, 2.0])
    for number, folder in enumerate(folders):
        merge(str(base), [folder], tmp_path / f"merged{number}")
    plain, one, two, both = (
        load(f).state_dict()
        for f in (base, tmp_path / "merged0", tmp_path / "merged1", tmp_path / "both")
    )
    for name, weight in plain.items():
        expected = weight + 0.5 * (one[name] - weight) + 2 * (two[name] - weight)
        torch.testing.assert_close(both[name], expected, atol=1e-5, rtol=1e-4)


def test_all_linear_layers_but_the_output_get_an_adapter(base: Path) -> None:
    model = add_lora(load(base), LoraRecipe(), None, checkpointing=False)
    adapted = {
        name.rpartition(".lora_A")[0].rpartition(".")[2]
        for name, _ in model.named_parameters()
        if "lora_A" in name
    }
    expected = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert adapted == expected
    assert model.peft_config["default"].r == 16 and model.peft_config["default"].lora_alpha == 32


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_a_model_is_restored_from_its_base_and_the_difference(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    write_model(tmp_path / "base")
    load(tmp_path / "base", dtype=dtype).save_pretrained(tmp_path / "base")
    tuned = load(tmp_path / "base", dtype=dtype)
    torch.manual_seed(4)
    with torch.no_grad():
        for parameter in tuned.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.01)
    tuned.resize_token_embeddings(tuned.config.vocab_size + 3)
    tuned.save_pretrained(tmp_path / "tuned")
    difference(tmp_path / "base", tmp_path / "tuned", tmp_path / "difference")
    restore(tmp_path / "base", tmp_path / "difference", tmp_path / "restored")
    expected, found = load(tmp_path / "tuned").state_dict(), load(tmp_path / "restored")
    assert found.dtype == dtype and found.config.vocab_size == tuned.config.vocab_size
    for name, weight in found.state_dict().items():
        if dtype is torch.bfloat16:
            assert torch.equal(weight, expected[name])
        else:
            torch.testing.assert_close(weight, expected[name], atol=1e-7, rtol=1e-6)


def test_a_difference_is_refused_with_another_base(base: Path, tmp_path: Path) -> None:
    make_model(320, seed=9).save_pretrained(tmp_path / "other")
    difference(base, tmp_path / "other", tmp_path / "difference")
    with pytest.raises(TrainingError, match="is not the model"):
        restore(tmp_path / "other", tmp_path / "difference", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_a_checkpoint_with_an_empty_or_missing_weight_is_not_whole(
    base: Path, tmp_path: Path
) -> None:
    shapes = {n: tuple(p.shape) for n, p in load(base).named_parameters()}
    check_whole(base, shapes)
    weights = load_file(base / "model.safetensors")
    name = next(iter(weights))
    save_file({**weights, name: torch.empty(0)}, tmp_path / "model.safetensors")
    with pytest.raises(TrainingError, match="not"):
        check_whole(tmp_path, shapes)
    del weights[name]
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(TrainingError, match="lacks 1 weights"):
        check_whole(tmp_path, shapes)


def test_nothing_is_written_over(base: Path) -> None:
    with pytest.raises(TrainingError, match="is not empty"):
        merge(str(base), [], base)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU can")
def test_four_bits_without_a_gpu_are_refused_with_the_reason() -> None:
    assert quantization(LoraRecipe()) is None
    with pytest.raises(TrainingError, match="4-bit training needs"):
        quantization(LoraRecipe(quantize="4bit"))
