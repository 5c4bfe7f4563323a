"""How much there is of each type."""

from __future__ import annotations

from collections import defaultdict

from graph.view.records import Overview
from graph.view.sparql.asking import Asking


class Counts(Asking):
    """Counted by the store itself."""

    def overview(self) -> Overview:
        counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for row in self._store.counts() if self.schema else ():
            counts[row["kind"]][row["name"]] = row["count"]
        return Overview(
            counts["documents"].get("", 0),
            counts["entities"],
            counts["relations"],
            counts["events"],
        )
