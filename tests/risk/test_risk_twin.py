"""The naive twin by itself: the acceptance vectors of domain rules 8 that are about sizes, floors and clocks."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from twin import (
    MINUTE,
    SECOND,
    Floor,
    Instrument,
    Limits,
    Order,
    Position,
    World,
    after_loss,
    breaches,
    decide,
    group_risk,
    heat,
    size,
)

from tradewind.markets.clock import DAY_CLOCKS, next_reset

NOON = int(datetime(2025, 7, 16, 16, 0, tzinfo=UTC).timestamp()) * SECOND
"""A Wednesday noon in New York."""


def us30(**changes):
    """Return US30 of contract 1, ticks and steps of a tenth: a tick-step is worth one cent."""
    values = {
        "symbol": "US30", "per_tick_step": Fraction(1), "steps_per_lot": 10, "smallest": 1, "largest": 2_500,
        "bid": 419_990, "ask": 420_000, "quoted_at": NOON, "bar_at": NOON, "atr": Fraction(300),
        "day_atr": Fraction(4_000), "usual_spread": Fraction(10),
        "opens": NOON - 60 * MINUTE, "closes": NOON + 300 * MINUTE,
    }  # fmt: skip
    return Instrument(**{**values, **changes})


def world(**changes):
    """Return an account of 100,000 dollars at noon, flat, with the house's limits and no floors."""
    values = {"now": NOON, "balance": 10_000_000, "unrealised": 0, "limits": Limits(), "day_began": NOON - 900 * MINUTE}
    return World(**{**values, **changes})


def buy(instrument, steps, *, stop=805, **changes):
    return Order(1, instrument, 1, steps, stop=instrument.ask - stop, **changes)


@pytest.mark.parametrize(
    ("instrument", "entry", "dist", "balance", "steps"),
    [
        (us30(slippage=30), 420_000, 805, 10_000_000, 59),
        (
            Instrument("USDJPY", Fraction(1), rate_loss=Fraction(100_000, 149_600)),
            149_600, 400, 10_000_000, 187,
        ),
        (
            Instrument("GER40", Fraction(1), rate_loss=Fraction(10_850, 10_000), steps_per_lot=10),
            180_000, 605, 10_000_000, 76,
        ),
        (Instrument("XAUUSD", Fraction(1)), 240_000, 800, 50_000, 0),
    ],
)  # fmt: skip
def test_sizes_of_vector_8_7(instrument, entry, dist, balance, steps):
    """8.7: 5.9 lots of US30, 1.87 of USDJPY, 7.6 of GER40, and gold refused on 500 dollars."""
    instrument.ask, instrument.bid = entry, entry

    assert size(world(balance=balance), buy(instrument, 1, stop=dist)) == steps


def test_risk_of_vector_8_7():
    """8.7: 5.9 lots of US30 risk 492.65."""
    order = buy(us30(slippage=30), 59)

    assert order.as_position(59).loss_to_stop() == 49_265


def test_margin_of_vector_8_9():
    """8.9: a lot of US30 at 42,000 with 5 % binds 2,100."""
    one = us30(bid=420_000, ask=420_000)

    assert buy(one, 10).as_position(10).value() * one.margin_rate == 210_000


def test_one_step_floors_of_vector_8_12():
    """8.12, FTMO 1-step on 100k: 90,000; 94,000 after an evening at 104,000 and still after one at 103,000."""
    floor = Floor("total", 1_000_000, 10_000_000, highest="balance", update="end of day")
    seen = [floor.level()]
    for balance in (10_400_000, 10_300_000):
        floor.mark(balance + 500_000, balance + 500_000)
        floor.reset(balance, balance)
        seen.append(floor.level())

    assert seen == [9_000_000, 9_400_000, 9_400_000]


