"""Session windows, in ordinary weeks and in those when only America has changed its clocks."""

from datetime import UTC, date, datetime

import pytest

from tradewind.errors import BadData, UnknownName
from tradewind.markets.clock import HOUR, day_close, day_number, day_open, utc_datetime
from tradewind.markets.loading import load_profile
from tradewind.markets.sessions import (
    FIXINGS,
    SESSION_IDS,
    SESSION_NAMES,
    fixing_instant,
    session_window,
    session_windows,
)

METATRADER = load_profile("metatrader")
US30, GOLD, EURUSD, USDJPY = (METATRADER.instrument(s) for s in ("US30", "XAUUSD", "EURUSD", "USDJPY"))
DAYS = ("2025-01-15", "2025-03-12", "2025-07-16", "2025-10-29")


def utc(name, when, instrument):
    """Return a window as a person would write it, in UTC."""
    found = session_window(name, date.fromisoformat(when), instrument)
    return None if found is None else "-".join(f"{utc_datetime(edge):%H:%M}" for edge in found)


WINDOWS = [
    # session, instrument, UTC on the four days of domain 1.6: winter, US-only DST, summer, EU-back
    ("TOKYO", US30, ("00:00-09:00", "00:00-09:00", "00:00-09:00", "00:00-09:00")),
    ("LONDON", US30, ("08:00-17:00", "08:00-17:00", "07:00-16:00", "08:00-17:00")),
    ("NEWYORK", US30, ("13:00-22:00", "12:00-21:00", "12:00-21:00", "12:00-21:00")),
    ("NY_CASH", US30, ("14:30-21:00", "13:30-20:00", "13:30-20:00", "13:30-20:00")),
    ("ASIA_BLOCK", GOLD, ("00:00-08:00", "00:00-08:00", "00:00-07:00", "00:00-08:00")),
    ("LONDON_BLOCK", US30, ("08:00-14:30", "08:00-13:30", "07:00-13:30", "08:00-13:30")),
    ("LONDON_BLOCK", GOLD, ("08:00-13:00", "08:00-12:00", "07:00-12:00", "08:00-12:00")),
    ("NY_AM", US30, ("14:30-17:00", "13:30-16:00", "13:30-16:00", "13:30-16:00")),
    ("NY_AM", EURUSD, ("13:00-17:00", "12:00-16:00", "12:00-16:00", "12:00-16:00")),
    ("NY_PM", US30, ("17:00-21:00", "16:00-20:00", "16:00-20:00", "16:00-20:00")),
    ("POST", US30, ("21:00-22:00", "20:00-21:00", "20:00-21:00", "20:00-21:00")),
    ("BREAK", US30, ("22:00-23:00", "21:00-22:00", "21:00-22:00", "21:00-22:00")),
    ("OVERLAP_FX", EURUSD, ("13:00-17:00", "12:00-17:00", "12:00-16:00", "12:00-17:00")),
    ("OVERLAP_CASH", US30, ("14:30-16:30", "13:30-16:30", "13:30-15:30", "13:30-16:30")),
    ("LONDON_CASH", US30, ("08:00-16:30", "08:00-16:30", "07:00-15:30", "08:00-16:30")),
    ("TOKYO_CASH", US30, ("00:00-06:30", "00:00-06:30", "00:00-06:30", "00:00-06:30")),
    ("XETRA", US30, ("08:00-16:30", "08:00-16:30", "07:00-15:30", "08:00-16:30")),
    ("MARKET", US30, ("23:00-22:00", "22:00-21:00", "22:00-21:00", "22:00-21:00")),
    ("09:00-15:00 Asia/Tokyo", USDJPY, ("00:00-06:00", "00:00-06:00", "00:00-06:00", "00:00-06:00")),
]


@pytest.mark.parametrize(("name", "instrument", "expected"), WINDOWS)
def test_windows_on_four_days(name, instrument, expected):
    """Domain 1.2, 8.3 and 8.4: every row on every kind of week."""
    assert tuple(utc(name, when, instrument) for when in DAYS) == expected


@pytest.mark.parametrize(("when", "hours"), list(zip(DAYS, (6.5, 5.5, 6.5, 5.5), strict=True)))
def test_the_london_block_shrinks_in_mismatch_weeks(when, hours):
    """Domain 8.3."""
    opens, closes = session_window("LONDON_BLOCK", date.fromisoformat(when), US30)

    assert (closes - opens) / HOUR == hours


