"""From the limits of an account to the kernel's record, and the door through which Python asks the gate."""

from dataclasses import replace as changed
from decimal import Decimal

import limited
import numpy as np
import pytest
from world import DAY_NS, Instrument, World, bars_tape, clock, day, merged, quote, run, slot

from tradewind.errors import BadSettings
from tradewind.kernel import refusals
from tradewind.kernel.gate_entry import gate_decision
from tradewind.kernel.records import COMMAND, LIMITS
from tradewind.kernel.risk_records import COUNTS, MEASURES
from tradewind.kernel.rows import REDUCE, REFUSE
from tradewind.limits_wiring import day_clocks, limits_record, series_needed
from tradewind.markets.loading import load_profile
from tradewind.risk.limits import OFF, Cap, Limits
from tradewind.risk.resolving import Account, load_rules
from tradewind.strategy import load

HOUSE = load_rules("house", Account("USD", 10_000_000)).limits
METATRADER = load_profile("metatrader")
LISTED = [METATRADER.instrument(symbol) for symbol in ("US30", "XAUUSD", "EURUSD")]


def test_every_limit_has_its_place():
    """Every single limit of Limits is in the kernel's record under the same name, or in its tables."""
    nested = {"name", "currency", "clocks", "loss_rules", "groups", "caps"}
    capped = {"order_lots_cap", "order_value_cap", "position_lots_cap", "spread_cap"}

    assert set(Limits._fields) - nested - capped == set(COUNTS) | set(MEASURES)
    assert set(LIMITS["loss_rules"].base.names) - {"name_hash"} == set(HOUSE.loss_rules[0]._fields) - {"name"}


def test_the_house_is_written_as_it_is():
    """Numbers are the same; groups know members by place; loss rules have their controls."""
    row = limits_record(HOUSE, LISTED)[0]

    assert all(row[name] == getattr(HOUSE, name) for name in (*COUNTS, *MEASURES))
    assert [int(one.control) for one in row.loss_rules[: len(HOUSE.loss_rules)]] == [71, 72, 73, 74, 75]
    dollar = next(place for place, group in enumerate(HOUSE.groups) if group.name == "USD")
    assert row.groups[dollar].weights[:3].tolist() == [0.0, -1.0, -1.0]
    assert row.digest == HOUSE.digest > 0
    assert day_clocks(HOUSE) == []
    assert series_needed(HOUSE) == {300, 86_400}


def test_caps_are_cut_down_to_steps_and_ticks():
    """An instrument's own caps stand in its row, rounded down; others have the general ones."""
    limits = HOUSE._replace(caps=(Cap("US30", 2.57, 5_000_000, OFF, 3.14),), order_lots_cap=9.0)
    row = limits_record(limits, LISTED)[0]
    step, tick = LISTED[0].volume_step, LISTED[0].tick_size

    assert row.caps[0].order_steps == int(Decimal("2.57") // step)
    assert row.caps[0].spread == int(Decimal("3.14") // tick)
    assert (row.caps[0].order_value, row.caps[0].position_steps) == (5_000_000, OFF)
    assert row.caps[1].order_steps == int(9 / LISTED[1].volume_step)


def test_more_rules_than_there_is_room_for_are_refused():
    """Seventeen loss rules do not fit, and the error says so."""
    with pytest.raises(BadSettings, match="room for 16"):
        limits_record(HOUSE._replace(loss_rules=HOUSE.loss_rules * 4), LISTED)


def world_under(*lines):
    """Return a world of two indices at 42,000 and 20,000 under limits."""
    world = World([Instrument(), changed(Instrument(), name="NAS100")], series=((0, 86_400), (1, 86_400)))
    limited.hold(world, [line.split() for line in lines])
    return world


def priced(world):
    """Return the world after a price of each instrument."""
    now = 20_100 * DAY_NS
    events = merged(quote(now, 0, 420_000, 420_000), quote(now, 1, 200_000, 200_000), clock(now))
    run(world, [slot(load(limited.NOTHING), [0, 1])], events)
    return world


def order(instrument, steps, stop):
    """Return a market order to buy."""
    command = np.zeros(1, COMMAND)
    command["instrument"], command["side"], command["type"] = instrument, 1, 1
    command["quantity"], command["stop_loss"] = steps, stop
    return command


def test_python_may_ask_the_gate_and_changes_nothing():
    """The answer is what would be sent; asking leaves no row, no count, and the command as it was."""
    world = priced(world_under("limits risk_per_trade 0.005 messages_per_second 1"))
    command = order(0, 70, 419_000)
    before = command.tobytes()

    assert gate_decision(world.state, order(0, 50, 419_000)) == (0, 0, 50)
    for _ in range(3):
        assert gate_decision(world.state, command) == (REDUCE, refusals.RISK_PER_TRADE, 50)
    assert gate_decision(world.state, order(0, 70, 0))[:2] == (REFUSE, refusals.STOP_MISSING)
    assert command.tobytes() == before
    assert world.state["risk_count"][0] == 0


def test_limits_of_nothing_let_nothing_pass():
    """Memory that nobody filled in is no permission: limits of 0 refuse."""
    world = priced(world_under("limits kappa 1"))
    for name in MEASURES:
        world.state["limits"][name] = 0

    assert gate_decision(world.state, order(0, 1, 419_000))[0] == REFUSE


@pytest.mark.parametrize(("found", "steps"), [(0.2, 48), (0.7, 48), (1.0, 40)])
def test_correlation_inside_a_group_is_never_below_its_floor(found, steps):
    """600 at risk beside x: x^2 + 2 rho 600 x + 600^2 <= 1000^2, with rho 0.7 x is 483.5 and with 1 it is 400."""
    world = priced(world_under("limits group_method 1", "group US_EQ limit 0.01 US30 1 NAS100 1"))
    risk = world.state[0].risk
    risk.return_days = 30
    risk.covariance[0, 0] = risk.covariance[1, 1] = 0.0001
    risk.covariance[0, 1] = risk.covariance[1, 0] = 0.0001 * found
    row = world.state[0].orders[0]
    row.id, row.quantity, row.risk, row.side, row.type, row.status, row.stop_loss = 9, 60, 60_000, 1, 2, 3, 1
    world.state["order_count"] = 1

    assert gate_decision(world.state, order(1, 60, 199_000)) == (REDUCE, refusals.GROUP_RISK, steps)


def test_covariances_are_those_of_closed_days_weighted_by_age():
    """After each day bar: 0.94 of what was and 0.06 of the product of the day's log returns, from the second day on."""
    world = world_under("limits group_method 1")
    chance, first, days = np.random.default_rng(4), 20_100, 30
    closes = 100_000 + np.cumsum(chance.integers(-900, 900, (days, 2)), axis=0)
    ts = (first + np.arange(days)) * DAY_NS + DAY_NS // 2
    tapes = [bars_tape(ts, number, (closes[:, number],) * 4, 0, span=3600) for number in range(2)]
    calendar = [day((first + number) * DAY_NS) for number in range(days + 1)]
    run(world, [slot(load(limited.NOTHING), [0, 1])], merged(*tapes, *calendar, clock((first + days) * DAY_NS)))
    returns = np.vstack([np.zeros(2), np.diff(np.log(closes), axis=0)])
    expected = np.zeros((2, 2))
    for one in returns:
        expected = 0.94 * expected + 0.06 * np.outer(one, one)

    assert world.state["risk"]["return_days"][0] == days
    np.testing.assert_allclose(world.state["risk"]["covariance"][0, :2, :2], expected, rtol=1e-12)
