"""``python -m kgbuilder``."""

from __future__ import annotations

from kgbuilder.cli.main import run

run()