def test_topstep_floors_of_vector_8_12():
    """8.12, Topstep 50k: 50,500 gives 48,500; 50,000 keeps it; 52,500 gives 50,000, where it stays."""
    floor = Floor("mll", 200_000, 5_000_000, highest="balance", update="end of day", lock=5_000_000)
    seen = []
    for balance in (5_050_000, 5_000_000, 5_250_000, 5_600_000):
        floor.reset(balance, balance)
        seen.append(floor.level())

    assert seen == [4_850_000, 4_850_000, 5_000_000, 5_000_000]


def test_overnight_trap_of_vector_8_13():
    """8.13: 191,000 is above 190,000 before Prague midnight and below 194,000 after it."""
    floor = Floor("daily", 1_000_000, 20_000_000, base_mode="balance", resets="day")
    balance, equity = 20_400_000, 19_100_000
    before = (floor.level(), floor.is_breached(balance, equity))
    floor.reset(balance, equity)

    assert before == (19_000_000, False)
    assert (floor.level(), floor.is_breached(balance, equity)) == (19_400_000, True)


@pytest.mark.parametrize(("inclusive", "equity", "broken"), [(False, 95, False), (False, 94, True), (True, 95, True)])
def test_a_floor_is_broken_below_it_or_at_it(inclusive, equity, broken):
    assert Floor("x", 5, 100, inclusive=inclusive).is_breached(100, equity) is broken


def test_apex_like_floor_follows_floating_peaks_to_its_lock():
    floor = Floor("t", 250_000, 5_000_000, highest="equity", lock=5_010_000)
    seen = []
    for equity in (5_100_000, 5_050_000, 5_400_000):
        floor.mark(5_000_000, equity)
        seen.append(floor.level())

    assert seen == [4_850_000, 4_850_000, 5_010_000]


