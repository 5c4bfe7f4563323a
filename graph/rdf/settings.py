"""What an RDF store says of itself, and how it keeps two writers from undoing each other's work.

The graph ``<base>graph/settings`` holds the schema as it is, a stamp of the decisions, the version
of the form and a revision. A change is one SPARQL update, which is one transaction. Where others
may write to the same server, every operation of an update holds only for the revision that it was
made for, and the last one sets a new revision: so of two writers at once one finds that it did
nothing, and begins anew. What a writer set last stays beside the revision under its own name, since
others may have gone on before it looks.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass

from graph.rdf.deciding import decision_lines, decisions_graph, read_decisions
from graph.rdf.endpoint import Endpoint, iri_of, select, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import quoted
from graph.rdf.writing import Changes
from graph.resolving.decisions import Decisions
from graph.store.errors import StoreError
from graph.store.meta import STORE_VERSION
from model.ontology.vocabulary import PREFIXES

_KGB = PREFIXES["kgb"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a store says of itself. ``decided`` is the stamp of its decisions.

    ``old_decisions`` is all of them as JSON, in stores of earlier days.
    """

    revision: str
    schema: str | None
    decided: str
    old_decisions: str
    version: int | None


class SettingsGraph:
    """The settings in a store whose IRIs begin with ``base``, as one writer has them."""

    def __init__(self, endpoint: Endpoint, base: str) -> None:
        self._endpoint = endpoint
        self._base = base
        self.node = f"<{base}graph/settings>"
        # This writer's own, and whether the graph has it.
        self._own, self._signed = f"<{base}graph/settings#{uuid.uuid4()}>", False

    def read(self) -> Settings:
        rows = select(
            self._endpoint, f"SELECT ?p ?o {{ GRAPH {self.node} {{ {self.node} ?p ?o }} }}"
        )
        found = {iri_of(row["p"]).removeprefix(_KGB): text_of(row["o"]) for row in rows}
        version = found.get("version")
        if version is None and "definition" in found:
            version = "1"  # the first form did not name itself
        return Settings(
            found.get("revision", ""),
            found.get("definition"),
            found.get("decided", ""),
            found.get("decisions", ""),
            None if version is None else int(version),
        )

    def set_version(self) -> None:
        """Say that the store has the form of this version."""
        was = f"GRAPH {self.node} {{ {self.node} <{_KGB}version> ?version }}"
        self._endpoint.update(
            f"DELETE {{ {was} }} INSERT {{ GRAPH {self.node} {{ {self._version_line()} }} }} "
            f"WHERE {{ OPTIONAL {{ {was} }} }}"
        )

    def change_schema(self, changes: Changes, settings: Settings, text: str) -> None:
        """Add to ``changes`` that the schema, as ``text``, is another.

        In a graph that has none yet it comes with all the rest of the settings.
        """
        inserted = [f"{self.node} <{_KGB}definition> {quoted(text)}"]
        if settings.schema is None:
            inserted.append(f"{self.node} <{_KGB}base> {quoted(self._base)}")
            inserted.append(self._version_line())
            if decisions := read_decisions(self._endpoint, self._base):
                inserted.append(self._decided_line(decisions))
        else:
            was = f"{self.node} <{_KGB}definition> {quoted(settings.schema)}"
            changes.deleted[self.node] = [was]
        changes.inserted[self.node] = inserted

    def change_decisions(
        self, changes: Changes, settings: Settings, was: Decisions, now: Decisions
    ) -> None:
        """Add to ``changes`` that the decisions, which were some, are others."""
        node, graph = self.node, decisions_graph(self._base)
        before, after = ({d.id: d for d in some.all} for some in (was, now))
        if settings.old_decisions:
            changes.deleted[node] = [f"{node} <{_KGB}decisions> {quoted(settings.old_decisions)}"]
            before = {}
        elif was:
            changes.deleted[node] = [self._decided_line(was)]
        if now:
            changes.inserted[node] = [self._decided_line(now)]
        for found, others, lines in (
            (before, after, changes.deleted),
            (after, before, changes.inserted),
        ):
            lines[graph] = [
                line
                for id, decision in found.items()
                if others.get(id) != decision
                for line in decision_lines(decision, self._base)
            ]

    def commit(self, changes: Changes, layout: Layout, revision: str) -> bool:
        """Whether the changes were done, which hold for one revision."""
        if not self._endpoint.shared:
            operations = changes.operations(layout, None)
            if operations:
                self._endpoint.update(" ;\n".join(operations))
            return True
        node = self.node
        known = f'{node} <{_KGB}revision> "{revision}"'
        guard = f"GRAPH {node} {{ {known} }}" if revision else (
            f"FILTER NOT EXISTS {{ GRAPH {node} {{ {node} <{_KGB}revision> ?r }} }}"
        )  # fmt: skip
        own, new = f"{self._own} <{_KGB}revision>", str(uuid.uuid4())
        was = f"{known} . {own} ?own" if revision else f"{own} ?own"
        swap = f"DELETE {{ GRAPH {node} {{ {was} }} }} "
        swap += f'INSERT {{ GRAPH {node} {{ {node} <{_KGB}revision> "{new}" . {own} "{new}" }} }} '
        swap += f"WHERE {{ {guard} OPTIONAL {{ GRAPH {node} {{ {own} ?own }} }} }}"
        self._signed = True
        self._endpoint.update(" ;\n".join([*changes.operations(layout, guard), swap]))
        return bool(self._endpoint.answer(f'ASK {{ GRAPH {node} {{ {own} "{new}" }} }}'))

    def forget_writer(self) -> None:
        """Take this writer's own revision out of the graph; a killed writer leaves one triple."""
        if not self._signed:
            return
        own = f"{self._own} <{_KGB}revision> ?own"
        with suppress(StoreError):  # a server that is gone keeps it
            self._endpoint.update(f"DELETE WHERE {{ GRAPH {self.node} {{ {own} }} }}")

    def _version_line(self) -> str:
        return f'{self.node} <{_KGB}version> "{STORE_VERSION}"^^<{PREFIXES["xsd"]}integer>'

    def _decided_line(self, decisions: Decisions) -> str:
        return f"{self.node} <{_KGB}decided> {quoted(decisions.stamp)}"


def stored_base(endpoint: Endpoint, url: str, wanted: str | None) -> str | None:
    """With what the IRIs of the graph begin that is in a store, or shall; None: nothing says.

    Raises:
        StoreError: it is not as ``wanted``, or there are several graphs and none is wanted.
    """
    found = select(endpoint, f"SELECT ?g ?base {{ GRAPH ?g {{ ?g <{_KGB}base> ?base }} }}")
    bases = sorted(text_of(row["base"]) for row in found)
    if wanted is not None:
        if bases and wanted not in bases and not endpoint.shared:
            raise StoreError(f"the IRIs of {url} begin with {bases[0]}, not {wanted}")
        return wanted
    if len(bases) > 1:
        raise StoreError(f"{url} holds several graphs; say which: {', '.join(bases)}")
    return bases[0] if bases else None
