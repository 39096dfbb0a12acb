"""Requests and answers: 201 is not a fill, a no is a no, and everything else is unknown and was sent once."""

import httpx
import pytest
from oanda_scripted import HOME, SECRET, XAUUSD, Scripted, happened, with_broker

from tradewind.broker import Cancel, Place, Replace
from tradewind.kernel.orders import LIMIT, MARKET, STOP, STOP_LOSS
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewind.kernel.refusals import (
    MARKET_CLOSED,
    NO_SUCH_ORDER,
    NOT_FILLED_AT_ONCE,
    POSITION_CLOSED,
    STOP_LOSS_ON_WRONG_SIDE,
)

ID = "TWK7QD-3-1-1042-E0"
ENTRY = Place(ID, XAUUSD, 0, 1, 12, MARKET, stop_loss=1_990_000, stop_id="TWK7QD-3-1-1042-S0")
LIMITED = ENTRY._replace(type=LIMIT, price=2_000_000)
CREATED = happened(
    "MARKET_ORDER", 11, instrument="XAU_USD", units="12", timeInForce="FOK", reason="CLIENT_ORDER",
    clientExtensions={"id": ID},
)  # fmt: skip
FILL = happened(
    "ORDER_FILL", 12, orderID="11", clientOrderID=ID, instrument="XAU_USD", units="12", requestedUnits="12",
    price="2000.100", pl="0.0000", financing="0.0000", commission="0.5000", accountBalance="9999.5000",
    reason="MARKET_ORDER", tradeOpened={"tradeID": "12", "units": "12", "price": "2000.100"},
)  # fmt: skip
STOP_MADE = happened(
    "STOP_LOSS_ORDER", 13, tradeID="12", price="1990.000", timeInForce="GTC", reason="ON_FILL",
    clientExtensions={"id": "TWK7QD-3-1-1042-S0"},
)  # fmt: skip


def placed(order, *answers, path="/orders", method="POST"):
    """Return what placing an order led to, and the script."""
    script = Scripted()
    script.says(method, path, *answers)
    return with_broker(script, lambda broker: broker.place(order)), script


def test_an_order_filled_at_once_is_accepted_and_filled_with_its_trade_and_its_cost():
    made = {"orderCreateTransaction": CREATED, "orderFillTransaction": FILL, "lastTransactionID": "12"}
    answer, script = placed(ENTRY, (201, made))

    assert answer.outcome == "taken"
    accepted, filled = answer.reports
    assert (accepted.kind, accepted.id, accepted.execution, accepted.broker_order) == (ACCEPTED, ID, "11", "11")
    assert (filled.kind, filled.id, filled.execution, filled.position) == (FILLED, ID, "12", "12")
    assert (filled.side, filled.quantity, filled.price, filled.amount, filled.realised) == (1, 12, 2_000_100, -50, 0)
    assert script.count("POST", "/orders") == 1


def test_201_with_a_halted_market_is_an_order_that_ended():
    """The real answer of the fixtures (`order/error/market_halted`): created, then cancelled, with status 201."""
    ended = happened("ORDER_CANCEL", 12, orderID="11", clientOrderID=ID, reason="MARKET_HALTED")
    answer, _ = placed(ENTRY, (201, {"orderCreateTransaction": CREATED, "orderCancelTransaction": ended}))

    assert answer.outcome == "taken"
    assert [(one.kind, one.reason) for one in answer.reports] == [(ACCEPTED, 0), (CANCELLED, MARKET_CLOSED)]


@pytest.mark.parametrize("status", [400, 404])
def test_a_rejected_order_is_refused_in_the_brokers_words(status):
    reject = happened(
        "MARKET_ORDER_REJECT", 11, instrument="XAU_USD", units="12", rejectReason="STOP_LOSS_ON_FILL_LOSS",
        clientExtensions={"id": ID}, reason="CLIENT_ORDER",
    )  # fmt: skip
    said = {"orderRejectTransaction": reject, "errorCode": "STOP_LOSS_ON_FILL_LOSS", "errorMessage": "It loses."}
    answer, _ = placed(ENTRY, (status, said))

    assert answer.outcome == "refused"
    assert [(one.kind, one.id, one.reason) for one in answer.reports] == [(REJECTED, ID, STOP_LOSS_ON_WRONG_SIDE)]
    assert answer.text == "STOP_LOSS_ON_FILL_LOSS: It loses."


def test_a_second_order_of_a_pending_id_is_refused():
    said = {"errorCode": "CLIENT_ORDER_ID_ALREADY_EXISTS", "errorMessage": "The client Order ID is in use."}
    answer, _ = placed(LIMITED, (400, said))

    assert (answer.outcome, answer.reports) == ("refused", ())


