"""YAML that people write: settings, recipes, prompts, the front matter of documents."""

from __future__ import annotations

from typing import Any

import yaml


def load_yaml(text: str) -> Any:
    """The value of the YAML ``text``, of plain types only.

    Raises yaml.YAMLError for whatever cannot be read. PyYAML lets other errors through: of dates
    and numbers that look like such and are none, and of nesting that is too deep.
    """
    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise yaml.YAMLError("nested too deep") from None
    except (ValueError, OverflowError) as error:
        raise yaml.YAMLError(f"a date or number that is none: {error}") from None
