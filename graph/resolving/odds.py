"""From log odds to probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def probability(log_odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The logistic function, element by element; never quite 0 or 1, so that logarithms exist."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30)))