@pytest.mark.parametrize("status", [401, 429])
def test_a_refused_token_and_too_many_requests_are_a_clear_no(status):
    answer, script = placed(ENTRY, (status, {"errorMessage": "Insufficient authorization to perform request."}))

    assert answer.outcome == "refused"
    assert script.count("POST", "/orders") == 1


UNCLEAR = {
    "a read that times out": httpx.ReadTimeout("too slow"),
    "a connection that breaks": httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "a connection that is not made": httpx.ConnectError("no route"),
    "a server that failed": (500, {"errorMessage": "Internal Server Error"}),
    "a gateway that gave up": (504, "<html>504 Gateway Time-out</html>"),
    "a page of maintenance": (200, "<html><body>We will be back</body></html>"),
    "a refusal that is a page": (400, "<html>Bad Request</html>"),
    "a refusal without OANDA's words": (404, {"message": "no Route matched"}),
    "another place": (302, ""),
    "half a document": (201, '{"orderCreateTransaction": {"type": "MARKET_OR'),
    "a list": (201, "[]"),
    "an answer without a transaction": (201, {"lastTransactionID": "11"}),
    "a fill without a number": (201, {"orderFillTransaction": dict(FILL, id=None)}),
    "a fill of no size": (201, {"orderCreateTransaction": CREATED, "orderFillTransaction": dict(FILL, units="NaN")}),
    "half a unit": (201, {"orderCreateTransaction": CREATED, "orderFillTransaction": dict(FILL, units="0.5",
                          tradeOpened={"tradeID": "12", "units": "0.5"})}),
}  # fmt: skip


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_was_not_answered_clearly_is_unknown_and_was_sent_once(name):
    answer, script = placed(ENTRY, UNCLEAR[name])

    assert (answer.outcome, answer.reports) == ("unknown", ())
    assert answer.text
    assert script.count("POST", "/orders") == 1


def test_unknown_kinds_reasons_and_fields_are_passed_over():
    fill = dict(FILL, reason="BY_A_NEW_WAY", newField={"a": [1]})
    made = {"orderCreateTransaction": CREATED, "orderFillTransaction": fill, "moonTransaction": happened("MOON", 14)}
    answer, _ = placed(ENTRY, (201, made))

    assert [(one.kind, one.reason, one.text) for one in answer.reports][1:] == [(FILLED, 0, "BY_A_NEW_WAY")]


def test_what_is_left_of_an_order_that_had_to_be_filled_at_once_is_cancelled():
    fill = dict(FILL, units="5", tradeOpened={"tradeID": "12", "units": "5", "price": "2000.100"})
    answer, _ = placed(ENTRY, (201, {"orderCreateTransaction": CREATED, "orderFillTransaction": fill}))

    assert [(one.kind, one.quantity) for one in answer.reports] == [(ACCEPTED, 12), (FILLED, 5), (CANCELLED, 7)]
    assert answer.reports[2].reason == NOT_FILLED_AT_ONCE
    assert len({one.execution for one in answer.reports}) == 3


def test_an_id_that_is_not_ours_never_reaches_an_address():
    for order in (
        ENTRY._replace(id="../x"),
        ENTRY._replace(id="A" * 33),
        ENTRY._replace(closes=("1/2",), reduce_only=True),
    ):
        answer, script = placed(order, (201, {}))

        assert answer.outcome == "refused"
        assert script.count("POST", "/orders") == 0


def test_a_cancel_that_works_and_one_that_comes_too_late():
    done = {
        "orderCancelTransaction": happened("ORDER_CANCEL", 14, orderID="11", clientOrderID=ID, reason="CLIENT_REQUEST")
    }
    late = {
        "orderCancelRejectTransaction": happened(
            "ORDER_CANCEL_REJECT", 15, orderID="11", clientOrderID=ID, rejectReason="ORDER_DOESNT_EXIST"
        ),
        "errorCode": "ORDER_DOESNT_EXIST",
    }
    script = Scripted()
    script.says("PUT", "/orders/11/cancel", done, (404, late))
    script.says("PUT", f"/orders/@{ID}/cancel", (404, {"errorCode": "NO_SUCH_ORDER", "errorMessage": "none"}))
    script.says("GET", "/transactions/11", {"transaction": dict(CREATED, type="LIMIT_ORDER", timeInForce="GTC")})

    async def work(broker):
        return [await broker.cancel(one) for one in (Cancel(ID, "11"), Cancel(ID, "11"), Cancel(ID))]

    first, second, third = with_broker(script, work)
    assert (first.outcome, first.reports[0].kind, first.reports[0].instrument) == ("taken", CANCELLED, XAUUSD)
    assert (second.outcome, second.reports[0].kind) == ("refused", CANCEL_REJECTED)
    assert (third.outcome, third.reports[0].kind, third.reports[0].reason) == (
        "refused",
        CANCEL_REJECTED,
        NO_SUCH_ORDER,
    )


