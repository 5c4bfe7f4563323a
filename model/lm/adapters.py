"""Adapters and weight differences: made, merged, taken and restored."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from model.lm.errors import TrainingError
from model.lm.recipe import LoraRecipe

logger = logging.getLogger(__name__)

DIFFERENCE = "difference.json"


def quantization(recipe: LoraRecipe | None) -> Any:
    """The 4-bit loading that QLoRA needs, or None. Raises TrainingError where it cannot work."""
    if recipe is None or recipe.quantize is None:
        return None
    if importlib.util.find_spec("bitsandbytes") is None:
        raise TrainingError("4-bit training needs bitsandbytes: pip install bitsandbytes")
    if not torch.cuda.is_available():
        raise TrainingError("4-bit training needs a GPU; without one set lora.quantize: null")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def add_lora(model: Any, recipe: LoraRecipe, start_from: str | None, *, checkpointing: bool) -> Any:
    """The model with a trainable adapter, new or that of ``start_from``."""
    from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training

    if recipe.quantize:
        model = prepare_model_for_kbit_training(  # type: ignore[no-untyped-call]
            model, use_gradient_checkpointing=checkpointing
        )
    elif checkpointing:
        # The frozen embedding's output needs a gradient, or checkpointed layers have none.
        model.enable_input_require_grads()
    if start_from is not None:
        return PeftModel.from_pretrained(model, _adapter(start_from), is_trainable=True)
    targets = recipe.targets if isinstance(recipe.targets, str) else list(recipe.targets)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=int(recipe.alpha) if float(recipe.alpha).is_integer() else recipe.alpha,  # type: ignore[arg-type]
        lora_dropout=recipe.dropout,
        target_modules=targets,
        bias="none",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _adapter(path: str) -> str:
    if Path(path).is_dir() and not (Path(path) / "adapter_config.json").is_file():
        raise TrainingError(f"{path}: is no adapter (adapter_config.json is missing)")
    return path


def merge_into(model: Any, adapters: Sequence[str], weights: Sequence[float] | None = None) -> Any:
    """The plain model whose weights have the adapters' changes added, each times its weight."""
    from peft import PeftModel
    from peft.tuners.lora import LoraLayer

    weights = [1.0] * len(adapters) if weights is None else list(weights)
    if len(weights) != len(adapters):
        raise TrainingError(f"{len(adapters)} adapters, but {len(weights)} weights")
    for path, weight in zip(adapters, weights, strict=True):
        adapted = PeftModel.from_pretrained(model, _adapter(path))
        if weight != 1.0:
            for module in adapted.modules():
                if isinstance(module, LoraLayer):
                    module.scale_layer(weight)
        model = adapted.merge_and_unload(safe_merge=True)
    return model


def merge(
    base: str,
    adapters: Sequence[str],
    out: Path,
    *,
    weights: Sequence[float] | None = None,
    dtype: str = "auto",
    shard: str = "5GB",
    trust_remote_code: bool = False,
) -> None:
    """Write the merged model to ``out``: a plain checkpoint that needs no peft.

    ``dtype``: float32, bfloat16, float16, or auto: that of the base.
    """
    from transformers import AutoModelForCausalLM

    _refuse_full(out)
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=dtype, trust_remote_code=trust_remote_code
    )
    merge_into(model, adapters, weights).save_pretrained(out, max_shard_size=shard)
    tokenizers = [*reversed(adapters), base]
    _copy_tokenizer(tokenizers, out, trust_remote_code)
    logger.info("merged %d adapters into %s", len(adapters), out)


def _copy_tokenizer(sources: Sequence[str], out: Path, trust_remote_code: bool = False) -> None:
    """The tokenizer of the first source that has one: an adapter's has its chat template."""
    from transformers import AutoTokenizer

    for source in sources:
        path = Path(source)
        if path.is_dir() and not (path / "tokenizer_config.json").is_file():
            continue
        AutoTokenizer.from_pretrained(source, trust_remote_code=trust_remote_code).save_pretrained(
            out
        )
        return


