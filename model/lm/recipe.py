"""Recipes: everything that decides what a training run learns, in one YAML file.

A recipe's numbers do not depend on the machine: ``batch`` is what one optimizer step learns from,
however many processes share it. A recipe may name another as its ``base`` and change some values.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.yaml_text import load_yaml
from model.checked import checked
from model.lm.errors import TrainingError

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
FOLDER = CONFIGS / "train" / "lm"
DEEPSPEED_FOLDER = CONFIGS / "deepspeed"


class Recipe(BaseModel):
    """What pretraining and fine-tuning share."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: str | None = None
    """Folder or hub id of a causal LM. Else ``preset`` builds one with random weights."""
    preset: str | None = None
    tokenizer: str | None = None
    """Folder or hub id; default: the model's own."""
    trust_remote_code: bool = False
    max_length: int = Field(1024, ge=8)
    """Most tokens of a sample."""
    batch: int = Field(ge=1)
    """Samples an optimizer step learns from, over all processes."""
    micro_batch: int = Field(1, ge=1)
    """Samples a process reads at once."""
    packing: bool = True
    """Put the short samples of a micro-batch into one row; they do not see each other."""
    steps: int | None = Field(None, ge=1)
    """Optimizer steps; default: from ``epochs``."""
    epochs: float = Field(1.0, gt=0)
    learning_rate: float = Field(gt=0)
    schedule: Literal["cosine", "linear", "constant", "constant_with_warmup"] = "cosine"
    warmup_steps: int = Field(0, ge=0)
    weight_decay: float = Field(0.0, ge=0)
    adam_betas: tuple[float, float] = (0.9, 0.999)
    adam_epsilon: float = Field(1e-8, gt=0)
    max_gradient_norm: float = Field(1.0, gt=0)
    precision: Literal["fp32", "bf16", "fp16"] = "bf16"
    gradient_checkpointing: bool = False
    attention: str | None = None
    """eager, sdpa, flash_attention_2, ...; default: what transformers chooses."""
    deepspeed: str | None = None
    """A name in ``configs/deepspeed`` or a file; default: without DeepSpeed."""
    workers: int = Field(0, ge=0)
    """Processes that read data, for each training process."""
    log_every: int = Field(10, ge=1)
    checkpoint_every: int = Field(100, ge=1)
    keep_checkpoints: int = Field(2, ge=1)
    evaluate_every: int | None = Field(None, ge=1)
    """Steps between two evaluations, where validation data is given; default: at checkpoints."""
    peak_tflops: float | None = Field(None, gt=0)
    """Of one device, for the MFU; default: known by its name, else measured."""
    seed: int = 13

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.model is None) == (self.preset is None):
            raise ValueError("give either a model or a preset")
        if self.preset is not None and self.tokenizer is None:
            raise ValueError("a preset needs a tokenizer")
        if self.batch % self.micro_batch:
            raise ValueError("batch must be a multiple of micro_batch")
        if self.checkpoint_every % self.log_every:
            # Else the first line of the log after a resume would average over fewer steps.
            raise ValueError("checkpoint_every must be a multiple of log_every")
        return self


class PretrainRecipe(Recipe):
    """All weights learn from plain text."""

    kind: Literal["pretrain"] = "pretrain"


class LoraRecipe(BaseModel):
    """Low-rank adapters (Hu et al., 2021); the base stays frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(default=16, ge=1)
    alpha: float = Field(default=32, gt=0)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: str | tuple[str, ...] = "all-linear"
    """Names of modules, or all linear ones but the output layer."""
    quantize: Literal["4bit"] | None = None
    """QLoRA (Dettmers et al., 2023): the frozen base in 4 bits, nf4 with double quantisation."""


class FinetuneRecipe(Recipe):
    """Answers to instructions; with ``lora: null`` all weights learn."""

    kind: Literal["finetune"] = "finetune"
    lora: LoraRecipe | None = LoraRecipe()
    adapters: tuple[str, ...] = ()
    """Adapters that are merged into the base before training."""
    start_from: str | None = None
    """An adapter to go on training, instead of a new one."""
    train_on: Literal["answers", "all"] = "answers"

    @model_validator(mode="after")
    def _adapters(self) -> Self:
        if self.start_from is not None and self.lora is None:
            raise ValueError("start_from needs lora")
        if self.lora is not None and self.lora.quantize and self.adapters:
            raise ValueError("adapters cannot be merged into a 4-bit base; merge them before")
        return self


def recipes() -> list[str]:
    """Names that ``load_recipe`` takes."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_recipe(
    name_or_path: str | Path, overrides: Mapping[str, Any] | None = None
) -> PretrainRecipe | FinetuneRecipe:
    """A ready recipe by its name, or a file; ``overrides`` replace values (``lora.rank`` too).

    Raises TrainingError that names the file and every value that is wrong.
    """
    path = _find(name_or_path)
    values = _values(path, ())
    for key, value in (overrides or {}).items():
        _set(values, key, value)
    return parse_recipe(values, str(path))


def parse_recipe(values: Mapping[str, Any], where: str) -> PretrainRecipe | FinetuneRecipe:
    """The recipe of these values; ``where`` names their origin in an error."""
    kinds: dict[object, type[PretrainRecipe] | type[FinetuneRecipe]] = {
        "pretrain": PretrainRecipe,
        "finetune": FinetuneRecipe,
    }
    kind = kinds.get(values.get("kind"))
    if kind is None:
        raise TrainingError(f"{where}: kind must be pretrain or finetune")
    return checked(values, kind, where, TrainingError)


def parse_override(text: str) -> tuple[str, Any]:
    """``key=value``, the value in YAML."""
    key, equals, value = text.partition("=")
    if not equals:
        raise TrainingError(f"{text!r} is not of the form key=value")
    try:
        return key.strip(), _scalar(load_yaml(value))
    except yaml.YAMLError:
        raise TrainingError(f"{text!r}: the value is not YAML") from None


def _scalar(value: Any) -> Any:
    # YAML 1.1 takes 3e-4 for a text.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.is_file():
        return path
    ready = FOLDER / f"{name_or_path}.yaml"
    if path.name == str(name_or_path) and ready.is_file():
        return ready
    raise TrainingError(f"no recipe {str(name_or_path)!r}; ready are {', '.join(recipes())}")


def _values(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    if path in above:
        raise TrainingError(f"{path}: is its own base")
    try:
        values = load_yaml(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: {error}") from None
    if not isinstance(values, dict):
        raise TrainingError(f"{path}: is not a mapping")
    base = values.pop("base", None)
    if base is None:
        return values
    sibling = path.parent / f"{base}.yaml"
    result = _values(sibling if sibling.is_file() else _find(str(base)), (*above, path))
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] |= value
        else:
            result[key] = value
    return result


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        inner = values.get(parent)
        if inner is None:
            inner = values[parent] = {}
        if not isinstance(inner, dict):
            raise TrainingError(f"{key}: {parent} has no parts")
        values = inner
    values[last] = value
    # A model given on the command line takes the place of the recipe's preset, and the reverse.
    other = {"model": "preset", "preset": "model"}.get(key)
    if other and value is not None:
        values[other] = None
