import json
from pathlib import Path

import pytest
from tiny_span import write_encoder, write_label_names, write_set

torch = pytest.importorskip("torch", reason="training the span model needs torch")

from model.records import record_from_json  # noqa: E402
from model.schema_loader import load_schema  # noqa: E402
from model.scoring import Scorer  # noqa: E402
from model.span import training  # noqa: E402
from model.span.export import export  # noqa: E402
from model.span.extractor import SpanExtractor  # noqa: E402
from model.span.network import HeadConfig, SpanNetwork  # noqa: E402
from model.span.optimization import cosine_rate  # noqa: E402
from model.span.runs import RecipeError  # noqa: E402
from model.span.settings import Decoding  # noqa: E402
from model.span.training import TrainConfig, train  # noqa: E402

SCHEMA = {
    "licence_class": "A",
    "name": "small",
    "lang": ["en", "zh"],
    "layers": ["entities", "relations", "events", "clusters"],
    "entity_types": {"person": "", "company": "", "place": ""},
    "relation_types": {"works for": {"description": ""}, "lives in": {"description": ""}},
    "event_types": {
        "purchase": {"description": "", "roles": ["buyer", "bought"]},
        "founding": {"description": "", "roles": ["founder", "founded"]},
    },
}


def record(text, entities=(), relations=(), events=(), clusters=()):
    """Spans are given by their surface, ``word`` or ``word@n`` for its n-th occurrence."""

    def span(surface):
        word, _, number = surface.partition("@")
        start = -1
        for _ in range(int(number or 1)):
            start = text.index(word, start + 1)
        return {"start": start, "end": start + len(word)}

    found = sorted(
        ((span(surface), name, surface) for surface, name in entities),
        key=lambda e: (e[0]["start"], e[0]["end"], e[1]),
    )
    index = {surface: i for i, (_, _, surface) in enumerate(found)}
    return {
        "id": text,
        "text": text,
        "entities": [{**place, "type": name} for place, name, _ in found],
        "relations": [{"head": index[h], "tail": index[t], "type": r} for h, r, t in relations],
        "events": [
            {
                "type": name,
                "trigger": span(trigger),
                "arguments": [{**span(word), "role": role} for word, role in arguments],
            }
            for name, trigger, arguments in events
        ],
        "clusters": [sorted(index[surface] for surface in cluster) for cluster in clusters],
    }


