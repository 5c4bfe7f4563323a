"""Small pieces of HTML that many pages use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.components.text import html
from dashboard.context import Context
from dashboard.data.records import Node


def chip(context: Context, type_: str, kind: str = "entity") -> str:
    """A type with its colour."""
    color = context.vocabulary.color(type_, kind)[context.dark]
    label = html(context.vocabulary.node(type_, kind))
    return f'<span class="kg-chip {kind}" style="--c:{color}">{label}</span>'


def node_chip(context: Context, node: Node) -> str:
    """A node's name with the colour of its type."""
    color = context.vocabulary.color(node.type, node.kind)[context.dark]
    return f'<span class="kg-chip {node.kind}" style="--c:{color}">{html(node.name)}</span>'


def confidence(value: float) -> str:
    """A confidence, from 0 to 1, as a bar with its number."""
    percent = round(100 * max(0.0, min(1.0, value)))
    return f'<span class="kg-confidence"><i style="--w:{percent}%"></i>{percent}%</span>'


def meta(*parts: str) -> None:
    """A line of pieces of HTML, which must be safe."""
    st.html(
        f'<div class="kg-meta">{"".join(f"<span>{part}</span>" for part in parts if part)}</div>'
    )


def quiet(text: str) -> None:
    """A line of less weight; any text."""
    st.html(f'<div class="kg-quiet">{html(text)}</div>')


def choose_row(
    context: Context,
    rows: Sequence[Mapping[str, object]],
    key: str,
    *,
    most: int,
    columns: Sequence[str] | None = None,
) -> int | None:
    """A table at most ``most`` pixels high; the place of the row that is chosen in it.

    ``columns`` are in the order wanted, where that of the rows' keys is not.
    """
    with st.container(key=f"chosen-{key}", gap="xxsmall"):
        # Shows when the table has the focus.
        st.html(f'<div class="kg-keys">{html(context.words("table_keys"))}</div>')
        chosen = st.dataframe(
            rows,
            column_order=columns,
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            key=f"table-{key}",
            height=min(most, 38 + 35 * len(rows)),
        )
    picked = chosen["selection"]["rows"]
    return picked[0] if picked and picked[0] < len(rows) else None
