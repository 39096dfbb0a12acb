"""The typical spread through a date."""

from datetime import date
from decimal import Decimal

import pytest

from tradewind.markets.clock import NEW_YORK, day_number, from_utc
from tradewind.markets.loading import load_profile
from tradewind.markets.spreads import spread_steps

METATRADER = load_profile("metatrader")


def shown(symbol, when):
    """Return the steps of a date as a person would write them, in New York time."""
    steps = spread_steps(METATRADER.instrument(symbol), day_number(date.fromisoformat(when)))
    return [(f"{from_utc(step.ts, NEW_YORK):%H:%M}", str(step.spread)) for step in steps]


def test_an_index_through_the_day():
    """Domain 4.3: wide at the roll and reopening, narrow in New York."""
    assert shown("US30", "2025-06-10") == [
        ("17:00", "5.8"), ("18:05", "3.3"), ("03:00", "2.65"),
        ("09:30", "1.5"), ("16:00", "3.3"), ("16:55", "5.8"),
    ]  # fmt: skip


def test_london_comes_an_hour_later_in_mismatch_weeks():
    """08:00 London is 04:00 New York then."""
    assert shown("EURUSD", "2025-03-12")[1:3] == [("17:05", "0.00004"), ("04:00", "0.00002")]


def test_a_market_that_opens_in_the_european_morning_keeps_its_first_spread_five_minutes():
    """GER40 opens in Asian hours; before that it is closed, at the roll's spread."""
    assert shown("GER40", "2025-06-10")[:2] == [("17:00", "6"), ("19:20", "5")]


def test_a_closed_date_has_no_spread():
    """There is nothing to charge."""
    assert shown("US30", "2025-12-25") == []


@pytest.mark.parametrize("instrument", METATRADER.rows, ids=METATRADER.symbols)
def test_steps_are_in_order_and_positive(instrument):
    """For every date of a year."""
    for number in range(day_number(date(2025, 1, 1)), day_number(date(2026, 1, 1))):
        steps = spread_steps(instrument, number)

        assert [step.ts for step in steps] == sorted({step.ts for step in steps})
        assert all(step.spread > Decimal(0) for step in steps)
