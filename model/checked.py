"""YAML files whose every key and value is checked, as a pydantic model or a dataclass says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from ingest.yaml_text import load_yaml

KindT = TypeVar("KindT")


def read_yaml(path: Path, kind: type[KindT], error: type[Exception]) -> KindT:
    """The content of a YAML file as a ``kind``.

    Raises ``error``, whose message names the file and all that is wrong with it.
    """
    try:
        values = load_yaml(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise error(f"{path}: {problem.strerror or problem}") from None
    except (yaml.YAMLError, UnicodeError) as problem:
        raise error(f"{path}: not valid YAML: {' '.join(str(problem).split())}") from None
    return checked(values, kind, str(path), error)


def checked(values: Any, kind: type[KindT], where: str, error: type[Exception]) -> KindT:
    """Values as a ``kind``. Raises ``error``, whose message begins with ``where``."""
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as problem:
        found = []
        for item in problem.errors():
            place = ".".join(map(str, item["loc"]))
            said = item["msg"].removeprefix("Value error, ")
            found.append(f"{place}: {said}" if place else said)
        raise error(f"{where}: {'; '.join(found)}") from None
