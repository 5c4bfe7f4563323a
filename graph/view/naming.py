"""Which of its names an entity is shown by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph import names


@dataclass(frozen=True)
class Naming:
    """What was found in texts of several languages has names in each; readers know one.

    ``language`` is the reader's, ``en`` or ``zh``; without one an entity goes by its own name, the
    commonest in the documents. ``given`` are names that people gave: those stay.
    """

    language: str | None = None
    given: frozenset[str] = frozenset()

    def shown(self, name: str, aliases: Iterable[str]) -> str:
        """``name``, or the longest alias in the reader's script where ``name`` is in another: as
        with the name itself, the longest says most clearly what is meant."""
        if self.stays(name):
            return name
        readable = (alias for alias in aliases if self._reads(alias))
        return min(readable, key=lambda alias: (-len(alias), alias), default=name)

    def stays(self, name: str) -> bool:
        """Whether an entity of this name is shown by it, whatever its aliases."""
        return self.language is None or name in self.given or self._reads(name)

    def _reads(self, name: str) -> bool:
        if self.language == "zh":
            return names.has_han(name)
        return not names.has_han(name) and any(map(str.isalpha, name))


def others(shown: str, name: str, aliases: Iterable[str]) -> tuple[str, ...]:
    """All names but the one shown, the entity's own first."""
    return tuple(one for one in dict.fromkeys((name, *aliases)) if one != shown)
