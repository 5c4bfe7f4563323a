"""A file with the data set of a graph, as an export wrote it, read back into records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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
    format = format_of(path)
    with TemporaryDirectory(prefix="kgbuilder-load-") as folder:
        endpoint = EmbeddedEndpoint(Path(folder), writer=True)
        try:
            try:
                endpoint.load(path, format)
            except SyntaxError as error:
                raise ReadError(f"{path}: no valid {format.name}: {error.msg}") from None
            yield LoadedGraph(endpoint, *described(path))
        finally:
            endpoint.close()


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
