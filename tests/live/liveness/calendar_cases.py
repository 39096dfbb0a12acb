"""What the tests of the live calendar share: what it is made of, a toy history, and streams put together."""

from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.legs import Leg
from tradewind.data.series import Series
from tradewind.data.spread import SpreadSettings
from tradewind.data.tape import tape
from tradewind.kernel.records import BAR, EVENT, EVENT_KINDS, QUOTE
from tradewind.liveness.calendar import RAW, LiveCalendar
from tradewind.liveness.entries import MadeOf, Position, entries_from
from tradewind.markets.blackout import NewsRules
from tradewind.markets.clock import day_clock
from tradewind.markets.loading import load_profile
from tradewind.markets.releases import shipped_versions

PROFILE = load_profile("metatrader")
GOLD, US30, EURUSD = (PROFILE.instrument(symbol) for symbol in ("XAUUSD", "US30", "EURUSD"))
CLOCKS = ((1, day_clock("prop")), (2, day_clock("server")))
RULES = NewsRules(lock=(2, 2), flatten_before=20)
MADE_OF = MadeOf((US30, GOLD, EURUSD), 2, CLOCKS, shipped_versions(), RULES, edges=True)
TIMEFRAMES = (60, 300, 14_400, 86_400)
TICKS = Series("XAUUSD", "ticks", 0, "test", "both")
MINUTES = Series("US30", "bars", 60, "test", "bid")
EVER = (-(2**62), 2**62)


class Held(NamedTuple):
    """One series of the toy."""

    series: Series
    first: int
    last: int
    version: str = ""


class Shelf:
    """The toy history: gold as ticks and the index as minutes."""

    def __init__(self, ticks, minutes=None):
        self.frames = ({} if minutes is None else {MINUTES: minutes}) | {TICKS: ticks}

    def find(self, symbol, feed=None, side=None, timeframe=None):
        asked = {"symbol": symbol, "feed": feed, "side": side, "timeframe": timeframe}
        return [
            Held(series, *frame["ts"].to_physical()[[0, -1]].to_list())
            for series, frame in self.frames.items()
            if all(getattr(series, name) == value for name, value in asked.items() if value is not None)
        ]

    def bars(self, series, start_ns, end_ns, columns=None):
        frame = self.frames[series].select(columns or pl.all())
        yield frame.filter(pl.col("ts").to_physical().is_between(start_ns, end_ns, closed="left"))

    ticks = bars

    def keep(self, *_):
        """Nothing is kept."""

    kept = keep


def recorded(shelf, start, made_of=MADE_OF):
    """Return the whole tape of what lies on the shelf, with the calendar, without its last TIME."""
    listed = {MINUTES: (0, US30), TICKS: (1, GOLD)}
    legs = [
        Leg(number, one.symbol, [series], one.tick_size, SpreadSettings(one, 1.0))
        for series, (number, one) in listed.items()
        if series in shelf.frames
    ]
    return joined([block.copy() for block in tape(shelf, legs, entries_from(made_of, Position(start)), *EVER)])[:-1]


def ns(text):
    """Return an instant written as 2025-01-31T12:00 in ns UTC."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def times(moments):
    return pl.Series("ts", np.asarray(moments, dtype=np.int64)).cast(pl.Datetime("ns", "UTC"))


def ticks_at(moments):
    bid = 2000 + np.arange(len(moments)) % 50 / 100
    return pl.DataFrame({"ts": times(moments), "bid": bid, "ask": bid + 0.3})


def minutes_at(opens):
    close = 40_000 + np.arange(len(opens)) % 90 / 10
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close}
    return pl.DataFrame({"ts": times(opens), **columns, "volume": 5.0, "spread": 1.0})


def joined(parts):
    """Return rows one after the other, byte for byte."""
    return np.concatenate([np.zeros(0, RAW), *(part.view(RAW) for part in parts)]).view(EVENT)


def assert_same(found, expected):
    """Two arrays of rows are equal, byte for byte; the first that differs is shown."""
    length = min(len(found), len(expected))
    different = np.flatnonzero(found.view(RAW)[:length] != expected.view(RAW)[:length])
    if len(different):
        place = different[0]
        raise AssertionError(f"row {place}: {shown(found[place])} instead of {shown(expected[place])}")
    assert len(found) == len(expected)


def shown(row):
    return EVENT_KINDS[int(row["kind"])], str(row["ts"].astype("M8[ns]")), int(row["instrument"])


def prices_of(rows):
    return rows.view(RAW)[rows["kind"] <= BAR].view(EVENT)


def calendar_at(start, made_of=MADE_OF, timeframes=TIMEFRAMES):
    return LiveCalendar(made_of, Position(start), timeframes)


def lived(calendar, prices):
    """Yield the stream that prices make with a calendar, no clock running."""
    columns = (prices[name].tolist() for name in ("kind", "ts", "span"))
    for place, (kind, ts, span) in enumerate(zip(*columns, strict=True)):
        before = calendar.before_quote(ts) if kind == QUOTE else calendar.before_bar(ts, span)
        if len(before):
            yield before
        yield prices[place : place + 1]
