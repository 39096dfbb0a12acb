"""OANDA's own client, `v20`, drives the simulator."""

import pytest

from live.simulated_oanda import simulated_oanda

v20 = pytest.importorskip("v20", reason="the foreign client v20 is not installed")
from v20.transaction import StopLossDetails  # noqa: E402 - only where the client is

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:v20", "ignore::ResourceWarning")


@pytest.fixture
def venue():
    with simulated_oanda() as running:
        yield running


@pytest.fixture
def client(venue):
    return v20.Context(
        "127.0.0.1", venue.port, ssl=False, token=venue.token, datetime_format="RFC3339", stream_timeout=20
    )


def test_the_official_client_trades_from_entry_to_close(venue, client):
    number = venue.account
    accounts = client.account.list().get("accounts", 200)
    names = {one.name for one in client.account.instruments(number).get("instruments", 200)}
    entered = client.order.market(
        number, instrument="EUR_USD", units=1000, stopLossOnFill=StopLossDetails(price="1.07000")
    )
    trade = client.trade.list_open(number).get("trades", 200)[0]
    refused = client.order.limit(number, instrument="EUR_USD", units=1000, price="1.070001")
    told = client.transaction.since(number, id=entered.get("orderCreateTransaction", 201).id).get("transactions", 200)
    closed = client.trade.close(number, trade.id)

    assert [one.id for one in accounts] == [number]
    assert {"EUR_USD", "XAU_USD", "US30_USD"} <= names
    assert entered.get("orderFillTransaction", 201).price == 1.0802
    assert (trade.currentUnits, trade.stopLossOrder.price) == (1000, 1.07)
    assert refused.get("errorCode", 400) == "PRICE_PRECISION_EXCEEDED"
    assert [one.type for one in told] == ["ORDER_FILL", "STOP_LOSS_ORDER", "LIMIT_ORDER_REJECT"]
    assert closed.get("orderFillTransaction", 200).pl == pytest.approx(-0.2)
    assert client.account.summary(number).get("account", 200).openTradeCount == 0


def test_the_official_client_streams_prices_and_transactions(venue, client):
    kinds = []
    for kind, message in client.pricing.stream(venue.account, instruments="EUR_USD,XAU_USD").parts():
        kinds.append((kind, getattr(message, "instrument", None)))
        if len(kinds) == 2:
            venue.price("XAU_USD", "2410.000", "2410.400")
        if kind == "pricing.ClientPrice" and message.bids[0].price == 2410.0:
            break
    said = []
    for kind, message in client.transaction.stream(venue.account).parts():
        if not said:
            client.order.market(venue.account, instrument="XAU_USD", units=-1)
        said.append(kind)
        if message.type == "ORDER_FILL":
            break

    assert kinds[:2] == [("pricing.ClientPrice", "EUR_USD"), ("pricing.ClientPrice", "XAU_USD")]
    assert said[0] == "transaction.TransactionHeartbeat"
    assert said[-1] == "transaction.Transaction"


def test_the_official_client_is_told_that_its_token_is_wrong(venue):
    stranger = v20.Context("127.0.0.1", venue.port, ssl=False, token="wrong")  # noqa: S106 - it is nobody's

    answer = stranger.account.list()

    assert answer.status == 401
    assert answer.body["errorMessage"] == "Insufficient authorization to perform request."
