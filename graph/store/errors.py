"""What a store raises."""

from __future__ import annotations


class StoreError(Exception):
    """A store cannot be opened, read or written; the message says why and what to do."""


class StoreLockedError(StoreError):
    """Another process is the store's writer."""


class StoreUnreachableError(StoreError):
    """The database server does not answer; it may later."""


class QueryError(StoreError):
    """A query given by the user is wrong, or writes where only reading is allowed."""


class QueryTimeoutError(QueryError):
    """The database ended a query that took longer than it may."""
