"""A very small causal language model that has learned to answer a few extraction prompts.

It is a real transformers checkpoint: a tokenizer trained on the prompts, and a Llama of two layers
that has been trained, in seconds, until it knows the answers by heart.
"""

from __future__ import annotations

import sys
from pathlib import Path

from model.annotations import Annotation, Mention, Relation
from model.instructions.convert import facts_of
from model.instructions.formats import write
from model.instructions.labels import label_set
from model.instructions.prompts import load_prompts
from model.instructions.tasks import Format, Task
from model.records import Record
from model.schema import EntityType, RelationType, Schema

SCHEMA = Schema(
    "tiny",
    languages=("en", "zh"),
    entities=(
        EntityType("person", labels={"zh": "人物"}),
        EntityType("company", labels={"zh": "公司"}),
    ),
    relations=(
        RelationType("works for", labels={"zh": "任职于"}, head=("person",), tail=("company",)),
    ),
)
TASKS = (Task.ENTITIES, Task.RELATIONS)
FORMAT = Format.JSON_OBJECT


def _record(text: str, person: str, company: str, lang: str) -> Record:
    spans = sorted(
        Mention(text.index(words), text.index(words) + len(words), kind)
        for words, kind in ((person, "person"), (company, "company"))
    )
    head = next(i for i, m in enumerate(spans) if m.type == "person")
    return Record(
        id=text,
        text=text,
        lang=lang,
        annotation=Annotation(tuple(spans), (Relation("works for", head, 1 - head),)),
        layers=frozenset({"entities", "relations"}),
    )


RECORDS = (
    _record("Ada Byron works for Acme.", "Ada Byron", "Acme", "en"),
    _record("At Initech, Bob Slydell gives advice.", "Bob Slydell", "Initech", "en"),
    _record("王芳在华宇公司工作。", "王芳", "华宇公司", "zh"),
)


def turns() -> list[tuple[str, str]]:
    """Prompts, as the extractor words them, and the right answers."""
    prompts = load_prompts()
    found = []
    for record in RECORDS:
        for task in TASKS:
            language = record.lang or "en"
            labels = label_set(SCHEMA, task, language)
            prompt = prompts.render(record.text, task, FORMAT, language, labels)
            answer = write(facts_of(record, task, labels), task, FORMAT, language, labels.shown)
            found.append((prompt.user, answer))
    return found


def make(folder: Path, steps: int = 300) -> None:
    """Train the model, a few seconds, and save it in ``folder``."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from model.lm.chat import encode, ensure_template

    torch.manual_seed(0)
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator([text for turn in turns() for text in turn], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    ensure_template(tokenizer)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=512,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=2,
        )
    )
    samples = [
        encode(
            tokenizer,
            [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}],
        )
        for prompt, answer in turns()
    ]
    width = max(len(sample.tokens) for sample in samples)
    ids = torch.full((len(samples), width), 2)
    labels = torch.full((len(samples), width), -100)
    mask = torch.zeros((len(samples), width), dtype=torch.long)
    for row, sample in enumerate(samples):
        tokens = torch.from_numpy(sample.tokens)
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        learned = torch.from_numpy(sample.learned)
        labels[row, : len(tokens)] = torch.where(learned, tokens, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.02:
            break
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
