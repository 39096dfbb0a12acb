"""The calendar of an event tape."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.markets.clock import (
    DAY,
    SECOND,
    DayClock,
    clock,
    day_clock,
    day_date,
    day_number,
    instant,
    trading_day,
    utc_datetime,
)
from tradewind.markets.hours import CLOSED, FULL, THIN
from tradewind.markets.loading import load_profile
from tradewind.markets.schedule import DayEntry, SessionEntry, clock_resets, schedule
from tradewind.markets.sessions import SESSION_IDS, SESSION_NAMES

METATRADER = load_profile("metatrader")
US30, GOLD = METATRADER.instrument("US30"), METATRADER.instrument("XAUUSD")


def ns(text):
    """Return an instant written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def days(first, last, *instruments):
    """Return the DAY entries between two instants."""
    return [entry for entry in schedule(instruments, ns(first), ns(last)) if isinstance(entry, DayEntry)]


def test_a_week_has_six_days():
    """Sunday 17:00 begins Monday; Friday 17:00 begins a closed Saturday that lasts until Sunday."""
    found = days("2025-06-08T21:00", "2025-06-15T20:59")

    assert [f"{utc_datetime(day.ts):%a %H:%M}" for day in found] == [
        "Sun 21:00", "Mon 21:00", "Tue 21:00", "Wed 21:00", "Thu 21:00", "Fri 21:00",
    ]  # fmt: skip
    assert [f"{day_date(day.date):%a}" for day in found] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert [(day.closes - day.opens) / DAY for day in found] == [1, 1, 1, 1, 1, 2]
    assert len({day.week for day in found}) == 1


def test_weeks_and_months_change_with_the_trading_date():
    """A new week begins on Sunday evening, a new month with the date's month."""
    found = days("2025-05-29T12:00", "2025-06-02T12:00")

    assert [(str(day_date(day.date)), day.month - 2025 * 12) for day in found] == [
        ("2025-05-29", 5), ("2025-05-30", 5), ("2025-05-31", 5), ("2025-06-02", 6),
    ]  # fmt: skip
    assert [day.week - found[0].week for day in found] == [0, 0, 0, 1]
    assert found[-1].week == (day_number(date(2025, 6, 2)) - day_number(date(1969, 12, 29))) // 7


@pytest.mark.parametrize("first", ["2025-06-13T21:00", "2025-06-14T12:00", "2025-06-15T20:59"])
def test_it_starts_with_the_day_that_contains_the_first_instant(first):
    """Also when that is a weekend, which is one day."""
    assert str(day_date(days(first, "2025-06-16T00:00")[0].date)) == "2025-06-14"


def test_a_day_brings_all_its_sessions():
    """They come at the instant the date begins, by instrument and id, before anything they describe."""
    entries = list(schedule([US30, GOLD], ns("2025-06-10T12:00"), ns("2025-06-10T12:00")))
    day, sessions = entries[0], entries[1:]

    assert day[:3] == (ns("2025-06-09T21:00"), "day", day_number(date(2025, 6, 10)))
    assert [(entry.instrument, entry.session) for entry in sessions] == [(i, s) for i in (0, 1) for s in range(16)]
    assert all(entry.ts == day.ts and entry.kind == "session" and entry.day_type == FULL for entry in sessions)
    assert sessions[SESSION_IDS["NY_CASH"]][4:6] == (ns("2025-06-10T13:30"), ns("2025-06-10T20:00"))


def test_a_holiday_of_one_instrument_is_not_one_of_the_other():
    """On MLK day the index is thin and has no cash session."""
    entries = list(schedule([US30, GOLD], ns("2025-01-20T12:00"), ns("2025-01-20T12:00")))[1:]
    index = {SESSION_NAMES[entry.session]: entry for entry in entries if entry.instrument == 0}

    assert {entry.day_type for entry in index.values()} == {THIN}
    assert not {"NY_CASH", "NY_AM", "LONDON_BLOCK", "OVERLAP_CASH"} & index.keys()
    assert index["MARKET"].closes == ns("2025-01-20T18:00")


@pytest.mark.parametrize("when", ["2025-12-25T12:00", "2025-06-14T12:00"])
def test_a_closed_date_says_so(when):
    """One empty MARKET entry of type CLOSED replaces yesterday's sessions."""
    entries = list(schedule([US30], ns(when), ns(when)))

    assert len(entries) == 2
    assert entries[1][2:] == (0, SESSION_IDS["MARKET"], entries[0].ts, entries[0].ts, CLOSED)


