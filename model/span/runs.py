"""What starts a training run of the span model: a recipe, and a command line."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

FORBID = ConfigDict(extra="forbid")
"""Of a recipe's dataclass, as ``__pydantic_config__``: keys that it does not have are errors."""
RecipeT = TypeVar("RecipeT")


class RecipeError(ValueError):
    """A recipe that cannot be read; the message names file and key."""


def read_recipe(path: Path, kind: type[RecipeT]) -> RecipeT:
    """The recipe in a YAML file, a dataclass whose values are checked against its types.

    Raises RecipeError, and OSError where the file cannot be opened.
    """
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise RecipeError(f"{path}: {problems}") from None


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
