"""A checkpoint on this machine, with adapters if wanted, through transformers and peft."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from model.generative.engine import Answer, EngineError, Prompt, Usage

ENGINE_VERSION = 1  # raise it when the code changes what comes out
#: An answer whose last tokens are so many of the same few over and over is stopped.
LOOP_TOKENS, LOOP_PERIOD, LOOP_TIMES = 96, 48, 4


@dataclass(frozen=True)
class LocalOptions:
    """How a checkpoint is loaded and asked; decoding is greedy.

    ``batch``: prompts at a time, fewer if they are long: ``batch_tokens`` bounds prompt and answer
    tokens together. ``dtype``: ``auto`` (that of the checkpoint), ``float32``, ``bfloat16``,
    ``float16``. ``device_map``: None for one device, ``auto`` to spread over all GPUs.
    ``quantize``: ``8bit`` or ``4bit``, which needs bitsandbytes and a GPU.
    """

    max_tokens: int = 1024
    batch: int = 8
    batch_tokens: int = 32_768
    dtype: str = "auto"
    device_map: str | None = None
    quantize: str | None = None
    trust_remote_code: bool = False


class TransformersEngine:
    """See ``model.generative.engine.Engine``. The model is loaded when it is first needed.

    ``path`` is a folder or an id of the hub; ``adapters`` are folders or ids of LoRA adapters, put
    on one after another. Prompts of one length are batched without padding influence; batches of
    several lengths can, in 16 bits, turn a decision between two tokens that are all but equally
    likely: give ``batch=1`` where that must not be.
    """

    def __init__(
        self, path: str, adapters: Sequence[str] = (), options: LocalOptions | None = None
    ) -> None:
        self.path = path
        self.adapters = tuple(adapters)
        self.options = options or LocalOptions()
        self.usage = Usage()

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(f"transformers/{ENGINE_VERSION}".encode())
        decoding = asdict(self.options)
        for name in ("batch", "batch_tokens", "device_map"):
            del decoding[name]
        digest.update(json.dumps(decoding, sort_keys=True).encode())
        for source in (self.path, *self.adapters):
            digest.update(_source_digest(source).encode())
        return f"hf-{digest.hexdigest()[:16]}"

    @cached_property
    def tokenizer(self) -> Any:
        """The checkpoint's tokenizer; raises EngineError."""
        from transformers import AutoTokenizer

        from model.lm.chat import ensure_template

        try:
            tokenizer = AutoTokenizer.from_pretrained(
                self.path, padding_side="left", trust_remote_code=self.options.trust_remote_code
            )
            ensure_template(tokenizer)  # that of training, if it has none
        except (OSError, ValueError) as error:
            raise EngineError(
                f"Cannot load the tokenizer of {self.path}: {_line(error)}"
            ) from error
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    @cached_property
    def model(self) -> Any:
        """The checkpoint with its adapters; raises EngineError."""
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging as transformers_logging

        if not sys.stderr.isatty():  # no bars in logs
            quiet: Any = transformers_logging.disable_progress_bar  # untyped
            quiet()
        o = self.options
        arguments: dict[str, Any] = {"dtype": o.dtype, "trust_remote_code": o.trust_remote_code}
        if o.device_map is not None:
            arguments["device_map"] = o.device_map
        if o.quantize is not None:
            import transformers

            if o.quantize not in ("8bit", "4bit"):
                raise EngineError(f"quantize must be 8bit or 4bit, not {o.quantize!r}")
            make_quantization: Any = transformers.BitsAndBytesConfig  # untyped
            arguments["quantization_config"] = make_quantization(
                load_in_8bit=o.quantize == "8bit",
                load_in_4bit=o.quantize == "4bit",
                bnb_4bit_compute_dtype=torch.bfloat16,
                bnb_4bit_quant_type="nf4",
            )
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(self.path, **arguments)
            for adapter in self.adapters:
                from peft import PeftModel

                # Merged, an adapter costs nothing; quantised weights stay as they are.
                model = PeftModel.from_pretrained(model, adapter)
                model = model if o.quantize else model.merge_and_unload()
        except (OSError, ValueError, ImportError) as error:
            raise EngineError(f"Cannot load the model {self.path}: {_line(error)}") from error
        if o.device_map is None and o.quantize is None and torch.cuda.is_available():
            model = model.to("cuda")
        return model.eval()

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Offsets of the checkpoint's tokens; raises EngineError for a tokenizer without them."""
        try:
            encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        except NotImplementedError:
            raise EngineError(f"{self.path} has no fast tokenizer, which tells offsets") from None
        return [(int(a), int(b)) for a, b in encoded["offset_mapping"]]

    def generate(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer a prompt; long ones are answered first, so that memory runs out at once."""
        encoded = [self._encode(prompt) for prompt in prompts]
        order = sorted(range(len(prompts)), key=lambda i: (-len(encoded[i]), i))
        answers: list[Answer | None] = [None] * len(prompts)
        while order:
            longest = len(encoded[order[0]]) + self.options.max_tokens
            size = max(1, min(self.options.batch, self.options.batch_tokens // longest))
            batch, order = order[:size], order[size:]
            for i, answer in zip(batch, self._batch([encoded[i] for i in batch]), strict=True):
                self.usage.count(answer)
                answers[i] = answer
        return [answer for answer in answers if answer is not None]

    def _encode(self, prompt: Prompt) -> list[int]:
        text = self.tokenizer.apply_chat_template(
            prompt.messages, tokenize=False, add_generation_prompt=True
        )
        # The template writes the special tokens itself.
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _batch(self, encoded: list[list[int]]) -> list[Answer]:
        import torch
        from transformers import GenerationConfig

        tokenizer, model = self.tokenizer, self.model
        width = max(map(len, encoded))
        limit = _positions(model)
        room = self.options.max_tokens if limit is None else limit - width
        if room < 1:
            raise EngineError(f"A prompt has {width} tokens, the model reads {limit}")
        pad = tokenizer.pad_token_id
        ids = torch.full((len(encoded), width), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            ids[row, width - len(tokens) :] = torch.tensor(tokens)
            mask[row, width - len(tokens) :] = 1
        ends = _ends(model, tokenizer)
        make_config: Any = GenerationConfig  # untyped
        config = make_config(
            max_new_tokens=min(self.options.max_tokens, room),
            do_sample=False,
            num_beams=1,
            pad_token_id=pad,
            eos_token_id=sorted(ends),
        )
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                generation_config=config,
                stopping_criteria=[_LoopStop(width)],
            )
        answers = []
        for row, tokens in zip(output[:, width:].tolist(), encoded, strict=True):
            end = next((i for i, token in enumerate(row) if token in ends), None)
            written = row if end is None else row[:end]
            text = tokenizer.decode(written, skip_special_tokens=True)
            complete = end is not None
            answers.append(Answer(text, complete, len(tokens), len(written) + complete))
        return answers


class _LoopStop:
    """Stops an answer that says the same few tokens again and again."""

    def __init__(self, prompt: int) -> None:
        self._prompt = prompt

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        stop = torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
        written = input_ids.shape[1] - self._prompt
        # Looking now and then is enough, and keeps it cheap.
        if written >= LOOP_TOKENS and written % 16 == 0:
            tail = input_ids[:, -min(written, LOOP_PERIOD * LOOP_TIMES) :]
            for period in range(1, tail.shape[1] // LOOP_TIMES + 1):
                length = max(LOOP_TOKENS, period * LOOP_TIMES)
                end = tail[:, -length:]
                stop |= (end[:, period:] == end[:, :-period]).all(dim=1)
        return stop


def _ends(model: Any, tokenizer: Any) -> set[int]:
    """The tokens that end an answer: those of the checkpoint's settings and the tokenizer's."""
    ends = {tokenizer.eos_token_id}
    configured = getattr(model.generation_config, "eos_token_id", None)
    ends |= set(configured) if isinstance(configured, (list, tuple)) else {configured}
    return {int(end) for end in ends if end is not None}


def _positions(model: Any) -> int | None:
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return int(limit) if limit else None


def _source_digest(source: str) -> str:
    """SHA-256 of a folder's files, or of a hub id with the revision that is on disk."""
    folder = Path(source)
    if not folder.is_dir():
        from huggingface_hub import try_to_load_from_cache

        found = next(
            (
                path
                for name in ("config.json", "adapter_config.json")
                if isinstance(path := try_to_load_from_cache(source, name), str)
            ),
            "",
        )
        # .../snapshots/REVISION/config.json
        return f"{source}@{Path(found).parent.name if found else 'unknown'}"
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in (".json", ".safetensors", ".bin", ".model", ".jinja"):
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
