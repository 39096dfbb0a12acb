"""FOMC decision dates."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from tradewind.errors import BadData
from tradewind.markets import cash, fomc
from tradewind.markets.clock import SECOND, day_number


def test_eight_scheduled_decisions_a_year_but_for_2020():
    """The meeting of March 2020 was replaced by two emergency decisions."""
    years = Counter(decision.when.year for decision in fomc.decisions() if decision.scheduled)

    assert years == {year: 7 if year == 2020 else 8 for year in range(2013, 2028)}
    assert [str(decision.when) for decision in fomc.decisions() if not decision.scheduled] == [
        "2020-03-03",
        "2020-03-15",
    ]


def test_scheduled_decisions_fall_on_trading_days_midweek():
    """All are Wednesdays, but for September 2015 and the election weeks of 2018, 2020 and 2024: Thursdays."""
    scheduled = [decision.when for decision in fomc.decisions() if decision.scheduled]

    assert {str(when) for when in scheduled if when.weekday() != 2} == {
        "2015-09-17",
        "2018-11-08",
        "2020-11-05",
        "2024-11-07",
    }
    assert all(cash.cash_session("XNYS", day_number(when)) for when in scheduled)


def test_a_statement_comes_at_two_in_new_york():
    """In winter that is 19:00 UTC; the first of our list still came a quarter of an hour later."""
    first, second = fomc.decisions()[0], next(one for one in fomc.decisions() if str(one.when) == "2018-01-31")

    assert first.ts == int(datetime(2013, 1, 30, 19, 15, tzinfo=UTC).timestamp()) * SECOND
    assert second.ts == int(datetime(2018, 1, 31, 19, tzinfo=UTC).timestamp()) * SECOND


def test_fomc_days():
    """A date is or is not a scheduled decision; a year without a calendar is refused."""
    assert fomc.is_fomc_day(date(2025, 9, 17))
    assert not fomc.is_fomc_day(date(2025, 9, 16))
    assert not fomc.is_fomc_day(date(2020, 3, 3))
    with pytest.raises(BadData, match=r"no FOMC calendar for 2012-12-12"):
        fomc.is_fomc_day(date(2012, 12, 12))
