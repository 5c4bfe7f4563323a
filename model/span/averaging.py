"""The weights between two networks of one training, which read new schemas better than either.

A network that is trained further gains on what it is trained on and loses some of what it could
do with labels that it never saw. Half-way between the two, on the straight line through the space
of weights, most of both is kept (Wortsman et al. 2022, *Robust fine-tuning of zero-shot models*).

    python -m model.span.averaging runs/before runs/after --share 0.6 --out runs/between
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from model.span.network import SpanNetwork
from model.span.tokenizer import FOLDING_FILE, TOKENIZER_FILE, SpanTokenizer


def averaged(before: SpanNetwork, after: SpanNetwork, share: float) -> SpanNetwork:
    """``before``, its weights moved towards those of ``after``: by 0 not at all, by 1 all the way.

    Raises:
        ValueError: the networks have not the same weights by name and shape, or ``share`` is not
            in 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share is {share}, but has to be between 0 and 1")
    state, other = before.state_dict(), after.state_dict()
    for name in sorted(state.keys() | other.keys()):
        if name not in state or name not in other or state[name].shape != other[name].shape:
            raise ValueError(f"the two networks are not of one shape: see '{name}'")
    mixed = {
        name: torch.lerp(value, other[name], share) if value.is_floating_point() else value
        for name, value in state.items()
    }
    before.load_state_dict(mixed)
    return before


def average(before: Path, after: Path, share: float, out: Path) -> None:
    """The same of networks in folders that share a tokenizer. Raises ValueError, OSError."""
    for name in (TOKENIZER_FILE, FOLDING_FILE):
        if (before / name).read_bytes() != (after / name).read_bytes():
            raise ValueError(f"'{before}' and '{after}' differ in {name}")
    network = averaged(SpanNetwork.load(before), SpanNetwork.load(after), share)
    network.save(out)
    SpanTokenizer.load(after).save(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--share", type=float, default=0.6, help="of the way from before to after")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    average(arguments.before, arguments.after, arguments.share, arguments.out)


if __name__ == "__main__":
    main()
