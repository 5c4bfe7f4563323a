import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.schema_loader import load_schema
from model.span.extractor import BUNDLED, SpanExtractor

pytestmark = pytest.mark.skipif(
    not (BUNDLED / "encoder.onnx").exists(), reason="the bundled model is not there"
)
ROOT = Path(__file__).parents[2]
ENGLISH = (
    "Tim Cook, the chief executive of Apple, lives in California. "
    "In 2014 Apple bought Beats Electronics for 3 billion dollars. "
)
CHINESE = (
    "2014年，苹果公司以30亿美元收购了Beats电子公司。库克是苹果公司的首席执行官，住在加利福尼亚州。"
)


@pytest.fixture(scope="module")
def extractor():
    return SpanExtractor.bundled(threads=1)


@pytest.fixture(scope="module")
def schema():
    return load_schema("general")


def surfaces(text, annotation):
    return {text[m.start : m.end] for m in annotation.mentions}


def test_names_are_found_in_both_languages(extractor, schema):
    english, chinese = extractor.extract([ENGLISH, CHINESE], schema)
    assert {"Apple", "California"} <= surfaces(ENGLISH, english)
    assert {"苹果公司", "加利福尼亚州"} & surfaces(CHINESE, chinese)


def test_long_text_is_processed_whole(extractor, schema):
    text = ENGLISH * (20_000 // len(ENGLISH) + 1)
    (annotation,) = extractor.extract([text], schema)
    starts = [m.start for m in annotation.mentions]
    for part in range(len(text) // len(ENGLISH)):
        here = range(part * len(ENGLISH), (part + 1) * len(ENGLISH))
        assert any(s in here for s in starts), f"nothing was found from {here.start} on"


@pytest.mark.parametrize("text", ["", " \n\t\u3000", "😀👩‍🚀🇨🇳", "\x00\u200b\ufeff", "." * 300])
def test_texts_without_words_are_no_trouble(extractor, schema, text):
    (annotation,) = extractor.extract([text], schema)
    assert all(0 <= m.start < m.end <= len(text) for m in annotation.mentions)
    if not text.strip():
        assert not annotation.mentions


def test_lone_surrogates_keep_offsets(extractor, schema):
    broken = ENGLISH.replace("Cook,", "Cook\ud800").replace("2014", "\udfff014")
    (annotation,) = extractor.extract([broken], schema)
    assert "California" in surfaces(broken, annotation)
    assert extractor.token_spans("a \ud800 b")[-1] == (4, 5)


def test_no_texts_give_no_annotations(extractor, schema):
    assert extractor.extract([], schema) == []


def test_extraction_is_deterministic_and_does_not_depend_on_company(extractor, schema):
    texts = [ENGLISH, CHINESE, ENGLISH[:30], ENGLISH * 5]
    first = extractor.extract(texts, schema)
    assert first == extractor.extract(texts, schema)
    assert first[::-1] == extractor.extract(texts[::-1], schema)
    assert first == [extractor.extract([text], schema)[0] for text in texts]
    assert first == SpanExtractor.bundled(threads=2).extract(texts, schema)


def test_fingerprint_changes_with_decoding(extractor):
    assert SpanExtractor.bundled().fingerprint == extractor.fingerprint
    other = replace(extractor.decoding, entity=extractor.decoding.entity + 0.01)
    assert SpanExtractor(BUNDLED, decoding=other).fingerprint != extractor.fingerprint


def test_the_bundled_model_is_small():
    size = sum(path.stat().st_size for path in BUNDLED.iterdir())
    assert size < 32e6


def test_torch_is_not_imported():
    code = (
        "import sys\n"
        "from model.schema_loader import load_schema\n"
        "from model.span.extractor import SpanExtractor\n"
        "SpanExtractor.bundled().extract(['Ann met Bob in Oslo.'], load_schema('general'))\n"
        "heavy = {'torch', 'transformers', 'onnx', 'streamlit', 'spacy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
