"""A modern client of others, `fivetwenty` (httpx, pydantic), drives the simulator."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest

from live.simulated_oanda import simulated_oanda

fivetwenty = pytest.importorskip("fivetwenty", reason="the foreign client fivetwenty is not installed")


class ToVenue(httpx.AsyncHTTPTransport):
    """Takes every request to the simulator, whatever host it names."""

    def __init__(self, port):
        super().__init__()
        self._port = port

    async def handle_async_request(self, request):
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


@pytest.fixture
def venue():
    with simulated_oanda() as running:
        yield running


@asynccontextmanager
async def client_of(venue, token=None):
    async with httpx.AsyncClient(base_url="https://oanda.test/v3", transport=ToVenue(venue.port)) as http:
        yield fivetwenty.AsyncClient(token=token or venue.token, account_id=venue.account, transport=http)


def test_a_modern_client_trades_from_entry_to_close(venue):
    async def trade():
        async with client_of(venue) as client:
            number = venue.account
            listed = await client.accounts.get_account_instruments(number)
            entered = await client.orders.post_market_order(number, "US30_USD", 2, stop_loss=Decimal("38900.0"))
            opened = await client.trades.get_open_trades(number)
            with pytest.raises(fivetwenty.FiveTwentyError) as refused:
                await client.orders.post_market_order(number, "US30_USD", Decimal(100_000))
            told = await client.transactions.get_transactions_since_id(number, "3")
            closed = await client.trades.close_trade(number, "4")
            return listed, entered, opened, refused.value, told, closed

    listed, entered, opened, refused, told, closed = asyncio.run(trade())

    assert "US30_USD" in {str(one["name"] if isinstance(one, dict) else one.name) for one in listed["instruments"]}
    assert entered["orderFillTransaction"].price == Decimal("39001.5")
    assert [one.stop_loss_order.price for one in opened["trades"]] == [Decimal("38900.0")]
    assert "UNITS_LIMIT_EXCEEDED" in f"{refused!r} {vars(refused)}"
    assert [str(getattr(one.type, "value", one.type)) for one in told["transactions"]] == [
        "ORDER_FILL", "STOP_LOSS_ORDER", "MARKET_ORDER_REJECT",
    ]  # fmt: skip
    assert closed["orderFillTransaction"].pl == Decimal("-3.0000")


def test_a_modern_client_streams_prices_and_transactions(venue):
    async def listen():
        seen, said = [], []
        async with client_of(venue) as client:
            async for message in client.pricing.get_pricing_stream(venue.account, ["EUR_USD"]):
                seen.append(type(message).__name__)
                if len(seen) == 1:
                    await asyncio.to_thread(venue.price, "EUR_USD", "1.08100", "1.08120")
                if "PricingHeartbeat" in seen and seen.count("ClientPrice") == 2:
                    break
            async for message in client.transactions.get_transactions_stream(venue.account):
                if not said:
                    await client.orders.post_market_order(venue.account, "EUR_USD", -100)
                said.append(type(message).__name__)
                if said[-1].startswith("OrderFill"):
                    break
        return seen, said

    seen, said = asyncio.run(listen())

    assert seen[0] == "ClientPrice"
    assert said[0] == "TransactionHeartbeat"
    assert said[-1] == "OrderFillTransaction"


def test_a_modern_client_is_told_that_its_token_is_wrong(venue):
    async def stranger():
        async with client_of(venue, token="wrong") as client:  # noqa: S106 - it is nobody's
            await client.accounts.get_accounts()

    with pytest.raises(fivetwenty.FiveTwentyError, match="Insufficient authorization"):
        asyncio.run(stranger())
