"""Pronouns that stand for the person whom an article is about: "He was born in ..."."""

from __future__ import annotations

import re
from collections.abc import Sequence

from model.distant.linking import Link, Linked

_PRONOUN = re.compile(r"(?P<he>He\b|他(?![们們]))|(?P<she>She\b|她(?![们們]))")
_EARLY = 40


def pronoun_links(text: str, spans: Sequence[tuple[int, int]], linked: Linked) -> list[Link]:
    """Links of pronouns that begin a sentence to the subject of the text, a person.

    Cautious: the sentence before must begin with the subject's name or with such a pronoun, and
    only the pronoun that the text uses first counts.
    """
    if linked.subject is None:
        return []
    starts = [link.start for link in linked.links if link.entity == linked.subject]
    gender: str | None = None
    found: list[Link] = []
    about_subject = False
    for start, end in spans:
        match = _PRONOUN.match(text, start, end)
        if match is None:
            about_subject = any(start <= place < min(end, start + _EARLY) for place in starts)
            continue
        if about_subject and gender is None:
            gender = match.lastgroup
        if about_subject and match.lastgroup == gender:
            found.append(Link(match.start(), match.end(), linked.subject, "pronoun"))
        else:
            about_subject = False
    return found
