from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from model.corpus.errors import CorpusError
from model.corpus.shapes import Files, RawDocument, Unreadable, shape

DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="en">
<siteinfo><sitename>Wikipedia</sitename></siteinfo>
<page><title>Marie Curie</title><ns>0</ns><id>20</id><revision><id>1</id><text>{{Infobox person
| name = Marie {{nowrap|Curie}}
}}
'''Marie Curie''' (; born {{lang|pl|Maria}}) was a [[Poland|Polish]] [[physicist]].&lt;ref
name="a"&gt;A book, 1999&lt;/ref&gt; She walked {{convert|5|km|mi}}. [[File:a.jpg|thumb|A
[[picture]] of her]]

== Life ==
* She found ''radium''.
{| class="wikitable"
! Year !! Prize
|-
| 1903 || Physics
|}
The law is &lt;math&gt;E = mc^2&lt;/math&gt; here.
=== Later ===
She died.
== References ==
{{reflist}}
=== Cited ===
Foo 1999.
== Legacy ==
She is honoured.
[[Category:Physicists]]
[[de:Marie Curie]]</text></revision></page>
<page><title>Curie</title><ns>0</ns><id>21</id><redirect title="Marie Curie"/>
<revision><text>#REDIRECT [[Marie Curie]]</text></revision></page>
<page><title>Talk:Curie</title><ns>1</ns><id>22</id><revision><text>Chat</text></revision></page>
<page><title>Curie (disambiguation)</title><ns>0</ns><id>23</id>
<revision><text>'''Curie''' may be: * [[A]] {{disambiguation}}</text></revision></page>
<page><title>滑鼠</title><ns>0</ns><id>24</id><revision><text>-{zh-hans:鼠标;zh-hant:滑鼠}-是一种'''设备'''。

