"""Typed names from the definitions with which encyclopaedia articles begin.

"Ann Lee was a Welsh harpist ..." and "东富山站是……铁路车站" say what a title is, in thousands of
kinds that no annotated set has. Each title so typed is marked in its own article and wherever else
it is named, with its type and the broader type that WordNet gives it, as a partially annotated set
in the format of the others.

    python -m model.span.definitions --data ../shared/data --out runs/made

What is not marked may well be a name of a type on offer, so the records say ``partial``.
"""

from __future__ import annotations

import argparse
import json
import logging
import lzma
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import ahocorasick  # type: ignore[import-not-found]  # compiled, without stubs

from ingest.sentences import sentences
from model.span.vocabulary import folding_table, read_jsonl

logger = logging.getLogger(__name__)

FEWEST = {"zh": 12, "en": 15}  # titles of a type, for it to be one
MOST = {"zh": 120, "en": 100}  # mentions of a type that are kept, so that villages leave room
LONGEST = {"zh": 260, "en": 480}  # characters of a text
SHORTEST_NAME = {"zh": 4, "en": 5}  # of a title that is looked for in other articles
# The lexicographer files of WordNet that make good broad types, with their names.
BROAD = {
    "noun.person": ("person", "人物"),
    "noun.location": ("location", "地点"),
    "noun.group": ("organization", "组织机构"),
    "noun.animal": ("animal", "动物"),
    "noun.plant": ("plant", "植物"),
    "noun.substance": ("substance", "物质"),
    "noun.food": ("food", "食物"),
    "noun.event": ("event", "事件"),
    "noun.communication": ("creative work", "作品"),
    "noun.object": ("natural place", "自然地点"),
    "noun.body": ("body part", "身体部位"),
}
# Heads of definitions that tell no type.
EMPTY = frozenset(
    (
        "name",
        "title",
        "attempt",
        "form",
        "being",
        "term",
        "list",
        "part",
        "one",
        "member",
        "way",
        "national",
        "son",
        "daughter",
        "type",
        "kind",
        "set",
        "word",
        "phrase",
        "example",
        "result",
        "process",
        "use",
        "number",
        "unit",
        "case",
        "point",
        "state",
        "period",
        "名称",
        "名词",
        "单位",
        "形式",
        "方式",
        "分支",
        "一部分",
        "类型",
        "关系",
        "成员",
        "用语",
        "术语",
        "系列",
        "称号",
        "现象",
        "结构",
        "行为",
        "之一",
        "部分",
        "中心",
        "平台",
        "系统",
        "工具",
        "技术",
        "方法",
        "服务",
        "项目",
    )
)
_CHINESE = re.compile(
    r"^(?P<name>.{2,20}?)(?:（[^）]*）|\([^)]*\))?，?[^。，]{0,6}(?:是|為|为)(?P<what>[^。，；,;（(]{2,40})"
)
_ENGLISH = re.compile(
    r"^(?P<name>[^.]{2,80}?) (?:is|was|are|were) (?:a|an|the|one of the) (?P<what>[^.;,(]{3,90})"
)
_ENGLISH_END = re.compile(
    r" (?:in|of|from|who|that|which|and|or|for|by|at|on|to|with|as|located|based|born|known|"
    r"situated|made|directed|written|released|published|founded|formed|produced|created|"
    r"near|within|used|about|under|between|during|set|consisting|containing|found|owned|operated|"
    r"currently|whose|where|when|since|part|along|after|held|featuring|starring|developed)\b.*"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A title, what its definition calls it, and the broad type of that."""

    name: str
    type: str
    broad: str | None


def senses(wordnet: Path, language: str) -> dict[str, str]:
    """The lexicographer file in which most senses of a noun lie."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in read_jsonl(wordnet):
        if row["pos"] == "n" and not row.get("instance"):
            for rank, lemma in enumerate(row[language]):
                votes[lemma.replace("_", " ").lower()][row["semantic"]] += 2 if rank == 0 else 1
    return {lemma: counts.most_common(1)[0][0] for lemma, counts in votes.items()}


def kinds_in(definition: str, language: str) -> list[str]:
    """Candidates for the type that a definition ends in, the longest first."""
    if language == "zh":
        return [definition[-n:] for n in (6, 5, 4, 3, 2) if len(definition) >= n]
    words = _ENGLISH_END.sub("", definition).lower().split()
    return [" ".join(words[-n:]) for n in (2, 1) if len(words) >= n]


def _name(article: dict[str, Any], folding: dict[int, int]) -> str:
    """The title, without what tells it from others of the name."""
    return re.sub(r" \(.*\)$", "", article["title"].translate(folding))


def typed_titles(articles: Iterable[dict[str, Any]], language: str, data: Path) -> list[Typed]:
    """Titles whose article begins with a definition that ends in a common enough type."""
    pattern = _CHINESE if language == "zh" else _ENGLISH
    folding = folding_table() if language == "zh" else {}
    known = senses(data / "lex" / "wordnet.jsonl.xz", language)
    found: list[tuple[str, list[str]]] = []
    for article in articles:
        text = article["text"][:200].translate(folding)
        title = _name(article, folding)
        match = pattern.match(text.strip("《"))
        if not match or title[:2] not in match["name"][: len(title) + 3]:
            continue
        found.append((title, kinds_in(match["what"].strip(), language)))
    counts = Counter(kind for _, kinds in found for kind in kinds)
    result = []
    for title, kinds in found:
        for kind in kinds:
            noun = kind if language == "zh" else kind.split()[-1]
            if noun in EMPTY:
                break
            if counts[kind] >= FEWEST[language] and (kind in known or noun in known):
                sense = known.get(kind) or known[noun]
                name = BROAD.get(sense, (None, None))[0 if language == "en" else 1]
                result.append(Typed(title, kind, name if name != kind else None))
                break
    return result


def records(
    articles: Iterable[dict[str, Any]], typed: list[Typed], language: str, seed: int
) -> Iterator[dict[str, Any]]:
    """Texts in which typed titles are marked; rare types first, so that their texts are kept."""
    folding = folding_table() if language == "zh" else {}
    by_name: dict[str, Typed | None] = {}
    for item in typed:  # a name of two things tells nothing
        by_name[item.name] = None if item.name in by_name else item
    names = {name: item for name, item in by_name.items() if item}
    finder = ahocorasick.Automaton()
    for name, item in names.items():
        if len(name) >= SHORTEST_NAME[language] and (language == "zh" or " " in name):
            finder.add_word(name, item)
    finder.make_automaton()
    frequency = Counter(item.type for item in typed)
    rng = random.Random(seed)
    order = sorted(
        ((frequency[names[name].type], rng.random()), name, article)
        for article in articles
        if (name := _name(article, folding)) in names
    )
    kept: Counter[str] = Counter()
    for _, name, article in order:
        text = _beginning(article["text"], LONGEST[language])
        plain = text.translate(folding)
        own = names[name]
        places = _marks(plain, finder, own, language)
        marked = [(a, b, item) for (a, b), item in places if kept[item.type] < MOST[language]]
        if not any(item is own for *_, item in marked) or (len(marked) < 2 and rng.random() < 0.5):
            continue
        kept.update(item.type for *_, item in marked)
        entities = [
            {"start": a, "end": b, "type": kind}
            for a, b, item in marked
            for kind in (item.type, item.broad)
            if kind
        ]
        yield {
            "id": f"definitions/{article['id']}",
            "lang": language,
            "text": text,
            "entities": sorted(entities, key=lambda e: (e["start"], e["end"], e["type"])),
            "partial": ["entities"],
        }


def _beginning(text: str, longest: int) -> str:
    end = 0
    for _, stop in sentences(text[: 3 * longest]):
        if (stop > longest and end) or stop > 2 * longest:
            break
        end = stop
    return text[:end]


def _marks(
    text: str, finder: Any, own: Typed, language: str
) -> list[tuple[tuple[int, int], Typed]]:
    """Places of typed names that do not overlap, the longest first."""
    found: list[tuple[int, int, Typed]] = []
    found += [(end - len(item.name) + 1, end + 1, item) for end, item in finder.iter(text)]
    own_names = [own.name]
    if own.broad in BROAD["noun.person"]:  # people go by their last name
        last = re.split("·" if language == "zh" else " ", own.name)[-1]
        own_names += [last] if len(last) >= 3 else []
    found += [(m.start(), m.end(), own) for n in own_names for m in re.finditer(re.escape(n), text)]
    taken = [False] * len(text)
    marks = []
    for start, end, item in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
        if any(taken[start:end]):
            continue
        whole = not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
        if language == "zh" or whole:
            taken[start:end] = [True] * (end - start)
            marks.append(((start, end), item))
    return sorted(marks, key=lambda mark: mark[0])


def make(data: Path, language: str, out: Path, most: int, seed: int = 13) -> None:
    """Writes the set ``definitions_LANGUAGE`` below ``out``."""
    source = {"zh": "zh_wikipedia", "en": "en_wikipedia_leads"}[language]
    articles = list(read_jsonl(data / "text" / f"{source}.jsonl.xz"))
    typed = typed_titles(articles, language, data)
    logger.info("%s: %d titles of %d kinds", language, len(typed), len({t.type for t in typed}))
    made = list(islice(records(articles, typed, language, seed), most))
    random.Random(seed).shuffle(made)
    folder = out / f"definitions_{language}"
    folder.mkdir(parents=True, exist_ok=True)
    with lzma.open(folder / "train.jsonl.xz", "wt", encoding="utf-8") as lines:
        for record in made:
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    types = sorted({entity["type"] for record in made for entity in record["entities"]})
    schema = {
        "name": folder.name,
        "lang": [language],
        "licence": "CC BY-SA (Wikipedia), CC BY 4.0 (Open English WordNet)",
        "licence_class": "A",
        "origin": "distant",
        "layers": ["entities"],
        "entity_types": dict.fromkeys(types, ""),
    }
    (folder / "schema.json").write_text(json.dumps(schema, ensure_ascii=False), "utf-8")
    logger.info("%s: %d records, %d types", language, len(made), len(types))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--languages", nargs="*", default=("zh", "en"))
    parser.add_argument("--most", type=int, default=12_000, help="records a language, at most")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for language in arguments.languages:
        make(arguments.data, language, arguments.out, arguments.most)


if __name__ == "__main__":
    main()
