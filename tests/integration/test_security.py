"""What documents, names, schemas and answers say stays text, and secrets stay secret."""

from __future__ import annotations

import ast
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from embedded_graph import running_server
from hostile_files import GOOD, NAMES
from neo4j_server import PASSWORD, neo4j_server

import kgbuilder
from graph.store import StoreError, open_store
from kgbuilder.settings import load_settings
from model.annotations import Annotation, Mention, Relation
from model.schema_check import SchemaError
from model.schema_format import parse_schema

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
PACKAGES = ("ingest", "model", "graph", "kgbuilder")
SECRET = "top-secret-password"

INJECTIONS = (
    "'}) DETACH DELETE (n) //",
    '"}) MATCH (n) DETACH DELETE n //',
    "`) DETACH DELETE (n) //",
    "$x} CALL db.shutdown() //",
    "> . <urn:a> <urn:b> <urn:c> . <urn:x",
    '"^^<urn:x> . <urn:a> <urn:b> "',
    "<script>alert(1)</script>",
    "]]></data><node id='x'/>",
    "=cmd|'/c calc'!A1",
    "; touch owned; $(touch owned) `touch owned`",
    "\n2026-01-01 ERROR forged",
    "\x1b]0;owned\x07\x1b[2J",
    "%s %(password)s {0.__class__} {{7*7}}",
)


