"""The daemon that keeps a graph what its folders are.

``observer`` says where something may have changed, ``folders`` looks, ``settling`` waits until a
file is complete, ``daemon`` builds and retracts through the one pipeline, ``journal`` remembers,
``endpoint`` and ``metrics`` tell.
"""
