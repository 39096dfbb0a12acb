"""Hedging and netting accounts, by hand: fills are given to two books, and the account is what a person would get."""

from decimal import Decimal

import numpy as np
import pytest
from world import MINUTE, WEDNESDAY, Instrument, World, bar, clock, day, joined, quote, rows, run

from tradewind.kernel.records import DIVIDEND, FILLED, FINANCING, INSTRUMENTS
from tradewind.kernel.refusals import STOPPED_OUT

START = int(WEDNESDAY) * 86_400 * 1_000_000_000
A, B, C = range(3)


def world_of(mode, hedged="net", balance=100_000, **instrument):
    """Return a world of three strategies in US30 (a tick-step is a cent), hedging or netting."""
    settings = {"netting": int(mode == "netting")}
    world = World([Instrument(**instrument)], balance=Decimal(balance), strategies=3, settings=settings)
    world.state["instruments"]["hedged_rate"][0, 0] = 0.05 * ("net", "larger", "full").index(hedged)
    return world


def filled(ts, strategy, lots, price):
    """Return the report that `strategy` bought (or sold) lots of US30 at a price, without commission."""
    steps = round(lots * 10)
    return clock(
        ts, FILLED, instrument=0, strategy=strategy, side=1 if steps > 0 else -1, quantity=abs(steps),
        price=round(price * 10), occurred=ts,
    )  # fmt: skip


def at(minute):
    """Return a moment of the day."""
    return START + minute * MINUTE


def priced(minute, bid, ask=None):
    """Return a quote of US30."""
    return quote(at(minute), 0, round(bid * 10), round((ask or bid) * 10))


def played(world, *events):
    """Return state and journal after the events; nobody has an opinion of his own."""
    runner, journal = run(world, [], joined([*events, clock(at(1500))]))
    return runner.state[0], journal


def booked(state, field):
    """Return a field of the three books in US30, in cash."""
    return [Decimal(int(state["positions"][strategy * INSTRUMENTS][field])) / 100 for strategy in (A, B, C)]


def cash(state, *fields):
    """Return fields of the account, in cash."""
    return [Decimal(int(state["account"][field])) / 100 for field in fields]


@pytest.mark.parametrize(
    ("mode", "hedged", "held", "lots"),
    [
        # 42,000 at 5 % is 2,100 a lot.
        ("hedging", "net", (3, -2, 0), 1),
        ("hedging", "larger", (3, -2, 0), 3),
        ("hedging", "full", (3, -2, 0), 5),
        ("netting", "full", (3, -2, 0), 1),
        ("hedging", "net", (1, -2, -2), 3),
        ("hedging", "larger", (1, -2, -2), 4),
        ("hedging", "full", (1, -2, -2), 5),
        ("netting", "larger", (1, -2, -2), 3),
        ("hedging", "net", (2, -2, 0), 0),
        ("hedging", "larger", (2, -2, 0), 2),
        ("hedging", "full", (2, 2, 0), 4),
        ("netting", "net", (2, -2, 0), 0),
    ],
)
def test_margin_of_opposite_positions(mode, hedged, held, lots):
    """A hedging broker holds margin for the net, the larger side or both; a netting one for the net anyway."""
    world = world_of(mode, hedged)
    fills = [filled(at(2), who, size, 42_000) for who, size in enumerate(held) if size]
    state, _ = played(world, priced(1, 42_000), *fills, priced(3, 42_000))

    assert cash(state, "margin") == [Decimal(2100) * lots]


@pytest.mark.parametrize(
    ("mode", "held", "nights"),
    [
        # A long pays 10 a lot and night, a short gets 4.
        ("hedging", (3, -2, 0), (-30, 8, 0)),
        ("netting", (3, -2, 0), (-30, 20, 0)),  # the net long of 1 pays 10, and B's short spares A two lots of it
        ("hedging", (1, -2, -2), (-10, 8, 8)),
        ("netting", (1, -2, -2), (-4, 8, 8)),  # the net short of 3 gets 12
        ("hedging", (2, -2, 0), (-20, 8, 0)),
        ("netting", (2, -2, 0), (0, 0, 0)),  # nothing is held over night
    ],
)
def test_financing_is_that_of_the_net(mode, held, nights):
    """What a night costs the net position is shared out by quantity, and adds up to it."""
    world = world_of(mode, swap=("currency", -10.0, 4.0, "none"))
    fills = [filled(at(2), who, size, 42_000) for who, size in enumerate(held) if size]
    tape = [day(at(0)), priced(1, 42_000), *fills, priced(3, 42_000), day(at(1440))]
    state, journal = played(world, *tape)
    events = rows(journal, "events")

    assert booked(state, "financing") == list(nights)
    assert cash(state, "financing", "balance") == [sum(nights), 100_000 + sum(nights)]
    assert events["amount"][events["kind"] == FINANCING].sum() == 100 * sum(nights)


def test_a_charge_that_does_not_divide_is_shared_to_the_cent():
    """Three books of 0.1 lots pay a night of 0.10 together: 3, 4 and 3 cents, not three times the rounded third."""
    world = world_of("netting", swap=("currency", -0.3333333333, 0.0, "none"))
    fills = [filled(at(2), who, 0.1, 42_000) for who in (A, B, C)]
    state, _ = played(world, day(at(0)), priced(1, 42_000), *fills, priced(3, 42_000), day(at(1440)))

    assert booked(state, "financing") == [Decimal("-0.03"), Decimal("-0.04"), Decimal("-0.03")]
    assert cash(state, "financing") == [Decimal("-0.10")]


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_dividends_are_linear(mode):
    """Both kinds of account give a long 12.5 a lot and take it from a short, also where the net is flat."""
    paid = clock(at(5), DIVIDEND, instrument=0, price=125)
    fills = [filled(at(2), A, 2, 42_000), filled(at(2), B, -2, 42_000)]
    state, _ = played(world_of(mode), priced(1, 42_000), *fills, priced(3, 42_000), paid)

    assert booked(state, "financing") == [25, -25, 0]
    assert cash(state, "balance") == [100_000]