@pytest.mark.parametrize(
    ("clock", "hour"), [("internal", 21), ("prop", 23), ("server", 21)]
)  # fmt: skip
def test_day_clocks_of_vector_8_20(clock, hour):
    """8.20: on 2025-03-12 the internal reset is 21:00Z and Prague's 23:00Z; the swap of 17:00 New York is before."""
    morning = int(datetime(2025, 3, 12, 12, tzinfo=UTC).timestamp()) * SECOND
    reset = datetime.fromtimestamp(next_reset(morning, DAY_CLOCKS[clock]) // SECOND, UTC)
    swap = datetime(2025, 3, 12, 17, tzinfo=ZoneInfo("America/New_York"))

    assert reset == datetime(2025, 3, 12, hour, tzinfo=UTC)
    assert swap <= reset
    assert reset - swap == timedelta(hours=hour - 21)


def test_a_swap_booked_before_the_reset_is_in_the_base():
    """8.20: of two resets after the swap both find the balance without it."""
    floor = Floor("daily", 500_000, 10_000_000, base_mode="balance", resets="day")
    floor.reset(10_000_000 - 12_600, 10_000_000 - 12_600)

    assert floor.level() == 9_487_400


def test_a_quiet_order_passes():
    assert decide(buy(us30(), 50), world()).action == "passed"


def test_risk_per_trade_reduces_to_fit():
    """R1: 0.5 % of 100,000 at 80.5 points lets 6.2 lots pass of ten."""
    found = decide(buy(us30(), 100), world())

    assert (found.action, found.steps) == ("reduced", 62)
    assert "R1" in found.reasons


REFUSED = [
    ({}, {"stop": None}, {}, "R15"),
    ({"quoted_at": NOON - 3 * SECOND}, {}, {}, "C7"),
    ({"bar_at": NOON - 91 * SECOND}, {}, {}, "C7"),
    ({"bid": 0}, {}, {}, "NO PRICE"),
    ({"closes": NOON + 2 * MINUTE - 1}, {}, {}, "C12"),
    ({"opens": NOON + 1}, {}, {}, "C12"),
    ({"day_type": "half"}, {}, {}, "R14"),
    ({"early_close": True, "closes": NOON + 15 * MINUTE}, {}, {}, "R14"),
    ({"news_opens": NOON, "news_closes": NOON + 1}, {}, {}, "R14"),
    ({"usual_spread": Fraction(3)}, {}, {}, "C8"),
    ({"usual_spread": None}, {}, {}, "C8"),
    ({"day_atr": Fraction(100)}, {}, {}, "C1"),
    ({"day_atr": None}, {}, {}, "C1"),
    ({}, {"kind": "limit", "price": 418_000, "stop": 417_000}, {}, "C1"),
    ({}, {"target": 419_000}, {}, "C2"),
    ({"stops_level": 1_000}, {}, {}, "C2"),
    ({}, {}, {"unknown_in": {"US30"}}, "C14"),
    ({}, {}, {"kill_level": 1}, "R17"),
    ({}, {}, {"no_entries": True}, "R6"),
    ({}, {}, {"halted": True}, "HALTED"),
    ({}, {}, {"disabled": {1}}, "C10"),
    ({}, {}, {"fills": [(NOON - MINUTE, 1)] * 3}, "C10"),
    ({}, {}, {"rejects": [NOON - MINUTE + 1] * 3}, "C11"),
    ({}, {}, {"latched": {"C13"}}, "C13"),
    ({}, {}, {"skew": SECOND + 1}, "C13"),
    ({}, {}, {"margin": Fraction(5_000_001)}, "R5"),
    ({}, {}, {"cooling_until": {(1, "US30"): NOON + 1}}, "R12"),
    ({}, {}, {"cooling_all_until": NOON + 1}, "R12"),
    ({}, {}, {"trades_in_block": {(1, "US30"): 1}}, "R13"),
    ({}, {}, {"trades_in_day": {"US30": 2}}, "R13"),
    ({}, {}, {"trades_in_day": {"XAUUSD": 6}}, "R13"),
    ({}, {}, {"messages": [NOON] * 5}, "C6"),
    ({}, {}, {"messages": [NOON - SECOND + 1] * 60}, "C6"),
    ({}, {}, {"messages": [NOON - MINUTE] * 500}, "C6"),
    ({}, {}, {"sizes": {"US30": [16] * 50}}, "C3"),
    ({"largest": 49}, {}, {}, "C3"),
]
PASSES = [
    ({"quoted_at": NOON - 2 * SECOND}, {}, {}),
    ({"quoted_at": NOON - 5 * SECOND, "asia": True}, {}, {}),
    ({"closes": NOON + 2 * MINUTE}, {}, {}),
    ({"usual_spread": Fraction(4)}, {}, {}),
    ({}, {}, {"fills": [(NOON - 5 * MINUTE, 1)] * 3}),
    ({}, {}, {"fills": [(NOON - MINUTE, 2)] * 3}),
    ({}, {}, {"rejects": [NOON - MINUTE] * 3}),
    ({}, {}, {"skew": SECOND}),
    ({}, {}, {"margin": Fraction(5_000_000)}),
    ({}, {}, {"cooling_until": {(1, "US30"): NOON, (2, "US30"): NOON + 1}}),
    ({}, {}, {"trades_in_block": {(1, "XAUUSD"): 1, (2, "US30"): 1}}),
    ({}, {}, {"messages": [NOON - SECOND] * 5}),
    ({}, {}, {"sizes": {"US30": [17] * 50}}),
]


def asked(instrument, order, state):
    wanted = buy(us30(**instrument), 50, **{key: value for key, value in order.items() if key != "stop"})
    if "stop" in order:
        wanted.stop = order["stop"]
    return decide(wanted, world(**state))


@pytest.mark.parametrize(("instrument", "order", "state", "rule"), REFUSED)
def test_each_rule_refuses(instrument, order, state, rule):
    """Each control of 5.3 and 5.5 refuses an order that is quiet but for one thing, and only it does."""
    found = asked(instrument, order, state)

    assert found.action == "refused"
    assert found.reasons == {rule} or (rule == "NO PRICE" and rule in found.reasons)


@pytest.mark.parametrize(("instrument", "order", "state"), PASSES)
def test_each_rule_passes_at_its_bound(instrument, order, state):
    assert asked(instrument, order, state).action == "passed"


@pytest.mark.parametrize(
    ("changes", "steps", "rule"),
    [
        ({"open_risk": Fraction(1, 250)}, 39, "R2"),
        ({"gross_leverage": Fraction(2)}, 47, "R4"),
        ({"margin_use": Fraction(1, 10)}, 47, "R5"),
        ({"groups": ((Fraction(3, 1_000), {"US30": Fraction(1)}),)}, 29, "R3"),
        ({"groups": ((Fraction(1), {"US30": Fraction(1)}),), "net_leverage": Fraction(1)}, 23, "R4"),
    ],
)
def test_what_reduces_an_order(changes, steps, rule):
    """At 80.5 points a step loses 8.05; 1.25 times that is the heat, 4,200 the value of a step."""
    found = decide(buy(us30(), 60), world(limits=Limits(**changes)))

    assert (found.action, found.steps) == ("reduced", steps)
    assert rule in found.reasons


def test_the_predictive_floor_reduces():
    """R8: 1,000 above the floor, 8.05 x 1.25 heat and 0.10 spread a step: 99 steps of a hundred are left."""
    floor = Floor("daily", 100_000, 10_000_000)
    found = decide(buy(us30(), 110), world(floors=[floor], limits=Limits(risk_per_trade=None)))

    assert (found.action, found.steps) == ("reduced", int(100_000 / (805 * 1.25 + 10)))
    assert found.reasons == {"R8"}


def test_a_position_without_a_stop_has_no_end():
    naked = Position(1, us30(), 10, None)

    assert heat([naked], world()) is None
    assert decide(buy(us30(), 10), world(positions=[naked])).action == "refused"


def test_reducing_and_flattening_go_through_a_halt():
    """Flatten bypasses everything but hours; an order that only reduces bypasses what is about entries."""
    halted = {"halted": True, "kill_level": 3, "no_entries": True, "messages": [NOON] * 5}
    flatten = Order(1, us30(), -1, 10, flatten=True)
    reduce = Order(1, us30(), -1, 10, reduces=True)

    assert decide(flatten, world(**halted)).action == "passed"
    assert decide(reduce, world(halted=True, kill_level=3, no_entries=True)).action == "passed"
    assert decide(Order(1, us30(closes=NOON), -1, 10, flatten=True), world()).reasons == {"C12"}


def test_sides_of_a_group_are_netted_only_on_credit():
    """R3: long gold is short the dollar, long USDJPY is long it: the larger side counts, less the credit."""
    weights = {"XAUUSD": Fraction(-1), "USDJPY": Fraction(1)}
    gold = Position(1, Instrument("XAUUSD", Fraction(1), bid=240_000, ask=240_020), 10, 239_000)
    yen = Position(1, Instrument("USDJPY", Fraction(1), bid=149_600, ask=149_610), 10, 149_200)
    limits, credit = (Limits(kappa=Fraction(1), netting_credit=Fraction(part, 2)) for part in (0, 1))

    assert group_risk([gold, yen], weights, world(limits=limits)) == 10_000
    assert group_risk([gold, yen], weights, world(limits=credit)) == 8_000


def test_three_losses_cool_down():
    """R12: the third loss of -0.25 R or worse in a row stops strategy and instrument for two hours or to the block."""
    state, row = world(), {}
    for multiple in (Fraction(-1), Fraction(-1, 4), Fraction(-24, 100)):
        after_loss(state, (1, "US30", multiple), row, NOON)
    still = dict(state.cooling_until)
    for _ in range(3):
        after_loss(state, (1, "US30", Fraction(-1)), row, NOON + 200 * MINUTE)

    assert still == {}
    assert state.cooling_until == {(1, "US30"): NOON + 200 * MINUTE}


def test_bars_break_floors_at_their_worst_corner():
    """7.4: the worst equity inside a bar counts, not where it closed."""
    floor = Floor("daily", 250_000, 10_000_000, inclusive=True, severity="halt")
    state = world(floors=[floor], unrealised=-100_000)

    assert breaches(state, 9_750_001) == []
    assert breaches(state, 9_750_000) == [floor]
