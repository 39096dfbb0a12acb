"""The parts of a twin run by themselves: feeds side by side, bounds of what was usual, trades in pairs."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.kernel.records import BAR, DAY, EVENT, QUOTE, TIME
from tradewind.twin.feeds import steps
from tradewind.twin.pairs import Link, line_up, pairs, remainder
from tradewind.twin.played import Deal, Played
from tradewind.twin.usual import Mark, simplest, usual_of

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


def quotes(count, seed=1, first=20 * HOUR):
    """Return quotes at odd moments, some at one instant, and a calendar event in the middle."""
    random = np.random.default_rng(seed)
    rows = np.zeros(count, EVENT)
    rows["kind"] = QUOTE
    rows["ts"] = first + np.cumsum(random.integers(0, 3 * SECOND, count))
    for name in ("open", "high", "low", "close"):
        rows[name] = 100_000
    steps_taken = np.cumsum(random.integers(-5, 6, count))
    for name in ("open", "high", "low", "close"):
        rows[name] += steps_taken
    for name in ("spread_open", "spread_high", "spread_low", "spread_close"):
        rows[name] = 20
    rows["kind"][count // 2] = DAY
    rows["kind"][-1] = TIME
    return rows


def without(rows, places):
    kept = np.delete(rows.view("V80"), places)
    return kept.view(EVENT)


def test_a_feed_that_came_as_it_should_has_no_steps():
    rows = quotes(500)
    found = steps(rows, rows)

    assert (found.dropped, found.foreign, found.shift) == (0, 0, 0)
    assert found.received.tobytes() == found.lived.tobytes() == rows.tobytes()


@given(st.sets(st.integers(0, 498).filter(lambda place: place != 250), max_size=40), st.integers(0, 9))
def test_rows_that_are_missing_are_missing_from_every_step(places, seed):
    """Dropped prices are counted, and what is received is the reference without them, byte for byte."""
    rows = quotes(500, seed)
    lived = without(rows, sorted(places))
    found = steps(rows, lived)

    assert found.dropped == len(places)
    assert found.foreign == 0
    assert found.received.tobytes() == found.wider.tobytes() == lived.tobytes()


@given(st.integers(-5 * 3600, 5 * 3600).filter(bool), st.integers(0, 9))
def test_a_shifted_clock_is_found_and_taken_back(seconds, seed):
    """Prices at other times are paired by themselves; on the reference's clock nothing is left of the shift."""
    rows = quotes(600, seed)
    lived = rows.copy()
    lived["ts"][rows["kind"] == QUOTE] += seconds * SECOND
    lived = lived.view("V80")[np.argsort(lived["ts"], kind="stable")].view(EVENT)
    found = steps(rows, lived)

    assert found.shift == seconds * SECOND
    assert (found.dropped, found.foreign) == (0, 0)
    assert found.received.tobytes() == rows.tobytes()
    assert found.lived.tobytes() == lived.tobytes()


def test_a_clock_set_wrongly_at_noon_is_seen_hour_by_hour():
    rows = quotes(9000)
    lived = rows.copy()
    late = (np.arange(len(rows)) > 4600) & (rows["kind"] == QUOTE)
    lived["ts"][late] += 5 * SECOND
    lived = lived.view("V80")[np.argsort(lived["ts"], kind="stable")].view(EVENT)
    found = steps(rows, lived)

    assert found.dropped <= 4  # where the clock jumps, within one hour, a few cannot be told
    assert len(found.received) >= len(rows) - 4


def test_wider_quotes_are_the_same_prices():
    """Only the spread differs: it is taken back in the first step and kept in the second."""
    rows = quotes(300)
    lived = rows.copy()
    lived["spread_close"][rows["kind"] == QUOTE] += 5
    found = steps(rows, lived)

    assert found.received.tobytes() == rows.tobytes()
    assert found.wider.tobytes() == lived.tobytes()


