"""Conversations to tokens: what the model reads, and what it learns to answer.

The tokenizer's chat template gives the form; a tokenizer without one gets ours, which is saved
with the model, so that training, generation and any server use the same. Prompt and answer are
tokenized apart, as they come apart in generation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.lm.errors import TrainingError
from model.lm.packing import Sample

Message = Mapping[str, str]

#: ``bos``, then a heading for each turn; an answer ends with ``eos``.
TEMPLATE = (
    "{{ bos_token or '' }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] + '\n\n' }}"
    "{% elif message['role'] == 'user' %}"
    "{{ '### Instruction:\n' + message['content'] + '\n\n### Response:\n' }}"
    "{% else %}{{ message['content'] + eos_token + '\n' }}{% endif %}"
    "{% endfor %}"
)
_ROLES = ("system", "user", "assistant")


def ensure_template(tokenizer: Any) -> None:
    """Give the tokenizer our template if it has none. It must have an end-of-text token."""
    if tokenizer.eos_token is None:
        raise TrainingError("the tokenizer has no end-of-text token (eos_token)")
    if not tokenizer.chat_template:
        tokenizer.chat_template = TEMPLATE


def to_messages(record: Mapping[str, Any]) -> list[Message]:
    """The turns of a record: ``messages``, or ``instruction``, ``input`` (optional), ``output``.

    Raises TrainingError if the record is neither.
    """
    if "messages" in record:
        messages = record["messages"]
        if not isinstance(messages, list) or not messages:
            raise TrainingError("messages must be a list of turns")
        for message in messages:
            role, content = message.get("role"), message.get("content")
            if role not in _ROLES or not isinstance(content, str):
                raise TrainingError(f"a turn needs a role of {', '.join(_ROLES)} and a content")
        return messages
    instruction, output = record.get("instruction"), record.get("output")
    if not isinstance(instruction, str) or not isinstance(output, str):
        raise TrainingError("a record needs instruction and output, or messages")
    given = record.get("input")
    text = f"{instruction}\n{given}" if given else instruction
    return [{"role": "user", "content": text}, {"role": "assistant", "content": output}]


def encode(tokenizer: Any, messages: Sequence[Message], *, learn_all: bool = False) -> Sample:
    """Tokens of a conversation; learned are the answers, each with its end."""
    tokens: list[int] = []
    learned: list[bool] = []
    done = ""
    for turn, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = _render(tokenizer, messages[:turn], True)
        whole = _render(tokenizer, messages[: turn + 1], False)
        if not (prompt.startswith(done) and whole.startswith(prompt)):
            raise TrainingError(
                "the tokenizer's chat template rewrites earlier turns, so that answers cannot be"
                " told from prompts"
            )
        answer, ending = _cut_after_end(whole[len(prompt) :], tokenizer.eos_token)
        for text, is_answer in ((prompt[len(done) :], False), (answer, True), (ending, False)):
            ids = tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
            tokens += ids
            learned += [is_answer or learn_all] * len(ids)
        done = whole
    return Sample(np.array(tokens, dtype=np.int64), np.array(learned, dtype=np.bool_))


def _render(tokenizer: Any, messages: Sequence[Message], prompt: bool) -> str:
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=prompt
    )
    return text


def _cut_after_end(text: str, end: str) -> tuple[str, str]:
    """The answer up to its end-of-text token, and what the template writes after it."""
    place = text.rfind(end)
    return (text, "") if place < 0 else (text[: place + len(end)], text[place + len(end) :])


class Instructions:
    """The records of JSONL files as samples, read where they are asked for.

    Only the places of the lines are held in memory. A record of more than ``max_length`` tokens is
    None: an answer cut short would teach to stop early. Raises TrainingError, with the file and
    the line, for a record that is not one.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        tokenizer: Any,
        max_length: int,
        *,
        learn_all: bool = False,
    ) -> None:
        self._paths = tuple(paths)
        self._tokenizer = tokenizer
        self._max_length = max_length
        self._learn_all = learn_all
        self._starts = [_line_starts(path) for path in self._paths]
        self._ends = np.cumsum([len(starts) for starts in self._starts])
        if not len(self):
            raise TrainingError(f"{', '.join(map(str, paths))}: no records")

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> Sample | None:
        sample = self.read(index)
        return sample if 0 < len(sample.tokens) <= self._max_length else None

    def read(self, index: int) -> Sample:
        """The sample of a record, however long."""
        number = int(np.searchsorted(self._ends, index, side="right"))
        row = index - (int(self._ends[number - 1]) if number else 0)
        path = self._paths[number]
        with path.open("rb") as file:
            file.seek(int(self._starts[number][row]))
            line = file.readline()
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise TrainingError("is no JSON object")
            return encode(self._tokenizer, to_messages(record), learn_all=self._learn_all)
        except (ValueError, AttributeError, RecursionError) as error:
            raise TrainingError(f"{path}: record {row + 1}: {error}") from None

    def too_long(self, most: int = 500) -> float:
        """The share of records over ``max_length``, judged by ``most`` of them."""
        chosen = np.unique(np.linspace(0, len(self) - 1, most).astype(int))
        return float(np.mean([len(self.read(int(i)).tokens) > self._max_length for i in chosen]))


def _line_starts(path: Path) -> NDArray[np.int64]:
    starts = []
    place = 0
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                starts.append(place)
            place += len(line)
    return np.array(starts, dtype=np.int64)
