"""Choosing an entity by typing its name."""

from __future__ import annotations

import streamlit as st

from dashboard.components.text import plain
from dashboard.context import Context
from dashboard.data.nodes import nodes
from dashboard.data.records import Node
from dashboard.data.search import suggestions

SUGGESTIONS = 6


def pick_entity(context: Context, label: str, key: str, current: str = "") -> str:
    """The id of the entity chosen, or an empty string. Suggestions appear while typing."""
    words = context.words
    picked = st.session_state.pop(f"{key}-picked", None)
    if picked:
        return str(picked)
    chosen = context.ask(nodes, (current,)) if current else []
    with st.container(key=f"pick-{key}", gap="xsmall"):
        text = st.text_input(
            label,
            key=f"{key}-text",
            placeholder=chosen[0].name if chosen else words("search_placeholder"),
            live="200ms",
            type="search",
            autocomplete="off",
        )
        if text:
            _suggest(context, text, key)
        elif chosen:
            kind = context.vocabulary.entity(chosen[0].type)
            st.caption(f"{plain(chosen[0].name)} · {plain(kind)}")
    return current


def _suggest(context: Context, text: str, key: str) -> None:
    hits = context.ask(suggestions, text, SUGGESTIONS)
    if not hits:
        st.caption(context.words("nothing_found_short"))
    with st.container(key=f"suggest-{key}", gap="xsmall"):
        for hit in hits:
            st.button(
                suggestion(context, hit),
                key=f"{key}-{hit.id}",
                width="stretch",
                on_click=_pick,
                args=(key, hit.id),
            )


def suggestion(context: Context, node: Node) -> str:
    """A label for a button: name, type and the number of its relationships."""
    kind = context.vocabulary.entity(node.type)
    return f"**{plain(node.name, 60)}** · {plain(kind)} · {node.degree:,}"


def _pick(key: str, id: str) -> None:
    st.session_state[f"{key}-picked"] = id
    st.session_state[f"{key}-text"] = ""
