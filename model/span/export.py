"""A trained network to the files that the extractor runs: ONNX graphs with 8-bit weights.

    python -m model.span.export runs/span model/bundled --data ../shared/data

Quantisation is dynamic: weights are stored as int8, activations are quantised as they come.
``--data`` gives texts by which the encoder is smoothed first, see ``model.span.smoothing``.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from model.span.encoder_graph import EncoderGraph
from model.span.network import SpanNetwork
from model.span.runtime import ENCODER, ENCODER_INPUTS, PAIR_LABELS, PAIRS, SPAN_LABELS
from model.span.settings import DECODING_FILE, Decoding
from model.span.smoothing import calibration_texts, smooth
from model.span.tokenizer import SpanTokenizer

logger = logging.getLogger(__name__)


def export(
    source: Path,
    target: Path,
    *,
    quantise: bool = True,
    data: Path | None = None,
    texts: Sequence[str] = (),
    decoding: Path | None = None,
) -> None:
    """Writes the ONNX graphs and the tokenizer of the network in ``source`` to ``target``.

    The encoder is smoothed by texts of the data sets in ``data``, or by ``texts``. Thresholds that
    are there stay; else those in the file ``decoding``, or the defaults, are written.
    """
    network = SpanNetwork.load(source).eval()
    tokenizer = SpanTokenizer.load(source)
    encoder = EncoderGraph(network.encoder)
    if data is not None:
        smooth(encoder, calibration_texts(data, tokenizer), tokenizer)
    elif texts:
        smooth(encoder, [t.window(0, 160) for t in tokenizer.encode(texts)], tokenizer)
    size, pair = network.encoder.config.hidden_size, network.config.pair_size
    target.mkdir(parents=True, exist_ok=True)
    ids = torch.ones(9, dtype=torch.long)
    _graph(
        encoder,
        (ids, torch.zeros_like(ids)),
        list(ENCODER_INPUTS),
        {name: {0: "tokens"} for name in ENCODER_INPUTS},
        target / ENCODER,
        quantise,
    )
    kinds = torch.tensor([0, 1, 2])
    for head, name in ((network.span_labels, SPAN_LABELS), (network.pair_labels, PAIR_LABELS)):
        _graph(
            head,
            (torch.rand(3, size), kinds),
            ["labels", "kinds"],
            {"labels": {0: "labels"}, "kinds": {0: "labels"}},
            target / name,
            quantise,
        )
    _graph(
        network.pairs,
        (
            torch.rand(9, size),
            torch.tensor([[0, 1], [2, 2], [3, 5]]),
            torch.tensor([[0, 1], [1, 0], [0, 2], [2, 1]]),
        ),
        ["hidden", "spans", "pairs"],
        {"hidden": {0: "tokens"}, "spans": {0: "spans"}, "pairs": {0: "pairs"}},
        target / PAIRS,
        quantise,
    )
    tokenizer.save(target)
    config = {"hidden_size": size, "pair_size": pair}
    (target / "network.json").write_text(json.dumps(config) + "\n", "utf-8")
    if not (target / DECODING_FILE).exists():
        (Decoding.load(decoding) if decoding else Decoding()).save(target / DECODING_FILE)


def _graph(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    dynamic: dict[str, dict[int, str]],
    path: Path,
    quantise: bool,
) -> None:
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            module,
            example,
            plain,
            input_names=inputs,
            output_names=["output"],
            dynamic_axes=dynamic,
            opset_version=17,
            dynamo=False,
        )
        if quantise:
            quantize_dynamic(plain, path, weight_type=QuantType.QInt8, per_channel=True)
        else:
            shutil.copyfile(plain, path)
    logger.info("%s: %.1f MB", path.name, path.stat().st_size / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--float", action="store_true", help="keep 32-bit weights")
    parser.add_argument("--data", type=Path, help="folder of data sets to calibrate with")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    export(
        arguments.source,
        arguments.target,
        quantise=not arguments.float,
        data=arguments.data,
    )


if __name__ == "__main__":
    main()
