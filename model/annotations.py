"""Annotations of one text: mentions, relations, events, coreference clusters.

Offsets are code points into the text that was annotated, end exclusive. The same classes serve
a chunk (offsets into ``Chunk.text``) and a whole document (offsets into ``Document.text``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A span that names, describes or refers to an entity (or states a literal value)."""

    start: int
    end: int
    type: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Relation:
    """``head`` and ``tail`` are indexes into ``Annotation.mentions``."""

    type: str
    head: int
    tail: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """An event's trigger: ``start`` and ``end`` are offsets into the text."""

    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Argument:
    """A span that plays ``role`` in an event. It need not be one of the mentions."""

    start: int
    end: int
    role: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """``trigger`` is None only in data that has no trigger; extractors always give one."""

    type: str
    trigger: Span | None
    arguments: tuple[Argument, ...] = ()
    confidence: float = 1.0


SpanT = TypeVar("SpanT", Mention, Span, Argument)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Everything found in one text.

    ``mentions`` is sorted by (start, end, type) without duplicates of these three; ``clusters``
    are tuples of indexes into it that corefer, each of two or more, disjoint.
    """

    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    clusters: tuple[tuple[int, ...], ...] = ()

    def confident(self, minimum: float) -> Annotation:
        """The same without relations and events of a confidence below ``minimum``."""
        return replace(
            self,
            relations=tuple(r for r in self.relations if r.confidence >= minimum),
            events=tuple(e for e in self.events if e.confidence >= minimum),
        )

    def shifted(self, offset: int) -> Annotation:
        """The same annotation of a text in which this one begins at ``offset``."""

        def span(item: SpanT) -> SpanT:
            return replace(item, start=item.start + offset, end=item.end + offset)

        return Annotation(
            mentions=tuple(span(m) for m in self.mentions),
            relations=self.relations,
            events=tuple(
                replace(
                    e,
                    trigger=span(e.trigger) if e.trigger else None,
                    arguments=tuple(span(a) for a in e.arguments),
                )
                for e in self.events
            ),
            clusters=self.clusters,
        )
