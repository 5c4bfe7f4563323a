import json
from pathlib import Path

import pytest

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.records import Record, read_records, write_records
from model.schema import EntityType, EventType, RelationType, Schema, Scope
from model.schema_loader import load_schema
from model.scoring import Scorer, ScoringError, score_files

DATA = Path(__file__).parents[3] / "shared" / "data" / "ie"
TEXT = "x" * 100

SCHEMA = Schema(
    "test",
    entities=(EntityType("P"), EntityType("L")),
    relations=(RelationType("near", symmetric=True), RelationType("in"), RelationType("of")),
    events=(EventType("attack"), EventType("move")),
    scopes={
        "war": Scope(events=frozenset({"attack"})),
        "trip": Scope(events=frozenset({"move"})),
        "people": Scope(entities=frozenset({"P"}), relations=frozenset({"of"})),
    },
)


def record(layers="entities relations events clusters", extra=None, **keys):
    """A record from short forms: entities (start, end, type), relations (head, tail, type)."""
    partial = frozenset(keys.pop("partial", "").split())
    no_relation = keys.pop("no_relation", None)
    level = keys.pop("relation_level", "mention")
    return Record(
        "1",
        TEXT,
        annotation(**keys),
        layers=frozenset(layers.split()),
        partial=partial,
        no_relation=no_relation,
        relation_level=level,
        extra=extra or {},
    )


def annotation(entities=(), relations=(), events=(), clusters=()):
    assert list(entities) == sorted(entities)
    return Annotation(
        tuple(Mention(*e) for e in entities),
        tuple(Relation(r[2], r[0], r[1]) for r in relations),
        tuple(
            Event(name, trigger and Span(*trigger), tuple(Argument(*a) for a in arguments))
            for name, trigger, *arguments in events
        ),
        tuple(clusters),
    )


def scored(*pairs):
    scorer = Scorer(SCHEMA)
    for gold, predicted in pairs:
        scorer.add(gold, predicted)
    return scorer.result()


def counts(layer):
    return (layer.total.correct, layer.total.predicted, layer.total.gold)


ENTITIES = [(0, 1, "P"), (2, 3, "L"), (4, 5, "P"), (6, 7, "L")]


def test_entities_match_by_offsets_and_type_over_all_records():
    result = scored(
        (
            record("entities", entities=ENTITIES[:3]),
            annotation([(0, 1, "P"), (2, 3, "P"), (4, 6, "P"), (8, 9, "L")]),
        ),
        (record("entities", entities=ENTITIES[:1]), annotation([(0, 1, "P")])),
    )
    entities = result.layers["entities"]
    assert counts(entities) == (2, 5, 4)
    assert entities.total.precision == 2 / 5 and entities.total.recall == 2 / 4
    assert entities.total.f1 == pytest.approx(2 * 0.4 * 0.5 / 0.9)
    by_type = {k: (c.correct, c.predicted, c.gold) for k, c in entities.by_type.items()}
    assert by_type == {"L": (0, 1, 1), "P": (2, 4, 3)}
    assert result.records == 2 and set(result.layers) == {"entities"}


def test_relation_needs_both_ends_with_their_types():
    gold = record("relations", entities=ENTITIES, relations=[(0, 1, "in"), (2, 3, "in")])
    wrong_type = [(0, 1, "P"), (2, 3, "P"), (4, 5, "P"), (6, 7, "L")]
    predicted = annotation(wrong_type, [(0, 1, "in"), (2, 3, "in"), (3, 2, "in"), (2, 3, "of")])
    result = scored((gold, predicted))
    assert counts(result.layers["relations"]) == (1, 4, 2)
    assert result.layers["relations"].by_type["of"].predicted == 1


def test_symmetric_relation_counts_in_either_order_and_once():
    gold = record("relations", entities=ENTITIES, relations=[(0, 2, "near"), (1, 3, "near")])
    predicted = annotation(ENTITIES, [(2, 0, "near"), (0, 2, "near"), (0, 1, "near")])
    assert counts(scored((gold, predicted)).layers["relations"]) == (1, 2, 2)


# Three entities: A = mentions 0, 1; B = mentions 2, 3; C = mention 4.
FIVE = [(0, 1, "P"), (10, 11, "P"), (20, 21, "L"), (30, 31, "L"), (40, 41, "L")]


