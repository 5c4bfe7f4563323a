"""What the windows of a text hold, joined to the annotation of the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.span.calibration import LAYERS
from model.span.decode import ScoredSpan, best_first, link
from model.span.label_set import LabelSet
from model.span.labels import Kind
from model.span.reading import Ends, Found, select_mentions, select_triggers
from model.span.settings import Decoding
from model.span.tokenizer import Tokens


class Joining:
    """The windows ``parts`` of a text of ``tokens``; what two of them share is kept once.

    From here on tokens count from the text's first, and a number is that of a mention of the text.
    """

    def __init__(
        self, tokens: Tokens, parts: Sequence[Found], labels: LabelSet, decoding: Decoding
    ) -> None:
        self.tokens, self.parts, self.labels, self.decoding = tokens, parts, labels, decoding
        self.curves = {layer: decoding.curve(layer) for layer in LAYERS}
        self.mentions = select_mentions(
            _merged(_moved(m, part.start) for part in parts for m in part.mentions),
            labels,
            decoding,
        )
        self.number = {(m.first, m.last): i for i, m in enumerate(self.mentions)}

    def annotation(self) -> Annotation:
        names = self.labels.names[Kind.ENTITY]
        return Annotation(
            mentions=tuple(
                Mention(
                    *self._offsets(m.first, m.last),
                    names[m.label],
                    self._confidence("entities", m.score),
                )
                for m in self.mentions
            ),
            relations=tuple(self._relations()),
            events=tuple(self._events()),
            clusters=tuple(link(self._same(), self.decoding.coreference)),
        )

    def _number(self, ends: Ends, start: int, label: int | None = None) -> int | None:
        """The number of a window's mention, if it is one of the text, and still of this type."""
        number = self.number.get((ends[0] + start, ends[1] + start))
        if number is None or label in (None, self.mentions[number].label):
            return number
        return None

    def _offsets(self, first: int, last: int) -> Ends:
        return int(self.tokens.starts[first]), int(self.tokens.ends[last])

    def _confidence(self, layer: str, score: float) -> float:
        return round(self.curves[layer](score), 4)

    def _relations(self) -> list[Relation]:
        """Between mentions that still are what they were where the relation was found."""
        names, known = self.labels.names[Kind.RELATION], self.labels.schema.relation
        best: dict[tuple[int, int, int], float] = {}
        for part in self.parts:
            numbers = [self._number((m.first, m.last), part.start, m.label) for m in part.mentions]
            for head, tail, relation, likely in part.relations:
                h, t = numbers[head], numbers[tail]
                if h is None or t is None:
                    continue
                if known[names[relation]].symmetric:
                    h, t = min(h, t), max(h, t)
                best[h, t, relation] = max(likely, best.get((h, t, relation), 0.0))
        return [
            Relation(names[r], h, t, self._confidence("relations", likely))
            for (h, t, r), likely in sorted(best.items())
        ]

    def _events(self) -> list[Event]:
        events, roles = self.labels.names[Kind.TRIGGER], self.labels.names[Kind.ROLE]
        fillers: dict[tuple[int, int, int], dict[tuple[int, int, int], float]] = {}
        for part in self.parts:
            triggers = [_moved(t, part.start) for t in part.triggers]
            for number, argument in part.roles:
                trigger, filler = triggers[number], _moved(argument, part.start)
                of_event = fillers.setdefault((trigger.first, trigger.last, trigger.label), {})
                key = filler.first, filler.last, filler.label
                of_event[key] = max(filler.score, of_event.get(key, 0.0))
        result = []
        for trigger in select_triggers(
            _merged(_moved(t, part.start) for part in self.parts for t in part.triggers),
            self.labels,
        ):
            found = fillers.get((trigger.first, trigger.last, trigger.label), {})
            arguments = sorted(
                Argument(*self._offsets(a, b), roles[r], self._confidence("arguments", likely))
                for (a, b, r), likely in found.items()
            )
            score = self._confidence("triggers", trigger.score)
            place = Span(*self._offsets(trigger.first, trigger.last), score)
            result.append(Event(events[trigger.label], place, tuple(arguments), score))
        return result

    def _same(self) -> dict[tuple[int, int], float]:
        same: dict[tuple[int, int], float] = {}
        for part in self.parts:
            for earlier, later, likely in part.same:
                i, j = self._number(earlier, part.start), self._number(later, part.start)
                if i is not None and j is not None and i != j:
                    pair = min(i, j), max(i, j)
                    same[pair] = max(likely, same.get(pair, 0.0))
        return same


def _moved(span: ScoredSpan, by: int) -> ScoredSpan:
    return ScoredSpan(span.first + by, span.last + by, span.label, span.score) if by else span


def _merged(spans: Iterable[ScoredSpan]) -> list[ScoredSpan]:
    """Spans that windows may share, each with its best score, best first."""
    best: dict[tuple[int, int, int], ScoredSpan] = {}
    for span in spans:
        key = span.first, span.last, span.label
        if key not in best or span.score > best[key].score:
            best[key] = span
    return best_first(best.values())
