"""What we ask OANDA for: every body is one the official contract allows, and says what the order says."""

import pytest
from oanda_contract import must_fit, needs_fixtures
from oanda_scripted import US30, XAUUSD, instruments

from tradewind.adapters.brokers.oanda.listing import Listing
from tradewind.adapters.brokers.oanda.orders import dependent_body, order_body, replaced_body
from tradewind.broker import BrokerRefused, Place, Replace
from tradewind.kernel.orders import (
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    LIMIT,
    MARKET,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
)

LISTING = Listing(instruments())
ID = "TWK7QD-3-1-1042-E0"
REQUESTS = {
    "MARKET": "MarketOrderRequest",
    "LIMIT": "LimitOrderRequest",
    "STOP": "StopOrderRequest",
    "STOP_LOSS": "StopLossOrderRequest",
    "TAKE_PROFIT": "TakeProfitOrderRequest",
    "TRAILING_STOP_LOSS": "TrailingStopLossOrderRequest",
}
LEGS = {"stop_loss": 1_990_500, "take_profit": 2_020_000, "stop_id": "TWK7QD-3-1-1042-S0", "target_id": "TWK7QD-T0"}


def place(kind, **more):
    return Place(ID, **({"instrument": XAUUSD, "strategy": 0, "side": 1, "quantity": 12, "type": kind} | more))


ORDERS = {
    "a market entry": (place(MARKET, **LEGS), {"type": "MARKET", "units": "12", "timeInForce": "FOK"}),
    "a sale at once": (place(MARKET, side=-1, lifetime=IMMEDIATE_OR_CANCEL), {"units": "-12", "timeInForce": "IOC"}),
    "a market order that only reduces": (
        place(MARKET, reduce_only=True),
        {"positionFill": "REDUCE_ONLY", "timeInForce": "IOC"},
    ),
    "a limit": (place(LIMIT, price=2_000_000, **LEGS), {"type": "LIMIT", "price": "2000.000", "timeInForce": "GTC"}),
    "a limit that ends": (
        place(LIMIT, price=2_000_001, expires=1_700_000_000_123_456_789),
        {"price": "2000.001", "timeInForce": "GTD", "gtdTime": "2023-11-14T22:13:20.123456789Z"},
    ),
    "a limit or nothing": (place(LIMIT, price=2_000_000, lifetime=FILL_OR_KILL), {"timeInForce": "FOK"}),
    "a stop": (place(STOP, trigger=2_005_000, trail=5_000), {"type": "STOP", "price": "2005.000"}),
    "a stop with a bound": (
        place(STOP_LIMIT, trigger=2_005_000, price=2_006_000),
        {"type": "STOP", "price": "2005.000", "priceBound": "2006.000"},
    ),
    "a lost stop put back": (
        place(STOP, trigger=1_990_000, role=STOP_LOSS, closes=("77",), reduce_only=True, side=-1),
        {"type": "STOP_LOSS", "tradeID": "77", "price": "1990.000"},
    ),
    "a lost target put back": (
        place(LIMIT, price=2_020_000, role=TAKE_PROFIT, closes=("77",), side=-1),
        {"type": "TAKE_PROFIT", "tradeID": "77", "price": "2020.000"},
    ),
    "a trail put back": (
        place(STOP, trail=4_000, role=STOP_LOSS, closes=("77",), side=-1),
        {"type": "TRAILING_STOP_LOSS", "distance": "4.000"},
    ),
    "a stop of nobody's trade": (
        place(STOP, trigger=1_990_000, role=STOP_LOSS, side=-1),
        {"type": "STOP", "positionFill": "REDUCE_ONLY", "units": "-12"},
    ),
}  # fmt: skip


@needs_fixtures
@pytest.mark.parametrize("name", ORDERS)
def test_every_order_is_one_the_contract_allows_and_says_what_it_should(name):
    order, said = ORDERS[name]
    body = order_body(order, LISTING.of(order.instrument))

    must_fit(body, REQUESTS[body["type"]])
    assert said.items() <= body.items()
    assert body["clientExtensions"]["id"] == ID


