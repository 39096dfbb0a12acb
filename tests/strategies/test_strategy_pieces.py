"""The compiled pieces that the rule sets share: trend, usual spread, reference block, sessions, stops."""

import math
from itertools import pairwise

import numpy as np
import pytest
from strategy_market import TEST_DAY, moment, path, runner_of, scene

from tradewind.kernel.records import BAR_ROW, NEVER, STATE
from tradewind.markets.news import KINDS
from tradewind.markets.sessions import SESSION_IDS
from tradewind.plain import record_view
from tradewind.rules import blocks
from tradewind.rules.entry_limits import CONTINUITY, FOMC, minutes_outside_news, minutes_to_news, watch_continuity
from tradewind.rules.higher_trend import HIGHER_TREND, higher_trend_h1, higher_trend_h4
from tradewind.rules.reference_block import REFERENCE_BLOCK, finish_block, location_of, watch_block
from tradewind.rules.trade_plan import shifted, stop_bounds, tick_above, tick_below
from tradewind.rules.usual_spread import USUAL_SPREAD, note_spread, usual_spread

MINUTES_5 = 300 * 10**9


def blank(dtype):
    return np.zeros(1, dtype)[0]


def trend_after(h4, h1=0.0, wobble=0.0, bars=200):
    """Return the trend after H4 bars that rise by `h4` each and H1 bars that rise by `h1`, with swings."""
    memory = blank(HIGHER_TREND)
    for number in range(bars):
        higher_trend_h4(memory, 10_000 + h4 * number)
        middle = 10_000 + h1 * number + wobble * math.sin(number)
        higher_trend_h1(memory, middle + 5, middle - 5, middle)
    return memory


@pytest.mark.parametrize(
    ("h4", "h1", "wobble", "trend"),
    [
        (1, 2, 0, 1),
        (-1, -2, 0, -1),
        (1, -2, 0, 0),  # contradicted by the hours
        (0, 2, 0, 0),  # no trend of four hours
        (1, 0, 0, 0),  # agreed with by nothing
        (1, 0.5, 40, 1),  # no strength, but rising swings
    ],
)
def test_higher_trend(h4, h1, wobble, trend):
    """The trend is that of the H4 averages, with strength or structure of the hours beside it."""
    assert trend_after(h4, h1, wobble).value == trend


def test_higher_trend_warms_up():
    """There is no trend before 200 H4 bars."""
    assert trend_after(1, 2, bars=199).value == 0
    assert trend_after(1, 2, bars=200).value == 1


def state_at(minute, bid=1000, ask=1008):
    """Return a state of a trading date that opened at 0, so many minutes later."""
    state = record_view(np.zeros(1, STATE))
    state.day_opens, state.day_closes, state.now = 0, 86_400 * 10**9, minute * 60 * 10**9
    state.instruments[0].bid, state.instruments[0].ask = bid, ask
    return state


def test_usual_spread_is_a_median_of_other_days():
    """The usual spread at 10:00 is the median of what the bucket that begins then had on up to 20 days."""
    memory = blank(USUAL_SPREAD)
    state = state_at(600)
    found = [usual_spread(memory, state, 0)]
    for day in range(1, 26):
        note_spread(memory, state, state.now + MINUTES_5, 10 * day)  # known five minutes later
        note_spread(memory, state, state.now, 999)  # the bucket before
        found.append(usual_spread(memory, state, 0))

    assert found[0] == 8  # nothing known: the spread of the moment
    assert found[1:5] == [10, 15, 20, 25]
    assert found[20] == 105  # 10 to 200
    assert found[25] == 155  # 60 to 250


def test_usual_spread_of_the_day_is_not_its_own():
    """A decision asks for a bucket whose sample of today is still to come."""
    memory = blank(USUAL_SPREAD)
    state = state_at(600)
    note_spread(memory, state, state.now, 50)

    assert usual_spread(memory, state, 0) == 8


def bar(number, prices):
    """Return the M5 bar of that number with open, high, low, close."""
    row = blank(BAR_ROW)
    row.open_time, row.close_time = number * MINUTES_5, (number + 1) * MINUTES_5
    row.open, row.high, row.low, row.close = prices
    return row


def test_reference_block():
    """High, low, location and the low after the high are those of the bars, whatever the side."""
    memory = blank(REFERENCE_BLOCK)
    rows = [(100, 120, 95, 110), (110, 150, 105, 140), (140, 145, 125, 130), (130, 150, 128, 135)]
    for number, prices in enumerate(rows):
        watch_block(memory, bar(number, prices), 0)
    finish_block(memory, 0, 4 * MINUTES_5, True)
    facts = memory.statistics

    assert (facts.open, facts.high, facts.low, facts.close) == (100, 150, 95, 135)
    assert memory.low_since_high == 125  # an equal high later is not a new one
    assert memory.high_since_low == 150
    assert location_of(facts, 1) == 40 / 55
    assert location_of(facts, -1) == 15 / 55
    assert math.isnan(memory.relative)


@pytest.mark.parametrize(("bars", "valid"), [(7, 0), (8, 1)])
def test_block_needs_four_fifths(bars, valid):
    """Of ten bars eight must be there."""
    memory = blank(REFERENCE_BLOCK)
    for number in range(bars):
        watch_block(memory, bar(number, (100, 110, 90, 105)), 0)
    finish_block(memory, 0, 10 * MINUTES_5, True)

    assert memory.valid == valid


