"""Trading hours, holidays and day types, against named dates."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import BadData
from tradewind.markets.clock import HOUR, MINUTE, NEW_YORK, day_close, day_open, from_utc, to_utc
from tradewind.markets.hours import (
    CLOSED,
    FULL,
    HALF,
    THIN,
    day_type,
    is_open,
    market_intervals,
    next_close,
    next_open,
    open_intervals,
)
from tradewind.markets.loading import load_profile

METATRADER = load_profile("metatrader")
US30, GOLD, OIL, EURUSD, GER40 = (METATRADER.instrument(s) for s in ("US30", "XAUUSD", "USOIL", "EURUSD", "GER40"))


def new_york(text):
    """Return an instant written in New York time."""
    return to_utc(datetime.fromisoformat(text), NEW_YORK)


def shown(instrument, when):
    """Return the intervals of a date as a person would write them, in New York time."""
    return [
        f"{from_utc(opens, NEW_YORK):%a %H:%M}-{from_utc(closes, NEW_YORK):%a %H:%M}"
        for opens, closes in market_intervals(instrument, date.fromisoformat(when))
    ]


WEEKS = [
    # instrument, trading date, hours in New York time (domain 1.4)
    (US30, "2025-06-10", ["Mon 18:00-Tue 17:00"]),
    (US30, "2025-06-09", ["Sun 18:00-Mon 17:00"]),
    (US30, "2025-06-14", []),
    (US30, "2025-06-15", []),
    (US30, "2021-06-25", ["Thu 18:00-Fri 16:15", "Fri 16:30-Fri 17:00"]),
    (US30, "2021-06-28", ["Sun 18:00-Mon 17:00"]),
    (US30, "2014-05-06", ["Mon 17:00-Mon 17:15", "Mon 18:00-Tue 16:15", "Tue 16:30-Tue 17:00"]),
    (US30, "2014-05-05", ["Sun 18:00-Mon 16:15", "Mon 16:30-Mon 17:00"]),
    (US30, "2010-05-04", ["Mon 17:00-Mon 17:30", "Mon 18:00-Tue 16:15", "Tue 16:30-Tue 17:00"]),
    (US30, "2010-05-07", ["Thu 17:00-Thu 17:30", "Thu 18:00-Fri 16:15"]),
    (GOLD, "2025-06-10", ["Mon 18:00-Tue 17:00"]),
    (GOLD, "2014-05-06", ["Mon 17:00-Mon 17:15", "Mon 18:00-Tue 17:00"]),
    (load_profile("oanda").instrument("XAUUSD"), "2025-06-10", ["Mon 18:03-Tue 16:58"]),
    (EURUSD, "2025-06-10", ["Mon 17:00-Tue 17:00"]),
    (GER40, "2025-06-10", ["Mon 19:15-Tue 16:00"]),
    (GER40, "2025-03-12", ["Tue 20:15-Wed 17:00"]),
]


@pytest.mark.parametrize(("instrument", "when", "hours"), WEEKS)
def test_weekly_hours(instrument, when, hours):
    """Domain 1.4: each class in each of its eras."""
    assert shown(instrument, when) == hours


HOLIDAYS = [
    # date, occasion, US30 closes (New York) and type, gold closes and type (domain 1.5 and 8.5; None: closed)
    ("2024-11-28", "Thanksgiving", "13:00", THIN, "14:30", HALF),
    ("2024-11-29", "day after Thanksgiving", "13:15", HALF, "14:45", HALF),
    ("2025-01-20", "MLK", "13:00", THIN, "14:30", HALF),
    ("2025-02-17", "Presidents", "13:00", THIN, "14:30", HALF),
    ("2025-01-09", "mourning", "09:30", THIN, "17:00", FULL),
    ("2025-04-18", "Good Friday", None, CLOSED, None, CLOSED),
    ("2021-04-02", "Good Friday with payrolls", "09:15", THIN, None, CLOSED),
    ("2025-07-03", "before Independence Day", "13:15", HALF, "17:00", FULL),
    ("2025-07-04", "Independence Day, a Friday", "13:00", THIN, "13:00", HALF),
    ("2026-06-19", "Juneteenth, a Friday", "13:00", THIN, "13:00", HALF),
    ("2024-06-19", "Juneteenth, a Wednesday", "13:00", THIN, "14:30", HALF),
    ("2021-06-18", "Juneteenth was not yet kept", "16:15", FULL, "17:00", FULL),
    ("2025-12-24", "24 December", "13:15", HALF, "13:45", HALF),
    ("2025-12-25", "Christmas", None, CLOSED, None, CLOSED),
    ("2025-12-26", "after Christmas", "17:00", FULL, "17:00", FULL),
    ("2026-01-01", "New Year", None, CLOSED, None, CLOSED),
    ("2021-12-24", "Christmas kept on Friday", None, CLOSED, None, CLOSED),
    ("2022-12-26", "Christmas kept on Monday", None, CLOSED, None, CLOSED),
    ("2021-12-31", "New Year on Saturday is not kept", "17:00", FULL, "17:00", FULL),
    ("2021-11-25", "Thanksgiving when gold closed at one", "13:00", THIN, "13:00", HALF),
    ("2023-11-24", "day after Thanksgiving until 2023", "13:15", HALF, "13:45", HALF),
    ("2018-12-05", "mourning", "09:30", THIN, "17:00", FULL),
]


@pytest.mark.parametrize("row", HOLIDAYS, ids=[f"{row[0]} {row[1]}" for row in HOLIDAYS])
def test_holidays(row):
    """Domain 1.5 and 8.5: when each product closes, and what kind of day that makes."""
    when, occasion, index, index_type, gold, gold_type = row
    closes = {instrument.symbol: [span[-5:] for span in shown(instrument, when)][-1:] for instrument in (US30, GOLD)}
    if when == "2021-06-18":  # the old halt: two intervals
        closes["US30"] = ["16:15"]

    assert closes == {"US30": [index] if index else [], "XAUUSD": [gold] if gold else []}, occasion
    assert day_type(date.fromisoformat(when), US30) == index_type
    assert day_type(date.fromisoformat(when), GOLD) == gold_type
    assert shown(OIL, when) == shown(GOLD, when)


@pytest.mark.parametrize("when", ["2025-12-25", "2026-01-01", "2025-06-14"])
def test_currencies_rest_on_two_days_and_weekends(when):
    """Domain 1.5: FX is closed on 25 December and 1 January."""
    assert day_type(date.fromisoformat(when), EURUSD) == CLOSED


@pytest.mark.parametrize("when", ["2025-12-24", "2025-12-26", "2026-01-02", "2025-04-18", "2025-11-27", "2023-01-02"])
def test_currencies_trade_on_other_holidays(when):
    """Their days are full, whatever New York does."""
    assert day_type(date.fromisoformat(when), EURUSD) == FULL


def test_germany_has_its_own_holidays():
    """Xetra rests on Easter Monday and on the last of December, and closes early on the 30th."""
    types = {
        when: day_type(date.fromisoformat(when), GER40)
        for when in ("2025-04-21", "2025-12-31", "2025-12-30", "2025-11-27")
    }

    assert types == {"2025-04-21": CLOSED, "2025-12-31": CLOSED, "2025-12-30": HALF, "2025-11-27": FULL}


def test_an_early_close_reopens_in_the_evening():
    """After Thanksgiving's early close the index trades again at 18:00, which is Friday's date."""
    assert is_open(US30, new_york("2024-11-28 12:59"))
    assert not is_open(US30, new_york("2024-11-28 13:00"))
    assert not is_open(US30, new_york("2024-11-28 17:59"))
    assert is_open(US30, new_york("2024-11-28 18:00"))
    assert next_open(US30, new_york("2024-11-28 13:00")) == new_york("2024-11-28 18:00")
    assert next_open(US30, new_york("2024-11-29 13:15")) == new_york("2024-12-01 18:00")


def test_old_early_closes_drop_the_minutes_before_the_break():
    """When gold closed early in 2013 it did not come back for 17:00 to 17:15."""
    assert shown(GOLD, "2013-11-29") == ["Thu 18:00-Fri 13:45"]


def test_a_broker_may_deviate(tmp_path):
    """FTMO closed gold at 13:30 on Labor Day 2024, an hour before COMEX (domain 1.5)."""
    path = tmp_path / "ftmo.toml"
    path.write_text("base = 'metatrader'\nname = 'ftmo'\n", encoding="utf-8")
    gold = load_profile(path).instrument("XAUUSD")

    assert shown(gold, "2024-09-02") == ["Sun 18:00-Mon 13:30"]
    assert shown(GOLD, "2024-09-02") == ["Sun 18:00-Mon 14:30"]
    assert shown(gold, "2024-11-28") == ["Wed 18:00-Thu 14:30"]


def test_a_broker_may_reopen_days_later(tmp_path):
    """A feed of ours reopened gold at 01:00 on 26 December 2025: that date is cut short."""
    path = tmp_path / "late.toml"
    path.write_text(
        "base = 'metatrader'\n[[holidays]]\ndate = 2025-12-25\nfor = 'metals'\nclose_ny = 'closed'\n"
        "reopen_ny = '2025-12-26 01:00'\nsource = 'bars'\n",
        encoding="utf-8",
    )
    gold = load_profile(path).instrument("XAUUSD")

    assert shown(gold, "2025-12-25") == []
    assert shown(gold, "2025-12-26") == ["Fri 01:00-Fri 17:00"]
    assert day_type(date(2025, 12, 26), gold) == HALF


def test_a_closing_may_end_within_its_own_date(tmp_path):
    """A broker that opens at 08:00 on New Year's Day trades that date from then on."""
    path = tmp_path / "early.toml"
    path.write_text(
        "base = 'metatrader'\n[[holidays]]\ndate = 2026-01-01\nfor = 'EURUSD'\nclose_ny = 'closed'\n"
        "reopen_ny = '2026-01-01 08:00'\nsource = 'bars'\n",
        encoding="utf-8",
    )
    euro = load_profile(path).instrument("EURUSD")

    assert shown(euro, "2026-01-01") == ["Thu 08:00-Thu 17:00"]
    assert day_type(date(2026, 1, 1), euro) == HALF


