"""How local entities become canonical ones: decisions of people, links between names, clusters.

Everything here is pure: what a component of keys becomes depends on its content alone.
"""
