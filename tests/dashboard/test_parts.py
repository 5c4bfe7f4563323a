"""Parts that need no graph: words, addresses, text that is never markup."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboard.components.marked import Mark, marked
from dashboard.components.text import plain
from dashboard.data.exporting import rows_csv
from dashboard.data.records import Span
from dashboard.gate import Gate
from dashboard.i18n import LANGUAGES, Messages, catalogue, language_of
from dashboard.options import parse
from dashboard.state import GraphState
from graph.store import StoreLockedError

DASHBOARD = Path(__file__).parents[2] / "dashboard"
PLACE = re.compile(r"\{(\w+)[:}]")


def test_nobody_looks_at_a_graph_while_it_is_changed() -> None:
    gate = Gate(patience=0.01)
    left, changed = threading.Event(), threading.Event()

    def change() -> None:
        with gate.looking(), gate.changing():
            assert left.is_set()
            with pytest.raises(StoreLockedError, match="being changed"), gate.looking():
                pass
        changed.set()

    with ThreadPoolExecutor() as threads:
        with gate.looking():
            changing = threads.submit(change)
            assert not changed.wait(0.05), "it waits for who looks"
            left.set()
        changing.result()
    with gate.looking():
        assert changed.is_set()


def test_both_languages_have_the_same_messages_and_places() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(PLACE.findall(text)) == set(PLACE.findall(chinese[key])), key


def test_every_message_that_the_code_asks_for_exists() -> None:
    code = "\n".join(path.read_text("utf-8") for path in DASHBOARD.rglob("*.py"))
    asked = set(re.findall(r'words\(\s*"([a-z_]+)"', code))
    for pair in re.findall(r'words\(\s*"(\w+)" if [^)]*? else "(\w+)"', code):
        asked |= set(pair)
    assert len(asked) > 80
    assert asked <= catalogue("en").keys()


def test_messages_are_filled_and_have_plurals() -> None:
    words = Messages("en")
    assert words("documents_count", count=1) == "1 document"
    assert words("documents_count", count=1200) == "1,200 documents"
    assert words("nothing_found", text="{count}").count("{count}") == 1
    assert Messages("zh")("documents_count", count=2) == "2 篇文档"


def test_the_language_is_that_asked_for_or_the_browsers() -> None:
    assert language_of("zh", "en-US") == "zh"
    assert language_of(None, "zh-CN") == "zh"
    assert language_of("fr", "de") == "en"
    assert set(LANGUAGES) == {"en", "zh"}


def test_a_view_is_the_same_after_going_through_its_address() -> None:
    state = GraphState(
        seeds=("a1", "b2"),
        expansions={"a1": 25},
        hidden=frozenset({"c3"}),
        hidden_types=frozenset({"value:date"}),
        selected="a1|EMPLOYER|b2",
        layout="circle",
        pins={"a1": (3, -7)},
    )
    assert GraphState.from_query(state.to_query()) == state
    assert state.hide("a1").selected is None
    assert state.moved({"a1": "z9"}).selected == "z9|EMPLOYER|b2"


@given(st.dictionaries(st.sampled_from("nxhtslp"), st.text(max_size=60)))
def test_no_address_makes_a_view_fail(query: dict[str, str]) -> None:
    state = GraphState.from_query(query)
    assert GraphState.from_query(state.to_query()).seeds == state.seeds


@given(st.text(max_size=80))
def test_plain_text_stays_text_in_markdown(text: str) -> None:
    shown = MarkdownIt("commonmark").render(plain(text))
    # Nothing but one paragraph: no link, no emphasis, no HTML.
    assert re.findall(r"</?(\w+)", shown) in ([], ["p", "p"]), shown


@pytest.mark.parametrize(
    "text", ["**b** _i_ `c`", "<b>x</b>", "[a](http://x)", ":red[x] :smile: $x$", "# h", "~~s~~"]
)
def test_what_looks_like_markdown_shows_as_it_is(text: str) -> None:
    from html import unescape

    assert unescape(plain(text)) == text
    assert not set(plain(text)) & set("*_`<>[]():$~")


def test_marked_text_is_escaped_and_complete() -> None:
    text = 'a <script>x</script> "b" & c'
    spans = (Span(2, 10, "head", label="<i>"), Span(4, 8, "tail"), Span(99, 120, "tail"))
    html = marked(text, 0, spans, lambda span: Mark("#123456", span.label, href='x"y'))
    assert "<script" not in html and "<i>" not in html and '"y' not in html
    shown = re.sub(r"<[^>]+>", "", html)
    from html import unescape

    assert unescape(shown) == text


def test_formulas_in_csv_stay_text() -> None:
    content = rows_csv(["a"], [{"a": "=HYPERLINK(1)"}, {"a": -1.5}, {"a": {"k": "值"}}])
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[1] == "'=HYPERLINK(1)" and lines[2] == "-1.5" and "值" in lines[3]


def test_options_of_the_app() -> None:
    options = parse(["--store", "embedded:x", "--read-only"])
    assert options.store == "embedded:x" and options.read_only and options.config is None
