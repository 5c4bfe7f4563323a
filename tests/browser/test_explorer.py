"""What people do in the explorer, done in a real browser."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import hostile
import pytest
from barriers import barriers
from explorer_app import explorer, ready
from playwright.sync_api import TimeoutError as PlaywrightTimeout

import kgbuilder
import kgbuilder.decisions
from graph.store import open_store

Visit = Callable[..., Any]
STILL = "() => !graph.animated() && !graph.nodes().some(n => n.animated())"
CARDS = '[class*="st-key-card-"]'
TYPED = "text => document.querySelector('.stTextArea textarea').value.includes(text)"
#: Whether what has the focus, in a frame too, fits a selector.
HAS_FOCUS = """selector => {
  let element = document.activeElement;
  while (element?.contentDocument) element = element.contentDocument.activeElement;
  return element.matches(selector);
}"""
LEFT = "left => document.querySelectorAll('[class*=st-key-decision-]').length === left"
FOCUS = "() => document.activeElement?.type === 'search'"


@pytest.fixture(scope="session")
def ids(store: str) -> dict[str, str]:
    """Ids of entities by name."""
    with open_store(store, writer=False) as graph:
        names = ("Alan Turing", "John von Neumann", "Ada Lovelace", "Grace Hopper")
        return {name: graph.search(name, 1)[0].id for name in names}


def canvas(page: Any) -> Any:
    """The frame of the graph view, drawn."""
    page.wait_for_selector("iframe.stCustomComponentV1, .stCustomComponentV1 iframe")
    frame = next(f for f in page.frames if "kgbuilder_canvas" in f.url)
    frame.wait_for_function("() => window.graph?.nodes?.().length > 0")
    return frame


def click_node(page: Any, frame: Any, id: str, times: int = 1) -> None:
    """Click where a node is drawn."""
    place = frame.evaluate(
        "id => { const n = graph.getElementById(id); graph.center(n);"
        " return n.renderedPosition() }",
        id,
    )
    box = frame.locator("#graph").bounding_box()
    page.mouse.click(box["x"] + place["x"], box["y"] + place["y"], click_count=times, delay=30)


def shown(frame: Any) -> list[str]:
    return list(frame.evaluate("() => graph.nodes().not('.filtered').map(n => n.id())"))


def wait_for(frame: Any, condition: str, value: Any = None) -> None:
    frame.wait_for_function(condition, arg=value)


def download(page: Any, button: Any) -> Path:
    with page.expect_download() as caught:
        button.click()
    return Path(caught.value.path())


def tab_to(page: Any, selector: str, most: int = 60) -> None:
    """Press Tab until what fits the selector has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(HAS_FOCUS, selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def enter(page: Any, selector: str, answer: Any) -> None:
    """Press Enter on what fits the selector. A page drawn anew just then takes the focus off it:
    then again, as people would."""
    for _ in range(3):
        tab_to(page, selector)
        page.keyboard.press("Enter")
        with suppress(PlaywrightTimeout):
            answer.wait_for(timeout=20_000)
            return
    raise AssertionError(f"Enter on {selector} does nothing")


def test_the_start_page_shows_what_is_there_and_has_the_focus(visit: Visit) -> None:
    page = visit()
    text = page.locator(".kg-numbers").inner_text()
    assert re.search(r"33\s+Documents", text)
    assert page.get_by_role("heading", name="Entities by type").is_visible()
    page.locator(".vega-embed").nth(2).wait_for()
    page.wait_for_function(FOCUS)


def test_search_answers_while_typing_and_by_keyboard(visit: Visit) -> None:
    page = visit()
    page.wait_for_function(FOCUS)
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("/")
    page.wait_for_function(FOCUS)
    page.keyboard.type("图灵", delay=20)
    page.locator(CARDS).first.wait_for()
    page.wait_for_url(re.compile("q=%E5%9B%BE%E7%81%B5"))
    ready(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.tagName") == "A"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/graph"))
    canvas(page)


def test_search_filters_by_type(visit: Visit) -> None:
    page = visit("?q=turing")
    page.locator(CARDS).nth(1).wait_for()
    page.get_by_role("button", name="award", exact=True).click()
    page.get_by_text("1 found", exact=True).wait_for()
    ready(page)
    page.wait_for_function("() => document.querySelectorAll('[class*=st-key-card-]').length === 1")


def test_nothing_found_says_so(visit: Visit) -> None:
    page = visit("?q=zzzzqqq")
    page.get_by_text("Nothing here is called").wait_for()


