"""What a store keeps of an entity beside what an export says, as lines."""

from __future__ import annotations

import json
from collections.abc import Collection

from graph.rdf.lines import Lines, quoted
from graph.rdf.searching import index_lines
from graph.resolution import key_id
from graph.resolving.links import Linker
from graph.store.tally import Tally
from model.ontology.vocabulary import PREFIXES

_KGB = PREFIXES["kgb"]


def kept_lines(iri: str, id: str, tally: Tally, names: Collection[str], linker: Linker) -> Lines:
    """What its members say in sum, and what it is found by: its keys, ids that these make in other
    company, the blocks of keys, and names."""
    keys = sorted(tally.keys)
    blocks = {block for key in keys for block in linker.blocks(key)}
    others = (other for other in map(key_id, keys) if other != id)
    return [
        f"{iri} <{_KGB}tally> {quoted(tally.encode())}",
        *(f"{iri} <{_KGB}key> {quoted(key)}" for key in keys),
        *(f"{iri} <{_KGB}keyId> {quoted(other)}" for other in others),
        *(f"{iri} <{_KGB}block> {quoted(block)}" for block in sorted(blocks)),
        *index_lines(iri, names, tally.members),
    ]


def cut_line(iri: str, cut: Collection[str]) -> str:
    """The keys of others that its own are linked to, see `graph.store.plan.CUT`."""
    return f"{iri} <{_KGB}cut> {quoted(json.dumps(sorted(cut), ensure_ascii=False))}"
