"""What rules say of an order beforehand: by hand, and against the naive twin."""

from decimal import Decimal
from fractions import Fraction

import pytest
import twin
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.errors import TradewindError
from tradewind.markets.loading import load_profile
from tradewind.risk.file import read_document
from tradewind.risk.headroom import check_order, fitting_lots, group_risk, price_at_floor
from tradewind.risk.limits import HALT, OFF
from tradewind.risk.resolving import Account, load_rules, resolve
from tradewind.risk.standing import Standing, base_of, floor_of, holding, terms_of

DOLLARS = Account("USD", 10_000_000)
HOUSE = load_rules("house", DOLLARS).limits
PROFILE = load_profile("metatrader")


def terms(symbol, price, **rates):
    return terms_of(
        PROFILE.instrument(symbol), "USD", Decimal(str(price)), {k: Decimal(v) for k, v in rates.items()}, 0.5
    )


def gold(side=1, lots="0.2", price="2400", stop="2380"):
    return holding(terms("XAUUSD", price), side, Decimal(lots), Decimal(price), None if stop is None else Decimal(stop))


def flat(equity=10_000_000, **changes):
    return Standing(equity, equity, **changes)


def verdict(limits, standing, order, name):
    return next(one for one in check_order(limits, standing, order) if one.rule == name)


def test_one_lot_of_each_moves_by_what_the_domain_table_says():
    """Domain 4.3: gold 100 dollars for a dollar, US30 one, EURUSD 100,000; USDJPY 100,000 yen at 149.6."""
    assert terms("XAUUSD", 2400).per_price == 10_000
    assert terms("US30", 42000).per_price == 100
    assert terms("EURUSD", "1.1").per_price == 10_000_000
    assert terms("USDJPY", "149.6").per_price == Fraction(10_000_000) / Fraction("149.6")
    assert terms("GER40", 18000, EURUSD="1.085").per_price == Fraction("108.5")


def test_a_rate_that_is_missing_is_asked_for():
    with pytest.raises(TradewindError, match="rate from EUR to USD"):
        terms("GER40", 18000)


def test_risk_by_hand():
    """0.2 lots of gold, 20 dollars to the stop and 0.09 expected slippage: 401.80 of the 500 allowed."""
    found = verdict(HOUSE, flat(), gold(), "risk per trade")

    assert found.passes
    assert found.headroom == 50_000 - 40_180


def test_the_smaller_of_balance_and_equity_is_what_is_risked():
    found = verdict(HOUSE, Standing(10_000_000, 7_000_000), gold(), "risk per trade")

    assert found.headroom == 35_000 - 40_180


@pytest.mark.parametrize(("lots", "at", "words"), [("1.5", "2373.33", "6.67 (0.3%) beyond the stop: only by a gap"),
                                                    ("2.5", "2384.00", "before the stop at 2380")])  # fmt: skip
def test_at_which_price_a_floor_is_reached(lots, at, words):
    """Equity 99,000 and a floor of 95,000: 4,000 are lost in 26.67 dollars of 1.5 lots, in 16 of 2.5."""
    limits = load_rules("ftmo-2step", DOLLARS).limits
    found = verdict(limits, Standing(9_950_000, 9_900_000), gold(lots=lots), "ftmo-2step maximum daily loss")

    assert f"Reached at XAUUSD {at}" in found.sentence
    assert words in found.sentence


def test_a_short_is_stopped_above():
    price = price_at_floor(flat(), gold(side=-1, lots="1", stop="2420"), 9_900_000)

    assert price == 2410


def test_what_is_held_already_moves_with_it():
    held = gold(lots="1", price="2390")
    price = price_at_floor(flat(holdings=(held,)), gold(lots="1"), 9_900_000)

    assert held.gain_to(price) + gold(lots="1").gain_to(price) == -100_000


def test_a_hedge_has_no_price():
    assert price_at_floor(flat(holdings=(gold(side=-1, stop="2420"),)), gold(), 9_900_000) is None


def test_an_order_without_a_stop_passes_nothing_that_is_about_risk():
    found = {one.rule: one for one in check_order(HOUSE, flat(), gold(stop=None))}

    assert not any(
        found[name].passes for name in ("stop", "risk per trade", "open risk", "group METALS", "weekly loss")
    )
    assert fitting_lots(HOUSE, flat(), gold(stop=None)) == 0


def test_the_largest_size_that_passes():
    """R1 allows 500 / 2,009 a lot: 0.24 lots."""
    assert fitting_lots(HOUSE, flat(), gold(lots="5")) == Decimal("0.24")
    assert fitting_lots(HOUSE, flat(), gold(lots="0.1")) == Decimal("0.1")