def test_the_balance_of_a_netting_account_is_the_brokers():
    """A is long at 42,000, B short at 42,100: the broker is flat and 100 up, while both books are open.

    With bid 42,050 and ask 42,060 A has 50 and B 40 unrealised; the broker, who is flat, has no spread to lose.
    """
    fills = [filled(at(2), A, 1, 42_000), filled(at(2), B, -1, 42_100)]
    tape = [priced(1, 42_000), *fills, priced(3, 42_050, 42_060)]
    hedging, _ = played(world_of("hedging"), *tape)
    netting, _ = played(world_of("netting"), *tape)

    assert cash(hedging, "balance", "unrealised") == [100_000, 90]
    assert cash(netting, "balance", "unrealised") == [100_100, 0]
    for state in (hedging, netting):
        assert booked(state, "unrealised") == [50, 40, 0]
        assert booked(state, "earned") == [0, 0, 0]


def test_when_all_is_closed_both_accounts_have_the_same():
    """The books of the last test, closed at 42,050 and 42,060: 90 earned, whoever counts."""
    fills = [filled(at(2), A, 1, 42_000), filled(at(2), B, -1, 42_100)]
    ends = [filled(at(4), A, -1, 42_050), filled(at(4), B, 1, 42_060)]
    tape = [priced(1, 42_000), *fills, priced(3, 42_050, 42_060), *ends, priced(5, 41_000)]
    for mode in ("hedging", "netting"):
        state, journal = played(world_of(mode), *tape)

        assert cash(state, "balance", "unrealised", "adverse", "margin") == [100_090, 0, 0, 0]
        assert booked(state, "earned") == [50, 40, 0]
        assert rows(journal, "trades")["gross"].tolist() == [5000, 4000]


def test_a_fill_through_zero_closes_one_net_position_and_opens_the_next():
    """Net +2 at an average of 42,050; a sale of 3 at 42,150 brings 200 and leaves a short of 1 at 42,150."""
    fills = [filled(at(2), A, 1, 42_000), filled(at(2), B, 1, 42_100), filled(at(3), C, -3, 42_150)]
    state, _ = played(world_of("netting"), priced(1, 42_000), *fills, priced(4, 42_140, 42_140))
    net = state["nets"][0]

    assert (int(net["quantity"]), int(net["cost"])) == (-10, -10 * 421_500)
    assert cash(state, "balance", "unrealised") == [100_200, 10]


def test_a_netting_broker_closes_the_net_from_the_books_on_its_side():
    """A is long 1.5 at 42,000, B short 1 there, C long 0.5 at 41,000: a net long of 1 at 41,500 on 2,400.

    At 40,000 it has lost 1,500. The 900 left are less than half the margin of 2,050, so all of it is closed there, from
    A, who has lost 3,000 against 500 of C.
    """
    fills = [filled(at(2), A, 1.5, 42_000), filled(at(2), B, -1, 42_000), filled(at(2), C, 0.5, 41_000)]
    world = world_of("netting", balance=2400)
    flat = (0, 0, 0, 0)
    fall = bar(at(4), 0, (410_000, 410_000, 400_000, 410_000), flat)
    state, journal = played(world, priced(1, 41_000), *fills, priced(3, 41_000), fall, priced(5, 41_000))
    events = rows(journal, "events")
    stopped = events[events["reason"] == STOPPED_OUT]

    assert [(int(one["strategy"]), int(one["quantity"]), int(one["price"])) for one in stopped] == [(A, 10, 400_000)]
    assert [int(state["positions"][who * INSTRUMENTS]["quantity"]) for who in (A, B, C)] == [5, -10, 5]
    assert int(state["nets"][0]["quantity"]) == 0
    assert cash(state, "balance", "unrealised", "margin") == [900, 0, 0]


def test_a_net_position_is_closed_whole():
    """Two books long 0.5 each are one net position: the broker closes both, though after the first it could stop."""
    fills = [filled(at(2), A, 0.5, 42_000), filled(at(2), C, 0.5, 42_000)]
    world = world_of("netting", balance=3000)
    fall = bar(at(4), 0, (420_000, 420_000, 400_500, 400_500), (0, 0, 0, 0))
    state, journal = played(world, priced(1, 42_000), *fills, priced(3, 42_000), fall, priced(5, 41_000))
    events = rows(journal, "events")

    assert events["strategy"][events["reason"] == STOPPED_OUT].tolist() == [A, C]
    assert not state["positions"]["quantity"].any()
    assert cash(state, "balance", "margin") == [Decimal(1050), 0]


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_the_worst_corner_of_opposite_positions(mode):
    """On a bar of 41,900 to 42,100 legs apart lose 100 each at their worst corners, a flat net nothing."""
    fills = [filled(at(2), A, 1, 42_000), filled(at(2), B, -1, 42_000)]
    wide = bar(at(4), 0, (420_000, 421_000, 419_000, 420_000), (0, 0, 0, 0))
    state, _ = played(world_of(mode), priced(1, 42_000), *fills, priced(3, 42_000), wide, priced(5, 42_000))
    low = np.array(cash(state, "initial"))[0] * (1 + Decimal(repr(float(state["account"]["adverse_drawdown"]))))

    assert round(low) == (99_800 if mode == "hedging" else 100_000)
