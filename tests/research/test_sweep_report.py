"""What a sweep says: the best, what luck alone gives, a map, how sharp the peak is; as a page that needs nothing."""

import html.parser
import math
import re

import numpy as np
import pytest

from tradewind.results.overfitting import best_of_noise
from tradewind.results.printing_sweeps import sweep_tables
from tradewind.results.sweep_page import colour, page
from tradewind.results.sweeps import TrialLine, front, heat_map, luck, ranked, report, stabilities, telling

DOCUMENT = {
    "id": "20260101-000000000-abc", "strategy": "<one>", "instruments": ["US30"], "objectives": ["sharpe_day"],
    "higher": [True], "total": 25, "synthetic": True, "method": "grid", "seed": 1, "from": "2025-01-01",
    "to": "2025-02-01", "space": {"vary": ["fast=1:5"], "where": ["fast < slow"]},
}  # fmt: skip


def trial(number, value, **params):
    """Return a trial with a Sharpe ratio."""
    texts = {name: str(one) for name, one in params.items()}
    return TrialLine(number, texts, {"sharpe_day": value, "max_drawdown": -0.1 * number})


@pytest.fixture
def hill():
    """Return a grid of 5 by 5 with its top at (3, 2), falling faster along `slow` than along `fast`; one failed."""
    found = []
    for number, (fast, slow) in enumerate((fast, slow) for fast in range(1, 6) for slow in range(1, 6)):
        value = 0.2 - 0.01 * (fast - 3) ** 2 - 0.04 * (slow - 2) ** 2
        found.append(trial(number, None if number == 24 else value, fast=fast, slow=slow))
    return found


def test_the_best_come_first(hill):
    """Where less is better the order is the other way round; what has no figure is left out."""
    assert ranked(hill, "sharpe_day")[0].params == {"fast": "3", "slow": "2"}
    assert ranked(hill, "sharpe_day", higher=False)[0].params == {"fast": "1", "slow": "5"}
    assert len(ranked(hill, "sharpe_day")) == 24


def test_luck_is_that_of_as_many_worthless_variants():
    """The expected best is the formula of Bailey and Lopez de Prado for the scatter of the trials."""
    chance = np.random.default_rng(1)
    noise = [trial(number, float(value), one=number) for number, value in enumerate(chance.normal(0, 0.05, 200))]
    told = luck(noise)
    values = [one.figures["sharpe_day"] for one in noise]

    assert told.trials == 200
    assert math.isclose(told.expected_best, best_of_noise(float(np.var(values, ddof=1)), 200.0))
    assert math.isclose(told.best, told.expected_best, rel_tol=0.25)
    assert luck(noise[:1]) is None


def test_the_map_has_every_cell(hill):
    """A cell is the trial there; the failed one is empty; of two in a cell the better counts."""
    shown = heat_map([*hill, trial(99, 0.5, fast=1, slow=1)], "sharpe_day", "fast", "slow")

    assert shown.columns == shown.rows == ["1", "2", "3", "4", "5"]
    assert (shown.values[0, 0], shown.counts[0, 0]) == (0.5, 2)
    assert np.isnan(shown.values[4, 4])
    assert telling(hill, "sharpe_day") == ["slow", "fast"]


def test_the_fall_off_is_that_beside_the_best(hill):
    """Along `fast` the neighbours keep 95 %, along `slow` 80 %, with the other parameter held."""
    found = {one.name: one for one in stabilities(hill, "sharpe_day")}

    assert math.isclose(found["fast"].kept, 0.95)
    assert math.isclose(found["slow"].kept, 0.8)
    assert all(one.alone for one in found.values())
    assert found["slow"].values[found["slow"].best] == "2"


def test_many_values_share_bins():
    """Points by chance, of which hardly two have a value in common, are gathered; each bin is its best."""
    chance = np.random.default_rng(2)
    spread = [
        trial(number, float(x), fast=float(x), slow=float(y)) for number, (x, y) in enumerate(chance.random((300, 2)))
    ]
    shown = heat_map(spread, "sharpe_day", "fast", "slow")
    along = next(one for one in stabilities(spread, "sharpe_day") if one.name == "fast")

    assert shown.values.shape == (20, 20)
    assert shown.counts.sum() == 300
    assert not along.alone
    assert along.best == 19


def test_the_front_is_what_nothing_beats():
    """Of (1, 1), (2, 0), (0, 2), (1, 0) the last is beaten by the first."""
    points = [TrialLine(n, {}, {"a": a, "b": b}) for n, (a, b) in enumerate([(1, 1), (2, 0), (0, 2), (1, 0)])]

    assert front(points, ["a", "b"], [True, True]) == [0, 1, 2]
    assert front(points, ["a", "b"], [True, False]) == [1]


class Tags(html.parser.HTMLParser):
    """Collects what a page opens and closes."""

    VOID = ("meta", "rect", "line", "circle", "polyline")

    def __init__(self):
        """Nothing is open."""
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(hill):
    """One file, well formed, without a link or a script; names are escaped, made-up prices said to be."""
    told = report(DOCUMENT, hill)
    text = page(DOCUMENT, told)
    reader = Tags()
    reader.feed(text)

    assert reader.open == []
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in reader.seen}
    assert not re.search(r"https?://|url\(|@import", text)
    assert "&lt;one&gt;" in text
    assert "<one>" not in text
    assert "SYNTHETIC" in text
    assert sum(tag == "rect" for tag, _ in reader.seen) == 24
    assert told["failed"] == 0
    assert len(sweep_tables(DOCUMENT, told)) == 5


def test_an_empty_sweep_can_be_shown():
    """Before the first trial there is a page, too."""
    assert "0 of 25 trials" in page(DOCUMENT, report(DOCUMENT, []))


def test_colours_differ_in_lightness():
    """From the worst to the best every colour is lighter than the one before."""
    shades = [int(colour(share / 20)[1:], 16) for share in range(21)]
    light = [0.3 * (one >> 16) + 0.59 * (one >> 8 & 255) + 0.11 * (one & 255) for one in shades]

    assert light == sorted(light)
