"""What must hold for every tape and every strategy: nothing is lost, nothing appears, nobody sees ahead."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import World, rows
from worlds import ROUGH, US30, Machine, calendar, crowded_tape, crowded_world, merged, minutes

from tradewind.kernel.fills import MODES
from tradewind.kernel.orders import HELD
from tradewind.kernel.records import FILLED, FINANCING, PLACE, REFUSED_COMMAND

SEEDS = st.integers(1, 10_000)
MODE = st.integers(0, len(MODES) - 1)
MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
COUNT = 600


@pytest.fixture(scope="module")
def machine():
    """The busy strategy, compiled."""
    return Machine()


def played(machine, seed, mode, count=COUNT, **fields):
    """Return the final state, the venue and the journal of a busy run."""
    world = crowded_world()
    world.venue["mode"] = mode
    for name, value in fields.items():
        world.venue[name] = value
    runner, journal = machine.run(world, crowded_tape(count, seed), seed=seed, every=1 + seed % 3, reach=15 + seed % 60)
    return runner.state[0], runner.venue[0], journal


@MANY
@given(seed=SEEDS, mode=MODE)
def test_a_position_is_the_sum_of_its_fills(machine, seed, mode):
    """For every strategy and instrument: steps held = steps bought - steps sold, and their exact cost."""
    state, _, journal = played(machine, seed, mode)
    events = rows(journal, "events")
    fills = events[events["kind"] == FILLED]

    for number in range(4):
        own = fills[fills["instrument"] == number]
        assert state["positions"][number]["quantity"] == (own["quantity"] * own["side"]).sum()


@MANY
@given(seed=SEEDS, mode=MODE)
def test_cash_is_conserved(machine, seed, mode):
    """Balance = initial + realised + commission + financing, to the cent; so do the finished trades add up."""
    state, _, journal = played(machine, seed, mode)
    events, trades, account = rows(journal, "events"), rows(journal, "trades"), state["account"]
    positions = state["positions"][state["positions"]["quantity"] != 0]
    realised = int(trades["gross"].sum()) + int(positions["realised"].sum())
    commission = int(events["amount"][events["kind"] == FILLED].sum())
    financing = int(events["amount"][events["kind"] == FINANCING].sum())

    assert account["commission"] == commission == trades["commission"].sum() + positions["commission"].sum()
    assert account["financing"] == financing == trades["financing"].sum() + positions["financing"].sum()
    assert account["balance"] == account["initial"] + realised + commission + financing
    assert account["unrealised"] == state["positions"]["unrealised"].sum()
    assert account["adverse"] == state["positions"]["adverse"].sum()
    assert (trades["worst_price"] * trades["side"] <= trades["best_price"] * trades["side"]).all()


@MANY
@given(seed=SEEDS, mode=MODE)
def test_every_order_passed_the_gate(machine, seed, mode):
    """No report is about an order without a PLACE command, or fills more than its command or its entry asked for."""
    state, _, journal = played(machine, seed, mode)
    events, commands = rows(journal, "events"), rows(journal, "commands")
    placed = commands[commands["kind"] == PLACE]
    reports = events[(events["kind"] >= 16) & (events["order"] > 0)]
    known = {int(order): int(quantity) for order, quantity in zip(placed["order"], placed["quantity"], strict=True)}
    for leg in ("stop_order", "target_order"):
        known |= {int(one): int(q) for one, q in zip(placed[leg], placed["quantity"], strict=True) if one}
    filled = {}
    for order, quantity in reports[reports["kind"] == FILLED][["order", "quantity"]].tolist():
        filled[order] = filled.get(order, 0) + quantity
    refused = commands[commands["kind"] == REFUSED_COMMAND]

    assert set(reports["order"].tolist()) <= known.keys()
    assert all(quantity <= known[order] for order, quantity in filled.items())
    assert (refused["reason"] > 0).all()
    assert state["illegal"] == 0


@MANY
@given(seed=SEEDS, mode=MODE)
def test_the_venue_and_the_state_hold_the_same_orders(machine, seed, mode):
    """Nothing leaks: what lives here lives there with the same size, and only held legs live here alone."""
    state, venue, _ = played(machine, seed, mode)
    ours = state["orders"][: state["order_count"]]
    theirs = venue["orders"][: venue["order_count"]]
    theirs = theirs[theirs["status"] < 3]
    ours = ours[ours["status"] != HELD]

    assert sorted(ours["id"].tolist()) == sorted(theirs["id"].tolist())
    assert sorted((ours["quantity"] - ours["filled"]).tolist()) == sorted(theirs["quantity"].tolist())
    assert venue["instruments"]["working"].sum() == venue["order_count"]


def marked(journal, world):
    """Return the equities that a naive recomputation sees: after every price and every change of the balance."""
    events = rows(journal, "events")
    balance, held, cost = int(world.state["account"]["initial"][0]), 0, 0
    bid = ask = 0
    curve = [balance]
    for event in events:
        if event["kind"] <= 2:
            curve.append(balance + (held * (bid if held > 0 else ask) - cost if held else 0))
            bid, ask = int(event["close"]), int(event["close"]) + int(event["spread_close"])
        elif event["kind"] == FILLED:
            signed = int(event["quantity"]) * int(event["side"])
            closing = min(abs(held), abs(signed)) if held * signed < 0 else 0
            balance += int(event["amount"])
            if closing:
                share = closing * (1 if held > 0 else -1)
                part = cost * share // held
                balance += share * int(event["price"]) - part
                held, cost = held - share, cost - part
                curve.append(balance + (held * int(event["price"]) - cost))
            opening = (abs(signed) - closing) * (1 if signed > 0 else -1)
            held, cost = held + opening, cost + opening * int(event["price"])
        elif event["kind"] == FINANCING:
            curve.append(balance + (held * (bid if held > 0 else ask) - cost if held else 0))
            balance += int(event["amount"])
            curve.append(balance + (held * (bid if held > 0 else ask) - cost if held else 0))
    curve.append(balance + (held * (bid if held > 0 else ask) - cost if held else 0))
    return curve


@MANY
@given(seed=SEEDS, mode=MODE)
def test_peak_and_drawdown_agree_with_a_naive_recomputation(machine, seed, mode):
    """One instrument in cents: the peak and the worst fall of equity are those of a curve drawn from the fills."""
    world = World([US30], series=((0, 300), (0, 60)), settings=ROUGH | {"mode": mode, "stop_out": 0.0})
    generator = np.random.default_rng(seed)
    tape = merged(minutes(generator, 0, COUNT, 420_000, 60, 12), calendar(COUNT))
    _, journal = machine.run(world, tape, seed=seed, every=1, reach=30)
    curve = np.array(marked(journal, world))
    account = world.state[0]["account"]
    falls = curve / np.maximum.accumulate(curve) - 1.0

    assert curve[-1] == account["balance"] + account["unrealised"]
    assert account["peak"] == curve.max()
    assert account["drawdown"] == pytest.approx(falls.min(), abs=1e-9)
    assert account["adverse_drawdown"] <= account["drawdown"] + 1e-12


@MANY
@given(seed=SEEDS, mode=MODE, share=st.floats(0.05, 0.95))
def test_nobody_sees_ahead(machine, seed, mode, share):
    """With every price after a moment replaced by nonsense, everything up to that moment is the same."""
    tape = crowded_tape(COUNT, seed)
    cut = int(len(tape) * share)
    poisoned = tape.copy()
    prices = np.flatnonzero(poisoned["kind"] <= 2)
    prices = prices[prices >= cut]
    for name in ("open", "high", "low", "close"):
        poisoned[name][prices] = poisoned[name][prices] // 3 + 7
    found = []
    for events in (tape, poisoned):
        world = crowded_world()
        world.venue["mode"] = mode
        _, journal = machine.run(world, events, seed=seed, every=1, reach=30)
        log = rows(journal, "events")
        told = int(np.flatnonzero(np.isin(log["kind"], np.unique(tape["kind"])))[cut])
        commands = rows(journal, "commands")
        # Commands are given when an instant is complete: those given at event `told` have not seen the next one.
        found.append((log[:told].tobytes(), commands[commands["number"] <= told].tobytes()))

    assert found[0] == found[1]


MIRROR = 900_000


def mirrored(tape):
    """Return the tape with every price p as MIRROR - p, bid and ask exchanged."""
    turned = tape.copy()
    price = np.flatnonzero(tape["kind"] <= 2)
    for name, other, spread in (
        ("open", "open", "spread_open"), ("high", "low", "spread_low"), ("low", "high", "spread_high"),
        ("close", "close", "spread_close"),
    ):  # fmt: skip
        turned[name][price] = MIRROR - tape[other][price] - tape[spread][price]
    turned["spread_high"][price], turned["spread_low"][price] = tape["spread_low"][price], tape["spread_high"][price]
    return turned


@MANY
@given(seed=SEEDS, mode=MODE)
def test_the_venue_is_symmetrical(machine, seed, mode):
    """In the mirrored world every fill is mirrored: same moment, order and size, other side, price from the mirror."""
    generator = np.random.default_rng(seed)
    tape = merged(minutes(generator, 0, COUNT, 450_000, 60, 12), calendar(4 * 60))
    tape = tape[tape["kind"] != 10]
    instrument = US30.__class__("US30", clip=Decimal(2), commission=("lot", 2.0), margin=0.0001)
    found = []
    for mirror, events in ((0, tape), (MIRROR, mirrored(tape))):
        rough = ROUGH | {"mode": mode, "stop_slippage_atr": 0.0}
        world = World([instrument], series=((0, 300), (0, 60)), settings=rough, balance=Decimal(10_000_000))
        _, journal = machine.run(world, events, seed=seed, every=1, reach=30, mirror=mirror)
        log = rows(journal, "events")
        found.append((log[log["kind"] == FILLED], rows(journal, "commands"), world.state[0]["account"]["balance"]))
    (fills, commands, balance), (turned, other, cash) = found

    assert len(fills) > 50
    assert len(commands) == len(other)
    for name in ("ts", "order", "quantity", "amount", "slippage", "reason", "ambiguous", "occurred", "spread"):
        assert fills[name].tolist() == turned[name].tolist(), name
    assert fills["side"].tolist() == (-turned["side"]).tolist()
    assert fills["price"].tolist() == (MIRROR - turned["price"]).tolist()
    assert balance == cash
