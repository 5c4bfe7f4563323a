"""Models and tokenizers by path, hub id or preset."""

from __future__ import annotations

import logging
from typing import Any

import torch

from model.lm.adapters import add_lora, merge_into, quantization
from model.lm.errors import TrainingError
from model.lm.presets import preset_config
from model.lm.recipe import FinetuneRecipe, Recipe

logger = logging.getLogger(__name__)

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def load_tokenizer(recipe: Recipe) -> Any:
    """The recipe's tokenizer, with a padding token."""
    from transformers import AutoTokenizer

    source = recipe.tokenizer or recipe.model
    assert source is not None
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            source, trust_remote_code=recipe.trust_remote_code
        )
    except (OSError, ValueError) as error:
        raise TrainingError(f"no tokenizer at {source}: {_first_line(error)}") from None
    if tokenizer.pad_token is None:
        # Padding is never learned, nor seen by other tokens, so any token will do.
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    return tokenizer


def load_model(recipe: Recipe, tokenizer: Any) -> Any:
    """The model to train, its weights in the precision that training keeps them in.

    Weights that learn are in 32 bits and computed with in 16 (DeepSpeed keeps its own 32-bit
    copies); those frozen under an adapter are loaded in the precision of the recipe.
    """
    from transformers import AutoModelForCausalLM

    lora = recipe.lora if isinstance(recipe, FinetuneRecipe) else None
    if recipe.preset is not None:
        config = preset_config(
            recipe.preset,
            len(tokenizer),
            max_length=recipe.max_length,
            bos=tokenizer.bos_token_id,
            eos=tokenizer.eos_token_id,
            pad=tokenizer.pad_token_id,
        )
        arguments: dict[str, Any] = {"dtype": torch.float32}
        if recipe.attention:
            arguments["attn_implementation"] = recipe.attention
        model = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, **arguments
        )
    else:
        arguments = {"dtype": _DTYPES[recipe.precision] if lora else torch.float32}
        if recipe.attention:
            arguments["attn_implementation"] = recipe.attention
        quantized = quantization(lora)
        if quantized is not None:
            arguments["quantization_config"] = quantized
        assert recipe.model is not None
        try:
            model = AutoModelForCausalLM.from_pretrained(
                recipe.model, trust_remote_code=recipe.trust_remote_code, **arguments
            )
        except OSError as error:
            raise TrainingError(f"no model at {recipe.model}: {_first_line(error)}") from None
    # With a cache, transformers does not look for the borders of packed samples.
    model.config.use_cache = False
    vocabulary = model.config.get_text_config().vocab_size
    if len(tokenizer) > vocabulary:
        raise TrainingError(
            f"the tokenizer has {len(tokenizer)} tokens, the model only {vocabulary}"
        )
    if isinstance(recipe, FinetuneRecipe) and recipe.adapters:
        model = merge_into(model, recipe.adapters)
    if isinstance(recipe, FinetuneRecipe) and lora is not None:
        model = add_lora(
            model, lora, recipe.start_from, checkpointing=recipe.gradient_checkpointing
        )
    return model


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
