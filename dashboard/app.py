"""The app that Streamlit runs: ``kgbuilder explore`` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

import kgbuilder  # noqa: F401 - checks that the packages beside it are ours
from dashboard.context import Context, make_context
from dashboard.i18n import LANGUAGES, Messages, language_of
from dashboard.options import Options, parse
from dashboard.views import (
    add,
    documents,
    events,
    graph,
    paths,
    query,
    review,
    start,
)

HERE = Path(__file__).resolve().parent
VIEWS = {
    "start": (start, ":material/search:"),
    "graph": (graph, ":material/hub:"),
    "events": (events, ":material/timeline:"),
    "paths": (paths, ":material/route:"),
    "documents": (documents, ":material/description:"),
    "review": (review, ":material/rule:"),
    "add": (add, ":material/note_add:"),
    "query": (query, ":material/terminal:"),
}
NEEDS_NO_GRAPH = ("start", "add")
#: Only static text of ours: "/" goes to the search box, arrows walk through suggestions.
KEYS = HERE / "keys.js"


def main(options: Options) -> None:
    """One rerun."""
    _language()
    words = Messages(language_of(st.session_state.get("lang"), st.context.locale))
    st.set_page_config(page_title=words("title"), page_icon=str(HERE / "icon.svg"), layout="wide")
    holder: dict[str, Context] = {}

    def page(name: str) -> st.Page:
        module, icon = VIEWS[name]

        def body() -> None:
            context = holder["context"]
            if context.store is None and name not in NEEDS_NO_GRAPH:
                start.show_empty(context)
                return
            module.show(context)

        body.__name__ = name
        return st.Page(
            body,
            title=words(f"page_{name}"),
            icon=icon,
            url_path=None if name == "start" else name,
            default=name == "start",
            visibility="hidden" if name in ("review", "add") and options.read_only else "visible",
        )

    pages = {name: page(name) for name in VIEWS}
    current = st.navigation(list(pages.values()), position="top")
    with make_context(options, pages) as context:
        holder["context"] = context
        st.html(HERE / "style.css")
        _header(context)
        if context.problem is not None and current is pages["start"]:
            start.show_empty(context)
        else:
            current.run()
    st.html(f"<script>{KEYS.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)


def _language() -> None:
    """From the address, once; then from the switch."""
    wanted = st.query_params.get("lang")
    if wanted in LANGUAGES and "lang" not in st.session_state:
        st.session_state["lang"] = wanted


def _header(context: Context) -> None:
    words = context.words
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="header"
    ):
        if context.read_only:
            st.badge(words("read_only"), icon=":material/lock:", color="gray")
        chosen = st.segmented_control(
            words("language"),
            list(LANGUAGES),
            default=context.language,
            format_func=LANGUAGES.__getitem__,
            key="language-switch",
            label_visibility="collapsed",
        )
        if chosen and chosen != context.language:
            st.session_state["lang"] = chosen
            st.query_params["lang"] = chosen
            st.rerun()


if __name__ == "__main__":
    main(parse(sys.argv[1:]))