def test_bases_that_are_known_are_used():
    daily = HOUSE.loss_rules[1]
    standing = flat(day_balance=9_800_000, day_equity=9_700_000, highest_equity=10_500_000)

    assert daily.severity == HALT
    assert base_of(daily, standing, HOUSE.capital) == 9_700_000
    assert base_of(daily, standing._replace(bases={daily.name: 9_100_000}), HOUSE.capital) == 9_100_000
    assert (
        floor_of(HOUSE.loss_rules[4], base_of(HOUSE.loss_rules[4], standing, HOUSE.capital), HOUSE.capital) == 9_700_000
    )


def test_caps_of_the_instrument_itself():
    text = (
        'name = "m"\npacks = ["house"]\n[instruments.XAUUSD]\n'
        "order_lots_cap = 0.1\nposition_lots_cap = 0.3\norder_value_cap = 40000"
    )
    limits = resolve(read_document(text, "m.toml"), DOLLARS).limits
    found = {(one.control, one.rule): one.passes for one in check_order(limits, flat(holdings=(gold(),)), gold())}

    assert not found["C3", "order size"]
    assert not found["C5", "position size"]
    assert not all(one.passes for one in check_order(limits, flat(), gold()) if one.control == "C4")


SYMBOLS = {"XAUUSD": (2400, 20), "US30": (42000, 150), "XAGUSD": (30, 1)}


@st.composite
def things(draw):
    """Return an order or position: symbol, side, steps, ticks to the stop."""
    symbol = draw(st.sampled_from(sorted(SYMBOLS)))
    return symbol, draw(st.sampled_from((1, -1))), draw(st.integers(1, 60)), draw(st.integers(10, 3_000))


def ours(thing):
    symbol, side, steps, ticks = thing
    price = Decimal(SYMBOLS[symbol][0])
    one = PROFILE.instrument(symbol)
    return holding(terms(symbol, price), side, one.volume_step * steps, price, price - side * one.tick_size * ticks)


def theirs(thing, *, waits):
    """Return the same for the twin: prices in ticks, without a spread."""
    symbol, side, steps, ticks = thing
    declared = PROFILE.instrument(symbol)
    known = ours(thing).terms
    per_tick_step = known.per_price * Fraction(declared.tick_size) * Fraction(declared.volume_step)
    price = int(Decimal(SYMBOLS[symbol][0]) / declared.tick_size)
    one = twin.Instrument(
        symbol, per_tick_step, commission=known.commission * Fraction(declared.volume_step) / 2,
        margin_rate=declared.margin.initial, slippage=int(known.slippage / Fraction(declared.tick_size)),
        bid=price, ask=price, largest=10**6,
    )  # fmt: skip
    return twin.Position(1, one, side * steps, price - side * ticks, price if waits else None)


@settings(max_examples=300, deadline=None)
@given(things(), st.lists(things(), max_size=3), st.integers(9_000_000, 11_000_000), st.integers(0, 1))
def test_the_answer_is_the_naive_twins(thing, held, equity, credit):
    """For any order beside any positions R1 to R5 and R8 say what the twin says."""
    limits = HOUSE._replace(netting_credit=0.5 if credit else OFF, flatten_cost_spreads=OFF)
    standing = Standing(10_000_000, equity, tuple(ours(one) for one in held))
    found = {one.control for one in check_order(limits, standing, ours(thing)) if not one.passes}
    floors = [
        twin.Floor(one.name, one.amount, 10_000_000, inclusive=True, severity="halt", base=10_000_000)
        for one in limits.loss_rules[1:]
    ]
    groups = tuple(
        (Fraction(str(one.limit)), {name: Fraction(str(weight)) for name, weight in one.members})
        for one in limits.groups
    )
    rules = twin.Limits(
        groups=groups, netting_credit=Fraction(credit, 2), floor_buffer=10_000, flatten_cost_spreads=Fraction(0)
    )
    state = twin.World(
        0, 10_000_000, equity - 10_000_000, rules, [theirs(one, waits=False) for one in held], floors=floors
    )
    new = theirs(thing, waits=True)
    order = twin.Order(1, new.instrument, new.side, abs(new.steps), "limit", new.price, stop=new.stop)
    expected = set(twin.excesses(order, order.steps, state))

    assert found & {"R1", "R2", "R3", "R4", "R5", "R8"} == expected


def test_sides_of_a_group():
    """Long gold and short gold: the larger side counts, and half of the smaller is taken off with half a credit."""
    group = next(one for one in HOUSE.groups if one.name == "METALS")
    both = [gold(lots="0.2"), gold(side=-1, lots="0.1", stop="2420")]
    limits = HOUSE._replace(kappa=1.0)

    assert group_risk(limits, group, both) == 40_180
    assert group_risk(limits._replace(netting_credit=0.5), group, both) == 40_180 - 20_090 // 2
