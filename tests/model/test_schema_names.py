import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.schema_names import (
    RESERVED_LABELS,
    RESERVED_RELATIONSHIP_TYPES,
    graph_label,
    relationship_type,
)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("political party", "PoliticalParty"),
        ("DNA segment", "DNASegment"),
        ("geo-political entity", "GeoPoliticalEntity"),
        ("人物", "人物"),
        ("企业/品牌", "企业品牌"),
        ("3d model", "_3dModel"),
        ("ＡＢ　公司", "AB公司"),  # full width
        ("event", "EventType"),
        ("Document", "DocumentType"),
    ],
)
def test_label_is_pascal_case_and_keeps_chinese(name, label):
    assert graph_label(name) == label


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("place of birth", "PLACE_OF_BIRTH"),
        ("languages spoken, written or signed", "LANGUAGES_SPOKEN_WRITTEN_OR_SIGNED"),
        ("organization's seat", "ORGANIZATIONS_SEAT"),
        ("hasParentOrganization", "HAS_PARENT_ORGANIZATION"),
        ("CEO", "CEO"),
        ("出生地点", "出生地点"),
        ("质押股票/股份数量", "质押股票_股份数量"),
        ("part of", "PART_OF_ENTITY"),
        ("mentions", "MENTIONS_ENTITY"),
    ],
)
def test_relationship_type_is_upper_snake_and_keeps_chinese(name, kind):
    assert relationship_type(name) == kind


@pytest.mark.parametrize("naming", [graph_label, relationship_type])
def test_name_without_letters_or_digits_is_refused(naming):
    with pytest.raises(ValueError, match="no letter or digit"):
        naming("!? `")


@given(st.text(min_size=1, max_size=40).filter(lambda t: any(c.isalnum() for c in t)))
@settings(max_examples=100, deadline=None)
def test_names_are_safe_in_back_quotes_and_never_reserved(name):
    for result, reserved in (
        (graph_label(name), RESERVED_LABELS),
        (relationship_type(name), RESERVED_RELATIONSHIP_TYPES),
    ):
        assert result and result not in reserved
        assert not re.search(r"[\s`'\"\\\x00-\x1f{}()\[\]:;,.-]", result)
        assert not result[0].isdigit()