def test_cluster_relation_holds_between_any_mentions_and_counts_once():
    gold = record(
        entities=FIVE,
        relations=[(0, 2, "in"), (0, 4, "in")],
        clusters=[(0, 1), (2, 3)],
        relation_level="cluster",
    )
    repeated = annotation(FIVE, [(1, 3, "in"), (0, 2, "in"), (1, 2, "in")])
    assert counts(scored((gold, repeated)).layers["relations"]) == (1, 1, 2)
    wrong_way = annotation(FIVE, [(2, 0, "in"), (3, 1, "in")])
    assert counts(scored((gold, wrong_way)).layers["relations"]) == (0, 1, 2)


def test_cluster_relation_of_unknown_mentions_is_one_error_per_predicted_entity():
    gold = record(
        "entities relations clusters",
        entities=FIVE,
        relations=[(0, 2, "in")],
        clusters=[(0, 1), (2, 3)],
        relation_level="cluster",
    )
    stray = [(0, 1, "P"), (50, 51, "L"), (60, 61, "L"), (70, 71, "L")]
    apart = annotation(stray, [(0, 1, "in"), (0, 2, "in"), (0, 3, "in")])
    assert counts(scored((gold, apart)).layers["relations"]) == (0, 3, 1)
    joined = annotation(stray, [(0, 1, "in"), (0, 2, "in"), (0, 3, "in")], clusters=[(1, 2)])
    assert counts(scored((gold, joined)).layers["relations"]) == (0, 2, 1)


def test_triggers_and_arguments():
    gold = record(
        "events",
        events=[
            ("attack", (0, 1), (2, 3, "who"), (4, 5, "place")),
            ("move", (10, 11), (2, 3, "who")),
        ],
    )
    predicted = annotation(
        events=[
            ("attack", (0, 1), (2, 3, "who"), (4, 5, "who")),
            ("attack", (10, 11), (4, 5, "place")),
            ("attack", (0, 1), (2, 3, "who")),  # the same again
        ]
    )
    result = scored((gold, predicted))
    assert counts(result.layers["triggers"]) == (1, 2, 2)
    # attack/who at 2 and attack/place at 4 are right, the latter at another trigger.
    assert counts(result.layers["arguments"]) == (2, 3, 3)
    assert counts(result.layers["linked_arguments"]) == (1, 3, 3)
    assert set(result.layers["arguments"].by_type) == {
        "attack: place",
        "attack: who",
        "move: who",
    }


def test_event_without_trigger_is_scored_by_its_arguments():
    gold = record("events", events=[("attack", None, (2, 3, "who")), ("move", (8, 9))])
    predicted = annotation(
        events=[("attack", (0, 1), (2, 3, "who")), ("move", (8, 9)), ("move", (5, 6))]
    )
    result = scored((gold, predicted))
    assert counts(result.layers["arguments"]) == (1, 1, 1)
    assert counts(result.layers["triggers"]) == (1, 2, 1)  # the attack's trigger is left out
    assert "linked_arguments" not in result.layers


def test_layers_that_gold_lacks_are_not_scored():
    predicted = annotation(ENTITIES, [(0, 1, "in")], [("attack", (0, 1))], [(0, 2)])
    result = scored((record("entities", entities=ENTITIES), predicted))
    assert set(result.layers) == {"entities"} and result.coreference == {}


def test_partial_entities_are_scored_at_the_annotated_spans_only():
    gold = record("entities", entities=ENTITIES[:2], partial="entities")
    predicted = annotation([(0, 1, "P"), (2, 3, "P"), (8, 9, "P")])
    assert counts(scored((gold, predicted)).layers["entities"]) == (1, 2, 2)


def test_partial_relations_are_scored_on_the_given_pairs_only():
    gold = record(
        "entities relations",
        entities=ENTITIES,
        relations=[(0, 1, "in")],
        no_relation=((2, 3),),
        partial="entities relations",
    )
    predicted = annotation(
        ENTITIES,
        [
            (0, 1, "in"),
            (1, 0, "of"),  # a given pair, the other way round: wrong
            (2, 3, "of"),  # a pair said to have no relation: wrong
            (0, 3, "in"),  # not given: not judged
        ],
    )
    assert counts(scored((gold, predicted)).layers["relations"]) == (1, 3, 1)


