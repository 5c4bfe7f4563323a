"""The property graph as GraphML, for Gephi, yEd, Cytoscape, igraph and networkx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import IO

from graph.export.property_graph import (
    EdgeTable,
    NodeTable,
    PropertyType,
    PropertyValue,
    View,
)
from graph.export.stats import Counter

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_BATCH = 1000  # elements joined before a write

# Lists have no type in GraphML and are written as JSON.
_ATTRIBUTE_TYPES: dict[PropertyType, str] = {
    "string": "string",
    "long": "long",
    "double": "double",
    "string[]": "string",
    "double[]": "string",
}
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile('[&<>"\t\n\r]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def write_graphml(view: View, stream: IO[bytes], counter: Counter) -> None:
    """Writes all that ``view`` shows.

    Every node has ``labels`` (``:Entity:Person``) and a display ``label``; every edge has its
    type as ``label``. Characters that XML cannot hold (control characters) become U+FFFD.
    """
    keys = _Keys(view.node_tables, view.edge_tables)
    stream.write((_HEAD + "".join(keys.declarations) + _OPEN_GRAPH).encode())
    for elements in _batches(counter.counted(_elements(view, keys))):
        stream.write("".join(elements).encode())
    stream.write(b"</graph>\n</graphml>\n")


_OPEN_GRAPH = '<graph id="G" edgedefault="directed">\n'


class _Keys:
    """The ``<key>`` declarations, and the key of each property."""

    def __init__(self, nodes: Sequence[NodeTable], edges: Sequence[EdgeTable]) -> None:
        self.declarations: list[str] = []
        self._ids: dict[tuple[str, str], str] = {}
        self.node = {t.name: self._declared("node", t.properties) for t in nodes}
        self.edge = {t.name: self._declared("edge", t.properties) for t in edges}
        self._declared("node", (("id", "string"), ("labels", "string"), ("label", "string")))
        self._declared("edge", (("label", "string"),))

    def _declared(self, domain: str, properties: Sequence[tuple[str, PropertyType]]) -> list[str]:
        ids = []
        for name, kind in properties:
            key = self._ids.get((domain, name))
            if key is None:
                key = self._ids[domain, name] = f"{domain}_{name}"
                self.declarations.append(
                    f'<key id="{key}" for="{domain}" attr.name="{name}" '
                    f'attr.type="{_ATTRIBUTE_TYPES[kind]}"/>\n'
                )
            ids.append(key)
        return ids


def _elements(view: View, keys: _Keys) -> Iterator[str]:
    for node_table in view.node_tables:
        names = [name for name, _ in node_table.properties]
        display = next((names.index(n) for n in ("name", "trigger", "title") if n in names), None)
        node_keys = keys.node[node_table.name]
        for id, labels, values in node_table.rows(view):
            shown = values[display] if display is not None else None
            yield (
                f'<node id="{_escape(f"{node_table.space}:{id}")}">'
                + _data("node_id", id)
                + _data("node_labels", "".join(f":{label}" for label in labels))
                + _data("node_label", shown or id)
                + "".join(map(_data, node_keys, values))
                + "</node>\n"
            )
    for edge_table in view.edge_tables:
        edge_keys = keys.edge[edge_table.name]
        for start, end, kind, values in edge_table.rows(view):
            yield (
                f'<edge source="{_escape(f"{edge_table.start}:{start}")}"'
                f' target="{_escape(f"{edge_table.end}:{end}")}">'
                + _data("edge_label", kind)
                + "".join(map(_data, edge_keys, values))
                + "</edge>\n"
            )


def _data(key: str, value: PropertyValue) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        # Escaped by JSON, even what XML cannot hold: lists lose nothing.
        value = json.dumps(value, ensure_ascii=False)
    return f'<data key="{key}">{_escape(value) if isinstance(value, str) else value}</data>'


def _escape(text: str) -> str:
    text = _ILLEGAL.sub("�", text)
    return _SPECIAL.sub(_escaped, text) if _SPECIAL.search(text) else text


def _escaped(match: re.Match[str]) -> str:
    # White space as references, which no parser normalises (a raw CR would come back as LF).
    character = match[0]
    return _ESCAPES.get(character) or f"&#{ord(character)};"


def _batches(elements: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for element in elements:
        batch.append(element)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
