from pathlib import Path

from rule_extractor import RuleExtractor

from kgbuilder.annotator import Annotator
from kgbuilder.cache import AnnotationCache
from model.annotations import Annotation
from model.schema_loader import load_schema

GENERAL = load_schema("general")
FOUNDED = "Jane Smith founded Acme Company in 1901."


def test_one_bad_text_does_not_cost_the_others_of_its_batch() -> None:
    annotator = Annotator(RuleExtractor(), GENERAL, None, batch=8)
    outcomes = annotator.annotate([FOUNDED, "UNREADABLE", "Bob Jones joined Acme Company."])
    assert isinstance(outcomes["UNREADABLE"], ValueError)
    found = outcomes[FOUNDED]
    assert isinstance(found, Annotation)
    assert [r.type for r in found.relations] == ["founded by"]
    assert [e.type for e in found.events] == ["founding"]


def test_a_text_is_asked_once_whatever_the_batch_and_the_session(tmp_path: Path) -> None:
    first = RuleExtractor()
    with AnnotationCache(tmp_path, first.fingerprint, 1 << 30) as cache:
        annotator = Annotator(first, GENERAL, cache, batch=2)
        texts = [f"{FOUNDED} {i % 5}" for i in range(20)]
        before = annotator.annotate(texts)
    assert first.texts == 5
    second = RuleExtractor()
    with AnnotationCache(tmp_path, second.fingerprint, 1 << 30) as cache:
        annotator = Annotator(second, GENERAL, cache, batch=2)
        assert annotator.annotate(texts) == before
        assert (annotator.asked, annotator.cached) == (20, 20)
    assert second.texts == 0


def test_failures_are_not_cached(tmp_path: Path) -> None:
    extractor = RuleExtractor()
    with AnnotationCache(tmp_path, "f", 1 << 30) as cache:
        annotator = Annotator(extractor, GENERAL, cache, batch=2)
        annotator.annotate(["UNREADABLE"])
        assert isinstance(annotator.annotate(["UNREADABLE"])["UNREADABLE"], ValueError)
        assert annotator.cached == 0
