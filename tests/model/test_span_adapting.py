import json

import pytest
from tiny_span import write_encoder
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="training the span model needs torch")
pytest.importorskip("onnx", reason="exporting the span model needs onnx")

from transformers import BertModel  # noqa: E402

from kgbuilder.cli.main import app  # noqa: E402
from model.records import read_records  # noqa: E402
from model.schema import EntityType, RelationType, Schema  # noqa: E402
from model.scoring import Scorer  # noqa: E402
from model.span import restoring  # noqa: E402
from model.span.adapting import adapt, export_adapted, schema_of  # noqa: E402
from model.span.export import export  # noqa: E402
from model.span.extractor import SpanExtractor  # noqa: E402
from model.span.network import HeadConfig, SpanNetwork  # noqa: E402
from model.span.settings import DECODING_FILE, Decoding  # noqa: E402
from model.span.training import TrainConfig  # noqa: E402

TEXTS = ["Ann works for Acme.", "Bob works for Initech.", "Eve works for Globex."]
SCHEMA = Schema(
    name="staff",
    entities=(EntityType("worker"), EntityType("firm")),
    relations=(RelationType("works for"),),
)


def record(text):
    name, firm = text.split()[0], text.split()[-1].rstrip(".")
    return {
        "id": text,
        "text": text,
        "entities": [
            {"start": 0, "end": len(name), "type": "worker"},
            {"start": text.index(firm), "end": text.index(firm) + len(firm), "type": "firm"},
        ],
        "relations": [{"head": 0, "tail": 1, "type": "works for"}],
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A tiny exported model that knows nothing, ``model``, and records to learn from."""
    root = tmp_path_factory.mktemp("adapting")
    write_encoder(root / "network", [*TEXTS, "worker firm works for"])
    torch.manual_seed(1)
    encoder = BertModel.from_pretrained(root / "network", add_pooling_layer=False)
    network = SpanNetwork(encoder, HeadConfig(pair_size=32, context_heads=4))
    with torch.no_grad():
        for value in network.parameters():
            value.add_(0.02 * torch.randn_like(value))
    network.save(root / "network")
    export(root / "network", root / "model", texts=TEXTS)
    Decoding(entity=0.35, relation=0.35).save(root / "model" / DECODING_FILE)
    lines = [json.dumps(record(text)) for text in TEXTS]
    (root / "mine.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return root


@pytest.fixture(autouse=True)
def four_heads(monkeypatch):
    monkeypatch.setattr(restoring, "ATTENTION_HEADS", 4)


RECIPE = {
    "sets": {"own": 1.0},
    "steps": 1500,  # for 100 examples; three are seen in 260 steps
    "warmup": 10,
    "batch_tokens": 64,
    "description_share": 0.0,
    "translation_share": 0.0,
    "label_dropout": 0.0,
    "encoder_learning_rate": 4e-3,
    "head_learning_rate": 4e-3,
    "dropout": 0.0,
}


def f1(model, path):
    scorer = Scorer(SCHEMA)
    records = list(read_records(path))
    extractor = SpanExtractor(model, threads=1)
    found = extractor.extract([r.text for r in records], SCHEMA)
    for gold, annotation in zip(records, found, strict=True):
        scorer.add(gold, annotation)
    return scorer.result().total.f1


def test_a_few_examples_teach_a_schema(root, tmp_path):
    mine = root / "mine.jsonl"
    before = f1(root / "model", mine)
    torch.set_num_threads(1)
    adapt([mine], SCHEMA, tmp_path / "run", initial=root / "model", config=TrainConfig(**RECIPE))
    export_adapted(tmp_path / "run", tmp_path / "model", [mine], initial=root / "model")
    assert f1(tmp_path / "model", mine) > max(0.8, before)
    assert Decoding.load(tmp_path / "model" / DECODING_FILE).entity == 0.35


def test_the_types_that_records_use_make_a_schema(root):
    schema = schema_of([root / "mine.jsonl"])
    assert [t.name for t in schema.entities] == ["firm", "worker"]
    assert [r.name for r in schema.relations] == ["works for"]


def test_a_type_that_the_schema_lacks_is_an_error(root, tmp_path):
    schema = Schema(name="less", entities=(EntityType("worker"),))
    with pytest.raises(ValueError, match=r"mine\.jsonl, record 'Ann works for Acme\.'.*'firm'"):
        adapt([root / "mine.jsonl"], schema, tmp_path / "run", initial=root / "model")


def test_no_records_are_an_error(root, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(ValueError, match="no records"):
        adapt([empty], SCHEMA, tmp_path / "run", initial=root / "model")


def test_the_command_line_adapts_and_names_the_model(root, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("\n".join(f"{k}: {json.dumps(v)}" for k, v in RECIPE.items()), "utf-8")
    arguments = ["train", "span", str(recipe), "--init", str(root / "model")]
    arguments += ["--data", str(root / "mine.jsonl"), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "model" / "encoder.onnx").exists()
    assert str(tmp_path / "run" / "model") in result.output.replace("\n", "")


def test_options_of_a_training_from_scratch_do_not_go_with_adapting(root, tmp_path):
    data = ["--data", str(root / "mine.jsonl"), "-o", str(tmp_path / "run")]
    adapting = ["train", "span", "--init", "bundled", *data]
    result = CliRunner().invoke(app, [*adapting, "--tune", "gum", "--network", str(root)])
    assert result.exit_code == 2
    assert "--init goes without --network and --tune" in plain(result.output)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("sets: {small: 1}\n")
    training = ["train", "span", str(recipe), "--initial", str(root), "--schema", "general"]
    result = CliRunner().invoke(app, [*training, "--data", str(root), "-o", str(tmp_path / "run")])
    assert result.exit_code == 2
    assert "--schema needs --init" in plain(result.output)
    assert not (tmp_path / "run").exists()


def plain(output):
    """The words of a message that the terminal's frame breaks into lines."""
    return " ".join(output.replace("│", " ").split())