def test_next_open_and_close():
    """A currency's week is one interval; an index's day is."""
    monday = new_york("2025-06-09 12:00")

    assert next_close(EURUSD, monday) == new_york("2025-06-13 17:00")
    assert next_close(US30, monday) == new_york("2025-06-09 17:00")
    assert next_open(US30, monday) == monday
    assert next_open(EURUSD, new_york("2025-06-14 12:00")) == new_york("2025-06-15 17:00")
    assert next_close(US30, new_york("2025-06-09 17:30")) == new_york("2025-06-10 17:00")


@given(st.integers(new_york("2006-01-03"), new_york("2027-11-30")), st.sampled_from([US30, GOLD, EURUSD, GER40]))
def test_open_is_being_inside_an_interval(ts, instrument):
    """`is_open`, `next_open`, `next_close` and the intervals tell one story."""
    opens, closes = next_open(instrument, ts), next_close(instrument, ts)

    assert is_open(instrument, ts) == (opens == ts)
    assert is_open(instrument, opens)
    assert not is_open(instrument, closes)
    assert ts <= opens < closes
    assert all(is_open(instrument, start) for start, _ in open_intervals(instrument, ts, ts + 30 * HOUR))


@pytest.mark.parametrize("instrument", METATRADER.rows, ids=METATRADER.symbols)
def test_intervals_lie_in_their_date_in_order(instrument):
    """For every date of 22 years: sorted, disjoint, not empty, and never at a weekend."""
    when = date(2006, 1, 2)
    while when.year < 2028:
        edges = [edge for span in market_intervals(instrument, when) for edge in span]
        bounds = [day_open(when), *edges, day_close(when)]

        assert bounds == sorted(bounds)
        assert all(a < b for a, b in pairwise(edges))
        assert not (edges and when.weekday() > 4)
        when += timedelta(1)


