"""The error of training."""

from __future__ import annotations


class TrainingError(ValueError):
    """What the user can set right: a recipe, a folder, a missing library. One clear sentence."""