RECORDS = [
    record(
        "Ann Lee works for Acme in Oslo.",
        [("Ann Lee", "person"), ("Acme", "company"), ("Oslo", "place")],
        [("Ann Lee", "works for", "Acme")],
    ),
    record(
        "Bob lives in Rome. He works for Initech.",
        [("Bob", "person"), ("Rome", "place"), ("He", "person"), ("Initech", "company")],
        [("Bob", "lives in", "Rome"), ("He", "works for", "Initech")],
        clusters=[["Bob", "He"]],
    ),
    record(
        "Acme bought Initech in Rome.",
        [("Acme", "company"), ("Initech", "company"), ("Rome", "place")],
        events=[("purchase", "bought", [("Acme", "buyer"), ("Initech", "bought")])],
    ),
    record(
        "Bob founded Acme and Initech bought Globex.",
        [("Bob", "person"), ("Acme", "company"), ("Initech", "company"), ("Globex", "company")],
        events=[
            ("founding", "founded", [("Bob", "founder"), ("Acme", "founded")]),
            ("purchase", "bought", [("Initech", "buyer"), ("Globex", "bought")]),
        ],
    ),
    record(
        "李明在北京创立了国电公司。",
        [("李明", "person"), ("北京", "place"), ("国电公司", "company")],
        events=[("founding", "创立", [("李明", "founder"), ("国电公司", "founded")])],
    ),
    record("Nobody was there, and nothing was said."),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """(data, initial encoder)"""
    root = tmp_path_factory.mktemp("training")
    write_set(root / "data" / "ie" / "small", SCHEMA, RECORDS)
    write_label_names(root / "data")
    labels = json.dumps(SCHEMA) + " refers to the same entity"
    write_encoder(root / "initial", [r["text"] for r in RECORDS] + [labels])
    return root / "data", root / "initial"


def config(**changes):
    values = {
        "sets": {"small": 1.0},
        "steps": 10,
        "warmup": 2,
        "batch_tokens": 256,
        "max_tokens": 60,
        "label_dropout": 0.0,
        "description_share": 0.0,
        "translation_share": 0.0,
        "encoder_learning_rate": 4e-3,
        "head_learning_rate": 4e-3,
        "dropout": 0.0,
        "checkpoint_every": 1000,
        "head": HeadConfig(pair_size=32, context_heads=4),
    }
    return TrainConfig(**values | changes)


def test_a_trained_model_repeats_what_it_was_taught(folders, tmp_path):
    data, initial = folders
    torch.set_num_threads(1)
    train(config(steps=160, warmup=20), data, initial, tmp_path / "run")
    export(tmp_path / "run", tmp_path / "model", quantise=False)
    extractor = SpanExtractor(tmp_path / "model", threads=1, decoding=Decoding())
    schema = load_schema(data / "ie" / "small" / "schema.json")
    scorer = Scorer(schema)
    gold = [record_from_json(r, r["id"]) for r in RECORDS]
    for expected, found in zip(
        gold, extractor.extract([r.text for r in gold], schema), strict=True
    ):
        scorer.add(expected, found)
    scores = scorer.result()
    f1 = {name: layer.total.f1 for name, layer in scores.layers.items()}
    layers = ("entities", "relations", "triggers", "arguments", "linked_arguments")
    assert f1 == dict.fromkeys(layers, 1.0)
    assert scores.coreference["b_cubed"].f1 == 1.0


def weights(folder):
    return SpanNetwork.load(folder).state_dict()


def same(one, two):
    assert one.keys() == two.keys()
    return all(torch.equal(one[name], two[name]) for name in one)


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(folders, tmp_path, monkeypatch):
    data, initial = folders
    torch.set_num_threads(1)
    recipe = config(steps=8, checkpoint_every=3, dropout=0.1, label_dropout=0.3)
    train(recipe, data, initial, tmp_path / "whole")

    save = training.save_checkpoint

    def save_and_stop(out, network, optimizer, step):
        save(out, network, optimizer, step)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", save_and_stop)
    for _ in range(2):  # stopped at steps 3 and 6
        with pytest.raises(KeyboardInterrupt):
            train(recipe, data, initial, tmp_path / "parts")
    assert not same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    monkeypatch.undo()
    train(recipe, data, initial, tmp_path / "parts")
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))


def test_a_finished_run_is_left_as_it_is(folders, tmp_path):
    data, initial = folders
    recipe = config(steps=2)
    train(recipe, data, initial, tmp_path / "run")
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    train(recipe, data, initial, tmp_path / "run")
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_another_seed_gives_other_weights(folders, tmp_path):
    data, initial = folders
    for seed in (1, 2):
        train(config(steps=2, seed=seed), data, initial, tmp_path / str(seed))
    assert not same(weights(tmp_path / "1"), weights(tmp_path / "2"))


def test_the_rate_warms_up_and_falls_to_a_fiftieth():
    recipe = config(steps=100, warmup=10)
    rates = [cosine_rate(step, recipe.warmup, recipe.steps) for step in range(101)]
    assert rates[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[100] == pytest.approx(0.02)
    assert rates[55] == pytest.approx(0.51)


def test_a_recipe_is_read_from_yaml(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("sets: {small: 2}\nsteps: 7\nhead: {pair_size: 16}\nalways_described: [a]\n")
    recipe = TrainConfig.load(path)
    assert recipe.steps == 7
    assert recipe.head == HeadConfig(pair_size=16)
    assert recipe.always_described == ("a",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sets: {small: 2}\nstep: 7\n", r"recipe\.yaml: step: "),
        ("sets: {small: 2}\nhead: {pairs: 7}\n", r"recipe\.yaml: head\.pairs: "),
        ("sets: {small: much}\n", r"recipe\.yaml: sets\.small: "),
        ("- 1\n", r"recipe\.yaml: Input "),
        ("sets: [\n", r"recipe\.yaml: not valid YAML"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(tmp_path, text, said):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=said):
        TrainConfig.load(path)


RECIPES = Path(training.__file__).parent.parent.parent / "configs" / "train"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("span*.yaml")), ids=lambda path: path.stem)
def test_the_recipes_of_the_bundled_model_can_be_read(path):
    recipe = TrainConfig.load(path)
    assert recipe.steps > recipe.warmup
    open_data = set(recipe.licences) <= {"A", "A*"}
    assert open_data == (path.stem != "span-research")