class Echo:
    """An extractor that answers with what the text says, whatever that is, as a model might."""

    fingerprint = "echo-1"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(place, place + 1) for place in range(len(text))]

    def extract(self, texts: list[str], schema: Any) -> list[Annotation]:
        kind, relation = schema.entities[0].name, schema.relations[0].name
        found = []
        for text in texts:
            half = max(1, len(text) // 2)
            mentions = (Mention(0, half, kind, 0.9), Mention(half, len(text), kind, 0.9))
            found.append(Annotation(mentions, (Relation(relation, 0, 1, 0.9),), ()))
        return found


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A graph of documents that say, and are named, what should do harm; and where they are."""
    home = tmp_path_factory.mktemp("attacked")
    folder = home / "in"
    folder.mkdir()
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name.replace(b"/", b"_"))).write_text(GOOD)
    rows = [
        {"text": f"{text} and {text}", "title": text, "id": text, text: text} for text in INJECTIONS
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    schema = parse_schema(
        "name: attack\nentities:\n  '`) DETACH DELETE n //': {description: '<b>'}\n"
        "relations:\n  'x`]->() DELETE r //': {}\n"
    )
    with running_server(home / "graph.kg") as url:
        settings = load_settings(overrides={"cache.enabled": False}, environment={})
        report = kgbuilder.build(
            folder, store=url, schema=schema, extractor=Echo(), settings=settings
        )
        assert report.failed == 0, report.failures
        assert report.written == len(NAMES) + len(INJECTIONS)
        yield url, home


def test_nothing_that_is_said_is_done(attacked: tuple[str, Path]) -> None:
    url, home = attacked
    (row,) = kgbuilder.query("MATCH (d:Document) RETURN count(d) AS n", store=url)
    assert row["n"] == len(NAMES) + len(INJECTIONS)
    for path in (home, home / "in", ROOT, Path.cwd()):
        assert not (path / "owned").exists()
    names = kgbuilder.query("MATCH (e:Entity) RETURN e.name AS name", store=url)
    assert any("DETACH DELETE" in row["name"] for row in names)  # it is there, as text
    for text in INJECTIONS:
        found = kgbuilder.query(
            "MATCH (e:Entity {name: $name}) RETURN e", {"name": text}, store=url
        )
        assert isinstance(found, list)
        assert kgbuilder.delete(f"file:///{text}", store=url) == 0


@pytest.mark.parametrize("suffix", ["ttl", "trig", "nq", "nt", "jsonld"])
def test_an_rdf_export_says_only_what_the_graph_says(
    attacked: tuple[str, Path], suffix: str, tmp_path: Path
) -> None:
    url, _ = attacked
    path = tmp_path / f"graph.{suffix}"
    kgbuilder.export(path, store=url)
    formats = {"ttl": "turtle", "nq": "nquads", "jsonld": "json-ld"}
    dataset = rdflib.Dataset()
    dataset.parse(path, format=formats.get(suffix, suffix))
    terms = {str(term) for quad in dataset.quads((None, None, None, None)) for term in quad[:3]}
    assert any("DETACH DELETE" in term for term in terms)
    assert not terms & {"urn:a", "urn:b", "urn:c", "urn:x"}


def test_other_exports_can_be_read_back(attacked: tuple[str, Path], tmp_path: Path) -> None:
    import networkx

    url, _ = attacked
    kgbuilder.export(tmp_path / "graph.graphml", store=url)
    graph = networkx.read_graphml(tmp_path / "graph.graphml", force_multigraph=True)
    assert "x" not in graph
    kgbuilder.export(tmp_path / "csv", format="csv", store=url)
    for path in (tmp_path / "csv").glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as lines:
            widths = {len(row) for row in csv.reader(lines)}
        assert len(widths) == 1, path


def test_a_schema_cannot_smuggle_anything_in() -> None:
    for name in ("a\x00b", "", "\u202e", "a\nb"):
        try:
            parse_schema(json.dumps({"name": "x", "entities": {name: {}}}))
        except SchemaError as error:
            assert str(error)


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kgbuilder", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_names_of_files_forge_no_log_lines(tmp_path: Path) -> None:
    folder = tmp_path / "in\n2026-01-01 00:00:00 ERROR forged"
    folder.mkdir()
    (folder / "b\x1b[2J.txt").write_bytes(b"")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    done = run(
        "build", folder, folder / "x", "--prune", "--store", f"embedded:{tmp_path}/g", "--debug"
    )
    assert "forged" in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("2026-01-01")]
    assert "\x1b" not in done.stderr


def test_secrets_are_in_no_message(tmp_path: Path) -> None:
    environment = {
        "KGBUILDER_NEO4J_PASSWORD": SECRET,
        "OPENAI_API_KEY": SECRET,
        "KGBUILDER_CACHE_FOLDER": str(tmp_path / "cache"),
    }
    settings = load_settings(environment=environment)
    assert SECRET not in repr(settings) + str(settings)
    (tmp_path / "a.txt").write_text(GOOD)
    done = run(
        "build", tmp_path / "a.txt", "--store", "bolt://127.0.0.1:1", "--debug", **environment
    )
    assert done.returncode != 0
    assert SECRET not in done.stdout + done.stderr
    config = tmp_path / "bad.yaml"
    config.write_text(f"neo4j:\n  password: [{SECRET}]\n")
    done = run("stats", "--config", config)
    assert done.returncode == 2
    assert "neo4j.password" in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.neo4j
@pytest.mark.timeout(900)
def test_tls_is_checked_against_a_real_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jars = os.environ.get("KGBUILDER_TEST_NEO4J_JARS")
    if not jars or shutil.which("openssl") is None:
        pytest.skip("needs KGBUILDER_TEST_NEO4J_JARS and openssl")
    folder = tmp_path / "server" / "certificates"
    folder.mkdir(parents=True)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-keyout", folder / "private.key", "-out", folder / "public.crt"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    settings = (
        "dbms.ssl.policy.bolt.enabled=true",
        f"dbms.ssl.policy.bolt.base_directory={folder}",
        "server.bolt.tls_level=REQUIRED",
    )

    def connect(scheme: str, url: str) -> object:
        place = url.partition("://")[2]
        with open_store(f"{scheme}://{place}", writer=True, password=PASSWORD) as store:
            return store.query("RETURN 1 AS one")

    with neo4j_server(Path(jars), tmp_path / "server", *settings) as url:
        assert connect("bolt+ssc", url) == [{"one": 1}]
        for scheme, words in (("bolt+s", "not trusted"), ("bolt", "cannot reach")):
            with pytest.raises(StoreError, match=words) as error:
                connect(scheme, url)
            assert PASSWORD not in str(error.value)
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "public.crt"))
        assert connect("bolt+s", url) == [{"one": 1}]


def test_a_store_with_tls_gets_nothing_in_the_clear() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                heard.append(connection.recv(4096))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    with pytest.raises(StoreError):
        open_store(f"bolt+s://127.0.0.1:{port}", writer=False, user="neo4j", password=SECRET)
    listener.close()
    assert heard
    assert all(data[:2] == b"\x16\x03" for data in heard)  # a TLS handshake, and nothing else
    assert SECRET.encode() not in b"".join(heard)


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell() -> None:
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
    wrong = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]}
            else:
                names = set()
            if names & forbidden:
                wrong.append(f"{path}:{node.lineno} imports {names & forbidden}")
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if called in ("eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"):
                wrong.append(f"{path}:{node.lineno} calls {called}")
            if keywords.get("shell") == "True":
                wrong.append(f"{path}:{node.lineno} uses a shell")
            if called == "torch.load" and keywords.get("weights_only") != "True":
                wrong.append(f"{path}:{node.lineno} loads more than weights")
            if called in ("np.load", "numpy.load") and keywords.get("allow_pickle") == "True":
                wrong.append(f"{path}:{node.lineno} unpickles arrays")
    assert wrong == []


def test_every_dependency_is_pinned_with_hashes() -> None:
    import re

    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pins = [block for block in re.split(r"\n(?=\S)", lock) if block.strip()]
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
