"""What the training runs of the span model have in common: schedule, precision, checkpoints."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import torch
from torch import nn

logger = logging.getLogger(__name__)


def cosine_rate(step: int, warmup: int, steps: int) -> float:
    """Share of the peak learning rate: linear warm-up, then cosine to 2%."""
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def fast_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 matrices itself; emulated, they cost double."""
    flags = Path("/proc/cpuinfo")
    known = flags.read_text("utf-8") if flags.exists() else ""
    return "amx_bf16" in known or "avx512_bf16" in known


def save_checkpoint(
    out: Path, model: nn.Module, optimizer: torch.optim.Optimizer, step: int
) -> None:
    """What ``resume`` goes on from, in ``out``."""
    state = {
        "step": step,
        "network": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    temporary = out / "state.tmp"
    torch.save(state, temporary)
    temporary.replace(out / "state.pt")  # all or nothing: a run may be killed at any moment


def resume(out: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Loads the last checkpoint in ``out``, if there is one; the steps that are done."""
    if not (out / "state.pt").exists():
        return 0
    state = torch.load(out / "state.pt", weights_only=True)
    model.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    logger.info("resumed at step %d", state["step"])
    return int(state["step"])
