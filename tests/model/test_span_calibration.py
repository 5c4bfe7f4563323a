import json

import numpy as np
import pytest

from model.annotations import Annotation, Mention, Relation
from model.records import record_from_json
from model.span.calibration import Curve, expected_calibration_error, fitted_curves, judged
from model.span.settings import Decoding


def overconfident(size=4000):
    """Scores of which the square is the share of right ones."""
    rng = np.random.default_rng(3)
    scores = rng.uniform(0.2, 1.0, size)
    return scores, (rng.uniform(size=size) < scores**2).astype(float)


def test_a_fitted_curve_makes_confidence_mean_what_it_says():
    scores, right = overconfident()
    curve = Curve.fitted(scores[:2000], right[:2000])
    held_scores, held_right = scores[2000:], right[2000:]
    assert expected_calibration_error(held_scores, held_right) > 0.15
    assert expected_calibration_error(curve.apply(held_scores), held_right) < 0.05


def test_a_curve_says_the_same_of_one_score_as_of_many():
    scores, curve = np.linspace(0, 1, 50), Curve(1.7, -0.6)
    assert [curve(float(score)) for score in scores] == pytest.approx(curve.apply(scores))


def test_a_curve_keeps_the_order():
    scores = np.linspace(0, 1, 50)
    assert (np.diff(Curve(1.7, -0.6).apply(scores)) >= 0).all()
    inverse = Curve.fitted(scores, (scores < 0.5).astype(float))  # the worse, the likelier
    assert inverse.slope > 0


def test_too_few_judgements_change_nothing():
    curve = Curve.fitted(np.array([0.3, 0.9]), np.array([0.0, 1.0]))
    assert curve == Curve()
    assert curve(0.37) == 0.37


def test_scores_that_are_all_extreme_are_calibrated_too():
    scores = np.repeat([0.9999, 0.0002], [200, 40])
    right = np.concatenate([np.arange(200) % 2, np.arange(40) % 10 == 0]).astype(float)
    curve = Curve.fitted(scores, right)
    assert curve(0.9999) == pytest.approx(0.5, abs=0.05)
    assert curve(0.0002) == pytest.approx(0.1, abs=0.05)


def test_the_error_of_certain_and_wrong_is_one():
    assert expected_calibration_error(np.ones(9), np.zeros(9)) == 1.0
    assert expected_calibration_error(np.array([]), np.array([])) == 0.0


def test_facts_are_judged_against_gold():
    gold = record_from_json(
        {
            "id": "1",
            "text": "Ann works for Acme.",
            "entities": [
                {"start": 0, "end": 3, "type": "person"},
                {"start": 14, "end": 18, "type": "company"},
            ],
            "relations": [{"head": 0, "tail": 1, "type": "employer"}],
        }
    )
    found = Annotation(
        mentions=(Mention(0, 3, "person", 0.9), Mention(14, 18, "place", 0.4)),
        relations=(Relation("employer", 0, 1, 0.7), Relation("employer", 1, 0, 0.3)),
    )
    assert list(judged(gold, found)) == [
        ("entities", 0.9, True),
        ("entities", 0.4, False),
        ("relations", 0.7, True),
        ("relations", 0.3, False),
    ]


def test_layers_that_are_annotated_in_part_judge_nothing():
    gold = record_from_json(
        {"id": "1", "text": "Ann", "entities": [], "partial": ["entities"]}, "record"
    )
    assert list(judged(gold, Annotation(mentions=(Mention(0, 3, "person", 0.9),)))) == []


def test_curves_are_kept_with_the_thresholds(tmp_path):
    scores, right = overconfident(200)
    judgements = [("entities", s, bool(r)) for s, r in zip(scores, right, strict=True)]
    ((layer, (curve, before, after)),) = fitted_curves(judgements).items()
    assert after < before
    path = tmp_path / "decoding.json"
    Decoding(calibration={layer: (curve.slope, curve.intercept)}).save(path)
    assert Decoding.load(path).curve("entities") == curve
    assert Decoding.load(path).curve("relations") == Curve()
    assert json.loads(path.read_text())["calibration"]["entities"] == pytest.approx(
        [curve.slope, curve.intercept]
    )
