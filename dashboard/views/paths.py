"""How two entities are connected."""

from __future__ import annotations

import streamlit as st

from dashboard.components.canvas import canvas
from dashboard.components.facts import confidence, node_chip
from dashboard.components.passages import show_evidence
from dashboard.components.picker import pick_entity
from dashboard.components.sharing import share_bar
from dashboard.components.text import html, plain
from dashboard.context import Context
from dashboard.data.evidence import event_evidence, relation_evidence
from dashboard.data.paths import paths
from dashboard.data.records import Edge, Evidence, Path, Subgraph
from dashboard.state import GraphState

MOST = 10


def show(context: Context) -> None:
    """The page."""
    words = context.words
    ends = {side: st.query_params.get(side, "") for side in ("a", "b")}
    left, middle, right = st.columns([4, 4, 3])
    with left:
        first = pick_entity(context, words("path_from"), "path-a", ends["a"])
    with middle:
        second = pick_entity(context, words("path_to"), "path-b", ends["b"])
    with right:
        number = st.slider(words("path_number"), 1, MOST, 5, key="k", bind="query-params")
        values = st.toggle(words("path_values"), key="values", bind="query-params")
    for side, id in (("a", first), ("b", second)):
        if id != ends[side]:
            st.query_params[side] = id
            st.rerun()
    if not first or not second:
        st.info(words("path_begin"), icon=":material/route:")
        return
    if first == second:
        st.warning(words("path_same"))
        return
    found = context.ask(paths, first, second, number, 6, values)
    if not found.paths:
        st.info(
            words("path_none" if found.complete else "path_none_seen"), icon=":material/link_off:"
        )
        return
    st.caption(words("paths_found", count=len(found.paths)))
    if not found.complete:
        st.caption(words("paths_cut"))
    graph = together(found.paths)
    levels = GraphState(layout="breadthfirst")
    canvas(context, graph, levels, key="paths-canvas", height=440, places=places_of(found.paths))
    share_bar(context, graph, {"a": first, "b": second, "k": str(number)}, "paths")
    for index, path in enumerate(found.paths):
        _show_path(context, path, index)


def together(found: tuple[Path, ...]) -> Subgraph:
    """All paths as one graph."""
    nodes = {node.id: node for path in found for node in path.nodes}
    edges = {edge.id: edge for path in found for edge in path.edges}
    return Subgraph(tuple(nodes.values()), tuple(edges.values()))


def places_of(found: tuple[Path, ...]) -> dict[str, tuple[float, int]]:
    """Where nodes are drawn: from one end to the other, a row for each path, the best in the
    middle."""
    places: dict[str, tuple[float, int]] = {}
    for number, path in enumerate(found):
        row = (number + 1) // 2 * (1 if number % 2 else -1)
        for step, node in enumerate(path.nodes):
            places.setdefault(node.id, (step / (len(path.nodes) - 1), row))
    return places


def _show_path(context: Context, path: Path, index: int) -> None:
    words = context.words
    with st.container(border=True, key=f"path-{index}"):
        parts = [node_chip(context, path.nodes[0])]
        for edge, before, after in zip(path.edges, path.nodes, path.nodes[1:], strict=False):
            forward = edge.source == before.id
            label = html(edge_label(context, edge, path))
            arrow = f"{label} →" if forward else f"← {label}"
            parts += [f'<span class="step">{arrow}</span>', node_chip(context, after)]
        parts.append(confidence(path.confidence))
        st.html(f'<div class="kg-path">{"".join(parts)}</div>')
        with st.expander(words("why"), key=f"why-{index}", on_change="rerun") as opened:
            if opened.open:
                for place, edge in enumerate(path.edges):
                    st.markdown(f"**{plain(edge_label(context, edge, path))}**")
                    show_evidence(context, evidence_of(context, edge), f"path-{index}-{place}")


def edge_label(context: Context, edge: Edge, path: Path) -> str:
    """What an edge is called."""
    source = next((node for node in path.nodes if node.id == edge.source), None)
    return context.vocabulary.edge(edge.type, edge.kind, source.type if source else "")


def evidence_of(context: Context, edge: Edge) -> Evidence:
    """Why an edge is believed."""
    if edge.kind == "relation":
        return context.ask(relation_evidence, edge.id, 5)
    return context.ask(event_evidence, edge.source)