def test_selecting_a_node_shows_why_its_facts_are_believed(
    visit: Visit, ids: dict[str, str]
) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}")
    frame = canvas(page)
    click_node(page, frame, turing)
    panel = page.locator(".st-key-panel")
    panel.get_by_role("heading", name="Alan Turing").wait_for()
    page.wait_for_url(re.compile(f"s={turing}"))
    panel.locator('[class*="st-key-fact-"] button').first.click()
    panel.locator("mark.kg-mark").first.wait_for()
    assert panel.locator("mark.kg-mark").count() >= 2
    assert "pipeline" in panel.inner_text()
    panel.get_by_text("See it in the document").first.click()
    page.wait_for_url(re.compile(r"/documents\?.*d="))
    page.locator(".kg-text mark").first.wait_for()
    assert page.locator(".kg-map a").count() > 3


def test_expanding_hiding_and_filtering(visit: Visit, ids: dict[str, str]) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}&x={turing}~5&s={turing}")
    frame = canvas(page)
    before = shown(frame)
    assert len(before) == 6
    assert re.search(
        r"\+\d+", frame.evaluate("id => graph.getElementById(id).data('label')", turing)
    )
    click_node(page, frame, turing, times=2)
    wait_for(frame, "n => graph.nodes().length > n", len(before))
    page.wait_for_url(re.compile("x="))
    ready(page)
    after = shown(frame)
    gone = next(id for id in after if id != turing)
    click_node(page, frame, gone)
    page.wait_for_url(re.compile(f"s={gone}"))
    ready(page)
    frame.locator('button[data-action="hide"]').click()
    page.wait_for_url(re.compile(f"h={gone}"))
    ready(page)
    frame = canvas(page)  # another one, where the app drew it anew
    wait_for(frame, "id => graph.getElementById(id).length === 0", gone)
    left = len(shown(frame))
    kind = frame.locator("#legend button").first.get_attribute("data-type")
    frame.locator("#legend button").first.click()
    page.wait_for_url(re.compile(r"[?&]t="))
    ready(page)
    frame = canvas(page)
    chip = frame.locator(f'#legend button[data-type="{kind}"]')
    assert chip.get_attribute("aria-pressed") == "false"
    assert len(shown(frame)) < left
    frame.locator("#layout").select_option("circle")
    page.wait_for_url(re.compile("l=circle"))
    ready(page)
    frame = canvas(page)
    middle = "() => { const b = graph.nodes().not('.filtered').boundingBox(); return b.w / b.h }"
    wait_for(frame, STILL)
    before = frame.evaluate(middle)
    frame.locator("#layout").select_option("force")
    page.wait_for_url(lambda url: "l=circle" not in url)
    wait_for(frame, STILL)
    assert frame.evaluate(middle) != pytest.approx(before), "what is left is laid out anew"


def test_a_graph_gets_the_same_picture_each_time_whole_and_without_overlaps(
    visit: Visit, ids: dict[str, str]
) -> None:
    turing = ids["Alan Turing"]
    pictures = []
    for _ in range(2):
        frame = canvas(visit(f"graph?n={turing}&x={turing}~25"))
        wait_for(frame, STILL)
        left, top, right, bottom = frame.evaluate(
            "() => { const box = graph.elements().renderedBoundingBox();"
            "return [box.x1, box.y1, graph.width() - box.x2, graph.height() - box.y2] }"
        )
        assert min(left, top, right, bottom) >= 0, "something lies outside of the frame"
        pictures.append(
            frame.evaluate(
                "() => graph.nodes().map(n => ({ id: n.id(), size: n.width(), ...n.position() }))"
            )
        )
    one, other = pictures
    assert len(one) > 20
    assert [node["id"] for node in one] == [node["id"] for node in other]
    for before, after in zip(one, other, strict=True):
        assert before["x"] == pytest.approx(after["x"])
        assert before["y"] == pytest.approx(after["y"])
    for a, b in combinations(one, 2):
        apart = math.hypot(a["x"] - b["x"], a["y"] - b["y"])
        assert apart > (a["size"] + b["size"]) / 2


def test_a_pinned_node_keeps_its_place_in_the_link(visit: Visit, ids: dict[str, str]) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}&s={turing}")
    frame = canvas(page)
    frame.locator('button[data-action="pin"]').click()
    page.wait_for_url(re.compile(f"p={turing}"))
    again = visit(page.url.split("/", 3)[3])
    frame = canvas(again)
    assert frame.evaluate("id => graph.getElementById(id).hasClass('pinned')", turing)
    frame.locator("#layout").select_option("circle")
    again.wait_for_url(re.compile("l=circle"))


