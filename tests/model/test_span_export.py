import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_span import write_encoder

torch = pytest.importorskip("torch", reason="exporting the span model needs torch")
pytest.importorskip("onnx", reason="exporting the span model needs onnx")

from transformers import BertModel  # noqa: E402

from model.schema import EntityType, EventType, RelationType, Role, Schema  # noqa: E402
from model.span.batching import pad_tokens  # noqa: E402
from model.span.encoder_graph import EncoderGraph, as_bert  # noqa: E402
from model.span.export import export  # noqa: E402
from model.span.extractor import SpanExtractor  # noqa: E402
from model.span.network import HeadConfig, SpanNetwork  # noqa: E402
from model.span.runtime import Scorer, SpanRuntime  # noqa: E402
from model.span.settings import Decoding  # noqa: E402

TEXTS = [
    "Ann Lee works for Acme in Oslo.",
    "李明在北京创立了国电公司。",
    "Bob lives in Rome. He works for Initech, and Acme bought Globex last year in Oslo.",
    "A",
]
# Of int8 against torch, on the tiny random network, whose hidden states have a norm of sqrt(32).
QUANTISED_HIDDEN = 0.1  # relative distance of the hidden states
QUANTISED_SCORE = 0.35  # largest difference of a logit


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """``network`` as training leaves it, ``float`` and ``int8`` as exported."""
    root = tmp_path_factory.mktemp("export")
    write_encoder(root / "network", TEXTS)
    torch.manual_seed(1)
    encoder = BertModel.from_pretrained(root / "network", add_pooling_layer=False)
    network = SpanNetwork(encoder, HeadConfig(pair_size=16, context_heads=4))
    with torch.no_grad():
        # Random heads that find something: without the bias against it of a fresh network.
        for head in (network.span_labels, network.pair_labels):
            head.out.bias.zero_()
            head.out.weight.mul_(6)
    network.save(root / "network")
    export(root / "network", root / "float", quantise=False)
    export(root / "network", root / "int8")
    return root


@pytest.fixture(scope="module")
def network(folder):
    return SpanNetwork.load(folder / "network").eval()


@torch.no_grad()
def reference(network, tokenizer):
    """Hidden states, span label vectors, pair vectors and scores, by torch."""
    tokens = tokenizer.encode(TEXTS)
    hidden = network.hidden(pad_tokens(tokens, tokenizer))
    labels = network.label_vectors(pad_tokens(tokens, tokenizer))
    kinds = torch.tensor([0, 1, 2, 0])
    spans, pairs = torch.tensor([[0, 1], [4, 4], [2, 6]]), torch.tensor([[0, 1], [1, 0], [2, 2]])
    text = hidden[2, 1 : len(tokens[2]) + 1]
    vectors = network.pairs(text, spans, pairs)
    span_labels = network.span_labels(labels, kinds)
    pair_labels = network.pair_labels(labels, kinds + 3)
    return {
        "hidden": text.numpy(),
        "labels": labels.numpy(),
        "pairs": vectors.numpy(),
        "span_scores": network.score(text, span_labels).numpy(),
        "pair_scores": network.score(vectors, pair_labels).numpy(),
    }


def exported(folder):
    runtime = SpanRuntime(folder)
    tokens = runtime.tokenizer.encode(TEXTS)
    labels = runtime.label_vectors(TEXTS)
    kinds = np.array([0, 1, 2, 0])
    text = runtime.hidden(tokens[2])[1:-1]
    vectors = runtime.pairs(
        np.ascontiguousarray(text),
        np.array([[0, 1], [4, 4], [2, 6]]),
        np.array([[0, 1], [1, 0], [2, 2]]),
    )
    return {
        "hidden": text,
        "labels": labels,
        "pairs": vectors,
        "span_scores": Scorer(runtime.span_labels(labels, kinds))(text),
        "pair_scores": Scorer(runtime.pair_labels(labels, kinds + 3))(vectors),
    }


