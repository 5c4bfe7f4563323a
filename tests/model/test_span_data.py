import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_span import tiny_tokenizer, write_set

torch = pytest.importorskip("torch", reason="the training side of the span model needs torch")

from model.span.data import load_passages, load_set  # noqa: E402
from model.span.examples import UNKNOWN_WEIGHT, sample_labels  # noqa: E402
from model.span.labels import COREFERENCE_LABEL, Kind, Label  # noqa: E402
from model.span.training import PASSAGES  # noqa: E402

TEXT = "Ann Lee met Bob Ray in Oslo . Ann works for Acme ."
WORDS = TEXT.split()
TOKENIZER = tiny_tokenizer([TEXT])
SCHEMA = {
    "licence_class": "A",
    "layers": ["entities", "relations"],
    "entity_types": {"person": "a human being", "place": "", "company": ""},
    "relation_types": {"knows": {}, "works for": {}, "lives in": {}},
}
PERSON, PLACE = Label(Kind.ENTITY, "person"), Label(Kind.ENTITY, "place")
KNOWS, WORKS = Label(Kind.RELATION, "knows"), Label(Kind.RELATION, "works for")


def characters(first, last):
    """Offsets of words ``first`` to ``last`` of TEXT; a word is a token."""
    start = len(" ".join(WORDS[:first])) + (first > 0)
    return {"start": start, "end": len(" ".join(WORDS[: last + 1]))}


def entity(first, last, name, **more):
    return {**characters(first, last), "type": name, **more}


ENTITIES = [
    entity(0, 1, "person"),
    entity(3, 4, "person"),
    entity(6, 6, "place"),
    entity(8, 8, "person"),
    entity(11, 11, "company"),
]
ANN, BOB, OSLO, ANN_AGAIN, ACME = (0, 1), (3, 4), (6, 6), (8, 8), (11, 11)


def groups(tmp_path, *records, name="small", max_tokens=100, **schema):
    filled = [{"id": str(i), "text": TEXT, **record} for i, record in enumerate(records)]
    write_set(tmp_path / name, SCHEMA | schema, filled)
    return load_set(tmp_path / name, "train", TOKENIZER, max_tokens)


def only_example(tmp_path, record, **schema):
    (group,) = groups(tmp_path, record, **schema)
    (example,) = group.examples
    return example


def pairs_of(example, kind):
    return {pair: kinds[kind] for pair, kinds in example.pairs().items() if kind in kinds}


def test_spans_carry_their_labels(tmp_path):
    example = only_example(tmp_path, {"entities": ENTITIES})
    assert len(example.tokens) == len(WORDS)
    assert example.spans[ANN] == {PERSON}
    assert example.spans[OSLO] == {PLACE}
    assert len(example.spans) == 5
    assert example.kinds == {Kind.ENTITY}
    assert not example.pairs()


def test_several_types_of_one_span_are_kept(tmp_path):
    both = [entity(6, 6, "company"), entity(6, 6, "place")]
    example = only_example(tmp_path, {"entities": both})
    assert example.spans == {OSLO: {PLACE, Label(Kind.ENTITY, "company")}}


def test_fully_annotated_layers_weigh_one_everywhere(tmp_path):
    example = only_example(tmp_path, {"entities": ENTITIES})
    assert (example.weights == 1).all()
    assert example.weights.shape == (3, len(WORDS))


def test_partial_layers_weigh_little_away_from_their_spans(tmp_path):
    record = {"entities": [ENTITIES[1]], "partial": ["entities"]}
    example = only_example(tmp_path, record)
    weights = np.full(len(WORDS), UNKNOWN_WEIGHT, np.float32)
    weights[2:6] = 1  # the span and the token on either side, which show where it ends
    assert example.weights[Kind.ENTITY] == pytest.approx(weights)
    assert (example.weights[Kind.TRIGGER] == 1).all()


def test_partial_weights_at_the_ends_of_the_text(tmp_path):
    record = {"entities": [ENTITIES[0]], "partial": ["entities"]}
    weights = only_example(tmp_path, record).weights[Kind.ENTITY]
    assert weights[:3] == pytest.approx(1)
    assert weights[3:] == pytest.approx(UNKNOWN_WEIGHT)


def test_unrelated_pairs_of_a_full_layer_are_negatives(tmp_path):
    record = {"entities": ENTITIES, "relations": [{"head": 0, "tail": 1, "type": "knows"}]}
    relations = pairs_of(only_example(tmp_path, record), Kind.RELATION)
    assert relations[ANN, BOB] == {KNOWS}
    assert relations[BOB, ANN] == set()
    assert len(relations) == 5 * 4


def test_partial_relations_give_no_negatives_but_those_that_are_stated(tmp_path):
    record = {
        "entities": ENTITIES,
        "relations": [{"head": 0, "tail": 1, "type": "knows"}],
        "partial": ["relations"],
        "no_relation": [[1, 2]],
    }
    relations = pairs_of(only_example(tmp_path, record), Kind.RELATION)
    assert relations == {(ANN, BOB): {KNOWS}, (BOB, OSLO): set()}