def test_the_graph_and_its_evidence_by_keyboard(visit: Visit, ids: dict[str, str]) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}")
    frame = canvas(page)
    page.locator(".st-key-graph-pick-text input").focus()
    tab_to(page, "#graph")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(f"s={turing}"))
    page.keyboard.press("PageDown")
    page.wait_for_url(re.compile(f"s=.*{turing}.*%7C|s=.*%7C{turing}"))
    assert " – " in frame.locator("#say").inner_text(), "an edge is read with both its ends"
    page.keyboard.press("Enter")
    page.wait_for_function(HAS_FOCUS, arg=".st-key-panel")
    panel = page.locator(".st-key-panel")
    panel.locator("mark.kg-mark").first.wait_for()
    ready(page)
    page.keyboard.press("Escape")
    page.wait_for_function(HAS_FOCUS, arg="#graph")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "s=" not in url)
    page.keyboard.press("ArrowUp")
    page.wait_for_url(re.compile("s="))
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_url(re.compile("p="))
    ready(page)
    tab_to(page, "#legend button")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("[?&]t="))
    ready(page)
    assert page.evaluate(HAS_FOCUS, '#legend button[aria-pressed="false"]')
    page.keyboard.press("Space")
    page.wait_for_url(lambda url: "t=" not in url)
    ready(page)
    tab_to(page, ".st-key-table-nodes canvas, .st-key-table-nodes td")
    told = page.locator(".st-key-chosen-nodes .kg-keys")
    assert told.bounding_box()["height"] > 10
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    page.wait_for_url(lambda url: f"s={turing}" not in url and "s=" in url)
    ready(page)
    (chosen,) = parse_qs(urlsplit(page.url).query)["s"]
    before = shown(frame)
    tab_to(page, '[class*="st-key-expand-"] button')
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"{chosen}~" in unquote(url))
    ready(page)
    wait_for(frame, "ids => ids.every(id => graph.getElementById(id).length)", before)
    enter(page, '[class*="st-key-fact-"] button', panel.get_by_text("Why is this believed?"))
    page.wait_for_function(HAS_FOCUS, arg=".st-key-panel")


def test_an_entity_is_corrected_by_keyboard(visit: Visit, ids: dict[str, str]) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}&s={turing}")
    canvas(page)
    tab_to(page, '[class*="st-key-edit-"] button')
    page.keyboard.press("Enter")
    page.wait_for_function(HAS_FOCUS, arg='[class*="st-key-rename-"] input')
    page.keyboard.press("Control+A")
    page.keyboard.type("A. M. T.")
    page.locator('[class*="st-key-rename-now"] button:enabled').wait_for()
    tab_to(page, '[class*="st-key-rename-now"] button')
    tab_to(page, f'[class*="st-key-pick-merge-{turing}"] input')
    page.keyboard.type("Turing")
    page.locator(f'[class*="st-key-suggest-merge-{turing}"] button').first.wait_for()
    ready(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(HAS_FOCUS, '[class*="st-key-suggest-"] button')
    tab_to(page, '[class*="st-key-rename-"] input')  # round and round
    page.keyboard.press("Escape")
    page.wait_for_function(HAS_FOCUS, arg='[class*="st-key-edit-"] button')


def test_what_is_on_screen_is_exported(visit: Visit, ids: dict[str, str]) -> None:
    page = visit(f"graph?n={ids['Alan Turing']}")
    frame = canvas(page)
    picture = download(page, frame.locator('button[data-action="png"]'))
    assert picture.read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Export").click()
    content = download(page, page.get_by_role("button", name="JSON"))
    assert len(json.loads(content.read_text())["nodes"]) == len(shown(frame))
    turtle = download(page, page.get_by_role("button", name="RDF Turtle"))
    assert "@prefix" in turtle.read_text()


def test_events_are_filtered_and_shown_with_their_sentence(visit: Visit) -> None:
    page = visit("events?from=1930&to=1950")
    page.locator(".vega-embed").first.wait_for()
    page.get_by_text(re.compile(r"^\d+ events")).wait_for()
    table = page.locator(".stDataFrame canvas").first
    box = table.bounding_box()
    page.mouse.click(box["x"] + 15, box["y"] + 53)
    page.locator("mark.kg-mark").first.wait_for()
    page.get_by_label("Who, where, what").fill("zzzz")
    page.get_by_text("No events fit").wait_for()


def test_paths_with_evidence_for_each_step(visit: Visit, ids: dict[str, str]) -> None:
    page = visit(f"paths?a={ids['Alan Turing']}")
    page.get_by_label("To", exact=True).fill("冯")
    page.locator('[class*="st-key-suggest-path-b"] button').first.click()
    page.wait_for_url(re.compile("b="))
    page.locator(".kg-path").first.wait_for()
    page.get_by_text("Why is this believed?").first.click()
    page.locator("mark.kg-mark").first.wait_for()


def test_a_fact_is_rejected_and_the_decision_undone(visit: Visit, store: str) -> None:
    page = visit("review?below=1.0")
    first = page.locator('[class*="st-key-doubt-"]').first
    first.wait_for()
    first.get_by_role("button", name="Reject this fact").first.focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("stToast").get_by_text("Not so:").wait_for()
    page.wait_for_function(HAS_FOCUS, arg=".st-key-queue-doubt")
    with open_store(store, writer=False) as graph:
        assert [d.kind for d in graph.decisions().all] == ["reject"]
    page.get_by_role("tab", name="Decisions").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing has been decided yet").wait_for()
    with open_store(store, writer=False) as graph:
        assert not graph.decisions()


def test_entities_are_renamed_and_merged_and_links_follow(
    visit: Visit, store: str, ids: dict[str, str]
) -> None:
    hopper = ids["Grace Hopper"]
    page = visit(f"graph?n={hopper}&s={hopper}")
    page.locator(".st-key-panel").get_by_role("button", name="Correct").click()
    page.get_by_label("Rename").first.fill("Admiral Hopper")
    page.keyboard.press("Enter")
    ready(page)
    page.get_by_role("button", name="Rename").click()
    page.locator(".st-key-panel").get_by_role("heading", name="Admiral Hopper").wait_for()
    with open_store(store, writer=False) as graph:
        kept = graph.decisions().all
    for decision in kept:
        kgbuilder.decisions.undo(decision.id, store=store)


def add_text(page: Any, title: str) -> None:
    """``title`` is in no graph yet: tests of one graph and its copies come in any order."""
    page.get_by_role("tab", name="Text").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).last.fill(
        "Jane Smith founded Acme Company in 1901. Bob Jones joined Acme Company."
    )
    page.keyboard.press("Control+Enter")
    ready(page)
    page.locator(".st-key-add-text button").click()
    page.get_by_text("1 written").wait_for()