def difference(base: Path, tuned: Path, out: Path) -> None:
    """Write what has to be added to ``base`` to get ``tuned``, without what ``base`` holds.

    Differences are taken in 32 bits, where ``restore`` brings back every bit of 16-bit weights
    (and 32-bit ones to rounding). A tensor of another shape than the base's (a grown vocabulary)
    and one that the base lacks are written whole.
    """
    _refuse_full(out)
    before, after = _Weights(base), _Weights(tuned)
    out.mkdir(parents=True, exist_ok=True)
    whole: list[str] = []
    dtypes: dict[str, str] = {}
    for number, (file, names) in enumerate(after.files.items()):
        tensors: dict[str, Tensor] = {}
        for name in names:
            new = after.load(name)
            dtypes[name] = str(new.dtype).removeprefix("torch.")
            old = before.load(name) if name in before else None
            if old is None or old.shape != new.shape or not new.is_floating_point():
                tensors[name] = new
                whole.append(name)
            else:
                tensors[name] = new.float() - old.float()
        save_file(tensors, out / file, metadata={"format": "pt"})
        logger.info("%d of %d files", number + 1, len(after.files))
    values = {"whole": sorted(whole), "dtypes": dtypes, "base": before.checksum()}
    (out / DIFFERENCE).write_text(json.dumps(values), "utf-8")
    _copy_rest(tuned, out)


def restore(base: Path, diff: Path, out: Path) -> None:
    """Write the model that ``difference`` was taken of.

    Raises TrainingError if ``base`` is not the one that it was taken against.
    """
    _refuse_full(out)
    if not (diff / DIFFERENCE).is_file():
        raise TrainingError(f"{diff}: is no weight difference ({DIFFERENCE} is missing)")
    values = json.loads((diff / DIFFERENCE).read_text("utf-8"))
    before, change = _Weights(base), _Weights(diff)
    if before.checksum() != values["base"]:
        raise TrainingError(f"{base}: is not the model that {diff} was taken against")
    out.mkdir(parents=True, exist_ok=True)
    whole = set(values["whole"])
    for file, names in change.files.items():
        tensors = {}
        for name in names:
            tensor = change.load(name)
            if name not in whole:
                tensor = before.load(name).float() + tensor
            tensors[name] = tensor.to(getattr(torch, values["dtypes"][name]))
        save_file(tensors, out / file, metadata={"format": "pt"})
    _copy_rest(diff, out)


class _Weights:
    """The tensors of a checkpoint folder, read one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        paths = sorted(folder.glob("*.safetensors"))
        if not paths:
            raise TrainingError(f"{folder}: has no weights (*.safetensors)")
        self.files: dict[str, list[str]] = {}
        self._where: dict[str, Path] = {}
        for path in paths:
            with safe_open(path, framework="pt") as file:
                self.files[path.name] = list(file.keys())
            self._where |= dict.fromkeys(self.files[path.name], path)

    def __contains__(self, name: str) -> bool:
        return name in self._where

    def load(self, name: str) -> Tensor:
        with safe_open(self._where[name], framework="pt") as file:
            tensor: Tensor = file.get_tensor(name)
        return tensor

    def checksum(self) -> str:
        """Of all names, shapes and weights, whatever files they lie in."""
        digest = hashlib.sha256()
        for name in sorted(self._where):
            tensor = self.load(name).contiguous()
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
            digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()


def check_whole(folder: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise TrainingError unless ``folder`` holds every weight of ``shapes``, and none is empty.

    Empty ones are what a save under ZeRO-3 that forgot to gather them would write.
    """
    weights = _Weights(folder)
    for name in (n for names in weights.files.values() for n in names):
        tensor = weights.load(name)
        shape = tuple(tensor.shape)
        if not tensor.numel() or shape != shapes.get(name, shape):
            raise TrainingError(f"{folder}: {name} is {shape}, not {shapes.get(name, 'whole')}")
    missing = sorted(name for name in shapes if name not in weights)
    if missing:
        raise TrainingError(f"{folder}: lacks {len(missing)} weights, {missing[0]} for one")


def _refuse_full(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()):
        raise TrainingError(f"{out}: is not empty")


def _copy_rest(source: Path, out: Path) -> None:
    """Everything beside the weights: configuration, tokenizer."""
    for path in source.iterdir():
        weights = path.suffix in (".safetensors", ".bin", ".pt", ".pth")
        if path.is_file() and not weights and path.name != DIFFERENCE:
            shutil.copyfile(path, out / path.name)
