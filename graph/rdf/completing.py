"""What a store keeps of its entities beside what an export says, for a graph that was loaded whole.

That is what a name is found by, and what a change of the graph needs to know of them. All of it
follows from the local entities (see `graph.rdf.gathering`). Everything is read as a stream and
sorted on the disk, so that memory does not grow with the graph; what people decided may change
which keys hang together in ways that only all of them tell, so where there are decisions the
distinct keys are held.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from graph.bulk.sorting import Sorter
from graph.rdf.describing import cut_line, kept_lines
from graph.rdf.endpoint import Endpoint
from graph.rdf.gathering import HELD, Gathering
from graph.rdf.layout import Layout
from graph.rdf.lines import Lines
from graph.rdf.members import stored_members
from graph.rdf.reading import WHOLE, ReadError
from graph.resolution import key_id
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker, forget_names
from graph.resolving.partition import Keyset, partition
from graph.resolving.rules import Rules
from graph.store.plan import clusters_by_key
from graph.store.tally import Tally

_ENTITIES = 500  # whose lines make a piece
_PAIRS = 50_000  # that are compared at a time
_REMEMBERED = 10_000  # entities whose names, taken apart, are kept


class Completion(ExitStack):
    """Finds the lines; ``scratch`` is a folder for what does not fit in memory."""

    def __init__(
        self,
        endpoint: Endpoint,
        layout: Layout,
        decisions: Decisions,
        gathering: Gathering,
        scratch: Path,
    ) -> None:
        super().__init__()
        self._gathering = gathering
        self._endpoint = endpoint
        self._layout = layout
        self._decisions = decisions
        self._linker = Linker(layout.schema)
        self._keysets: Counter[Keyset] = Counter()
        """All of them where there are decisions."""
        self._holders, self._blocks, self._cut = (
            self.enter_context(Sorter(scratch, name, HELD)) for name in ("holders", "blocks", "cut")
        )

    def pieces(self) -> Iterator[Lines]:
        """The lines of the graph of entities.

        Raises:
            ReadError: the graph does not hold all that they follow from.
        """
        yield from self._descriptions()
        if self._decisions:
            yield self._decided_cuts()
        else:
            yield from self._cuts()

    def _descriptions(self) -> Iterator[Lines]:
        lines: Lines = []
        for number, (id, names, members) in enumerate(self._gathering.entities(), 1):
            if not members:
                raise ReadError(f"the graph does not say where {names[0]!r} is from; {WHOLE}")
            tally = Tally()
            for member in members:
                tally.add(self._decisions.applied(member))
            lines += kept_lines(self._layout.entity(id), id, tally, names, self._linker)
            if self._decisions:
                self._keysets.update(tally.keysets)
            else:
                for key in tally.keys:
                    self._holders.add(json.dumps(key), id)
            if number % _ENTITIES == 0:
                yield lines
                lines = []
            if number % _REMEMBERED == 0:
                forget_names(self._linker)
        yield lines

    # ------------------------------------------------------------------ cuts

    def _decided_cuts(self) -> Lines:
        rules = Rules(self._decisions, self._linker)
        clusters = {id(c): c for c in clusters_by_key([self._keysets], (), rules).values()}
        return [
            cut_line(self._layout.entity(key_id(min(cluster.keys))), cluster.cut)
            for cluster in clusters.values()
            if cluster.cut
        ]

    def _cuts(self) -> Iterator[Lines]:
        """What `graph.resolving.rules.Rules.groups` would say, block by block."""
        several: dict[str, list[str]] = {}
        for number, (key, ids) in enumerate(self._holders.groups(), 1):
            if number % _REMEMBERED == 0:
                forget_names(self._linker)
            known = sorted(set(ids))
            name = json.loads(key)
            if len(known) > 1:
                several[name] = known
            for block in self._linker.blocks(name):
                self._blocks.add(json.dumps(block), json.dumps([name, known[0]]))
        owner = self._owners(several)
        pairs: dict[tuple[str, str], tuple[str, str]] = {}
        for _, values in self._blocks.groups():
            keys = [(key, owner.get(key, id)) for key, id in map(json.loads, values)]
            if not 1 < len(keys) <= self._linker.max_block:
                continue
            for index, (two, its) in enumerate(keys):
                for one, other in keys[:index]:
                    if other != its:
                        pairs[min(one, two), max(one, two)] = (
                            (other, its) if one < two else (its, other)
                        )
            if len(pairs) > _PAIRS:
                self._keep_cuts(pairs, several)
                pairs = {}
                forget_names(self._linker)
        self._keep_cuts(pairs, several)
        lines: Lines = []
        for id, found in self._cut.groups():
            lines.append(cut_line(self._layout.entity(id), set(map(json.loads, found))))
            if len(lines) > _ENTITIES:
                yield lines
                lines = []
        yield lines

    def _keep_cuts(
        self, pairs: dict[tuple[str, str], tuple[str, str]], several: dict[str, list[str]]
    ) -> None:
        for link in self._linker.decide(pairs.keys()):
            first, second = pairs[link.one, link.two]
            for near, far, id in ((link.one, link.two, first), (link.two, link.one, second)):
                for holder in several.get(near, (id,)):
                    self._cut.add(holder, json.dumps(far))

    def _owners(self, several: dict[str, list[str]]) -> dict[str, str]:
        """To which entity keys belong that members of several have: names of which documents state
        different values."""
        ids = sorted({id for some in several.values() for id in some})
        keysets: defaultdict[str, Counter[Keyset]] = defaultdict(Counter)
        for start in range(0, len(ids), _ENTITIES):
            for id, member in stored_members(
                self._endpoint, self._layout, ids[start : start + _ENTITIES]
            ):
                keysets[id][member.keys] += 1
        group_of = partition(sum(keysets.values(), Counter()))
        entity_of = {group_of[keyset[0]]: id for id, counts in keysets.items() for keyset in counts}
        return {key: entity_of[group_of[key]] for key in several}
