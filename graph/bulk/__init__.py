"""The first load of a very large corpus: documents' graphs gathered on disk, resolved at once, and
written as CSV for ``neo4j-admin database import``.

What is imported is the very graph that `graph.store.Store` would have written document by
document, with all that it needs to go on from there.
"""

from graph.bulk.gathering import Gathering
from graph.bulk.writing import BulkStats, write_import

__all__ = ["BulkStats", "Gathering", "write_import"]
