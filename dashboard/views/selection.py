"""The panel beside the graph: what is selected, its facts, and why they are believed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.components.facts import chip, confidence, meta, node_chip, quiet
from dashboard.components.passages import show_evidence
from dashboard.components.text import html, plain
from dashboard.context import Context
from dashboard.data.events import events_of, events_with
from dashboard.data.evidence import event_evidence, mention_evidence, relation_evidence
from dashboard.data.neighbourhood import neighbour_counts, neighbours
from dashboard.data.nodes import edge, entity_details, nodes
from dashboard.data.records import Edge, Node, Subgraph
from dashboard.state import MORE_NEIGHBOURS, GraphState

FACTS = 30


def show_selection(context: Context, graph: Subgraph, state: GraphState) -> GraphState | None:
    """The panel; the state that its buttons ask for, if any was pressed."""
    words = context.words
    if state.selected is None:
        st.subheader(words("nothing_selected"), anchor=False)
        st.caption(words("nothing_selected_more"))
        return None
    if "|" in state.selected:
        found = graph.edges_by_id.get(state.selected) or context.ask(edge, state.selected)
        if found is None:
            st.caption(words("selection_gone"))
            return None
        return show_edge(context, found, state)
    node = graph.by_id.get(state.selected) or next(
        iter(context.ask(nodes, (state.selected,))), None
    )
    if node is None:
        st.caption(words("selection_gone"))
        return None
    if node.kind == "event":
        return _show_event(context, node, state)
    return _show_entity(context, graph, node, state)


def show_edge(context: Context, shown: Edge, state: GraphState | None = None) -> GraphState | None:
    """A relation or an argument with its evidence."""
    words, vocabulary = context.words, context.vocabulary
    ends = {node.id: node for node in context.ask(nodes, (shown.source, shown.target))}
    source, target = ends.get(shown.source), ends.get(shown.target)
    if source is None or target is None:
        st.caption(words("selection_gone"))
        return None
    label = vocabulary.edge(shown.type, shown.kind, source.type)
    st.subheader(plain(label), anchor=False)
    st.html(
        f'<div class="kg-path">{node_chip(context, source)}<span class="step">'
        f"{html(label)} →</span>{node_chip(context, target)}</div>"
    )
    meta(
        f"{html(words('confidence'))} {confidence(shown.confidence)}",
        html(words("support_count", count=shown.support)),
        f'<span class="kg-conflict">{html(words("conflict"))}</span>' if shown.conflict else "",
    )
    if shown.kind == "relation":
        _review_fact(context, shown)
        st.markdown(f"**{words('why')}**")
        show_evidence(context, context.ask(relation_evidence, shown.id), shown.id)
    else:
        st.markdown(f"**{words('why')}**")
        show_evidence(context, context.ask(event_evidence, shown.source), shown.id)
    if state is None:
        return None
    for node in (source, target):
        if st.button(plain(node.name), key=f"to-{node.id}", icon=":material/arrow_forward:"):
            return replace(state, selected=node.id)
    return None


def _review_fact(context: Context, shown: Edge) -> None:
    from dashboard.views.review import fact_actions

    if not context.read_only:
        fact_actions(context, shown)


def _show_event(context: Context, node: Node, state: GraphState) -> GraphState | None:
    words, vocabulary = context.words, context.vocabulary
    st.subheader(plain(vocabulary.event(node.type)), anchor=False)
    found = context.ask(events_of, (node.id,))
    if not found:
        st.caption(words("selection_gone"))
        return None
    event = found[0]
    meta(
        chip(context, event.type, "event"),
        confidence(event.confidence),
        html(event.date),
    )
    rows = "".join(
        f"<tr><td>{html(vocabulary.role(argument.role, event.type))}</td>"
        f"<td>{node_chip(context, argument.node)}</td>"
        f"<td>{confidence(argument.confidence)}</td></tr>"
        for argument in event.arguments
    )
    st.html(f'<table class="kg-facts">{rows}</table>')
    wanted = _expand_buttons(context, node, state)
    st.markdown(f"**{words('why')}**")
    show_evidence(context, context.ask(event_evidence, node.id), node.id)
    return wanted


def _show_entity(
    context: Context, graph: Subgraph, node: Node, state: GraphState
) -> GraphState | None:
    words = context.words
    details = context.ask(entity_details, node.id)
    if details is None:
        st.caption(words("selection_gone"))
        return None
    st.subheader(plain(node.name), anchor=False)
    meta(
        chip(context, node.type, node.kind),
        html(words("documents_count", count=details.documents)),
        html(words("mentions_count", count=details.mentions)),
    )
    if details.value:
        quiet(f"{details.datatype}: {details.value}")
    if details.aliases:
        quiet(words("also", names=" · ".join(details.aliases)))
    if not context.read_only:
        from dashboard.views.review import entity_actions

        entity_actions(context, details)
    wanted = _expand_buttons(context, node, state)
    facts, events, mentions = st.tabs([words("facts"), words("events"), words("mentions")])
    with facts:
        picked = _facts(context, node, state)
    with events:
        _events(context, node)
    with mentions:
        show_evidence(context, context.ask(mention_evidence, node.id), f"mentions-{node.id}")
    return wanted or picked


def _expand_buttons(context: Context, node: Node, state: GraphState) -> GraphState | None:
    """How many neighbours there are by kind, and buttons that show them."""
    words, vocabulary = context.words, context.vocabulary
    counts = context.ask(neighbour_counts, node.id)
    total = sum(count.count for count in counts)
    lines = " · ".join(
        f"{vocabulary.edge(c.type, c.kind)}{'' if c.outgoing else ' ←'} {c.count}"
        for c in counts[:10]
    )
    quiet(words("neighbours", count=total, kinds=lines))
    shown = state.expansions.get(node.id, 0)
    with st.container(horizontal=True, key=f"actions-{node.id}"):
        if st.button(
            words("expand_more", count=min(MORE_NEIGHBOURS, total)),
            icon=":material/add_circle:",
            key=f"expand-{node.id}",
            disabled=total == 0 or shown >= total,
        ):
            return state.expand(node.id, shown + MORE_NEIGHBOURS)
        if st.button(words("hide"), icon=":material/visibility_off:", key=f"hide-{node.id}"):
            return state.hide(node.id)
        if st.button(
            words("only_this"), icon=":material/center_focus_strong:", key=f"only-{node.id}"
        ):
            return GraphState(seeds=(node.id,), selected=node.id, layout=state.layout).expand(
                node.id, MORE_NEIGHBOURS
            )
    return None


def _facts(context: Context, node: Node, state: GraphState) -> GraphState | None:
    """The relations of an entity; a button on each shows its evidence."""
    words, vocabulary = context.words, context.vocabulary
    near, edges, left = context.ask(neighbours, node.id, FACTS)
    names = {neighbour.id: neighbour for neighbour in near}
    with st.container(key="facts", gap="xxsmall"):
        for shown in edges:
            other = names.get(shown.target if shown.source == node.id else shown.source)
            if shown.kind != "relation" or other is None:
                continue
            label = plain(vocabulary.relation(shown.type))
            arrow = "→" if shown.source == node.id else "←"
            percent = round(100 * shown.confidence)
            if st.button(
                f"{label} {arrow} **{plain(other.name, 60)}** · {percent}%",
                key=f"fact-{shown.id}",
                type="tertiary",
                help=words("show_why"),
            ):
                return replace(state, selected=shown.id)
    if left:
        st.caption(words("facts_cut", count=left))
    return None


def _events(context: Context, node: Node) -> None:
    words, vocabulary = context.words, context.vocabulary
    found = context.ask(events_with, node.id, 30)
    if not found.events:
        st.caption(words("no_events"))
    for event in found.events:
        fillers = "".join(node_chip(context, argument.node) for argument in event.arguments)
        st.html(
            f'<div class="kg-meta">{chip(context, event.type, "event")}'
            f"<span>{html(event.date)}</span>{fillers}</div>"
        )
        context.link(
            "graph",
            plain(words("open_event", type=vocabulary.event(event.type))),
            icon=":material/hub:",
            n=event.id,
            s=event.id,
        )
