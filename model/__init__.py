"""Chunks in, annotations out: schemas, extractors, their training and scoring."""
