"""Cash sessions, against exchange_calendars."""

from datetime import date

import exchange_calendars
import pytest

from tradewind.errors import BadData, UnknownName
from tradewind.markets import cash, regenerate
from tradewind.markets.clock import day_number

# exchange_calendars 4.13 reads a pandas attribute that pandas 3.1 wants to change; the values are right.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")


@pytest.mark.parametrize("venue", sorted(cash.VENUES))
def test_every_session_is_that_of_exchange_calendars(venue):
    """Every open and close of 2006 to 2027 agrees, and no day has a session more or less."""
    calendar = exchange_calendars.get_calendar(venue, start="2006-01-01", end="2027-12-31")
    theirs = {
        day_number(day.date()): (opens.value, closes.value)
        for day, opens, closes in calendar.schedule[["open", "close"]].itertuples()
    }
    days = range(day_number(date(2006, 1, 1)), day_number(date(2027, 12, 31)) + 1)
    ours = {day: session for day in days if (session := cash.cash_session(venue, day)) is not None}

    assert len(ours) > 5300
    assert ours == theirs


def test_the_shipped_files_are_what_regenerate_would_write():
    """Nobody edited a generated file by hand."""
    declared = regenerate.DECLARED

    assert declared.joinpath("cash_exceptions.csv").read_text("utf-8").splitlines() == regenerate.cash_lines()
    assert declared.joinpath("product_holidays.csv").read_text("utf-8").splitlines() == regenerate.holiday_lines()


def test_regenerate_writes_both_files(tmp_path, monkeypatch):
    """The command that is run once a year works."""
    monkeypatch.setattr(regenerate, "DECLARED", tmp_path)
    monkeypatch.setattr(regenerate, "cash_lines", lambda: ["venue,date,close"])

    regenerate.main()

    assert tmp_path.joinpath("product_holidays.csv").read_text("utf-8").startswith("date,product_group,close_ny")
    assert tmp_path.joinpath("cash_exceptions.csv").read_text("utf-8") == "venue,date,close\n"


@pytest.mark.parametrize("year", range(2000, 2050))
def test_easter(year):
    """Good Friday is found without any calendar, as dateutil finds it."""
    easter = pytest.importorskip("dateutil.easter")

    assert regenerate.easter(year) == easter.easter(year)


def test_what_we_have_no_calendar_for_is_refused():
    """Outside our years a market is neither open nor closed, but unknown."""
    with pytest.raises(BadData, match=r"no market calendar for 2028-01-03; it covers 2006 to 2027"):
        cash.cash_session("XNYS", day_number(date(2028, 1, 3)))
    with pytest.raises(UnknownName, match=r"no cash venue named 'NYSE'"):
        cash.cash_session("NYSE", day_number(date(2025, 1, 3)))
