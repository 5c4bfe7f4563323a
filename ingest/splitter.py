"""Greedy splitting: whole sentences, as few chunks as possible, each as full as possible.

The length of a chunk is the number of tokens that the model's tokenizer makes of the chunk's own
text, so the limit holds for what the model will be given. A tokenizer may see other tokens at a cut
than it saw there in the whole text; therefore the whole text is tokenized only to estimate, and
every chunk is checked.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from ingest.documents import Chunk, Document
from ingest.sentences import sentences
from ingest.text import CJK

Span = tuple[int, int]
TokenSpans = Callable[[str], Sequence[Span]]

# Texts are tokenized in blocks of about so many characters, to bound memory.
_BLOCK = 1 << 15
# If a chunk comes so close to the limit, it is tried whether one more sentence fits after all.
_SLACK = 4

_CLAUSE_END = re.compile(
    rf"[,;:，；：、。！？｡!?…—](?:[\"'”’）)\]】」』》]*)(?=[\s{CJK}])|[\r\n]+|[.)\]）】」』》”](?=\s)|"
    r"\s[-–—](?=\s)"
)
# What must not be torn from the character before it: combining marks, variation selectors, emoji
# modifiers and tags, and zero-width joiners (nor what follows those).
_EXTENDING = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31"
    "\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u200d\u20d0-\u20ff\u302a-\u302f\u3099"
    "\u309a\ufe00-\ufe0f\ufe20-\ufe2f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
    "\U000e0100-\U000e01ef"
)
_WORD_END = re.compile(rf"\s+|[{CJK}](?![{_EXTENDING}])|[^\s{CJK}](?=[{CJK}])(?![{_EXTENDING}])")
_PART_END = re.compile(rf"(?<=[^\W_])(?=[\W_])(?![{_EXTENDING}])|(?<=[\W_])(?<!\u200d)(?=[^\W_])")
# Regional indicators (flags) stay in pairs.
_GRAPHEME = re.compile(
    rf"\r\n|[\U0001f1e6-\U0001f1ff]{{2}}|.(?:\u200d.|[{_EXTENDING}])*", re.DOTALL
)


def split(document: Document, token_spans: TokenSpans, max_tokens: int) -> list[Chunk]:
    """The chunks of a document, each of at most ``max_tokens`` tokens; see ``pack``."""
    document_id = document.id
    return [
        Chunk(document_id, index, start, end, document.text[start:end])
        for index, (start, end) in enumerate(pack(document.text, token_spans, max_tokens))
    ]


def pack(
    text: str,
    token_spans: TokenSpans,
    max_tokens: int,
    sentence_spans: Sequence[Span] | None = None,
) -> list[Span]:
    """Spans of ``text``: as few as possible, each of at most ``max_tokens`` tokens.

    ``token_spans`` gives the character offsets of the tokens of any text. ``sentence_spans``
    are those of ``ingest.sentences`` unless given. Spans begin and end with a character that is
    not blank space, are in order, don't overlap and hold all such characters.

    Sentences stay whole if they fit. One that doesn't is cut after clauses, a clause that
    doesn't fit after words, a word that doesn't fit between letters and signs, else between
    characters; the pieces are then
    packed like sentences, so that they fill what room there is beside their neighbours. Only a
    single character with more than ``max_tokens`` tokens exceeds the limit.

    Raises ValueError if ``max_tokens`` is not positive.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be 1 or more, not {max_tokens}")
    spans = sentences(text) if sentence_spans is None else sentence_spans
    packer = _Packer(text, token_spans, max_tokens, spans)
    return list(packer.pack(spans))


class _Packer:
    def __init__(
        self, text: str, token_spans: TokenSpans, max_tokens: int, spans: Sequence[Span]
    ) -> None:
        self._text = text
        self._token_spans = token_spans
        self._max = max_tokens
        self._starts = self._token_starts(spans)

    def pack(self, spans: Sequence[Span]) -> Iterator[Span]:
        pieces = [piece for span in spans for piece in self._fitting(span, 0)]
        # ends[k]: tokens (by the estimate) from the start of the text to the end of piece k
        ends = [bisect_left(self._starts, end) for _, end in pieces]
        first = 0
        while first < len(pieces):
            start = pieces[first][0]
            before = bisect_left(self._starts, start)
            last = max(bisect_right(ends, before + self._max, lo=first) - 1, first)
            count = self._count(start, pieces[last][1])
            while count > self._max and last > first:
                surplus = count - self._max
                last = max(bisect_right(ends, ends[last] - surplus, first, last) - 1, first)
                count = self._count(start, pieces[last][1])
            while (
                last + 1 < len(pieces)
                and count + ends[last + 1] - ends[last] <= self._max + _SLACK
                and (more := self._count(start, pieces[last + 1][1])) <= self._max
            ):
                last, count = last + 1, more
            if count > self._max:  # the estimate was far off: only odd tokenizers do that
                yield from self._pack_alone(pieces[last])
            else:
                yield start, pieces[last][1]
            first = last + 1

    def _pack_alone(self, piece: Span) -> Iterator[Span]:
        for level in range(len(_CUTTERS)):
            parts = list(_CUTTERS[level](self._text, *piece))
            if len(parts) > 1:
                yield from self.pack(parts)
                return
        yield piece

    def _fitting(self, span: Span, level: int) -> Iterator[Span]:
        """The span itself if it fits, or pieces of it that do."""
        start, end = span
        estimate = bisect_left(self._starts, end) - bisect_left(self._starts, start)
        if (
            end - start <= 1
            or level == len(_CUTTERS)
            or estimate <= self._max // 2
            or self._count(start, end) <= self._max
        ):
            yield span
            return
        for part in _CUTTERS[level](self._text, start, end):
            yield from self._fitting(part, level + 1)

    def _count(self, start: int, end: int) -> int:
        return len(self._token_spans(self._text[start:end]))

    def _token_starts(self, spans: Sequence[Span]) -> list[int]:
        """Offsets at which the tokens of the text start, tokenized block by block."""
        starts: list[int] = []
        position = 0
        for start, end in spans:
            while end - position > _BLOCK:
                cut = start if start > position else position + _BLOCK
                starts.extend(position + token for token, _ in self._tokens(position, cut))
                position = cut
        starts.extend(position + token for token, _ in self._tokens(position, len(self._text)))
        starts.sort()  # byte-level tokenizers give a character's tokens in any order
        return starts

    def _tokens(self, start: int, end: int) -> Sequence[Span]:
        return self._token_spans(self._text[start:end])


def _clauses(text: str, start: int, end: int) -> Iterator[Span]:
    return _cut_after(_CLAUSE_END, text, start, end)


def _words(text: str, start: int, end: int) -> Iterator[Span]:
    return _cut_after(_WORD_END, text, start, end)


def _parts(text: str, start: int, end: int) -> Iterator[Span]:
    return _cut_after(_PART_END, text, start, end)


def _graphemes(text: str, start: int, end: int) -> Iterator[Span]:
    return (match.span() for match in _GRAPHEME.finditer(text, start, end))


def _characters(text: str, start: int, end: int) -> Iterator[Span]:
    return ((index, index + 1) for index in range(start, end))


_CUTTERS = (_clauses, _words, _parts, _graphemes, _characters)


def _cut_after(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Span]:
    """Spans between the ends of the pattern's matches, without blank space around them."""
    position = start
    for match in pattern.finditer(text, start, end):
        if match.end() > position:
            yield from _trimmed(text, position, match.end())
            position = match.end()
    yield from _trimmed(text, position, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
