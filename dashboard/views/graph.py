"""The graph page: a part of the graph, and beside it why each of its facts is believed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.components.canvas import Action, canvas
from dashboard.components.facts import choose_row
from dashboard.components.picker import pick_entity
from dashboard.components.sharing import share_bar
from dashboard.components.text import plain
from dashboard.context import Context
from dashboard.data.curation import current_ids
from dashboard.data.neighbourhood import MOST_EDGES, MOST_NODES, neighbours, subgraph
from dashboard.data.records import Subgraph
from dashboard.data.sample import sample
from dashboard.state import MORE_NEIGHBOURS, GraphState
from dashboard.views.selection import show_selection

HEIGHT = 640


def show(context: Context) -> None:
    """The page."""
    words = context.words
    state = GraphState.from_query({key: st.query_params[key] for key in st.query_params})
    found = pick_entity(context, words("add_to_graph"), "graph-pick")
    if found and found not in state.seeds:
        _go(context, replace(state, seeds=(*state.seeds, found), selected=found))
    if not state.seeds:
        _begin(context)
        return
    graph = context.ask(
        subgraph,
        state.seeds,
        tuple(state.expansions.items()),
        tuple(sorted(state.hidden)),
    )
    _follow(context, state, graph)
    if not graph.nodes:
        st.warning(words("graph_gone"), icon=":material/link_off:")
        _begin(context)
        return
    with st.container(key="graph-notices"):  # always there, or the frame below is made anew
        _notices(context, graph, state)
    left, right = st.columns([13, 7], gap="medium")
    with left:
        action = canvas(context, graph, state, key="canvas", height=HEIGHT)
        _below(context, graph, state)
    with right, st.container(key="panel"):
        wanted = show_selection(context, graph, state)
    if action is not None:
        _go(context, _after(context, graph, state, action))
    elif wanted is not None:
        _go(context, wanted)


def _go(context: Context, state: GraphState) -> None:
    query = {**state.to_query(), **context.kept}
    if query != dict(st.query_params.to_dict()):
        st.query_params.from_dict(query)
        st.rerun()


def _follow(context: Context, state: GraphState, graph: Subgraph) -> None:
    """Where entities were merged since, go to what they are now."""
    mine = {*state.seeds, *(state.selected or "").split("|")} - {""}
    gone = [id for id in mine if id not in graph.by_id and id not in state.hidden]
    now = context.ask(current_ids, gone) if gone else {}
    if now:
        _go(context, state.moved(now))


def _begin(context: Context) -> None:
    words = context.words
    st.info(words("graph_begin"), icon=":material/hub:")
    if st.button(words("graph_sample"), type="primary", icon=":material/auto_awesome:"):
        ids = context.ask(sample)
        if ids:
            _go(context, GraphState(seeds=tuple(ids)))


def _notices(context: Context, graph: Subgraph, state: GraphState) -> None:
    words = context.words
    if graph.left_out:
        st.warning(
            words("graph_cut", shown=len(graph.nodes), left_out=graph.left_out, most=MOST_NODES),
            icon=":material/content_cut:",
        )
    if len(graph.edges) >= MOST_EDGES:
        st.warning(words("edges_cut", count=len(graph.edges)), icon=":material/content_cut:")
    if state.hidden and st.button(
        words("show_hidden", count=len(state.hidden)),
        icon=":material/visibility:",
        type="tertiary",
        key="show-hidden",
    ):
        _go(context, replace(state, hidden=frozenset()))


def _after(context: Context, graph: Subgraph, state: GraphState, action: Action) -> GraphState:
    """The state after what the user did in the graph view."""
    data = action.data
    pins = {str(id): (int(x), int(y)) for id, (x, y) in data["pins"].items()}
    state = replace(state, selected=data["selected"], pins=pins)
    if action.event == "expand":
        return expanded(context, graph, state, str(data["id"]))
    if action.event == "hide":
        return state.hide(str(data["id"]))
    if action.event == "legend":
        return replace(state, hidden_types=frozenset(map(str, data["hidden"])))
    if action.event == "layout":
        return replace(state, layout=str(data["layout"]))
    return state


def expanded(
    context: Context, graph: Subgraph, state: GraphState, id: str, more: int = MORE_NEIGHBOURS
) -> GraphState:
    """With some more of a node's neighbours; says so where there are yet more."""
    node = graph.by_id.get(id)
    if node is None:
        return state
    number = state.expansions.get(id, 0) + more
    near, _, left = context.ask(neighbours, id, number)
    new = sum(neighbour.id not in graph.by_id for neighbour in near)
    if left:
        st.toast(
            context.words("expanded_some", count=new, name=plain(node.name), left=left),
            icon=":material/content_cut:",
        )
    elif new:
        st.toast(context.words("expanded_all", count=new, name=plain(node.name)))
    else:
        st.toast(context.words("expanded_none", name=plain(node.name)))
    # What was hidden by hand comes back when its neighbour is expanded.
    back = state.hidden - {neighbour.id for neighbour in near}
    return replace(state.expand(id, number), hidden=back, selected=id)


def _below(context: Context, graph: Subgraph, state: GraphState) -> None:
    words, vocabulary = context.words, context.vocabulary
    shown = graph.only(
        frozenset(
            node.id for node in graph.nodes if f"{node.kind}:{node.type}" not in state.hidden_types
        )
    )
    share_bar(context, shown, {**state.to_query(), **context.kept}, "graph")
    tab_nodes, tab_edges = st.tabs(
        [
            words("tab_nodes", count=len(shown.nodes)),
            words("tab_edges", count=len(shown.edges)),
        ]
    )
    with tab_nodes:
        ids = [node.id for node in shown.nodes]
        rows = [
            {
                words("name"): node.name,
                words("type"): vocabulary.node(node.type, node.kind),
                words("connections"): node.degree,
            }
            for node in shown.nodes
        ]
        _table(context, state, ids, rows, "nodes")
    with tab_edges:
        ids = [edge.id for edge in shown.edges]
        rows = [
            {
                words("head"): shown.by_id[edge.source].name,
                words("relation"): vocabulary.edge(
                    edge.type, edge.kind, shown.by_id[edge.source].type
                ),
                words("tail"): shown.by_id[edge.target].name,
                words("confidence"): round(edge.confidence, 2),
                words("support"): edge.support,
            }
            for edge in shown.edges
        ]
        _table(context, state, ids, rows, "edges")


def _table(
    context: Context, state: GraphState, ids: list[str], rows: list[dict[str, object]], key: str
) -> None:
    """Rows of the same selection as the view: choosing one selects it there."""
    if not rows:
        return
    picked = choose_row(context, rows, key, most=420)
    seen = f"table-{key}-seen"
    # Only a new choice counts: where rows have gone, the same place is another node's.
    if picked != st.session_state.get(seen):
        st.session_state[seen] = picked
        if picked is not None:
            _go(context, replace(state, selected=ids[picked]))
