"""What every view needs: the open graph, the words, and what may be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from dashboard.data.languages import query_language_of
from dashboard.data.queries import Runner
from dashboard.data.vocabulary import Vocabulary
from dashboard.gate import Gate
from dashboard.i18n import Messages, language_of
from dashboard.options import Options
from graph.store import GraphStore, StoreError
from graph.view import GraphView, Naming, view_of
from kgbuilder.errors import KGBuilderError
from kgbuilder.graphs import RDF, existing
from kgbuilder.settings import Settings, load_settings

CACHE_SECONDS = 60
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Context:
    """One rerun's surroundings. ``store`` is None where there is no graph yet, or where it cannot
    be opened; ``problem`` says why."""

    settings: Settings
    config: str | None
    store: GraphStore | None
    problem: Exception | None
    words: Messages
    naming: Naming
    vocabulary: Vocabulary
    read_only: bool
    dark: bool
    pages: dict[str, Any]

    @property
    def graph(self) -> GraphStore:
        """The open graph; views that need one are not shown without."""
        return _open(self.settings.store, self.config).store

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While the graph is written to: a folder of RDF has no room for readers beside."""
        with ExitStack() as stack:
            if self.settings.store.startswith(RDF):
                stack.enter_context(_gate(self.settings.store).changing())
                close()
            try:
                yield
            finally:
                forget()

    @property
    def view(self) -> GraphView:
        """What pages ask the open graph."""
        return view_of(self.graph, self.naming)

    @property
    def language(self) -> str:
        return self.words.language

    def ask(self, function: Callable[..., ResultT], *arguments: Any) -> ResultT:
        """``function(view, *arguments)``, remembered for a minute."""
        result: ResultT = _remembered(
            self.settings.store,
            self.language,
            f"{function.__module__}.{function.__qualname__}",
            arguments,
            function,
            self.view,
        )
        return result

    def link(self, page: str, label: str, icon: str | None = None, **query: str) -> None:
        """A link to another page; ``label`` is Markdown."""
        st.page_link(self.pages[page], label=label, icon=icon, query_params={**query, **self.kept})

    @property
    def kept(self) -> dict[str, str]:
        """Query parameters that every link keeps."""
        wanted = st.session_state.get("lang")
        return {"lang": wanted} if wanted else {}

    def runner(self) -> Runner:
        """Runs queries that people type."""
        return _runner(self.settings.store, self.graph)


@st.cache_data(ttl=CACHE_SECONDS, max_entries=500, show_spinner=False)
def _remembered(
    store: str,
    language: str,
    name: str,
    arguments: tuple[Any, ...],
    _function: Callable[..., Any],
    _view: GraphView,
) -> Any:
    return _function(_view, *arguments)


@st.cache_data(ttl=CACHE_SECONDS, max_entries=10, show_spinner=False)
def _given_names(store: str, _graph: GraphStore) -> frozenset[str]:
    """Those that people gave to entities."""
    decisions = _graph.decisions().all
    return frozenset(one.value for one in decisions if one.kind == "rename" and one.value)


def forget() -> None:
    """Drop what is remembered, after the graph has changed."""
    _remembered.clear()
    _given_names.clear()


@st.cache_resource(show_spinner=False)
def _runner(store: str, _graph: GraphStore) -> Runner:
    return Runner(query_language_of(_graph))


@st.cache_resource(show_spinner=False)
def _settings(config: str | None, store: str | None) -> Settings:
    """Read once: every key typed into a search box makes the page anew."""
    return load_settings(config, {"store": store})


@st.cache_resource(show_spinner=False)
def _gate(store: str) -> Gate:
    return Gate()


@dataclass(frozen=True)
class _Held:
    """An open store and what closes it."""

    store: GraphStore
    closing: ExitStack


@st.cache_resource(show_spinner=False, on_release=lambda held: held.closing.close())
def _open(store: str, config: str | None) -> _Held:
    """Stays open as long as the app runs."""
    with ExitStack() as stack:
        opened = stack.enter_context(existing(None, load_settings(config, {"store": store})))
        return _Held(opened, stack.pop_all())


def close() -> None:
    """Close what is open; the next rerun opens it again."""
    _runner.clear()
    _open.clear()
    forget()


@contextmanager
def make_context(options: Options, pages: dict[str, Any]) -> Iterator[Context]:
    """The context of one rerun; ``problem`` tells what is wrong with the store, if anything is."""
    settings = _settings(options.config, options.store)
    with ExitStack() as stack:
        problem = store = None
        try:
            if settings.store.startswith(RDF):
                stack.enter_context(_gate(settings.store).looking())
            store = _open(settings.store, options.config).store
        except (KGBuilderError, StoreError) as error:
            problem = error
        yield _context(options, settings, store, problem, pages)


def _context(
    options: Options,
    settings: Settings,
    store: GraphStore | None,
    problem: Exception | None,
    pages: dict[str, Any],
) -> Context:
    language = language_of(st.session_state.get("lang"), st.context.locale)
    schema = store.schema if store is not None else None
    given = _given_names(settings.store, store) if store is not None else frozenset()
    return Context(
        settings=settings,
        config=options.config,
        store=store,
        problem=problem,
        words=Messages(language),
        naming=Naming(language, given),
        vocabulary=Vocabulary(schema, language),
        read_only=options.read_only,
        dark=st.context.theme.type == "dark",
        pages=pages,
    )
