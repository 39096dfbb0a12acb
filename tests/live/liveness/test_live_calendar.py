"""The live calendar: the same stream as the tape, whether told by prices, by the clock, or after a restart."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from calendar_cases import (
    MADE_OF,
    TIMEFRAMES,
    US30,
    Shelf,
    assert_same,
    calendar_at,
    joined,
    lived,
    minutes_at,
    ns,
    prices_of,
    recorded,
    ticks_at,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.kernel.records import BAR, CLOCK, DAY, NEWS, QUOTE, SESSION, SESSION_CLOSE, SESSION_OPEN
from tradewind.liveness.calendar import RAW, LiveCalendar
from tradewind.liveness.entries import Position, position_after
from tradewind.markets.clock import DAY as ONE_DAY
from tradewind.markets.clock import HOUR, MINUTE
from tradewind.markets.news import Event

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
WEEK = DATA / "XAUUSD_ticks_oanda_20140504_20140509.parquet"
needs_data = pytest.mark.skipif(not WEEK.is_file(), reason=f"no market data at {DATA}")
CALENDAR = {DAY, SESSION, SESSION_OPEN, SESSION_CLOSE, NEWS, CLOCK}

WEEKS = {
    "America has changed its clocks, Europe has not": "2025-03-14T10:00",
    "Europe changes its clocks": "2025-03-28T10:00",
    "Europe goes back, then America": "2025-10-24T10:00",
    "America goes back": "2025-10-31T10:00",
    "Thanksgiving and its Friday": "2025-11-26T10:00",
    "Christmas": "2025-12-23T10:00",
    "New year": "2025-12-30T10:00",
    "Good Friday": "2025-04-16T10:00",
    "a month's end and a weekend": "2025-02-27T10:00",
}


def busy_shelf(start, days=7):
    """Return ticks at random moments and on the very instants of entries, and minutes of another instrument."""
    rng = np.random.default_rng(start // HOUR)
    exact = start // HOUR * HOUR + np.arange(days * 48) * 30 * MINUTE
    moments = np.concatenate([exact, exact, start + rng.integers(0, days * ONE_DAY, 2000)])
    opens = start // MINUTE * MINUTE + np.flatnonzero(rng.random(days * 1440) < 0.3) * MINUTE
    return Shelf(ticks_at(np.sort(moments)), minutes_at(opens))


@pytest.mark.parametrize("start", WEEKS.values(), ids=WEEKS)
def test_told_by_prices_the_stream_is_that_of_the_tape(start):
    start = ns(start)
    expected = recorded(busy_shelf(start), start)

    assert set(expected["kind"].tolist()) >= CALENDAR - {NEWS}
    assert_same(joined(lived(calendar_at(start), prices_of(expected))), expected)


@needs_data
def test_a_real_week_quote_by_quote_is_the_tape_byte_for_byte():
    ticks = pl.read_parquet(WEEK).select("ts", "bid", "ask")
    start = int(ticks["ts"].to_physical()[0])
    expected = recorded(Shelf(ticks), start)
    assert len(prices_of(expected)) == 917_876

    assert_same(joined(lived(calendar_at(start), prices_of(expected))), expected)


@given(st.integers(0, 4000), st.integers(1, 60))
@settings(max_examples=40)
def test_a_restart_after_any_row_of_the_journal_doubles_nothing_and_loses_nothing(place, more):
    start = ns("2025-03-05T10:00")  # payrolls on the 7th, American clocks change on the 9th
    whole = recorded(busy_shelf(start), start)
    cut = min(place * len(whole) // 4000, len(whole) - 1)
    end = min(cut + more * 40, len(whole))
    position = position_after(Position(start), whole[:cut].view(RAW).view(whole.dtype))
    rest = whole.view(RAW)[cut:end].view(whole.dtype)
    prices = prices_of(rest)
    if not len(prices):
        return
    after_last = np.flatnonzero(rest["kind"] <= BAR)[-1] + 1

    assert_same(joined(lived(LiveCalendar(MADE_OF, position, TIMEFRAMES), prices)), rest[:after_last])


def test_a_restart_between_the_entries_of_one_instant_goes_on_with_the_next():
    start = ns("2025-03-05T10:00")
    whole = recorded(busy_shelf(start), start)
    first_day = np.flatnonzero(whole["kind"] == DAY)[1]
    for cut in range(first_day - 1, first_day + 25):
        position = position_after(Position(start), whole[:cut])
        again = LiveCalendar(MADE_OF, position, TIMEFRAMES)

        assert_same(joined(lived(again, prices_of(whole[cut : cut + 400]))), trimmed(whole[cut : cut + 400]))


def trimmed(rows):
    """Return rows up to the last price."""
    return rows[: np.flatnonzero(rows["kind"] <= BAR)[-1] + 1]


def test_the_position_told_by_the_calendar_is_that_of_the_journals_rows():
    start = ns("2025-03-05T10:00")
    whole = recorded(busy_shelf(start), start)
    calendar = calendar_at(start)
    lived_rows = joined(lived(calendar, prices_of(whole)))

    assert calendar.position == position_after(Position(start), lived_rows)
    for kind in (QUOTE, BAR):
        end = np.flatnonzero(whole["kind"] == kind)[-50] + 1
        calendar = calendar_at(start)
        assert_same(joined(lived(calendar, prices_of(whole[:end]))), whole[:end])
        assert calendar.position == position_after(Position(start), whole[:end])
    parts = Position(start)
    for part in np.array_split(np.arange(len(whole)), 37):
        parts = position_after(parts, whole[part[0] : part[-1] + 1])
    assert parts == position_after(Position(start), whole)


def test_a_bar_that_closes_at_the_roll_comes_before_the_date_that_begins_there():
    calendar = calendar_at(ns("2025-03-05T10:00"))
    roll = ns("2025-03-05T22:00")

    assert (calendar.before_bar(roll, 60)["ts"] < roll).all()
    assert set(calendar.before_quote(roll)["ts"].tolist()) == {roll}


def release(moment, known_at, name="a surprise", **more):
    return Event(name, name, "USD", "high", moment, known_at, "test")._replace(**more)


def test_a_calendar_of_releases_that_changes_while_the_run_lives_is_told_where_it_stands():
    start, moment = ns("2025-03-05T10:00"), ns("2025-03-05T15:00")
    calendar = calendar_at(start, MADE_OF._replace(versions=()))
    assert NEWS not in calendar.before_quote(start)["kind"]

    calendar.renew([release(moment, start - HOUR)])
    told = calendar.before_quote(start + MINUTE)
    calendar.renew([release(moment, start - HOUR)])
    again = calendar.before_quote(start + 2 * MINUTE)
    calendar.renew([release(moment, start - HOUR), release(moment, start, cancelled=True)])
    taken_back = calendar.before_quote(start + 3 * MINUTE)

    assert told["kind"].tolist() == [NEWS, NEWS]
    assert told["opens"].tolist() == [moment - 15 * MINUTE] * 2
    assert (told["ts"] > start).all()
    assert not len(again)
    assert taken_back["kind"].tolist() == [NEWS, NEWS]
    assert taken_back["opens"].tolist() == [0, 0]


def test_what_was_imported_while_the_run_was_down_is_told_after_the_restart():
    start, moment = ns("2025-03-05T10:00"), ns("2025-03-05T15:00")
    calendar = calendar_at(start, MADE_OF._replace(versions=()))
    journal = calendar.before_quote(start + MINUTE)
    position = position_after(Position(start), journal)

    again = LiveCalendar(MADE_OF._replace(versions=[release(moment, start)]), position, TIMEFRAMES)
    told = again.before_quote(start + HOUR)

    assert told[told["kind"] == NEWS]["opens"].tolist() == [moment - 15 * MINUTE] * 2
    assert (told["ts"] >= position.until).all()


def test_only_what_is_traded_is_told_news():
    rows = calendar_at(ns("2025-03-05T10:00")).before_quote(ns("2025-03-08T10:00"))

    assert set(rows[rows["kind"] == NEWS]["instrument"].tolist()) == {0, 1}
    assert set(rows[rows["kind"] == SESSION]["instrument"].tolist()) == {0, 1, 2}
    assert MADE_OF.instruments[0] == US30
