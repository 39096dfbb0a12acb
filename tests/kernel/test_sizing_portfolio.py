"""Weights, the drawdown multiplier and the volatility target, against exact decimals and plain arithmetic."""

from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

import numpy as np
import pytest
from doors import size_order
from hypothesis import given, settings
from hypothesis import strategies as st
from world import DAY_NS, HOUR, Instrument, World, bar, clock, day, joined, run

from tradewind.kernel import refusals
from tradewind.kernel.compiled import JIT
from tradewind.kernel.records import INSTRUMENTS
from tradewind.kernel.sizing import FIXED_FRACTION, KELLY, VOLATILITY, VOLATILITY_TARGET
from tradewind.plain import StateView

ENTRY = 420_000
"""42,000.0 in ticks."""


def world_of(method=FIXED_FRACTION, balance="100000", equity=None, peak=None, **sizing):
    """Return a world of US30 with a price, where the account stands as told."""
    world = World([Instrument()], balance=Decimal(balance), strategies=2)
    state = world.state[0]
    state.instruments[0].bid = state.instruments[0].ask = ENTRY
    state.sizing.method = method
    for name, value in sizing.items():
        state.sizing[name] = value
    if equity is not None:
        state.account.unrealised = world.minor(equity) - state.account.balance
    if peak is not None:
        state.account.peak = world.minor(peak)
    return world


def weighted(world, *weights):
    """Return the world with a weight for each of its strategies in its instrument."""
    world.state["sizing"]["weighted"] = 1
    for strategy, weight in enumerate(weights):
        world.state["sizing"]["weights"][0, strategy * INSTRUMENTS] = weight
    return world


def sized(world, points=100.0, strategy=0):
    """Return the lots that the rule gives with a stop so many points away, or minus the refusal."""
    state = StateView(world.state) if JIT else world.state[0]
    stop = ENTRY - round(points * 10) if points else 0
    steps = int(size_order(state, strategy, 0, ENTRY, stop))
    return steps / 10 if steps > 0 else steps


@pytest.mark.parametrize(
    ("weights", "lots"),
    [
        # 0.5 % of 100,000 over 100 points is 5.0 lots; the cap of 1 % is 10.0.
        ((1.0, 1.0), (5.0, 5.0)),
        ((0.5, 1.5), (2.5, 7.5)),
        ((0.33, 1.99), (1.6, 9.9)),
        ((2.0, 3.0), (10.0, 10.0)),
        ((0.0, 0.001), (-refusals.NO_RISK_ALLOWED, -refusals.MINIMUM_LOT_EXCEEDS_RISK)),
    ],
)
def test_a_weight_multiplies_the_fraction_of_its_strategy(weights, lots):
    """Each strategy risks its multiple of the fraction, up to the cap, rounded down."""
    world = weighted(world_of(), *weights)

    assert (sized(world), sized(world, strategy=1)) == lots


def test_weights_mean_nothing_until_they_are_switched_on():
    """A state without weights, whose array is all zero, risks the fraction."""
    assert sized(world_of()) == 5.0


@pytest.mark.parametrize(
    ("equity", "peak", "multiplier"),
    [
        # The limit is 8 % of the peak.
        ("100000", "100000", "1"),
        ("110000", "100000", "1"),  # above the peak, before the next mark
        ("98000", "100000", "0.75"),
        ("96000", "100000", "0.5"),
        ("94000", "100000", "0.25"),
        ("93999", "100000", "0.25"),
        ("80000", "100000", "0.25"),
        ("99000", "112500", "0.25"),  # 12 % below a peak of long ago
        ("108000", "112500", "0.5"),  # 4 % below it, although above the start
    ],
)
def test_drawdown_shrinks_the_fraction_to_a_quarter_at_most(equity, peak, multiplier):
    """The multiplier is clamp(1 - DD / 0.08, 0.25, 1), and E the smaller of balance and equity (domain rules 5.1)."""
    world = world_of(equity=equity, peak=peak, drawdown_scaling=0.08)
    capital = min(Decimal(100_000), Decimal(equity))
    wanted = capital * Decimal("0.005") * Decimal(multiplier) / 100

    assert sized(world) == float(wanted.quantize(Decimal("0.1"), ROUND_FLOOR))


def test_drawdown_counts_only_where_it_is_asked_for():
    """Half the account lost, and still 0.5 % of what is left."""
    assert sized(world_of(equity="50000")) == 2.5


