"""How two entities are connected: the shortest paths between them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from itertools import islice, pairwise

import networkx

from dashboard.data.reader import Reader
from dashboard.data.records import Edge, Path, PathSearch

_PER_NODE = 150
"""Relationships of one node that are followed."""
_FRONTIER = 400
"""Nodes from which one step goes on."""
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
    in what it saw (Yen, 1971). Paths run over relations and events; through dates and amounts only
    with ``through_values``, since a year connects everybody.
    """
    seen: networkx.Graph[str] = networkx.Graph()
    seen.add_nodes_from((source, target))
    complete = True
    met = 0
    frontiers: tuple[set[str], set[str]] = ({source}, {target})
    reached: tuple[set[str], set[str]] = ({source}, {target})
    found: list[list[str]] = []
    for _ in range(longest):
        side = 0 if len(frontiers[0]) <= len(frontiers[1]) else 1
        if not frontiers[side]:
            side = 1 - side
        if not frontiers[side]:
            break
        grown, cut = _step(reader, frontiers[side], (source, target), through_values)
        complete = complete and not cut
        frontier: set[str] = set()
        for edge in grown:
            _add(seen, edge)
            frontier.update({edge.source, edge.target} - reached[side])
        frontiers[side].clear()
        frontiers[side].update(frontier)
        reached[side].update(frontier)
        if reached[0] & reached[1]:
            met += 1
            found = _shortest(seen, source, target, number)
            if met > 1 or len(found) >= number:
                break  # one step more than the first meeting, for alternatives
    known = {node.id: node for node in reader.nodes({id for path in found for id in path})}
    result = [
        Path(
            tuple(known[id] for id in path),
            tuple(seen.edges[pair]["edge"] for pair in pairwise(path)),
        )
        for path in found
        if len(path) <= longest + 1 and all(id in known for id in path)
    ]
    return PathSearch(tuple(result), complete)


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
    reader: Reader, frontier: Collection[str], ends: Iterable[str], through_values: bool
) -> tuple[list[Edge], bool]:
    """The edges of the frontier's nodes, and whether a limit cut them."""
    ids = sorted(frontier)[:_FRONTIER]
    edges = reader.steps(ids, _PER_NODE, through_values, list(ends))
    return edges, len(frontier) > _FRONTIER or len(edges) >= _PER_NODE * len(ids)
