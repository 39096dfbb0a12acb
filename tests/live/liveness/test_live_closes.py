"""Bars closed by the clock: when the kernel would, once, and never again by a quote that was late."""

import numpy as np
import pytest
from calendar_cases import GOLD, TIMEFRAMES, US30, calendar_at, joined, ns, ticks_at
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.memory import MemoryJournal
from tradewind.data.rows import events_from_frame
from tradewind.kernel.records import DAY, EVENT, TIME
from tradewind.liveness.calendar import GRACE_NS, RAW, LiveCalendar
from tradewind.liveness.closes import bar_closes, bar_opens, date_of
from tradewind.liveness.entries import MadeOf, Position, position_after
from tradewind.markets.clock import DAY as ONE_DAY
from tradewind.markets.clock import HOUR, MINUTE, NEW_YORK, SECOND, wall
from tradewind.markets.hours import is_open
from tradewind.markets.loading import load_profile
from tradewind.runner import Runner
from tradewind.settings import Settings
from tradewind.wiring import Listing, add_series, first_state, simulated_venue

SECONDS = (60, 300, 900, 1800, 3600, 14_400, 86_400)


def run_clock(calendar, until, now):
    """Yield what the clock tells from `now` to `until`, waking exactly when it is told to."""
    while (wake := calendar.next_wake(now)).at <= until:
        assert wake.at >= wake.ts + GRACE_NS
        now = wake.at
        rows = calendar.due(now)
        assert len(rows), "a wake without anything to tell"
        assert rows["kind"][-1] == TIME
        yield rows


def test_a_bar_is_closed_by_the_clock_three_quarters_of_a_second_after_its_end():
    moment = ns("2025-03-05T10:00:40")
    calendar = calendar_at(moment, MadeOf((GOLD,), 1))
    calendar.before_quote(moment)
    end = ns("2025-03-05T10:01")

    wake = calendar.next_wake(moment)
    assert wake == (end + 750_000_000, end)
    assert not len(calendar.due(wake.at - 1))
    (row,) = calendar.due(wake.at)
    assert (row["kind"], row["ts"]) == (TIME, end)
    assert not len(calendar.due(wake.at))
    assert calendar.next_wake(wake.at).ts == ns("2025-03-05T10:05")  # the five minutes that are still open


def test_without_a_price_there_is_nothing_to_close():
    moment = ns("2025-03-05T10:00:40")
    calendar = calendar_at(moment, MadeOf((GOLD,), 1))
    calendar.before_quote(moment)
    told = joined(run_clock(calendar, moment + 30 * ONE_DAY, moment))
    closings = [int(ts) for ts in told["ts"][told["kind"] == TIME]]
    days = told["ts"][told["kind"] == DAY].tolist()

    assert closings[:4] == [ns(f"2025-03-05T{end}") for end in ("10:01", "10:05", "14:00", "22:00")]
    assert set(closings[3:]) == set(days)
    assert len(days) == 6 * 30 // 7 + 1
    assert sorted(closings) == closings == sorted(set(closings))


def test_a_late_quote_is_counted_and_rewrites_nothing():
    moment, end = ns("2025-03-05T10:00:40"), ns("2025-03-05T10:01")
    calendar = calendar_at(moment, MadeOf((GOLD,), 1))
    calendar.before_quote(moment)
    assert calendar.admits(end - 1)
    calendar.due(end + GRACE_NS)

    assert not calendar.admits(end - 1)
    assert calendar.admits(end)
    assert calendar.late == 1
    calendar.before_quote(end + 61 * SECOND)  # a price closes bars too
    assert not calendar.admits(end + 59 * SECOND)
    assert calendar.admits(end + 60 * SECOND)
    assert calendar.late == 2


def test_a_quote_at_the_very_close_opens_the_next_bar():
    moment, end = ns("2025-03-05T10:00:40"), ns("2025-03-05T10:01")
    calendar = calendar_at(moment, MadeOf((GOLD,), 1))
    calendar.before_quote(moment)
    calendar.before_quote(end)

    assert calendar.floor == end
    assert calendar.next_wake(end).ts == end + MINUTE


