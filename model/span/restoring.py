"""A trained network back from the 8-bit files that the extractor runs, to train it further.

What ``model.span.export`` did is undone: weights are dequantised, and the factors that smoothing
moved between activations and weights are multiplied back in. What is lost is the rounding to
8 bits, which is within the noise of a few training steps.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import ModelProto, NodeProto, numpy_helper
from torch import Tensor
from transformers import BertConfig, BertModel

from model.span.encoder_graph import as_bert
from model.span.network import HeadConfig, SpanNetwork
from model.span.runtime import ENCODER, PAIR_LABELS, PAIRS, SPAN_LABELS

# The graph's file, and what its names lack to be names of the network.
PREFIXES = {
    ENCODER: "encoder.",
    SPAN_LABELS: "span_labels.",
    PAIR_LABELS: "pair_labels.",
    PAIRS: "pairs.",
}
ATTENTION_HEADS = (
    12  # of all-MiniLM-L6-v2, from which every encoder of ours starts; no weight tells
)

Array = npt.NDArray[np.float32]


def restore(folder: Path) -> SpanNetwork:
    """The network whose exported graphs lie in ``folder``.

    Raises:
        ValueError: the graphs are not those of a span network of this version.
    """
    state: dict[str, Tensor] = {}
    for name, prefix in PREFIXES.items():
        graph = onnx.load(folder / name)
        weights = {key: torch.tensor(value) for key, value in _weights(graph).items()}
        if name == ENCODER:
            weights = as_bert(weights, ATTENTION_HEADS)
        state |= {prefix + key: value for key, value in weights.items()}
    sizes = json.loads((folder / "network.json").read_text("utf-8"))
    words = state["encoder.embeddings.word_embeddings.weight"]
    layers = 1 + max(
        int(key.split(".")[3]) for key in state if key.startswith("encoder.encoder.layer.")
    )
    config = BertConfig(
        vocab_size=words.shape[0],
        hidden_size=words.shape[1],
        num_hidden_layers=layers,
        num_attention_heads=ATTENTION_HEADS,
        intermediate_size=state["encoder.encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=state["encoder.embeddings.position_embeddings.weight"].shape[0],
        type_vocab_size=state["encoder.embeddings.token_type_embeddings.weight"].shape[0],
    )
    encoder = BertModel(config, add_pooling_layer=False)
    network = SpanNetwork(encoder, HeadConfig(pair_size=sizes["pair_size"]))
    missing, unknown = network.load_state_dict(state, strict=False)
    if missing or unknown:
        raise ValueError(f"'{folder}' is not what this version exports: {[*missing, *unknown][:3]}")
    return network


def _weights(model: ModelProto) -> dict[str, Array]:
    """Float weights by the names that they have in the network."""
    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    weights: dict[str, Array] = {}
    inverse: dict[str, Array] = {}
    for name, value in constants.items():
        if name.endswith(".inverse"):
            inverse[name.removesuffix(".inverse")] = value
        elif name.endswith((".weight", ".bias")):
            weights[name.replace(".linear.", ".")] = value
        elif name.endswith(".weight_quantized"):  # an embedding
            weights[name.removesuffix("_quantized")] = _dequantised(constants, name)
    for node in model.graph.node:
        matrix = _matrix(node, constants)
        if matrix is not None:
            module = _module(node)
            value = _dequantised(constants, matrix).T
            plain = module.removesuffix(".linear")
            if plain in inverse:
                value = value * inverse[plain]
            weights[f"{plain}.weight"] = np.ascontiguousarray(value)
    return weights


def _matrix(node: NodeProto, constants: dict[str, npt.NDArray[np.generic]]) -> str | None:
    if node.op_type != "MatMulInteger" or node.input[1] not in constants:
        return None
    return str(node.input[1])


def _module(node: NodeProto) -> str:
    """``/span/span.0/Gemm_MatMul_quant`` is of the module ``span.0``, and so on."""
    parts = node.name.strip("/").split("/")[:-1]
    named: list[str] = []
    for part in parts:
        # A member of a sequence is scoped as ``span/span.0``.
        if named and part.startswith(f"{named[-1]}."):
            named[-1] = part
        else:
            named.append(part)
    return ".".join(named)


def _dequantised(constants: dict[str, npt.NDArray[np.generic]], name: str) -> Array:
    stem = name.removesuffix("_quantized")
    scale, zero = constants[f"{stem}_scale"], constants[f"{stem}_zero_point"]
    shifted: Array = constants[name].astype(np.float32) - zero.astype(np.float32)
    return shifted * scale.astype(np.float32)