def test_an_entry_carries_our_id_for_the_order_the_trade_the_stop_and_the_target():
    body = order_body(place(MARKET, **LEGS), LISTING.of(XAUUSD))

    assert body["clientExtensions"]["id"] == body["tradeClientExtensions"]["id"] == ID
    assert body["stopLossOnFill"] == {
        "price": "1990.500",
        "timeInForce": "GTC",
        "clientExtensions": {"id": LEGS["stop_id"], "tag": "tradewind"},
    }
    assert body["takeProfitOnFill"]["clientExtensions"]["id"] == LEGS["target_id"]


def test_a_trail_beside_a_fixed_stop_has_an_id_of_its_own():
    """OANDA refuses two attached orders of one id (ORDERS_ON_FILL_DUPLICATE_CLIENT_ORDER_IDS)."""
    body = order_body(place(MARKET, trail=5_000, **LEGS), LISTING.of(XAUUSD))

    assert body["trailingStopLossOnFill"]["distance"] == "5.000"
    assert body["trailingStopLossOnFill"]["clientExtensions"]["id"] == LEGS["stop_id"] + "-TRAIL"


def test_a_price_has_the_digits_of_its_instrument_and_no_more():
    body = order_body(place(LIMIT, instrument=US30, price=350_007), LISTING.of(US30))

    assert (body["instrument"], body["price"]) == ("US30_USD", "35000.7")


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (place(STOP_LIMIT, trigger=2_005_000, price=2_004_000), "better limit"),
        (place(STOP, trigger=1, role=STOP_LOSS, closes=("1", "2")), "belong to one"),
        (place(MARKET, quantity=0), "size 0"),
        (place(9), "no order type 9"),
    ],
)
def test_what_oanda_has_not_got_is_refused_before_it_is_sent(order, told):
    with pytest.raises(BrokerRefused, match=told):
        order_body(order, LISTING.of(order.instrument))


LIVING = {
    "id": "31", "createTime": "2023-11-14T22:13:20.000000000Z", "state": "PENDING", "type": "STOP",
    "instrument": "XAU_USD", "units": "-12", "price": "1990.000", "priceBound": "1989.000", "timeInForce": "GTD",
    "gtdTime": "2023-11-15T22:13:20.000000000Z", "triggerCondition": "DEFAULT", "positionFill": "DEFAULT",
    "partialFill": "DEFAULT_FILL", "clientExtensions": {"id": ID}, "tradeClientExtensions": {"id": ID},
    "stopLossOnFill": {
        "price": "2000.000", "timeInForce": "GTC", "clientExtensions": {"id": "S0"}, "new to us": 1
    },
}  # fmt: skip


@needs_fixtures
def test_a_changed_entry_keeps_its_stop_its_expiry_and_its_direction():
    change = Replace(ID, "TWK7QD-3-1-1042-E1", XAUUSD, 0, 1_991_000, 10)
    body = replaced_body(change, LIVING, LISTING.of(XAUUSD))

    must_fit(body, "StopOrderRequest")
    assert (body["units"], body["price"], body["gtdTime"]) == ("-10", "1991.000", LIVING["gtdTime"])
    assert "priceBound" not in body
    assert body["clientExtensions"]["id"] == body["tradeClientExtensions"]["id"] == change.new_id
    assert body["stopLossOnFill"]["price"] == "2000.000"
    assert body["stopLossOnFill"]["clientExtensions"]["id"] == "S0"


@needs_fixtures
@pytest.mark.parametrize(
    ("price", "trigger", "name", "definition"),
    [(0, 1_995_000, "stopLoss", "StopLossDetails"), (2_030_000, 0, "takeProfit", "TakeProfitDetails")],
)
def test_a_changed_leg_names_itself_alone_so_that_the_other_stays(price, trigger, name, definition):
    """What is not given "will not be modified"; the new order has our new id."""
    body = dependent_body(Replace("S0", "S1", XAUUSD, price, trigger, 12, position="77"), LISTING.of(XAUUSD))

    assert list(body) == [name]
    must_fit(body[name], definition)
    assert body[name]["clientExtensions"]["id"] == "S1"


def test_a_leg_without_a_level_is_not_taken_away_by_a_change():
    with pytest.raises(BrokerRefused, match="without a price"):
        dependent_body(Replace("S0", "S1", XAUUSD, 0, 0, 12, position="77"), LISTING.of(XAUUSD))