def test_float_graphs_equal_torch(folder, network):
    found = exported(folder / "float")
    for name, expected in reference(network, SpanRuntime(folder / "float").tokenizer).items():
        assert found[name].shape == expected.shape, name
        assert np.abs(found[name] - expected).max() < 1e-4, name


def test_quantised_graphs_stay_near_torch(folder, network):
    found = exported(folder / "int8")
    expected = reference(network, SpanRuntime(folder / "int8").tokenizer)
    distance = np.linalg.norm(found["hidden"] - expected["hidden"], axis=-1)
    assert (distance / np.linalg.norm(expected["hidden"], axis=-1)).max() < QUANTISED_HIDDEN
    for name in ("span_scores", "pair_scores"):
        assert np.abs(found[name] - expected[name]).max() < QUANTISED_SCORE, name


def test_quantised_graphs_are_a_good_deal_smaller(folder):
    def size(name):
        return sum(path.stat().st_size for path in (folder / name).glob("*.onnx"))

    assert size("int8") < 0.8 * size("float"), "half of what remains describes graphs"


def test_padding_in_torch_changes_nothing(network, folder):
    tokenizer = SpanRuntime(folder / "float").tokenizer
    tokens = tokenizer.encode(TEXTS)
    with torch.no_grad():
        together = network.hidden(pad_tokens(tokens, tokenizer))
        for row, text in enumerate(tokens):
            alone = network.hidden(pad_tokens([text], tokenizer))[0]
            assert torch.allclose(together[row, : len(text) + 2], alone, atol=1e-5)


def test_one_token_and_one_pair_can_be_read(folder):
    runtime = SpanRuntime(folder / "float")
    (tokens,) = runtime.tokenizer.encode(["A"])
    hidden = np.ascontiguousarray(runtime.hidden(tokens)[1:-1])
    assert hidden.shape == (1, 32)
    vectors = runtime.pairs(hidden, np.array([[0, 0]]), np.array([[0, 0]]))
    assert vectors.shape == (1, 16)
    assert np.isfinite(vectors).all()


def test_a_saved_network_is_loaded_unchanged(network, tmp_path):
    network.save(tmp_path)
    again = SpanNetwork.load(tmp_path).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in network.state_dict().items())


SCHEMA = Schema(
    "small",
    languages=("en",),
    entities=(EntityType("person"), EntityType("company"), EntityType("place")),
    relations=(RelationType("works for"), RelationType("lives in")),
    events=(EventType("purchase", roles=(Role("buyer"), Role("bought"))), EventType("trip")),
)
# Low thresholds: a random network finds much, so that any dependence would show.
LOW = Decoding(
    entity=0.3, trigger=0.3, argument=0.3, relation=0.3, role=0.3, nested=0.3, window=20, overlap=5
)


@pytest.mark.parametrize("weights", ["float", "int8"])
def test_an_annotation_does_not_depend_on_other_texts(folder, weights):
    extractor = SpanExtractor(folder / weights, threads=2, decoding=LOW)
    together = extractor.extract([*TEXTS, "Oslo " * 100, "", *TEXTS[::-1]], SCHEMA)
    alone = [extractor.extract([text], SCHEMA)[0] for text in TEXTS]
    assert together[: len(TEXTS)] == alone
    assert together[: -len(TEXTS) - 1 : -1] == alone
    assert sum(len(a.mentions) + len(a.relations) + len(a.events) for a in alone) > 10


@pytest.mark.parametrize("weights", ["float", "int8"])
def test_the_number_of_threads_changes_nothing(folder, weights):
    one, four = (SpanExtractor(folder / weights, threads=n, decoding=LOW) for n in (1, 4))
    texts = [" ".join(TEXTS[:3]) * 3, *TEXTS]
    assert one.extract(texts, SCHEMA) == four.extract(texts, SCHEMA)


