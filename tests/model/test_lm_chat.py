"""Conversations to tokens: what is read, what is learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_causal import write_tokenizer

from model.lm.chat import Instructions, encode, ensure_template, to_messages
from model.lm.errors import TrainingError

CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "谁创立了公司？"},
    {"role": "assistant", "content": "李明"},
    {"role": "user", "content": "When?"},
    {"role": "assistant", "content": "In 1999"},
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = write_tokenizer(tmp_path_factory.mktemp("tokenizer"))
    ensure_template(found)
    return found


def test_only_answers_and_their_ends_are_learned(tokenizer: Any) -> None:
    sample = encode(tokenizer, CONVERSATION)
    learned = tokenizer.decode(sample.tokens[sample.learned])
    assert learned == "李明</s>In 1999</s>"
    read = tokenizer.decode(sample.tokens)
    assert read.startswith("<s>Be brief.") and read.index("李明") < read.index("When?")


def test_everything_is_learned_on_request(tokenizer: Any) -> None:
    assert encode(tokenizer, CONVERSATION, learn_all=True).learned.all()


def test_training_reads_the_same_prompt_as_generation(tokenizer: Any) -> None:
    messages = to_messages({"instruction": "Who?", "input": "Alice founded Acme.", "output": "A"})
    sample = encode(tokenizer, messages)
    prompt = tokenizer.apply_chat_template(
        messages[:1], add_generation_prompt=True, return_dict=False
    )
    first = int(np.argmax(sample.learned))
    assert sample.tokens[:first].tolist() == list(prompt)


def test_a_template_of_the_tokenizer_itself_is_kept(tokenizer: Any, tmp_path: Path) -> None:
    other = write_tokenizer(tmp_path)
    other.chat_template = (
        "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}"
        "{% if m['role'] == 'assistant' %}</s>{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}[assistant]{% endif %}"
    )
    ensure_template(other)
    sample = encode(other, CONVERSATION)
    assert other.decode(sample.tokens[sample.learned]) == "李明</s>In 1999</s>"
    assert "[user]" in other.decode(sample.tokens)


def test_records_of_several_files_are_read_in_their_order(tokenizer: Any, tmp_path: Path) -> None:
    paths = []
    for number in range(2):
        paths.append(tmp_path / f"{number}.jsonl")
        rows = [{"instruction": "Say", "output": f"{number}{row}"} for row in range(3)]
        # A blank line is no record.
        paths[-1].write_text("\n\n".join(map(json.dumps, rows)), "utf-8")
    records = Instructions(paths, tokenizer, 256)
    found = [records.read(i) for i in range(len(records))]
    answers = [tokenizer.decode(s.tokens[s.learned]).removesuffix("</s>") for s in found]
    assert answers == ["00", "01", "02", "10", "11", "12"]


def test_a_record_that_is_too_long_is_left_out_not_cut(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    rows = [{"instruction": "Say", "output": "a" * length} for length in (5, 500)]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    records = Instructions([path], tokenizer, 100)
    assert records[0] is not None and records[1] is None
    assert records.too_long() == 0.5


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ('{"output": "b"}', "record 2: a record needs instruction"),
        ('{"messages": [{"role": "bot", "content": ""}]}', "record 2: a turn needs a role"),
        ('{"messages": []}', "record 2: messages must"),
        ("[1]", "record 2: is no JSON object"),
        ("{", "record 2"),
    ],
)
def test_a_wrong_record_is_named(tokenizer: Any, tmp_path: Path, record: str, message: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"instruction": "a", "output": "b"}\n' + record, "utf-8")
    with pytest.raises(TrainingError, match=message):
        Instructions([path], tokenizer, 100).read(1)
