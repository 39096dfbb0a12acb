"""Clocks, against the vectors and tables of domain.md."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import BadData, UnknownName
from tradewind.markets import clock
from tradewind.markets.clock import BERLIN, DAY, HOUR, LONDON, MINUTE, NEW_YORK, TOKYO


def ns(text):
    """Return an instant written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * clock.SECOND


TRADING_DATES = [
    # domain 8.1
    ("2025-03-07T21:59", "2025-03-07", 4),
    ("2025-03-07T22:00", "2025-03-08", 5),
    ("2025-03-09T21:00", "2025-03-10", 0),
    ("2025-12-10T22:00", "2025-12-11", 3),
    ("2025-07-16T20:59:59", "2025-07-16", 2),
    ("2025-07-16T21:00", "2025-07-17", 3),
]


@pytest.mark.parametrize(("instant", "when", "weekday"), TRADING_DATES)
def test_trading_date(instant, when, weekday):
    """Domain 8.1: the date changes at 17:00 New York, by wall clock."""
    assert clock.trading_date(ns(instant)) == date.fromisoformat(when)
    assert clock.weekday(ns(instant)) == weekday


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2025-01-15", "14:30"), ("2025-03-12", "13:30"), ("2025-07-16", "13:30"), ("2025-10-29", "13:30")],
)
def test_metatrader_server_half_past_four_is_the_new_york_open(day, utc):
    """Domain 8.2: a NY+7 server shows 16:30 at 09:30 New York, all year."""
    server = datetime.fromisoformat(f"{day}T16:30")

    assert clock.to_utc(server, "NY+7") == ns(f"{day}T{utc}")
    assert clock.from_utc(ns(f"{day}T{utc}"), NEW_YORK) == datetime.fromisoformat(f"{day}T09:30")


def test_an_athens_clock_is_an_hour_off_while_only_america_has_changed():
    """Domain 1.3: the wrong guess of the server zone, and what it costs."""
    server = datetime(2025, 3, 12, 16, 30)  # noqa: DTZ001 - a wall time, naive on purpose

    assert clock.to_utc(server, "EET") - clock.to_utc(server, "NY+7") == HOUR
    assert clock.to_utc(server, "EET") == ns("2025-03-12T14:30")


DAYS = ("2025-01-15", "2025-03-12", "2025-07-16", "2025-10-29")
UTC_REFERENCE = [
    # domain 1.6: event, zone, local time, UTC in winter, US-only DST, summer, EU-back
    ("Tokyo open", TOKYO, "09:00", ("00:00", "00:00", "00:00", "00:00")),
    ("London open", LONDON, "08:00", ("08:00", "08:00", "07:00", "08:00")),
    ("NYSE open", NEW_YORK, "09:30", ("14:30", "13:30", "13:30", "13:30")),
    ("London cash close", LONDON, "16:30", ("16:30", "16:30", "15:30", "16:30")),
    ("NYSE close", NEW_YORK, "16:00", ("21:00", "20:00", "20:00", "20:00")),
    ("17:00 NY roll", NEW_YORK, "17:00", ("22:00", "21:00", "21:00", "21:00")),
    ("18:00 NY reopen", NEW_YORK, "18:00", ("23:00", "22:00", "22:00", "22:00")),
    ("Xetra open", BERLIN, "09:00", ("08:00", "08:00", "07:00", "08:00")),
]


@pytest.mark.parametrize(("event", "zone", "local", "utc"), UTC_REFERENCE, ids=[row[0] for row in UTC_REFERENCE])
def test_utc_reference_table(event, zone, local, utc):
    """Domain 1.6, row by row."""
    hour, minute = map(int, local.split(":"))
    found = [clock.instant(clock.day_number(date.fromisoformat(day)), hour * 60 + minute, zone) for day in DAYS]

    assert found == [ns(f"{day}T{at}") for day, at in zip(DAYS, utc, strict=True)], event


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2025-01-15", "14T23:00"),
        ("2025-03-12", "11T23:00"),
        ("2025-07-16", "15T22:00"),
        ("2025-10-29", "28T23:00"),
    ],
)
def test_prague_midnight(day, utc):
    """Domain 1.6, last row: the prop firm's reset that begins the date."""
    midnight = ns(f"{day[:8]}{utc}")

    assert clock.last_reset(midnight, clock.day_clock("prop")) == midnight
    assert clock.next_reset(midnight - 1, clock.day_clock("prop")) == midnight


