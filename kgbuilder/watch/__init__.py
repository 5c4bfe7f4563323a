"""The daemon that keeps a graph what its folders are.

``observer`` says where something may have changed, ``lookout`` looks, ``settling`` waits until a
file is complete, ``batches`` builds through the one pipeline, ``retraction`` lets go what is gone,
``journal`` remembers, ``daemon`` does these in their order and outlives the store's troubles,
``endpoint`` and ``metrics`` tell.
"""