def test_pasted_text_becomes_facts_marked_in_it(visit: Visit) -> None:
    page = visit("add")
    add_text(page, "A new company")
    page.get_by_text("What the new documents state").wait_for()
    page.locator(".kg-new").nth(1).wait_for()
    assert page.locator(".kg-text mark").count() >= 4
    assert page.locator(".kg-new").count() >= 2


def test_an_uploaded_file_is_read_and_a_broken_one_says_why(visit: Visit, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "broken.pdf"
    good.write_text("# News\n\nAnn Wood founded Bold Company in 1999.")
    bad.write_bytes(b"%PDF-1.4 this is no PDF")
    page = visit("add")
    page.locator('input[type="file"]').set_input_files([str(good), str(bad)])
    page.locator(".st-key-add-files button:enabled").click()
    page.get_by_text("1 written, 0 unchanged, 1 failed").wait_for()
    assert "✗" in page.locator("[data-progress]").text_content()  # it is folded away by now


def test_a_query_gives_a_table_and_files_and_cannot_write(visit: Visit, store: str) -> None:
    page = visit("query")
    page.get_by_role("button", name="Facts stated more than once").click()
    page.wait_for_function(TYPED, arg="MATCH")
    ready(page)
    page.locator('button:has-text("Run")').click()
    page.locator(".stDataFrame").wait_for()
    table = download(page, page.get_by_role("button", name="CSV", exact=True))
    with table.open(encoding="utf-8-sig") as stream:
        assert next(csv.reader(stream)) == ["head", "relation", "tail", "statements"]
    page.get_by_label("Cypher").fill("MATCH (n:Document) DETACH DELETE n")
    page.keyboard.press("Control+Enter")
    ready(page)
    page.locator('button:has-text("Run")').click()
    page.get_by_text("open for reading only").wait_for()
    with open_store(store, writer=False) as graph:
        assert graph.query("MATCH (d:Document) RETURN count(d) AS n")[0]["n"] >= 33


def test_an_rdf_store_is_explored_and_asked_in_sparql(visit: Visit, rdf_app: str) -> None:
    page = visit("query", base=rdf_app)
    page.get_by_role("button", name="A piece of the graph").click()
    page.wait_for_function(TYPED, arg="CONSTRUCT")
    ready(page)
    page.locator('button:has-text("Run")').click()
    page.locator(".stDataFrame").wait_for()
    table = download(page, page.get_by_role("button", name="CSV", exact=True))
    with table.open(encoding="utf-8-sig") as stream:
        assert next(csv.reader(stream)) == ["subject", "predicate", "object"]
    page.get_by_text("Show in the graph").click()
    page.wait_for_url(re.compile(r"/graph\?"))
    assert len(shown(canvas(page))) > 5


def test_an_rdf_store_is_corrected_and_added_to(
    visit: Visit, own_rdf_app: str, ids: dict[str, str]
) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}&s={turing}", base=own_rdf_app)
    panel = page.locator(".st-key-panel")
    panel.get_by_role("button", name="Correct").click()
    page.get_by_label("Rename").first.fill("A. M. T.")
    page.locator('[class*="st-key-rename-now"] button:enabled').click()
    panel.get_by_role("heading", name="A. M. T.").wait_for()
    page = visit("review?below=1.0", base=own_rdf_app)
    page.get_by_role("button", name="Reject this fact").first.click()
    page.get_by_test_id("stToast").get_by_text("Not so:").wait_for()
    page.get_by_role("tab", name="Decisions").click()
    for left in (1, 0):
        page.get_by_role("button", name="Undo").first.click()
        page.wait_for_function(LEFT, arg=left)
        ready(page)
    add_text(visit("add", base=own_rdf_app), "A company added as RDF")
    page = visit("?q=acme", base=own_rdf_app)
    page.locator(CARDS).first.wait_for()


