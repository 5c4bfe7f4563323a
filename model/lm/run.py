"""One process of a training run; several make a run together.

    torchrun --nproc_per_node 2 -m model.lm.run OUT

``model.lm.launch`` starts it, from the job that lies in the folder OUT.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import shutil
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import distributed
from transformers import TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging as transformers_logging

from model.corpus.mixture import Mixture
from model.corpus.packed import PackedCorpus
from model.lm.adapters import check_whole
from model.lm.chat import Instructions, ensure_template
from model.lm.checkpoints import Checkpoint, checkpoints, clean, make_universal
from model.lm.errors import TrainingError
from model.lm.job import Job
from model.lm.loading import load_model, load_tokenizer
from model.lm.order import Samples, Shuffled, Whole, rounds
from model.lm.packing import Collator, Sample, layout_for
from model.lm.recipe import DEEPSPEED_FOLDER, PretrainRecipe, Recipe
from model.lm.trainer import LMTrainer

logger = logging.getLogger("model.lm")

#: How long processes wait for the first, which may be converting a checkpoint.
PATIENCE = timedelta(hours=3)


class Corpora:
    """Packed corpora as samples, in the order of their mixture."""

    def __init__(self, job: Job, max_length: int, vocabulary: int, *, paths: tuple[Path, ...]):
        corpora = [PackedCorpus(*split_source(path)) for path in paths]
        for corpus in corpora:
            manifest = corpus.manifest
            if manifest.vocabulary.size > vocabulary:
                raise TrainingError(
                    f"{corpus.path}: was made with a vocabulary of {manifest.vocabulary.size}, the"
                    f" model's has {vocabulary}; pack it with the model's tokenizer"
                )
            if manifest.max_tokens > max_length:
                raise TrainingError(
                    f"{corpus.path}: has samples of {manifest.max_tokens} tokens; set max_length"
                    f" (now {max_length}) to that or more"
                )
        weights = job.weights if paths == job.data else None
        self._corpora = corpora
        self._mixture = Mixture(corpora, weights, job.recipe.seed)

    def __len__(self) -> int:
        return self._mixture.size

    def __getitem__(self, place: int) -> Sample:
        corpus, index = self._mixture.locate(place)
        tokens = self._corpora[corpus][index].astype(np.int64)
        return Sample(tokens, np.ones(len(tokens), dtype=np.bool_))


def split_source(path: Path) -> tuple[Path, str | None]:
    """The folder of a packed corpus, and the source if ``path`` is ``FOLDER#SOURCE``."""
    folder, hash_, source = str(path).rpartition("#")
    return (path, None) if path.exists() or not hash_ else (Path(folder), source)


def deepspeed_config(name_or_path: str) -> dict[str, Any]:
    """The DeepSpeed configuration of a recipe: name of a ready one, or file.

    ZeRO-3 is made to save whole weights. ``round_robin_gradients`` is turned off: DeepSpeed's
    universal checkpoints (0.19) put the weights of such a run in a wrong order.
    """
    path = Path(name_or_path)
    if not path.is_file():
        path = DEEPSPEED_FOLDER / f"{name_or_path}.json"
    if not path.is_file():
        ready = ", ".join(sorted(p.stem for p in DEEPSPEED_FOLDER.glob("*.json")))
        raise TrainingError(f"no DeepSpeed configuration {name_or_path!r}; ready are {ready}")
    try:
        config: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise TrainingError(f"{path}: is not JSON: {error}") from None
    zero = config.get("zero_optimization", {})
    if zero.get("stage") == 3:
        zero["stage3_gather_16bit_weights_on_model_save"] = True
    zero.pop("round_robin_gradients", None)
    return config


