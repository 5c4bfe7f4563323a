"""A document of which every part wants to be something else than text."""

from __future__ import annotations

from collections.abc import Sequence

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.schema import Schema

TITLE = "</h3><script>window.hacked=1</script> **title** [x](javascript:hack())"
IMAGE = "<img src=x onerror=window.hacked=1>"
MARKDOWN = "**Mallory** [link](javascript:hack()) :red[x] $x^2$"
CYPHER = "`}) DETACH DELETE n //"
TEXT = f"{MARKDOWN} founded {IMAGE} near {CYPHER}."


class HostileExtractor:
    """Finds the names of `TEXT`, and that one founded another."""

    fingerprint = "hostile"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(i, i + 1) for i, c in enumerate(text) if not c.isspace()]

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        return [_annotation() for _ in texts]


def _annotation() -> Annotation:
    person, organization, place = (
        Mention(TEXT.index(name), TEXT.index(name) + len(name), kind)
        for name, kind in (
            (MARKDOWN, "person"),
            (IMAGE, "organization"),
            (CYPHER, "location"),
        )
    )
    trigger = TEXT.index("founded")
    return Annotation(
        (person, organization, place),
        (Relation("founded by", 1, 0), Relation("headquarters location", 1, 2)),
        (
            Event(
                "founding",
                Span(trigger, trigger + 7),
                (
                    Argument(person.start, person.end, "founder"),
                    Argument(organization.start, organization.end, "organization founded"),
                ),
            ),
        ),
    )
