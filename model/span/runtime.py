"""Runs the exported graphs with ONNX Runtime; NumPy in, NumPy out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from model.span.tokenizer import SpanTokenizer, Tokens

ENCODER, SPAN_LABELS, PAIR_LABELS, PAIRS = GRAPHS = (
    "encoder.onnx",
    "span_labels.onnx",
    "pair_labels.onnx",
    "pairs.onnx",
)
ENCODER_INPUTS = ("input_ids", "token_type_ids")

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class SpanRuntime:
    """The four graphs of a model folder. Thread-safe; a call runs in the thread that makes it."""

    def __init__(self, folder: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3

        def session(name: str) -> ort.InferenceSession:
            return ort.InferenceSession(
                str(folder / name), options, providers=["CPUExecutionProvider"]
            )

        self.tokenizer = SpanTokenizer.load(folder)
        self._encoder = session(ENCODER)
        inputs = tuple(each.name for each in self._encoder.get_inputs())
        if inputs != ENCODER_INPUTS:
            raise ValueError(
                f"'{folder / ENCODER}' was exported by another version of kgbuilder:"
                " export its network again"
            )
        self._span_labels = session(SPAN_LABELS)
        self._pair_labels = session(PAIR_LABELS)
        self._pairs = session(PAIRS)

    def hidden(self, tokens: Tokens) -> Floats:
        """[T + 2, d], with the special tokens at both ends.

        One text at a time: int8 activations are scaled by the largest value of all that is read
        together, so that a text's vectors would depend on its company.
        """
        padded = self.tokenizer.padded([tokens])
        (output,) = self._encoder.run(None, {name: padded[name][0] for name in ENCODER_INPUTS})
        return output  # type: ignore[no-any-return]

    def label_vectors(self, texts: Sequence[str]) -> Floats:
        """[L, d]"""
        return np.stack([self.hidden(tokens).mean(0) for tokens in self.tokenizer.encode(texts)])

    def span_labels(self, vectors: Floats, kinds: Ints) -> Floats:
        """[L, 3, d + 1]"""
        return self._span_labels.run(None, {"labels": vectors, "kinds": kinds})[0]  # type: ignore[no-any-return]

    def pair_labels(self, vectors: Floats, kinds: Ints) -> Floats:
        """[L, 1, pair size + 1]"""
        return self._pair_labels.run(None, {"labels": vectors, "kinds": kinds})[0]  # type: ignore[no-any-return]

    def pairs(self, hidden: Floats, spans: Ints, pairs: Ints) -> Floats:
        """hidden [T, d], spans [N, 2], pairs [P, 2] -> [P, pair size]"""
        return self._pairs.run(None, {"hidden": hidden, "spans": spans, "pairs": pairs})[0]  # type: ignore[no-any-return]


class Scorer:
    """Scores vectors for labels, given as ``span_labels`` or ``pair_labels`` make them."""

    def __init__(self, labels: Floats) -> None:
        """labels [L, outputs, d + 1], the last of each a bias"""
        flat = labels.reshape(-1, labels.shape[-1])
        self._weight = flat[:, :-1].T * np.float32((labels.shape[-1] - 1) ** -0.5)
        self._bias = flat[:, -1].copy()
        self._shape = labels.shape[:2]

    def __call__(self, vectors: Floats) -> Floats:
        """vectors [..., d] -> logits [..., L, outputs]"""
        logits: Floats = vectors @ self._weight + self._bias
        return logits.reshape(*vectors.shape[:-1], *self._shape)
