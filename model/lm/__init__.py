"""Causal language models: continued pretraining, instruction tuning, adapters.

torch, transformers, peft and deepspeed are imported here; nothing of the default build imports
this package.
"""
