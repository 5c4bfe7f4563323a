"""The class of a text, told by what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from model.distant.linking import Linked
from model.distant.recipe import Topic


def topic_of(linked: Linked, types: Mapping[int, str], topics: Mapping[str, Topic]) -> str | None:
    """The topic of the entity that the title names, else the one that most mentions fall into.

    None where neither tells: no subject of a known type, and no mention, or two topics with as
    many mentions.
    """
    by_type: dict[str, str] = {}
    for name, topic in topics.items():
        for own in topic.types:
            by_type.setdefault(own, name)
    if linked.subject is not None and (kind := types.get(linked.subject)) is not None:
        return by_type.get(kind)
    counts = Counter(
        by_type[kind]
        for link in linked.links
        if (kind := types.get(link.entity)) is not None and kind in by_type
    )
    best = counts.most_common(2)
    if not best or (len(best) == 2 and best[0][1] == best[1][1]):
        return None
    return best[0][0]
