"""The venue gives nobody an edge: the martingale test, and the two ends of what a bar can mean."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import MINUTE, SECOND, Instrument, World, bars_tape, clock, merged, rows
from worlds import START, Machine

from tradewind.kernel.fills import OPTIMISTIC, PATH, PESSIMISTIC
from tradewind.kernel.records import FILLED

CENTS_PER_TICK = 10
"""Of one lot."""
FOLDER = Path(__file__).parent
ALWAYS = Machine(path=FOLDER / "always_in.py")
ONCE = Machine(path=FOLDER / "one_bracket.py")
FEW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def gambler(events, mode=PESSIMISTIC, commission=0.0, **params):
    """Return the finished trades of a strategy that always buys (or sells) with a stop and a target."""
    instrument = Instrument(commission=("lot", commission), margin=0.0)
    world = World([instrument], balance=10**9, series=((0, 60),), settings={"mode": mode, "limit_improvement": 1})
    _, journal = ALWAYS.run(world, events, **params)
    trades = rows(journal, "trades")
    entries = rows(journal, "events")
    assert len(entries[entries["kind"] == FILLED]) >= 2 * len(trades)
    return trades


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("stop", "target", "hold"), [(100, 100, 0), (50, 200, 0), (300, 40, 0), (100, 0, 200)])
def test_without_an_edge_the_mean_loss_is_the_cost(side, stop, target, hold):
    """On driftless ticks with observed prices the mean result is -(spread + commission), whatever stop and target.

    Spread 1.0, a stop 10 away: about -0.10 R, as in acceptance vector 16. The last row has a stop and a time limit but
    no target: fills at the exact stop, without the gap rule, would show an edge there.
    """
    generator = np.random.default_rng(1000 * stop + target + side)
    count = 400_000
    bid = 4_000_000 + np.cumsum(generator.integers(-15, 16, count))
    tape = bars_tape(START + np.arange(count) * SECOND, 0, (bid,) * 4, 10, span=0)
    trades = gambler(tape, stop=stop, target=target, hold=hold, side=side, commission=0.1)
    net = (trades["gross"] + trades["commission"]) / 100.0  # of one lot: points
    cost = 1.0 + 0.2
    error = net.std() / np.sqrt(len(net))

    assert len(net) > 2_000
    assert abs(net.mean() + cost) < 4 * error
    assert error < 0.35


def walk_bars(generator, count, steps=120, sigma=4.0):
    """Return M1 BARs made of a fine random walk without gaps."""
    path = 4_000_000 + np.rint(np.cumsum(generator.normal(0, sigma, count * steps + 1))).astype(np.int64)
    inside = np.lib.stride_tricks.sliding_window_view(path, steps + 1)[::steps]
    columns = inside[:, 0], inside.max(axis=1), inside.min(axis=1), inside[:, -1]
    return bars_tape(START + (np.arange(len(inside)) + 1) * MINUTE, 0, columns, 0), columns


def test_ambiguity_is_rare_and_bounded():
    """With stop and target half a bar's range away some trades are ambiguous, and the bounds stand around the truth.

    Domain rules 7.3 found 4 % and +-0.04 R between the bounds for a simulation of their own; a whole range away the
    difference is hardly to be seen.
    """
    tape, (_, high, low, _) = walk_bars(np.random.default_rng(3), 40_000)
    reach = float((high - low).mean())
    found = {}
    for share in (0.5, 1.0):
        away = round(reach * share)
        for mode in (PESSIMISTIC, OPTIMISTIC, PATH):
            trades = gambler(tape, mode, stop=away, target=away, side=1)
            found[share, mode] = trades["gross"].mean() / (away * CENTS_PER_TICK), (trades["ambiguous"] > 0).mean()
    half = [found[0.5, mode][0] for mode in (PESSIMISTIC, PATH, OPTIMISTIC)]

    assert 0.005 < found[0.5, PESSIMISTIC][1] < 0.12
    assert half[0] < half[1] < half[2]
    assert -0.08 < half[0] < 0 < half[2] < 0.08
    assert found[1.0, PESSIMISTIC][1] < 0.004
    assert abs(found[1.0, OPTIMISTIC][0] - found[1.0, PESSIMISTIC][0]) < 0.02


@FEW
@given(
    seed=st.integers(1, 10_000), kind=st.integers(0, 2), side=st.sampled_from([1, -1]),
    away=st.integers(5, 60), stop=st.integers(10, 90), target=st.integers(10, 90),
)  # fmt: skip
def test_the_pessimist_never_wins_more(seed, kind, side, away, stop, target):
    """For one bracket trade without gaps, pessimistic <= path <= optimistic."""
    generator = np.random.default_rng(seed)
    closes = 400_000 + np.cumsum(generator.integers(-40, 41, 60))
    opens = np.concatenate([[400_000], closes[:-1]])
    high = np.maximum(opens, closes) + generator.integers(0, 40, 60)
    low = np.minimum(opens, closes) - generator.integers(0, 40, 60)
    tape = bars_tape(START + (np.arange(60) + 1) * MINUTE, 0, (opens, high, low, closes), 0)
    tape = merged(tape, clock(START + 61 * MINUTE))
    worth = []
    for mode in (PESSIMISTIC, PATH, OPTIMISTIC):
        world = World([Instrument()], series=((0, 60),), settings={"mode": mode})
        ONCE.run(world, tape, kind=kind, side=side, away=away, stop=stop, target=target)
        account = world.state[0]["account"]
        worth.append(int(account["balance"] + account["unrealised"]))

    assert worth[0] <= worth[1] <= worth[2]


@pytest.mark.parametrize("mode", [PESSIMISTIC, PATH, OPTIMISTIC])
@pytest.mark.parametrize("side", [1, -1])
def test_a_stop_inside_the_spread_of_its_entry_costs_the_spread(side, mode):
    """A stop-loss 4 ticks from a limit, with a spread of 10, is met as the limit fills, 10 ticks away: as on ticks.

    Filled at its own price it would have been an edge of 6 ticks a trade, in every mode.
    """
    up = np.array([0, 0, 0, 0, 0]) + 400_000
    swing = np.array([5, 5, 60, 5, 5])
    tape = bars_tape(START + (np.arange(5) + 1) * MINUTE, 0, (up, up + swing, up - swing, up), 10)
    world = World([Instrument()], series=((0, 60),), settings={"mode": mode})
    _, journal = ONCE.run(world, merged(tape, clock(START + 6 * MINUTE)), kind=2, side=side, away=20, stop=4)
    (trade,) = rows(journal, "trades")
    away = (int(trade["exit_cost"]) - int(trade["entry_cost"])) * side / abs(int(trade["quantity"]))

    assert away == -10
