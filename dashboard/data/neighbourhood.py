"""Parts of the graph around nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from dashboard.data.reader import Reader
from dashboard.data.records import Edge, NeighbourCount, Node, Subgraph

MOST_NODES = 1_000
"""Nodes of a subgraph at most: what a person, and a browser, can use."""
_READ = 2_000
"""Relationships of one node that are looked at to choose the best from."""
MOST_EDGES = 3_000
"""Edges between shown nodes at most: more are drawn as a blot, and drawn slowly."""

Near = tuple[Edge, Node]


def neighbour_counts(reader: Reader, id: str) -> list[NeighbourCount]:
    """How many neighbours the node has by each kind of relationship, most first."""
    found = reader.neighbour_counts(id)
    return sorted(found, key=lambda item: (-item.count, item.type, item.outgoing))


def neighbours(
    reader: Reader, id: str, limit: int, types: Collection[str] = ()
) -> tuple[list[Node], list[Edge], int]:
    """The node's neighbours with the best evidence, the edges to them, and how many are left out.

    Of a node with more than some thousands of relationships, the best of the first are taken.
    """
    found = reader.neighbours(id, types, _READ)
    best = _interleaved(sorted(found, key=_strength))
    chosen: dict[str, Node] = {}
    for _, node in best:
        if node.id not in chosen and len(chosen) < limit:
            chosen[node.id] = node
    total = len({node.id for _, node in found})
    if len(found) >= _READ and not types:
        total = max(total, reader.degrees([id]).get(id, 0))
    return (
        list(chosen.values()),
        [edge for edge, node in best if node.id in chosen],
        max(0, total - len(chosen)),
    )


def subgraph(
    reader: Reader,
    seeds: Sequence[str],
    expansions: Sequence[tuple[str, int]] = (),
    hidden: Collection[str] = (),
    limit: int = MOST_NODES,
) -> Subgraph:
    """The seeds, the best neighbours of those expanded, and all that runs between them.

    ``expansions`` are ids with how many neighbours each shows. Never more than ``limit`` nodes;
    ``left_out`` says how many of those asked for that cost. Where there are more than `MOST_EDGES`
    edges, those that brought neighbours in go before others.
    """
    ids: dict[str, None] = dict.fromkeys(seeds)
    brought: list[Edge] = []
    for id, number in expansions:
        ids[id] = None
        near, edges, _ = neighbours(reader, id, number)
        ids.update(dict.fromkeys(node.id for node in near))
        brought += edges
    wanted = [id for id in ids if id not in hidden]
    found = reader.nodes(wanted[:limit])
    shown = {node.id for node in found}
    between = [edge for edge in brought if edge.source in shown and edge.target in shown]
    between += edges_among(reader, found)
    unique = list({edge.id: edge for edge in between}.values())[:MOST_EDGES]
    ordered = sorted(unique, key=lambda edge: edge.id)
    return Subgraph(tuple(found), tuple(ordered), max(0, len(wanted) - limit))


def edges_among(reader: Reader, among: Sequence[Node]) -> list[Edge]:
    """The edges that run between these nodes."""
    if len(among) < 2:
        return []
    unique = {edge.id: edge for edge in reader.edges_among(among, MOST_EDGES)}
    return sorted(unique.values(), key=lambda edge: edge.id)


def _interleaved(found: Sequence[Near]) -> list[Near]:
    """Two relations, then one argument of an event, and so on: of each kind the best first."""
    places = {"relation": 0, "role": 0}
    ranked = []
    for near in found:
        kind = near[0].kind
        ranked.append((places[kind] / 2 if kind == "relation" else places[kind] + 0.75, near))
        places[kind] += 1
    return [near for _, near in sorted(ranked, key=lambda item: item[0])]


def _strength(near: Near) -> tuple[Any, ...]:
    edge, node = near
    return (-edge.support, -edge.confidence, node.name, node.id)
