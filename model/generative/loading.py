"""Generative extractors by name, or from a YAML file::

engine: openai                  # or hf
model: qwen3-8b                 # hf: a folder or hub id
url: http://127.0.0.1:8000/v1   # openai only
adapters: [runs/lora]           # hf only
options: {max_tokens: 512, concurrency: 16}     # of the engine: LocalOptions, ServerOptions
extraction: {tasks: [entities, triples, events], format: json-list, describe: true}
prompts: json-instruction       # a ready style, or a file of one's own

A checkpoint, or adapter, can carry its own ``extraction.yaml`` with the last two and the option
``max_tokens``, since a model is to be asked as it was taught; ``hf:`` heeds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ingest.yaml_text import load_yaml
from model.generative.engine import Engine
from model.generative.extractor import GenerativeExtractor, GenerativeOptions
from model.generative.openai_engine import DEFAULT_URL, OpenAIEngine, ServerOptions
from model.generative.transformers_engine import LocalOptions, TransformersEngine
from model.instructions.prompts import load_prompts

#: In the folder of a checkpoint or adapter: how it wants to be asked.
OWN_SETTINGS = "extraction.yaml"
_OWN_KEYS = ("options", "extraction", "prompts")
#: A downloaded folder has no say in the rest, ``trust_remote_code`` least of all.
_OWN_OPTIONS = {"max_tokens"}
_KEYS = ("engine", "model", "url", "adapters", *_OWN_KEYS)


def load_generative(name: str, cache_folder: Path | None = None) -> GenerativeExtractor:
    """The extractor called ``hf:PATH``, ``hf:PATH+ADAPTER``, ``openai:MODEL@URL`` (without URL:
    OpenAI's own) or ``generative:FILE``.

    Raises ValueError, which names what is wrong, and OSError. The model itself is loaded, and the
    server asked, only when there is a text.
    """
    kind, _, rest = name.partition(":")
    if kind == "hf" and rest:
        path, *adapters = rest.split("+")
        _check_folders(path, *adapters)
        return _from_checkpoint(path, adapters)
    if kind == "openai" and rest:
        model, at, url = rest.rpartition("@")
        model, url = (model, url) if at and "://" in url else (rest, DEFAULT_URL)
        return GenerativeExtractor(OpenAIEngine(model, url, cache_folder=cache_folder))
    if kind == "generative" and rest:
        return _from_file(Path(rest), cache_folder)
    raise ValueError("give hf:PATH, hf:PATH+ADAPTER, openai:MODEL@URL or generative:FILE")


def _check_folders(*sources: str) -> None:
    """Says early that a local path does not exist. Ids of the hub look like ``owner/name``."""
    for source in sources:
        looks_local = source.startswith((".", "/", "~")) or source.count("/") > 1
        if not source or (looks_local and not Path(source).is_dir()):
            raise FileNotFoundError(f"no folder {source!r}")


def _from_checkpoint(path: str, adapters: list[str]) -> GenerativeExtractor:
    own = [file for folder in (path, *adapters) if (file := Path(folder, OWN_SETTINGS)).is_file()]
    if not own:
        return GenerativeExtractor(TransformersEngine(path, adapters))
    file = own[-1]  # what was trained last
    data = _mapping(file, _OWN_KEYS)
    options = _options(LocalOptions, data.get("options"), file)
    if not set(data.get("options") or ()) <= _OWN_OPTIONS:
        raise ValueError(f"{file}: may set no option but {', '.join(_OWN_OPTIONS)}")
    return _extractor(TransformersEngine(path, adapters, options), data, file)


def _mapping(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    try:
        data = load_yaml(path.read_text("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path}: must be a mapping with keys of {', '.join(keys)}")
    unknown = [str(key) for key in data if key not in keys]
    if unknown:
        raise ValueError(f"{path}: unknown key '{unknown[0]}' (there are {', '.join(keys)})")
    return data


def _extractor(engine: Engine, data: Mapping[str, Any], path: Path) -> GenerativeExtractor:
    prompts = data.get("prompts")
    own = path.parent / str(prompts)
    return GenerativeExtractor(
        engine,
        _options(GenerativeOptions, data.get("extraction"), path),
        load_prompts(own if prompts and own.is_file() else prompts),
    )


def _from_file(path: Path, cache_folder: Path | None) -> GenerativeExtractor:
    data = _mapping(path, _KEYS)
    model = data.get("model")
    if not isinstance(model, str) or not model:
        raise ValueError(f"{path}: 'model' must be a name or path")
    engine: Engine
    if data.get("engine") == "hf":
        adapters = data.get("adapters") or []
        if not isinstance(adapters, list):
            raise ValueError(f"{path}: 'adapters' must be a list of names or paths")
        adapters = [str(adapter) for adapter in adapters]
        _check_folders(model, *adapters)
        options = _options(LocalOptions, data.get("options"), path)
        engine = TransformersEngine(model, adapters, options)
    elif data.get("engine") == "openai":
        server = _options(ServerOptions, data.get("options"), path)
        engine = OpenAIEngine(model, str(data.get("url") or DEFAULT_URL), server, cache_folder)
    else:
        raise ValueError(f"{path}: 'engine' must be hf or openai")
    return _extractor(engine, data, path)


def _options(kind: Any, values: object, path: Path) -> Any:
    """An instance of the options class ``kind``, its values checked against its types."""
    if values is None:
        return kind()
    if not isinstance(values, Mapping):
        raise ValueError(f"{path}: options must be a mapping")
    names = [f.name for f in fields(kind)]
    unknown = [str(key) for key in values if key not in names]
    if unknown:
        raise ValueError(f"{path}: unknown option '{unknown[0]}' (there are {', '.join(names)})")
    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{path}: option '{place}': {first['msg']}") from None
