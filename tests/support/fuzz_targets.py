"""What is fuzzed: every parser of ours, with sound inputs to start from.

A target takes bytes. It may raise nothing but what its parser promises, which it catches itself.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora import pack_samples
from export_sample import SCHEMA

from graph.export.links import LinkError, read_links
from graph.literals import normalise
from graph.names import normalise as normalise_name
from graph.rdf.loading import loaded
from graph.resolving.decisions import decision_of
from ingest.documents import Document, Failure
from ingest.reader import read
from ingest.sentences import sentences
from kgbuilder.errors import KGBuilderError
from kgbuilder.logs import printable
from kgbuilder.settings import load_settings
from model.corpus.errors import CorpusError
from model.corpus.packed import PackedCorpus
from model.corpus.recipe import load_recipe as load_corpus_recipe
from model.distant.recipe import RecipeError
from model.distant.recipe import load_recipe as load_distant_recipe
from model.instructions import lenient_json
from model.instructions.parsing import parse
from model.instructions.prompts import PromptError, load_prompts
from model.instructions.tasks import Format, Task
from model.lm.errors import TrainingError
from model.lm.recipe import load_recipe as load_training_recipe
from model.ontology import read_ontology
from model.records import RecordError, parse_record
from model.schema_check import SchemaError
from model.schema_format import parse_schema

ROOT = Path(__file__).parents[2]
_HOME = Path(tempfile.mkdtemp(prefix="kgbuilder-fuzz-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)


@dataclass(frozen=True)
class Target:
    """``seeds`` are sound inputs."""

    run: Callable[[bytes], None]
    seeds: Sequence[bytes]


def _file(name: str, data: bytes) -> Path:
    path = _HOME / name
    path.write_bytes(data)
    return path


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace")


def _reader(suffix: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        for item in read(_file(f"a{suffix}", data)):
            if isinstance(item, Document):
                item.text.encode()
                item.title.encode()
                for start, end in sentences(item.text):
                    assert 0 <= start < end <= len(item.text)
            else:
                assert isinstance(item, Failure)
                assert "\n" not in item.reason

    return run


def _answer(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for task in Task:
        for format in Format:
            for fact in parse(text, task, format, text="Jane founded Acme").facts:
                assert all(isinstance(value, str) for value in fact.values)
    list(lenient_json.values(text))


def _schema(data: bytes) -> None:
    try:
        parse_schema(data.decode("utf-8", "replace"))
    except SchemaError as error:
        assert str(error)


def _prompts(data: bytes) -> None:
    try:
        load_prompts(str(_file("prompts.yaml", data)))
    except PromptError as error:
        assert str(error)


def _settings(data: bytes) -> None:
    try:
        load_settings(_file("settings.yaml", data), environment={})
    except KGBuilderError as error:
        assert str(error)


def _record(data: bytes) -> None:
    try:
        parse_record(data, "line 1")
    except RecordError as error:
        assert str(error)


def _packed(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        folder = _HOME / f"corpus-{name}"
        if not folder.exists():
            pack_samples(folder, {"a": [[1, 2, 3], [4]], "b": [[5, 6]]})
        (folder / name).write_bytes(data)
        try:
            corpus = PackedCorpus(folder)
            for index in range(min(len(corpus), 10)):
                corpus[index]
        except CorpusError as error:
            assert str(error)

    return run


def _packed_files() -> Mapping[str, bytes]:
    folder = _HOME / "sound"
    if not folder.exists():
        pack_samples(folder, {"a": [[1, 2, 3], [4]], "b": [[5, 6]]})
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _ontology(suffix: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        try:
            read_ontology(_file(f"o{suffix}", data))
        except SchemaError as error:
            assert str(error)

    return run


def _links(data: bytes) -> None:
    try:
        read_links(_file("links.csv", data), SCHEMA)
    except LinkError as error:
        assert str(error)


def _rdf(data: bytes) -> None:
    try:
        with loaded(_file("graph.nq", data)) as graph:
            for _ in graph.documents():
                pass
    except ValueError as error:
        assert str(error)


def _decision(data: bytes) -> None:
    try:
        decision_of(json.loads(data))
    except (ValueError, AttributeError) as error:  # `import_decisions` names the line of both
        assert str(error)


def _recipes(data: bytes) -> None:
    path = _file("recipe.yaml", data)
    for load, promised in (
        (load_corpus_recipe, CorpusError),
        (load_distant_recipe, RecipeError),
        (load_training_recipe, TrainingError),
    ):
        try:
            load(path)
        except promised as error:
            assert str(error)


def _literals(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for datatype in ("date", "number", "money", "quantity"):
        found = normalise(text, datatype)
        assert found is None or (found and found.isprintable())
    for family in ("person", "organization", "place", "other"):
        normalise_name(text, family)  # type: ignore[arg-type]
    shown = printable(text)
    assert "\n" not in shown


_TEXT = "Marie Curie was born in Warsaw on 7 November 1867. 居里夫人出生于华沙。\n".encode()
_NQUADS = (
    b'<https://a/d/1> <http://purl.org/dc/terms/title> "T"@en <https://a/g/1> .\n'
    b"<https://a/d/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://a/D> .\n"
)
_OWL = b"""@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix : <https://e.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Person a owl:Class ; rdfs:label "person"@en . :knows a owl:ObjectProperty ;
  rdfs:domain :Person ; rdfs:range :Person .
"""


def _first(pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "configs").glob(pattern))[:3]]


def targets() -> dict[str, Target]:
    """By name."""
    found = {
        "txt": Target(_reader(".txt"), [_TEXT]),
        "md": Target(_reader(".md"), [b"---\ntitle: T\n---\n# H\n\n- a *b* `c`\n\n| a |\n|---|\n"]),
        "html": Target(_reader(".html"), [b"<html><title>T</title><p>a <b>b</b></p></html>"]),
        "csv": Target(_reader(".csv"), [b'name,text\n"Curie, M.","born ""here"""\nx,y\n']),
        "json": Target(_reader(".json"), [b'[{"text": "a b", "n": {"x": [1, 2.5, null]}}]']),
        "jsonl": Target(_reader(".jsonl"), [b'{"text": "a"}\n{"text": "b", "id": 3}\n']),
        "pdf": Target(_reader(".pdf"), [b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj"]),
        "answer": Target(_answer, [b'{"r": [{"head": "Acme"}]}\n(Acme, r, Jane)\n1. a: b; c']),
        "schema": Target(_schema, _first("schemas/*.yaml")),
        "prompts": Target(_prompts, _first("prompts/*.yaml")),
        "settings": Target(_settings, _first("default.yaml")),
        "record": Target(
            _record, [b'{"id": "1", "text": "Jane", "entities": [[0, 4, "person"]], "lang": "en"}']
        ),
        "ontology-ttl": Target(_ontology(".ttl"), [_OWL]),
        "links": Target(_links, [b"name,type,iri\nAda,person,https://e.org/a\n"]),
        "rdf": Target(_rdf, [_NQUADS]),
        "decision": Target(
            _decision, [b'{"kind": "merge", "left": ["person|a"], "right": ["person|b"]}']
        ),
        "recipe": Target(
            _recipes,
            [*_first("corpus/*.yaml"), *_first("distant/*.yaml"), *_first("train/*.yaml")],
        ),
        "literals": Target(_literals, [_TEXT, "三千五百万美元".encode(), b"$3.5 million"]),
    }
    for name, content in _packed_files().items():
        found[f"packed-{name}"] = Target(_packed(name), [content])
    return found
