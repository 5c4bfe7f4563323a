"""Errors whose message is one sentence that tells the user what to do."""

from __future__ import annotations


class KGBuilderError(Exception):
    """What a user can set right; the command line shows its message without a traceback."""


class SettingsError(KGBuilderError, ValueError):
    """A setting that does not exist or cannot hold its value; names where it was given."""


class ExtractorError(KGBuilderError, ValueError):
    """An extractor that cannot be found or loaded."""


class InputError(KGBuilderError, ValueError):
    """A path or record given to kgbuilder that it cannot use."""