def test_hours_we_do_not_know_are_refused():
    """No calendar, no answer."""
    with pytest.raises(BadData, match=r"no market calendar for 2028-03-01"):
        is_open(US30, new_york("2028-03-01 12:00"))
    with pytest.raises(BadData, match=r"no market calendar for 2005-06-01"):
        market_intervals(GOLD, date(2005, 6, 1))


def test_a_template_that_begins_later_says_so(tmp_path):
    """A declared template has a first day."""
    path = tmp_path / "new.toml"
    path.write_text(
        "base = 'metatrader'\n[instruments.US30]\nsession_template = 'new'\n[[hours.new]]\n"
        "valid_from = 2020-01-01\nhours = [['previous 18:00', '17:00']]\nsource = 'x'\n",
        encoding="utf-8",
    )

    with pytest.raises(BadData, match=r"US30 has no weekly hours for 2019-12-31"):
        market_intervals(load_profile(path).instrument("US30"), date(2019, 12, 31))


def test_packages_would_have_been_wrong():
    """Domain 1.5: the faults of exchange_calendars' CMES that made us ship our own table."""
    gold_break, gold_juneteenth = new_york("2025-06-10 17:30"), new_york("2025-06-19 14:45")

    assert not is_open(GOLD, gold_break)  # CMES: open
    assert not is_open(GOLD, gold_juneteenth)  # CMES: no early close
    assert is_open(GOLD, new_york("2025-01-09 12:00"))  # CMES: no session that day
    assert is_open(US30, new_york("2024-11-29 13:10"))  # CMES: 13:00
    assert not is_open(US30, new_york("2025-07-03 13:15"))  # CMES: full day
    assert is_open(US30, new_york("2025-07-03 13:15") - MINUTE)
