"""Queries that people type."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.sharing import table_downloads
from dashboard.components.text import plain
from dashboard.context import Context
from dashboard.data.queries import Answer, examples, node_ids
from graph.store import QueryError, StoreError

ROWS = 1_000
SECONDS = 20.0


def show(context: Context) -> None:
    """The page."""
    words = context.words
    st.caption(words("query_help", rows=ROWS, seconds=int(SECONDS)))
    with st.container(horizontal=True, key="examples"):
        for title, text in examples(context.vocabulary.schema, context.language):
            if st.button(words(title), key=title, type="secondary"):
                st.session_state["cypher"] = text
    text = st.text_area(
        words("cypher"),
        key="cypher",
        bind="query-params",
        height=140,
        placeholder="MATCH (p:Person)-[r]->(o) RETURN p.name, type(r), o.name LIMIT 25",
    )
    if st.button(words("run"), type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"):
        st.session_state["answer"] = None
        if text and text.strip():
            with st.spinner(words("running")):
                st.session_state["answer"] = (text, _ask(context, text))
    kept = st.session_state.get("answer")
    if kept is None:
        return
    _, answer = kept
    if isinstance(answer, str):
        st.error(plain(answer, 800), icon=":material/error:")
    else:
        _show(context, answer)


def _ask(context: Context, text: str) -> Answer | str:
    try:
        return context.runner().run(text, limit=ROWS, seconds=SECONDS)
    except (QueryError, StoreError) as error:
        return str(error)


def _show(context: Context, answer: Answer) -> None:
    words = context.words
    st.caption(
        words(
            "rows_cut" if answer.cut else "rows",
            count=len(answer.rows),
            seconds=f"{answer.seconds:.2f}",
        )
    )
    if not answer.rows:
        return
    rows = [{key: _cell(row.get(key)) for key in answer.columns} for row in answer.rows]
    st.dataframe(rows, hide_index=True, column_order=list(answer.columns), key="answer-table")
    with st.container(horizontal=True):
        table_downloads(context, answer.columns, answer.rows, "answer")
        ids = node_ids(answer.rows)
        if ids:
            context.link("graph", words("show_in_graph"), icon=":material/hub:", n=",".join(ids))


def _cell(value: Any) -> Any:
    """Nodes and lists as text: a table's cells hold one kind of value."""
    import json

    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value
