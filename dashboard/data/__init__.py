"""What the explorer asks of a graph: bounded queries in, dataclasses out. No Streamlit here.

Every function takes a `Reader`, of which the property-graph store is one, and reads no more than
its limits say, whatever the size of the graph.
"""