def test_annotated_relations_are_complete_for_their_types(tmp_path):
    record = {
        "entities": ENTITIES,
        "relations": [],
        "partial": ["relations"],
        "annotated_relations": ["knows"],
    }
    example = only_example(tmp_path, record)
    assert example.relations == {"knows"}
    assert pairs_of(example, Kind.RELATION).keys() >= {(ANN, BOB), (BOB, ANN)}


def test_of_a_fact_about_clusters_the_nearest_pair_is_positive_and_the_others_unsure(tmp_path):
    record = {
        "entities": ENTITIES,
        "clusters": [[0, 3]],
        "relations": [{"head": 0, "tail": 4, "type": "works for"}],
        "relation_level": "cluster",
    }
    layers = ["entities", "relations", "clusters"]
    relations = pairs_of(only_example(tmp_path, record, layers=layers), Kind.RELATION)
    assert relations[ANN_AGAIN, ACME] == {WORKS}
    assert (ANN, ACME) not in relations
    assert relations[BOB, ACME] == set()


def test_facts_about_mentions_do_not_spread_over_clusters(tmp_path):
    record = {
        "entities": ENTITIES,
        "clusters": [[0, 3]],
        "relations": [{"head": 0, "tail": 4, "type": "works for"}],
    }
    layers = ["entities", "relations", "clusters"]
    relations = pairs_of(only_example(tmp_path, record, layers=layers), Kind.RELATION)
    assert relations[ANN, ACME] == {WORKS}
    assert relations[ANN_AGAIN, ACME] == set()


def test_coreference_pairs_run_from_the_earlier_span(tmp_path):
    record = {"entities": ENTITIES, "clusters": [[3, 0]]}
    example = only_example(tmp_path, record, layers=["entities", "clusters"])
    same = pairs_of(example, Kind.COREFERENCE)
    assert same[ANN, ANN_AGAIN] == {Label(Kind.COREFERENCE, COREFERENCE_LABEL)}
    assert all(a < b for a, b in same)
    assert len(same) == 5 * 4 // 2
    assert sum(map(bool, same.values())) == 1


EVENT_SCHEMA = {
    "layers": ["events"],
    "entity_types": {},
    "relation_types": {},
    "event_types": {"meet": {"roles": ["guest", "where"]}, "hire": {"roles": ["firm"]}},
}


def test_events_give_triggers_arguments_and_roles(tmp_path):
    event = {
        "type": "meet",
        "trigger": characters(2, 2),
        "arguments": [{**characters(3, 4), "role": "guest"}, {**characters(6, 6), "role": "where"}],
    }
    example = only_example(tmp_path, {"events": [event]}, **EVENT_SCHEMA)
    assert example.spans == {
        (2, 2): {Label(Kind.TRIGGER, "meet")},
        BOB: {Label(Kind.ARGUMENT, "guest")},
        OSLO: {Label(Kind.ARGUMENT, "where")},
    }
    assert pairs_of(example, Kind.ROLE) == {
        ((2, 2), BOB): {Label(Kind.ROLE, "guest")},
        ((2, 2), OSLO): {Label(Kind.ROLE, "where")},
    }


def test_arguments_of_another_event_are_negatives(tmp_path):
    events = [
        {
            "type": "meet",
            "trigger": characters(2, 2),
            "arguments": [{**characters(3, 4), "role": "guest"}],
        },
        {
            "type": "hire",
            "trigger": characters(9, 9),
            "arguments": [{**characters(11, 11), "role": "firm"}],
        },
    ]
    example = only_example(tmp_path, {"events": events}, **EVENT_SCHEMA)
    roles = pairs_of(example, Kind.ROLE)
    assert roles[(9, 9), ACME] == {Label(Kind.ROLE, "firm")}
    assert roles[(9, 9), BOB] == roles[(2, 2), ACME] == set()


def test_events_without_trigger_teach_arguments_only(tmp_path):
    event = {
        "type": "meet",
        "trigger": None,
        "arguments": [{**characters(3, 4), "role": "guest"}],
    }
    example = only_example(tmp_path, {"events": [event]}, **EVENT_SCHEMA)
    assert example.spans == {BOB: {Label(Kind.ARGUMENT, "guest")}}
    assert not example.pairs()


def test_a_domain_restricts_the_labels_on_offer(tmp_path):
    domains = {"people": ["person"], "firms": {"types": ["company", "place"]}}
    records = [
        {"entities": ENTITIES[:2], "domain": "people"},
        {"entities": ENTITIES[2:3], "domain": "firms"},
        {"entities": ENTITIES[3:4], "domain": "people"},
        {"entities": ENTITIES[4:], "domain": "people+firms"},
    ]
    found = {g.name: g for g in groups(tmp_path, *records, domains=domains)}
    offered = {name: {x.name for x in g.labels[Kind.ENTITY]} for name, g in found.items()}
    assert offered == {
        "small/people": {"person"},
        "small/firms": {"company", "place"},
        "small/people+firms": {"person", "company", "place"},
    }
    assert len(found["small/people"].examples) == 2


