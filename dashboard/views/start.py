"""The first page: search, and what is in the graph."""

from __future__ import annotations

import streamlit as st

from dashboard.components.charts import bars, columns_by_year
from dashboard.components.facts import chip
from dashboard.components.text import html, plain
from dashboard.context import Context
from dashboard.data.overview import events_by_year, newest_documents, overview
from dashboard.data.records import DocumentInfo, Hit, Overview
from dashboard.data.search import search
from graph.store import StoreError

RESULTS = 12
#: Of relations in charts, on light and on dark ground.
ACCENT = ("#2b6fd6", "#6ea8ff")


def show(context: Context) -> None:
    """The page."""
    words = context.words
    if context.store is None:
        show_empty(context)
        return
    st.html(
        f'<div class="kg-hero"><b>{html(words("hero"))}</b>'
        f"<span>{html(words('hero_more'))}</span></div>"
    )
    _, middle, _ = st.columns([1, 4, 1])
    with middle:
        text = st.text_input(
            words("search"),
            key="q",
            bind="query-params",
            live="100ms",
            type="search",
            autocomplete="off",
            icon=":material/search:",
            placeholder=words("search_placeholder"),
            label_visibility="collapsed",
        )
        if text:
            types = st.pills(
                words("types"),
                list(context.vocabulary.entity_types()),
                selection_mode="multi",
                format_func=lambda name: plain(context.vocabulary.entity(name)),
                key="type",
                bind="query-params",
                label_visibility="collapsed",
                wrap=True,
            )
    if text:
        _results(context, text, tuple(types or ()))
    else:
        _overview(context)


def show_empty(context: Context) -> None:
    """What to do where there is no graph, or nothing in it, or where it cannot be opened."""
    words = context.words
    problem = context.problem
    closed = isinstance(problem, StoreError)
    st.html(
        f'<div class="kg-hero"><b>{html(words("closed" if closed else "empty"))}</b>'
        f"<span>{html(words('closed_more' if closed else 'empty_more'))}</span></div>"
    )
    if problem is not None:
        st.info(plain(str(problem), 500), icon=":material/info:")
    if closed:
        return
    _, middle, _ = st.columns([1, 4, 1])
    with middle:
        st.code("kgbuilder build YOUR-FOLDER\nkgbuilder explore", language="bash")
        if not context.read_only:
            context.link("add", words("empty_add"), icon=":material/note_add:")


def _results(context: Context, text: str, types: tuple[str, ...]) -> None:
    words = context.words
    asked, most = st.session_state.get("results", ((), 0))
    most = most if asked == (text, types) else RESULTS
    hits = context.ask(search, text, types, most)
    if not hits:
        st.info(words("nothing_found", text=plain(text)), icon=":material/search_off:")
        return
    more = len(hits) == most
    st.caption(words("found_more" if more else "found", count=len(hits)))
    if len(hits) > 1:
        context.link(
            "graph",
            words("show_all_in_graph"),
            icon=":material/hub:",
            n=",".join(hit.node.id for hit in hits),
        )
    with st.container(key="suggest-results"):
        for hit in hits:
            _card(context, hit)
    if more and st.button(words("more_results"), key="more", icon=":material/expand_more:"):
        st.session_state["results"] = ((text, types), most + 2 * RESULTS)
        st.rerun()


def _card(context: Context, hit: Hit) -> None:
    words = context.words
    with st.container(border=True, key=f"card-{hit.node.id}", gap="xsmall"):
        context.link("graph", f"**{plain(hit.node.name)}**", n=hit.node.id, s=hit.node.id)
        counts = " · ".join(
            [
                words("relations_count", count=hit.relations),
                words("events_count", count=hit.events),
                words("documents_count", count=hit.documents),
            ]
        )
        aliases = hit.aliases[:6]
        also = html(words("also", names=" · ".join(aliases))) if aliases else ""
        # One element for each card beside its link: the page draws them while somebody types.
        st.html(
            f'<div class="kg-meta">{chip(context, hit.node.type, hit.node.kind)}'
            f'<span>{html(counts)}</span></div><div class="kg-quiet">{also}</div>'
        )


def _overview(context: Context) -> None:
    words = context.words
    found = context.ask(overview)
    if found.empty:
        show_empty(context)
        return
    numbers = (
        ("documents", found.documents),
        ("entities", sum(found.entities.values())),
        ("relations", sum(found.relations.values())),
        ("events", sum(found.events.values())),
    )
    st.html(
        '<div class="kg-numbers">'
        + "".join(f"<div><b>{count:,}</b>{html(words(name))}</div>" for name, count in numbers)
        + "</div>"
    )
    _charts(context, found)
    st.subheader(words("newest"), anchor=False)
    for document in context.ask(newest_documents):
        document_line(context, document)


def _charts(context: Context, found: Overview) -> None:
    words, vocabulary = context.words, context.vocabulary
    things = set(vocabulary.entity_types())

    def kind(type_: str) -> str:
        return "entity" if type_ in things else "value"

    left, right = st.columns(2)
    with left:
        bars(
            context,
            words("entities_by_type"),
            [
                (vocabulary.entity(name), count, vocabulary.color(name, kind(name))[context.dark])
                for name, count in found.entities.items()
            ],
        )
        years, cut = context.ask(events_by_year)
        columns_by_year(context, words("events_by_year_cut" if cut else "events_by_year"), years)
    with right:
        bars(
            context,
            words("relations_by_type"),
            [
                (vocabulary.relation(name), count, ACCENT[context.dark])
                for name, count in found.relations.items()
            ],
        )
        color = vocabulary.color("", "event")[context.dark]
        bars(
            context,
            words("events_by_type"),
            [(vocabulary.event(name), count, color) for name, count in found.events.items()],
        )


def document_line(context: Context, document: DocumentInfo) -> None:
    """A document in a list."""
    with st.container(key=f"document-{document.id}", gap="xxsmall"):
        context.link(
            "documents", plain(document.heading), icon=":material/description:", d=document.id
        )
        st.html(
            f'<div class="kg-where">{html(document.language)} · '
            f"{html(context.words('characters', count=document.length))} · "
            f"{html(document.ingested_at[:16].replace('T', ' '))}</div>"
        )
