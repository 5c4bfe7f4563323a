"""How fast training is: tokens a second, and the share of the device's peak that it uses (MFU).

MFU as in PaLM (Chowdhery et al., 2022, appendix B): a token costs 6 FLOPs for each weight that
multiplies (4 for a frozen one, which needs no gradient of its own), and 12 for each layer, hidden
unit and position of its sample for attention. What gradient checkpointing computes twice does not
count.
"""

from __future__ import annotations

import time
from typing import Any

import torch

#: Dense 16-bit TFLOPS from the makers' data sheets, by what the device's name contains.
PEAKS = {
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "A100": 312.0,
    "A800": 312.0,
    "L40S": 362.0,
    "A10G": 70.0,
    "A10": 125.0,
    "V100": 125.0,
    "T4": 65.0,
    "RTX 4090": 165.0,
    "RTX 3090": 71.0,
}


def flops_per_token(model: Any, length: int) -> float:
    """FLOPs of forward and backward for a token of a sample of ``length`` tokens."""
    config = model.config.get_text_config()
    embeddings = {id(p) for p in model.get_input_embeddings().parameters()}
    output = model.get_output_embeddings()
    tied = output is not None and {id(p) for p in output.parameters()} & embeddings
    flops = 0
    for parameter in model.parameters():
        if tied or id(parameter) not in embeddings:
            flops += (6 if parameter.requires_grad else 4) * _size(parameter)
    return float(flops + 12 * config.num_hidden_layers * config.hidden_size * length)


def _size(parameter: Any) -> int:
    # Under ZeRO-3 a parameter lies in pieces, and its own size is 0.
    return int(getattr(parameter, "ds_numel", parameter.numel()))


def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """FLOPS of one device: known by name, else those of a matrix product measured now."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for part, tflops in PEAKS.items():
            if part in name:
                return tflops * 1e12 * (0.5 if dtype is torch.float32 else 1.0)
    return _measured(device, dtype)


def _measured(device: torch.device, dtype: torch.dtype, size: int = 768) -> float:
    a = torch.ones(size, size, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(4):
        _wait(device)
        start = time.perf_counter()
        a @ a
        _wait(device)
        best = min(best, time.perf_counter() - start)
    return float(2 * size**3 / best)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
