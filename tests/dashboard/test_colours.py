"""Every pair of colours that meets on a page has the contrast that WCAG 2.2 AA asks for.

4.5:1 for text on its ground (1.4.3), 3:1 for what has to be told apart (1.4.11).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dashboard.components.charts import LABELS, NUMBERS
from dashboard.components.passages import KIND_COLORS
from dashboard.data.vocabulary import EVENT_COLOR, PALETTE, VALUE_COLOR
from dashboard.views.start import ACCENT

DASHBOARD = Path(__file__).parents[2] / "dashboard"
STYLE = (DASHBOARD / "style.css").read_text("utf-8")
CANVAS = (DASHBOARD / "components" / "canvas" / "canvas.js").read_text("utf-8")
GRAPH = (DASHBOARD / "components" / "canvas" / "style.js").read_text("utf-8")
THEME = tomllib.loads((DASHBOARD / "theme.toml").read_text("utf-8"))["theme"]
MODES = ("light", "dark")
TEXT, SHAPE = 4.5, 3.0

Rgb = tuple[float, float, float]


def rgb(color: str) -> Rgb:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def mixed(color: str, ground: str, share: float) -> str:
    """``color`` laid over ``ground`` with this opacity."""
    pairs = zip(rgb(color), rgb(ground), strict=True)
    return "#" + "".join(f"{round(255 * (a * share + b * (1 - share))):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(color: str) -> float:
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in rgb(color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def canvas(name: str, mode: str) -> str:
    """A colour of the graph view."""
    found = re.search(rf"{name}[^?\n]*\? \"(#\w{{6}})\" : \"(#\w{{6}})\"", CANVAS)
    assert found is not None, name
    return found[2 if mode == "light" else 1]


@pytest.mark.parametrize("mode", MODES)
def test_text_can_be_read_on_its_ground(mode: str) -> None:
    theme = THEME[mode]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for name in ("textColor", "linkColor", "primaryColor"):
            assert contrast(theme[name], ground) >= TEXT, (name, ground)
        opacities = [float(value) for value in re.findall(r"[;{] *opacity: ([\d.]+)", STYLE)]
        words = [opacity for opacity in opacities if 0.76 <= opacity < 1]
        assert len(words) >= 4
        for opacity in words:
            assert contrast(mixed(theme["textColor"], ground, opacity), ground) >= TEXT, opacity
    index = MODES.index(mode)
    for color in (LABELS[index], NUMBERS[index]):
        assert contrast(color, theme["backgroundColor"]) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_text_can_be_read_on_buttons_and_badges(mode: str) -> None:
    found = re.search(r"light-dark\((#\w{6}), (#\w{6})\)", STYLE)
    assert found is not None
    on_primary = found[1 + MODES.index(mode)]
    assert contrast(on_primary, THEME[mode]["primaryColor"]) >= TEXT
    badges = re.findall(r"background: (#\w{6}); color: #fff", STYLE)
    assert len(badges) == 2
    assert all(contrast("#ffffff", ground) >= TEXT for ground in badges)


@pytest.mark.parametrize("mode", MODES)
def test_text_can_be_read_where_it_is_marked(mode: str) -> None:
    theme, index = THEME[mode], MODES.index(mode)
    found = re.search(r"color-mix\(in srgb, var\(--c\) (\d+)%", STYLE)
    small = re.search(r"kg-mark small {[^}]*opacity: ([\d.]+)", STYLE)
    assert found is not None and small is not None
    for colors in (*KIND_COLORS.values(), *PALETTE, VALUE_COLOR, EVENT_COLOR):
        ground = mixed(colors[index], theme["backgroundColor"], int(found[1]) / 100)
        assert contrast(theme["textColor"], ground) >= TEXT, colors
        assert contrast(mixed(theme["textColor"], ground, float(small[1])), ground) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_types_charts_and_boxes_can_be_told_from_their_ground(mode: str) -> None:
    theme, index = THEME[mode], MODES.index(mode)
    ground = theme["backgroundColor"]
    for colors in (*PALETTE, VALUE_COLOR, EVENT_COLOR, ACCENT):
        assert contrast(colors[index], ground) >= SHAPE, colors
        assert contrast(colors[index], theme["secondaryBackgroundColor"]) >= SHAPE, colors
    assert contrast(theme["borderColor"], ground) >= SHAPE
    assert contrast(theme["primaryColor"], ground) >= SHAPE


@pytest.mark.parametrize("mode", MODES)
def test_the_graph_view_can_be_read(mode: str) -> None:
    theme = THEME[mode]
    ground, raised = theme["backgroundColor"], theme["secondaryBackgroundColor"]
    for name in ("quiet:", "accent:"):
        assert contrast(canvas(name, mode), ground) >= TEXT, name
        assert contrast(canvas(name, mode), raised) >= TEXT, name
    dimmed = re.search(r"\.far\", style: { opacity: ([\d.]+) }", GRAPH)
    line = re.search(r"opacity: \(edge\) => ([\d.]+) \+ ([\d.]+) \*", GRAPH)
    assert dimmed is not None and line is not None
    text = mixed(theme["textColor"], ground, float(dimmed[1]))
    assert contrast(text, ground) >= TEXT, "what the selection leaves aside"
    least = float(line[1]) + float(line[2]) * 0.35  # facts below that confidence are left out
    assert contrast(mixed(canvas("line:", mode), ground, least), ground) >= SHAPE