@pytest.mark.parametrize("method", [FIXED_FRACTION, VOLATILITY, KELLY, VOLATILITY_TARGET])
def test_every_method_but_fixed_lots_is_scaled(method):
    """A weight of a half and a drawdown of half the limit leave a quarter."""
    found = []
    for weight, equity in ((1.0, "100000"), (0.5, "96000")):
        world = world_of(method, equity=equity, drawdown_scaling=0.08, volatility_target=0.1)
        world.state["instruments"]["day_atr"][0, 0] = 1000.0
        world.state["instruments"]["day_bars"][0, 0] = 20
        world.state["instruments"]["day_variance"][0, 0] = 0.0001
        found.append(sized(weighted(world, weight, weight)))

    assert found[1] == pytest.approx(found[0] * 0.25 * 0.96, abs=0.1)


@given(
    weight=st.decimals("0.01", "2", places=2), points=st.decimals("1", "900", places=1),
    fraction=st.decimals("0.001", "0.01", places=4), cash=st.decimals("1000", "1000000", places=2),
)  # fmt: skip
@settings(max_examples=300, deadline=None, derandomize=True)
def test_scaled_sizes_are_floored_as_decimals(weight, points, fraction, cash):
    """For any weight, fraction, capital and stop the lots are the exact decimal floor (acceptance vectors 7 and 8)."""
    world = weighted(world_of(balance=cash, fraction=float(fraction), cap=0.02), float(weight))
    world.state["instruments"]["quantity_maximum"][0, 0] = 10**9
    world.state["instruments"]["margin_rate"][0, 0] = 1e-9
    exact = (cash * min(fraction * weight, Decimal("0.02")) / points).quantize(Decimal("0.1"), ROUND_FLOOR)

    assert sized(world, float(points)) == (float(exact) if exact > 0 else -refusals.MINIMUM_LOT_EXCEEDS_RISK)


def test_the_volatility_target_by_hand():
    """Weight x 10 % / sqrt(252) x 100,000 over 1 % x 42,000 a lot and day: 629.94 / 420 is 1.4 lots; half of it 0.7."""
    world = world_of(VOLATILITY_TARGET, volatility_target=0.1, fraction=0.005)
    world.state["instruments"]["day_bars"][0, 0] = 14
    world.state["instruments"]["day_variance"][0, 0] = 0.01**2

    assert sized(world, 0) == 1.4
    assert sized(weighted(world, 0.5), 0) == 0.7
    assert sized(world, 5000) == 0.2  # the cap: 1 % of 100,000 over a stop 5,000 points away
    world.state["instruments"]["day_bars"][0, 0] = 13
    assert sized(world, 0) == -refusals.VOLATILITY_UNKNOWN


def variance_of(closes):
    """Return the weighted variance of returns: the plain mean at first, lambda 0.94 from the seventeenth on."""
    found = 0.0
    for count, (last, now) in enumerate(pairwise(closes), 1):
        share = max(0.06, 1 / count)
        found = (1 - share) * found + share * (now / last - 1) ** 2
    return found


@pytest.mark.parametrize("days", [2, 3, 15, 17, 60])
def test_the_variance_is_that_of_closed_days(days):
    """The state's variance is that of the closes of finished days, the one in progress left out."""
    generator = np.random.default_rng(days)
    closes = (420_000 * np.exp(np.cumsum(generator.normal(0, 0.012, days)))).round().astype(int).tolist()
    world = World([Instrument()], series=((0, 86_400), (0, 60)), strategies=0)
    events = []
    for number, price in enumerate(closes):
        opens = number * DAY_NS + 3 * DAY_NS
        prices = (price - 50, price + 900, price - 900, price)
        events += [day(opens), bar(opens + HOUR, 0, prices, (10,) * 4, span=3600)]
    unfinished = len(closes) * DAY_NS + 3 * DAY_NS
    events += [day(unfinished), bar(unfinished + HOUR, 0, (9, 99, 9, 9), (1,) * 4, span=3600), clock(unfinished + HOUR)]
    runner, _ = run(world, [], joined(events))
    row = runner.state[0]["instruments"][0]

    assert row["day_bars"] == days
    assert row["day_variance"] == pytest.approx(variance_of(closes), rel=1e-12)
    if days == 60:  # by now the plain mean it began with is forgotten
        returns = np.diff(closes) / closes[:-1]
        decay = 0.06 * 0.94 ** np.arange(59)[::-1]
        assert row["day_variance"] == pytest.approx((decay * returns**2).sum(), rel=0.05)
