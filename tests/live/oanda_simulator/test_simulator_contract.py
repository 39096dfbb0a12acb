"""Every route, answered well and badly, is what OANDA's contract says; so are the fixtures that real accounts gave."""

import json

import pytest
from desk_cases import HAS_CONTRACT, NUMBER, client

from live.oanda_contract import check, check_answer, contract
from live.simulated_oanda import FIXTURES
from tradewind.simulators.oanda.desk import ROUTES
from tradewind.simulators.oanda.instruments import from_file

pytestmark = pytest.mark.skipif(not HAS_CONTRACT, reason="no vendor files: OANDA's contract is not here")

STOP = {"price": "1.07000", "clientExtensions": {"id": "the stop", "tag": "S"}}
SESSION = [
    ("GET", "", {}, {}, 200),
    ("GET", "/summary", {}, {}, 200),
    ("GET", "/instruments", {}, {}, 200),
    ("GET", "/instruments", {}, {"instruments": "EUR_USD,XAU_USD"}, 200),
    ("GET", "/instruments", {}, {"instruments": "BTC_USD"}, 400),
    ("PATCH", "/configuration", {"alias": "mine", "marginRate": "0.05"}, {}, 200),
    ("PATCH", "/configuration", {"marginRate": "7"}, {}, 400),
    ("GET", "/pricing", {}, {"instruments": "EUR_USD,USD_JPY", "includeHomeConversions": "true"}, 200),
    ("GET", "/pricing", {}, {}, 400),
    ("POST", "/orders", {"order": {"instrument": "EUR_USD", "units": "1000", "stopLossOnFill": STOP,
        "takeProfitOnFill": {"price": "1.10000"}, "trailingStopLossOnFill": {"distance": "0.01"},
        "clientExtensions": {"id": "entry"}, "tradeClientExtensions": {"id": "trade"}}}, {}, 201),
    ("POST", "/orders", {"order": {"instrument": "EUR_USD", "units": "-300", "timeInForce": "IOC"}}, {}, 201),
    ("POST", "/orders", {"order": {"type": "STOP", "instrument": "USD_JPY", "units": "500", "price": "151",
        "priceBound": "152", "timeInForce": "GTD", "gtdTime": "2030-01-01T00:00:00Z"}}, {}, 201),
    ("POST", "/orders", {"order": {"type": "MARKET_IF_TOUCHED", "instrument": "XAU_USD", "units": "-1",
        "price": "1990", "timeInForce": "GFD"}}, {}, 201),
    ("POST", "/orders", {"order": {"type": "LIMIT", "instrument": "XAU_USD", "units": 1, "price": 1990.5,
        "clientExtensions": {"id": "limit"}, "positionFill": "OPEN_ONLY", "triggerCondition": "MID"}}, {}, 201),
    ("POST", "/orders", {"order": {"type": "LIMIT", "instrument": "XAU_USD", "units": "0"}}, {}, 400),
    ("POST", "/orders", {"order": {"type": "BANANA"}}, {}, 400),
    ("POST", "/orders", {"order": {"type": "TAKE_PROFIT", "tradeID": "77", "price": "1.2"}}, {}, 404),
    ("POST", "/orders", {}, {}, 400),
    ("GET", "/orders", {}, {"state": "ALL", "count": "5"}, 200),
    ("GET", "/orders", {}, {"state": "MAYBE"}, 400),
    ("GET", "/pendingOrders", {}, {}, 200),
    ("GET", "/orders/@entry", {}, {}, 200),
    ("GET", "/orders/@nobody", {}, {}, 404),
    ("PUT", "/orders/@limit/clientExtensions", {"clientExtensions": {"tag": "L"},
        "tradeClientExtensions": {"id": "gold"}}, {}, 200),
    ("PUT", "/orders/@limit/clientExtensions", {}, {}, 400),
    ("PUT", "/orders/99/clientExtensions", {"clientExtensions": {"tag": "L"}}, {}, 404),
    ("PUT", "/orders/@limit", {"order": {"type": "LIMIT", "instrument": "XAU_USD", "units": "1", "price": "1980",
        "clientExtensions": {"id": "limit"}}}, {}, 201),
    ("PUT", "/orders/@limit", {"order": {"type": "STOP", "instrument": "XAU_USD", "units": "1", "price": "2080"}}, {},
     400),
    ("PUT", "/orders/99", {"order": {"type": "STOP", "instrument": "XAU_USD", "units": "1", "price": "2080"}}, {}, 404),
    ("PUT", "/orders/@limit/cancel", {}, {}, 200),
    ("PUT", "/orders/@limit/cancel", {}, {}, 404),
    ("GET", "/trades", {}, {"state": "ALL", "instrument": "EUR_USD"}, 200),
    ("GET", "/openTrades", {}, {}, 200),
    ("GET", "/trades/@trade", {}, {}, 200),
    ("GET", "/trades/99", {}, {}, 404),
    ("PUT", "/trades/@trade/clientExtensions", {"clientExtensions": {"comment": "hold"}}, {}, 200),
    ("PUT", "/trades/@trade/clientExtensions", {}, {}, 400),
    ("PUT", "/trades/@nobody/clientExtensions", {"clientExtensions": {"comment": "x"}}, {}, 404),
    ("PUT", "/trades/@trade/orders", {"stopLoss": {"price": "1.06"}, "takeProfit": None}, {}, 200),
    ("PUT", "/trades/@trade/orders", {"stopLoss": {"price": "1.06", "distance": "0.1"}}, {}, 400),
    ("PUT", "/trades/@nobody/orders", {}, {}, 404),
    ("PUT", "/trades/@trade/close", {"units": "200"}, {}, 200),
    ("PUT", "/trades/@trade/close", {"units": "20000"}, {}, 400),
    ("PUT", "/trades/99/close", {}, {}, 404),
    ("GET", "/positions", {}, {}, 200),
    ("GET", "/openPositions", {}, {}, 200),
    ("GET", "/positions/EUR_USD", {}, {}, 200),
    ("GET", "/positions/XAG_USD", {}, {}, 404),
    ("PUT", "/positions/EUR_USD/close", {"longUnits": "ALL", "shortUnits": "ALL"}, {}, 404),
    ("PUT", "/positions/EUR_USD/close", {"longUnits": "ALL"}, {}, 200),
    ("PUT", "/positions/EUR_USD/close", {}, {}, 400),
    ("GET", "/changes", {}, {"sinceTransactionID": "2"}, 200),
    ("GET", "/changes", {}, {"sinceTransactionID": "999"}, 416),
    ("GET", "/transactions", {}, {"pageSize": "10", "type": "ORDER"}, 200),
    ("GET", "/transactions", {}, {"pageSize": "0"}, 400),
    ("GET", "/transactions/1", {}, {}, 200),
    ("GET", "/transactions/999", {}, {}, 404),
    ("GET", "/transactions/idrange", {}, {"from": "1", "to": "9"}, 200),
    ("GET", "/transactions/idrange", {}, {"from": "9", "to": "1"}, 400),
    ("GET", "/transactions/sinceid", {}, {"id": "5"}, 200),
    ("GET", "/transactions/sinceid", {}, {"id": "999"}, 416),
    ("GET", "/transactions/sinceid", {}, {"id": "x"}, 400),
    ("GET", "/instruments/EUR_USD/candles", {}, {"price": "MBA", "granularity": "M1", "count": "10"}, 200),
    ("GET", "/instruments/EUR_USD/candles", {}, {"granularity": "M7"}, 400),
    ("DELETE", "/summary", {}, {}, 405),
]  # fmt: skip
"""What a client asks, one after the other, and the status it gets."""