== 参考文献 ==
某书。</text></revision></page>
</mediawiki>
"""


def read(name: str, *paths: Path) -> list[RawDocument]:
    found = list(shape(name).read(Files(paths)))
    assert not [item for item in found if isinstance(item, Unreadable)]
    return [item for item in found if isinstance(item, RawDocument)]


def cleaned(name: str, *paths: Path) -> list[str]:
    return [shape(name).clean(raw) for raw in read(name, *paths)]


def clean(name: str, text: str, title: str = "", id: str = "x") -> str:
    return shape(name).clean(RawDocument(id, text, title))


def write_lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_wikipedia_dumps_give_the_prose_of_articles(tmp_path: Path) -> None:
    path = tmp_path / "enwiki-pages-articles.xml.bz2"
    path.write_bytes(bz2.compress(DUMP.encode()))
    assert [raw.id for raw in read("wikipedia-dump", path)] == [f"{path.name}#{id}" for id in
                                                                (20, 23, 24)]  # fmt: skip
    curie, disambiguation, mouse = cleaned("wikipedia-dump", path)
    assert curie == (
        "Marie Curie (born Maria) was a Polish physicist. She walked 5 km.\n\nLife\n\n"
        "She found radium.\n\nThe law is $E = mc^2$ here.\n\nLater\n\nShe died.\n\nLegacy\n\n"
        "She is honoured."
    )
    assert disambiguation == ""
    assert mouse == "滑鼠\n\n鼠标是一种设备。"


def test_a_truncated_dump_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(bz2.compress(DUMP[: DUMP.index("(disambiguation)")].encode()))
    first, failure = shape("wikipedia-dump").read(Files([path]))
    assert isinstance(first, RawDocument)
    assert first.title == "Marie Curie"
    assert isinstance(failure, Unreadable)
    path.write_bytes(path.read_bytes()[:-20])
    assert isinstance(list(shape("wikipedia-dump").read(Files([path])))[-1], Unreadable)


def test_dumps_expand_no_entities(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    path = tmp_path / "dump.xml"
    path.write_text(
        f'<!DOCTYPE m [<!ENTITY x SYSTEM "{secret}"><!ENTITY a "bomb">]>\n'
        "<m><page><title>T</title><ns>0</ns>"
        "<revision><text>a &x; b &a;</text></revision></page></m>"
    )
    texts = [raw.text for raw in shape("wikipedia-dump").read(Files([path]))
             if isinstance(raw, RawDocument)]  # fmt: skip
    assert not any("secret" in text or "bomb" in text for text in texts)


def test_wikipedia_extracts_are_read_in_both_forms(tmp_path: Path) -> None:
    folder = tmp_path / "AA"
    folder.mkdir()
    (folder / "wiki_00").write_text(
        '<doc id="12" url="u" title="A &amp; B">\nA &amp; B\n\nFirst (; born 1900) line.\n\n'
        'References.\nBook.\n</doc>\n<doc id="13" url="u" title="C">\nC is.\n</doc>\n'
    )
    write_lines(
        folder / "wiki_01",
        {
            "id": "14",
            "title": "北京",
            "text": '-{zh-hans:北京;zh-hant:北平}-（；）是首都。\n! 年 !! 人\n| style="x" | 1',
        },
    )
    assert cleaned("wikipedia-extract", tmp_path) == [
        "A & B\nFirst (born 1900) line.", "C is.", "北京是首都。",
    ]  # fmt: skip


def test_web_records_lose_their_html(tmp_path: Path) -> None:
    article = "<p>" + "It was the best of times, it was the worst of times. " * 12 + "</p>"
    path = write_lines(
        tmp_path / "pages.jsonl",
        {"title": "百度", "content": "这是一个网站。"},
        {"url": "u", "text": "<p>Fish &amp; chips.</p><p>Café â€” closed</p>"},
        {"html": f"<html><body><nav><a>Home</a></nav><article>{article}</article>"
                 "<footer>Imprint</footer></body></html>"},
    )  # fmt: skip
    baike, snippet, page = cleaned("web", path)
    assert baike == "百度\n\n这是一个网站。"
    assert snippet == "Fish & chips.\n\nCafé — closed"
    assert page.startswith("It was the best")
    assert "Home" not in page and "Imprint" not in page


def test_records_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "fine"}\nno json\n[1]\n\n{"title": "x"}\n'))
    found = list(shape("web").read(Files([path])))
    assert [type(item) for item in found] == [RawDocument, Unreadable, Unreadable, Unreadable]
    assert [item.id for item in found] == [f"a.jsonl.gz:{line}" for line in (1, 2, 3, 5)]
    path.write_bytes(path.read_bytes()[:-8])
    assert isinstance(list(shape("web").read(Files([path])))[-1], Unreadable)


def test_questions_come_with_their_best_answers_first(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "qa.jsonl",
        {"title": "How?", "body": "<p>I ask.</p>", "answers": [
            {"body": "<p>Wrong.</p>", "score": -2}, {"body": "Fair.", "score": 1},
            {"body": "Best.", "score": 9}]},
        {"question": "Where?", "answer": "There."},
        {"instruction": "Add.", "input": "1 2", "output": "3"},
    )  # fmt: skip
    assert cleaned("answers", path) == [
        "How?\n\nI ask.\n\nBest.\n\nFair.", "Where?\n\nThere.", "Add.\n\n1 2\n\n3",
    ]  # fmt: skip


def test_books_lose_licence_page_numbers_and_line_breaks(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_bytes(
        "The Project Gutenberg eBook of X\r\n\r\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\r\n"
        "\r\nProduced by Jane Doe\r\nand others\r\n\r\nI. The Start . . . . . . . . 7\r\n\r\n"
        "It was the best of times,\r\nit was the worst of times, it was\r\nthe age of wis-\r\n"
        "dom.\r\n\r\n   - 12 -\r\n\r\n* * * * *\r\n\r\n“Café,” he said.\r\n\r\n"
        "*** END OF THE PROJECT GUTENBERG EBOOK X ***\r\n\r\nLicence\r\n".encode("cp1252")
    )
    (tmp_path / "other.jsonl").write_text('{"text": "Another book."}\n')
    assert cleaned("books", tmp_path) == [
        "It was the best of times, it was the worst of times, it was the age of wisdom.\n\n"
        "“Café,” he said.",
        "Another book.",
    ]


def test_papers_keep_prose_and_formulas() -> None:
    latex = r"""\documentclass{article}
