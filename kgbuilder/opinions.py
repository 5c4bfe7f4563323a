"""A second opinion on doubtful pairs of names, by a language model.

What it says becomes decisions (`graph.resolving.decisions`) with the model as their source. So the
graph stays a function of documents and decisions, answers hold for what comes later and can be
undone, one by one or all of a model; and what people decide goes before them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from graph.names import has_han
from graph.resolving.decisions import Decision
from graph.store import GraphStore
from graph.view import view_of
from kgbuilder.errors import ExtractorError
from kgbuilder.graphs import StoreLike, existing
from kgbuilder.parts import cache_folder
from kgbuilder.review import Suggestion, suggestions
from kgbuilder.settings import Settings, load_settings
from model.generative.engine import Engine, EngineError, Prompt, Usage
from model.instructions.lenient_json import values

PROMPTS = Path(__file__).parent.parent / "configs" / "resolution" / "opinion.yaml"
TEXTS, AROUND = 3, 200
"""How many passages of each name a prompt shows, and how many characters on each side of it."""
_WHOLE = 2**31
_ANSWER = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "same": {"type": ["boolean", "null"]}},
    "required": ["why", "same"],
    "additionalProperties": False,
}
Verdict = Literal["same", "different", "unsure"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of a pair. ``decision`` is what was decided by it, None where nothing."""

    verdict: Verdict
    why: str
    pair: Suggestion
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Opinions:
    """``usage`` counts what the model was asked and wrote."""

    opinions: Sequence[Opinion]
    usage: Usage


def ask(
    model: str | Engine,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
    limit: int = 50,
    least: float | None = None,
    dry_run: bool = False,
    progress: Callable[[Sequence[Opinion]], None] | None = None,
) -> Opinions:
    """Ask a language model about the pairs that `kgbuilder.review.suggestions` lists.

    ``model`` is ``openai:MODEL@URL`` (any server of that protocol), ``generative:FILE`` or
    ``hf:PATH``; answers of servers are kept in the cache. Each pair is asked in both orders, and
    decided only if the answers agree. ``limit`` bounds the number of pairs, ``least`` is as of
    `suggestions`; with ``dry_run`` nothing is decided. ``progress`` gets the opinions as they come.

    Raises:
        ExtractorError: there is no such model, or it does not answer; what it has answered before
            is decided.
    """
    settings = settings or load_settings()
    engine, source = _engine(model, settings) if isinstance(model, str) else (model, "model")
    opinions: list[Opinion] = []
    with existing(store, settings, write=not dry_run) as graph:
        found = suggestions(store=graph, settings=settings, limit=limit, least=least)
        pairs = [pair for pair in found if pair.keys]
        for start in range(0, len(pairs), 8):
            some = _ask(graph, engine, pairs[start : start + 8])
            if not dry_run:
                some = [_decide(graph, opinion, source) for opinion in some]
            opinions += some
            if progress is not None:
                progress(some)
    return Opinions(opinions, engine.usage)


def _engine(name: str, settings: Settings) -> tuple[Engine, str]:
    from model.generative.loading import load_generative

    try:
        found = load_generative(name, cache_folder(settings) if settings.cache.enabled else None)
    except (OSError, ValueError, RuntimeError) as error:
        raise ExtractorError(f"Cannot load the model {name!r}: {error}") from error
    return found.engine, name.partition("@")[0]


def _ask(graph: GraphStore, engine: Engine, pairs: Sequence[Suggestion]) -> list[Opinion]:
    prompts = [prompt for pair in pairs for prompt in _prompts(graph, pair)]
    try:
        answers = engine.generate(prompts)
    except EngineError as error:
        raise ExtractorError(str(error)) from error
    read = [_read(answer.text) for answer in answers]
    return [
        Opinion(one[0] if one[0] == two[0] else "unsure", one[1], pair)
        for pair, one, two in zip(pairs, read[::2], read[1::2], strict=True)
    ]


def _read(text: str) -> tuple[Verdict, str]:
    """The verdict of an answer and its reason; what is no answer is no verdict."""
    for found in values(text):
        if isinstance(found.value, Mapping) and "same" in found.value:
            same, why = found.value["same"], " ".join(str(found.value.get("why", "")).split())
            if isinstance(same, bool):
                return ("same" if same else "different"), why[:300]
            return "unsure", why[:300]
    return "unsure", ""


def _decide(graph: GraphStore, opinion: Opinion, source: str) -> Opinion:
    if opinion.verdict == "unsure":
        return opinion
    one, two = opinion.pair.keys
    decision = Decision(
        "merge" if opinion.verdict == "same" else "split",
        (one,),
        (two,),
        made_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        note=opinion.why,
        source=source,
    )
    graph.decide(decision)
    return Opinion(opinion.verdict, opinion.why, opinion.pair, decision)


# --- prompts ------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _templates() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(PROMPTS.read_text(encoding="utf-8"))
    return found


def _prompts(graph: GraphStore, pair: Suggestion) -> Iterator[Prompt]:
    """The question about a pair, in both orders."""
    sides = [
        (key.partition("|")[2] if pair.id == pair.other_id else name, _passages(graph, id, key))
        for name, id, key in zip(
            (pair.name, pair.other), (pair.id, pair.other_id), pair.keys, strict=True
        )
    ]
    language = "zh" if all(has_han(name) for name, _ in sides) else "en"
    template = _templates()[language]
    for (name, texts), (other, other_texts) in (sides, sides[::-1]):
        filled = template["user"]
        parts = {"name": name, "other": other, "type": pair.type, "other_type": pair.type}
        parts |= {"texts": texts, "other_texts": other_texts}
        pieces = [
            parts.get(piece[1:-1], piece) if piece.startswith("{") else piece
            for piece in _pieces(filled)
        ]
        yield Prompt("".join(pieces), template["system"], _ANSWER)


def _pieces(template: str) -> list[str]:
    """A template cut before and behind its placeholders; what fills one is never looked at."""
    return re.split(r"(\{\w+\})", template)


def _passages(graph: GraphStore, entity_id: str, key: str) -> str:
    """Where documents speak of an entity under the name of a key, one passage a line."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for member in graph.members(entity_id):
        if key in member.keys and (len(wanted) < TEXTS or member.document_id in wanted):
            wanted[member.document_id].add(member.local)
    view = view_of(graph)
    shown: list[str] = []
    for document, locals in sorted(wanted.items()):
        chunks = {chunk.id: chunk for chunk in view.window(document, 0, _WHOLE)}
        for mention in view.mentions(list(chunks), [entity_id]):
            if mention.local in locals:
                chunk = chunks[mention.chunk]
                begin = max(0, mention.start - chunk.start - AROUND)
                end = mention.end - chunk.start + AROUND
                shown.append(" ".join(chunk.text[begin:end].split()))
                break
    return "\n".join(f"- {passage}" for passage in shown)
