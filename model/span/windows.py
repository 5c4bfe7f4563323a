"""Windows: ranges of tokens that the encoder reads at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ingest.sentences import sentences
from model.span.tokenizer import Tokens

Span = tuple[int, int]


def line_segments(
    text: str, tokens: Tokens, sentence_spans: Sequence[Span]
) -> npt.NDArray[np.int64]:
    """[T] numbers that change where a line break ends a sentence, as after a heading."""
    breaks = [
        after[0] for before, after in pairwise(sentence_spans) if "\n" in text[before[1] : after[0]]
    ]
    return np.searchsorted(np.array(breaks, dtype=np.int64), tokens.starts, side="right")


def windows(
    text: str,
    tokens: Tokens,
    max_tokens: int,
    overlap: int = 0,
    sentence_spans: Sequence[Span] | None = None,
) -> list[Span]:
    """Token ranges that cover the text: as many whole sentences as fit, over-long ones are cut.

    Each window after the first begins with the last whole sentences of the one before, up to
    ``overlap`` tokens, so that what spans a border is seen whole by one of both.
    """
    count = len(tokens)
    if count <= max_tokens:
        return [(0, count)] if count else []
    spans = sentences(text) if sentence_spans is None else sentence_spans
    ends = np.searchsorted(tokens.starts, [end for _, end in spans]).tolist()
    pieces: list[tuple[int, int]] = []
    start = 0
    for end in sorted({*ends, count}):
        while end - start > max_tokens:
            pieces.append((start, start + max_tokens))
            start += max_tokens - overlap
        if end > start:
            pieces.append((start, end))
        start = max(start, end)
    result: list[tuple[int, int]] = []
    i = 0
    while i < len(pieces):
        j = i
        while j + 1 < len(pieces) and pieces[j + 1][1] - pieces[i][0] <= max_tokens:
            j += 1
        result.append((pieces[i][0], pieces[j][1]))
        following = j + 1
        if following < len(pieces):
            # Step back over whole sentences, as long as the next window still gets further.
            while (
                following - 1 > i
                and pieces[j][1] - pieces[following - 1][0] <= overlap
                and pieces[j + 1][1] - pieces[following - 1][0] <= max_tokens
            ):
                following -= 1
        i = following
    return result
