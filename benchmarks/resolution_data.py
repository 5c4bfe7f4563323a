"""Labelled pairs of names, from the data sets in DATA (the folder that holds ie/ and er/)."""

from __future__ import annotations

import csv
import json
import lzma
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Indel

from graph import names
from graph.names import Family, normalise, simplified
from graph.reference import reference
from graph.resolving.blocking import candidate_pairs
from graph.resolving.comparing import conflict
from graph.resolving.profiles import Profile, full_names, profile

SURNAMES_ZH = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚"
    "谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
"""Surnames of most Chinese people."""
FAMILIES: dict[str, Family] = {
    "person": "person",
    "organization": "organization",
    "location": "place",
    "place": "place",
    "geo-political entity": "place",
    "facility": "place",
    "miscellaneous": "other",
    "object": "other",
    "event": "other",
    "vehicle": "other",
}


@dataclass(slots=True)
class Labelled:
    """Profiles, the pairs of them (rows) that are compared, and which are one thing.

    ``missed`` counts pairs that are one thing and that blocking does not bring together.
    """

    profiles: list[Profile]
    pairs: np.ndarray
    labels: np.ndarray
    missed: int = 0


def records(folder: Path, *parts: str) -> Iterator[dict[str, Any]]:
    """The records of a data set."""
    for part in parts:
        with lzma.open(folder / f"{part}.jsonl.xz", "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@dataclass(frozen=True, slots=True)
class Thing:
    """The names of one thing in one document, and its link to a knowledge base, if known."""

    family: Family
    document: str
    link: str
    names: frozenset[str]


def things(folder: Path, *parts: str) -> Iterator[Thing]:
    """What each document names, by its gold coreference."""
    for record in records(folder, *parts):
        entities = record["entities"]
        clusters = [list(cluster) for cluster in record.get("clusters", ())]
        clustered = {index for cluster in clusters for index in cluster}
        clusters += [[index] for index in range(len(entities)) if index not in clustered]
        for cluster in clusters:
            family = FAMILIES.get(entities[cluster[0]]["type"].casefold())
            if family is None:
                continue
            found, link = set(), ""
            for index in cluster:
                e = entities[index]
                mentioned = reference(record["text"][e["start"] : e["end"]], family)
                if mentioned.form == "name" and e.get("mention", "PROP") == "PROP":
                    found.add(mentioned.name)
                link = link or e.get("link") or ""
            if found:
                yield Thing(family, record["id"], link, frozenset(found))


def usable(form: str, family: Family) -> bool:
    """Whether a form could be an identity key."""
    if not form or names.is_generic(form):
        return False
    return family != "person" or (" " in form or "·" in form)


def names_in_one_script(found: Iterable[Thing], family: Family) -> Labelled:
    """Candidate pairs of names of one family.

    Pairs that name one thing somewhere are so labelled; pairs that name two things in one
    document, or two with different links, are not; nor are others, unless they are spelled
    alike, of which nothing is known.
    """
    together: set[tuple[str, str]] = set()
    owners: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for number, thing in enumerate(found):
        if thing.family == family:
            mine = {f for f in (normalise(n, family) for n in thing.names) if usable(f, family)}
            together |= set(combinations(sorted(mine), 2))
            for form in mine:
                owners[form].add((thing.document, thing.link or f"{number}"))
    by_link: defaultdict[str, set[str]] = defaultdict(set)
    for form, who in owners.items():
        for _, link in who:
            if not link.isdigit():
                by_link[link].add(form)
    for forms in by_link.values():
        together |= set(combinations(sorted(forms), 2))
    ordered = sorted(owners)
    profiles = [profile(form, family) for form in ordered]
    pairs = candidate_pairs(profiles, across=False)
    labels, known = [], []
    for a, b in pairs.tolist():
        one, two = ordered[a], ordered[b]
        same = (one, two) in together
        documents = {d for d, _ in owners[one]} & {d for d, _ in owners[two]}
        if conflict(profiles[a], profiles[b]):  # decided without weights
            labels.append(False)
            known.append(False)
            continue
        alike = Indel.normalized_similarity(profiles[a].plain, profiles[b].plain) > 0.85
        labels.append(same)
        known.append(same or bool(documents) or not alike)
    keep = np.array(known, bool)
    truth = np.array(labels, bool)[keep]
    return Labelled(profiles, pairs[keep], truth, len(together) - int(truth.sum()))


def nickname_pairs(surnames: list[str], givens: Iterable[str]) -> Labelled:
    """People under a short and a full given name; made from the table of nicknames."""
    profiles: list[Profile] = []
    for number, given in enumerate(sorted(givens)):
        for full in sorted(full_names(given))[:1]:
            surname = surnames[number % len(surnames)]
            profiles += [
                profile(f"{given} {surname}", "person"),
                profile(f"{full} {surname}", "person"),
            ]
    pairs = np.arange(len(profiles)).reshape(-1, 2)
    return Labelled(profiles, pairs, np.ones(len(pairs), bool))


def family_across(chinese: str, english: str) -> Family:
    """A person where the Chinese name looks like one's, else a place; types are not in the data."""
    if "·" in chinese:
        return "person"
    native = 2 < len(chinese) < 4 and simplified(chinese)[0] in SURNAMES_ZH
    return "person" if native and 1 < len(english.split()) < 4 else "place"


def names_across(folder: Path, half: int, families: tuple[Family, ...] = ("person",)) -> Labelled:
    """Chinese and English names of DBP15K; ``half`` 0 or 1 of the pairs by their number."""
    with (folder / "pairs.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    rows = [row for number, row in enumerate(rows) if number % 2 == half]
    spelled = [re.sub(r" ?[(（].*", "", row[k]) for k in ("zh_name", "en_name") for row in rows]
    size = len(rows)
    family: list[Family] = [family_across(*spelled[row::size]) for row in range(size)]
    profiles = [
        profile(normalise(name, family[row % size]), family[row % size])
        for row, name in enumerate(spelled)
    ]
    pairs = candidate_pairs(profiles, max_block=200)
    han = np.array([p.han for p in profiles])
    pairs = pairs[(pairs[:, 0] < size) & (pairs[:, 1] >= size)]
    pairs = pairs[han[pairs[:, 0]] & ~han[pairs[:, 1]]]
    forms = [p.form for p in profiles]
    same = {(forms[i], forms[size + i]) for i in range(size)}
    labels = np.array([(forms[a], forms[b]) in same for a, b in pairs.tolist()], bool)
    possible = sum(han[i] and not han[size + i] for i in range(size))
    return Labelled(profiles, pairs, labels, int(possible - labels.sum()))
