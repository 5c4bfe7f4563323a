"""Extraction as instructions: prompts and answers in words, and back to annotated text."""
