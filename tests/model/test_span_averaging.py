import pytest
from tiny_span import write_encoder

torch = pytest.importorskip("torch", reason="averaging networks needs torch")

from transformers import BertModel  # noqa: E402

from model.span.averaging import average, averaged  # noqa: E402
from model.span.network import HeadConfig, SpanNetwork  # noqa: E402
from model.span.tokenizer import FOLDING_FILE, SpanTokenizer  # noqa: E402


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two networks of one shape, and one of another."""
    root = tmp_path_factory.mktemp("averaging")
    for name, size, seed in (("before", 16, 1), ("after", 16, 2), ("other", 8, 3)):
        write_encoder(root / name, ["Ann Lee works for Acme in Oslo."])
        torch.manual_seed(seed)
        encoder = BertModel.from_pretrained(root / name, add_pooling_layer=False)
        network = SpanNetwork(encoder, HeadConfig(pair_size=size, context_heads=4))
        with torch.no_grad():
            for value in network.parameters():
                value.add_(0.05 * torch.randn_like(value))
        network.save(root / name)
    return root


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_weights_lie_between_the_two(folders, tmp_path, share):
    average(folders / "before", folders / "after", share, tmp_path / "out")
    first, second, found = (
        SpanNetwork.load(folder).state_dict()
        for folder in (folders / "before", folders / "after", tmp_path / "out")
    )
    assert found.keys() == first.keys()
    for name, value in found.items():
        expected = (1 - share) * first[name] + share * second[name]
        torch.testing.assert_close(value, expected, msg=name)
    assert SpanTokenizer.load(tmp_path / "out").encode(["Oslo"])


def test_networks_of_other_shapes_are_refused(folders):
    first, other = SpanNetwork.load(folders / "before"), SpanNetwork.load(folders / "other")
    with pytest.raises(ValueError, match="not of one shape: see '"):
        averaged(first, other, 0.5)
    with pytest.raises(ValueError, match=r"the share is 1\.5"):
        averaged(first, first, 1.5)


def test_networks_of_other_tokenizers_are_refused(folders, tmp_path):
    other = tmp_path / "changed"
    other.mkdir()
    for file in (folders / "after").iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / FOLDING_FILE).write_text((other / FOLDING_FILE).read_text() + "\n")
    with pytest.raises(ValueError, match=f"differ in {FOLDING_FILE}"):
        average(folders / "before", other, 0.5, tmp_path / "out")
