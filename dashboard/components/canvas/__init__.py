"""The graph view: Cytoscape in a frame of its own.

A thin component of ours rather than ``st-link-analysis``: that one puts the properties of nodes
into its page as HTML, which text of documents must never be, and can neither pin, save a picture
nor be steered by keyboard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v1 as components

from dashboard.context import Context
from dashboard.data.records import Subgraph
from dashboard.state import GraphState

_WORDS = [
    "toolbar",
    "expand",
    "hide",
    "pin",
    "zoomIn",
    "zoomOut",
    "fit",
    "png",
    "full",
    "layout",
    "canvas",
    "legend",
    "expanding",
    "pinned",
    "unpinned",
    "connections",
    "edge_tip",
    "layout_force",
    "layout_concentric",
    "layout_breadthfirst",
    "layout_circle",
    "layout_grid",
]


@cache
def _component() -> Any:
    return components.declare_component("kgbuilder_canvas", path=str(Path(__file__).parent))


@dataclass(frozen=True)
class Action:
    """What the user did: ``select``, ``expand``, ``hide``, ``pins``, ``legend`` or ``layout``.

    With each comes what is now ``selected`` (an id or None) and where nodes are in ``pins``.
    """

    event: str
    data: Mapping[str, Any]


def canvas(
    context: Context,
    graph: Subgraph,
    state: GraphState,
    *,
    key: str,
    height: int = 620,
    places: Mapping[str, tuple[float, int]] | None = None,
) -> Action | None:
    """Draw a subgraph; what the user has done since, once.

    ``places`` tell the layout of levels how far along each node is, from 0 to 1, and in which row.
    """
    seen = f"{key}-seen"
    value = _component()(
        **arguments(context, graph, state, height),
        answered=st.session_state.get(seen),
        places={id: list(place) for id, place in (places or {}).items()},
        session=key,
        key=key,
        default=None,
    )
    if not isinstance(value, dict) or "event" not in value:
        return None
    if st.session_state.get(seen) == value.get("number"):
        return None
    st.session_state[seen] = value.get("number")
    return Action(str(value["event"]), value)


def arguments(context: Context, graph: Subgraph, state: GraphState, height: int) -> dict[str, Any]:
    """What the component draws."""
    vocabulary = context.vocabulary
    types = Counter((node.kind, node.type) for node in graph.nodes)
    legend = [
        {
            "key": f"{kind}:{type_}",
            "kind": kind,
            "label": vocabulary.node(type_, kind),
            "count": count,
            "light": vocabulary.color(type_, kind)[0],
            "dark": vocabulary.color(type_, kind)[1],
        }
        for (kind, type_), count in types.most_common()
    ]
    edges = []
    for edge in graph.edges:
        source = graph.by_id.get(edge.source)
        role = edge.kind == "role"
        label = vocabulary.edge(edge.type, edge.kind, source.type if source else "")
        symmetric = not role and vocabulary.symmetric(edge.type)
        edges.append({**asdict(edge), "id": edge.id, "label": label, "symmetric": symmetric})
    return {
        "nodes": [
            {**asdict(node), "name": _shown(context, node), "typeKey": f"{node.kind}:{node.type}"}
            for node in graph.nodes
        ],
        "edges": edges,
        "legend": legend,
        "hiddenTypes": sorted(state.hidden_types),
        "selected": state.selected,
        "pins": {id: list(place) for id, place in state.pins.items()},
        "layout": state.layout,
        "height": height,
        "dark": context.dark,
        "language": context.language,
        "messages": {word: context.words.template(f"canvas_{word}") for word in _WORDS},
    }


def _shown(context: Context, node: Any) -> str:
    if node.kind == "event":
        return f"{context.vocabulary.event(node.type)}: {node.name}"
    return str(node.name)
