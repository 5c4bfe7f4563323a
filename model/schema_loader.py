"""Schemas by name or from files: YAML of our own (`model.schema_format`), an ontology or SHACL
shapes in RDF (`model.ontology`), a ``schema.json`` of the data-set format, or an ontology of
Text2KGBench (`model.schema_json`)."""

from __future__ import annotations

import re
from pathlib import Path

from model.schema import Schema
from model.schema_check import Problem, SchemaError, check_schema
from model.schema_format import parse_schema
from model.schema_json import parse_schema_json

SCHEMA_FOLDER = Path(__file__).parent.parent / "configs" / "schemas"
MAX_BYTES = 16_000_000
RDF_SUFFIXES = (".ttl", ".nt", ".nq", ".trig", ".n3", ".owl", ".rdf", ".xml", ".jsonld")


def available_schemas() -> list[str]:
    """Names that ``load_schema`` takes, sorted: each bundled file, and each language of it."""
    names = []
    for path in sorted(SCHEMA_FOLDER.glob("*.yaml")):
        names.append(path.stem)
        languages = _read_yaml(path).languages
        if len(languages) > 1:
            names += [f"{path.stem}-{language}" for language in languages]
    return sorted(names)


def load_schema(name_or_path: str | Path) -> Schema:
    """The bundled schema of that name, or the one in a YAML, JSON or RDF file, by its ending.

    ``general-zh`` is the bundled schema ``general`` with its types named in Chinese. Raises
    SchemaError, which names file, line and key, for a schema that is unknown or wrong.
    """
    path = Path(name_or_path)
    if path.suffix.lower() in (".yaml", ".yml"):
        return _read_yaml(path)
    if path.suffix.lower() == ".json":
        return parse_schema_json(_read_text(path), path)
    if path.suffix.lower() in RDF_SUFFIXES:
        from model.ontology import read_ontology  # not needed by most

        return read_ontology(path).schema
    name = str(name_or_path)
    if isinstance(name_or_path, str) and re.fullmatch(r"[\w.-]+", name):
        bundled = SCHEMA_FOLDER / f"{name}.yaml"
        if bundled.is_file():
            return _read_yaml(bundled)
        stem, _, language = name.rpartition("-")
        bundled = SCHEMA_FOLDER / f"{stem}.yaml"
        if stem and bundled.is_file():
            schema = _read_yaml(bundled)
            if language in schema.languages:
                return _localized(schema, language, bundled)
    known = ", ".join(p.stem for p in sorted(SCHEMA_FOLDER.glob("*.yaml")))
    files = ", ".join((".yaml", ".json", *RDF_SUFFIXES))
    hint = f"no schema of this name, and no file that ends in one of {files} (bundled: {known})"
    raise SchemaError(name, [Problem((), hint)])


def _read_yaml(path: Path) -> Schema:
    return parse_schema(_read_text(path), source=str(path), default_name=path.stem)


def _localized(schema: Schema, language: str, path: Path) -> Schema:
    try:
        return check_schema(schema.localized(language), f"{path} in the language '{language}'")
    except KeyError as error:
        raise SchemaError(str(path), [Problem((), str(error.args[0]))]) from None


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SchemaError(str(path), [Problem((), error.strerror or str(error))]) from None
    if len(data) > MAX_BYTES:
        raise SchemaError(str(path), [Problem((), f"larger than {MAX_BYTES:,} bytes")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SchemaError(str(path), [Problem((), "the file is not UTF-8", line)]) from None
