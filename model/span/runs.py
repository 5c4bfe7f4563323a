"""What starts a training run of the span model: a recipe, and a command line."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from pydantic import ConfigDict

FORBID = ConfigDict(extra="forbid")
"""Of a recipe's dataclass, as ``__pydantic_config__``: keys that it does not have are errors."""


class RecipeError(ValueError):
    """A recipe that cannot be read; the message names file and key."""


def run_parser(description: str) -> argparse.ArgumentParser:
    """The command line of a run: its recipe, where it starts and where it goes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("--initial", type=Path, required=True, help="folder of the encoder")
    parser.add_argument("--network", type=Path, help="folder of a trained network to go on from")
    parser.add_argument("--out", type=Path, required=True)
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments of this process, which from now on logs what it does."""
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    return arguments
