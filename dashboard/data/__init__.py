"""What the explorer asks of a graph, and what it makes of the answers. No Streamlit here.

Every function takes a `Reader`, which is a `graph.view.GraphView`: property graphs and RDF answer
alike. None reads more than its limits say, whatever the size of the graph.
"""
