"""What ``kgbuilder explore`` passes to the app, as arguments after ``--``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """``store`` and ``config`` None: as the settings say."""

    store: str | None = None
    config: str | None = None
    read_only: bool = False


def parse(arguments: Sequence[str]) -> Options:
    """The options in a list of arguments."""
    parser = argparse.ArgumentParser(prog="explorer", allow_abbrev=False)
    parser.add_argument("--store")
    parser.add_argument("--config")
    parser.add_argument("--read-only", action="store_true")
    found = parser.parse_args(list(arguments))
    return Options(found.store, found.config, found.read_only)
