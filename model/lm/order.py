"""The order in which samples are learned: the same for any number of processes.

Step ``s`` learns from the places ``s * batch .. (s + 1) * batch - 1`` of one global order. Who of
the processes reads which of them changes with their number; what the step learns from does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from torch.utils.data import Dataset

from model.lm.errors import TrainingError
from model.lm.packing import Sample


class Samples(Protocol):
    """Samples in their global order. May go round several times."""

    def __len__(self) -> int:
        """Samples of one epoch."""

    def __getitem__(self, place: int) -> Sample | None:
        """The sample at a place of the global order, which has no end."""


class Shuffled:
    """Any collection of samples, in another random order each epoch."""

    def __init__(self, samples: Samples, seed: int) -> None:
        self._samples = samples
        self._seed = seed
        self._epoch = -1
        self._order = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, place: int) -> Sample | None:
        epoch, index = divmod(place, len(self._samples))
        if epoch != self._epoch:
            rng = np.random.default_rng([self._seed, epoch])
            self._order, self._epoch = rng.permutation(len(self._samples)), epoch
        return self._samples[int(self._order[index])]


class Whole(Dataset[Sample | None]):
    """All places of a whole run as one data set: the run is one epoch to the Trainer."""

    def __init__(self, samples: Samples, places: int) -> None:
        self._samples = samples
        self._places = places

    def __len__(self) -> int:
        return self._places

    def __getitem__(self, place: int) -> Sample | None:
        return self._samples[place]


class MicroBatches:
    """The places that one process reads, micro-batch by micro-batch."""

    def __init__(self, steps: int, batch: int, micro_batch: int, rank: int, processes: int) -> None:
        self._steps = steps
        self._batch = batch
        self._micro_batch = micro_batch
        self._rank = rank
        self._processes = processes
        self.per_step = rounds(batch, micro_batch, processes)

    def __len__(self) -> int:
        return self._steps * self.per_step

    def __iter__(self) -> Iterator[list[int]]:
        stride = self._micro_batch * self._processes
        for step in range(self._steps):
            for turn in range(self.per_step):
                start = step * self._batch + turn * stride + self._rank * self._micro_batch
                yield list(range(start, start + self._micro_batch))


def rounds(batch: int, micro_batch: int, processes: int) -> int:
    """Micro-batches that each process adds up in a step.

    Raises TrainingError if the batch cannot be shared out evenly.
    """
    if batch % (micro_batch * processes):
        raise TrainingError(
            f"a batch of {batch} cannot be shared by {processes} processes in micro-batches of"
            f" {micro_batch}; set micro_batch so that both together divide it"
        )
    return batch // (micro_batch * processes)
