"""What each part of the view asks the store by."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from graph.rdf.endpoint import Solution, iri_of, solutions, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import quoted
from graph.rdf.store import RdfStore
from graph.view.naming import Naming
from graph.view.sparql.patterns import HEADER, values_of
from model.schema import Schema
from model.schema_names import relationship_type


class Row:
    """A solution; what is bound to its variables is read as what it stands for."""

    def __init__(self, solution: Solution, layout: Layout) -> None:
        self._solution = solution
        self._layout = layout

    def __contains__(self, name: str) -> bool:
        """Whether this variable is bound."""
        return name in self._solution

    def text(self, name: str) -> str:
        """A literal; empty where there is none."""
        return text_of(self._solution[name]) if name in self._solution else ""

    def whole(self, name: str) -> int:
        return int(self.text(name))

    def number(self, name: str) -> float:
        return float(self.text(name))

    def type(self, name: str) -> str:
        """The relationship type of a schema's name."""
        return relationship_type(self.text(name))

    def iri(self, name: str) -> str:
        return iri_of(self._solution[name])

    def id(self, name: str, kind: str) -> str:
        """The id in an IRI of a kind, see `Layout.parts`."""
        return self._layout.parts(self.iri(name), kind)[-1]

    def chunk(self, name: str) -> str:
        """The id of a chunk."""
        return "#".join(self._layout.parts(self.iri(name), "chunk"))


class Asking:
    """An RDF store that is asked in SPARQL.

    One that is empty has neither schema nor answers, and is not asked.
    """

    def __init__(self, store: RdfStore, naming: Naming) -> None:
        self._store = store
        self._naming = naming

    @property
    def schema(self) -> Schema | None:
        return self._store.schema

    @property
    def _layout(self) -> Layout:
        """The store's; while it is empty one that knows no types."""
        return self._store.layout if self.schema else Layout(Schema(""), self._store.base)

    def _select(self, query: str) -> list[Row]:
        return list(self._solutions(query))

    def _solutions(self, query: str) -> Iterator[Row]:
        """As `_select`, one by one."""
        if self.schema is not None:
            layout = self._store.layout
            for solution in solutions(self._store.endpoint, f"{HEADER} {query}"):
                yield Row(solution, layout)

    def _type_values(self, types: Collection[str]) -> str:
        """That ``?t`` is the schema's name of one of these relationship types, if any."""
        if not types:
            return ""
        layout = self._layout
        names = {name(type) for type in types for name in (layout.relation_name, layout.role_name)}
        return values_of("t", map(quoted, sorted(names)))
