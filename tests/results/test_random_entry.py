"""Entries beside chance: exits worked out by hand, no edge found where there is none, and a planted one found."""

import numpy as np
import pytest

from tradewind.results.random_entry import HOUR, Bars, Entries, against_chance, left

NOON = int(np.datetime64("2025-07-16T12:00", "ns").astype(np.int64))
FIVE = 300_000_000_000


def bars_of(prices, spread=0.0, first=NOON, step=FIVE):
    """Return five-minute bars of rows (open, high, low, close)."""
    columns = np.array(prices, float).T
    opened = first + np.arange(columns.shape[1]) * step
    return Bars(opened, opened + step, *columns, *[np.full(columns.shape[1], spread)] * 4)


def entry(row, side, price, stop, target=np.inf, slippage=0.0, later=0.0, inside=False, until=0):
    """Return one entry."""
    values = (row, side, price, stop, target, slippage, later, inside, until)
    return Entries(*(np.array([value]) for value in values))


CASES = [
    # what, side, bars after which (open, high, low, close), spread, stop, target, inside, R
    ("target", 1, [(100, 101, 99, 100), (100, 106, 99, 105)], 0.0, 2.0, 5.0, False, 2.5),
    ("stop before target in one bar", 1, [(100, 106, 97, 105)], 0.0, 2.0, 5.0, False, -1.0),
    ("time: close of the last bar", 1, [(100, 101, 99, 100), (100, 102, 99, 101)], 0.0, 2.0, 5.0, False, 0.5),
    ("gap over the stop fills at the open", 1, [(100, 101, 99, 100), (95, 96, 94, 95)], 0.0, 2.0, 5.0, False, -2.5),
    ("a short is stopped on the ask", -1, [(100, 101.5, 99, 100)], 1.0, 2.0, 5.0, False, -1.0),
    ("a short's target is met by the ask", -1, [(100, 100.5, 94, 95)], 1.0, 2.0, 5.0, False, 2.5),
    ("a bid at a short's target is not enough", -1, [(100, 100.5, 94.5, 96)], 1.0, 2.0, 5.0, False, 1.5),
    ("a short leaves at the ask", -1, [(100, 100.5, 98, 98)], 1.0, 2.0, 5.0, False, 0.5),
    ("inside the entry bar nothing is known", 1, [(100, 106, 97, 101), (101, 102, 100, 102)], 0.0, 2.0, 5.0, True, 1.0),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_how_a_trade_is_left(case):
    """Entered at 100: R is what was made on the exit side over the stop distance."""
    _, side, prices, spread, stop, target, inside, expected = case
    bars = bars_of(prices, spread)
    one = entry(0, side, 100.0, stop, target, inside=inside)

    assert left(bars, one, one.row, np.array([len(prices) - 1]), one.price)[0] == pytest.approx(expected)


def test_costs_after_the_entry_come_off():
    """Half a point of exit slippage and commission at a stop of 2 is a quarter of R."""
    one = entry(0, 1, 100.0, 2.0, 5.0, later=0.5)

    assert left(bars_of([(100, 106, 99, 105)]), one, one.row, np.array([0]), one.price)[0] == pytest.approx(2.25)


def market(days, drift_hour=None, seed=1):
    """Return a walk of five-minute bars around the clock; in one hour after 17:00 New York it rises."""
    rng = np.random.default_rng(seed)
    first = int(np.datetime64("2025-06-02T21:00", "ns").astype(np.int64))  # 17:00 New York in summer
    steps = rng.normal(0, 1.0, days * 288)
    if drift_hour is not None:
        steps[(np.arange(days * 288) % 288) // 12 == drift_hour] += 0.5
    close = 10_000 + np.cumsum(steps)
    begin = np.concatenate([[10_000], close[:-1]])
    wick = np.abs(rng.normal(0, 0.3, days * 288))
    high, low = np.maximum(begin, close) + wick, np.minimum(begin, close) - wick
    return bars_of(np.stack([begin, high, low, close], axis=1), 0.2, first)


def entries_at(bars, rows, side=1):
    """Return market entries at the opens of bars, out by three hours later at the latest."""
    count = len(rows)
    price = bars.open[rows] + (0.2 if side > 0 else 0.0)
    same = np.full(count, side), price, np.full(count, 5.0), np.full(count, 10.0), np.zeros(count), np.zeros(count)
    return Entries(rows, *same, np.zeros(count, bool), bars.opened[rows] + 3 * HOUR)


def test_chance_is_not_better_than_chance():
    """Forty times sixty entries by lot in one hour: p-values lie evenly between 0 and 1."""
    bars = market(60)
    rng = np.random.default_rng(2)
    values = [
        against_chance(
            [(bars, entries_at(bars, np.arange(60) * 288 + 180 + rng.integers(0, 12, 60)))], draws=200, seed=seed
        ).p_value
        for seed in range(40)
    ]

    assert 0.35 < np.mean(values) < 0.65  # 0.5 +- 3 x sqrt(1/12 / 40)
    assert sum(value < 0.05 for value in values) <= 6


def test_an_entry_that_knows_something_is_better_than_chance():
    """Entries at the open of bars that will rise by more than one and a half are found out; the same ones short too."""
    bars = market(250)
    hour = np.flatnonzero((np.arange(len(bars.open)) % 288) // 12 == 15)
    rows = hour[bars.close[hour] - bars.open[hour] > 1.5]
    knowing = against_chance([(bars, entries_at(bars, rows))], draws=500, seed=1)
    wrong = against_chance([(bars, entries_at(bars, rows, side=-1))], draws=500, seed=1)

    assert knowing.p_value == 1 / 501
    assert knowing.p_error == pytest.approx((1 / 501 * 500 / 501 / 500) ** 0.5)
    assert wrong.p_value > 0.95


def test_the_hour_is_no_skill_of_the_entry():
    """In an hour that rises everybody who is long gains: entries by lot in that hour are no better than chance."""
    bars = market(60, drift_hour=15)
    rng = np.random.default_rng(3)
    found = against_chance(
        [(bars, entries_at(bars, np.arange(60) * 288 + 180 + rng.integers(0, 12, 60)))], draws=500, seed=1
    )

    assert found.mean_r > 0.3
    assert found.p_value > 0.05


def test_the_same_seed_draws_the_same():
    """The draws are the seed's; two instruments are pooled by trade."""
    bars = market(20)
    part = (bars, entries_at(bars, np.arange(10) * 288 + 180))
    one, two = (against_chance([part], draws=50, seed=seed) for seed in (4, 4))
    both = against_chance([part, part], draws=50, seed=4)

    np.testing.assert_array_equal(one.drawn, two.drawn)
    assert both.trades == 20
    assert both.mean_r == pytest.approx(one.mean_r)
