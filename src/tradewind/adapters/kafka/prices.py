"""A broker whose prices come from a topic: everything else is asked of the broker itself, if there is one."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from tradewind.adapters.kafka.feed import TopicPrices
from tradewind.broker import (
    Broker,
    BrokerRefused,
    Candle,
    Capabilities,
    Heartbeat,
    Link,
    Login,
    Quote,
    Report,
)

NOTHING = Capabilities(
    broker="topic", id_scope="none", id_window_s=0.0, lookup_by_id=False, lookup_lag_s=0.0, lateness_s=0.0,
    request_expiry=False, attached_stops=True, replaces_in_place=True, execution_ids=True, catch_up="none",
    position_mode="either", cancel_all="none", exclusive_session=False, quotes_per_second=0.0, tried="",
    tells_money=False, tells_bars=False,
)  # fmt: skip
"""Of a desk that fills its orders itself."""


class FedBroker:
    """A broker with the prices of a feed service."""

    def __init__(self, inner: Broker, prices: TopicPrices) -> None:
        """`inner` is asked everything but prices."""
        self._inner, self._prices = inner, prices
        self.capabilities = inner.capabilities

    def quotes(self) -> AsyncIterator[Quote | Heartbeat | Link]:
        """Prices from the topic."""
        return self._prices.quotes()

    def __getattr__(self, name: str) -> Any:
        """Return what the broker has of that name."""
        return getattr(self._inner, name)


class PricesOnly:
    """Prices of a feed service for paper trading: there is no account behind them."""

    def __init__(self, prices: TopicPrices, currency: str) -> None:
        """The account is in `currency`."""
        self._prices, self._currency = prices, currency
        self.capabilities = NOTHING

    async def open(self) -> Login:
        """An account of nobody."""
        return Login("paper", True, self._currency, False, 0)

    async def close(self) -> None:
        """There is nothing to close."""

    def quotes(self) -> AsyncIterator[Quote | Heartbeat | Link]:
        """Prices from the topic."""
        return self._prices.quotes()

    async def reports(self) -> AsyncIterator[Report | Heartbeat | Link]:
        """Nothing is reported: the desk fills its own orders."""
        return
        yield

    async def clock_offset(self) -> int:
        """The feed's service keeps the clock."""
        return 0

    async def candles(self, instrument: int, seconds: int, start: int, end: int) -> Sequence[Candle]:
        """There is nobody to ask."""
        raise BrokerRefused(f"A topic tells no bars of instrument {instrument}: {seconds} s from {start} to {end}.")