def test_given_pair_with_a_wrong_entity_type_is_wrong():
    gold = record(
        "relations",
        entities=ENTITIES,
        relations=[(0, 1, "in")],
        partial="relations",
    )
    predicted = annotation([(0, 1, "P"), (2, 3, "P")], [(0, 1, "in")])
    assert counts(scored((gold, predicted)).layers["relations"]) == (0, 1, 1)


def test_relation_types_annotated_in_full_are_scored_everywhere_and_no_others():
    gold = record(
        "entities relations",
        extra={"annotated_relations": ["in"]},
        entities=ENTITIES,
        relations=[(0, 1, "in")],
        partial="entities relations",
    )
    predicted = annotation(ENTITIES, [(0, 1, "in"), (0, 3, "in"), (2, 3, "of"), (0, 2, "near")])
    assert counts(scored((gold, predicted)).layers["relations"]) == (1, 2, 1)


def test_partial_events_are_scored_at_the_annotated_triggers_only():
    gold = record("events", events=[("attack", (0, 1), (2, 3, "who"))], partial="events")
    predicted = annotation(
        events=[("move", (0, 1), (2, 3, "who")), ("move", (8, 9), (2, 3, "who"))]
    )
    result = scored((gold, predicted))
    assert counts(result.layers["triggers"]) == (0, 1, 1)
    assert counts(result.layers["arguments"]) == (0, 1, 1)


def test_only_the_types_of_the_domain_are_scored():
    predicted = annotation(
        ENTITIES, [(0, 1, "in"), (0, 1, "of")], [("attack", (0, 1)), ("move", (4, 5))]
    )
    base = {"entities": ENTITIES, "relations": [(0, 1, "of")], "events": [("move", (4, 5))]}

    def of(domain):
        extra = {"domain": domain}
        return scored((record("entities relations events", extra=extra, **base), predicted)).layers

    war, trip, both = of("war"), of("trip"), of("war+trip")
    assert counts(war["triggers"]) == (0, 1, 0)
    assert counts(trip["triggers"]) == (1, 1, 1)
    assert counts(both["triggers"]) == (1, 2, 1)
    assert counts(trip["entities"]) == (4, 4, 4)
    assert counts(of("people")["entities"]) == (2, 2, 2)
    assert counts(of("people")["relations"]) == (1, 1, 1)
    assert counts(of("elsewhere")["triggers"]) == (1, 2, 1)


def chain(*clusters):
    """An annotation with one mention a number and the given clusters of numbers."""
    numbers = sorted(n for cluster in clusters for n in cluster)
    place = {n: i for i, n in enumerate(numbers)}
    return annotation(
        [(n, n + 1, "P") for n in numbers],
        clusters=[tuple(place[n] for n in c) for c in clusters],
    )


def coreference(gold, predicted):
    gold_record = Record("1", TEXT, gold, layers=frozenset({"clusters"}))
    return scored((gold_record, predicted)).coreference


def test_coreference_measures_agree_with_a_worked_example():
    # Moosavi and Strube (2016), figure 1: key {a b c} {d e f g}, response {a b} {c d} {f g h i}.
    result = coreference(chain((1, 2, 3), (4, 5, 6, 7)), chain((1, 2), (3, 4), (6, 7, 8, 9)))
    assert result["muc"].recall == pytest.approx(2 / 5)
    assert result["muc"].precision == pytest.approx(2 / 5)
    # B-cubed recall: (2/3 + 2/3 + 1/3 + 1/4 + 0 + 2/4 + 2/4) / 7
    assert result["b_cubed"].recall == pytest.approx((5 / 3 + 5 / 4) / 7)
    # B-cubed precision: (1 + 1 + 1/2 + 1/2 + 1/2 + 1/2 + 0 + 0) / 8
    assert result["b_cubed"].precision == pytest.approx(4 / 8)
    # The paper's own figures: recall (3 * 1/3 + 4 * 1/6) / 7, precision (2 + 0 + 4 * 1/6) / 8.
    assert result["lea"].recall == pytest.approx(0.2381, abs=1e-4)
    assert result["lea"].precision == pytest.approx(0.3333, abs=1e-4)