def test_a_changed_entry_is_a_new_order_under_our_new_id():
    new = "TWK7QD-3-1-1042-E1"
    living = {
        "id": "11", "type": "LIMIT", "instrument": "XAU_USD", "units": "12", "price": "2000.000", "timeInForce": "GTC",
        "state": "PENDING",
    }  # fmt: skip
    made = {
        "orderCancelTransaction": happened(
            "ORDER_CANCEL", 20, orderID="11", clientOrderID=ID, reason="CLIENT_REQUEST_REPLACED", replacedByOrderID="21"
        ),
        "orderCreateTransaction": happened(
            "LIMIT_ORDER", 21, instrument="XAU_USD", units="12", price="1999.000", reason="REPLACEMENT",
            replacesOrderID="11", clientExtensions={"id": new}, timeInForce="GTC",
        ),
    }  # fmt: skip
    script = Scripted()
    script.says("GET", "/orders/11", {"order": living})
    script.says("GET", "/transactions/11", {"transaction": dict(CREATED, type="LIMIT_ORDER")})
    refused = {"orderRejectTransaction": happened("LIMIT_ORDER_REJECT", 22, rejectReason="PRICE_INVALID",
               intendedReplacesOrderID="11", clientExtensions={"id": new}), "errorCode": "PRICE_INVALID"}  # fmt: skip
    script.says("PUT", "/orders/11", (201, made), (400, refused))
    change = Replace(ID, new, XAUUSD, 1_999_000, 0, 12, broker_order="11")

    async def work(broker):
        return [await broker.replace(change), await broker.replace(change)]

    done, not_done = with_broker(script, work)
    assert [(one.kind, one.id, one.price, one.quantity, one.broker_order) for one in done.reports] == [
        (REPLACED, new, 1_999_000, 12, "21")
    ]
    assert (not_done.outcome, [(one.kind, one.id) for one in not_done.reports]) == ("refused", [(REPLACE_REJECTED, ID)])


def test_a_changed_stop_is_told_with_the_size_of_its_trade():
    made = {
        "stopLossOrderCancelTransaction": happened(
            "ORDER_CANCEL", 30, orderID="13", clientOrderID="S0", reason="CLIENT_REQUEST_REPLACED"
        ),
        "stopLossOrderTransaction": happened(
            "STOP_LOSS_ORDER", 31, tradeID="12", price="1995.000", reason="REPLACEMENT", clientExtensions={"id": "S1"}
        ),
    }
    script = Scripted()
    script.says("PUT", "/trades/12/orders", made)
    script.says("GET", "/transactions/13", {"transaction": STOP_MADE})
    trade = {"id": "12", "instrument": "XAU_USD", "currentUnits": "12", "clientExtensions": {"id": ID}}
    script.says("GET", "/trades/12", {"trade": trade, "lastTransactionID": "13"})
    change = Replace("S0", "S1", XAUUSD, 0, 1_995_000, 12, position="12")

    answer = with_broker(script, lambda broker: broker.replace(change))
    assert [(one.kind, one.id, one.price, one.side, one.quantity, one.position) for one in answer.reports] == [
        (REPLACED, "S1", 1_995_000, -1, 12, "12")
    ]
    assert script.bodies("PUT", "/trades/12/orders")[0].keys() == {"stopLoss"}


def test_a_stop_put_back_belongs_to_its_trade():
    """Even where OANDA denies the trade for a moment after it was opened (read-after-write lag)."""
    order = Place("S1", XAUUSD, 0, -1, 12, STOP, trigger=1_990_000, role=STOP_LOSS, closes=("12",), reduce_only=True)
    script = Scripted()
    made = dict(STOP_MADE, clientExtensions={"id": "S1"}, reason="CLIENT_ORDER")
    script.says("POST", "/orders", (201, {"orderCreateTransaction": made}))
    lagging = (404, {"errorCode": "NO_SUCH_TRADE", "errorMessage": "not yet"})
    trade = {"id": "12", "instrument": "XAU_USD", "currentUnits": "12", "clientExtensions": {"id": ID}}
    script.says("GET", "/trades/12", lagging, lagging, {"trade": trade, "lastTransactionID": "12"})

    answer = with_broker(script, lambda broker: broker.place(order))
    assert [(one.kind, one.id, one.price, one.position) for one in answer.reports] == [
        (ACCEPTED, "S1", 1_990_000, "12")
    ]


