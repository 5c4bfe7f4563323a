"""The bundled span model: encoder, heads, decoding, training, export."""
