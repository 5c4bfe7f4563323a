"""Small pieces of HTML that many pages use."""

from __future__ import annotations

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