def closing(trade, number, units):
    """Return what closing a trade makes."""
    return {
        "orderCreateTransaction": happened(
            "MARKET_ORDER", number, instrument="XAU_USD", units=units, timeInForce="FOK", reason="TRADE_CLOSE",
            tradeClose={"tradeID": trade, "units": units.lstrip("-")},
        ),
        "orderFillTransaction": happened(
            "ORDER_FILL", number + 1, orderID=str(number), instrument="XAU_USD", units=units, price="2001.000",
            pl="9.0000", accountBalance="10009.0000", reason="MARKET_ORDER_TRADE_CLOSE",
            tradesClosed=[{"tradeID": trade, "units": units, "realizedPL": "9.0000", "price": "2001.000"}],
        ),
    }  # fmt: skip


CLOSE = Place("TWK7QD-3-1-9-X0", XAUUSD, 0, -1, 15, MARKET, reduce_only=True, closes=("12", "14"))


def test_a_close_of_two_trades_is_two_requests_oldest_first_and_the_answer_tells_of_both():
    script = Scripted()
    open_trades = [{"id": "14", "instrument": "XAU_USD", "currentUnits": "8"},
                   {"id": "12", "instrument": "XAU_USD", "currentUnits": "12"}]  # fmt: skip
    script.says("GET", "/openTrades", {"trades": open_trades})
    script.says("PUT", "/trades/12/close", closing("12", 41, "-12"))
    script.says("PUT", "/trades/14/close", closing("14", 43, "-3"))

    answer = with_broker(script, lambda broker: broker.place(CLOSE))
    assert (answer.outcome, script.bodies("PUT", "/trades/12/close")) == ("taken", [{"units": "12"}])
    assert script.bodies("PUT", "/trades/14/close") == [{"units": "3"}]
    assert [(one.kind, one.id, one.quantity, one.position, one.realised) for one in answer.reports] == [
        (FILLED, CLOSE.id, 12, "12", 900),
        (FILLED, CLOSE.id, 3, "14", 900),
    ]


def test_a_close_of_which_a_part_is_gone_fills_the_rest_and_ends():
    script = Scripted()
    script.says(
        "GET",
        "/openTrades",
        {"trades": [{"id": one, "instrument": "XAU_USD", "currentUnits": "12"} for one in ("12", "14")]},
    )
    gone = {"orderRejectTransaction": happened("MARKET_ORDER_REJECT", 40, rejectReason="TRADE_DOESNT_EXIST",
            tradeClose={"tradeID": "12"}), "errorCode": "TRADE_DOESNT_EXIST"}  # fmt: skip
    script.says("PUT", "/trades/12/close", (404, gone))
    script.says("PUT", "/trades/14/close", closing("14", 43, "-3"))

    answer = with_broker(script, lambda broker: broker.place(CLOSE))
    assert [(one.kind, one.id, one.reason) for one in answer.reports][1] == (CANCELLED, CLOSE.id, POSITION_CLOSED)
    assert (answer.outcome, answer.reports[0].kind) == ("taken", FILLED)


def test_a_close_of_which_one_part_was_not_answered_is_unknown_and_tells_what_it_knows():
    script = Scripted()
    script.says(
        "GET",
        "/openTrades",
        {"trades": [{"id": one, "instrument": "XAU_USD", "currentUnits": "12"} for one in ("12", "14")]},
    )
    script.says("PUT", "/trades/12/close", closing("12", 41, "-12"))
    script.says("PUT", "/trades/14/close", httpx.ReadTimeout("slow"))

    answer = with_broker(script, lambda broker: broker.place(CLOSE))
    assert (answer.outcome, [one.kind for one in answer.reports]) == ("unknown", [FILLED])
    assert script.count("PUT", "/trades/14/close") == 1


def test_the_trade_is_marked_with_the_closing_order_before_it_is_closed():
    script = Scripted()
    trade = {"id": "12", "instrument": "XAU_USD", "currentUnits": "15", "clientExtensions": {"id": ID}}
    script.says("GET", "/trades/12", {"trade": trade, "lastTransactionID": "40"})
    script.says("PUT", "/trades/12/close", closing("12", 41, "-15"))
    with_broker(script, lambda broker: broker.place(CLOSE._replace(closes=("12",))))

    sent = [one.url.path.removeprefix(HOME) for one in script.asked if one.method == "PUT"]
    assert sent == ["/trades/12/clientExtensions", "/trades/12/close"]
    (mark,) = script.bodies("PUT", "/trades/12/clientExtensions")
    assert mark["clientExtensions"] == {"comment": f"closes for {CLOSE.id}", "id": ID, "tag": "tradewind"}


def test_the_token_stands_in_one_header_and_nowhere_else():
    script = Scripted()
    script.says("POST", "/orders", (400, {"errorMessage": f"bad token {SECRET}", "errorCode": "X"}))
    answer = with_broker(script, lambda broker: broker.place(ENTRY))

    assert SECRET not in repr(answer)
    assert all(one.headers["Authorization"] == f"Bearer {SECRET}" for one in script.asked)
    assert all(SECRET not in str(one.url) for one in script.asked)
