"""The most used client of others, `oandapyV20`, drives the simulator."""

import warnings

import pytest

from live.simulated_oanda import simulated_oanda

oandapy = pytest.importorskip("oandapyV20", reason="the foreign client oandapyV20 is not installed")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its text has escapes that Python no longer wants
    from oandapyV20.endpoints import accounts, orders, pricing, trades, transactions
    from oandapyV20.exceptions import V20Error
    from oandapyV20.oandapyV20 import TRADING_ENVIRONMENTS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:oandapyV20", "ignore::ResourceWarning")


@pytest.fixture
def venue():
    with simulated_oanda() as running:
        yield running


@pytest.fixture
def client(venue, monkeypatch):
    monkeypatch.setitem(TRADING_ENVIRONMENTS, "practice", {"stream": venue.url, "api": venue.url})
    return oandapy.API(access_token=venue.token)


def ask(client, request):
    return client.request(request)


def test_a_foreign_client_trades_from_entry_to_close(venue, client):
    number = venue.account
    order = {"type": "MARKET", "instrument": "XAU_USD", "units": "2", "stopLossOnFill": {"distance": "10"}}
    listed = ask(client, accounts.AccountInstruments(number, params={"instruments": "XAU_USD"}))
    entered = ask(client, orders.OrderCreate(number, {"order": order}))
    trade = ask(client, trades.OpenTrades(number))["trades"][0]
    with pytest.raises(V20Error) as refused:
        ask(client, orders.OrderCreate(number, {"order": {**order, "units": "0.5"}}))
    told = ask(client, transactions.TransactionsSinceID(number, {"id": entered["orderCreateTransaction"]["id"]}))
    closed = ask(client, trades.TradeClose(number, trade["id"], {"units": "1"}))
    remaining = ask(client, trades.TradeDetails(number, trade["id"]))["trade"]

    assert [one["displayPrecision"] for one in listed["instruments"]] == [3]
    assert entered["orderFillTransaction"]["price"] == "2400.500"
    assert trade["stopLossOrder"]["price"] == "2390.500"
    assert "UNITS_PRECISION_EXCEEDED" in str(refused.value)
    assert [one["type"] for one in told["transactions"]] == ["ORDER_FILL", "STOP_LOSS_ORDER", "MARKET_ORDER_REJECT"]
    assert closed["orderFillTransaction"]["tradeReduced"]["realizedPL"] == "-0.4000"
    assert (remaining["state"], remaining["currentUnits"]) == ("OPEN", "1")


def test_a_foreign_client_streams_a_price(venue, client):
    stream = pricing.PricingStream(venue.account, params={"instruments": "EUR_USD"})
    kinds, prices = [], []
    for message in ask(client, stream):
        kinds.append(message["type"])
        if message["type"] == "PRICE":
            prices.append(message["closeoutBid"])
        if len(prices) == 1:
            venue.price("EUR_USD", "1.08100", "1.08120")
        if len(prices) == 2 and "HEARTBEAT" in kinds:
            break

    assert prices == ["1.08000", "1.08100"]


@pytest.mark.usefixtures("client")
def test_a_foreign_client_is_told_that_its_token_is_wrong():
    stranger = oandapy.API(access_token="wrong")  # noqa: S106 - it is nobody's

    with pytest.raises(V20Error, match="Insufficient authorization"):
        ask(stranger, accounts.AccountList())
