"""Training data by distant supervision: texts and a graph in, annotated records out.

Mintz et al. 2009, *Distant supervision for relation extraction without labeled data*; with the
type constraints, alias folding and topics of KG2Instruction (Gui et al. 2023). A record says
where each fact comes from: the triple of the graph and how it was found in the text.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.documents import Failure
from ingest.sentences import sentences
from ingest.walk import walk
from model.annotations import Annotation, Mention, Relation
from model.compressed import DAMAGED, open_bytes
from model.distant.alignment import Aligner, Drops, Fact, Mentioned
from model.distant.graph import KnowledgeGraph
from model.distant.linking import Link, Linked, Linker
from model.distant.literals import Normaliser
from model.distant.pronouns import pronoun_links
from model.distant.recipe import Recipe
from model.distant.refine import Refined
from model.distant.topics import topic_of
from model.records import Record, RecordError, Where, parse_record
from model.schema import Schema

logger = logging.getLogger(__name__)

_JSON_LINES = (".jsonl", ".jsonl.gz", ".jsonl.xz", ".ndjson")
_LAYERS = frozenset(("entities", "relations", "clusters"))


@dataclass(frozen=True, slots=True)
class Text:
    """One text to align. ``title`` is "" where it has none."""

    id: str
    title: str
    text: str


@dataclass(slots=True)
class DistantReport:
    """Counts of one run. ``drops`` says why facts of the graph, both of whose ends a sentence
    names, were not taken from it."""

    texts: int = 0
    failed: int = 0
    characters: int = 0
    with_subject: int = 0
    mentions: int = 0
    records: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    drops: Drops = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """The counts as a JSON object."""
        own = ("texts", "failed", "characters", "with_subject", "mentions", "records")
        counts: dict[str, Any] = {name: getattr(self, name) for name in own}
        return counts | {
            "facts": self.facts.total(),
            "relations": dict(self.facts.most_common()),
            "dropped": dict(self.drops.most_common()),
        }


def read_texts(paths: Iterable[str | Path], report: DistantReport | None = None) -> Iterator[Text]:
    """The texts of files and folders, one in memory at a time.

    JSON lines, plain or compressed, have ``id``, ``text`` and mostly ``title`` on each line;
    other files are read as ``kgbuilder build`` reads them. What cannot be read is logged, counted
    and passed over. Raises OSError for a file that cannot be opened.
    """
    report = DistantReport() if report is None else report
    for path in map(Path, paths):
        if path.name.endswith(_JSON_LINES):
            yield from _json_lines(path, report)
            continue
        for document in walk([path]):
            if isinstance(document, Failure):
                logger.error("%s: %s", document.uri, document.reason)
                report.failed += 1
            else:
                yield Text(document.id, document.title, document.text)


def _json_lines(path: Path, report: DistantReport) -> Iterator[Text]:
    with open_bytes(path) as file:
        try:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    record = parse_record(line, f"{path}, line {number}")
                except RecordError as error:
                    logger.error("%s", error)
                    report.failed += 1
                    continue
                title = record.extra.get("title")
                yield Text(record.id, title if isinstance(title, str) else "", record.text)
        except DAMAGED as error:
            logger.error("%s: damaged: %s", path, error)
            report.failed += 1


class DistantAnnotator:
    """Aligns texts with a graph, text by text; what it keeps does not grow with them."""

    def __init__(
        self,
        graph: KnowledgeGraph,
        schema: Schema,
        recipe: Recipe,
        normalise: Normaliser | None = None,
    ) -> None:
        """``normalise`` makes values of texts and graph comparable; without it dates, numbers
        and quantities are not aligned. Raises RecipeError where recipe and schema disagree."""
        recipe.check(schema)
        self._graph = graph
        self._recipe = recipe
        self._aligner = Aligner(graph, schema, recipe, normalise)
        self._linker = Linker(
            graph,
            recipe.minimum_name,
            lambda entity: recipe.short_names and self._is_person(entity),
        )
        self.report = DistantReport()
        self._taken: Counter[tuple[str, tuple[str, str, str]]] = Counter()

    def annotate(self, texts: Iterable[Text]) -> Iterator[Record]:
        """The records of all texts, in order, as they are made."""
        for text in texts:
            records = self.records(text)
            self.report.texts += 1
            self.report.characters += len(text.text)
            self.report.records += len(records)
            yield from records

    def records(self, text: Text) -> list[Record]:
        """The records of one text: its passages that state a fact."""
        linked = self._linker.link(text.title, text.text)
        self.report.with_subject += linked.subject is not None
        if not linked.links:
            return []
        topic = None
        if self._recipe.topics:
            topic = topic_of(linked, self._aligner.types, self._recipe.topics)
            if topic is None:
                return []
        found = []
        spans = sentences(text.text)
        if self._recipe.pronouns and self._is_person(linked.subject):
            more = pronoun_links(text.text, spans, linked)
            links = sorted((*linked.links, *more), key=lambda link: link.start)
            linked = replace(linked, links=tuple(links))
        for start, end, inside in self._passages(spans):
            links = [link for link in linked.links if start <= link.start and link.end <= end]
            if not links:
                continue
            facts = self._facts(text.text, inside, links, linked, topic)
            if facts or self._recipe.alias_relation:
                record = self._record(text, start, end, links, facts, topic)
                if record is not None:
                    found.append(record)
        return found

    def _is_person(self, entity: int | None) -> bool:
        return entity is not None and self._aligner.types.get(entity) in self._recipe.person_types

    def _passages(
        self, spans: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
        """Spans of passages and of their sentences: as many as fit, or one."""
        passage: list[tuple[int, int]] = []
        for span in spans:
            if passage and span[1] - passage[0][0] > self._recipe.passage_characters:
                yield passage[0][0], passage[-1][1], passage
                passage = []
            passage.append(span)
        if passage:
            yield passage[0][0], passage[-1][1], passage

    def _facts(
        self,
        text: str,
        spans: Iterable[tuple[int, int]],
        links: Sequence[Link],
        linked: Linked,
        topic: str | None,
    ) -> list[Fact]:
        facts: list[Fact] = []
        seen: set[tuple[str, tuple[str, str, str]]] = set()
        for span in spans:
            inside = [link for link in links if span[0] <= link.start and link.end <= span[1]]
            if not inside:
                continue
            if span[1] - span[0] > self._recipe.sentence_characters:
                self.report.drops["sentence too long"] += 1
                continue
            for fact in self._aligner.facts(text, span, inside, linked.subject, self.report.drops):
                if (key := (fact.relation, fact.triple)) not in seen:
                    seen.add(key)
                    facts.append(fact)
        relations = self._recipe.topics[topic].relations if topic is not None else None
        if relations is not None:
            kept = [fact for fact in facts if fact.relation in relations]
            self.report.drops["not a relation of the topic"] += len(facts) - len(kept)
            facts = kept
        if (most := self._recipe.most_per_triple) is not None:
            kept = [fact for fact in facts if self._taken[fact.relation, fact.triple] < most]
            self._taken.update((fact.relation, fact.triple) for fact in kept)
            self.report.drops["triple stated often enough"] += len(facts) - len(kept)
            facts = kept
        return facts

    def _record(
        self,
        text: Text,
        start: int,
        end: int,
        links: Sequence[Link],
        facts: Sequence[Fact],
        topic: str | None,
    ) -> Record | None:
        mentioned = {
            Mentioned(link.start, link.end, kind, link.entity, link.how)
            for link in links
            if (kind := self._aligner.type_of(link.entity)) is not None
        }
        mentioned |= {fact.tail for fact in facts if fact.tail.entity is None}
        order = sorted(mentioned, key=lambda m: (m.start, m.end, m.type))
        place = {mention: index for index, mention in enumerate(order)}
        clusters = _clusters(order)
        relations = [Relation(f.relation, place[f.head], place[f.tail]) for f in facts]
        extra: dict[Where, dict[str, Any]] = {
            ("entities", index): self._entity_extra(mention) for mention, index in place.items()
        }
        for index, fact in enumerate(facts):
            extra["relations", index] = {"source": list(fact.triple), "matched": fact.matched}
        for main, other in self._aliases(text.text, order, clusters):
            extra["relations", len(relations)] = {"matched": "alias"}
            assert self._recipe.alias_relation is not None
            relations.append(Relation(self._recipe.alias_relation, main, other))
        if not relations:
            return None
        self.report.mentions += len(order)
        self.report.facts.update(relation.type for relation in relations)
        record_extra: dict[str, Any] = {"document": text.id}
        if text.title:
            record_extra["title"] = text.title
        if topic is not None:
            record_extra["topic"] = topic
        return Record(
            id=f"{text.id}#{start}",
            text=text.text[start:end],
            annotation=Annotation(
                mentions=tuple(Mention(m.start - start, m.end - start, m.type) for m in order),
                relations=tuple(relations),
                clusters=clusters,
            ),
            lang=self._recipe.language,
            layers=_LAYERS,
            partial=_LAYERS,  # what the graph does not know is not labelled
            extra=record_extra,
            item_extra=extra,
        )

    def _entity_extra(self, mention: Mentioned) -> dict[str, Any]:
        if mention.entity is None:
            return {"value": mention.normal}
        return {
            "link": self._graph.ids[mention.entity],
            "name": self._graph.name(mention.entity),
            "matched": mention.how,
        }

    def _aliases(
        self, text: str, order: Sequence[Mentioned], clusters: Iterable[tuple[int, ...]]
    ) -> Iterator[tuple[int, int]]:
        """The first mention of an entity and one of each other name that a passage has for it."""
        if self._recipe.alias_relation is None:
            return
        for main, *others in clusters:
            seen = {text[order[main].start : order[main].end]}
            for other in others:
                name = text[order[other].start : order[other].end]
                if name not in seen:
                    seen.add(name)
                    yield main, other


def _clusters(order: Sequence[Mentioned]) -> tuple[tuple[int, ...], ...]:
    """Mentions of one entity, folded together."""
    members: dict[int, list[int]] = {}
    for index, mention in enumerate(order):
        if mention.entity is not None:
            members.setdefault(mention.entity, []).append(index)
    return tuple(tuple(indexes) for indexes in members.values() if len(indexes) > 1)


def dump_report(report: DistantReport, model: Refined | None = None) -> str:
    """The counts of a run, and of a model's second opinion, as indented JSON."""
    data = report.to_json()
    if model is not None:
        data["model"] = asdict(model)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