def test_every_answer_of_a_session_is_of_its_definition():
    one = client()
    statuses = []
    for method, below, body, query, _ in SESSION[:-1]:
        statuses.append((method, below, one.ask(method, below, body, **query)[0]))

    assert statuses == [(method, below, status) for method, below, _, _, status in SESSION[:-1]]


def test_the_session_asks_every_route():
    asked = {(method, answered) for method, below, _, _, _ in SESSION for answered in _patterns(method, below)}

    assert asked >= {(method, pattern) for method, pattern, _ in ROUTES}


def _patterns(method, below):
    import re  # noqa: PLC0415 - only here

    return [pattern for kind, pattern, _ in ROUTES if kind == method and re.fullmatch(pattern, below)]


def test_transaction_ids_have_no_gap_and_stand_in_every_answer():
    one = client()
    for method, below, body, query, _ in SESSION[:-1]:
        _, answer = one.ask(method, below, body, **query)
        if "lastTransactionID" in answer:
            assert answer["lastTransactionID"] == one.book.last
    ids = [int(each["id"]) for each in one.get("/transactions/sinceid", id="0")["transactions"]]

    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) > 40


def test_a_wrong_method_an_unknown_place_and_a_foreign_account_are_refused():
    from tradewind.simulators.oanda.desk import Ask  # noqa: PLC0415 - only here

    desk = client().desk
    statuses = [
        desk.handle(Ask(method, path)).status
        for method, path in (
            ("DELETE", f"/v3/accounts/{NUMBER}/summary"),
            ("GET", f"/v3/accounts/{NUMBER}/nothing"),
            ("GET", "/v3/users/1"),
            ("GET", "/v3/accounts/101-001-7654321-001/summary"),
            ("GET", "/v3/accounts/mine/summary"),
        )
    ]

    assert statuses == [405, 404, 404, 403, 400]


def test_the_instruments_of_a_real_account_can_be_traded():
    listed = from_file(FIXTURES / "instruments.json")

    assert len(listed) == 124
    assert (listed["US30_USD"].digits, listed["US30_USD"].trail[0]) == (1, 5)
    for one in listed.values():
        check("Instrument", one.record)


REAL = {
    "account/account_summary": ("GET", "/summary", 200),
    "order/error/market_halted": ("POST", "/orders", 201),
    "order/replace": ("PUT", "/orders/1", 201),
    "order/cancel_order": ("PUT", "/orders/1/cancel", 200),
    "order/stop_loss_order": ("POST", "/orders", 201),
    "trade/open_trades": ("GET", "/openTrades", 200),
    "position/positions": ("GET", "/positions", 200),
}


@pytest.mark.parametrize("name", REAL)
def test_the_check_accepts_what_real_accounts_answered(name):
    """A check that real answers do not pass would hold the simulator to something else; `partialFill` is newer."""
    method, below, status = REAL[name]
    text = (FIXTURES / "responses" / f"{name}.json").read_text(encoding="utf-8")
    body = json.loads(text, object_hook=lambda each: {k: v for k, v in each.items() if k != "partialFill"})

    check_answer(method, f"/v3/accounts/{NUMBER}{below}", status, body)


def test_the_check_notices_a_field_of_the_wrong_type_and_an_unknown_one():
    good = client().get("/summary")["account"]
    for bad in ({**good, "balance": 1.0}, {**good, "ballance": "1"}):
        with pytest.raises(AssertionError, match="AccountSummary"):
            check("AccountSummary", bad)

    assert "AccountSummary" in contract()["definitions"]