\title{On $x$ and \emph{y}}
\begin{document}\maketitle
% a comment, 50\% of them
\section{Intro}
We show~\cite{a,b} that $a^2 \leq b$ \textbf{always} holds for 5\% of G\"odel's cases.\footnote{No.}
\begin{figure}\includegraphics{x}\caption{Hidden}\end{figure}
\bibliography{foo}
\appendix Hidden
\end{document}"""
    text = clean("arxiv", latex)
    assert text == (
        "On $x$ and y\n\nIntro\n\nWe show that $a^2 \\leq b$ always holds for 5% of Gödel's cases."
    )
    plain = "A study.\n\n" + "Much was found. " * 9 + "\n\nReferences\n\n[1] Foo, 1999."
    assert clean("arxiv", plain, "Title").endswith("Much was found.")


def test_repositories_give_the_files_that_people_wrote(tmp_path: Path) -> None:
    for name, text in {
        "repo/main.py": "#!/usr/bin/env python\n# Copyright 2020 me\n# Licensed under MIT\n\n"
                        "def f():\n\treturn 1  \r\n",
        "repo/lib/util.c": "/* Licensed to you,\n without warranty */\nint x;\n",
        "repo/lib/talk.c": "/* What it does. */\nint y;\n",
        "repo/node_modules/a.js": "x", "repo/app.min.js": "x", "repo/.git/config.py": "x",
        "repo/data.csv": "1,2", "repo/big.js": "var x=" + "1+" * 800 + "1",
        "repo/made.py": "# Generated by a tool. DO NOT EDIT\nx = 1\n",
        "repo/nb.ipynb": json.dumps({"cells": [{"source": ["# Title\n"]}, {"source": "x = 1"}]}),
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    texts = {raw.id: shape("code").clean(raw) for raw in read("code", tmp_path)}
    assert texts == {
        "repo/big.js": "", "repo/made.py": "", "repo/lib/util.c": "int x;",
        "repo/lib/talk.c": "/* What it does. */\nint y;",
        "repo/main.py": "#!/usr/bin/env python\ndef f():\n\treturn 1",
        "repo/nb.ipynb": "# Title\n\n\nx = 1",
    }  # fmt: skip


def test_programs_come_from_records_too(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "leet.jsonl", {"input": "Add.", "output": "a + b"}, {"code": "x"})
    assert cleaned("code", path) == ["Add.\n\na + b", "x"]


def test_plain_text_is_repaired_and_other_formats_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("中文，全角。\ufeff \n\n\n\nEnde\u00ad.".encode())
    (tmp_path / "b.html").write_text("<html><title>T</title><body><p>Page.</p></body></html>")
    assert cleaned("text", tmp_path) == ["中文，全角。\n\nEnde.", "T\n\nPage."]
    (tmp_path / "c.txt.xz").write_bytes(lzma.compress(b"one\n\ntwo\n"))
    assert cleaned("text-lines", tmp_path / "c.txt.xz") == ["one", "two"]


def test_files_come_in_one_order_and_missing_ones_are_refused(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a/3.txt", ".hidden/4.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    files = Files([tmp_path])
    assert [name for _, name in files.named()] == ["a/3.txt", "b/1.txt", "b/2.txt"]
    assert files.bytes_total == 3
    list(shape("text-lines").read(files))
    assert files.bytes_read == 3
    with pytest.raises(CorpusError, match="no file"):
        Files([tmp_path / "absent"])
    with pytest.raises(CorpusError, match="no source shape"):
        shape("absent")
