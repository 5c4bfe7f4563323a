"""Annotations in, canonical graph out: resolving, storing, querying, exporting."""
