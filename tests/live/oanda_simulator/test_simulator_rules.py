"""What the simulated venue does with orders, worked out by hand beside each case."""

from decimal import Decimal

import pytest
from desk_cases import HOUR, MONDAY, SECOND, client


def filled(answer):
    return answer["orderFillTransaction"]


def cancelled(answer):
    return answer["orderCancelTransaction"]["reason"]


def test_a_market_order_buys_at_the_ask_and_sells_at_the_bid():
    one = client()

    assert filled(one.order(units="1000"))["price"] == "1.08020"
    assert filled(one.order(units="-1000"))["price"] == "1.08000"
    assert one.get("/summary")["account"]["balance"] == "99999.8000"  # 1000 x 0.0002


@pytest.mark.parametrize(
    ("kind", "units", "price", "quote", "fills_at"),
    [
        ("LIMIT", "10", "1.07000", ("1.06990", "1.07000"), "1.07000"),
        ("LIMIT", "10", "1.07000", ("1.06970", "1.07010"), None),  # the bid is there, the ask is not
        ("LIMIT", "10", "1.07000", ("1.05000", "1.05020"), "1.07000"),  # no improvement
        ("LIMIT", "-10", "1.09000", ("1.09000", "1.09020"), "1.09000"),
        ("LIMIT", "-10", "1.09000", ("1.08990", "1.09010"), None),
        ("STOP", "10", "1.09000", ("1.08980", "1.09000"), "1.09000"),
        ("STOP", "10", "1.09000", ("1.09500", "1.09520"), "1.09520"),  # a gap costs what it costs
        ("STOP", "-10", "1.07000", ("1.07000", "1.07020"), "1.07000"),
        ("STOP", "-10", "1.07000", ("1.07010", "1.07030"), None),
        ("MARKET_IF_TOUCHED", "10", "1.07000", ("1.06900", "1.06920"), "1.06920"),
        ("MARKET_IF_TOUCHED", "10", "1.09000", ("1.09100", "1.09120"), "1.09120"),
        ("MARKET_IF_TOUCHED", "-10", "1.09000", ("1.08990", "1.09010"), None),
    ],
)
def test_a_waiting_order_looks_at_its_own_side(kind, units, price, quote, fills_at):
    one = client()
    made = one.order(kind, units=units, price=price)["orderCreateTransaction"]["id"]
    one.quote("EUR_USD", *quote)
    order = one.get(f"/orders/{made}")["order"]

    assert order["state"] == ("PENDING" if fills_at is None else "FILLED")
    if fills_at:
        assert one.get(f"/transactions/{order['fillingTransactionID']}")["transaction"]["price"] == fills_at


@pytest.mark.parametrize(
    ("condition", "quote", "met"),
    [
        ("BID", ("1.08990", "1.09010"), False),
        ("BID", ("1.09000", "1.09020"), True),
        ("MID", ("1.08990", "1.09010"), True),
        ("INVERSE", ("1.08990", "1.09010"), False),
        ("ASK", ("1.08990", "1.09010"), True),
    ],
)
def test_a_trigger_condition_names_the_price_that_is_looked_at(condition, quote, met):
    one = client()
    made = one.order("STOP", units="10", price="1.09", triggerCondition=condition)["orderCreateTransaction"]["id"]
    one.quote("EUR_USD", *quote)

    assert (one.get(f"/orders/{made}")["order"]["state"] == "FILLED") is met


def test_a_stop_of_a_short_is_met_by_the_ask_alone():
    """domain.md 7.1: a widening spread stops a short with no move of the bid."""
    one = client()
    one.order(units="-1000", stopLossOnFill={"price": "1.08100"})
    one.quote("EUR_USD", "1.08000", "1.08099")
    before = one.get("/openTrades")["trades"]
    one.quote("EUR_USD", "1.08000", "1.08150")

    assert len(before) == 1
    assert one.get("/openTrades")["trades"] == []
    fill = one.get("/transactions/sinceid", id="5")["transactions"][0]
    assert (fill["reason"], fill["price"], fill["pl"]) == ("STOP_LOSS_ORDER", "1.08150", "-1.5000")


