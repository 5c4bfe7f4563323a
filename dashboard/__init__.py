"""The explorer: a Streamlit app on a graph. ``kgbuilder explore`` opens it."""
