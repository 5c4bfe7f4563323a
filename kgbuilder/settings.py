"""Settings in layers: defaults, then a file, then ``KGBUILDER_*`` variables, then arguments.

A later layer replaces single values of an earlier one. A key that does not exist is an error
that names the key and where it was given, since a mistyped setting that is quietly ignored is
worse than one refused. The variable of a setting is its path in capitals: ``neo4j.user`` is
``KGBUILDER_NEO4J_USER``.
"""

from __future__ import annotations

import dataclasses
import difflib
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from pydantic import ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ingest.options import ReadOptions
from ingest.yaml_text import load_yaml
from kgbuilder.errors import SettingsError

logger = logging.getLogger(__name__)

DEFAULTS = Path(__file__).resolve().parent.parent / "configs" / "default.yaml"
PREFIX = "KGBUILDER_"
#: Variables that begin with the prefix and are no settings.
NOT_SETTINGS = ("KGBUILDER_TEST_", "KGBUILDER_MIGRATE", "KGBUILDER_EMBEDDED_")

STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CacheSettings:
    """The cache of what extractors answered."""

    enabled: bool
    folder: Path | None = None
    """None: the user's cache folder."""
    max_bytes: int = Field(gt=0)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Neo4jSettings:
    """Credentials of a Bolt server; they are kept out of URLs, and so out of logs."""

    user: str | None = None
    password: SecretStr | None = None
    database: str | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SparqlSettings:
    """Credentials of a SPARQL server."""

    user: str | None = None
    password: SecretStr | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WatchSettings:
    """How the daemon works; times are in seconds."""

    quiet: float = Field(ge=0)
    """A file is complete when it has not changed for so long."""
    rescan: float = Field(gt=0)
    """Between two looks through folders whose changes are told."""
    poll: float = Field(gt=0)
    """The same where they are not told, as on network mounts."""
    polling: bool | None = None
    """None: where the folder lies on a network mount."""
    batch: int = Field(ge=1)
    """Files built together."""
    queue: int = Field(ge=1)
    """Changed files known at once; further ones are left on the disk until there is room."""
    attempts: int = Field(ge=1)
    """Tries of a file, before it goes to the dead letters."""
    backoff: float = Field(gt=0)
    """Before the second try; each further wait is four times as long."""
    longest_backoff: float = Field(gt=0)
    vanished_share: float = Field(ge=0, le=1)
    """When more of a folder's files vanish at once, their documents are held until agreed to."""
    vanished_files: int = Field(ge=0)
    """Up to so many may vanish whatever their share."""
    host: str
    port: int | None = Field(default=None, ge=0, le=65535)
    state: Path | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Settings:
    """Everything that can be set, for ``kgbuilder.build`` and the command line alike."""

    store: str
    schema: str
    extractor: str
    chunk_tokens: int = Field(ge=16)
    """Most tokens of a chunk, in the extractor's own tokens."""
    min_confidence: float = Field(ge=0, le=1)
    """Relations and events below it are left out of a graph."""
    batch: int = Field(ge=1)
    """Chunks that the extractor gets at once."""
    ray: str | None = None
    """A Ray cluster whose machines extract."""
    base: str | None = None
    """The beginning of every IRI, in RDF."""
    ingest: ReadOptions
    cache: CacheSettings
    neo4j: Neo4jSettings
    sparql: SparqlSettings
    watch: WatchSettings


@dataclasses.dataclass(frozen=True)
class _Value:
    value: object
    origin: str


def load_settings(
    file: str | Path | None = None,
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that hold.

    ``overrides`` maps dotted keys (``"neo4j.user"``) to values; None values are left out.
    ``environment`` stands in for ``os.environ``. Raises SettingsError.
    """
    values = _from_file(DEFAULTS)
    if file is not None:
        values |= _from_file(Path(file))
    values |= _from_environment(os.environ if environment is None else environment)
    for key, value in (overrides or {}).items():
        if key not in _leaves():
            raise SettingsError(_unknown(key, "the arguments"))
        if value is not None:
            values[key] = _Value(value, "the arguments")
    return _validate(values)


def _leaves(kind: type = Settings, prefix: str = "") -> frozenset[str]:
    return frozenset(_walk(kind, prefix))


def _walk(kind: type, prefix: str) -> Iterator[str]:
    for name, hint in get_type_hints(kind).items():
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            yield from _walk(hint, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _unknown(key: str, origin: str) -> str:
    near = difflib.get_close_matches(key, _leaves(), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"Unknown setting {key!r} in {origin}{hint}"


def _from_file(path: Path) -> dict[str, _Value]:
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"Cannot read the settings file {path}: {error.strerror or error}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 1}" if place else ""
        raise SettingsError(f"The settings file {path}{line} is not valid YAML") from error
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise SettingsError(f"The settings file {path} must hold 'key: value' lines")
    return {key: _Value(value, str(path)) for key, value in _flatten(content, str(path))}


def _flatten(
    content: Mapping[Any, object], origin: str, prefix: str = ""
) -> Iterator[tuple[str, object]]:
    leaves = _leaves()
    for name, value in content.items():
        key = f"{prefix}{name}"
        if key in leaves:
            yield key, value
        elif not any(leaf.startswith(f"{key}.") for leaf in leaves):
            raise SettingsError(_unknown(key, origin))
        elif isinstance(value, Mapping):
            yield from _flatten(value, origin, f"{key}.")
        elif value is not None:
            raise SettingsError(f"Setting {key!r} in {origin} must hold 'key: value' lines")


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Value]:
    keys = {PREFIX + leaf.replace(".", "_").upper(): leaf for leaf in _leaves()}
    found = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name.startswith(NOT_SETTINGS):
            continue
        if name in keys:
            found[keys[name]] = _Value(value, f"the environment variable {name}")
        else:
            # Not an error: a variable may be meant for another version of kgbuilder.
            logger.warning("The environment variable %s is no setting of kgbuilder", name)
    return found


def _validate(values: Mapping[str, _Value]) -> Settings:
    nested: dict[str, Any] = {}
    for key, item in values.items():
        *parents, leaf = key.split(".")
        level = nested
        for parent in parents:
            level = level.setdefault(parent, {})
        level[leaf] = item.value
    for name, hint in get_type_hints(Settings).items():
        if dataclasses.is_dataclass(hint):
            nested.setdefault(name, {})
    try:
        return TypeAdapter(Settings).validate_python(nested)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        origin = values[key].origin if key in values else "the settings"
        # The value itself stays out: it may be a secret.
        reason = first["msg"].removeprefix("Input ")
        raise SettingsError(f"Setting {key!r} in {origin} {reason}") from None
