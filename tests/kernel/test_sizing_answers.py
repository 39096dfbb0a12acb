"""Sizes and costs whose answers come from elsewhere: domain rules 5.1 and 8, and the declared profiles.

The lots of acceptance vector 7 are scenarios (`scenarios/sizing.txt`); here is what a text table cannot say.
"""

from decimal import Decimal

import numpy as np
import pytest
from doors import financing_of, kelly_fraction, margin_of, shrunk_kelly, size_order, steps_of
from world import Instrument, World

from tradewind import money
from tradewind.kernel import refusals, sizing
from tradewind.kernel.compiled import JIT
from tradewind.kernel.records import RESULTS
from tradewind.kernel.sizing import FIXED_FRACTION, KELLY, VOLATILITY
from tradewind.markets.loading import load_profile
from tradewind.plain import StateView
from tradewind.settings import Settings
from tradewind.wiring import Listing, first_state

VECTOR_14 = [1.8, -1, -1, 2, -1, 0.4, -1, 2, 1.1, -1, -0.2, 2]
PRICES = {"US30": 42_000, "XAUUSD": 2_400, "EURUSD": "1.10", "USDJPY": "149.600", "GER40": 18_000, "USOIL": 70}


def seen(state):
    """Return the state as compiled functions accept it."""
    return StateView(state) if JIT else state[0]


def priced(world, price, instrument=0):
    """Return a world whose instrument has a price, in ticks, without a spread."""
    world.state["instruments"]["bid"][0, instrument] = price
    world.state["instruments"]["ask"][0, instrument] = price
    return world


def kelly(results):
    """Return the Kelly fraction of a list of R multiples."""
    return kelly_fraction(np.array(results, np.float64), len(results))


def test_kelly_of_the_acceptance_vector():
    """The empirical Kelly fraction of acceptance vector 14 is 0.225."""
    assert kelly(VECTOR_14) == pytest.approx(0.225, abs=0.0005)


def test_kelly_of_a_binary_bet():
    """At 45 % winners that win twice what losers lose, Kelly is p - (1 - p) / b = 0.175."""
    assert kelly([2.0] * 45 + [-1.0] * 55) == pytest.approx(0.175, abs=1e-9)


@pytest.mark.parametrize("results", [[-1.0, 0.5], [0.0, 0.0], [-1.0, 1.0]])
def test_no_kelly_without_an_edge(results):
    """A strategy that does not win on average is given nothing."""
    assert kelly(results) == 0.0


def with_results(results):
    """Return a world whose strategy has these R multiples behind it."""
    world = priced(World([Instrument()]), 420_000)
    world.state["strategies"]["results"][0, 0, : len(results)] = results
    world.state["strategies"]["rated"][0, 0] = len(results)
    world.state["sizing"]["method"] = KELLY
    world.state["sizing"]["fraction"] = 0.004
    return world


def test_kelly_is_shrunk_by_a_standard_error_and_quartered():
    """A quarter of the Kelly fraction of results that are all one standard error worse is what is used."""
    results = ([2.0] * 45 + [-1.0] * 55) * 2
    error = float(np.std(results, ddof=1) / np.sqrt(len(results)))
    world = with_results(results)

    assert shrunk_kelly(seen(world.state), 0) == pytest.approx(kelly([r - error for r in results]) / 4)


def test_kelly_is_capped_and_needs_a_hundred_trades():
    """Ninety-nine trades risk the fixed fraction; a hundred good ones the cap; a hundred bad ones nothing."""
    stop = 420_000 - 1000  # 100 points: 1 lot risks 100
    ninety_nine = with_results([2.0] * 60 + [-1.0] * 39)
    good = with_results([2.0] * 60 + [-1.0] * 40)
    bad = with_results([0.5] * 50 + [-1.0] * 50)

    assert size_order(seen(ninety_nine.state), 0, 0, 420_000, stop) == 40  # 0.4 % of 100,000 over 100 is 4.0 lots
    assert size_order(seen(good.state), 0, 0, 420_000, stop) == 100  # the cap: 1 %
    assert size_order(seen(bad.state), 0, 0, 420_000, stop) == -refusals.NO_RISK_ALLOWED


