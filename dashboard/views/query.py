"""Queries that people type."""

from __future__ import annotations

import streamlit as st

from dashboard.components.sharing import table_downloads
from dashboard.components.text import plain
from dashboard.context import Context
from dashboard.data.queries import Answer
from graph.store import QueryError, StoreError

ROWS = 1_000
SECONDS = 20.0


def show(context: Context) -> None:
    """The page."""
    words = context.words
    language = context.runner().language
    key = language.name.lower()
    st.caption(words("query_help", language=language.name, rows=ROWS, seconds=int(SECONDS)))
    with st.container(horizontal=True, key="examples"):
        for title, text in language.examples():
            if st.button(words(title), key=title, type="secondary"):
                st.session_state[key] = text
    text = st.text_area(
        language.name,
        key=key,
        bind="query-params",
        height=180,
        placeholder=language.placeholder,
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
    language = context.runner().language
    rows = [{key: language.shown(row.get(key)) for key in answer.columns} for row in answer.rows]
    st.dataframe(rows, hide_index=True, column_order=list(answer.columns), key="answer-table")
    with st.container(horizontal=True):
        table_downloads(context, answer.columns, answer.rows, "answer")
        ids = language.node_ids(answer.rows)
        if ids:
            context.link("graph", words("show_in_graph"), icon=":material/hub:", n=",".join(ids))
