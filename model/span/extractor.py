"""The default extractor: the bundled span model on ONNX Runtime."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController

from ingest.language import detect
from ingest.sentences import sentences
from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.span.calibration import LAYERS, Curve
from model.span.decode import (
    Floats,
    Ints,
    ScoredSpan,
    best_first,
    candidates,
    discount,
    link,
    outstanding,
    select,
    sigmoid,
    supported,
)
from model.span.hierarchy import ancestors, declared
from model.span.labels import COREFERENCE_LABEL, PRONOUN_LABEL, SPAN_KINDS, Kind, Label, label_text
from model.span.runtime import GRAPHS, SpanRuntime, score
from model.span.tokenizer import FOLDING_FILE, TOKENIZER_FILE, Tokens
from model.span.windows import line_segments, windows
from model.span.words import dictionary_version

BUNDLED = Path(__file__).parent.parent / "bundled"
PRONOUN = Label(Kind.ENTITY, PRONOUN_LABEL)
DECODING_FILE = "decoding.json"
MODEL_FILES = (*GRAPHS, TOKENIZER_FILE, FOLDING_FILE, DECODING_FILE)
DECODING_VERSION = 4  # raise it when decoding changes what comes out
ALTERNATIVE = 0.1  # other types of a mention count from this score
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Decoding:
    """Thresholds and limits, kept beside the weights in ``decoding.json``.

    ``window`` and ``overlap`` count tokens of a window. ``calibration`` has slope and intercept of
    each layer's curve from score to confidence; thresholds are of scores. With ``pronouns``,
    pronouns become mentions of the entity that they refer to, which names facts that names alone do
    not; data sets that annotate names alone count them as errors, so it is off unless asked for. Of
    several fillers of a role, those stay whose score is at least ``several`` of the best one's. Of
    several types of a span, one below the best in the hierarchy wins if its score is at least
    ``specific`` of it, or ``inferred`` where names alone tell the hierarchy. ``support`` says how
    much the relations that a type admits speak for it, where a span could have several types. A
    relation stays whose score is at least ``pair_share`` of the best one's of the same pair, and
    ``tail_share`` and ``head_share`` of the same relation's best from its head and to its tail. The
    start or end of a mention or trigger counts ``cut`` of its score where it cuts a Chinese word.
    """

    pronouns: bool = False

    entity: float = 0.5
    trigger: float = 0.5
    argument: float = 0.4
    relation: float = 0.4
    role: float = 0.4
    coreference: float = 0.5
    nested: float = 0.6
    several: float = 0.8
    specific: float = 0.5
    inferred: float = 0.9
    support: float = 1.0
    pair_share: float = 0.8
    tail_share: float = 0.7
    head_share: float = 0.4
    cut: float = 0.3
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    longest_span: int = 64
    window: int = 160
    overlap: int = 40

    @classmethod
    def load(cls, path: Path) -> Decoding:
        values = json.loads(path.read_text("utf-8"))
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})

    def curve(self, layer: str) -> Curve:
        """How scores of ``layer`` become confidence (``model.span.calibration``)."""
        return Curve(*self.calibration.get(layer, ()))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


class LabelSet:
    """The scoring vectors of a schema's labels, by kind, and what they mean.

    ``language`` chooses among a type's labels, so that Chinese text meets Chinese labels; types
    without one in that language are read by name and description.
    """

    def __init__(self, schema: Schema, runtime: SpanRuntime, language: str) -> None:
        self.schema = schema

        def text(item: EntityType | RelationType | EventType | Role, described: bool) -> str:
            label = item.labels.get(language)
            if label and language not in schema.languages[:1]:
                return label_text(label)
            return label_text(item.name, item.description if described else "")

        texts: dict[Label, str] = {}
        for entity in schema.entities:
            texts[Label(Kind.ENTITY, entity.name)] = text(entity, True)
        for event in schema.events:
            texts[Label(Kind.TRIGGER, event.name)] = text(event, True)
            for role in event.roles:
                for kind in (Kind.ARGUMENT, Kind.ROLE):
                    # Events share roles by name; the first one stands for all.
                    texts.setdefault(Label(kind, role.name), text(role, False))
        for relation in schema.relations:
            texts[Label(Kind.RELATION, relation.name)] = text(relation, True)
        texts[Label(Kind.COREFERENCE, COREFERENCE_LABEL)] = COREFERENCE_LABEL

        unique = list(dict.fromkeys([*texts.values(), PRONOUN_LABEL]))
        vectors = runtime.label_vectors(unique)
        row = {text: i for i, text in enumerate(unique)}
        self.names: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        self.vectors: dict[Kind, Floats] = {}
        for kind in Kind:
            labels = [label for label in texts if label.kind is kind]
            self.names[kind] = [label.name for label in labels]
            if kind is Kind.ENTITY and labels:
                labels.append(PRONOUN)
            if labels:
                chosen = vectors[[row[texts.get(label, PRONOUN_LABEL)] for label in labels]]
                kinds = np.full(len(labels), int(kind), dtype=np.int64)
                head = runtime.span_labels if kind in SPAN_KINDS else runtime.pair_labels
                self.vectors[kind] = head(chosen, kinds)
        self.pronoun = len(self.names[Kind.ENTITY])  # the number of the pronouns' label
        self.declared = declared(schema)
        self.parents = ancestors(schema)
        self.parents.append(frozenset())
        self.admitted = self._admitted()

    def specific_share(self, decoding: Decoding) -> float:
        return decoding.specific if self.declared else decoding.inferred

    def _admitted(self) -> np.ndarray:
        """[types, types, relations]: what a relation may join; pronouns, the last type, nowhere."""
        types, relations = self.names[Kind.ENTITY], self.names[Kind.RELATION]
        admitted = np.zeros((len(types) + 1, len(types) + 1, len(relations)), dtype=bool)
        for r, relation in enumerate(relations):
            for h, head in enumerate(types):
                for t, tail in enumerate(types):
                    admitted[h, t, r] = self.schema.admits(relation, head, tail)
        return admitted


class SpanExtractor:
    """See ``model.extractor.Extractor``. Label vectors are cached by schema.

    Windows are read one by one, in ``threads`` threads (0: one a core), and never in batches:
    int8 activations are scaled by the largest value of a batch, so that a text's annotation would
    depend on its company. It costs nothing, for one window fills a core, and needs no padding.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 0,
        decoding: Decoding | None = None,
        pronouns: bool = False,
    ) -> None:
        missing = [name for name in MODEL_FILES if not (folder / name).exists()]
        if missing:
            raise FileNotFoundError(f"'{folder}' is no span model: it has no {missing[0]}")
        self.folder = folder
        self.runtime = SpanRuntime(folder)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, "span")
        self.decoding = replace(
            decoding or Decoding.load(folder / DECODING_FILE), pronouns=pronouns
        )
        self._labels: dict[tuple[str, str], LabelSet] = {}
        # Windows are shared out among threads already; what NumPy's library adds of its own only
        # waits, and took two thirds of the processor's time.
        self._blas = ThreadpoolController()

    @classmethod
    def bundled(cls, *, threads: int = 0, pronouns: bool = False) -> SpanExtractor:
        """The model that comes with the package."""
        return cls(BUNDLED, threads=threads, pronouns=pronouns)

    @classmethod
    def load(cls, folder: Path, *, threads: int = 0, pronouns: bool = False) -> SpanExtractor:
        """The model in ``folder``, as ``model.span.export`` and ``model.span.tuning`` leave it."""
        return cls(folder, threads=threads, pronouns=pronouns)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(f"span/{DECODING_VERSION}".encode())
        digest.update(json.dumps(asdict(self.decoding), sort_keys=True).encode())
        for path in sorted(self.folder.glob("*.onnx")) + sorted(self.folder.glob("*.json")):
            if path.name != DECODING_FILE:
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        if self.runtime.tokenizer.words:
            digest.update(dictionary_version().encode())
        return f"span-{digest.hexdigest()[:16]}"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self.runtime.tokenizer.token_spans(_readable(text))

    def labels(self, schema: Schema, language: str) -> LabelSet:
        key = schema.fingerprint, language
        if key not in self._labels:
            self._labels[key] = LabelSet(schema, self.runtime, language)
        return self._labels[key]

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        labels = [self.labels(schema, _label_language(text)) for text in texts]
        encoded = self.runtime.tokenizer.encode([_readable(text) for text in texts])
        spans = [sentences(text) for text in texts]
        segments = [line_segments(*each) for each in zip(texts, encoded, spans, strict=True)]
        jobs = [
            (number, start, encoded[number].window(start, end))
            for number, text in enumerate(texts)
            for start, end in windows(
                text,
                encoded[number],
                self.decoding.window,
                self.decoding.overlap,
                spans[number],
            )
        ]

        def read(job: tuple[int, int, Tokens]) -> _Found:
            number, start, tokens = job
            hidden = self.runtime.hidden([tokens])[0, 1:-1]
            lines = segments[number][start : start + len(tokens)]
            return _Window(self, labels[number], tokens, lines, hidden).found(start)

        found: list[list[_Found]] = [[] for _ in texts]
        with self._blas.limit(limits=1, user_api="blas"):
            for (number, _, _), window in zip(jobs, self._pool.map(read, jobs), strict=True):
                found[number].append(window)
        return [
            _annotation(tokens, parts, names, self.decoding)
            for tokens, parts, names in zip(encoded, found, labels, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one window holds; token positions count from the text's first token."""

    start: int
    mentions: list[ScoredSpan]
    triggers: list[ScoredSpan]
    relations: list[tuple[ScoredSpan, ScoredSpan, int, float]]
    roles: list[tuple[ScoredSpan, tuple[int, int], int, float]]
    same: dict[tuple[tuple[int, int], tuple[int, int]], float]


class _Window:
    def __init__(
        self,
        extractor: SpanExtractor,
        labels: LabelSet,
        tokens: Tokens,
        segments: Ints,
        hidden: Floats,
    ) -> None:
        self.runtime, self.decoding = extractor.runtime, extractor.decoding
        self.labels, self.tokens, self.hidden = labels, tokens, hidden
        self.segments = segments
        self.inside = tokens.inside_words()

    def found(self, start: int) -> _Found:
        decoding = self.decoding
        options = self._candidates(Kind.ENTITY, min(ALTERNATIVE, decoding.entity))
        mentions = self._selected(options)
        triggers = select(
            self._candidates(Kind.TRIGGER, decoding.trigger),
            nested_threshold=1.0,
            parents=[frozenset()] * len(self.labels.names[Kind.TRIGGER]),
            several_labels=True,
        )
        arguments = self._candidates(Kind.ARGUMENT, decoding.argument) if triggers else []

        spans = sorted({(s.first, s.last) for s in (*mentions, *triggers, *arguments)})
        where = {span: i for i, span in enumerate(spans)}

        def at(span: ScoredSpan) -> int:
            return where[span.first, span.last]

        pairs = sorted(
            {(at(a), at(b)) for a in mentions for b in mentions if at(a) != at(b)}
            | {(at(a), at(b)) for a in triggers for b in arguments}
        )
        if not pairs:
            mentions = self._resolved(mentions, {})
            return self._shifted(start, mentions, triggers, [], [], {})
        vectors = self.runtime.pairs(
            np.ascontiguousarray(self.hidden),
            np.array(spans, dtype=np.int64),
            np.array(pairs, dtype=np.int64),
        )
        row = {pair: i for i, pair in enumerate(pairs)}
        number = {(m.first, m.last): i for i, m in enumerate(mentions)}
        scores = _by_ends(self._probabilities(vectors, Kind.RELATION), mentions, row, where)
        if scores.size:
            admitted = self.labels.admitted
            chosen = self._selected(
                supported(options, mentions, scores, admitted, decoding.support)
            )
            # Relations choose the type; how sure it is that something is named stays.
            mentions = [replace(m, score=mentions[number[m.first, m.last]].score) for m in chosen]
        same = self._same(vectors, mentions, row, where)
        mentions = self._resolved(mentions, same)
        kept = [number[m.first, m.last] for m in mentions]
        return self._shifted(
            start,
            mentions,
            triggers,
            self._relations(scores[np.ix_(kept, kept)] if scores.size else scores, mentions),
            self._roles(vectors, triggers, arguments, row, where),
            same,
        )

    def _selected(self, options: list[ScoredSpan]) -> list[ScoredSpan]:
        decoding = self.decoding
        return select(
            [option for option in options if option.score >= decoding.entity],
            nested_threshold=decoding.nested,
            parents=self.labels.parents,
            specific_share=self.labels.specific_share(decoding),
        )

    def _resolved(
        self,
        mentions: list[ScoredSpan],
        same: dict[tuple[tuple[int, int], tuple[int, int]], float],
    ) -> list[ScoredSpan]:
        """Pronouns get the type of the mention before them that they refer to, or go."""
        kept: list[ScoredSpan] = []
        for mention in mentions:
            if mention.label == self.labels.pronoun:
                place = mention.first, mention.last
                referents = [
                    (likely, other)
                    for other in kept
                    if (likely := same.get(((other.first, other.last), place), 0.0))
                    >= self.decoding.coreference
                ]
                if not referents:
                    continue
                _, best = max(referents, key=lambda item: (item[0], item[1].first))
                mention = replace(mention, label=best.label)
            kept.append(mention)
        return kept

    def _candidates(self, kind: Kind, threshold: float) -> list[ScoredSpan]:
        if kind not in self.labels.vectors:
            return []
        vectors = self.labels.vectors[kind]
        if kind is Kind.ENTITY and not self.decoding.pronouns:
            vectors = vectors[: self.labels.pronoun]
        probabilities = sigmoid(score(self.hidden, vectors))
        if kind is not Kind.ARGUMENT:  # arguments of many sets are phrases, whose ends are any
            discount(probabilities, self.inside, self.decoding.cut)
        return candidates(
            probabilities,
            self.tokens.words,
            threshold,
            self.decoding.longest_span,
            self.segments,
        )

    def _probabilities(self, vectors: Floats, kind: Kind) -> Floats:
        """[pair, label of the kind]."""
        if kind not in self.labels.vectors:
            return np.zeros((len(vectors), 0), dtype=np.float32)
        return sigmoid(score(vectors, self.labels.vectors[kind])[:, :, 0])

    def _relations(
        self, scores: Floats, mentions: list[ScoredSpan]
    ) -> list[tuple[ScoredSpan, ScoredSpan, int, float]]:
        """Of ``mentions``, by their ``scores`` [head, tail, relation]."""
        if not scores.size:
            return []
        decoding = self.decoding
        types = np.array([m.label for m in mentions])
        scores = scores * self.labels.admitted[types[:, None], types[None, :]]
        scores = outstanding(
            scores, (decoding.head_share, decoding.tail_share, decoding.pair_share)
        )
        heads, tails, relations = np.nonzero(scores >= decoding.relation)
        return [
            (mentions[h], mentions[t], int(r), float(scores[h, t, r]))
            for h, t, r in zip(heads, tails, relations, strict=True)
        ]

    def _roles(
        self,
        vectors: Floats,
        triggers: list[ScoredSpan],
        arguments: list[ScoredSpan],
        row: dict[tuple[int, int], int],
        where: dict[tuple[int, int], int],
    ) -> list[tuple[ScoredSpan, tuple[int, int], int, float]]:
        if not triggers or not arguments:
            return []
        probabilities = self._probabilities(vectors, Kind.ROLE)
        event_names, role_names = self.labels.names[Kind.TRIGGER], self.labels.names[Kind.ROLE]
        result: list[tuple[ScoredSpan, tuple[int, int], int, float]] = []
        for trigger in triggers:
            roles = self.labels.schema.event[event_names[trigger.label]].role
            of_role: dict[int, list[ScoredSpan]] = {}
            for argument in arguments:
                if role_names[argument.label] not in roles:
                    continue
                pair = where[trigger.first, trigger.last], where[argument.first, argument.last]
                likely = float(np.sqrt(probabilities[row[pair], argument.label] * argument.score))
                if likely >= self.decoding.role:
                    of_role.setdefault(argument.label, []).append(replace(argument, score=likely))
            for label, spans in of_role.items():
                spans.sort(key=lambda s: (-s.score, s.first, s.last))
                chosen: list[ScoredSpan] = []
                for span in spans:
                    if span.score < self.decoding.several * spans[0].score:
                        break
                    if not any(span.overlaps(other) for other in chosen):
                        chosen.append(span)
                result += [(trigger, (s.first, s.last), label, s.score) for s in chosen]
        return result

    def _same(
        self,
        vectors: Floats,
        mentions: list[ScoredSpan],
        row: dict[tuple[int, int], int],
        where: dict[tuple[int, int], int],
    ) -> dict[tuple[tuple[int, int], tuple[int, int]], float]:
        probabilities = self._probabilities(vectors, Kind.COREFERENCE)[:, 0]
        spans = sorted({(m.first, m.last) for m in mentions})
        return {
            (a, b): float(probabilities[row[where[a], where[b]]])
            for i, a in enumerate(spans)
            for b in spans[i + 1 :]
        }

    def _shifted(
        self,
        start: int,
        mentions: list[ScoredSpan],
        triggers: list[ScoredSpan],
        relations: list[tuple[ScoredSpan, ScoredSpan, int, float]],
        roles: list[tuple[ScoredSpan, tuple[int, int], int, float]],
        same: dict[tuple[tuple[int, int], tuple[int, int]], float],
    ) -> _Found:
        def s(span: ScoredSpan) -> ScoredSpan:
            return replace(span, first=span.first + start, last=span.last + start)

        def k(key: tuple[int, int]) -> tuple[int, int]:
            return key[0] + start, key[1] + start

        return _Found(
            start,
            [s(m) for m in mentions],
            [s(t) for t in triggers],
            [(s(h), s(t), r, p) for h, t, r, p in relations],
            [(s(t), k(a), r, p) for t, a, r, p in roles],
            {(k(a), k(b)): p for (a, b), p in same.items()},
        )


def _by_ends(
    likely: Floats,
    mentions: list[ScoredSpan],
    row: dict[tuple[int, int], int],
    where: dict[tuple[int, int], int],
) -> Floats:
    """``likely`` [pair, relation] as [head, tail, relation] of ``mentions``; 0 where no pair is."""
    if len(mentions) < 2 or not likely.shape[1]:
        return np.zeros((0, 0, likely.shape[1]), dtype=np.float32)
    place = [where[m.first, m.last] for m in mentions]
    rows = np.array([[row.get((a, b), -1) for b in place] for a in place])
    scores: Floats = likely[rows]
    scores[rows < 0] = 0.0
    return scores


def _readable(text: str) -> str:
    """``text`` with lone surrogates, which the tokenizer refuses, replaced; same length."""
    return _SURROGATE.sub("\ufffd", text)


def _label_language(text: str) -> str:
    """Labels come in two languages; text in any other is read with the English ones."""
    return "zh" if detect(text) == "zh" else "en"


def _merged(spans: Iterable[ScoredSpan]) -> list[ScoredSpan]:
    """Spans that windows may share, each with its best score, best first."""
    best: dict[tuple[int, int, int], ScoredSpan] = {}
    for span in spans:
        key = span.first, span.last, span.label
        if key not in best or span.score > best[key].score:
            best[key] = span
    return best_first(best.values())


def _annotation(
    tokens: Tokens, parts: list[_Found], labels: LabelSet, decoding: Decoding
) -> Annotation:
    """Merges the windows of a text and turns token positions into offsets."""

    def offsets(first: int, last: int) -> tuple[int, int]:
        return int(tokens.starts[first]), int(tokens.ends[last])

    def confidence(layer: str, score: float) -> float:
        return round(curves[layer](score), 4)

    curves = {layer: decoding.curve(layer) for layer in LAYERS}
    entity_names, event_names = labels.names[Kind.ENTITY], labels.names[Kind.TRIGGER]
    spans = select(
        _merged(m for part in parts for m in part.mentions),
        nested_threshold=decoding.nested,
        parents=labels.parents,
        specific_share=labels.specific_share(decoding),
    )
    kept = {(s.first, s.last): i for i, s in enumerate(spans)}
    mentions = [
        Mention(*offsets(s.first, s.last), entity_names[s.label], confidence("entities", s.score))
        for s in spans
    ]

    relations: dict[tuple[int, int, int], float] = {}
    for part in parts:
        for head, tail, relation, likely in part.relations:
            h, t = kept.get((head.first, head.last)), kept.get((tail.first, tail.last))
            if (
                h is None
                or t is None
                or spans[h].label != head.label
                or spans[t].label != tail.label
            ):
                continue
            if labels.schema.relation[labels.names[Kind.RELATION][relation]].symmetric:
                h, t = min(h, t), max(h, t)
            relations[h, t, relation] = max(likely, relations.get((h, t, relation), 0.0))

    triggers = select(
        _merged(t for part in parts for t in part.triggers),
        nested_threshold=1.0,
        parents=[frozenset()] * len(event_names),
        several_labels=True,
    )
    roles: dict[tuple[int, int, int], dict[tuple[int, int, int], float]] = {}
    for part in parts:
        for trigger, argument, role, likely in part.roles:
            fillers = roles.setdefault((trigger.first, trigger.last, trigger.label), {})
            fillers[(*argument, role)] = max(likely, fillers.get((*argument, role), 0.0))
    events = []
    for trigger in triggers:
        found = roles.get((trigger.first, trigger.last, trigger.label), {})
        arguments = sorted(
            Argument(*offsets(a, b), labels.names[Kind.ROLE][r], confidence("arguments", p))
            for (a, b, r), p in found.items()
        )
        score = confidence("triggers", trigger.score)
        place = Span(*offsets(trigger.first, trigger.last), score)
        events.append(Event(event_names[trigger.label], place, tuple(arguments), score))

    same: dict[tuple[int, int], float] = {}
    for part in parts:
        for (a, b), likely in part.same.items():
            i, j = kept.get(a), kept.get(b)
            if i is not None and j is not None and i != j:
                pair = min(i, j), max(i, j)
                same[pair] = max(likely, same.get(pair, 0.0))
    return Annotation(
        mentions=tuple(mentions),
        relations=tuple(
            Relation(labels.names[Kind.RELATION][r], h, t, confidence("relations", p))
            for (h, t, r), p in sorted(relations.items())
        ),
        events=tuple(events),
        clusters=tuple(link(same, decoding.coreference)),
    )
