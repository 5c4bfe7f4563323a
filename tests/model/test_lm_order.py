"""The order of samples: one for any number of processes."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from model.lm.errors import TrainingError
from model.lm.order import MicroBatches, Shuffled, rounds
from model.lm.packing import Sample


class Numbers:
    def __len__(self) -> int:
        return 10

    def __getitem__(self, place: int) -> Sample:
        return Sample(np.array([place]), np.ones(1, dtype=np.bool_))


@pytest.mark.parametrize(("micro_batch", "processes"), [(12, 1), (2, 2), (1, 3), (2, 6)])
def test_a_step_learns_from_the_same_samples_whoever_shares_it(
    micro_batch: int, processes: int
) -> None:
    parts = [MicroBatches(3, 12, micro_batch, rank, processes) for rank in range(processes)]
    for step in range(3):
        places = [
            place
            for part in parts
            for batch in islice(part, step * part.per_step, (step + 1) * part.per_step)
            for place in batch
        ]
        assert sorted(places) == list(range(step * 12, (step + 1) * 12))
    assert all(len(list(part)) == len(part) for part in parts)


def test_a_batch_that_cannot_be_shared_out_is_refused_with_the_reason() -> None:
    with pytest.raises(TrainingError, match="a batch of 12 cannot be shared by 5 processes"):
        rounds(12, 2, 5)


def test_every_epoch_has_each_sample_once_in_another_order() -> None:
    shuffled = Shuffled(Numbers(), seed=3)
    epochs = [[int(shuffled[i + 10 * e].tokens[0]) for i in range(10)] for e in range(3)]  # type: ignore[union-attr]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    again = Shuffled(Numbers(), seed=3)
    assert [int(again[i].tokens[0]) for i in range(20, 30)] == epochs[2]  # type: ignore[union-attr]
