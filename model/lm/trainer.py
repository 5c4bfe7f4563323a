"""The Trainer of transformers with a data order, checkpoints and a log of our own.

- Data: the whole run is one epoch of a ``Whole`` data set, read by ``MicroBatches``. To resume,
  the Trainer skips as many micro-batches as were learned, which are the same samples for any
  number of processes.
- Random numbers (dropout) are seeded from the step and the process, so nothing has to be restored.
- The loss of a step is the mean over all tokens that its processes learn from.
- Checkpoints are declared complete, see ``model.lm.checkpoints``.
- The log has tokens a second and MFU.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor
from torch.utils.data import DataLoader
from transformers import Trainer

from model.lm.checkpoints import clean, complete
from model.lm.errors import TrainingError
from model.lm.order import MicroBatches, Samples, Whole
from model.lm.packing import IGNORED, TOKENS, Collator, sees_neighbours
from model.lm.recipe import Recipe
from model.lm.throughput import flops_per_token, peak_flops

logger = logging.getLogger(__name__)

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def token_loss(outputs: Any, labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
    """The loss summed over the learned tokens here, by their number in the whole batch.

    By that a step is the same for any number of processes and micro-batches. A batch without any
    learned token has a loss of 0.
    """
    logits = outputs.logits[:, :-1].float()
    targets = labels[:, 1:].to(logits.device)
    total = F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        targets.reshape(-1),
        ignore_index=IGNORED,
        reduction="sum",
    )
    count = (targets != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
    return total / torch.as_tensor(count, device=total.device).clamp(min=1)


class LMTrainer(Trainer):
    """Trains a causal LM on ``samples`` for ``args.max_steps`` steps."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        samples: Samples,
        zero: int,
        steps: int,
        **arguments: Any,
    ) -> None:
        self._recipe = recipe
        self._samples = samples
        self._zero = zero
        whole = Whole(samples, steps * recipe.batch)
        super().__init__(train_dataset=whole, compute_loss_func=token_loss, **arguments)
        self._checked = False
        self._seeded = -1
        self._tokens = 0
        self._since = time.perf_counter()
        dtype = DTYPES[recipe.precision]
        peak = recipe.peak_tflops * 1e12 if recipe.peak_tflops else None
        self._peak = peak or peak_flops(self.args.device, dtype)
        self._flops = flops_per_token(self.model, recipe.max_length)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The micro-batches of this process."""
        assert isinstance(self.train_dataset, Whole)
        return DataLoader(
            self.train_dataset,
            batch_sampler=MicroBatches(
                self.args.max_steps,
                self._recipe.batch,
                self._recipe.micro_batch,
                self.args.process_index,
                self.args.world_size,
            ),
            collate_fn=self.data_collator,
            num_workers=self.args.dataloader_num_workers,
            pin_memory=self.args.dataloader_pin_memory,
        )

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> Tensor:
        """See the base class."""
        if not self._checked:
            self._check_packing(model)
        step = self.state.global_step
        if step != self._seeded:
            # Each process and step has numbers of its own; a resumed run draws the same ones.
            torch.manual_seed((self.args.seed * 1_000_003 + step) * 4099 + self.args.process_index)
            self._seeded = step
        self._tokens += int(inputs[TOKENS])
        loss: Tensor = super().training_step(model, inputs, num_items_in_batch)
        return loss

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """See the base class."""
        inputs = {key: value for key, value in inputs.items() if key != TOKENS}
        return super().compute_loss(model, inputs, *args, **kwargs)

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """The mean loss of a token of the validation data, the same for any number of processes."""
        samples = self.eval_dataset if eval_dataset is None else eval_dataset
        assert isinstance(samples, Whole)
        collate: Any = self.data_collator
        model: Any = self.model_wrapped if self.is_deepspeed_enabled else self.model
        sums = torch.zeros(2, device=self.args.device, dtype=torch.float64)
        model.eval()
        stride = self._recipe.micro_batch * self.args.world_size
        # Under ZeRO-3 all processes must compute together, so one without samples left computes
        # on none.
        for start in range(0, len(samples), stride):
            first = start + self.args.process_index * self._recipe.micro_batch
            last = min(first + self._recipe.micro_batch, len(samples))
            batch = self._prepare_inputs(collate([samples[i] for i in range(first, last)]))
            labels = batch.pop("labels")
            batch.pop(TOKENS)
            with torch.no_grad():
                total = token_loss(model(**batch), labels, 1)
            sums += torch.stack([total.double(), (labels[:, 1:] != IGNORED).sum().double()])
        model.train()
        total, count = self.accelerator.reduce(sums, "sum").tolist()
        metrics = {f"{metric_key_prefix}_loss": total / max(count, 1)}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        self._since = time.perf_counter()  # this is not training
        return metrics

    def _check_packing(self, model: Any) -> None:
        self._checked = True
        collator = self.data_collator
        if not isinstance(collator, Collator) or collator.layout == "rows":
            return
        plain: Any = self.model
        vocabulary = plain.config.get_text_config().vocab_size
        if sees_neighbours(model, vocabulary, collator.layout):
            raise TrainingError(
                "this model lets packed samples see each other; set packing: false in the recipe"
            )

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds tokens a second, MFU and the tokens learned so far to lines with a loss."""
        if "loss" in logs:
            now = time.perf_counter()
            count = torch.tensor(self._tokens, device=self.args.device, dtype=torch.int64)
            tokens = int(self.accelerator.reduce(count, "sum"))
            rate = tokens / max(now - self._since, 1e-9)
            logs["tokens_per_second"] = rate
            logs["mfu"] = rate * self._flops / (self._peak * self.args.world_size)
            self._tokens, self._since = 0, now
        # One epoch of the Trainer is the whole run.
        epochs = self.state.global_step * self._recipe.batch / len(self._samples)
        whole_run = self.state.epoch
        self.state.epoch = epochs
        super().log(logs, start_time)
        self.state.epoch = whole_run

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            out = Path(str(self.args.output_dir))
            step = self.state.global_step
            complete(
                out / f"checkpoint-{step}",
                step=step,
                processes=self.args.world_size,
                zero=self._zero,
            )
            clean(out, self._recipe.keep_checkpoints)
        self.accelerator.wait_for_everyone()
        self._since = time.perf_counter()  # saving is not training
