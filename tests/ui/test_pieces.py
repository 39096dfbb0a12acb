"""Markup and numbers: what people and files say is only ever text, and numbers read as they should."""

import subprocess
import sys

import pytest

from tradewind.ui import theme
from tradewind.ui.numbers import change, counted, figure, money, plain, price, seconds, share
from tradewind.ui.pieces import badge, bar, button, card, choice, empty, entry, rows, words
from tradewind.ui.shared import shared

HOSTILE = '<script>alert(1)</script>" onmouseover="alert(2)'


@pytest.mark.parametrize(
    "drawn",
    [
        badge(HOSTILE), bar(HOSTILE, 0.5, HOSTILE, HOSTILE), button(HOSTILE, HOSTILE, job=HOSTILE),
        card(HOSTILE, HOSTILE),
        choice(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE), empty(HOSTILE, HOSTILE, HOSTILE), entry("name", HOSTILE),
        rows([words(HOSTILE), words("b")], [[HOSTILE, HOSTILE]], HOSTILE),
    ],
)  # fmt: skip
def test_text_stays_text(drawn):
    assert "<script" not in drawn
    assert '" onmouseover' not in drawn


def test_nothing_is_said_by_colour_alone():
    """Up and down have an arrow and a sign, states a shape, a bar that is nearly full a word."""
    assert "▲ +1.00" in change(1)
    assert "▼ \N{MINUS SIGN}1.00" in change(-1)
    assert "nearly used up" in bar("a", 0.95, "")
    assert len({badge("x", kind).split("</span>")[0] for kind in ("good", "bad", "warn", "info", "")}) == 5


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (money(-1234.5, "USD"), "\N{MINUS SIGN}1,234.50 USD"), (money(-0.001), "0.00"), (money(None), "\N{EN DASH}"),
        (plain(float("nan")), "\N{EN DASH}"), (share(0.0512), "5.1 %"), (price(1.1), "1.10"),
        (price(1.08765), "1.08765"),
        (seconds(0.02), "20 ms"), (seconds(5400), "90 min"), (figure(0.00012345), "0.0001234"),
        (counted(1, "trade"), "1 trade"),
        (counted(2000, "trade"), "2,000 trades"),
    ],
)  # fmt: skip
def test_numbers(shown, wanted):
    assert shown == wanted


def _luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("tokens", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (text, ground)
        for text in ("ink", "soft", "accent", "gain", "loss", "warn")
        for ground in ("paper", "card", "raised")
    ]
    + [
        ("on-accent", "accent"),
        ("on-stop", "stop"),
        ("gain", "gain-soft"),
        ("loss", "loss-soft"),
        ("warn", "warn-soft"),
    ],
)
def test_text_can_be_read(tokens, text, ground):
    """The contrast is at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((_luminance(tokens[text]), _luminance(tokens[ground])), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_same_question_is_asked_once():
    asked = []
    for _ in range(3):
        assert shared(("a test",), 60.0, lambda: asked.append(1) or len(asked)) == 1


def test_the_api_needs_no_pages():
    """Without being asked for, NiceGUI is not loaded."""
    script = "import sys, tradewind.api.app; sys.exit('nicegui' in sys.modules)"

    assert subprocess.run((sys.executable, "-c", script), check=False).returncode == 0
