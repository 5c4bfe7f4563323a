"""Which entity a name in a text means: by the text's title and by neighbours in the graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from model.distant.dictionary import Dictionary, Match, is_partial
from model.distant.folding import fold, is_cjk_name, without_qualifier
from model.distant.graph import KnowledgeGraph

How = Literal["title", "title name", "pronoun", "name", "neighbours"]
_LEAD = re.compile(r"\s*([^\W\d_][^(（,，。:：\n]{2,80}?)\s*(?:[(（,，]| (?:is|was|are|were) )")


@dataclass(frozen=True, slots=True)
class Link:
    """A mention of an entity of the graph, and how it was told.

    ``title``: it is written as the title, which names the entity. ``title name``: a short or a
    long form of the title's name. ``pronoun``: "he" or "she" for the title's. ``name``: the name
    is no other's. ``neighbours``: the entity has edges to others in the text.
    """

    start: int
    end: int
    entity: int
    how: How


@dataclass(frozen=True, slots=True)
class Linked:
    """``subject`` is the entity that the title names. Links are sorted and do not overlap."""

    subject: int | None
    links: tuple[Link, ...]


class Linker:
    """Links the names in texts. One name means one thing in one text."""

    def __init__(
        self,
        graph: KnowledgeGraph,
        minimum_name: int = 2,
        short_names: Callable[[int], bool] = lambda entity: False,
    ) -> None:
        """``short_names`` tells for which subjects the last part of the name stands for them."""
        self._graph = graph
        self._dictionary = Dictionary(graph.names, minimum_name)
        self._short_names = short_names

    def link(self, title: str, text: str) -> Linked:
        """Link a text; memory and time in proportion to its length."""
        folded = fold(text)
        matches = self._dictionary.find(folded)
        subject, blocked = self._subject(title)
        candidates = self._candidates({match.name for match in matches} - blocked)
        chosen = self._choose(candidates, subject)
        links = [
            Link(match.start, match.end, *chosen[match.name])
            for match in matches
            if match.name in chosen
        ]
        if subject is not None:
            links += self._subject_links(title, folded, subject, links)
        return Linked(subject, tuple(sorted(links, key=lambda link: link.start)))

    def _subject(self, title: str) -> tuple[int | None, frozenset[str]]:
        """The entity that the title names, and names that mean something else in its text."""
        name = fold(" ".join(title.split()))
        bare = without_qualifier(name)
        labelled = [n for n, kind in self._graph.names.get(name, {}).items() if kind == "label"]
        if len(labelled) == 1:
            return labelled[0], frozenset()
        if name in self._graph.names or bare in self._graph.names:
            # A namesake that the graph does not have, or one of several: its own name, in its
            # own article, is not that of the entity in the graph.
            return None, frozenset((name, bare))
        return None, frozenset()

    def _candidates(self, names: Iterable[str]) -> dict[str, dict[int, str]]:
        return {name: dict(self._graph.names[name]) for name in names}

    def _choose(
        self, candidates: dict[str, dict[int, str]], subject: int | None
    ) -> dict[str, tuple[int, How]]:
        chosen: dict[str, tuple[int, How]] = {}
        for name, entities in candidates.items():
            if subject is not None and subject in entities:
                chosen[name] = (subject, "title")
            elif len(entities) == 1 and _is_telling(name):
                ((entity, kind),) = entities.items()
                if kind != "bare":
                    chosen[name] = (entity, "name")
        # Names that tell less need an edge to what is known, or to each other.
        anchors = {entity for entity, _ in chosen.values()}
        if subject is not None:
            anchors.add(subject)
        open_names = [name for name in candidates if name not in chosen]
        alone = {next(iter(candidates[name])) for name in open_names if len(candidates[name]) == 1}
        for name in sorted(open_names):
            scores: dict[int, int] = defaultdict(int)
            for entity in candidates[name]:
                for other in anchors | alone:
                    if other != entity and self._graph.connected(entity, other):
                        scores[entity] += 2 if other == subject else 1
            best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
            if best and (len(best) == 1 or best[0][1] > best[1][1]):
                chosen[name] = (best[0][0], "neighbours")
        return chosen

    def _subject_links(
        self, title: str, folded: str, subject: int, links: list[Link]
    ) -> list[Link]:
        """Other forms of the title's name: the long one that an article begins with, a surname."""
        bare = without_qualifier(fold(" ".join(title.split())))
        forms = []
        parts = re.split("·" if is_cjk_name(bare) else " ", bare)
        lead = _LEAD.match(folded)
        if lead is not None and lead[1] != bare and _is_long_form(bare, lead[1]):
            forms.append(lead[1])
        last = parts[-1]
        if (
            len(parts) > 1
            and len(last) >= 2
            and (last[0].isupper() or is_cjk_name(last))
            and self._short_names(subject)
        ):
            forms.append(last)
        taken = [(link.start, link.end) for link in links]
        found: list[Link] = []
        for form in forms:
            border = "" if is_cjk_name(form) else r"\b"
            for match in re.finditer(border + re.escape(form) + border, folded):
                start, end = match.span()
                if any(start < e and s < end for s, e in taken):
                    continue
                if form is last and is_partial(folded, Match(start, end, form)):
                    continue
                taken.append((start, end))
                found.append(Link(start, end, subject, "title name"))
        return found


def _is_telling(name: str) -> bool:
    """Whether a name is unlikely to mean anything but its only bearer in the graph."""
    if is_cjk_name(name):
        return len(name) >= 4 or "·" in name
    return " " in name and any(character.isupper() for character in name)


def _is_long_form(title: str, lead: str) -> bool:
    """``George Walker Bush`` of ``George W. Bush``: same first letter, same last word."""
    words, title_words = lead.split(), title.split()
    return (
        len(words) >= 2
        and len(title_words) >= 2
        and words[-1] == title_words[-1]
        and words[0][0] == title_words[0][0]
    )
