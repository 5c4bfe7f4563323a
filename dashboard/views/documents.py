"""Documents: a list, and one of them whole, with all that was found in it marked."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from dashboard.components.facts import chip, confidence, meta
from dashboard.components.marked import Mark, marked
from dashboard.components.passages import KIND_COLORS
from dashboard.components.text import html, plain
from dashboard.context import Context
from dashboard.data.documents import WINDOW, document_page
from dashboard.data.overview import find_documents, newest_documents
from dashboard.data.records import DocumentPage, Fact, Span
from dashboard.views.start import document_line

LISTED = 40
SHOWN_FACTS = 200


def show(context: Context) -> None:
    """The page."""
    id = st.query_params.get("d", "")
    if id:
        _document(context, id)
    else:
        _list(context)


def _list(context: Context) -> None:
    words = context.words
    text = st.text_input(
        words("find_document"),
        key="title",
        bind="query-params",
        live="300ms",
        type="search",
        autocomplete="off",
        placeholder=words("find_document_help"),
    )
    found = (
        context.ask(find_documents, text.strip(), LISTED)
        if text and text.strip()
        else context.ask(newest_documents, LISTED)
    )
    if not found:
        st.info(words("no_documents"), icon=":material/search_off:")
    elif len(found) == LISTED:
        st.caption(words("documents_cut", count=LISTED))
    for document in found:
        document_line(context, document)


def _document(context: Context, id: str) -> None:
    words = context.words
    offset = _number(st.query_params.get("at", "0"))
    page = context.ask(document_page, id, offset)
    if page is None:
        st.warning(words("no_document"), icon=":material/link_off:")
        _list(context)
        return
    document = page.document
    context.link("documents", words("all_documents"), icon=":material/arrow_back:")
    st.subheader(plain(document.heading, 300), anchor=False)
    meta(
        f'<span class="kg-where">{html(document.uri)}</span>',
        html(document.language),
        html(words("characters", count=document.length)),
        html(words("model", model=document.pipeline)),
    )
    _windows(context, page)
    left, right = st.columns([13, 7], gap="medium")
    with left:
        st.html(document_html(context, page, offset))
    with right:
        _facts(context, page)
    if "at" in st.query_params:
        st.html(_SCROLL, unsafe_allow_javascript=True)


_SCROLL = """<script>
(window.parent.document.querySelector(".stApp") ? window.parent.document : document)
  .getElementById("kg-here")?.scrollIntoView({ block: "center" });
</script>"""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def _windows(context: Context, page: DocumentPage) -> None:
    """Links to the windows before and after, where a document is long."""
    length = page.document.length
    if length <= WINDOW:
        return
    words = context.words
    st.caption(words("window", start=page.start, end=page.end, total=length))
    with st.container(horizontal=True):
        if page.start > 0:
            context.link(
                "documents",
                words("earlier"),
                icon=":material/arrow_upward:",
                d=page.document.id,
                at=str(page.start - 1),
            )
        if page.end < length:
            context.link(
                "documents",
                words("later"),
                icon=":material/arrow_downward:",
                d=page.document.id,
                at=str(page.end),
            )


def document_html(context: Context, page: DocumentPage, offset: int = 0) -> str:
    """The text with its mentions marked, and beside it a map of where the document has some."""
    vocabulary = context.vocabulary
    here = next((span.start for span in page.spans if span.start >= offset), None)

    def mark(span: Span) -> Mark:
        event = span.kind == "trigger"
        kind = "event" if event else "entity"
        label = vocabulary.node(span.label, kind)
        color = (KIND_COLORS["trigger"] if event else vocabulary.color(span.label, kind))[
            context.dark
        ]
        query = {"n": span.target, "s": span.target, **context.kept}
        anchor = "kg-here" if span.start == here else f"o{span.start}"
        return Mark(color, label, f"graph?{urlencode(query)}", anchor=anchor)

    body = marked(page.text, page.start, page.spans, mark)
    return (
        f'<div class="kg-document"><div class="kg-text" lang="{html(page.document.language)}">'
        f"{body}</div>{_map(context, page)}</div>"
    )


def _map(context: Context, page: DocumentPage) -> str:
    """A strip as high as the window; a mark for each place that mentions something."""
    length = max(1, page.document.length)
    color = context.vocabulary.color("", "event")[context.dark]
    marks = []
    starts = sorted({span.start for span in page.spans})
    for place in page.places:
        top = f"{100 * place / length:.2f}%"
        inside = page.start <= place < page.end
        anchor = next((start for start in starts if start >= place), None) if inside else None
        query = urlencode({"d": page.document.id, "at": place, **context.kept})
        href = f"#o{anchor}" if anchor is not None else f"documents?{query}"
        marks.append(
            f'<a href="{html(href)}" style="top:{top};--c:{color}" tabindex="-1" '
            f'aria-label="{html(context.words("place", offset=place))}"></a>'
        )
    begin, height = 100 * page.start / length, 100 * len(page.text) / length
    here = (
        f'<span class="here" style="top:{begin:.2f}%;height:{height:.2f}%"></span>'
        if height < 99
        else ""
    )
    label = html(context.words("map"))
    return f'<nav class="kg-map" aria-label="{label}">{here}{"".join(marks)}</nav>'


def _facts(context: Context, page: DocumentPage) -> None:
    words = context.words
    st.markdown(f"**{words('facts_here', count=len(page.facts))}**")
    if not page.facts:
        st.caption(words("no_facts"))
        return
    st.html(facts_html(context, page.facts[:SHOWN_FACTS]))
    if len(page.facts) > SHOWN_FACTS:
        st.caption(words("facts_cut", count=len(page.facts) - SHOWN_FACTS))


def facts_html(context: Context, facts: Sequence[Fact], *, tell_new: bool = False) -> str:
    """Facts as a table; each links to its evidence. ``tell_new`` marks what no other states."""
    words, vocabulary = context.words, context.vocabulary
    rows = []
    for fact in facts:
        if fact.kind == "event":
            what = f"{chip(context, fact.type, 'event')} {html(fact.text)}: {html(fact.tail)}"
            seed = fact.id
        else:
            label = html(vocabulary.relation(fact.type))
            what = f"{html(fact.head)} <b>{label}</b> {html(fact.tail)}"
            seed = fact.id.partition("|")[0]
        query = urlencode({"n": seed, "s": fact.id, **context.kept})
        badge = f'<span class="kg-new">{html(words("new"))}</span>' if fact.new and tell_new else ""
        rows.append(
            f'<tr><td><a href="{html(f"graph?{query}")}">{what}</a> {badge}</td>'
            f"<td>{confidence(fact.confidence)}</td></tr>"
        )
    return f'<table class="kg-facts">{"".join(rows)}</table>'
