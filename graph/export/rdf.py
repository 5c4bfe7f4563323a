"""The graph as RDF: Turtle, TriG, N-Triples, N-Quads and JSON-LD.

TriG and N-Quads hold the data set of `graph.rdf.layout`: the schema, what people decided and the
canonical entities in graphs of their own, and a named graph for every document
(`graph.rdf.document`). Dropping a document's graph retracts all that it states; facts that two
documents state are in both graphs. The other formats hold the union of all these graphs,
but for decisions and what they reject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import IO, cast

from pyoxigraph import Quad, RdfFormat, parse, serialize

from graph.export.source import DocumentFacts, DocumentText, GraphSource, HasText
from graph.export.stats import Counter
from graph.rdf.deciding import decision_lines, decisions_graph
from graph.rdf.document import DocumentLines, RdfOptions
from graph.rdf.layout import Layout
from graph.rdf.lines import prefixes_of, statements
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema

FORMATS: dict[str, RdfFormat] = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "jsonld": RdfFormat.JSON_LD,
}
_WITH_GRAPHS = frozenset({"trig", "nquads"})
_ENTITIES_A_BLOCK = 200
_SAME_AS = f"<{PREFIXES['owl']}sameAs>"


class RdfWriter:
    """Writes a graph in one of `FORMATS`, with one document in memory at a time.

    Raises:
        ValueError: the base or an IRI of the schema is invalid, or the format cannot hold what
            the options ask for.
    """

    def __init__(self, schema: Schema, format: str, base: str, options: RdfOptions) -> None:
        if options.reification not in ("statement", "rdf12"):
            raise ValueError(f"unknown reification {options.reification!r}")
        if options.reification == "rdf12" and format == "jsonld":
            raise ValueError("JSON-LD has no RDF 1.2 reifiers; use the reification 'statement'")
        self._format = format
        self._layout = Layout(schema, base)
        if format not in _WITH_GRAPHS or not options.provenance:
            options = replace(options, decisions=False)
        self._options = options
        self._lines = DocumentLines(self._layout, options)

    def write(
        self,
        source: GraphSource,
        stream: IO[bytes],
        counter: Counter,
        same: Mapping[str, Sequence[str]],
    ) -> None:
        """``same`` has the IRIs by which entities, by their ids, are known elsewhere."""
        blocks = self.blocks(source, counter, same)
        if self._format in ("nquads", "ntriples"):
            for block in blocks:
                stream.write(block)
            return
        prefixes = prefixes_of(self._layout.base)
        quads: Iterator[Quad] = chain.from_iterable(
            parse(block, RdfFormat.N_QUADS) for block in blocks
        )
        sorter = _SortedPrefixes(stream)
        serialize(
            quads if self._format in _WITH_GRAPHS else (quad.triple for quad in quads),
            cast(IO[bytes], sorter),
            FORMATS[self._format],
            prefixes=prefixes,
        )
        sorter.flush()

    def blocks(
        self, source: GraphSource, counter: Counter, same: Mapping[str, Sequence[str]]
    ) -> Iterator[bytes]:
        """The graph as N-Quads, or for the formats without graphs as N-Triples, piece by piece."""
        layout, graphs = self._layout, self._format in _WITH_GRAPHS

        def block(lines: list[str], graph: str | None) -> bytes:
            counter.add(len(lines))
            return statements(lines, graph if graphs else None)

        yield block(layout.schema_lines(), layout.ontology)
        lines: list[str] = []
        if self._options.decisions:
            for decision in source.decisions().all:
                lines += decision_lines(decision, layout.base)
            yield block(lines, decisions_graph(layout.base))
            lines = []
        for number, entity in enumerate(source.entities(), 1):
            lines += self._lines.entity(entity)
            node = layout.entity(entity.id)
            lines += [f"{node} {_SAME_AS} <{iri}>" for iri in same.get(entity.id, ())]
            if number % _ENTITIES_A_BLOCK == 0:
                yield block(lines, layout.entities)
                lines = []
        yield block(lines, layout.entities)
        for found in self._documents(source):
            if isinstance(found, DocumentText):
                counter.add(len(found.lines))
                graph = f" {layout.graph(found.document)}" if graphs else ""
                end = f"{graph} .\n".encode()
                yield end.join([*found.lines, b""])
            else:
                yield block(self._lines.facts(found), layout.graph(found.document.id))

    def _documents(self, source: GraphSource) -> Iterator[DocumentText | DocumentFacts]:
        """The documents, as text where the source has it as it is to be."""
        if (
            isinstance(source, HasText)
            and replace(self._options, decisions=True) == RdfOptions()
            and (source.schema, source.base) == (self._layout.schema, self._layout.base)
        ):
            return source.by_document_text(rejected=self._options.decisions)
        return source.by_document()


class _SortedPrefixes:
    """Passes bytes on to ``stream``, the ``@prefix`` lines at their beginning sorted.

    pyoxigraph writes them in an order that changes from run to run; this way the same graph
    gives the same bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._head: bytes | None = b""

    def write(self, data: bytes) -> int:
        if self._head is None:
            self._stream.write(data)
        else:
            self._head += data
            *lines, last = self._head.split(b"\n")
            if not b"@prefix".startswith(last[:7]) or not all(map(_is_prefix, lines)):
                self.flush()
        return len(data)

    def flush(self) -> None:
        if self._head is None:
            self._stream.flush()
            return
        lines = self._head.splitlines(keepends=True)
        count = next((i for i, line in enumerate(lines) if not _is_prefix(line)), len(lines))
        self._stream.write(b"".join(sorted(lines[:count]) + lines[count:]))
        self._head = None


def _is_prefix(line: bytes) -> bool:
    return line.startswith(b"@prefix ")
