import numpy as np
import pytest
from tiny_span import write_encoder

torch = pytest.importorskip("torch", reason="restoring the span model needs torch")
pytest.importorskip("onnx", reason="restoring the span model needs onnx")

from transformers import BertModel  # noqa: E402

from model.span import restoring  # noqa: E402
from model.span.batching import pad_tokens  # noqa: E402
from model.span.export import export  # noqa: E402
from model.span.extractor import BUNDLED  # noqa: E402
from model.span.network import HeadConfig, SpanNetwork  # noqa: E402
from model.span.restoring import restore  # noqa: E402
from model.span.runtime import SpanRuntime  # noqa: E402

TEXTS = ["Ann Lee works for Acme in Oslo.", "李明在北京创立了国电公司。"]
ROUNDING = 0.02  # of 8 bits, relative to the size of a weight matrix


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A random network, exported with and without smoothing."""
    root = tmp_path_factory.mktemp("restoring")
    write_encoder(root / "network", TEXTS)
    torch.manual_seed(1)
    encoder = BertModel.from_pretrained(root / "network", add_pooling_layer=False)
    network = SpanNetwork(encoder, HeadConfig(pair_size=16, context_heads=4))
    with torch.no_grad():
        for value in network.parameters():  # no two alike, as after training
            value.add_(0.05 * torch.randn_like(value))
    network.save(root / "network")
    export(root / "network", root / "plain")
    export(root / "network", root / "smooth", texts=TEXTS)
    return root


@pytest.mark.parametrize("kind", ["plain", "smooth"])
def test_every_weight_comes_back_but_for_rounding(exported, kind, monkeypatch):
    monkeypatch.setattr(restoring, "ATTENTION_HEADS", 4)
    expected = SpanNetwork.load(exported / "network").state_dict()
    found = restore(exported / kind).state_dict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        distance = (found[name] - value).norm() / value.norm().clamp(min=1.0)
        assert distance < ROUNDING, name


def test_the_bundled_model_comes_back():
    runtime, network = SpanRuntime(BUNDLED), restore(BUNDLED).eval()
    for text in TEXTS:
        tokens = runtime.tokenizer.encode([text])
        with torch.no_grad():
            found = network.hidden(pad_tokens(tokens, runtime.tokenizer))[0].numpy()
        expected = runtime.hidden(tokens[0])
        cosine = (found * expected).sum(-1) / (
            np.linalg.norm(found, axis=-1) * np.linalg.norm(expected, axis=-1)
        )
        assert cosine.min() > 0.98
