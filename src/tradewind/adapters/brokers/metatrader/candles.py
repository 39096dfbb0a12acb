"""Bars of the terminal: bid prices by the server's clock, with one spread a bar that stands for all of it."""

from collections.abc import Iterator
from typing import Any

from tradewind.adapters.brokers.metatrader.listing import Listed, Listing
from tradewind.broker import BrokerRefused, BrokerUnreachable, Candle
from tradewind.markets.clock import SECOND

_TIMEFRAMES = {60 * minutes: minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)}
_TIMEFRAMES |= {3600 * hours: 0x4000 | hours for hours in (1, 2, 3, 4, 6, 8, 12)}
MOST = 4000
"""Bars of one question."""


def questions(listing: Listing, seconds: int, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (timeframe, first, last + 1 second of the server's clock) that together cover [start, end)."""
    if seconds not in _TIMEFRAMES:
        raise BrokerRefused(f"The terminal has no bars of {seconds} s that do not depend on its midnight.")
    while start < end:
        until = min(end, start + MOST * seconds * SECOND)
        yield _TIMEFRAMES[seconds], listing.server_s(start), listing.server_s(until - 1) + 1
        start = until


def candles_of(answer: Any, row: Listed, listing: Listing, seconds: int) -> list[Candle]:
    """Return the bars of an answer, in UTC and ticks."""
    if not isinstance(answer, list):
        raise BrokerUnreachable("The bridge's answer is not understood: it has no bars.")
    return [_candle(each, row, listing, seconds) for each in answer]


def _candle(bar: Any, row: Listed, listing: Listing, seconds: int) -> Candle:
    if not (isinstance(bar, list) and len(bar) == 7 and all(isinstance(part, int | float) for part in bar)):
        raise BrokerUnreachable("The bridge's answer is not understood: a bar is none.")
    opens, *prices = (int(bar[0]), *(row.ticks(float(price)) for price in bar[1:5]))
    spread = round(bar[6] * row.instrument.point / row.instrument.tick_size)
    first, high, low, last = prices
    if not 0 < low <= min(first, last) <= max(first, last) <= high or spread < 0:
        raise BrokerUnreachable("The bridge's answer is not understood: a bar's prices contradict each other.")
    ask = (first + spread, high + spread, low + spread, last + spread)
    return Candle(row.place, listing.utc(opens * 1000), seconds, (first, high, low, last), ask, int(bar[5]))
