"""YAML files whose every key is checked."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from model.corpus.errors import CorpusError

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, kind: type[Model]) -> Model:
    """The content of a YAML file as a ``kind``. Raises CorpusError, which names file and key."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise CorpusError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise CorpusError(f"{path}: {f'{place}: ' if place else ''}{said}") from error
