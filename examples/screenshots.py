"""Makes the pictures of the explorer in docs/, from the example corpus and its gold annotation."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from explorer_app import explorer, ready
from gold_extractor import GoldExtractor
from playwright.sync_api import sync_playwright

import kgbuilder

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
WAIT_MS = 180_000
SIZE = {"width": 1360, "height": 860}


def main() -> int:
    """Both pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("There is no chromium; on Debian: apt install chromium fonts-noto-cjk")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        url = f"embedded:{folder}/example.kg"
        with kgbuilder.open_store(url) as graph:  # keeps the database up
            kgbuilder.build(HERE / "computing", store=url, extractor=GoldExtractor())
            turing = graph.search("Alan Turing", 1)[0].id
            fact = graph.query(
                "MATCH (p:Person {id: $id})-[r:EDUCATED_AT]->(o:Entity) "
                "RETURN p.id + '|EDUCATED_AT|' + o.id AS id ORDER BY o.name DESC LIMIT 1",
                {"id": turing},
            )[0]["id"]
            with explorer(url, Path(folder)) as address, sync_playwright() as runner:
                browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                path = f"{address}/graph?n={turing}&x={turing}~25"
                take(browser, f"{path}&s={fact}", "explorer-graph.png")
                take(
                    browser,
                    f"{path}&s={turing}&lang=zh",
                    "explorer-chinese.png",
                    color_scheme="dark",
                )
                browser.close()
    return 0


def take(browser: Any, url: str, name: str, **options: str) -> None:
    """One picture."""
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce", locale="en-US", **options)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(url)
    ready(page)
    page.wait_for_selector("iframe")
    frame = next(frame for frame in page.frames if "kgbuilder_canvas" in frame.url)
    frame.wait_for_function("() => window.graph?.nodes?.().length > 5")
    page.wait_for_timeout(2_000)
    page.screenshot(path=DOCS / name)
    context.close()
    print(DOCS / name)


if __name__ == "__main__":
    sys.exit(main())
