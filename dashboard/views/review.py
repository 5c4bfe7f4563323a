"""Curation: what is doubtful, what people have decided, and the ways to decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import methodcaller

import streamlit as st

from dashboard.components.facts import chip, confidence, meta, node_chip
from dashboard.components.passages import show_evidence
from dashboard.components.picker import pick_entity
from dashboard.components.text import html, plain
from dashboard.context import Context
from dashboard.data.curation import (
    Curator,
    contradictions,
    documents_of_entity,
    doubtful_facts,
    likely_duplicates,
)
from dashboard.data.evidence import relation_evidence
from dashboard.data.records import DoubtfulFact, Edge, EntityDetails
from graph.resolving.decisions import Decision
from graph.store import StoreError
from kgbuilder.errors import KGBuilderError
from kgbuilder.review import Suggestion

SHOWN = 25
DECISIONS = 100


def show(context: Context) -> None:
    """The page."""
    words = context.words
    if context.read_only:
        st.info(words("read_only_help"), icon=":material/lock:")
        return
    _said()
    facts, wrong, merges, decided = st.tabs(
        [
            words("doubtful_facts"),
            words("contradictions"),
            words("same_or_not"),
            words("decisions"),
        ]
    )
    with facts:
        _doubtful(context)
    with wrong:
        _contradictions(context)
    with merges:
        _merges(context)
    with decided:
        _decisions(context)


def _doubtful(context: Context) -> None:
    words = context.words
    below = st.slider(
        words("confidence_below"), 0.5, 1.0, 0.6, 0.05, key="below", bind="query-params"
    )
    found = context.ask(doubtful_facts, below, SHOWN)
    if not found:
        st.success(words("nothing_doubtful"), icon=":material/task_alt:")
        return
    st.caption(words("doubtful_found", count=len(found)))
    _queue(context, found, "doubt")


def _contradictions(context: Context) -> None:
    words = context.words
    found = context.ask(contradictions, SHOWN)
    if not found:
        st.success(words("no_contradictions"), icon=":material/task_alt:")
        return
    st.caption(words("contradictions_help"))
    _queue(context, found, "conflict")


def _queue(context: Context, facts: Sequence[DoubtfulFact], name: str) -> None:
    """Facts with their evidence, each to be rejected."""
    with st.container(key=f"queue-{name}"):
        for fact in facts:
            with st.container(border=True, key=f"{name}-{fact.edge.id}", gap="xsmall"):
                _doubt(context, fact, name)


def _doubt(context: Context, fact: DoubtfulFact, name: str) -> None:
    label = context.vocabulary.relation(fact.edge.type)
    st.html(
        f'<div class="kg-path">{node_chip(context, fact.head)}<span class="step">'
        f"{html(label)} →</span>{node_chip(context, fact.tail)}"
        f"{confidence(fact.edge.confidence)}</div>"
    )
    evidence = context.ask(relation_evidence, fact.edge.id, 3)
    show_evidence(context, evidence, f"{name}-{fact.edge.id}")
    fact_actions(context, fact.edge, key=f"{name}-")


def _suggestions(context: Context) -> None:
    """Likely duplicates and doubtful merges, when asked for: that reads all names."""
    words = context.words
    if st.button(words("find_duplicates"), icon=":material/join_inner:", key="find-duplicates"):
        with st.spinner(words("finding")):
            st.session_state["duplicates"] = likely_duplicates(context.graph, SHOWN)
    found: list[Suggestion] | None = st.session_state.get("duplicates")
    if found is None:
        return
    if not found:
        st.success(words("no_duplicates"), icon=":material/task_alt:")
    for index, one in enumerate(found):
        with st.container(border=True, key=f"pair-{index}", gap="xsmall"):
            question = "are_one" if one.action == "merge" else "are_two"
            st.html(
                f'<div class="kg-path">{chip(context, one.type)} <b>{html(one.name)}</b>'
                f'<span class="step">{html(words(question))}</span><b>{html(one.other)}</b>'
                f"{confidence(one.probability)}</div>"
                f'<div class="kg-where">{html(one.why)}</div>'
            )
            with st.container(horizontal=True):
                _answers(context, one, index)


def _answers(context: Context, one: Suggestion, index: int) -> None:
    words = context.words

    def done() -> None:
        st.session_state["duplicates"].pop(index)

    if one.action == "merge":
        if st.button(words("merge"), key=f"pair-merge-{index}", icon=":material/call_merge:"):
            decide(context, methodcaller("merge", one.id, one.other_id), done)
        if st.button(words("keep_apart"), key=f"pair-apart-{index}", icon=":material/call_split:"):
            decide(context, methodcaller("separate", one.id, one.other_id), done)
    elif st.button(words("split"), key=f"pair-split-{index}", icon=":material/call_split:"):
        decide(context, methodcaller("split_names", one.id, [one.other]), done)
    if st.button(words("later_"), key=f"pair-later-{index}"):
        done()
        st.rerun()
    context.link(
        "graph",
        words("show_in_graph"),
        icon=":material/hub:",
        n=",".join(dict.fromkeys((one.id, one.other_id))),
    )


def _merges(context: Context) -> None:
    """Holding two entities to be one, whoever they are."""
    words = context.words
    _suggestions(context)
    st.divider()
    st.caption(words("merge_help"))
    left, right = st.columns(2)
    with left:
        one = pick_entity(context, words("merge_one"), "merge-a", _picked("a"))
        _pick("a", one)
    with right:
        other = pick_entity(context, words("merge_other"), "merge-b", _picked("b"))
        _pick("b", other)
    if st.button(
        words("merge"),
        icon=":material/call_merge:",
        type="primary",
        disabled=not one or not other or one == other,
        key="merge-now",
    ):
        st.session_state.pop("merge-picked", None)
        decide(context, lambda curator: curator.merge(one, other))


def _picked(side: str) -> str:
    return str(st.session_state.get("merge-picked", {}).get(side, ""))


def _pick(side: str, id: str) -> None:
    if id != _picked(side):
        st.session_state.setdefault("merge-picked", {})[side] = id
        st.rerun()


def _decisions(context: Context) -> None:
    words = context.words
    found = context.graph.decisions().all
    if not found:
        st.caption(words("no_decisions"))
        return
    for decision in found[::-1][:DECISIONS]:
        with st.container(border=True, key=f"decision-{decision.id}", gap="xsmall"):
            st.html(f'<div class="kg-path">{html(describe(context, decision))}</div>')
            meta(f'<span class="kg-where">{html(decision.made_at[:16].replace("T", " "))}</span>')
            if st.button(
                words("undo"), icon=":material/undo:", key=f"undo-{decision.id}", type="secondary"
            ):
                decide(context, methodcaller("undo", decision.id))


def describe(context: Context, decision: Decision) -> str:
    """A decision in words."""

    def names(keys: tuple[str, ...]) -> str:
        return " / ".join(dict.fromkeys(key.partition("|")[2].partition("|~")[0] for key in keys))

    return context.words(
        f"decided_{decision.kind}",
        left=names(decision.left),
        right=names(decision.right) or ", ".join(decision.documents),
        value=context.vocabulary.relation(decision.value)
        if decision.kind == "reject"
        else decision.value,
    )


def fact_actions(context: Context, edge: Edge, key: str = "") -> None:
    """A button that rejects a relation for good."""
    words = context.words
    if st.button(
        words("reject"),
        icon=":material/block:",
        key=f"{key}reject-{edge.id}",
        help=words("reject_help"),
    ):
        decide(context, lambda curator: curator.reject(edge))


def entity_actions(context: Context, details: EntityDetails) -> None:
    """Rename, retype, merge and split, for what is selected."""
    words, vocabulary, node = context.words, context.vocabulary, details.node
    if details.datatype:
        return  # a literal is what it says
    with st.popover(words("edit"), icon=":material/edit:", key=f"edit-{node.id}"):
        name = st.text_input(
            words("rename"), value=node.name, key=f"rename-{node.id}", live="300ms"
        )
        if st.button(
            words("rename"),
            key=f"rename-now-{node.id}",
            disabled=not (name or "").strip() or name == node.name,
        ):
            decide(context, lambda curator: curator.rename(node.id, name))
        types = list(vocabulary.entity_types())
        kind = st.selectbox(
            words("retype"),
            types,
            index=types.index(node.type) if node.type in types else None,
            format_func=vocabulary.entity,
            key=f"retype-{node.id}",
        )
        if st.button(
            words("retype"), key=f"retype-now-{node.id}", disabled=kind in (None, node.type)
        ):
            decide(context, lambda curator: curator.retype(node.id, str(kind)))
        st.divider()
        other = pick_entity(context, words("merge_with"), f"merge-{node.id}")
        if other and other != node.id:
            decide(context, lambda curator: curator.merge(node.id, other))
        st.divider()
        _split(context, details)


def _split(context: Context, details: EntityDetails) -> None:
    words, node = context.words, details.node
    names = list(dict.fromkeys((node.name, *details.aliases)))
    if len(names) > 1:
        off = st.multiselect(words("split_names"), names, key=f"split-names-{node.id}")
        if st.button(
            words("split"),
            key=f"split-names-now-{node.id}",
            icon=":material/call_split:",
            disabled=not off or len(off) == len(names),
        ):
            decide(context, lambda curator: curator.split_names(node.id, off))
    documents = dict(context.ask(documents_of_entity, node.id))
    if len(documents) > 1:
        chosen = st.multiselect(
            words("split_documents"),
            list(documents),
            format_func=documents.__getitem__,
            key=f"split-documents-{node.id}",
        )
        if st.button(
            words("split"),
            key=f"split-documents-now-{node.id}",
            icon=":material/call_split:",
            disabled=not chosen or len(chosen) == len(documents),
        ):
            decide(context, lambda curator: curator.split_documents(node.id, chosen))


def decide(
    context: Context,
    decision: Callable[[Curator], Decision],
    done: Callable[[], None] = lambda: None,
) -> None:
    """Make a decision and call ``done``, or say why it cannot be made."""
    try:
        with st.spinner(context.words("deciding")), context.writing():
            made = decision(Curator(context.settings))
    except (KGBuilderError, StoreError, ValueError) as error:
        st.error(plain(str(error), 500), icon=":material/error:")
        return
    done()
    st.session_state["said"] = describe(context, made)
    st.rerun()


def _said() -> None:
    said = st.session_state.pop("said", None)
    if said:
        st.toast(plain(str(said), 300), icon=":material/task_alt:")