def test_prices_out_of_nowhere_are_foreign():
    rows = quotes(300)
    spike = rows[100:101].copy()
    for name in ("open", "high", "low", "close"):
        spike[name] += 900
    spike["ts"] += 1
    lived = np.concatenate([rows[:101].view("V80"), spike.view("V80"), rows[101:].view("V80")]).view(EVENT)
    found = steps(rows, lived)

    assert (found.dropped, found.foreign) == (0, 1)
    assert found.received.tobytes() == lived.tobytes()


def test_bars_keep_their_place_before_the_calendar():
    """A bar of 17:00 that only live had stands before the DAY of 17:00, as on a tape."""
    rows = quotes(10)
    rows["kind"] = BAR
    rows["span"] = 60
    rows["ts"] = (np.arange(10) + 1) * 60 * SECOND
    day = rows[5:6].copy()
    day["kind"], day["span"] = DAY, 0
    tape = np.concatenate([rows[:6].view("V80"), day.view("V80"), rows[6:].view("V80")]).view(EVENT)
    found = steps(without(tape, [5]), tape)

    assert found.foreign == 1
    assert found.received["kind"].tolist() == tape["kind"].tolist()


@given(st.fractions(0, 50), st.fractions(0, 50))
def test_the_simplest_fraction_lies_between_and_none_is_simpler(one, other):
    """Strictly between the bounds, and every fraction of a smaller denominator lies outside."""
    low, high = sorted((one, other))
    if low == high or high.denominator > 60 or low.denominator > 60:
        return
    found = simplest(low, high)

    assert low < found < high
    for denominator in range(1, found.denominator):
        numerator = int(low * denominator) + 1
        assert not low < Fraction(numerator, denominator) < high


@pytest.mark.parametrize("times", [Fraction(1, 2), Fraction(2), Fraction(3), Fraction(5, 2)])
def test_a_multiple_of_the_assumed_slippage_is_found_through_the_rounding(times):
    losses = np.random.default_rng(3).uniform(0.5, 30, 400)
    marks = [
        Mark("market", 0, int(np.ceil(float(times) * loss)) - int(np.ceil(loss)), int(np.ceil(loss))) for loss in losses
    ]

    assert usual_of(marks).scale == times


def test_slippage_without_a_rule_is_its_median():
    marks = [Mark("market", 0, extra, 4) for extra in (0, 9, 2, 2, 30)]
    usual = usual_of(marks)

    assert usual.scale == 1
    assert usual.slippage == {"market": 2}


def deal(decided, net=0, *, side=1, quantity=10, commission=0):
    return Deal(0, 0, side, decided, decided, decided, decided + 1, quantity, 0, 0, net, commission, 0)


def test_each_deal_has_one_twin_the_nearest_of_its_side():
    before = [deal(0, 1), deal(60 * SECOND, 2), deal(7 * HOUR, 3)]
    after = [deal(61 * SECOND, 4), deal(0, 5), deal(0, 6, side=-1)]
    found = pairs(before, after)

    assert [(one and one.gross, other and other.gross) for one, other in found] == [
        (1, 5), (2, 4), (3, None), (None, 6),
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(-500, 500), st.integers(1, 9), st.integers(-5, 0)), max_size=8),
    st.lists(st.tuples(st.integers(0, 20), st.integers(-500, 500), st.integers(1, 9), st.integers(-5, 0)), max_size=8),
)
def test_what_no_run_explains_is_split_without_a_cent_lost(before, after):
    """Whole trades, sizes, prices, commissions: by links and by trades the parts sum to the difference."""
    first, last = (
        [deal(minute * 60 * SECOND, net, quantity=steps_, commission=cost) for minute, net, steps_, cost in rows]
        for rows in (before, after)
    )
    rest = remainder(first, last)
    wanted = sum(one.net for one in last) - sum(one.net for one in first)
    trades = line_up([Link("backtest", Played(first, None, (), 0), 0), *rest])

    assert sum(link.amount for link in rest) == wanted
    assert sum(amount for trade in trades for amount in trade.causes.values()) == wanted
    for link in rest:
        assert link.amount == sum(trade.causes.get(link.cause, 0) for trade in trades)
