"""A test double: an extractor of a few rules, for tests of what surrounds an extractor.

It stands in for the bundled model, which costs seconds to load. It knows people (two capitalised
words), organizations (ending in Company, Institute or 公司), years, and who founded or joined
what. In the environment, ``RULE_EXTRACTOR_PAUSE`` makes every batch take that many seconds, and
``RULE_EXTRACTOR_VERSION`` changes the fingerprint.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.schema import Schema

_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")
_ORGANIZATION = re.compile(
    r"[A-Z][a-z]+ (?:[A-Z][a-z]+ )?(?:Company|Institute)|[\u4e00-\u9fff]{2}公司"
)
_PERSON = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+|[\u4e00-\u9fff]{2,3}(?=创立|加入)")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_FOUNDED = re.compile(r"founded|创立")
_JOINED = re.compile(r"joined|加入")
_SENTENCE = re.compile(r"[^.。]+[.。]?")


class RuleExtractor:
    """Fails on texts that hold ``UNREADABLE``, as a model can fail on some input."""

    def __init__(self) -> None:
        self.fingerprint = "rules-" + os.environ.get("RULE_EXTRACTOR_VERSION", "1")
        self.pause = float(os.environ.get("RULE_EXTRACTOR_PAUSE", "0"))
        self.texts = 0  # asked so far

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _TOKEN.finditer(text)]

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        time.sleep(self.pause)
        self.texts += len(texts)
        return [_annotate(text) for text in texts]


def _annotate(text: str) -> Annotation:
    if "UNREADABLE" in text:
        raise ValueError("the text is unreadable")
    found = {match.span(): "organization" for match in _ORGANIZATION.finditer(text)}
    for match in _PERSON.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in found):
            found[match.span()] = "person"
    found |= {match.span(): "date" for match in _YEAR.finditer(text)}
    mentions = tuple(sorted(Mention(*span, type_, 0.9) for span, type_ in found.items()))
    relations: list[Relation] = []
    events: list[Event] = []
    for sentence in _SENTENCE.finditer(text):
        inside = {
            kind: [
                index
                for index, mention in enumerate(mentions)
                if mention.type == kind
                and sentence.start() <= mention.start
                and mention.end <= sentence.end()
            ]
            for kind in ("person", "organization", "date")
        }
        if not inside["person"] or not inside["organization"]:
            continue
        person, organization = inside["person"][0], inside["organization"][0]
        if trigger := _FOUNDED.search(text, *sentence.span()):
            relations.append(Relation("founded by", organization, person, 0.8))
            arguments = [
                Argument(mentions[person].start, mentions[person].end, "founder", 0.8),
                Argument(
                    mentions[organization].start,
                    mentions[organization].end,
                    "organization founded",
                    0.8,
                ),
            ]
            for date in inside["date"][:1]:
                arguments.append(Argument(mentions[date].start, mentions[date].end, "time", 0.8))
            events.append(Event("founding", Span(*trigger.span(), 0.7), tuple(arguments), 0.7))
        if _JOINED.search(text, *sentence.span()):
            relations.append(Relation("employer", person, organization, 0.8))
    return Annotation(mentions, tuple(relations), tuple(events))
