"""Documents by URL: from memory (as from any store of objects) and over HTTP on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.documents import Document, Failure
from ingest.errors import ReadError
from ingest.options import ReadLimits, ReadOptions
from ingest.remote import fetch, is_url

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket() -> Iterator[str]:
    memory = fsspec.filesystem("memory")
    for name, content in {
        "a.txt": b"Jane Smith founded Acme.",
        "deep/b c.html": b"<h1>T</h1><p>Ann Wood joined Acme.</p>",
        "rows.jsonl": b'{"text": "one"}\n{"text": "two"}\n{"te',
        ".hidden.txt": b"not this",
        "code.py": b"not this",
    }.items():
        memory.pipe(f"/bucket/{name}", content)
    yield "memory://bucket"
    memory.rm("/bucket", recursive=True)


def test_a_folder_of_objects_is_read_in_order(bucket: str) -> None:
    items = list(fetch([bucket]))
    assert [(item.uri, isinstance(item, Document)) for item in items] == [
        ("memory:///bucket/a.txt", True),
        ("memory:///bucket/deep/b c.html", True),
        ("memory:///bucket/rows.jsonl#line=1", True),
        ("memory:///bucket/rows.jsonl#line=2", True),
        ("memory:///bucket/rows.jsonl#line=3", False),
    ]
    assert items[0].text == "Jane Smith founded Acme."
    assert items[2].source == "memory:///bucket/rows.jsonl"
    assert items[0].title == "a"
    assert list(fetch([bucket])) == items


def test_a_single_object_and_a_missing_one(bucket: str) -> None:
    (document,) = fetch([f"{bucket}/a.txt"])
    assert isinstance(document, Document)
    (failure,) = fetch([f"{bucket}/nothing.txt"])
    assert failure.reason == "there is no such file or folder"
    limits = ReadLimits(max_file_bytes=10)
    (failure,) = fetch([f"{bucket}/a.txt"], ReadOptions(limits=limits))
    assert failure.reason == "more bytes than the limit of 10"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "a.txt").write_text("Jane Smith founded Acme.")
    (tmp_path / "page").write_text("<!doctype html><html><p>Ann Wood joined.</p></html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_pages_are_read_over_http(site: str) -> None:
    pytest.importorskip("aiohttp")
    text, page, missing = fetch([f"{site}/a.txt", f"{site}/page", f"{site}/missing.txt"])
    assert isinstance(text, Document)
    assert (text.uri, text.text) == (f"{site}/a.txt", "Jane Smith founded Acme.")
    assert isinstance(page, Document)
    assert page.media_type == "text/html"
    assert isinstance(missing, Failure)
    assert missing.uri == f"{site}/missing.txt"


def test_what_lets_others_in_is_no_part_of_a_uri(site: str) -> None:
    pytest.importorskip("aiohttp")
    (signed,) = fetch([f"{site}/a.txt?X-Amz-Signature=topsecret&X-Amz-Expires=9"])
    assert signed.uri == f"{site}/a.txt"
    (plain,) = fetch([f"{site}/a.txt?page=2"])
    assert plain.uri == f"{site}/a.txt?page=2"
    (gone,) = fetch([f"{site}/gone.txt?sig=topsecret"])
    assert "topsecret" not in gone.uri + gone.reason
    with pytest.raises(ReadError, match="no password"):
        list(fetch(["https://me:topsecret@example.org/a.txt"]))
    with pytest.raises(ReadError, match=r"nosuch:// cannot be read"):
        list(fetch(["nosuch://x/y"]))


def test_urls_are_told_from_paths() -> None:
    assert is_url("s3://bucket/x")
    assert is_url("https://example.org/")
    for path in ("docs/", "C:\\x", "file:///x", "a:b", Path("s3:/x")):
        assert not is_url(path)
