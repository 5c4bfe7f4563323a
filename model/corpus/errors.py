"""The error of ``model.corpus``."""

from __future__ import annotations


class CorpusError(ValueError):
    """A recipe, a rule file, a tokenizer or a packed corpus that cannot be used; says why."""
