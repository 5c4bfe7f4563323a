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
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from corpora import pack_samples
from export_sample import SCHEMA
from hostile_files import docx_of
from pptx import Presentation

from graph.export.links import LinkError, read_links
from graph.literals import normalise
from graph.names import normalise as normalise_name
from graph.rdf.loading import loaded
from graph.resolving.decisions import decision_of
from graph.store import StoreError
from ingest.documents import Document, Failure
from ingest.reader import read
from ingest.sentences import sentences
from kgbuilder.decisions import import_decisions
from kgbuilder.errors import KGBuilderError
from kgbuilder.logs import printable
from kgbuilder.settings import load_settings
from kgbuilder.tables import resolve_table
from model.corpus.errors import CorpusError
from model.corpus.packed import PackedCorpus
from model.corpus.recipe import load_recipe as load_corpus_recipe
from model.distant.recipe import Recipe, RecipeError
from model.distant.recipe import load_recipe as load_distant_recipe
from model.distant.sources import GraphError, load_graph
from model.generative.engine import EngineError
from model.generative.loading import load_generative
from model.generative.openai_engine import OpenAIEngine
from model.instructions import lenient_json
from model.instructions.parsing import parse
from model.instructions.prompts import PromptError, load_prompts
from model.instructions.tasks import Format, Task
from model.lm.chat import Instructions
from model.lm.errors import TrainingError
from model.lm.recipe import load_recipe as load_training_recipe
from model.ontology import read_ontology
from model.records import RecordError, parse_record
from model.schema import Schema
from model.schema_check import SchemaError
from model.schema_format import parse_schema
from model.schema_json import parse_schema_json

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


def _schema_json(data: bytes) -> None:
    try:
        parse_schema_json(data.decode("utf-8", "replace"), _HOME / "schema.json")
    except SchemaError as error:
        assert str(error)


def _endpoint(data: bytes) -> None:
    """What a server may answer a request for a chat completion with."""
    engine = OpenAIEngine("a", "http://127.0.0.1:9/v1")
    assert engine._explain(500, data)
    try:
        engine._read(data)
    except EngineError as error:
        assert str(error)


def _generative(data: bytes) -> None:
    try:
        load_generative(str(_file("generative.yaml", data)), _HOME / "answers")
    except (ValueError, OSError) as error:
        assert str(error)


def _table(data: bytes) -> None:
    try:
        resolve_table(_file("table.csv", data), _HOME / "resolved.csv")
    except KGBuilderError as error:
        assert str(error)


def _decisions(data: bytes) -> None:
    """Refused before a graph is opened, or stopped by there being none."""
    try:
        import_decisions(_file("decisions.jsonl", data), store=f"embedded:{_HOME / 'none.kg'}")
    except (KGBuilderError, StoreError) as error:
        assert str(error)


class _Characters:
    """A tokenizer of single characters, for conversations."""

    eos_token = "\x00"
    chat_template = "ours"

    def apply_chat_template(self, messages: list[dict[str, str]], **_: object) -> str:
        return "".join(f"{one['role']}: {one['content']}\x00" for one in messages)

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        return {"input_ids": list(map(ord, text))}


def _conversation(data: bytes) -> None:
    try:
        found = Instructions([_file("chat.jsonl", data)], _Characters(), 10_000)
        for index in range(len(found)):
            found.read(index)
    except TrainingError as error:
        assert str(error)


def _distant(name: str, **file: object) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        _file(name, data)
        graph = [{"file": name} | file]
        recipe = Recipe.model_validate({"language": "en", "schema": "general", "graph": graph})
        try:
            load_graph(recipe, _HOME, Schema("empty"))
        except GraphError as error:
            assert str(error)

    return run


@cache
def _archives() -> Mapping[str, bytes]:
    """A sound file of each kind that is an archive."""
    slides = Presentation()
    slides.slides.add_slide(slides.slide_layouts[1]).shapes.title.text = "Jane founded Acme"
    slides.save(pptx := BytesIO())
    with ZipFile(epub := BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml"'
            ' media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine>'
            "</package>",
        )
        archive.writestr("a.xhtml", "<html><body><p>Jane founded Acme.</p></body></html>")
    return {".docx": docx_of(_DOCX), ".pptx": pptx.getvalue(), ".epub": epub.getvalue()}


def _member(suffix: str, name: str) -> Callable[[bytes], None]:
    """A file inside an archive that is sound otherwise."""
    sound, run_reader = _archives()[suffix], _reader(suffix)

    def run(data: bytes) -> None:
        stream = BytesIO()
        with ZipFile(BytesIO(sound)) as old, ZipFile(stream, "w") as new:
            for member in old.infolist():
                content = data if member.filename == name else old.read(member)
                new.writestr(member.filename, content)
        run_reader(stream.getvalue())

    return run


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


_DOCX = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    b"<w:p><w:r><w:t>Jane founded Acme.</w:t></w:r></w:p></w:body></w:document>"
)
_RDF_XML = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
  <owl:Class rdf:about="https://e.org/Person"><rdfs:label>person</rdfs:label></owl:Class>
</rdf:RDF>
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
        "schema-json": Target(
            _schema_json,
            [
                b'{"entity_types": {"person": {}}, "relation_types": {}, "event_types": {}}',
                b'{"concepts": [{"qid": "Q5", "label": "human"}], "relations": []}',
            ],
        ),
        "endpoint": Target(
            _endpoint,
            [
                b'{"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": 3}}',
                b'{"error": {"message": "no such model"}}',
            ],
        ),
        "generative": Target(
            _generative,
            [b"engine: openai\nmodel: a\nurl: http://127.0.0.1:9/v1\noptions: {seed: 1}\n"],
        ),
        "table": Target(_table, [b'name,city\n"Curie, M.",Paris\nCurie M,Paris\n']),
        "decisions": Target(
            _decisions,
            [b'{"kind": "merge", "left": ["person|a"], "right": ["person|b"]}\n' * 2],
        ),
        "conversation": Target(
            _conversation,
            [
                b'{"instruction": "a", "input": "b", "output": "c"}\n',
                b'{"messages": [{"role": "user", "content": "a"},'
                b' {"role": "assistant", "content": "b"}]}\n',
            ],
        ),
        "distant-csv": Target(
            _distant("entities.csv", holds="entities"), [b"id,name,aliases\n1,Ada,A|B\n"]
        ),
        "distant-rdf": Target(_distant("facts.ttl", holds="rdf"), [_OWL]),
        "ontology-owl": Target(_ontology(".owl"), [_RDF_XML]),
        "ontology-jsonld": Target(
            _ontology(".jsonld"),
            [
                b'{"@context": {"owl": "http://www.w3.org/2002/07/owl#"},'
                b' "@id": "https://e.org/P", "@type": "owl:Class"}'
            ],
        ),
        "literals": Target(_literals, [_TEXT, "三千五百万美元".encode(), b"$3.5 million"]),
    }
    for kind, member in (
        (".docx", "word/document.xml"),
        (".pptx", "ppt/slides/slide1.xml"),
        (".epub", "book.opf"),
    ):
        with ZipFile(BytesIO(_archives()[kind])) as archive:
            found[kind[1:]] = Target(_member(kind, member), [archive.read(member)])
    for name, content in _packed_files().items():
        found[f"packed-{name}"] = Target(_packed(name), [content])
    return found
