"""Decimal to integer and back: exact, bounded, and never silently wrong."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind import money
from tradewind.errors import BadData, UnknownName
from tradewind.markets.loading import load_profile


class Thing(NamedTuple):
    """The least an instrument must say for `tick_value`."""

    symbol: str
    contract_size: Decimal
    tick_size: Decimal
    volume_step: Decimal
    volume_max: Decimal
    quote_currency: str


TICK_VALUES = [
    # symbol, metatrader, oanda: minor units per tick and lot step, by hand: contract x tick x step x 100
    ("US30", (1, 10), (10, 1)),
    ("GER40", (1, 10), (10, 1)),
    ("XAUUSD", (1, 1), (1, 10)),
    ("XAGUSD", (5, 1), (1, 1000)),
    ("USOIL", (10, 1), (1, 10)),
    ("EURUSD", (1, 1), (1, 1000)),
    ("USDJPY", (1, 1), (1, 1000)),
]


@pytest.mark.parametrize(("symbol", "metatrader", "oanda"), TICK_VALUES)
def test_tick_values_of_the_shipped_instruments(symbol, metatrader, oanda):
    """Each is the reduced fraction computed by hand."""
    assert money.tick_value(load_profile("metatrader").instrument(symbol)) == metatrader
    assert money.tick_value(load_profile("oanda").instrument(symbol)) == oanda


@pytest.mark.parametrize(("lots", "step", "count"), [(0.3, 0.1, 3), (0.7, 0.1, 7), ("0.7", "0.1", 7), (0.29, 0.1, 2)])
def test_steps_are_counted_as_a_person_would(lots, step, count):
    """Domain 8.8: naive floats would say 2 and 6."""
    assert money.steps(lots, step) == count


SIZINGS = [
    # domain 8.7: risk cash, loss of one lot in account currency, lot step, lots
    ("US30", 500.0, 83.5, "0.1", "5.9"),
    ("USDJPY", 500.0, 0.4 * 100_000 / 149.6, "0.01", "1.87"),
    ("GER40", 500.0, 60.5 * 1.0850, "0.1", "7.6"),
    ("XAUUSD", 2.5, 8.0 * 100, "0.01", "0.00"),
]


@pytest.mark.parametrize(("symbol", "risk", "loss", "step", "lots"), SIZINGS)
def test_sizes_are_rounded_down_to_a_step(symbol, risk, loss, step, lots):
    """Domain 8.7: the largest whole number of steps whose loss stays within the risk."""
    count = money.steps(risk / loss, step)

    assert money.lots(count, step) == Decimal(lots), symbol


def test_a_division_that_should_be_whole_is_not_one_step_short():
    """A float a hair below seven steps is seven steps."""
    assert money.steps(0.1 * 7 - 1e-15, 0.1) == 7
    assert money.steps(0.6999, 0.1) == 6


PRICES = [
    ("42000.5", "0.01", 4_200_050),
    (2400.125, 0.01, 240_012),  # half a tick goes to the even one
    (149.6, "0.001", 149_600),
    (1.1, "0.00001", 110_000),
    (4209.07, 0.01, 420_907),
]


@pytest.mark.parametrize(("price", "tick", "ticks"), PRICES)
def test_prices_become_ticks(price, tick, ticks):
    """To the nearest tick, whatever binary fraction the float hides."""
    assert money.ticks(price, tick) == ticks


def test_an_order_price_off_the_grid_is_refused_when_exactness_is_asked_for():
    """The nearest price that would do is named."""
    with pytest.raises(BadData, match=r"not a multiple of the tick size 0.25.*Nearest: 42000.50"):
        money.ticks("42000.40", "0.25", exact=True)


@given(st.integers(1, money.MAX_TICKS), st.sampled_from(["0.01", "0.1", "0.25", "0.00001", "0.001", "1"]))
def test_ticks_survive_the_round_trip(ticks, size):
    """A price on the grid comes back as itself, also through a float."""
    price = money.price(ticks, size)

    assert money.ticks(price, size, exact=True) == ticks
    assert money.ticks(float(price), size, exact=True) == ticks


@given(st.integers(0, money.MAX_STEPS), st.sampled_from(["0.01", "0.1", "1", "0.001"]))
def test_steps_survive_the_round_trip(steps, step):
    """Lots on the grid come back as themselves, also through a float."""
    lots = money.lots(steps, step)

    assert money.steps(lots, step) == steps
    assert money.steps(float(lots), step) == steps


@given(st.integers(-money.MAX_CASH, money.MAX_CASH), st.sampled_from(sorted(money.MINOR_DIGITS)))
def test_cash_survives_the_round_trip(minor, currency):
    """An amount in minor units comes back as itself in every currency."""
    assert money.minor(money.amount(minor, currency), currency) == minor


@given(st.decimals(0, 1000, places=6), st.sampled_from(["0.01", "0.1", "0.3"]))
def test_steps_never_exceed_what_was_asked_for(lots, step):
    """Rounding is always down, by less than one step."""
    taken = money.lots(money.steps(lots, step), step)

    assert taken <= lots < taken + Decimal(step)


def test_currencies_have_their_own_minor_units():
    """A yen has no cents; half a cent goes to the even neighbour."""
    assert money.minor("1234.5", "JPY") == 1234
    assert money.minor("12.345", "USD") == 1234
    assert money.minor("1.2345", "KWD") == 1234
    assert str(money.amount(123_400, "USD")) == "1234.00"
    assert str(money.amount(1234, "JPY")) == "1234"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "NaN", "-Infinity", "abc", None])
def test_what_is_not_a_number_is_refused(value):
    """No NaN ever becomes an integer, whatever it was meant to be."""
    with pytest.raises(BadData):
        money.ticks(value, "0.01")
    with pytest.raises(BadData):
        money.steps(value, "0.01")
    with pytest.raises(BadData):
        money.minor(value, "USD")


def test_what_must_be_positive_is():
    """Prices and sizes of steps are; a distance may have a sign."""
    with pytest.raises(BadData, match=r"price is 0; it must be greater than zero"):
        money.ticks(0, "0.01")
    with pytest.raises(BadData, match=r"tick size is 0"):
        money.ticks(1, 0)
    with pytest.raises(BadData, match=r"must not be negative"):
        money.steps(-1, "0.1")

    assert money.ticks("-0.5", "0.01", signed=True) == -50


def test_what_int64_could_not_carry_is_refused():
    """Each quantity has its bound, and names it."""
    with pytest.raises(BadData, match=r"beyond the bound of 268435456"):
        money.ticks(3_000_000, "0.01")
    with pytest.raises(BadData, match=r"beyond the bound"):
        money.steps(10**10, "0.01")
    with pytest.raises(BadData, match=r"beyond the bound"):
        money.minor(10**15, "USD")
    with pytest.raises(BadData, match=r"beyond the bound"):
        money.price(2**40, "0.01")


def test_the_bounds_together_fit_in_int64():
    """The largest order at the largest price, and seven of them, can be valued before the division."""
    assert money.MAX_TICKS * money.MAX_STEP_VALUE * 7 < 2**63


def test_an_instrument_too_large_to_be_valued_exactly_is_refused():
    """A contract so large that a position could overflow is an error of the profile."""
    huge = Thing("HUGE", Decimal(10**9), Decimal("0.1"), Decimal(1), Decimal(1000), "USD")

    with pytest.raises(BadData, match=r"HUGE.*Lower volume_max"):
        money.tick_value(huge)


def test_an_unknown_currency_is_named():
    """A typing error in a currency is found at once."""
    with pytest.raises(UnknownName, match=r"no currency named 'USDX'. Did you mean 'USD'"):
        money.minor(1, "USDX")


@given(
    st.lists(st.integers(1, money.MAX_TICKS), min_size=1),
    st.sampled_from(["0.01", "0.1", "0.00001", "0.25", "0.03"]),
)
def test_many_prices_at_once_equal_one_at_a_time(counts, size):
    """The fast conversion is checked against the exact one."""
    prices = np.array([float(money.price(count, size)) for count in counts])

    ticks, off_grid = money.ticks_array(prices, size)

    assert ticks.tolist() == counts
    assert (ticks.dtype, off_grid) == (np.int64, 0)


def test_prices_off_the_grid_are_counted():
    """An importer learns that the tick size it was told is not the file's."""
    ticks, off_grid = money.ticks_array(np.array([4328.198, 4328.19, 4330.0]), "0.01")

    assert ticks.tolist() == [432_820, 432_819, 433_000]
    assert off_grid == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_a_bad_price_among_many_is_named(bad):
    """The first bad row is shown, with its value."""
    with pytest.raises(BadData, match=r"1 of 3 prices are not finite positive.*row 1"):
        money.ticks_array(np.array([1.0, bad, 2.0]), "0.01")


def test_no_prices_are_no_ticks():
    """An empty file is not an error here."""
    ticks, off_grid = money.ticks_array(np.array([]), "0.01")

    assert (len(ticks), off_grid) == (0, 0)


def test_tick_value_is_exact():
    """The fraction equals contract x tick x step x minor units without rounding."""
    odd = Thing("ODD", Decimal("0.1"), Decimal("0.03"), Decimal("0.07"), Decimal(1), "USD")

    assert Fraction(*money.tick_value(odd)) == Fraction("0.021")