def test_an_annotation_keeps_its_contract(folder):
    extractor = SpanExtractor(folder / "float", threads=1, decoding=LOW)
    text = " ".join(TEXTS) * 2
    (annotation,) = extractor.extract([text], SCHEMA)
    keys = [(m.start, m.end, m.type) for m in annotation.mentions]
    assert keys == sorted(set(keys))
    assert len(keys) > 5
    spans = [*annotation.mentions, *(a for e in annotation.events for a in e.arguments)]
    spans += [e.trigger for e in annotation.events]
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert 0 <= span.confidence <= 1
    members = [m for cluster in annotation.clusters for m in cluster]
    assert len(members) == len(set(members))
    facts = [(r.type, r.head, r.tail) for r in annotation.relations]
    assert len(facts) == len(set(facts))
    assert {r.type for r in annotation.relations} <= set(SCHEMA.relation)
    for event in annotation.events:
        assert {a.role for a in event.arguments} <= set(SCHEMA.event[event.type].role)


def test_fingerprint_follows_weights_and_decoding(folder, tmp_path):
    shutil.copytree(folder / "float", tmp_path / "copy")
    same = SpanExtractor(folder / "float", decoding=Decoding()).fingerprint
    assert SpanExtractor(tmp_path / "copy", decoding=Decoding()).fingerprint == same
    assert SpanExtractor(folder / "float", decoding=LOW).fingerprint != same
    assert SpanExtractor(folder / "int8", decoding=Decoding()).fingerprint != same


def test_decoding_is_read_from_beside_the_weights(folder, tmp_path):
    shutil.copytree(folder / "float", tmp_path / "copy")
    (tmp_path / "copy" / "decoding.json").write_text(json.dumps({"entity": 0.7, "later": 1}))
    assert SpanExtractor.load(tmp_path / "copy").decoding == Decoding(entity=0.7)


def test_types_restrict_relations(folder):
    admitted = Schema(
        "small",
        languages=("en",),
        entities=SCHEMA.entities,
        relations=(RelationType("works for", head=("person",), tail=("company",)),),
    )
    extractor = SpanExtractor(folder / "float", threads=1, decoding=LOW)
    for annotation in extractor.extract(TEXTS, admitted):
        for relation in annotation.relations:
            assert annotation.mentions[relation.head].type == "person"
            assert annotation.mentions[relation.tail].type == "company"


def test_a_schema_without_types_finds_nothing(folder):
    extractor = SpanExtractor(folder / "float", threads=1, decoding=LOW)
    (annotation,) = extractor.extract([TEXTS[0]], Schema("none"))
    assert not annotation.mentions
    assert not annotation.relations
    assert not annotation.events


def test_lone_surrogates_keep_offsets(folder):
    extractor = SpanExtractor(folder / "float", threads=1, decoding=LOW)
    text, broken = "Acme \ufffd in Oslo.", "Acme \ud800 in Oslo."
    assert extractor.extract([broken], SCHEMA) == extractor.extract([text], SCHEMA)
    assert extractor.token_spans(broken)[-1] == (len(broken) - 1, len(broken))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{Path(tmp_path / 'none')}.*no span model"):
        SpanExtractor.load(tmp_path / "none")


def test_graphs_of_another_version_are_refused(folder, tmp_path):
    shutil.copytree(folder / "int8", tmp_path / "old")
    shutil.copyfile(tmp_path / "old" / "pairs.onnx", tmp_path / "old" / "encoder.onnx")
    with pytest.raises(ValueError, match=r"old/encoder\.onnx' was exported by another version"):
        SpanExtractor(tmp_path / "old")


@torch.no_grad()
def test_the_exported_encoder_gives_what_bert_gives(network, folder):
    tokenizer = SpanRuntime(folder / "float").tokenizer
    graph = EncoderGraph(network.encoder).eval()
    for tokens in tokenizer.encode(TEXTS):
        batch = pad_tokens([tokens], tokenizer)
        found = graph(batch["input_ids"][0], batch["token_type_ids"][0])
        assert torch.allclose(found, network.hidden(batch)[0], atol=1e-5)


def test_weights_of_the_exported_encoder_go_back_by_name(network):
    graph = EncoderGraph(network.encoder)
    expected = network.encoder.state_dict()
    found = as_bert(graph.state_dict(), network.encoder.config.num_attention_heads)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.allclose(found[name], value, atol=1e-6), name
