"""Bars of sessions and of trading days, made of finer prices and stored as series of their own.

A London bar is London's 08:00 to 17:00 on every date, and a day is 17:00 to 17:00 in New York, whatever clocks were
changed. `XAUUSD.LONDON` and `XAUUSD.DAY` are what such series are called, so that nobody takes them for prices of gold
that a run may trade on. A bar is made only when its session is over and all of it lies within the stored prices.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.series import BARS, NS, SPREAD_DIGITS, TICKS, Held, History, Outcome, Series, timeframe_name
from tradewind.errors import TradewindError, UnknownName
from tradewind.markets.clock import NEW_YORK, ROLL, instant, trading_day
from tradewind.markets.hours import market_hours
from tradewind.markets.instruments import Instrument
from tradewind.markets.sessions import SESSION_IDS, SESSION_NAMES, session_windows

DAY = "DAY"
NAMES = (DAY, *SESSION_IDS)
USUAL = (DAY, "TOKYO", "LONDON", "NEWYORK", "NY_CASH")
DAY_SECONDS = 86_400

_TIME = pl.Datetime("ns", "UTC")
_FOLDED = (
    pl.col("open").first(),
    pl.col("high").max(),
    pl.col("low").min(),
    pl.col("close").last(),
    pl.col("volume").sum(),
    pl.col("spread").drop_nulls().last(),
)


class Window(NamedTuple):
    """When a session opens and closes, and from when on its instrument trades; ns UTC."""

    opens: int
    closes: int
    trades: int


def is_session(symbol: str) -> bool:
    """Whether a stored series is bars of sessions: `XAUUSD.LONDON`."""
    return symbol.rpartition(".")[2] in NAMES and "." in symbol


def store_session_bars(
    history: History,
    symbol: str,
    instrument: Instrument,
    names: Sequence[str] = USUAL,
    *,
    feed: str | None = None,
    side: str = "bid",
    since: int | None = None,
) -> Mapping[Series, Outcome]:
    """Store the bars of sessions that are over, from the moment `since` on, and say what each write did.

    They are made of the finest prices of the feed; where several feeds hold the instrument, one must be named.
    """
    for name in names:
        if name not in NAMES:
            raise UnknownName("session", name, NAMES)
    base = _finest(history, symbol, feed, side)
    series = Series(*base.series)
    windows = _windows(instrument, base, since)
    made = _made(history, series, {name: windows[name] for name in names if windows[name]})
    written: dict[Series, Outcome] = {}
    for name, frame in made.items():
        if not frame.is_empty():
            own = Series(f"{symbol}.{name}", BARS, DAY_SECONDS, series.feed, side)
            source = f"made of {symbol} {timeframe_name(series.timeframe)} {series.feed} {series.side}"
            written[own] = history.write(own, frame, {"file": source, "session": name, "clock": "UTC"})
    return written


def _finest(history: History, symbol: str, feed: str | None, side: str) -> Held:
    """Return the series to make bars of."""
    found = [held for held in history.find(symbol, feed) if Series(*held.series).side in {side, "both"}]
    feeds = sorted({Series(*held.series).feed for held in found})
    if not found:
        raise TradewindError(f"There is no {side} of {symbol} to make bars of.", "See `tradewind data list`.")
    if len(feeds) > 1:
        raise TradewindError(f"Several feeds hold {symbol}: {', '.join(feeds)}.", "Name one with --feed.")
    return found[0]


def _windows(instrument: Instrument, base: Held, since: int | None) -> dict[str, list[Window]]:
    """Return the sessions that lie wholly within the stored prices, by name, in order of time."""
    series = Series(*base.series)
    known = base.last + series.timeframe * NS
    found: dict[str, list[Window]] = {name: [] for name in NAMES}
    for day in range(trading_day(base.first), trading_day(known) + 1):
        spans = market_hours(instrument).intervals(day)
        if not spans:
            continue
        whole = (instant(day - 1, ROLL, NEW_YORK), instant(day, ROLL, NEW_YORK))
        named = {SESSION_NAMES[number]: span for number, span in session_windows(day, instrument)}
        for name, (opens, closes) in {DAY: whole, **named}.items():
            window = Window(opens, closes, max(opens, spans[0][0]))
            if closes <= known and base.first <= window.trades and (since is None or opens >= since):
                found[name].append(window)
    return found


def _made(history: History, series: Series, windows: Mapping[str, list[Window]]) -> dict[str, pl.DataFrame]:
    """Return the bars of each session; the prices are read once."""
    if not windows:
        return {}
    step = max(series.timeframe, 1) * NS
    for name, spans in windows.items():
        if any(window.opens % step or window.closes % step for window in spans):
            message = f"Bars of {timeframe_name(series.timeframe)} are too coarse for {name}."
            raise TradewindError(message, "Import finer ones.")
    start = min(spans[0].opens for spans in windows.values())
    end = max(spans[-1].closes for spans in windows.values())
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in windows}
    for frame in _prices(history, series, start, end):
        for name, spans in windows.items():
            parts[name].append(_folded(frame, spans))
    return {name: _joined(pieces) for name, pieces in parts.items()}


def _prices(history: History, series: Series, start: int, end: int) -> Iterator[pl.DataFrame]:
    """Yield bars with their times as numbers; a tick is a bar without height that counts as one."""
    if series.kind == TICKS:
        for frame in history.ticks(series, start, end):
            price = [pl.col("bid").alias(name) for name in ("open", "high", "low", "close")]
            spread = (pl.col("ask") - pl.col("bid")).round(SPREAD_DIGITS).alias("spread")
            yield frame.select(pl.col("ts").to_physical(), *price, pl.lit(1.0).alias("volume"), spread)
        return
    for frame in history.bars(series, start, end):
        yield frame.with_columns(pl.col("ts").to_physical())


def _folded(frame: pl.DataFrame, spans: Sequence[Window]) -> pl.DataFrame:
    """Return the prices of each session in one row, as far as the frame has them."""
    opens, closes = (np.array([window[place] for window in spans], dtype=np.int64) for place in (0, 1))
    ts = frame["ts"].to_numpy()
    place = np.searchsorted(opens, ts, side="right") - 1
    inside = (place >= 0) & (ts < closes[place])
    rows = frame.filter(pl.Series(inside)).with_columns(ts=pl.Series(opens[place[inside]]))
    return rows.group_by("ts", maintain_order=True).agg(_FOLDED)


def _joined(pieces: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return one row a session: those that lie in two frames are put together."""
    rows = pl.concat(pieces)
    return rows.group_by("ts", maintain_order=True).agg(_FOLDED).with_columns(pl.col("ts").cast(_TIME))
