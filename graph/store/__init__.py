"""The store of a graph, property graph or RDF: opening, writing, retracting, querying, reading.

from graph.store import open_store

with open_store("embedded:./graph", writer=True, schema=schema) as store:
    store.write(document_graph)
    store.query("MATCH (p:Person) RETURN p.name AS name")
"""

from graph.store.bolt import Rows, Store, StoredDocument
from graph.store.errors import (
    QueryError,
    QueryTimeoutError,
    StoreError,
    StoreLockedError,
    StoreUnreachableError,
)
from graph.store.opening import open_store
from graph.store.protocol import GraphStore
from graph.store.search import Hit
from graph.store.writing import WriteResult

__all__ = [
    "GraphStore",
    "Hit",
    "QueryError",
    "QueryTimeoutError",
    "Rows",
    "Store",
    "StoreError",
    "StoreLockedError",
    "StoreUnreachableError",
    "StoredDocument",
    "WriteResult",
    "open_store",
]
