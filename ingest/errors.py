"""The error of ``ingest``."""

from __future__ import annotations


class ReadError(Exception):
    """A file or one of its records cannot be read; the message is a clear reason for people.

    Readers raise it without naming the file: ``ingest.reader.read`` knows the file and turns the
    error into a ``Failure`` that does.
    """
