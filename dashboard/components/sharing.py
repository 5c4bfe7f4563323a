"""Taking away what is on screen: files, and a link to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboard.context import Context
from dashboard.data.exporting import EXTENSIONS, FORMATS, MIME, export_subgraph, rows_csv
from dashboard.data.records import Subgraph

_TITLES = {"json": "JSON", "csv": "CSV", "turtle": "RDF Turtle", "graphml": "GraphML"}


def share_bar(context: Context, graph: Subgraph, query: Mapping[str, str], key: str) -> None:
    """Downloads of a subgraph, and the link to this view."""
    words = context.words
    with st.container(horizontal=True, key=f"share-{key}"):
        with st.popover(words("export"), icon=":material/download:"):
            st.caption(words("export_png"))
            for name in FORMATS:
                st.download_button(
                    _TITLES[name],
                    data=partial(export_subgraph, context.view, graph, name),
                    file_name=f"graph.{EXTENSIONS[name]}",
                    mime=MIME[name],
                    key=f"export-{key}-{name}",
                    on_click="ignore",
                    width="stretch",
                )
        with st.popover(words("share"), icon=":material/link:"):
            st.caption(words("share_help"))
            st.code(address(query), language=None, wrap_lines=True)


def table_downloads(
    context: Context, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], key: str
) -> None:
    """Rows as CSV and JSON."""
    with st.container(horizontal=True, key=f"downloads-{key}"):
        st.download_button(
            "CSV",
            data=lambda: rows_csv(columns, rows),
            file_name="rows.csv",
            mime="text/csv",
            key=f"csv-{key}",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "JSON",
            data=lambda: json.dumps(list(rows), ensure_ascii=False, indent=1).encode(),
            file_name="rows.json",
            mime="application/json",
            key=f"json-{key}",
            on_click="ignore",
            icon=":material/download:",
        )


def address(query: Mapping[str, str]) -> str:
    """The address of this page with these query parameters."""
    parts = urlsplit(st.context.url or "")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
