"""A training run: what is trained on what, and where it goes. ``OUT/job.json`` keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.lm.errors import TrainingError
from model.lm.recipe import FinetuneRecipe, PretrainRecipe, parse_recipe

JOB = "job.json"
#: Values of a recipe that may change between the parts of a run: they change how fast it goes,
#: or what is kept of it, not what it learns.
FREE = {
    "attention",
    "checkpoint_every",
    "evaluate_every",
    "gradient_checkpointing",
    "keep_checkpoints",
    "log_every",
    "micro_batch",
    "peak_tflops",
    "trust_remote_code",
    "workers",
}


@dataclass(frozen=True)
class Job:
    """``data``: packed corpora for pretraining, JSONL files of instructions for fine-tuning.

    ``FOLDER#SOURCE`` is one source of a packed corpus.
    """

    recipe: PretrainRecipe | FinetuneRecipe
    out: Path
    data: tuple[Path, ...]
    weights: tuple[float, ...] | None = None
    """Shares of the corpora in what is learned; default: every sample once an epoch."""
    validation: tuple[Path, ...] = field(default=())

    @property
    def result(self) -> Path:
        """Where the trained model, or adapter, lies in the end."""
        adapter = isinstance(self.recipe, FinetuneRecipe) and self.recipe.lora is not None
        return self.out / ("adapter" if adapter else "model")

    def to_json(self) -> dict[str, Any]:
        """See ``from_json``."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "data": [str(p.resolve()) for p in self.data],
            "weights": list(self.weights) if self.weights else None,
            "validation": [str(p.resolve()) for p in self.validation],
        }

    @classmethod
    def read(cls, out: Path) -> Job:
        """The job of a run's folder."""
        path = out / JOB
        values = json.loads(path.read_text("utf-8"))
        return cls(
            recipe=parse_recipe(values["recipe"], str(path)),
            out=out,
            data=tuple(map(Path, values["data"])),
            weights=tuple(values["weights"]) if values["weights"] else None,
            validation=tuple(map(Path, values["validation"])),
        )

    def write(self) -> None:
        """Begin the run's folder, or go on with it.

        Raises TrainingError if it holds another run.
        """
        values = self.to_json()
        path = self.out / JOB
        if path.exists():
            before = json.loads(path.read_text("utf-8"))
            changed = [key for key in ("data", "weights") if before[key] != values[key]]
            changed += [
                key
                for key, value in values["recipe"].items()
                if key not in FREE and before["recipe"].get(key) != value
            ]
            if changed:
                raise TrainingError(
                    f"{self.out} holds a run with other {', '.join(changed)}; give another"
                    " --output, or the same values to go on with it"
                )
        self.out.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(values, indent=2), "utf-8")
        temporary.replace(path)
