"""How two entities are connected: the shortest paths between them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import islice, pairwise

import networkx

from dashboard.data.reader import Reader
from dashboard.data.records import Edge, Path, PathSearch

_PER_NODE = 150
"""Relationships of one node that are followed, at most."""
_PER_STEP = 5_000
"""Relationships that one step follows, at most."""
_FRONTIER = 400
"""Nodes from which one step goes on, at most; those that were reached most surely."""
_PAIRS = 2_500
"""Pairs of nodes that are looked at for a relation between them, at most."""
_LONGEST = 6


def paths(
    reader: Reader,
    source: str,
    target: str,
    number: int = 5,
    longest: int = _LONGEST,
    through_values: bool = False,
) -> PathSearch:
    """The ``number`` shortest paths, of at most ``longest`` steps; among equals the surest first.

    Searches from both ends at once, a bounded number of nodes a step, then finds the alternatives
    in what it saw (Yen, 1971). Before a step it looks whether one relation joins what the two
    sides have reached, which reads no neighbours. Paths run over relations and events; through
    dates and amounts only with ``through_values``, since a year connects everybody.
    """
    seen: networkx.Graph[str] = networkx.Graph()
    seen.add_nodes_from((source, target))
    complete = True
    met = 0
    frontiers: list[set[str]] = [{source}, {target}]
    reached: tuple[set[str], set[str]] = ({source}, {target})
    found: list[list[str]] = []
    for _ in range(longest):
        side = 0 if len(frontiers[0]) <= len(frontiers[1]) else 1
        if not frontiers[side]:
            side = 1 - side
        if not frontiers[side]:
            break
        start = _surest(seen, frontiers[side])
        grown, cut = _step(reader, start, (source, target), through_values)
        cut = cut or len(start) < len(frontiers[side])
        complete = complete and not cut
        for edge in grown:
            _add(seen, edge)
        ends = {end for edge in grown for end in (edge.source, edge.target)}
        frontiers[side] = ends - reached[side]
        reached[side].update(ends)
        if not frontiers[side] and complete and not found:
            break  # all that hangs together with this end was seen
        if not reached[0] & reached[1] or met:
            for edge in _joining(reader, frontiers):
                _add(seen, edge)
        found = _shortest(seen, source, target, number)
        if found:
            met += 1
            if met > 1 or len(found) >= number:
                break  # one step more than the first meeting, for alternatives
    ids = {id for path in found for id in path}
    known = {node.id: node for node in reader.nodes(ids, degrees=False)}
    result = [
        Path(
            tuple(known[id] for id in path),
            tuple(seen.edges[pair]["edge"] for pair in pairwise(path)),
        )
        for path in found
        if len(path) <= longest + 1 and all(id in known for id in path)
    ]
    return PathSearch(tuple(result), complete)


def _surest(seen: networkx.Graph[str], frontier: Collection[str]) -> list[str]:
    """The nodes of a frontier that go on: those that the surest edges lead to."""

    def doubt(id: str) -> tuple[float, str]:
        return min((data["weight"] for _, _, data in seen.edges(id, data=True)), default=0.0), id

    return sorted(frontier, key=doubt)[:_FRONTIER]


def _joining(reader: Reader, frontiers: Sequence[Collection[str]]) -> list[Edge]:
    """Relations between the two frontiers; none where there are too many pairs to look at."""
    one, other = frontiers
    return reader.joining(one, other) if len(one) * len(other) <= _PAIRS else []


def _shortest(graph: networkx.Graph[str], source: str, target: str, number: int) -> list[list[str]]:
    try:
        return list(islice(networkx.shortest_simple_paths(graph, source, target, "weight"), number))
    except networkx.NetworkXNoPath:
        return []


def _add(graph: networkx.Graph[str], edge: Edge) -> None:
    # A step costs one and a bit for doubt, so that length comes first.
    weight = 1 - 0.01 * math.log(max(edge.confidence, 0.01))
    known = graph.get_edge_data(edge.source, edge.target)
    if known is None or weight < known["weight"]:
        graph.add_edge(edge.source, edge.target, weight=weight, edge=edge)


def _step(
    reader: Reader, ids: Sequence[str], ends: Iterable[str], through_values: bool
) -> tuple[list[Edge], bool]:
    """The edges of these nodes, and whether a limit cut them."""
    each = max(10, min(_PER_NODE, _PER_STEP // len(ids)))
    edges = reader.steps(ids, each, through_values, list(ends))
    counts = Counter(end for edge in edges for end in (edge.source, edge.target))
    return edges, any(counts[id] >= each for id in ids)