def test_coreference_ignores_types_and_sums_over_records():
    gold = chain((1, 2, 3))
    other_type = annotation([(n, n + 1, "L") for n in (1, 2, 3)], clusters=[(0, 1, 2)])
    assert all(score.f1 == 1 for score in coreference(gold, other_type).values())
    one = Record("1", TEXT, gold, layers=frozenset({"clusters"}))
    result = scored((one, gold), (one, annotation())).coreference
    assert result["muc"].recall == 0.5 and result["muc"].precision == 1


def test_total_sums_the_layers_and_json_holds_everything():
    gold = record(
        entities=ENTITIES,
        relations=[(0, 1, "in")],
        events=[("attack", (0, 1), (2, 3, "who"))],
        clusters=[(0, 2)],
    )
    predicted = annotation(ENTITIES[:2], [(0, 1, "of")], [("attack", (0, 1))])
    result = scored((gold, predicted))
    total = result.total
    assert (total.correct, total.predicted, total.gold) == (3, 4, 7)
    data = json.loads(json.dumps(result.to_json()))
    assert data["records"] == 1 and data["total"]["gold"] == 7
    assert data["layers"]["entities"]["precision"] == 1
    assert data["layers"]["entities"]["by_type"]["L"]["recall"] == 0.5
    assert data["coreference"]["muc"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_nothing_predicted_scores_zero():
    result = scored((record("entities", entities=ENTITIES), annotation()))
    assert result.total.precision == result.total.recall == result.total.f1 == 0


def write(path, *records):
    write_records(path, [Record(i, t, a, layers=frozenset({"entities"})) for i, t, a in records])
    return path


def test_files_are_matched_by_id(tmp_path):
    a, b = annotation(ENTITIES), annotation(ENTITIES[:1])
    gold = write(tmp_path / "gold.jsonl", ("1", TEXT, a), ("2", TEXT, b))
    predicted = write(tmp_path / "predicted.jsonl.gz", ("2", TEXT, b), ("1", TEXT, b))
    result = score_files(gold, predicted, SCHEMA)
    assert counts(result.layers["entities"]) == (2, 2, 5)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([("1", TEXT)], r"predicted\.jsonl: 1 record \('2'\) of .*gold\.jsonl missing"),
        ([("1", TEXT), ("2", TEXT), ("3", TEXT)], r"1 record \('3'\) not in .*gold\.jsonl"),
        ([("1", TEXT), ("2", "xxxxxxxx")], r"the text of '2' is not that of"),
        ([("1", TEXT), ("1", TEXT)], r"the id '1' is there twice"),
    ],
)
def test_files_that_do_not_match_are_refused(tmp_path, records, words):
    gold = write(tmp_path / "gold.jsonl", ("1", TEXT, annotation()), ("2", TEXT, annotation()))
    predicted = write(tmp_path / "predicted.jsonl", *((*r, annotation()) for r in records))
    with pytest.raises(ScoringError, match=words):
        score_files(gold, predicted, SCHEMA)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not beside the checkout")
def test_gold_against_itself_is_perfect_on_every_data_set():
    paths = sorted(DATA.glob("*/dev*.jsonl.xz"))
    assert paths
    for path in paths:
        scorer = Scorer(load_schema(path.parent / "schema.json"))
        for gold in read_records(path):
            scorer.add(gold, gold.annotation)
        result = scorer.result()
        assert result.layers, path
        for name, layer in result.layers.items():
            if layer.total.gold or layer.total.predicted:
                assert layer.total.f1 == 1, (path, name)
        assert all(score.f1 == 1 for score in result.coreference.values()), path
        assert result.total.gold > 0, path


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not beside the checkout")
def test_every_type_of_a_domain_is_within_its_scope():
    for name in ("fewfc", "sgd", "crosswoz", "snips", "duie"):
        schema = load_schema(DATA / name / "schema.json")
        assert schema.scopes
        for record in read_records(DATA / name / "dev.jsonl.xz"):
            scorer = Scorer(schema)
            scorer.add(record, record.annotation)
            found = record.annotation
            items = [*found.mentions, *found.relations, *found.events]
            types = {item.type for item in items}
            scored_types = {
                t.split(": ")[0] for layer in scorer.result().layers.values() for t in layer.by_type
            }
            assert types == scored_types, record.id