def training_arguments(
    recipe: Recipe, out: Path, steps: int, config: dict[str, Any] | None, *, evaluate: bool
) -> TrainingArguments:
    """The recipe in the words of transformers. Sets up the processes' communication."""
    gpu = torch.cuda.is_available()
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    every = recipe.evaluate_every or recipe.checkpoint_every
    return TrainingArguments(
        output_dir=str(out),
        per_device_train_batch_size=recipe.micro_batch,
        per_device_eval_batch_size=recipe.micro_batch,
        gradient_accumulation_steps=rounds(recipe.batch, recipe.micro_batch, processes),
        max_steps=steps,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        adam_beta1=recipe.adam_betas[0],
        adam_beta2=recipe.adam_betas[1],
        adam_epsilon=recipe.adam_epsilon,
        max_grad_norm=recipe.max_gradient_norm,
        optim="adamw_torch_fused",
        bf16=recipe.precision == "bf16",
        fp16=recipe.precision == "fp16",
        activation_checkpointing=recipe.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        average_tokens_across_devices=True,
        dataloader_num_workers=recipe.workers,
        dataloader_pin_memory=gpu,
        remove_unused_columns=False,
        logging_steps=recipe.log_every,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=recipe.checkpoint_every,
        eval_strategy="steps" if evaluate else "no",
        eval_steps=every if evaluate else None,
        prediction_loss_only=True,
        report_to=["tensorboard"],
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
        ddp_backend="gloo" if processes > 1 and not gpu else None,
        use_cpu=not gpu,
        seed=recipe.seed,
        deepspeed=config,
    )


class LogLines(TrainerCallback):
    """The log as lines for people."""

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """See the base class."""
        if not state.is_world_process_zero or not logs:
            return
        if "loss" in logs:
            logger.info(
                "step %d of %d: loss %.4f, learning rate %.2e, %s tokens/s, MFU %.1f%%",
                state.global_step,
                state.max_steps,
                logs["loss"],
                logs["learning_rate"],
                f"{logs['tokens_per_second']:,.0f}",
                100 * logs["mfu"],
            )
        elif "eval_loss" in logs:
            logger.info("step %d: validation loss %.4f", state.global_step, logs["eval_loss"])


