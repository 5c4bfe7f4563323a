"""What is read from."""

from __future__ import annotations

from typing import Any

from graph.view import GraphView

Row = dict[str, Any]
Reader = GraphView
"""A graph of any kind: `graph.view.view_of` a store."""

__all__ = ["Reader", "Row"]
