"""Closed bars of OANDA: what its stream, sampled at four prices a second, does not tell.

A request spans at most 4999 bars, so that it does not matter whether its end belongs to it; bars of hours and days
are aligned to 17:00 New York as ours are. Only what OANDA calls complete is a bar.
"""

from collections.abc import Iterator

from tradewind.adapters.brokers.oanda.listing import Listed
from tradewind.adapters.brokers.oanda.reading import Json, inner, listed, moment, number, whole, written
from tradewind.broker import BrokerRefused, BrokerUnreachable, Candle

GRANULARITIES = (
    {count: f"S{count}" for count in (5, 10, 15, 30)}
    | {60 * count: f"M{count}" for count in (1, 2, 4, 5, 10, 15, 30)}
    | {3600 * count: f"H{count}" for count in (1, 2, 3, 4, 6, 8, 12)}
    | {86_400: "D"}
)
COUNT = 4999


def questions(seconds: int, start: int, end: int) -> Iterator[dict[str, str]]:
    """Yield the parameters of the requests that cover [start, end)."""
    if seconds not in GRANULARITIES:
        raise BrokerRefused(f"OANDA has no bars of {seconds} seconds.", f"It has: {', '.join(GRANULARITIES.values())}.")
    length = COUNT * seconds * 10**9
    while start < end:
        last = min(start + length, end)
        yield {
            "price": "BA",
            "granularity": GRANULARITIES[seconds],
            "from": written(start),
            "to": written(last),
            "smooth": "false",
            "dailyAlignment": "17",
            "alignmentTimezone": "America/New_York",
        }
        start = last


def candles_of(answer: Json, row: Listed, seconds: int) -> list[Candle]:
    """Return the complete bars of an answer, oldest first; an answer about something else is none."""
    if answer.get("instrument") != row.name or answer.get("granularity") != GRANULARITIES[seconds]:
        raise BrokerUnreachable(f"OANDA answered a question for bars of {row.name} with others.")
    found = [one for one in listed(answer, "candles", needed=True) if one.get("complete") is True]
    return [
        Candle(row.place, moment(one, "time"), seconds, _corners(one, "bid", row), _corners(one, "ask", row),
               whole(one, "volume"))
        for one in found
    ]  # fmt: skip


def _corners(candle: Json, side: str, row: Listed) -> tuple[int, int, int, int]:
    prices = inner(candle, side)
    opened, high, low, closed = (row.exactly(number(prices, name)) for name in "ohlc")
    if not low <= min(opened, closed) <= max(opened, closed) <= high:
        raise BrokerUnreachable(f"OANDA's bar of {row.name} has its {side} open or close outside its high and low.")
    return opened, high, low, closed
