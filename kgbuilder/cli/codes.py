"""What the command ends with."""

DONE = 0
FAILED = 1
"""Some documents failed, or what was asked for came out wrong or empty."""
CANNOT = 2
"""The command could not run."""
INTERRUPTED = 130
