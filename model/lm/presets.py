"""Architectures of known sizes, for models that start from random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.lm.errors import TrainingError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

#: Llama's architecture. Parameters counted with a vocabulary of 32,000: 2.1 M, 11 M, 110 M,
#: 1.1 B (TinyLlama's), 6.7 B and 13.0 B (LLaMA's). Small ones share input and output embeddings.
PRESETS: dict[str, dict[str, Any]] = {
    "tiny": {
        "hidden_size": 64,
        "intermediate_size": 176,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    },
    "5m": {
        "hidden_size": 256,
        "intermediate_size": 704,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
    },
    "100m": {
        "hidden_size": 768,
        "intermediate_size": 2048,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": True,
    },
    "1b": {
        "hidden_size": 2048,
        "intermediate_size": 5632,
        "num_hidden_layers": 22,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "max_position_embeddings": 2048,
    },
    "7b": {
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 4096,
    },
    "13b": {
        "hidden_size": 5120,
        "intermediate_size": 13824,
        "num_hidden_layers": 40,
        "num_attention_heads": 40,
        "max_position_embeddings": 4096,
    },
}


def preset_config(
    name: str,
    vocabulary: int,
    *,
    max_length: int = 0,
    bos: int | None = None,
    eos: int | None = None,
    pad: int | None = None,
) -> PreTrainedConfig:
    """The configuration of preset ``name`` for a vocabulary of that many ids.

    Positions reach to ``max_length`` at least. Raises TrainingError if there is no such preset.
    """
    if name not in PRESETS:
        raise TrainingError(f"no preset {name!r}; there are {', '.join(PRESETS)}")
    from transformers import LlamaConfig

    values = dict(PRESETS[name])
    values["max_position_embeddings"] = max(values["max_position_embeddings"], max_length)
    return LlamaConfig(
        vocab_size=vocabulary, bos_token_id=bos, eos_token_id=eos, pad_token_id=pad, **values
    )