def test_edges_come_at_their_instants():
    """Openings and closings are in time order, also the one that falls on the next day's first instant."""
    first, last = ns("2025-06-10T12:00"), ns("2025-06-11T12:00")
    entries = list(schedule([US30, GOLD], first, last, edges=True))
    plain = [entry for entry in entries if not entry.kind.startswith("session ")]
    opened = [(entry.instrument, entry.session) for entry in entries if entry.kind == "session open"]
    closed = [(entry.instrument, entry.session) for entry in entries if entry.kind == "session close"]

    assert plain == list(schedule([US30, GOLD], first, last))
    assert [entry.ts for entry in entries] == sorted(entry.ts for entry in entries)
    assert all(entry.ts == entry.opens for entry in entries if entry.kind == "session open")
    assert all(entry.ts == entry.closes for entry in entries if entry.kind == "session close")
    assert all(opened.index(key) >= 0 for key in closed)
    assert closed.count((0, SESSION_IDS["MARKET"])) == 1
    assert entries[-1].ts <= last


def test_the_calendar_of_an_instant_comes_in_the_kernel_order():
    """DAY, then SESSION, then openings, then closings."""
    order = {"day": 0, "session": 1, "session open": 2, "session close": 3}
    entries = list(schedule([US30, GOLD], ns("2025-06-01T12:00"), ns("2025-07-01T12:00"), edges=True))
    keys = [(entry.ts, order[entry.kind]) for entry in entries]

    assert keys == sorted(keys)


@given(st.integers(ns("2006-02-01"), ns("2027-10-01")), st.integers(0, 40))
def test_days_join_without_gaps(first, span):
    """Whatever the span: it starts where it should, each day ends where the next begins, and none is late."""
    last = first + span * DAY
    found = [entry for entry in schedule([], first, last) if isinstance(entry, DayEntry)]

    assert found[0].ts <= first < found[0].closes
    assert all(older.closes == newer.opens for older, newer in pairwise(found))
    assert found[-1].ts <= last < found[-1].closes
    assert all(day_date(day.date).weekday() != 6 for day in found)
    assert found[0].date == trading_day(first) - (day_date(trading_day(first)).weekday() == 6)


def test_entries_are_plain_tuples():
    """An adapter can unpack them without knowing our classes."""
    ts, kind, *_ = next(iter(schedule([US30], ns("2025-06-10"), ns("2025-06-10"))))

    assert (ts, kind) == (ns("2025-06-09T21:00"), "day")
    assert issubclass(SessionEntry, tuple)


def resets(number, first, last):
    """Return the clock entries of a day clock from one New York evening to another, as UTC text."""
    names = {1: "prop", 2: "server"}
    bounds = [ns(f"{one}T12:00") - DAY // 2 for one in (first, last)]
    return [
        (f"{utc_datetime(entry.ts):%m-%d %H:%M}", day_date(entry.date).isoformat())
        for entry in clock_resets(number, day_clock(names[number]), *bounds)
    ]


def test_day_clocks_run_in_parallel_through_both_changes_of_the_clocks():
    """Prague's midnight moves on Europe's Sundays, the server's 17:00 New York on America's (acceptance vector 20)."""
    assert resets(1, "2025-03-12", "2025-03-13") == [("03-11 23:00", "2025-03-12"), ("03-12 23:00", "2025-03-13")]
    assert resets(1, "2025-03-30", "2025-03-31") == [("03-29 23:00", "2025-03-30"), ("03-30 22:00", "2025-03-31")]
    assert resets(1, "2025-10-26", "2025-10-27") == [("10-25 22:00", "2025-10-26"), ("10-26 23:00", "2025-10-27")]
    assert resets(2, "2025-03-12", "2025-03-13") == [("03-11 21:00", "2025-03-12"), ("03-12 21:00", "2025-03-13")]
    assert resets(2, "2025-03-07", "2025-03-10") == [
        ("03-06 22:00", "2025-03-07"), ("03-07 22:00", "2025-03-08"), ("03-08 22:00", "2025-03-09"),
        ("03-09 21:00", "2025-03-10"),
    ]  # fmt: skip
    assert resets(2, "2025-11-01", "2025-11-03") == [
        ("10-31 21:00", "2025-11-01"), ("11-01 21:00", "2025-11-02"), ("11-02 22:00", "2025-11-03"),
    ]  # fmt: skip
    assert resets(2, "2025-11-03", "2025-11-04") == [("11-02 22:00", "2025-11-03"), ("11-03 22:00", "2025-11-04")]


def test_a_clock_that_resets_in_the_afternoon_begins_the_next_date():
    """17:00 New York on Sunday begins Monday, in a new week; the trading date says the same."""
    which = DayClock(clock("America/New_York"), 17 * 60)
    sunday = instant(day_number(date(2025, 3, 9)), 18 * 60, "America/New_York")
    entries = list(clock_resets(3, which, sunday, sunday + 86_400 * 10**9))

    assert [day_date(entry.date).isoformat() for entry in entries] == ["2025-03-10", "2025-03-11"]
    assert entries[0].week == entries[1].week == (day_number(date(2025, 3, 10)) + 3) // 7
    assert all(trading_day(entry.ts) == entry.date for entry in entries)
