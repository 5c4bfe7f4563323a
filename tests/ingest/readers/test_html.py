from __future__ import annotations

from pathlib import Path

import pytest

from ingest.options import ReadLimits, ReadOptions

SENTENCE = "Marie Curie was born in Warsaw and conducted pioneering research on radioactivity. "
PAGE = f"""<!DOCTYPE html>
<html><head><title>Curie &mdash; an encyclopaedia</title>
<meta name="author" content="A. Writer"><style>p {{ color: red }}</style></head>
<body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li></ul></nav>
<article>
<h1>Marie Curie</h1>
<p>{SENTENCE * 3}</p>
<script>var x = "not text";</script>
<h2>Life</h2>
<p>In 1903 she won the Prize in <b>Phys</b>ics,
   together with Pierre Curie.<br>One more line.</p>
<ul><li>the first item of a list</li><li>the second item of a list</li></ul>
<table><tr><th>Year</th><th>Prize</th></tr><tr><td>1903</td><td>Physics</td></tr></table>
</article>
<footer>Copyright 2020 by nobody. All rights reserved.</footer>
</body></html>"""


def test_the_main_content_is_read_without_menus(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE)
    document = read_one(path)
    assert document.text.split("\n\n") == [
        "Marie Curie",
        (SENTENCE * 3).strip(),
        "Life",
        "In 1903 she won the Prize in Physics, together with Pierre Curie.\nOne more line.",
        "the first item of a list",
        "the second item of a list",
        "Year | Prize",
        "1903 | Physics",
    ]
    assert document.title == "Curie — an encyclopaedia"
    assert document.metadata["author"] == "A. Writer"
    section = document.mark_at(document.text.index("1903"), "section")
    assert section is not None
    assert section.label == "Life"


def test_a_short_page_is_read_whole_without_navigation(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><body><nav>Home</nav><h1>Hi</h1><p>Short <i>pa</i>ge.</p><p hidden>no</p>"
        "<footer>x</footer></body></html>"
    )
    document = read_one(path)
    assert document.text == "Hi\n\nShort page."
    assert document.title == "Hi"


@pytest.mark.parametrize("encoding", ["gb2312", "utf-8", "utf-16", "big5"])
def test_the_declared_encoding_is_respected(tmp_path: Path, read_one, encoding: str) -> None:
    path = tmp_path / "a.html"
    html = f'<html><head><meta charset="{encoding}"></head><body><p>居里在巴黎。</p></body></html>'
    path.write_bytes(html.encode(encoding))
    assert read_one(path).text == "居里在巴黎。"


def test_a_false_declaration_does_no_harm(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.html"
    path.write_text('<meta charset="gbk"><p>居里夫人在巴黎。', encoding="utf-8")
    assert read_one(path).text == "居里夫人在巴黎。"


def test_chinese_lines_are_joined_without_a_blank(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.html"
    path.write_text("<p>居里夫人\n   出生于\n华沙。</p>", encoding="utf-8")
    assert read_one(path).text == "居里夫人出生于华沙。"


@pytest.mark.parametrize("tag", ["div", "b", "ul", "table"])
def test_deep_nesting_is_refused(tmp_path: Path, read_failure, tag: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<{tag}>" * 50_000 + "x")
    assert "nested deeper than 200" in read_failure(path)


def test_entities_are_not_expanded_without_end(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.xhtml"
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    path.write_text(
        f'<!DOCTYPE html [<!ENTITY a0 "ha">{entities}]><html><body><p>Text: &a9;</p></body></html>'
    )
    assert len(read_one(path).text) < 2000


def test_too_long_a_text_is_refused(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE)
    options = ReadOptions(limits=ReadLimits(max_text_chars=300))
    assert "limit of 300" in read_failure(path, options)


def test_a_page_without_text_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.html"
    for html in ("<html><body><img src=x></body></html>", "   ", "<!-- c -->"):
        path.write_text(html)
        assert read_failure(path)