def test_old_results_leave_the_ring():
    """Only the newest results count: good ones push bad ones out."""
    world = with_results([2.0] * (RESULTS // 2) + [-1.0] * (RESULTS - RESULTS // 2))
    world.state["strategies"]["rated"] = 10 * RESULTS

    assert shrunk_kelly(seen(world.state), 0) > 0


def volatile(atr, fraction=0.005, **fields):
    """Return a world that sizes by volatility, with a day ATR in ticks."""
    world = priced(World([Instrument(**fields)]), 420_000)
    world.state["sizing"]["method"] = VOLATILITY
    world.state["sizing"]["fraction"] = fraction
    world.state["instruments"]["day_atr"][0, 0] = atr
    return world


def test_volatility_target_without_a_stop():
    """The size is f x E / (k x ATR x contract): 500 over 400 points is 1.2 lots, and k = 2 halves it."""
    twice = volatile(4000.0)
    twice.state["sizing"]["atr_multiple"] = 2.0

    assert size_order(seen(volatile(4000.0).state), 0, 0, 420_000, 0) == 12
    assert size_order(seen(twice.state), 0, 0, 420_000, 0) == 6


def test_a_far_stop_caps_the_volatility_target():
    """With a stop 1,000 points away the cap of 1 % allows 1.0 lot, not 1.2."""
    assert size_order(seen(volatile(4000.0).state), 0, 0, 420_000, 410_000) == 10


@pytest.mark.parametrize(("lots", "steps"), [(0.3, 3), (0.7, 7), (0.29, 2), (5.9, 59), (0.1 + 0.2, 3), (0.6999, 6)])
def test_lots_round_down_in_decimals(lots, steps):
    """0.3 and 0.7 are three and seven steps of 0.1 (acceptance vector 8); what is less rounds down."""
    assert steps_of(seen(World([Instrument()]).state), 0, lots) == steps


def test_sizes_never_risk_more_than_allowed():
    """For a thousand stops the loss of the size given is within the risk, and one step more is not."""
    world = priced(World([Instrument(commission=("lot", 3.5), stop_slippage=Decimal("1.5"))]), 420_000)
    world.state["sizing"]["method"] = FIXED_FRACTION
    for distance in np.random.default_rng(5).integers(20, 9000, 1000).tolist():
        steps = int(size_order(seen(world.state), 0, 0, 420_000, 420_000 - distance))
        per_step = distance + 15 + 70  # cents: distance and slippage in ticks of 1 cent a step, 2 x 3.50 a lot

        assert steps * per_step <= 50_000
        assert (steps + 1) * per_step > 50_000 or steps in (100 * 10, 475)  # the largest order, the free margin


@pytest.mark.parametrize("symbol", PRICES)
@pytest.mark.parametrize("broker", ["metatrader", "oanda"])
def test_margin_and_swap_are_what_the_profile_declares(broker, symbol):
    """For every weekday and side the kernel's night and margin are the declared instrument's, to the minor unit."""
    profile = load_profile(broker)
    declared = profile.instrument(symbol)
    settings = Settings.model_validate({"account": {"currency": declared.quote_currency}})
    state = first_state(profile, [Listing(declared)], settings, 1)
    state["instruments"]["bid"][0, 0] = state["instruments"]["ask"][0, 0] = money.ticks(
        PRICES[symbol], declared.tick_size
    )
    price, lot = Decimal(PRICES[symbol]), money.steps(1, declared.volume_step)
    minor = 10 ** money.minor_digits(declared.quote_currency)

    assert (
        round(margin_of(seen(state), 0, lot, money.ticks(price, declared.tick_size)))
        == declared.margin_per_lot(price) * minor
    )
    for weekday in range(7):
        monday = 4  # 1970-01-05
        for side in (1, -1):
            wanted = declared.swap_per_lot(side, price, weekday) * minor
            assert abs(financing_of(seen(state), 0, side * lot, monday + weekday) - wanted) <= Decimal("0.51")


def test_every_method_has_a_name():
    """The names in settings are the kernel's, in its order."""
    assert [sizing.METHODS[number] for number in (FIXED_FRACTION, VOLATILITY, KELLY)] == [
        "fixed_fraction",
        "volatility",
        "kelly",
    ]
