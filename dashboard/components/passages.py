"""Why a fact is believed: passages with what they state marked."""

from __future__ import annotations

import streamlit as st

from dashboard.components.facts import confidence, meta
from dashboard.components.marked import Mark, marked
from dashboard.components.text import html
from dashboard.context import Context
from dashboard.data.records import Evidence, Passage, Span

#: Of the kinds of spans, on light and dark ground.
KIND_COLORS = {
    "head": ("#2b6fd6", "#6ea8ff"),
    "tail": ("#c2410c", "#ff9a5c"),
    "trigger": ("#a16207", "#ffcf5c"),
    "argument": ("#0f7f5c", "#4fd1a5"),
    "mention": ("#9333b8", "#d18cf0"),
}


def show_evidence(context: Context, evidence: Evidence, key: str) -> None:
    """Every passage with document, page, confidence, pipeline, and the way to the document."""
    words = context.words
    if not evidence.passages:
        st.caption(words("no_evidence"))
        return
    if evidence.total > len(evidence.passages):
        st.caption(words("evidence_cut", shown=len(evidence.passages), total=evidence.total))
    for index, passage in enumerate(evidence.passages):
        show_passage(context, passage, f"{key}-{index}")


def show_passage(context: Context, passage: Passage, key: str) -> None:
    """One passage."""
    words = context.words
    with st.container(key=f"passage-{key}", gap="xsmall"):
        body = marked(passage.text, passage.start, passage.spans, lambda span: _mark(context, span))
        language = html(passage.document.language)
        st.html(f'<blockquote class="kg-quote" lang="{language}">{body}</blockquote>')
        where = [html(passage.document.heading)]
        if passage.page:
            where.append(html(words("page", page=passage.page)))
        if passage.section:
            where.append(html(passage.section))
        meta(
            f'<span class="kg-where">{" · ".join(where)}</span>',
            confidence(passage.confidence),
            f'<span class="kg-where" title="{html(words("model_help"))}">'
            f"{html(words('model', model=passage.document.pipeline))}</span>",
        )
        at = passage.spans[0].start if passage.spans else passage.start
        context.link(
            "documents",
            words("open_document"),
            icon=":material/description:",
            d=passage.document.id,
            at=str(at),
        )


def _mark(context: Context, span: Span) -> Mark:
    words, vocabulary = context.words, context.vocabulary
    if span.kind == "argument":
        label = vocabulary.role(span.label)
    elif span.kind == "trigger":
        label = vocabulary.event(span.label)
    elif span.kind == "mention":
        label = vocabulary.entity(span.label)
    else:
        label = f"{words(span.kind)}: {vocabulary.entity(span.label)}"
    color = KIND_COLORS[span.kind][context.dark]
    return Mark(color, label, shown=span.kind in ("argument", "trigger"))
