"""Adding documents: files or text in, and what they state, marked in their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.components.text import plain
from dashboard.context import Context
from dashboard.data.documents import document_page
from dashboard.data.ingesting import Progress, Upload, add, documents_of, pasted
from dashboard.views.documents import document_html, facts_html
from graph.store import StoreError, StoreLockedError
from ingest.documents import document_id
from ingest.formats import FORMATS
from kgbuilder.errors import KGBuilderError
from model.schema_loader import available_schemas

SHOWN = 5
MOST_TEXT = 500_000
_LINES = 200


def show(context: Context) -> None:
    """The page."""
    words = context.words
    if context.read_only:
        st.info(words("read_only_help"), icon=":material/lock:")
        return
    files, text = st.tabs([words("add_files"), words("add_text")])
    with files:
        uploads: Sequence[Upload] = st.file_uploader(
            words("add_files_help"),
            type=sorted(suffix for format in FORMATS for suffix in format.suffixes),
            accept_multiple_files=True,
            key="uploads",
        )
        schema, extractor = _choices(context, "files")
        if st.button(words("add_now"), type="primary", key="add-files", disabled=not uploads):
            _run(
                context,
                lambda folder: documents_of(uploads, folder, context.settings.ingest),
                schema,
                extractor,
            )
    with text:
        title = st.text_input(words("add_title"), key="paste-title", max_chars=200)
        body = st.text_area(words("add_body"), key="paste-text", height=220, max_chars=MOST_TEXT)
        schema, extractor = _choices(context, "text")
        if st.button(
            words("add_now"),
            type="primary",
            key="add-text",
            disabled=not (body or "").strip(),
        ):
            _run(context, [pasted(title or "", body)], schema, extractor)
    _added(context)


def _choices(context: Context, key: str) -> tuple[Any, str]:
    """The schema and the extractor chosen."""
    words = context.words
    own = context.vocabulary.schema
    left, right = st.columns(2)
    with left:
        # "" is the graph's own schema.
        names = ["" if own else context.settings.schema, *available_schemas()]
        chosen = st.selectbox(
            words("schema"),
            list(dict.fromkeys(names)),
            format_func=lambda name: name or words("schema_own", name=own.name if own else ""),
            key=f"schema-{key}",
            help=words("schema_help"),
        )
    with right:
        # What runs is chosen where the explorer was started: a name may be code.
        extractors = list(dict.fromkeys([context.settings.extractor, "span"]))
        extractor = st.selectbox(words("extractor"), extractors, key=f"extractor-{key}")
    return (chosen or own), extractor


def _run(context: Context, items: Any, schema: Any, extractor: str) -> None:
    words = context.words
    with st.status(words("adding"), expanded=True) as status:
        bar = st.progress(0.0)
        lines = st.empty()

        def observe(progress: Progress) -> None:
            if progress.uris:
                bar.progress(progress.done / len(progress.uris))
            lines.html(_lines(context, progress))

        try:
            with context.writing():
                done = add(items, context.settings, schema, extractor, observe)
        except StoreLockedError as error:
            status.update(label=words("add_locked"), state="error")
            st.error(plain(str(error), 500))
            return
        except (KGBuilderError, StoreError, ValueError) as error:
            status.update(label=words("add_failed"), state="error")
            st.error(plain(str(error), 500))
            return
        report = done.report
        observe(done)
        status.update(
            label=words(
                "added",
                written=report.written,
                unchanged=report.unchanged,
                failed=report.failed,
                relations=report.relations,
                events=report.events,
            ),
            state="error" if report.failed and not report.written else "complete",
        )
    failed = {failure.uri for failure in report.failures}
    st.session_state["added"] = [uri for uri in done.uris if uri not in failed]


def _lines(context: Context, progress: Progress) -> str:
    """One line a document: waiting, done, or why it failed."""
    from urllib.parse import unquote

    from dashboard.components.text import html

    reasons = {failure.uri: failure.reason for failure in progress.report.failures}
    rows = []
    for index, uri in enumerate(progress.uris[-_LINES:], max(0, len(progress.uris) - _LINES)):
        name = html(unquote(uri.rpartition("/")[2]))
        if uri in reasons:
            state = f"✗ {html(reasons[uri])}"
        else:
            state = "✓" if index < progress.done else "…"
        rows.append(f"<tr><td>{name}</td><td>{state}</td></tr>")
    return f'<table class="kg-facts" data-progress="{progress.done}">{"".join(rows)}</table>'


def _added(context: Context) -> None:
    """What the documents just added state, marked in their text."""
    uris: Sequence[str] = st.session_state.get("added", ())
    if not uris or context.store is None:
        return
    words = context.words
    st.subheader(words("added_title"), anchor=False)
    for uri in uris[:SHOWN]:
        page = document_page(context.view, document_id(uri))
        if page is None:
            continue
        with st.container(border=True, key=f"added-{page.document.id}"):
            context.link(
                "documents",
                f"**{plain(page.document.heading)}**",
                icon=":material/description:",
                d=page.document.id,
            )
            left, right = st.columns([13, 7], gap="medium")
            with left:
                st.html(document_html(context, page))
            with right:
                st.markdown(f"**{words('facts_here', count=len(page.facts))}**")
                st.html(facts_html(context, page.facts, tell_new=True))
    if len(uris) > SHOWN:
        context.link("documents", words("more_documents", count=len(uris) - SHOWN))
