"""Extraction by instruction-tuned language models, local or behind an HTTP server."""
