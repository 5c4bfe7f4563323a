from __future__ import annotations

from pathlib import Path

SOURCE = """\
---
title: The Curies
date: 2020-01-01
draft: true
tags: [a, b]
---
# Marie *Curie*

Marie **Curie** was a [physicist](https://example.org) and
chemist &amp; `more`. ![A portrait](p.png)

居里夫人出生于
华沙。\\
第二行。

## Life

1. one item
   - nested item

> quoted text

| Year | Prize |
|------|-------|
| 1903 | Physics |

<div class="note">an <b>HTML</b> block</div>

```python
x = 1
```
"""


def test_markdown_is_shown_without_its_markup(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.md"
    path.write_text(SOURCE)
    document = read_one(path)
    assert document.text.split("\n\n") == [
        "Marie Curie",
        "Marie Curie was a physicist and chemist & more. A portrait",
        "居里夫人出生于华沙。\n第二行。",
        "Life",
        "one item",
        "nested item",
        "quoted text",
        "Year | Prize",
        "1903 | Physics",
        "an HTML block",
        "x = 1",
    ]


def test_headings_are_sections_and_front_matter_is_metadata(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.md"
    path.write_text(SOURCE)
    document = read_one(path)
    assert document.title == "The Curies"
    assert dict(document.metadata) == {"date": "2020-01-01", "draft": "True"}
    section = document.mark_at(document.text.index("quoted"), "section")
    assert section is not None
    assert section.label == "Life"
    first = document.mark_at(5, "section")
    assert first is not None
    assert first.label == "Marie Curie"


def test_the_title_is_the_first_heading_or_the_file_name(tmp_path: Path, read_one) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# One\n\ntext")
    assert read_one(path).title == "One"
    path.write_text("text")
    assert read_one(path).title == "notes"


def test_deep_nesting_is_refused(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.md"
    for source in ("> " * 5000 + "x", "\n".join("  " * n + "- x" for n in range(500))):
        path.write_text(source)
        assert "nested deeper than 200" in read_failure(path)


def test_broken_front_matter_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\na: [\n---\ntext")
    assert "front matter" in read_failure(path)
