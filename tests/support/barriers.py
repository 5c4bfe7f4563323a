"""What keeps people from using a page, as axe finds it."""

from __future__ import annotations

from typing import Any

RULES = ["color-contrast", "button-name", "image-alt", "label", "link-name", "tabindex"]


def barriers(page: Any) -> str:
    """A report on a page, when it has been drawn to the end; empty if there is nothing."""
    from axe_playwright_python.sync_playwright import Axe

    for _ in range(10):
        found = Axe().run(page, options={"runOnly": RULES})
        if not found.violations_count:
            return ""
        page.wait_for_timeout(500)  # labels of links come last
    return str(found.generate_report())
