"""Broken and hostile files: each gives documents or a failure, in bounded time and memory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil
import pytest
from hostile_files import GOOD, NAMES, SECRET, hostile_files

from ingest.documents import Document, Failure
from ingest.isolated import IsolatedReader
from ingest.options import ReadLimits, ReadOptions
from ingest.reader import file_uri, read
from ingest.walk import walk

FILES = dict(hostile_files())
OPTIONS = ReadOptions(limits=ReadLimits(max_seconds=5, max_memory_bytes=2 * 1024**3))


@pytest.fixture(scope="module")
def reader() -> IsolatedReader:
    with IsolatedReader(OPTIONS) as opened:
        yield opened


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_gives_documents_or_a_failure(
    tmp_path: Path, name: str, reader: IsolatedReader
) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    items = list(reader.read(path))
    assert items
    for item in items:
        assert item.uri.partition("#")[0] == file_uri(path)
        if isinstance(item, Failure):
            assert item.reason.isprintable()
            assert len(item.reason) < 1000
            assert SECRET not in item.reason
        else:
            item.text.encode()  # no half of a surrogate pair
            item.title.encode()
            str(dict(item.metadata)).encode()
            assert SECRET not in item.text
            assert len(item.text) < 4_000_000


def test_the_good_among_the_bad_are_read(tmp_path: Path) -> None:
    for name, content in FILES.items():
        if len(content) < 100_000:
            (tmp_path / name).write_bytes(content)
    texts = [item.text for item in walk([tmp_path], OPTIONS) if isinstance(item, Document)]
    assert GOOD in texts


def test_names_that_try_to_be_more_are_names(tmp_path: Path) -> None:
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name.replace(b"/", b"_"))).write_text(GOOD)
    items = list(walk([tmp_path]))
    assert len(items) == len(NAMES)
    for item in items:
        assert isinstance(item, Document), item
        assert item.uri.isascii()
        assert item.uri.isprintable()
        item.title.encode()


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nothing.txt")
    (tmp_path / "endless.txt").symlink_to("/dev/zero")
    (tmp_path / "up").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.txt")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket.txt"))
    (tmp_path / "good.txt").write_text(GOOD)
    items = list(walk([tmp_path]))
    listener.close()
    assert [item.text for item in items if isinstance(item, Document)] == [GOOD]
    for name in ("loop.txt", "dangling.txt", "endless.txt", "pipe.txt", "socket.txt"):
        (item,) = IsolatedReader().read(tmp_path / name)
        assert isinstance(item, Failure)


def big_page(tmp_path: Path) -> Path:
    path = tmp_path / "big.html"
    path.write_text("<p>Jane <b>Smith</b> founded <i>Acme</i>.</p>" * 200_000)
    return path


def test_a_parser_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    options = ReadOptions(limits=ReadLimits(max_seconds=3))
    (tmp_path / "small.html").write_text(f"<p>{GOOD}</p>")
    with IsolatedReader(options) as reader:
        list(reader.read(tmp_path / "small.html"))
        worker = psutil.Process(reader._worker._process.pid)
        (failure,) = reader.read(big_page(tmp_path))
        assert "takes longer to parse than the limit of 3 s" in failure.reason
        assert not worker.is_running()
    with IsolatedReader() as reader:
        (document,) = reader.read(tmp_path / "small.html")
        assert document.text == GOOD


def test_a_parser_that_needs_too_much_memory_is_stopped(tmp_path: Path) -> None:
    options = ReadOptions(limits=ReadLimits(max_memory_bytes=400 * 1024**2))
    (tmp_path / "small.html").write_text(f"<p>{GOOD}</p>")
    (tmp_path / "numbers.json").write_text("[" + "0.5," * 10_000_000 + "0.5]")
    with IsolatedReader(options) as reader:
        (failure,) = reader.read(tmp_path / "numbers.json")
        assert isinstance(failure, Failure)
        assert "memory" in failure.reason
        (document,) = reader.read(tmp_path / "small.html")
        assert document.text == GOOD


def test_a_parser_that_crashes_costs_its_file_only(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(
        "[" + ",".join(f'{{"text": "{GOOD} {i}"}}' for i in range(20_000)) + "]"
    )
    (tmp_path / "small.html").write_text(f"<p>{GOOD}</p>")
    with IsolatedReader() as reader:
        items = reader.read(tmp_path / "rows.json")
        assert isinstance(next(items), Document)
        reader._worker._process.send_signal(11)
        *_, last = items
        assert isinstance(last, Failure)
        assert last.reason == "damaged: the parser crashed on it (signal 11)"
        (document,) = reader.read(tmp_path / "small.html")
        assert document.text == GOOD


def test_a_worker_knows_no_secrets_and_leaves_with_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KGBUILDER_NEO4J_PASSWORD", "top-secret")
    (tmp_path / "small.html").write_text(f"<p>{GOOD}</p>")
    with IsolatedReader() as reader:
        list(reader.read(tmp_path / "small.html"))
        worker = psutil.Process(reader._worker._process.pid)
        assert "top-secret" not in str(worker.environ()) + str(worker.cmdline())
    assert not worker.is_running()


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.json", "a.txt"])
def test_an_isolated_reader_gives_what_a_plain_one_gives(tmp_path: Path, name: str) -> None:
    contents = {
        "a.html": "<h1>居里</h1><p>Marie Curie was born in Warsaw.</p>",
        "a.md": "---\ntitle: T\n---\n# H\n\nMarie Curie.",
        "a.json": '[{"text": "Marie \\ud800 Curie", "n": 1}, 3]',
        "a.txt": GOOD,
    }
    path = tmp_path / name
    path.write_text(contents[name])
    with IsolatedReader() as reader:
        assert list(reader.read(path)) == list(read(path))
