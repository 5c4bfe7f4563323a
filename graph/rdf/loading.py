"""A file with the data set of a graph, as an export wrote it, read back into records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pyoxigraph as ox

from graph.rdf.deciding import read_decisions
from graph.rdf.endpoint import EmbeddedEndpoint, Endpoint
from graph.rdf.layout import Layout
from graph.rdf.reading import ReadError, StoredGraph
from graph.rdf.source import RdfSource
from graph.resolving.decisions import Decisions
from model.ontology.reader import schema_of
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema

FORMATS: dict[str, ox.RdfFormat] = {
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
}
_KGB = PREFIXES["kgb"]
ItemT = TypeVar("ItemT")
PIECE = 32_000_000
"""Bytes of N-Quads that are loaded at a time: with half of it each quad costs an eighth more, with
the double as much. Oxigraph's loader by itself holds a million quads."""
_AT_LINE = re.compile(r"at line (\d+)")
_QUAD = 200
"""About as many bytes has one."""


@dataclass(frozen=True, slots=True)
class LoadedGraph:
    """The graph of a file, in a database."""

    endpoint: Endpoint
    schema: Schema
    base: str

    def documents(self) -> Iterator[StoredGraph]:
        """Each document as it was written, in the order of ids."""
        return RdfSource(self.endpoint, Layout(self.schema, self.base)).stored()

    def decisions(self) -> Decisions:
        """What people decided about it."""
        return read_decisions(self.endpoint, self.base)


@contextmanager
def loaded(path: Path) -> Iterator[LoadedGraph]:
    """The graph in a TriG or N-Quads file, loaded into a temporary database on the disk.

    Raises:
        ReadError: the file is no such file, or holds no graph of kgbuilder's.
        OSError: it cannot be read.
    """
    format_of(path)
    with TemporaryDirectory(prefix="kgbuilder-load-") as folder:
        endpoint = EmbeddedEndpoint(Path(folder), writer=True)
        try:
            load_file(endpoint, path)
            yield LoadedGraph(endpoint, *described(path))
        finally:
            endpoint.close()


def load_file(
    endpoint: Endpoint, path: Path, take: Callable[[bytes], None] = lambda piece: None
) -> None:
    """Add a file with graphs piece by piece: neither side ever holds more than a few.

    ``take`` gets each piece too, as N-Quads.

    Raises:
        ReadError: the file is no such file; what came before the mistake is loaded.
        OSError: it cannot be read.
    """
    by_lines = format_of(path) == ox.RdfFormat.N_QUADS

    def pieces() -> Iterator[tuple[bytes, int]]:
        before = 0
        for piece in _pieces(path):
            with _line_of(path, before):
                take(piece)
            yield piece, before
            before += piece.count(b"\n") if by_lines else 0

    def load(piece: tuple[bytes, int]) -> None:
        with _line_of(path, piece[1]):
            endpoint.load(piece[0])

    with _line_of(path, 0):
        alongside(load, pieces())


def alongside(work: Callable[[ItemT], None], items: Iterable[ItemT]) -> None:
    """Do the work on each item in a thread, one after the other, while the next one is made."""
    under_way: Future[None] | None = None
    with ThreadPoolExecutor(1) as thread:
        try:
            for item in items:
                if under_way is not None:
                    under_way.result()
                under_way = thread.submit(work, item)
        finally:
            if under_way is not None:
                under_way.result()


@contextmanager
def _line_of(path: Path, before: int) -> Iterator[None]:
    """Name the line that is wrong; a parser counts from the beginning of what it was given."""
    try:
        yield
    except SyntaxError as error:
        said = _AT_LINE.sub(lambda match: f"at line {int(match[1]) + before}", error.msg, count=1)
        raise ReadError(f"{path}: no valid RDF: {said}") from None


def _pieces(path: Path) -> Iterator[bytes]:
    """A file as N-Quads, some megabytes at a time."""
    if format_of(path) == ox.RdfFormat.N_QUADS:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece + file.readline()
        return
    quads = ox.parse(path=str(path), format=format_of(path))
    while some := ox.serialize(islice(quads, PIECE // _QUAD), format=ox.RdfFormat.N_QUADS):
        yield some


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces as large ones."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def is_as_stored(path: Path) -> bool:
    """Whether a file holds its graph as a store does: not so with RDF 1.2's reifiers.

    A text that speaks of them is taken for one that has them, which costs time alone.
    """
    word = b"reifies"
    with path.open("rb") as file:
        before = b""
        while block := file.read(1 << 20):
            if word in before + block:
                return False
            before = block[-len(word) :]
    return True


def format_of(path: Path) -> ox.RdfFormat:
    """By the file's ending. Raises ReadError where it is that of no format with graphs."""
    format = FORMATS.get(path.suffix.lower())
    if format is None:
        raise ReadError(
            f"{path}: only files with named graphs can be read, that end in {', '.join(FORMATS)}"
        )
    return format


def described(path: Path) -> tuple[Schema, str]:
    """The schema that is in a file, with the base of its IRIs.

    Raises:
        ReadError: there is none.
    """
    found: list[ox.Quad] = []
    try:
        # Read from the file, not from a database: the order of types is part of a schema.
        for quad in ox.parse(path=str(path), format=format_of(path)):
            graph = quad.graph_name
            if isinstance(graph, ox.NamedNode) and graph.value.endswith("/graph/schema"):
                found.append(quad)
            elif found:
                break
    except SyntaxError as error:
        raise ReadError(f"{path}: no valid RDF: {error.msg}") from None
    nodes = {quad.subject for quad in found if quad.object == ox.NamedNode(_KGB + "Schema")}
    if len(nodes) != 1:
        raise ReadError(f"{path} holds {len(nodes)} schemas of kgbuilder, not one")
    (node,) = nodes
    assert isinstance(node, ox.NamedNode)
    return schema_of(found, str(path)), node.value.removesuffix("schema/")
