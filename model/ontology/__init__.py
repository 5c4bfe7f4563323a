"""Schemas from and to the Semantic Web: OWL, RDFS, SKOS and SHACL in any RDF syntax.

from model.ontology import ontology_text, read_ontology

schema = read_ontology("wine.owl").schema
text = ontology_text(schema, "shacl")
"""

from model.ontology.reader import SUFFIXES, Imported, read_ontology
from model.ontology.writer import ontology_text

__all__ = ["SUFFIXES", "Imported", "ontology_text", "read_ontology"]
