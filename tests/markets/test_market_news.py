"""The shipped calendar against published dates, and what was known of it when."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from tradewind.errors import TradewindError
from tradewind.markets import cash
from tradewind.markets.clock import BERLIN, NEW_YORK, day_number, from_utc, to_utc
from tradewind.markets.loading import load_profile
from tradewind.markets.news import KINDS, Event, checked, concerns, kind_of, known
from tradewind.markets.regenerate import PAYROLL_GOOD_FRIDAYS, easter
from tradewind.markets.releases import federal_holidays, shipped_versions

PUBLISHED = {
    2013: "01-04 02-01 03-08 04-05 05-03 06-07 07-05 08-02 09-06 10-22 11-08 12-06",
    2014: "01-10 02-07 03-07 04-04 05-02 06-06 07-03 08-01 09-05 10-03 11-07 12-05",
    2015: "01-09 02-06 03-06 04-03 05-08 06-05 07-02 08-07 09-04 10-02 11-06 12-04",
    2016: "01-08 02-05 03-04 04-01 05-06 06-03 07-08 08-05 09-02 10-07 11-04 12-02",
    2017: "01-06 02-03 03-10 04-07 05-05 06-02 07-07 08-04 09-01 10-06 11-03 12-08",
    2018: "01-05 02-02 03-09 04-06 05-04 06-01 07-06 08-03 09-07 10-05 11-02 12-07",
    2019: "01-04 02-01 03-08 04-05 05-03 06-07 07-05 08-02 09-06 10-04 11-01 12-06",
    2020: "01-10 02-07 03-06 04-03 05-08 06-05 07-02 08-07 09-04 10-02 11-06 12-04",
    2021: "01-08 02-05 03-05 04-02 05-07 06-04 07-02 08-06 09-03 10-08 11-05 12-03",
    2022: "01-07 02-04 03-04 04-01 05-06 06-03 07-08 08-05 09-02 10-07 11-04 12-02",
    2023: "01-06 02-03 03-10 04-07 05-05 06-02 07-07 08-04 09-01 10-06 11-03 12-08",
    2024: "01-05 02-02 03-08 04-05 05-03 06-07 07-05 08-02 09-06 10-04 11-01 12-06",
    2025: "01-10 02-07 03-07 04-04 05-02 06-06 07-03 08-01 09-05 11-20 12-16",
    2026: "01-09 02-11 03-06 04-03 05-08 06-05 07-02 08-07",
}
"""When the Employment Situation was published: archive and schedule pages of the Bureau of Labor Statistics."""

EVER = 2**62
US30, GOLD, EURUSD, GER40, OIL = (
    load_profile("metatrader").instrument(symbol) for symbol in ("US30", "XAUUSD", "EURUSD", "GER40", "USOIL")
)


def calendar(word, moment=EVER):
    """Return the releases whose id begins with a word, as known at a moment."""
    return [event for event in known(shipped_versions(), moment) if event.id.startswith(word)]


def utc(text):
    return to_utc(datetime.fromisoformat(text), "UTC")


@pytest.mark.parametrize("year", PUBLISHED)
def test_payrolls_come_when_they_were_published(year):
    """Rule and dated exceptions give every report of the Bureau of Labor Statistics, at 08:30 New York."""
    found = [from_utc(event.ts, NEW_YORK) for event in calendar("us-payrolls")]
    published = [f"{year}-{day}" for day in PUBLISHED[year].split()]

    assert [str(when.date()) for when in found if when.year == year][: len(published)] == published
    assert {when.strftime("%H:%M") for when in found} == {"08:30"}


def test_payrolls_on_good_friday():
    """They come on Good Friday in just the years in which the futures opened for them."""
    days = {from_utc(event.ts, NEW_YORK).date() for event in calendar("us-payrolls")}

    assert {year for year in range(2010, 2027) if easter(year) - timedelta(2) in days} == PAYROLL_GOOD_FRIDAYS


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2025-07-01T00:00", []),
        ("2025-09-30T00:00", ["2025-10-03", "2025-11-07"]),
        ("2025-10-02T00:00", ["2025-11-07"]),
        ("2025-11-07T00:00", ["2025-12-05"]),
        ("2025-11-15T00:00", ["2025-11-20", "2025-12-05", "2026-01-09"]),
        ("2025-11-20T00:00", ["2025-11-20", "2025-12-16", "2026-01-09"]),
    ],
)
def test_what_was_known_of_payrolls_in_the_autumn_of_2025(moment, due):
    """What the lapse of funding moved is seen from the day on which it became known, and not before."""
    found = [str(from_utc(event.ts, NEW_YORK).date()) for event in calendar("us-payrolls", utc(moment))]

    assert [day for day in found if "2025-09-10" < day < "2026-02"] == due


def test_an_unscheduled_decision_is_known_when_it_comes():
    """Nobody knew of 3 March 2020 before 10:00 New York."""
    at = utc("2020-03-03T15:00")

    assert "fomc-2020-03-03" not in {event.id for event in known(shipped_versions(), at - 1)}
    assert "fomc-2020-03-03" in {event.id for event in known(shipped_versions(), at)}


def test_everything_scheduled_is_known_weeks_before():
    """But for versions that moved something, nothing becomes known later than sixty days before."""
    first = {}
    for event in shipped_versions():
        first.setdefault(event.id, event)

    assert all(event.ts - event.known_at in (0, 60 * 86_400 * 10**9) for event in first.values())
    assert sum(event.ts == event.known_at for event in first.values()) == 2


def hours(events, zone):
    """Return the hours of the day at which releases come in a zone."""
    return {from_utc(event.ts, zone).strftime("%H:%M") for event in events}


def parted(events, moment):
    """Return the releases before a moment and those after it."""
    return [event for event in events if event.ts < moment], [event for event in events if event.ts >= moment]


def test_rate_decisions_come_at_the_hours_of_their_banks():
    """Washington speaks at 14:00 and 14:30 New York; Frankfurt at 13:45 and 14:30, since July 2022 later."""
    fed = hours(calendar("fomc")[1:], NEW_YORK)
    early, late = (hours(some, BERLIN) for some in parted(calendar("ecb"), utc("2022-07-01T00:00")))

    assert fed == {"14:00", "14:30", "10:00", "17:00"}  # the last two are those of March 2020
    assert early == {"13:45", "14:30"}
    assert late == {"14:15", "14:45"}


def test_ecb_decides_twelve_times_a_year_until_2014_and_eight_since():
    """Six weeks and more lie between decisions since 2015; all are on days on which Xetra trades."""
    days = [from_utc(event.ts, BERLIN).date() for event in calendar("ecb-2")]
    counts = {year: sum(day.year == year for day in days) for year in range(2013, 2028)}

    assert counts == {year: 12 if year < 2015 else 8 for year in range(2013, 2028)}
    assert all((late - early).days >= 34 for early, late in pairwise(day for day in days if day.year >= 2015))
    assert all(cash.cash_session("XETR", day_number(day)) for day in days)


@pytest.mark.parametrize(
    ("week", "published"),
    [
        ("2026-01-14", "2026-01-14 10:30"),
        ("2026-01-21", "2026-01-22 11:00"),  # Martin Luther King
        ("2024-06-19", "2024-06-20 11:00"),  # Juneteenth on the Wednesday itself
        ("2025-11-12", "2025-11-13 11:00"),  # Veterans Day, a Tuesday
        ("2026-07-01", "2026-07-01 10:30"),  # Independence Day is kept on the Friday
        ("2019-01-02", "2019-01-03 11:00"),  # New Year, a Tuesday
    ],
)
def test_crude_stocks_wait_a_day_in_holiday_weeks(week, published):
    """Wednesday 10:30, and Thursday 11:00 after a federal holiday from Monday to Wednesday."""
    found = {event.id: event for event in calendar("eia")}

    assert from_utc(found[f"eia-crude-{week}"].ts, NEW_YORK).strftime("%Y-%m-%d %H:%M") == published


def test_federal_holidays():
    """Those of 2021, the first with Juneteenth, as the Office of Personnel Management lists them."""
    listed = "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"

    assert sorted(federal_holidays(2021)) == [date.fromisoformat(f"2021-{day}") for day in listed.split()]


@pytest.mark.parametrize(
    ("name", "currency", "kind"),
    [
        ("Federal Funds Rate", "USD", "fomc"),
        ("FOMC Statement", "USD", "fomc"),
        ("Fed Interest Rate Decision", "USD", "fomc"),
        ("FOMC Press Conference", "USD", "fomc"),
        ("FOMC Meeting Minutes", "USD", "release"),
        ("FOMC Member Bowman Speaks", "USD", "release"),
        ("Crude Oil Inventories", "USD", "eia"),
        ("EIA Crude Oil Stocks Change", "USD", "eia"),
        ("API Weekly Crude Oil Stocks", "USD", "release"),
        ("Main Refinancing Rate", "EUR", "release"),
        ("Non-Farm Employment Change", "USD", "release"),
    ],
)
def test_the_kind_of_a_release_follows_from_its_name(name, currency, kind):
    """Names as Forex Factory and MetaTrader write them."""
    assert kind_of(name, currency) == kind


@pytest.mark.parametrize(
    ("instrument", "wanted"),
    [
        (US30, "us-payrolls fomc"),
        (GOLD, "us-payrolls fomc"),
        (EURUSD, "us-payrolls fomc ecb"),
        (GER40, "us-payrolls fomc ecb"),
        (OIL, "us-payrolls fomc eia"),
    ],
)
def test_what_concerns_an_instrument(instrument, wanted):
    """Its currencies, and for oil the stocks of oil as well (domain 2.2)."""
    found = {event.id.split("-20")[0].removesuffix("-press") for event in shipped_versions()
             if concerns(event, instrument, ("high",))}  # fmt: skip

    assert {word.removesuffix("-crude") for word in found} == set(wanted.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"impact": "hihg"}, "Did you mean 'high'"),
        ({"kind": "fmoc"}, "Did you mean 'fomc'"),
        ({"currency": "usd"}, "three capital letters"),
        ({"name": ""}, "no name"),
    ],
)
def test_words_that_are_not_ours_are_refused(change, said):
    """An event says what it is in our words, or not at all."""
    event = Event("x", "CPI", "USD", "high", 1, 0, "test")

    assert checked(event) == event
    with pytest.raises(TradewindError, match=said):
        checked(event._replace(**change))
    assert set(KINDS.values()) == {1, 2, 4}