def test_day_clocks_in_a_mismatch_week():
    """Domain 8.20: on 2025-03-12 our day resets two hours before the prop firm's."""
    noon = ns("2025-03-12T12:00")

    assert clock.next_reset(noon, clock.day_clock("internal")) == ns("2025-03-12T21:00")
    assert clock.next_reset(noon, clock.day_clock("server")) == ns("2025-03-12T21:00")
    assert clock.next_reset(noon, clock.day_clock("prop")) == ns("2025-03-12T23:00")
    assert clock.next_reset(noon, clock.day_clock("server", "UTC")) == ns("2025-03-13T00:00")


MISMATCH_WEEKS = [
    # domain 1.6: year, spring, autumn: first and last weekday with four hours from London to New York
    (2024, "03-11", "03-29", 15, "10-28", "11-01", 5),
    (2025, "03-10", "03-28", 15, "10-27", "10-31", 5),
    (2026, "03-09", "03-27", 15, "10-26", "10-30", 5),
    (2027, "03-15", "03-26", 10, "11-01", "11-05", 5),
]


@pytest.mark.parametrize("row", MISMATCH_WEEKS, ids=[row[0] for row in MISMATCH_WEEKS])
def test_mismatch_weeks(row):
    """Domain 1.6: the weekdays on which New York is four hours behind London are just these."""
    year, spring, spring_end, n, autumn, autumn_end, m = row
    days = [date(year, 1, 1) + timedelta(k) for k in range(365)]
    four = [
        day
        for day in days
        if day.weekday() < 5
        and clock.instant(clock.day_number(day), 0, NEW_YORK) - clock.instant(clock.day_number(day), 0, LONDON)
        == 4 * HOUR
    ]

    assert [f"{day:%m-%d}" for day in (four[0], four[n - 1], four[n], four[-1])] == [
        spring,
        spring_end,
        autumn,
        autumn_end,
    ]
    assert len(four) == n + m


def test_a_trading_date_is_a_day_long_even_when_clocks_change():
    """Clock changes fall on Sundays, so Monday's date is 24 hours long."""
    for when in (date(2025, 3, 10), date(2025, 11, 3), date(2025, 3, 31)):
        assert clock.day_close(when) - clock.day_open(when) == DAY


CLOCKS = [
    ("UTC", "2025-07-16T12:00", "2025-07-16T12:00"),
    ("UTC+3", "2025-07-16T12:00", "2025-07-16T09:00"),
    ("UTC-5:30", "2025-07-16T12:00", "2025-07-16T17:30"),
    ("EET", "2025-07-16T12:00", "2025-07-16T09:00"),
    ("EET-7", "2025-07-16T05:00", "2025-07-16T09:00"),  # HistData's "EST" in summer: UTC-4
    ("EET-7", "2025-01-15T05:00", "2025-01-15T10:00"),
    ("NY+7", "2025-01-15T00:00", "2025-01-14T22:00"),
    ("Europe/Prague", "2025-07-16T12:00", "2025-07-16T10:00"),
]


@pytest.mark.parametrize(("name", "shown", "utc"), CLOCKS)
def test_broker_and_vendor_clocks(name, shown, utc):
    """Each named clock reads as its vendor means it."""
    assert clock.to_utc(datetime.fromisoformat(shown), name) == ns(utc)
    assert clock.from_utc(ns(utc), name) == datetime.fromisoformat(shown)


def test_a_repeated_hour_means_its_first_occurrence():
    """New York showed 01:30 twice on 2025-11-02: we mean 05:30Z, not 06:30Z."""
    assert clock.to_utc(datetime(2025, 11, 2, 1, 30), NEW_YORK) == ns("2025-11-02T05:30")  # noqa: DTZ001 - a wall time, naive on purpose
    assert clock.to_utc(datetime(2025, 11, 2, 2, 0), NEW_YORK) == ns("2025-11-02T07:00")  # noqa: DTZ001 - a wall time, naive on purpose


