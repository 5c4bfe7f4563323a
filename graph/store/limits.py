"""Time limits of queries on the embedded database, whose protocol has none.

A query says its limit in a comment before it; the server's process looks at what runs
(`graph.store.server_process`) and ends what has run longer.
"""

from __future__ import annotations

import re

_LIMIT = re.compile(r"\s*/\* at most (\d{1,9}) ms \*/")


def with_limit(cypher: str, seconds: float) -> str:
    """The same query, which the server ends after so many seconds."""
    return f"/* at most {max(1, round(1000 * seconds))} ms */ {cypher}"


def limit_of(cypher: str) -> int | None:
    """How many milliseconds a query may run; None if nothing limits it."""
    found = _LIMIT.match(cypher)
    return int(found[1]) if found else None