@given(st.integers(ns("2024-01-01"), ns("2026-06-01")), st.sampled_from((*SECONDS, 25_200)))
def test_a_bar_contains_its_moment_and_lies_within_its_date(ts, seconds):
    date = date_of(ts)
    opens, closes = bar_opens(date, seconds, ts), bar_closes(date, seconds, ts)

    assert opens <= ts < closes
    assert date.opens <= opens
    assert closes <= date.closes
    assert wall(date.opens, NEW_YORK) % ONE_DAY == 17 * HOUR
    assert bar_opens(date, seconds, opens) == opens


def test_a_length_that_does_not_divide_the_day_ends_with_it():
    ts = ns("2025-03-05T21:30")
    date = date_of(ts)

    assert (bar_opens(date, 25_200, ts), bar_closes(date, 25_200, ts)) == (
        ns("2025-03-05T19:00"),
        ns("2025-03-05T22:00"),
    )


def kernel():
    """Return the loop that runs a backtest, without a strategy, with every timeframe on gold."""
    settings, profile = Settings(), load_profile("metatrader")
    state = first_state(profile, [Listing(GOLD)], settings, 0)
    add_series(state, [set(SECONDS)], {})
    return Runner(state, simulated_venue(settings), [], MemoryJournal())


@pytest.mark.parametrize("start", ["2025-03-07T10:00", "2025-03-28T10:00", "2025-10-31T10:00", "2025-12-24T10:00"])
def test_the_clocks_next_closing_is_the_kernels_own(start):
    start = ns(start)
    rng = np.random.default_rng(5)
    moments = start + np.cumsum(rng.choice([SECOND, 20 * SECOND, 7 * MINUTE, 3 * HOUR], 300))
    prices = events_from_frame(ticks_at(moments), 0, GOLD.tick_size, 0)
    calendar, runner = calendar_at(start, MadeOf((GOLD,), 1), SECONDS), kernel()
    now, passed = start, 0

    for place, ts in enumerate(moments.tolist()):
        for rows in run_clock(calendar, ts - 1, now):
            passed = int(rows["ts"][-1])
            runner.apply(rows)
            assert passed < runner.state["next_close"][0], "the word that time has passed closes what ended"
        if len(before := calendar.before_quote(ts)):
            runner.apply(before)
        runner.apply(prices[place : place + 1])
        now = ts

        assert calendar.position.passed == passed
        closing = soonest(calendar, now)
        assert closing == int(runner.state["next_close"][0])


def soonest(calendar, now):
    """Return the next closing: the next wake that is for more than an entry."""
    again = LiveCalendar(MadeOf((), 0), calendar.position, SECONDS)
    return again.next_wake(now).ts


def test_after_a_restart_the_clock_closes_the_bars_that_were_open():
    moment = ns("2025-03-05T10:00:40")
    calendar = calendar_at(moment, MadeOf((GOLD,), 1))
    before = calendar.before_quote(moment)
    quote = events_from_frame(ticks_at([moment]), 0, GOLD.tick_size, 0)
    again = LiveCalendar(MadeOf((GOLD,), 1), position_after(Position(moment), joined([before, quote])), TIMEFRAMES)

    assert again.next_wake(moment) == calendar.next_wake(moment)
    assert again.admits(moment - 30 * SECOND)
    assert not again.admits(moment - 41 * SECOND)
    assert again.due(moment + HOUR)["ts"].tolist() == [ns("2025-03-05T10:05")]


def test_months_by_the_clock_alone_tell_every_date_and_every_edge_once():
    """With one quote a minute in open hours or none at all, over both continents' changes, the entries are equal."""
    start, end = ns("2025-02-20T10:00"), ns("2025-04-05T10:00")
    silent = joined(run_clock(calendar_at(start), end, start))
    quoted, calendar = [], calendar_at(start)
    for ts in range(start, end, 7 * MINUTE):
        if is_open(US30, ts):
            quoted += [*run_clock(calendar, ts - 1, ts - 7 * MINUTE), calendar.before_quote(ts)]
    quoted = joined([*quoted, *run_clock(calendar, end, end - HOUR)])

    entries = [rows.view(RAW)[rows["kind"] != TIME].view(EVENT) for rows in (silent, quoted)]
    assert np.array_equal(entries[0].view(RAW), entries[1].view(RAW))
    assert len(entries[0]) == len(np.unique(entries[0].view(RAW)))
    assert np.count_nonzero(entries[0]["kind"] == DAY) == 45 - 6  # evenings, less Saturdays
    assert (np.diff(quoted["ts"]) >= 0).all()