def test_labels_carry_their_description(tmp_path):
    (group,) = groups(tmp_path, {"entities": ENTITIES})
    assert group.texts[PERSON] == "person: a human being"
    assert group.texts[PLACE] == "place"


def test_windows_divide_the_facts(tmp_path):
    text = "Ann Lee met Bob Ray in Oslo. Ann works for Acme."
    spans = [(0, 7, "person"), (12, 19, "person"), (29, 32, "person"), (43, 47, "company")]
    record = {
        "text": text,
        "entities": [{"start": a, "end": b, "type": t} for a, b, t in spans],
        "relations": [
            {"head": 0, "tail": 1, "type": "knows"},
            {"head": 2, "tail": 3, "type": "works for"},
            {"head": 0, "tail": 3, "type": "works for"},
        ],
    }
    (group,) = groups(tmp_path, record, max_tokens=9)
    first, second = group.examples
    assert [len(first.tokens), len(second.tokens)] == [8, 5]
    assert first.spans.keys() == {(0, 1), (3, 4)}
    assert second.spans.keys() == {(0, 0), (3, 3)}, "positions count from the window's first token"
    assert pairs_of(first, Kind.RELATION)[(0, 1), (3, 4)] == {KNOWS}
    assert pairs_of(second, Kind.RELATION) == {((0, 0), (3, 3)): {WORKS}, ((3, 3), (0, 0)): set()}


def test_texts_without_tokens_are_left_out(tmp_path):
    assert groups(tmp_path, {"text": " ", "entities": []}) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 8), drop=st.sampled_from([0.0, 0.5, 1.0]))
def test_sampled_labels_hold_the_true_ones_and_no_more_than_asked(
    tmp_path_factory, seed, size, drop
):
    group = sample_group(tmp_path_factory)
    labels = sample_labels(group, group.examples, size, random.Random(seed), drop)
    assert labels == sample_labels(group, group.examples, size, random.Random(seed), drop)
    assert len(labels) == len(set(labels))
    known = {label for kind in group.labels.values() for label in kind}
    assert set(labels) <= known
    count = {kind: sum(label.kind is kind for label in labels) for kind in Kind}
    assert all(number <= size for number in count.values())
    roles = [label.name for label in labels if label.kind is Kind.ROLE]
    assert roles == [label.name for label in labels if label.kind is Kind.ARGUMENT]
    true = {"person", "place", "company", "knows", "meet", "guest"}
    if drop == 0 and size >= 4:
        assert true <= {label.name for label in labels}
    if drop == 1:
        large = {k for k, inventory in group.labels.items() if len(inventory) > 2}
        assert not [x for x in labels if x.name in true and x.kind in large]


_GROUP = []


def sample_group(factory):
    if not _GROUP:
        event = {
            "type": "meet",
            "trigger": characters(2, 2),
            "arguments": [{**characters(3, 4), "role": "guest"}],
        }
        record = {
            "entities": ENTITIES,
            "relations": [{"head": 0, "tail": 1, "type": "knows"}],
            "events": [event],
        }
        events = {"layers": ["entities", "relations", "events"]}
        events["event_types"] = {
            "meet": {"roles": ["guest", "where", "when"]},
            "hire": {"roles": ["firm"]},
            "fire": {"roles": ["firm"]},
        }
        _GROUP.extend(groups(factory.mktemp("data"), record, **events))
    return _GROUP[0]


def test_sets_under_other_licences_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'small' has licence class N"):
        groups(tmp_path, {"entities": ENTITIES}, licence_class="N")


def test_texts_under_other_licences_are_left_out(tmp_path):
    records = [{"entities": ENTITIES, "licence_class": name} for name in ("A", "N", "A*")]
    (group,) = groups(tmp_path, *records)
    assert len(group.examples) == 2


def test_texts_in_other_languages_are_left_out(tmp_path):
    records = [
        {"id": str(i), "text": TEXT, "lang": language, "entities": ENTITIES}
        for i, language in enumerate(("en", "zh", "en"))
    ]
    write_set(tmp_path / "small", SCHEMA, records)

    def examples(languages):
        read = load_set(tmp_path / "small", "train", TOKENIZER, 100, languages=languages)
        return sum(len(group.examples) for group in read)

    assert (examples(None), examples(["en"]), examples(["zh"])) == (3, 2, 1)
    assert examples(["de"]) == 0


def test_passages_in_other_languages_are_left_out():
    folder = PASSAGES / "held_out"

    def names(languages):
        read = load_passages(folder, None, TOKENIZER, 100, languages)
        return {group.name.rpartition("-")[2] for group in read}

    assert names(None) == {"en", "zh"}
    assert names(["zh"]) == {"zh"}
