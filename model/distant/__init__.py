"""Distant supervision: makes training data by aligning a knowledge graph with text."""

from model.distant.annotate import DistantAnnotator, DistantReport, Text, dump_report, read_texts
from model.distant.graph import KnowledgeGraph, Value
from model.distant.recipe import Recipe, RecipeError, load_recipe, recipe_path
from model.distant.refine import Refined, Refiner
from model.distant.sources import GraphError, load_graph

__all__ = [
    "DistantAnnotator",
    "DistantReport",
    "GraphError",
    "KnowledgeGraph",
    "Recipe",
    "RecipeError",
    "Refined",
    "Refiner",
    "Text",
    "Value",
    "dump_report",
    "load_graph",
    "load_recipe",
    "read_texts",
    "recipe_path",
]
