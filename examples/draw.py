"""Draws a part of a graph as SVG: the picture in the README.

    python examples/draw.py embedded:example.kg docs/graph.svg

Takes the entities around those with the most relations, lays them out with networkx, and labels
nodes with names and edges with relation types.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import Any

import networkx as nx

import kgbuilder

SEED = 4
NODES = 18
WIDTH, HEIGHT, MARGIN = 1080, 640, 90
#: They connect everything with everything.
LEFT_OUT = {"date", "number", "money", "quantity", "position", "field", "group"}
COLOURS = {
    "person": "#4c78a8",
    "organization": "#e07b39",
    "location": "#54a24b",
    "facility": "#54a24b",
    "award": "#b07aa1",
    "event": "#b07aa1",
}
OTHER = "#76b7b2"
FACTS = (
    "MATCH (a:Entity)-[r]->(b:Entity) RETURN a.id AS head, a.name AS head_name, "
    "a.type AS head_type, type(r) AS type, r.confidence AS confidence, b.id AS tail, "
    "b.name AS tail_name, b.type AS tail_type ORDER BY confidence DESC, head, type, tail"
)


def main(store: str, target: Path) -> None:
    """Draw the graph at ``store`` into the file ``target``."""
    graph = nx.Graph()
    for row in kgbuilder.query(FACTS, store=store):
        if {row["head_type"], row["tail_type"]} & LEFT_OUT:
            continue
        for end in ("head", "tail"):
            graph.add_node(row[end], name=row[f"{end}_name"], type=row[f"{end}_type"])
        if not graph.has_edge(row["head"], row["tail"]):
            graph.add_edge(row["head"], row["tail"], type=row["type"], head=row["head"])
    part = central(graph)
    target.write_text(svg(part, layout(part)), encoding="utf-8")


def central(graph: nx.Graph) -> nx.Graph:
    """A connected part: grown from the entity with most relations by the best connected."""
    best = max(sorted(graph), key=graph.degree)
    chosen = [best]
    while len(chosen) < NODES:
        around = {n for c in chosen for n in graph.neighbors(c)} - set(chosen)
        if not around:
            break

        def weight(node: str) -> tuple[int, int, str]:
            inside = sum(n in chosen for n in graph.neighbors(node))
            return (inside, min(graph.degree(node), 4), node)

        chosen.append(max(around, key=weight))
    return graph.subgraph(chosen)


def layout(graph: nx.Graph) -> dict[str, tuple[float, float]]:
    """Where each node is, in pixels."""
    ordered = nx.Graph()
    ordered.add_nodes_from(sorted(graph))
    ordered.add_edges_from(sorted(graph.edges))
    places = nx.spring_layout(ordered, seed=SEED, k=1.6, iterations=800)
    xs, ys = zip(*places.values(), strict=True)

    def scale(value: float, values: Any, size: int) -> float:
        low, high = min(values), max(values)
        return MARGIN + (value - low) / ((high - low) or 1.0) * (size - 2 * MARGIN)

    return {n: (scale(x, xs, WIDTH), scale(y, ys, HEIGHT)) for n, (x, y) in places.items()}


def svg(graph: nx.Graph, places: dict[str, tuple[float, float]]) -> str:
    """The drawing."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        " font-family=\"Helvetica, Arial, 'Noto Sans CJK SC', sans-serif\">",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="15" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#aaaaaa"/></marker></defs>',
    ]
    for one, two, edge in sorted(graph.edges(data=True), key=lambda e: (e[0], e[1])):
        tail = two if edge["head"] == one else one
        (x1, y1), (x2, y2) = places[edge["head"]], places[tail]
        label = edge["type"].replace("_", " ").lower()
        lines.append(
            f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#bbbbbb"'
            ' marker-end="url(#tip)"/>'
            f'<text x="{(x1 + x2) / 2:.0f}" y="{(y1 + y2) / 2:.0f}" font-size="10"'
            ' fill="#777777" text-anchor="middle" stroke="#ffffff" stroke-width="2"'
            f' paint-order="stroke">{escape(label)}</text>'
        )
    for node, data in sorted(graph.nodes(data=True)):
        x, y = places[node]
        colour = COLOURS.get(data["type"], OTHER)
        lines.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="8" fill="{colour}"/>'
            f'<text x="{x:.0f}" y="{y - 12:.0f}" font-size="13" fill="#222222"'
            ' text-anchor="middle" stroke="#ffffff" stroke-width="3" paint-order="stroke">'
            f"{escape(data['name'])}</text>"
        )
    used = sorted({data["type"] for _, data in graph.nodes(data=True)})
    for place, kind in enumerate(used):
        y = 22 + 18 * place
        colour = COLOURS.get(kind, OTHER)
        lines.append(
            f'<circle cx="18" cy="{y}" r="6" fill="{colour}"/>'
            f'<text x="30" y="{y + 4}" font-size="12" fill="#444444">{escape(kind)}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