def run(job: Job) -> Path:
    """Train, or go on training, to the end; returns where the model or adapter lies."""
    recipe = job.recipe
    if job.result.exists():
        logger.info("%s is already finished", job.out)
        return job.result
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if recipe.workers:
        # Processes that read data are forked, which the tokenizer's threads do not survive.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not torch.cuda.is_available():
        # DeepSpeed looks for the makers' CPU libraries first, and gives up without them.
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    config = deepspeed_config(recipe.deepspeed) if recipe.deepspeed else None
    zero = int(config.get("zero_optimization", {}).get("stage", 0)) if config else 0
    lora = None if isinstance(recipe, PretrainRecipe) else recipe.lora
    if zero == 3 and lora is not None and lora.quantize:
        raise TrainingError("a 4-bit base cannot be shared out by ZeRO-3; use zero2, or no ZeRO")
    tokenizer = load_tokenizer(recipe)
    samples = _samples(job, tokenizer, job.data)
    validation = _samples(job, tokenizer, job.validation) if job.validation else None
    steps = recipe.steps or math.ceil(recipe.epochs * len(samples) / recipe.batch)

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    last = _resumable(job.out, zero)
    if config is not None and last is not None and last.processes != processes:
        config["checkpoint"] = {"load_universal": True}
    if config is not None:
        _connect_deepspeed()
    arguments = training_arguments(recipe, job.out, steps, config, evaluate=validation is not None)
    if arguments.process_index == 0:
        clean(job.out, None)
        if config is not None and "checkpoint" in config and last is not None:
            make_universal(last)
    _wait()

    transformers.set_seed(recipe.seed)
    model = load_model(recipe, tokenizer)
    attention = str(getattr(model.config, "_attn_implementation", "eager"))
    collator = Collator(
        pad=tokenizer.pad_token_id,
        max_length=recipe.max_length,
        layout=layout_for(attention, recipe.packing),
    )
    offload = config is not None and "offload_optimizer" in config.get("zero_optimization", {})
    trainer = LMTrainer(
        recipe=recipe,
        samples=samples,
        zero=zero,
        steps=steps,
        model=model,
        args=arguments,
        data_collator=collator,
        processing_class=tokenizer,
        eval_dataset=Whole(validation, len(validation)) if validation is not None else None,
        optimizer_cls_and_kwargs=_cpu_adam(recipe) if offload else None,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(LogLines())
    if last is not None:
        logger.info("going on from step %d", last.step)
    trainer.train(resume_from_checkpoint=str(last.folder) if last else None)
    return _save(trainer, job, tokenizer)


def _samples(job: Job, tokenizer: Any, paths: tuple[Path, ...]) -> Samples:
    recipe = job.recipe
    if isinstance(recipe, PretrainRecipe):
        return Corpora(job, recipe.max_length, len(tokenizer), paths=paths)
    ensure_template(tokenizer)
    records = Instructions(paths, tokenizer, recipe.max_length, learn_all=recipe.train_on == "all")
    too_long = records.too_long()
    if too_long == 1:
        raise TrainingError(
            f"{', '.join(map(str, paths))}: every record is longer than max_length,"
            f" {recipe.max_length} tokens"
        )
    if too_long:
        logger.warning(
            "about %.1f%% of the records of %s are longer than %d tokens, and are not learned",
            100 * too_long,
            ", ".join(map(str, paths)),
            recipe.max_length,
        )
    return Shuffled(records, recipe.seed) if paths == job.data else records


def _resumable(out: Path, zero: int) -> Checkpoint | None:
    found = checkpoints(out)
    if not found:
        return None
    if found[-1].zero != zero:
        raise TrainingError(
            f"{found[-1].folder} was written with ZeRO stage {found[-1].zero}, not {zero}"
        )
    return found[-1]


def _cpu_adam(recipe: Recipe) -> tuple[Any, dict[str, Any]]:
    from deepspeed.ops.adam import DeepSpeedCPUAdam

    return DeepSpeedCPUAdam, {
        "lr": recipe.learning_rate,
        "betas": recipe.adam_betas,
        "eps": recipe.adam_epsilon,
    }


def _connect_deepspeed() -> None:
    """Set up DeepSpeed's communication.

    accelerate leaves that undone on a CPU, and ZeRO-3 then takes the run for one of one process.
    There, gloo alone serves: DeepSpeed's shared memory beside it would be compiled for a minute at
    the first start, for no gain that counts.
    """
    import deepspeed
    import deepspeed.ops

    if torch.cuda.is_available():
        deepspeed.init_distributed("nccl", timeout=PATIENCE)
        return
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    deepspeed.init_distributed("gloo", timeout=PATIENCE)


def _wait() -> None:
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()


def _save(trainer: LMTrainer, job: Job, tokenizer: Any) -> Path:
    """Write the result, whole or not at all."""
    temporary = job.out / f"{job.result.name}.tmp"
    if trainer.args.should_save:
        shutil.rmtree(temporary, ignore_errors=True)
    _wait()
    trainer.save_model(str(temporary))
    if trainer.args.should_save:
        (temporary / "training_args.bin").unlink(missing_ok=True)  # a pickle nobody needs
        if job.result.name == "model":
            plain: Any = trainer.model
            named = plain.named_parameters()
            check_whole(temporary, {n: tuple(getattr(p, "ds_shape", p.shape)) for n, p in named})
        else:
            check_whole(temporary, {})
        temporary.replace(job.result)
        logger.info("wrote %s", job.result)
    _wait()
    return job.result


def main() -> None:
    """The command line of one process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--local_rank", type=int, help="given by DeepSpeed's launcher; not used")
    out: Path = parser.parse_args().out
    first = int(os.environ.get("RANK", "0")) == 0
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("model").setLevel(logging.INFO if first else logging.CRITICAL)
    # What the libraries say to each other, at every step.
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    try:
        run(Job.read(out))
    except TrainingError as error:
        logger.error("%s", error)
        raise SystemExit(2) from None
    finally:
        if distributed.is_available() and distributed.is_initialized():
            distributed.destroy_process_group()


if __name__ == "__main__":
    main()