def relative_after(ranges, lengths):
    """Return the relative range of the last of several blocks with these ranges and numbers of bars."""
    memory = blank(REFERENCE_BLOCK)
    opens = 0
    for reach, length in zip(ranges, lengths, strict=True):
        for number in range(length):
            row = bar(opens // MINUTES_5 + number, (0, reach, 0, reach))
            watch_block(memory, row, opens)
        finish_block(memory, opens, opens + length * MINUTES_5, True)
        opens += 288 * MINUTES_5
    return memory.relative


def test_relative_range():
    """The range is measured by the median of the twenty before, the present one not among them."""
    assert math.isnan(relative_after([100] * 20, [4] * 20))
    assert relative_after([*range(10, 210, 10), 210], [4] * 21) == pytest.approx(2)


def test_relative_range_of_a_short_block():
    """A block of a quarter the length is expected to have half the range."""
    assert relative_after([100] * 20 + [50], [16] * 20 + [4]) == pytest.approx(1)


def test_session_places():
    """The places of the sessions are those that the calendar writes to."""
    names = ("TOKYO", "LONDON", "NY_CASH", "ASIA_BLOCK", "LONDON_BLOCK", "NY_AM", "XETRA")

    assert {name: getattr(blocks, name) for name in names} == {name: SESSION_IDS[name] for name in names}


@pytest.mark.parametrize(
    ("opens", "closes", "expected"), [(10, 20, (10, 20)), (-5, 20, (NEVER, NEVER)), (0, 0, (NEVER, NEVER))]
)
def test_session_today(opens, closes, expected):
    """A session that stands in the state from an earlier date is none of today's."""
    state = state_at(0)
    window = state.instruments[0].sessions[blocks.LONDON]
    window.opens, window.closes = opens, closes

    assert blocks.session_today(state, 0, blocks.LONDON) == expected


@pytest.mark.parametrize(
    ("day_type", "closes", "flat"), [(3, 1440, 1435), (2, 1215, 1200), (1, 1200, 1185), (3, 1380, 1375)]
)
def test_flat_time(day_type, closes, flat):
    """Flat at 16:55, 15 minutes before an early close, five before a market's own."""
    state = state_at(0)
    minute = 60 * 10**9
    row = state.instruments[0]
    row.day_type, row.sessions[0].opens, row.sessions[0].closes = day_type, 0, closes * minute

    assert blocks.flat_time(state, 0) == flat * minute


def test_new_york_begins_with_cash():
    """US30 begins with the cash open on days that have one, and keeps being an index on those that have not."""
    rows = path(TEST_DAY, "18:00 0 17:00 0", 10_000)
    answers = []
    for symbol in ("US30", "XAUUSD"):
        runner, _ = runner_of("always_flat", symbols=(symbol,))
        runner.apply(scene(rows, days=1, symbol=symbol))
        answers.append(bool(blocks.begins_with_cash(record_view(runner.state), 0)))

    assert answers == [True, False]


@pytest.mark.parametrize(("gap", "reopened"), [(14, False), (15, True)])
def test_reopening(gap, reopened):
    """Prices that come back after 15 minutes have reopened."""
    memory = blank(CONTINUITY)
    first, second = bar(100, (1, 1, 1, 1)), bar(101, (1, 1, 1, 1))
    second.open_time += gap * 60 * 10**9
    watch_continuity(memory, first)
    watch_continuity(memory, second)

    assert (memory.value == second.open_time) == reopened


@pytest.mark.parametrize(("minute", "away"), [(585, 15), (600, -30), (615, -15), (630, 0), (640, 10)])
def test_minutes_outside_news(minute, away):
    """Minutes to or since the window [10:00, 10:30); inside, minus what is left of it."""
    state = state_at(minute)
    row = state.instruments[0]
    row.news_opens, row.news_closes = 600 * 60 * 10**9, 630 * 60 * 10**9

    assert minutes_outside_news(state, 0) == away


def test_a_rate_decision_has_one_bit():
    """Strategies and the calendar mean the same by the bit of a rate decision."""
    assert KINDS["fomc"] == FOMC


@pytest.mark.parametrize(("minute", "away", "ahead"), [(635, 5, 65), (690, 10, 10), (700, -30, -30)])
def test_the_nearer_of_two_news_windows_counts(minute, away, ahead):
    """When the next window is known already the one that ended still counts until the next is nearer."""
    state = state_at(minute)
    row = state.instruments[0]
    row.news_ended, row.news_opens, row.news_closes = 630 * 60 * 10**9, 700 * 60 * 10**9, 730 * 60 * 10**9

    assert minutes_outside_news(state, 0) == away
    assert minutes_to_news(state, 0) == ahead


def test_stop_bounds():
    """Three spreads or half an ATR at least, 2.5 ATR or the given width at most, nothing without an ATR."""
    assert stop_bounds(2.0, 10.0, 100.0) == (6, 25)
    assert stop_bounds(1.0, 10.0, 20.0) == (5, 20)
    assert np.isnan(stop_bounds(1.0, math.nan, 20.0)).all()
    assert np.isnan(stop_bounds(1.0, 0.0, 20.0)).all()


def test_levels():
    """A short's level is one spread further, and levels become whole ticks on the side that was asked for."""
    assert (shifted(1, 100.0, 3.0), shifted(-1, -100.0, 3.0)) == (100, -103)
    assert [tick_below(value) for value in (4.9999999, 4.9, -4.1)] == [5, 4, -5]
    assert [tick_above(value) for value in (5.0000001, 5.1, -4.9)] == [5, 6, -4]


def test_prelude_is_in_order():
    """The tape of the scenes has no two bars that overlap."""
    events = scene(path(TEST_DAY, "18:00 0 17:00 0", 10_000))
    prices = events[events["kind"] == 2]

    assert all(later - earlier >= MINUTES_5 for earlier, later in pairwise(prices["ts"].tolist()))
    assert prices["ts"][-1] == moment(TEST_DAY, "17:00")