def test_without_new_york_cash_there_is_no_half_past_nine():
    """On MLK day an index has no anchor, but gold keeps its own."""
    mlk = "2025-01-20"

    assert [utc(name, mlk, US30) for name in ("NY_CASH", "LONDON_BLOCK", "NY_AM", "OVERLAP_CASH")] == [None] * 4
    assert utc("NY_AM", mlk, GOLD) == "13:00-17:00"
    assert utc("MARKET", mlk, US30) == "23:00-18:00"


def test_half_days_shorten_cash_sessions():
    """Christmas Eve: New York to 13:00, London to 12:30, so that they do not overlap."""
    assert utc("NY_CASH", "2025-12-24", US30) == "14:30-18:00"
    assert utc("LONDON_CASH", "2025-12-24", US30) == "08:00-12:30"
    assert utc("OVERLAP_CASH", "2025-12-24", US30) is None


def test_tokyo_closes_half_an_hour_later_since_november_2024():
    """Domain 1.1."""
    assert utc("TOKYO_CASH", "2024-11-01", US30) == "00:00-06:00"
    assert utc("TOKYO_CASH", "2024-11-05", US30) == "00:00-06:30"


@pytest.mark.parametrize("when", ["2025-12-25", "2025-06-14"])
def test_a_closed_date_has_no_sessions(when):
    """Neither a holiday nor a Saturday has any."""
    assert session_windows(day_number(date.fromisoformat(when)), US30) == []
    assert utc("LONDON", when, US30) is None


def test_currencies_have_no_break():
    """They trade through it."""
    assert utc("BREAK", "2025-06-10", EURUSD) is None


def test_ids_and_names():
    """Sixteen sessions, numbered as the kernel counts them, MARKET first."""
    assert sorted(SESSION_IDS.values()) == list(range(16))
    assert SESSION_NAMES[0] == "MARKET"
    assert all(SESSION_IDS[SESSION_NAMES[number]] == number for number in range(16))


@pytest.mark.parametrize("instrument", METATRADER.rows, ids=METATRADER.symbols)
def test_every_window_lies_in_its_trading_date(instrument):
    """For every date of two years: not empty, within the date, in order of id."""
    for number in range(day_number(date(2024, 1, 1)), day_number(date(2026, 1, 1))):
        when = date.fromordinal(date(1970, 1, 1).toordinal() + number)
        found = session_windows(number, instrument)

        assert [session for session, _ in found] == sorted(session for session, _ in found)
        assert all(day_open(when) <= opens < closes <= day_close(when) for _, (opens, closes) in found)


def test_bad_windows_are_named():
    """A typing error, and a window that runs backwards."""
    with pytest.raises(UnknownName, match=r"no session named 'LONDON_BLOK'. Did you mean 'LONDON_BLOCK'"):
        utc("LONDON_BLOK", "2025-06-10", US30)
    with pytest.raises(BadData, match=r"ends before it begins"):
        utc("15:00-09:00 Asia/Tokyo", "2025-06-10", US30)
    with pytest.raises(UnknownName, match=r"no time zone named 'Asia/Tokio'. Did you mean 'Asia/Tokyo'"):
        utc("09:00-15:00 Asia/Tokio", "2025-06-10", US30)


FIXES = [
    # domain 1.2 and 1.6: the afternoon gold auction is 10:00 New York, but 11:00 in mismatch weeks
    ("LBMA gold p.m.", "2025-01-15", "15:00"),
    ("LBMA gold p.m.", "2025-03-12", "15:00"),
    ("LBMA gold p.m.", "2025-07-16", "14:00"),
    ("WM/Refinitiv fix", "2025-03-12", "16:00"),
    ("Tokyo fix", "2025-03-12", "00:55"),
    ("EIA crude", "2025-03-12", "14:30"),
]


@pytest.mark.parametrize(("name", "when", "at"), FIXES)
def test_fixed_events(name, when, at):
    """Each is resolved in its own zone."""
    day = date.fromisoformat(when)
    hour, minute = map(int, at.split(":"))

    assert utc_datetime(fixing_instant(name, day)) == datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def test_fixed_events_have_days():
    """Oil stocks come on Wednesdays, and nothing comes on Saturdays."""
    assert fixing_instant("EIA crude", date(2025, 3, 13)) is None
    assert all(fixing_instant(name, date(2025, 3, 15)) is None for name in FIXINGS)
    with pytest.raises(UnknownName, match=r"Did you mean 'EIA crude'"):
        fixing_instant("EIA crud", date(2025, 3, 12))