def test_hostile_text_is_text_everywhere(visit: Visit, store: str) -> None:
    with open_store(store, writer=False) as graph:
        document = graph.query(
            "MATCH (d:Document {pipeline: d.pipeline}) WHERE d.uri STARTS WITH "
            "'upload:' AND d.title CONTAINS 'script' RETURN d.id AS id"
        )[0]["id"]
        (row,) = graph.query(
            "MATCH (o:Organization) WHERE o.name CONTAINS 'onerror' "
            "RETURN o.id AS id, o.name AS name"
        )
        (person,) = graph.query(
            "MATCH (p:Person) WHERE toLower(p.name) CONTAINS 'mallory' RETURN p.name AS name"
        )
    assert row["name"] == hostile.IMAGE
    assert person["name"] == hostile.MARKDOWN
    pages = {
        "?q=onerror": row["name"],
        "?q=mallory": person["name"],
        f"graph?n={row['id']}&s={row['id']}": row["name"],
        f"documents?d={document}": hostile.TEXT,
        "events?who=mallory&types=founding": "Founding",
    }
    for path, expected in pages.items():
        page = visit(path)
        page.wait_for_function(
            "text => document.body.innerText.toLowerCase().includes(text.toLowerCase())",
            arg=expected,
        )
        assert page.evaluate("() => window.hacked") is None, path
        assert page.locator(".stMain img[src='x'], .stMain a[href^='javascript']").count() == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dark", {"dark": True}),
        ("phone", {"narrow": True}),
        ("chinese", {"locale": "zh-CN"}),
    ],
)
def test_a_graph_in_other_surroundings(
    visit: Visit, ids: dict[str, str], name: str, options: dict[str, Any]
) -> None:
    turing = ids["Alan Turing"]
    page = visit(f"graph?n={turing}&s={turing}", **options)
    frame = canvas(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "nothing is wider than the screen"
    if name == "chinese":
        assert "人物" in frame.locator("#legend").inner_text()
        page.get_by_role("tab", name="事实", exact=True).wait_for()
    if name == "dark":
        ground = page.evaluate(
            "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        )
        assert ground == "rgb(14, 19, 27)"


def test_the_language_is_switched(visit: Visit) -> None:
    page = visit()
    page.locator(".st-key-header").get_by_text("中文").click()
    page.get_by_text("想了解什么？").wait_for()
    page.wait_for_url(re.compile("lang=zh"))


def test_read_only_and_empty(visit: Visit, tmp_path: Path) -> None:
    with explorer(f"embedded:{tmp_path / 'none.kg'}", tmp_path, "--read-only") as base:
        page = visit(base=base)
        page.get_by_text("There is nothing here yet").wait_for()
        page.get_by_text("Read only").wait_for()
        assert page.get_by_role("link", name="Review").count() == 0
        visit("graph", base=base).get_by_text("There is nothing here yet").wait_for()


def test_pages_can_be_read_and_name_their_controls(visit: Visit, ids: dict[str, str]) -> None:
    turing = ids["Alan Turing"]
    for dark, path in (
        (False, "?q=turing"),
        (True, f"graph?n={turing}&s={turing}"),
        (False, "events"),
        (False, "query"),
    ):
        page = visit(path, dark=dark)
        assert not barriers(page), path