def test_a_skipped_hour_means_the_instant_as_much_later():
    """New York never showed 02:30 on 2025-03-09: we mean 03:30 EDT."""
    assert clock.to_utc(datetime(2025, 3, 9, 2, 30), NEW_YORK) == ns("2025-03-09T07:30")  # noqa: DTZ001 - a wall time, naive on purpose
    assert clock.to_utc(datetime(2025, 3, 9, 3, 0), NEW_YORK) == ns("2025-03-09T07:00")  # noqa: DTZ001 - a wall time, naive on purpose


MOMENTS = st.datetimes(datetime(2006, 1, 1), datetime(2030, 12, 31))  # noqa: DTZ001 - a wall time, naive on purpose
NAMES = st.sampled_from(["NY+7", "EET", "EET-7", "UTC", "UTC+3", "Europe/London", "Asia/Tokyo"])


@given(MOMENTS, NAMES)
def test_our_reading_is_that_of_zoneinfo(moment, name):
    """The table of clock changes agrees with Python's own arithmetic (PEP 495, fold 0)."""
    which = clock.clock(name)
    shifted = moment - timedelta(microseconds=which.shift // 1000)
    expected = shifted.replace(tzinfo=clock._zone(which.zone)).astimezone(UTC)

    assert clock.utc_datetime(clock.to_utc(moment, name)) == expected


@given(st.integers(ns("2006-01-01"), ns("2030-12-31")).map(lambda ts: ts // 1000 * 1000), NAMES)
def test_a_clock_survives_the_round_trip_outside_its_repeated_hour(ts, name):
    """Reading a clock and asking when it shows that gives the instant, or an hour less if shown twice."""
    assert ts - clock.to_utc(clock.from_utc(ts, name), name) in {0, HOUR}


@given(
    st.integers(ns("2006-01-01"), ns("2030-12-31")),
    st.integers(0, 400 * 24 * 60),
    st.sampled_from(["internal", "prop", "server"]),
)
def test_resets_and_dates_never_go_back(ts, minutes, name):
    """Later instants have no earlier dates and resets, and an instant lies between its two resets."""
    later, which = ts + minutes * MINUTE, clock.day_clock(name)

    assert clock.trading_day(ts) <= clock.trading_day(later)
    assert clock.last_reset(ts, which) <= clock.last_reset(later, which)
    assert clock.last_reset(ts, which) <= ts < clock.next_reset(ts, which)
    assert clock.day_open(clock.trading_date(ts)) <= ts < clock.day_close(clock.trading_date(ts))


@given(MOMENTS, st.integers(0, 3000), NAMES)
def test_transitions_convert_a_million_times_as_one(first, days, name):
    """What an importer does with searchsorted equals `to_utc`, time by time."""
    last = first + timedelta(days)
    rows = clock.transitions(name, first, last)
    starts = [start for start, _ in rows]
    middle = first + (last - first) / 2

    for moment in (first, middle, last):
        shown = clock.wall_ns(moment)
        assert shown - rows[bisect_right(starts, shown) - 1][1] == clock.to_utc(moment, name)


def test_bad_clocks_are_named():
    """A clock we do not know, a zone that does not exist, a shift no clock has."""
    with pytest.raises(UnknownName, match=r"no clock named 'EST'"):
        clock.clock("EST")
    with pytest.raises(UnknownName, match=r"Did you mean 'Europe/Prague'"):
        clock.clock("Europe/Pragu")
    with pytest.raises(BadData, match=r"more than 14 hours"):
        clock.clock("UTC+20")
    with pytest.raises(UnknownName, match=r"no day clock named 'propp'. Did you mean 'prop'"):
        clock.day_clock("propp")
    with pytest.raises(BadData, match=r"already has a zone"):
        clock.to_utc(datetime(2025, 1, 1, tzinfo=UTC), "UTC")