def test_a_closed_trade_takes_its_other_orders_along():
    one = client()
    one.order(stopLossOnFill={"distance": "0.005"}, takeProfitOnFill={"price": "1.09"})
    one.quote("EUR_USD", "1.09050", "1.09070")
    told = one.get("/transactions/sinceid", id="6")["transactions"]

    assert [(each["type"], each["reason"]) for each in told] == [
        ("ORDER_FILL", "TAKE_PROFIT_ORDER"),
        ("ORDER_CANCEL", "LINKED_TRADE_CLOSED"),
    ]
    assert told[0]["price"] == "1.09000"
    assert one.get("/pendingOrders")["orders"] == []


def test_a_trailing_stop_follows_and_never_goes_back():
    one = client()
    one.order(trailingStopLossOnFill={"distance": "0.00500"})
    values = []
    for bid in ("1.08200", "1.08100", "1.08400", "1.07950"):
        one.quote("EUR_USD", bid, f"{float(bid) + 0.0002:.5f}")
        values += [each["trailingStopValue"] for each in one.get("/pendingOrders")["orders"]]
    one.quote("EUR_USD", "1.07850", "1.07870")

    assert values == ["1.07700", "1.07700", "1.07900", "1.07900"]
    assert one.get("/summary")["account"]["pl"] == "-1.7000"  # 1000 x (1.07850 - 1.08020)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"priceBound": "1.08010"}, "BOUNDS_VIOLATION"),
        ({"positionFill": "REDUCE_ONLY"}, "POSITION_CLOSEOUT_FAILED"),
        ({"stopLossOnFill": {"price": "1.08000"}}, "STOP_LOSS_ON_FILL_LOSS"),
        ({"takeProfitOnFill": {"price": "1.07000"}}, "TAKE_PROFIT_ON_FILL_LOSS"),
        ({"units": "5000000"}, "INSUFFICIENT_MARGIN"),
    ],
)
def test_an_order_that_was_made_may_be_cancelled_in_the_same_breath(fields, reason):
    """201 is not a fill."""
    answer = client().order(**fields)

    assert cancelled(answer) == reason
    assert "orderFillTransaction" not in answer


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"units": "0.5"}, "UNITS_PRECISION_EXCEEDED"),
        ({"units": "99999999999"}, "UNITS_LIMIT_EXCEEDED"),
        ({"symbol": "BTC_USD"}, "INSTRUMENT_UNKNOWN"),
        ({"symbol": "US30_USD"}, "INSTRUMENT_PRICE_UNKNOWN"),
        ({"timeInForce": "GTC"}, "TIME_IN_FORCE_INVALID"),
        ({"kind": "LIMIT"}, "PRICE_MISSING"),
        ({"kind": "LIMIT", "price": "1.000001"}, "PRICE_PRECISION_EXCEEDED"),
        ({"kind": "LIMIT", "price": "-1"}, "PRICE_INVALID"),
        ({"kind": "LIMIT", "price": "1", "timeInForce": "GTD"}, "TIME_IN_FORCE_GTD_TIMESTAMP_MISSING"),
        ({"kind": "LIMIT", "price": "1", "timeInForce": "GTD", "gtdTime": "1000000000"},
         "TIME_IN_FORCE_GTD_TIMESTAMP_IN_PAST"),
        ({"stopLossOnFill": {}}, "STOP_LOSS_ON_FILL_PRICE_AND_DISTANCE_BOTH_MISSING"),
        ({"stopLossOnFill": {"price": "1", "distance": "1"}}, "STOP_LOSS_ON_FILL_PRICE_AND_DISTANCE_BOTH_SPECIFIED"),
        ({"stopLossOnFill": {"price": "1.000001"}}, "STOP_LOSS_ON_FILL_PRICE_PRECISION_EXCEEDED"),
        ({"takeProfitOnFill": {}}, "TAKE_PROFIT_ON_FILL_PRICE_MISSING"),
        ({"trailingStopLossOnFill": {"distance": "7"}}, "TRAILING_STOP_LOSS_ON_FILL_PRICE_DISTANCE_MAXIMUM_EXCEEDED"),
        ({"with_id": "x" * 129}, "CLIENT_ORDER_ID_INVALID"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_is_rejected_with_a_transaction(fields, reason):
    one = client()
    before = one.last
    answer = one.order(**fields)

    assert answer["errorCode"] == reason == answer["orderRejectTransaction"]["rejectReason"]
    assert one.last == before + 1


def test_a_client_order_id_is_taken_only_while_its_order_waits():
    one = client()
    one.order("LIMIT", price="1.07", with_id="mine")
    again = one.order("LIMIT", price="1.06", with_id="mine")
    one.ask("PUT", "/orders/@mine/cancel")
    later = one.order("LIMIT", price="1.06", with_id="mine")

    assert again["errorCode"] == "CLIENT_ORDER_ID_ALREADY_EXISTS"
    assert later["orderCreateTransaction"]["clientExtensions"] == {"id": "mine"}
    assert one.get("/orders/@mine")["order"]["price"] == "1.06000"


def test_a_client_trade_id_is_taken_only_while_its_trade_is_open():
    one = client()
    one.order(tradeClientExtensions={"id": "mine"})
    again = one.order(tradeClientExtensions={"id": "mine"})
    one.ask("PUT", "/trades/@mine/close")

    assert again["errorCode"] == "CLIENT_TRADE_ID_ALREADY_EXISTS"
    assert "orderFillTransaction" in one.order(tradeClientExtensions={"id": "mine"})


def test_an_opposite_order_reduces_the_oldest_trades_first_and_opens_the_rest():
    one = client()
    for units in ("100", "200"):
        one.order(units=units)
    fill = filled(one.order(units="-400"))

    assert [each["units"] for each in fill["tradesClosed"]] == ["-100", "-200"]
    assert fill["tradeOpened"]["units"] == "-100"
    assert [each["currentUnits"] for each in one.get("/openTrades")["trades"]] == ["-100"]


def test_an_order_that_may_only_reduce_never_turns_the_position():
    one = client()
    one.order(units="100")
    fill = filled(one.order(units="-400", positionFill="REDUCE_ONLY"))

    assert (fill["units"], fill["requestedUnits"]) == ("-100", "-400")
    assert one.get("/openTrades")["trades"] == []


def test_an_order_that_may_only_open_leaves_an_opposite_position_alone():
    one = client()
    one.order(units="100")

    assert cancelled(one.order(units="-50", positionFill="OPEN_ONLY")) == "FIFO_VIOLATION"


def test_nothing_is_dealt_while_the_market_is_halted():
    one = client()
    one.order("LIMIT", price="1.09000", units="-10")
    one.quote("EUR_USD", "1.10000", "1.10020", tradeable=False)
    answer = one.order()
    waiting = one.get("/pendingOrders")["orders"]
    one.quote("EUR_USD", "1.10000", "1.10020")

    assert cancelled(answer) == "MARKET_HALTED"
    assert len(waiting) == 1
    assert one.get("/pendingOrders")["orders"] == []


def test_an_order_ends_at_its_time_and_one_for_the_day_at_five_in_new_york():
    one = client()
    one.order("LIMIT", price="1.07", timeInForce="GTD", gtdTime="2023-11-20T17:00:00Z")
    one.order("LIMIT", price="1.06", timeInForce="GFD")
    counts = []
    for after in (HOUR - 10 * SECOND, HOUR, 4 * HOUR):
        one.now = MONDAY + after if after < 2 * HOUR else MONDAY + 6 * HOUR
        counts.append(len(one.get("/pendingOrders")["orders"]))

    assert counts == [2, 1, 0]
    assert {each["reason"] for each in one.get("/transactions/sinceid", id="4")["transactions"]} == {
        "TIME_IN_FORCE_EXPIRED"
    }


def test_financing_is_booked_once_at_five_in_new_york_three_nights_on_a_wednesday():
    """Gold: -6.3 % a year for longs in our profile; 1 unit at mid 2000.2, of 365 days."""
    one = client()
    one.order(symbol="XAU_USD", units="1")
    booked = []
    for day in range(3):
        one.now = MONDAY + 6 * HOUR + day * 24 * HOUR
        booked += [
            each["financing"]
            for each in one.get("/transactions/sinceid", id="4")["transactions"]
            if each["type"] == "DAILY_FINANCING"
        ][day:]

    assert booked == ["-0.3452", "-0.3452", "-1.0357"]
    assert one.get("/summary")["account"]["financing"] == "-1.7261"


def test_profit_in_another_currency_is_converted_at_the_side_that_gives_less():
    one = client()
    one.order(symbol="USD_JPY", units="1000")
    one.quote("USD_JPY", "151.020", "151.040")
    fill = filled(one.ask("PUT", "/trades/4/close")[1])

    assert fill["pl"] == "6.6208"  # 1000 JPY / 151.040


def test_an_account_worth_half_its_margin_is_closed_out():
    one = client(balance=Decimal(1000))
    one.order(units="25000")
    one.quote("EUR_USD", "1.06000", "1.06020")
    before = one.get("/summary")["account"]["openTradeCount"]
    one.quote("EUR_USD", "1.05000", "1.05020")
    told = one.get("/transactions/sinceid", id="4")["transactions"]

    assert before == 1
    assert [(each["type"], each["reason"]) for each in told] == [
        ("MARKET_ORDER", "MARGIN_CLOSEOUT"),
        ("ORDER_FILL", "MARKET_ORDER_MARGIN_CLOSEOUT"),
    ]


def test_changes_tell_the_same_story_as_the_transactions():
    one = client()
    since = one.last
    one.order(stopLossOnFill={"price": "1.07"})
    one.order("LIMIT", price="1.05")
    one.ask("PUT", "/trades/4/close", {"units": "400"})
    changes = one.get("/changes", sinceTransactionID=str(since))

    assert [each["id"] for each in changes["changes"]["tradesOpened"]] == ["4"]
    assert [each["currentUnits"] for each in changes["changes"]["tradesReduced"]] == ["600"]
    assert [each["type"] for each in changes["changes"]["ordersCreated"]] == ["STOP_LOSS", "LIMIT"]
    assert [each["type"] for each in changes["changes"]["transactions"]] == one.types(since)
    assert changes["state"]["marginUsed"] == one.get("/summary")["account"]["marginUsed"]


def test_a_replaced_attached_stop_stays_on_its_trade():
    one = client()
    one.order(stopLossOnFill={"price": "1.07"})
    answer = one.ask("PUT", "/orders/5", {"order": {"type": "STOP_LOSS", "tradeID": "4", "price": "1.075"}})[1]

    assert answer["orderCancelTransaction"]["replacedByOrderID"] == answer["orderCreateTransaction"]["id"]
    assert one.get("/trades/4")["trade"]["stopLossOrder"]["price"] == "1.07500"


@pytest.mark.parametrize("stops", ["rejected", "cancelled"])
def test_a_venue_that_loses_a_stop_leaves_the_trade_open_and_bare(stops):
    one = client()
    one.rules(stops=stops)
    one.order(stopLossOnFill={"price": "1.07"})

    assert "stopLossOrder" not in one.get("/trades/4")["trade"]
    assert one.types(2)[-1] == ("STOP_LOSS_ORDER_REJECT" if stops == "rejected" else "ORDER_CANCEL")


def test_a_part_is_filled_where_that_is_allowed():
    one = client()
    one.rules(partial_fills=Decimal("0.3"))

    assert filled(one.order(timeInForce="IOC"))["units"] == "300"
    assert cancelled(one.order(timeInForce="FOK")) == "INSUFFICIENT_LIQUIDITY"


def test_the_same_quotes_and_requests_give_the_same_transactions():
    stories = []
    for _ in range(2):
        one = client()
        for number in range(50):
            one.quote("EUR_USD", f"1.08{number * 37 % 100:03}", f"1.08{number * 37 % 100 + 20:03}")
            one.order(units=str((number % 7 - 3) * 100 or 50), trailingStopLossOnFill={"distance": "0.00050"})
        stories.append(one.get("/transactions/sinceid", id="0"))

    assert stories[0] == stories[1]
    assert len(stories[0]["transactions"]) > 100
