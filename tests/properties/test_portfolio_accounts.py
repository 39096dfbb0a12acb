"""Hedging and netting accounts with several busy strategies: books, net positions and cash always agree."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import HOUR, World, merged, rows, run, slot
from worlds import BUSY, ROUGH, US30, calendar, crowded_tape, crowded_world, minutes

from tradewind.compilation import handler_of
from tradewind.kernel.fills import MODES
from tradewind.kernel.records import FILLED, FINANCING, INSTRUMENTS
from tradewind.strategy import load

MANY = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEEDS = st.integers(1, 10_000)
MODE = st.integers(0, len(MODES) - 1)
STRATEGIES, COUNT = 3, 2000


@pytest.fixture(scope="module")
def crowd():
    """Return a function that plays several busy strategies, each with a die of its own, in a world."""
    busy = load(BUSY, compile_handlers=True)
    handler = handler_of([busy] * STRATEGIES)

    def play(world, tape, seed):
        world.strategies = STRATEGIES
        world.state["strategy_count"] = STRATEGIES
        world.state["strategies"]["enabled"][0, :STRATEGIES] = 1
        world.state["series"]["watchers"] = 2**STRATEGIES - 1
        reaches = range(20, 20 + 15 * STRATEGIES, 15)
        slots = [
            slot(busy, range(len(world.instruments)), busy.parameters(seed=seed + number, every=1, reach=reach))
            for number, reach in enumerate(reaches)
        ]
        runner, journal = run(world, slots, tape, handler=handler)
        return runner.state[0], journal

    return play


def crowded(crowd, seed, mode, *, netting):
    """Return state and journal of the crowded world, hedging or netting."""
    world = crowded_world()
    world.venue["mode"] = mode
    world.state["account"]["netting"] = int(netting)
    return crowd(world, crowded_tape(COUNT, seed), seed)


def books(state, field):
    """Return a field of every book, strategies by instruments."""
    return state["positions"][field].reshape(-1, INSTRUMENTS)


@MANY
@given(seed=SEEDS, mode=MODE, netting=st.booleans())
def test_what_the_books_earned_is_what_was_reported(crowd, seed, mode, netting):
    """For every strategy and instrument: earned = trades that closed + what the open one has realised, to the cent."""
    state, journal = crowded(crowd, seed, mode, netting=netting)
    trades = rows(journal, "trades")
    parts = ("realised", "commission", "financing")
    held = books(state, "quantity") != 0
    opened = sum((books(state, part) * held for part in parts), np.zeros((1, 1), np.int64))

    assert len(trades) > 100
    for strategy in range(STRATEGIES):
        for instrument in range(4):
            own = trades[(trades["strategy"] == strategy) & (trades["instrument"] == instrument)]
            closed = int((own["gross"] + own["commission"] + own["financing"]).sum())
            assert books(state, "earned")[strategy, instrument] == closed + opened[strategy, instrument]


@MANY
@given(seed=SEEDS, mode=MODE)
def test_the_books_of_a_hedging_account_add_up_to_it(crowd, seed, mode):
    """To the cent, in three currencies: initial + earned = balance, and so unrealised; every day, and at the end."""
    state, journal = crowded(crowd, seed, mode, netting=False)
    account, samples, lines = state["account"], rows(journal, "samples"), rows(journal, "lines")

    assert account["initial"] + books(state, "earned").sum() == account["balance"]
    assert books(state, "unrealised").sum() == account["unrealised"]
    assert set(lines["ts"]) >= set(samples["ts"][samples["date"] > 0][1:])
    for one in samples[np.isin(samples["ts"], lines["ts"]) & (samples["date"] >= 0)]:
        mine = lines[lines["ts"] == one["ts"]]
        assert account["initial"] + mine["earned"].sum() == one["balance"]
        assert one["balance"] + mine["unrealised"].sum() == one["equity"]


@MANY
@given(seed=SEEDS, mode=MODE)
def test_the_books_of_a_netting_account_add_up_to_the_net(crowd, seed, mode):
    """In every instrument the books' steps are the broker's; so are cash, financing and margin, to the cent."""
    state, journal = crowded(crowd, seed, mode, netting=True)
    account, events = state["account"], rows(journal, "events")
    nets = state["nets"]

    assert books(state, "quantity").sum(axis=0).tolist() == nets["quantity"].tolist()
    assert account["unrealised"] == nets["unrealised"].sum()
    assert account["adverse"] == nets["adverse"].sum()
    assert account["financing"] == events["amount"][events["kind"] == FINANCING].sum()
    assert account["financing"] == sum(part.sum() for part in _financing(state, journal))
    assert not nets["cost"][nets["quantity"] == 0].any()
    assert state["illegal"] == 0


def _financing(state, journal):
    return rows(journal, "trades")["financing"], (books(state, "financing") * (books(state, "quantity") != 0))


def two_days(seed):
    """Return two days of US30 and what the calendar says."""
    return merged(minutes(np.random.default_rng(seed), 0, COUNT, 420_000, 60, 12), calendar(COUNT))


def us30(**account):
    """Return a world of US30 alone, in which a tick-step is exactly a cent."""
    return World([US30], series=((0, 300), (0, 60)), settings=ROUGH | account, sample_every=int(HOUR))


def naive_balance(events, initial):
    """Return balance, steps and cost of one broker account that nets every fill at the average price, exactly."""
    balance, held, cost = Fraction(initial), 0, Fraction(0)
    for event in events:
        if event["kind"] == FILLED:
            signed, price = int(event["quantity"]) * int(event["side"]), int(event["price"])
            balance += int(event["amount"])
            closing = min(abs(held), abs(signed)) if held * signed < 0 else 0
            if closing:
                side = 1 if held > 0 else -1
                part = cost * closing / abs(held)
                balance += side * closing * price - part
                held, cost = held - side * closing, cost - part
            opening = (abs(signed) - closing) * (1 if signed > 0 else -1)
            held, cost = held + opening, cost + opening * price
        elif event["kind"] == FINANCING:
            balance += int(event["amount"])
    return balance, held, cost


@MANY
@given(seed=SEEDS)
def test_a_netting_account_is_a_brokers_account(crowd, seed):
    """Balance and position are those of a naive broker who sees the same fills; a rounded cent a closing fill apart."""
    state, journal = crowd(us30(netting=1), two_days(seed), seed)
    events = rows(journal, "events")
    balance, held, cost = naive_balance(events, int(state["account"]["initial"]))
    net = state["nets"][0]

    assert net["quantity"] == held
    # A part of a cost that does not divide stays with the rest, so the sum of the two is exact.
    assert state["account"]["balance"] - net["cost"] == balance - cost
    assert abs(state["account"]["balance"] - balance) <= 1 + abs(held)


@MANY
@given(seed=SEEDS)
def test_flat_books_in_the_accounts_own_currency_leave_nothing_over(crowd, seed):
    """Where every book of a netting account is flat, what the books earned is what the account earned, to the cent."""
    state, _ = crowd(us30(netting=1), two_days(seed), seed)
    net, account = state["nets"][0], state["account"]
    worth = sum(int(one["quantity"]) for one in state["positions"])  # steps, at one price for all
    # At the mid price every book and the net are valued alike, so what is left over is what marking costs: nothing.
    earned = int(books(state, "earned").sum())
    costs = sum(int(one["cost"]) for one in state["positions"])

    assert worth == net["quantity"]
    assert account["balance"] - account["initial"] - net["cost"] == earned - costs


@MANY
@given(seed=SEEDS, mode=MODE)
def test_one_strategy_cannot_tell_netting_from_hedging(seed, mode):
    """With one strategy enabled both kinds of account leave the same account, trades, samples and lines."""
    found = []
    for netting in (0, 1):
        world = crowded_world()
        world.venue["mode"] = mode
        world.state["account"]["netting"] = netting
        tape = crowded_tape(COUNT, seed)
        busy = load(BUSY, compile_handlers=False)
        world.strategies = 1
        runner, journal = run(world, [slot(busy, range(4), busy.parameters(seed=seed, every=3))], tape[: COUNT // 2])
        account = runner.state[0]["account"].copy()
        account["netting"] = 0
        logs = [rows(journal, log).tobytes() for log in ("events", "commands", "trades", "samples", "lines")]
        found.append([account.tobytes(), *logs])

    assert found[0] == found[1]
