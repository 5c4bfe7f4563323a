"""The graph as RDF: its layout, writing and reading it, and stores that hold it."""
