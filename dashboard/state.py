"""The state of a graph view, as it stands in the address: what is shared is what is seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

LAYOUTS = ("force", "concentric", "breadthfirst", "circle", "grid")
FIRST_NEIGHBOURS = 15
MORE_NEIGHBOURS = 25
_ID = re.compile(r"[\w#.:-]{1,80}")
_TYPE = re.compile(r"[^,|~]{1,80}")


@dataclass(frozen=True)
class GraphState:
    """``expansions`` map an id to how many neighbours it shows; ``pins`` to a position."""

    seeds: tuple[str, ...] = ()
    expansions: Mapping[str, int] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    hidden_types: frozenset[str] = frozenset()
    selected: str | None = None
    layout: str = LAYOUTS[0]
    pins: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def expand(self, id: str, number: int) -> GraphState:
        """With at least so many neighbours of a node."""
        number = max(number, self.expansions.get(id, 0))
        return replace(self, expansions={**self.expansions, id: number})

    def hide(self, id: str) -> GraphState:
        """Without a node, and with nothing selected that was it."""
        gone = self.selected is not None and id in self.selected.split("|")
        return replace(
            self,
            hidden=self.hidden | {id},
            selected=None if gone else self.selected,
            pins={key: place for key, place in self.pins.items() if key != id},
        )

    def moved(self, now: Mapping[str, str]) -> GraphState:
        """With the ids that ``now`` names in place of those that are gone."""

        def new(id: str) -> str:
            return now.get(id, id)

        return replace(
            self,
            seeds=tuple(dict.fromkeys(map(new, self.seeds))),
            expansions={new(id): number for id, number in self.expansions.items()},
            hidden=frozenset(map(new, self.hidden)),
            selected="|".join(map(new, self.selected.split("|"))) if self.selected else None,
            pins={new(id): place for id, place in self.pins.items()},
        )

    def to_query(self) -> dict[str, str]:
        """Query parameters; empty ones are left out."""
        found = {
            "n": ",".join(self.seeds),
            "x": ",".join(f"{id}~{number}" for id, number in self.expansions.items()),
            "h": ",".join(sorted(self.hidden)),
            "t": ",".join(sorted(self.hidden_types)),
            "s": self.selected or "",
            "l": self.layout if self.layout != LAYOUTS[0] else "",
            "p": ",".join(f"{id}~{x}~{y}" for id, (x, y) in self.pins.items()),
        }
        return {key: value for key, value in found.items() if value}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> GraphState:
        """From query parameters, which anybody may have written: what makes no sense is dropped.

        A single seed that nothing expands shows its first neighbours.
        """
        seeds = tuple(dict.fromkeys(_ids(query.get("n", ""))))
        expansions = {
            parts[0]: min(int(parts[1]), 1000)
            for parts in _parts(query.get("x", ""), 2)
            if parts[1].isdecimal()
        }
        if len(seeds) == 1 and not expansions:
            expansions = {seeds[0]: FIRST_NEIGHBOURS}
        selected = query.get("s", "")
        layout = query.get("l", "")
        return cls(
            seeds=seeds,
            expansions=expansions,
            hidden=frozenset(_ids(query.get("h", ""))),
            hidden_types=frozenset(t for t in query.get("t", "").split(",") if _TYPE.fullmatch(t)),
            selected=selected if re.fullmatch(r"[\w#.:|-]{1,250}", selected) else None,
            layout=layout if layout in LAYOUTS else LAYOUTS[0],
            pins={
                parts[0]: (int(parts[1]), int(parts[2]))
                for parts in _parts(query.get("p", ""), 3)
                if all(re.fullmatch(r"-?\d{1,6}", part) for part in parts[1:])
            },
        )


def _ids(text: str) -> list[str]:
    return [id for id in text.split(",") if _ID.fullmatch(id)]


def _parts(text: str, number: int) -> list[list[str]]:
    found = [item.split("~") for item in text.split(",")]
    return [parts for parts in found if len(parts) == number and _ID.fullmatch(parts[0])]
