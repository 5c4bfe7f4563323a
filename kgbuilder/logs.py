"""Log lines that nothing from outside can forge: names of files, texts and answers are in them."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

# Control characters (a line end would begin a forged line, an escape drives a terminal), marks that
# turn the direction of text around, and halves of surrogate pairs, which no stream takes.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """``text`` in one line, with what could forge others escaped as in a Python string."""
    return _UNSAFE.sub(lambda match: ascii(match.group())[1:-1], text)


class LineFormatter(logging.Formatter):
    """A line a record; a traceback, where there is one, follows on lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's
        record.message = printable(record.message)
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """A JSON object a record: ``time`` (ISO 8601, UTC), ``level``, ``logger``, ``message``, and
    ``exception`` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields)
