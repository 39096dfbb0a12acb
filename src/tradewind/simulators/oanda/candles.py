"""Candles made of the quotes that were fed in: bid, mid and ask, from five seconds to a month.

Bars of five seconds and of a minute are kept, as many as `KEPT` of each; longer ones are put together when they are
asked for. Days begin at `dailyAlignment` o'clock in `alignmentTimezone` (17, New York), weeks on `weeklyAlignment`
(Friday), as OANDA aligns them. A candle exists where there was a quote, and is complete when its end has passed.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tradewind.simulators.oanda.wire import SECOND, Document, with_places

KEPT = 100_000
SECONDS = {
    **{f"S{n}": n for n in (5, 10, 15, 30)},
    **{f"M{n}": n * 60 for n in (1, 2, 4, 5, 10, 15, 30)},
    **{f"H{n}": n * 3600 for n in (1, 2, 3, 4, 6, 8, 12)},
    "D": 86_400,
    "W": 604_800,
    "M": 2_592_000,
}
"""Granularities and how long they are; a month is what the calendar says."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Corners = tuple[Decimal, Decimal, Decimal, Decimal]


class Bar(NamedTuple):
    """Prices from `start`, ns UTC."""

    start: int
    bid: Corners
    mid: Corners
    ask: Corners
    volume: int


class Alignment(NamedTuple):
    """Where days and weeks begin."""

    hour: int = 17
    zone: str = "America/New_York"
    weekday: str = "Friday"


class Candles:
    """The bars of one instrument."""

    def __init__(self) -> None:
        self._kept: dict[int, list[Bar]] = {5: [], 60: []}

    def add(self, ts: int, bid: Decimal, ask: Decimal) -> None:
        """A quote is part of the bars it falls into."""
        for seconds, bars in self._kept.items():
            start = ts - ts % (seconds * SECOND)
            corners = [(price,) * 4 for price in (bid, (bid + ask) / 2, ask)]
            one = Bar(start, corners[0], corners[1], corners[2], 1)
            if bars and bars[-1].start == start:
                bars[-1] = _joined(bars[-1], one, start)
            elif not bars or bars[-1].start < start:
                bars.append(one)
            if len(bars) > KEPT * 2:
                del bars[:KEPT]

    def bars(self, granularity: str, alignment: Alignment, start: int, end: int) -> Iterator[Bar]:
        """Yield the bars that begin in [start, end), oldest first."""
        kept = self._kept[5 if granularity.startswith("S") else 60]
        opened = open_of(granularity, alignment, max(start, 0))
        first = bisect_left(kept, opened, key=lambda bar: bar.start)
        current: Bar | None = None
        for bar in kept[first:]:
            begins = open_of(granularity, alignment, bar.start)
            if begins >= end:
                break
            if current is not None and current.start == begins:
                current = _joined(current, bar, begins)
                continue
            if current is not None and current.start >= start:
                yield current
            current = bar._replace(start=begins)
        if current is not None and current.start >= start:
            yield current


def _joined(one: Bar, other: Bar, start: int) -> Bar:
    """Return two bars as one, the later second."""
    bid, mid, ask = (
        (first[0], max(first[1], second[1]), min(first[2], second[2]), second[3])
        for first, second in zip((one.bid, one.mid, one.ask), (other.bid, other.mid, other.ask), strict=True)
    )
    return Bar(start, bid, mid, ask, one.volume + other.volume)


def open_of(granularity: str, alignment: Alignment, moment: int) -> int:
    """Return when the bar that a moment falls into begins, ns UTC."""
    seconds = SECONDS[granularity]
    if seconds <= 3600:
        return moment - moment % (seconds * SECOND)
    zone = ZoneInfo(alignment.zone)
    local = datetime.fromtimestamp(moment // SECOND, UTC).astimezone(zone).replace(tzinfo=None)
    day = (local - timedelta(hours=alignment.hour)).replace(hour=0, minute=0, second=0)
    if granularity == "W":
        day -= timedelta(days=(day.weekday() - WEEKDAYS.index(alignment.weekday)) % 7)
    elif granularity == "M":
        day = day.replace(day=1)
    begins = day + timedelta(hours=alignment.hour)
    if seconds < SECONDS["D"]:
        begins += timedelta(seconds=(local - begins).total_seconds() // seconds * seconds)
    return int(begins.replace(tzinfo=zone).timestamp()) * SECOND


def close_of(granularity: str, alignment: Alignment, start: int) -> int:
    """Return when the bar that begins at `start` ends, ns UTC."""
    # No bar but a month is more than an hour longer than its name, and none shorter than two thirds of it.
    length = SECONDS[granularity] * SECOND
    if SECONDS[granularity] <= 3600:
        return start + length
    return open_of(granularity, alignment, start + length + length // 12)


def candle(bar: Bar, parts: Sequence[str], digits: int, *, complete: bool) -> Document:
    """Return a bar as the wire shows it; `parts` are some of bid, mid, ask."""
    shown: Document = {"complete": complete, "volume": bar.volume, "time": bar.start}
    for part in parts:
        corners = {"bid": bar.bid, "mid": bar.mid, "ask": bar.ask}[part]
        shown[part] = {name: with_places(price, digits) for name, price in zip("ohlc", corners, strict=True)}
    return shown
