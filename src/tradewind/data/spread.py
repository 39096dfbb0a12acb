"""The spread of a bar that has no ask, in ticks.

A bar of bids alone does not say what a buyer paid. In order of preference (domain 7.1): the recorded ask,
which the tape uses directly and which never comes here; the spread the broker recorded for this very bar;
the median recorded at this minute of the week; what is typical of the instrument at this time of day
(domain 4.3).

The recorded spread of a bar is one moment of it, mostly a quiet one, so it is a lower bound: where the
median of its minute is wider, the median counts. 0 means not recorded. The minutes are New York's, because
that is where spreads widen. The medians are learned from the whole series and not from the stretch being
run: they are a property of the broker, like the commission, and a run must not change when its end is
moved.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind import money
from tradewind.data.series import History, Identity, Series
from tradewind.errors import BadData
from tradewind.markets.clock import DAY, HOUR, MINUTE, NEW_YORK, ROLL, changes, instant
from tradewind.markets.instruments import Instrument
from tradewind.markets.spreads import SpreadStep, spread_steps

Integers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

Recorded = tuple[Integers, Integers]
"""Times at which bars open, and their spreads in ticks."""

COUNT_AT_ONCE = 500_000
MINUTES_OF_WEEK = 7 * 1440
UNKNOWN = -1
FOREVER = (-(2**62), 2**62)

_MONDAY = 3 * 1440
"""1970-01-01 was a Thursday; minutes of the week count from Monday 00:00."""


Stress = Callable[[Integers], Floats]
"""By how much a usual spread has to be multiplied, at each instant."""


class SpreadSettings(NamedTuple):
    """What is typical where nothing was recorded, and what to multiply every spread by, recorded ones too."""

    instrument: Instrument | None = None
    scale: float = 1.0
    stress: Stress | None = None
    """Widens a spread that was not recorded: `stress.NewsStress`."""


class SpreadModel:
    """The spreads of one series of bars, looked up by the time a bar opens."""

    def __init__(self, history: History, series: Identity, tick_size: money.Number, settings: SpreadSettings) -> None:
        self._history = history
        self._series = Series(*series)
        self._tick_size = tick_size
        self._settings = settings
        self._medians: Integers | None = None

    def ticks(self, ts: Integers, recorded: Floats | None = None) -> Integers:
        """Return the spread of bars that open at `ts`, unscaled; `recorded` in price units, else NaN or 0."""
        if self._medians is None:
            self._medians = learned(self._history, self._series, self._tick_size)
        spread = self._medians[minute_of_week(ts)]
        unknown = spread == UNKNOWN
        if unknown.any():
            spread[unknown] = self._typical(ts[unknown])
        if self._settings.stress is not None:
            spread = stressed(spread, self._settings.stress(ts), recorded)
        if recorded is not None:
            np.maximum(spread, in_ticks(recorded, self._tick_size), out=spread)
        return spread

    def scaled(self, spread: Integers) -> Integers:
        """Return spreads times the scale of the settings; a part of a tick is a whole one."""
        if self._settings.scale == 1.0:
            return spread
        wider: Floats = np.ceil(spread * self._settings.scale - 1e-9)
        return wider.astype(np.int64)

    def _typical(self, ts: Integers) -> Integers:
        instrument = self._settings.instrument
        if instrument is None:
            raise BadData(
                f"Nothing says what the spread of {self._series.symbol} ({self._series.feed}) was.",
                "Import its ask series, or name a broker profile that has the instrument.",
            )
        return typical(instrument, ts, self._tick_size)


def stressed(usual: Integers, factor: Floats, recorded: Floats | None) -> Integers:
    """Return usual spreads times `factor` where none was recorded; a part of a tick is a whole one."""
    if recorded is not None:
        factor = np.where(recorded > 0, 1.0, factor)
    wider: Floats = np.ceil(usual * factor - 1e-9)
    return wider.astype(np.int64)


def typical(instrument: Instrument, ts: Integers, tick_size: money.Number) -> Integers:
    """Return what the profile calls typical at each instant, in ticks; the widest on closed dates."""
    steps = []
    days = trading_days(ts)
    for day in days[np.flatnonzero(np.diff(days, prepend=-1))].tolist():
        closed = SpreadStep(instant(day - 1, ROLL, NEW_YORK), instrument.spread.roll)
        steps += spread_steps(instrument, day) or [closed]
    widths = np.array([money.ticks(step.spread, tick_size) for step in steps], dtype=np.int64)
    places = np.searchsorted([step.ts for step in steps], ts, side="right") - 1
    return widths[places]


def new_york(ts: Integers) -> Integers:
    """Return what a clock in New York shows at each instant, as wall nanoseconds; `ts` need not be sorted."""
    known = changes(NEW_YORK)
    if not len(ts):
        return ts
    first, last = np.searchsorted(known.instants, (ts.min(), ts.max()), side="right") - 1
    if first == last:
        return ts + known.offsets[int(first)]
    places = np.searchsorted(np.array(known.instants), ts, side="right") - 1
    wall: Integers = ts + np.array(known.offsets)[places]
    return wall


def minute_of_week(ts: Integers) -> Integers:
    """Return the minute of New York's week at each instant, 0 on Monday 00:00."""
    minutes: Integers = (new_york(ts) // MINUTE + _MONDAY) % MINUTES_OF_WEEK
    return minutes


def trading_days(ts: Integers) -> Integers:
    """Return the day number of the trading date each instant belongs to."""
    return (new_york(ts) + 7 * HOUR) // DAY


def in_ticks(spread: Floats, tick_size: money.Number) -> Integers:
    """Return spreads in price units as ticks, 0 where absent or not recorded."""
    ticks = np.zeros(len(spread), dtype=np.int64)
    known = spread > 0
    if known.any():
        ticks[known] = money.ticks_array(spread[known], tick_size)[0]
    return ticks


def learned(history: History, series: Series, tick_size: money.Number) -> Integers:
    """Return the median recorded spread by minute of the week, UNKNOWN where none was recorded."""
    counted = [_counts(*part) for part in _some_at_once(_recorded(history, series, tick_size))]
    medians = np.full(MINUTES_OF_WEEK, UNKNOWN, dtype=np.int64)
    if counted:
        counts = pl.concat(counted).group_by("minute", "spread").agg(pl.col("len").sum()).sort("minute", "spread")
        # The upper of two middle values: a cost is not rounded down.
        middle = pl.col("len").cum_sum().over("minute") * 2 > pl.col("len").sum().over("minute")
        found = counts.filter(middle).group_by("minute", maintain_order=True).first()
        medians[found["minute"].to_numpy()] = found["spread"].to_numpy()
    return medians


def _counts(ts: Integers, spread: Integers) -> pl.DataFrame:
    return pl.DataFrame({"minute": minute_of_week(ts), "spread": spread}).group_by("minute", "spread").len()


def _some_at_once(parts: Iterator[Recorded]) -> Iterator[Recorded]:
    """Join months until they are worth counting, so that neither their number nor their length matters."""
    ready: list[Recorded] = []
    for part in parts:
        ready.append(part)
        if sum(len(ts) for ts, _ in ready) > COUNT_AT_ONCE:
            yield _joined(ready)
            ready = []
    if ready:
        yield _joined(ready)


def _joined(parts: list[Recorded]) -> Recorded:
    return np.concatenate([ts for ts, _ in parts]), np.concatenate([spread for _, spread in parts])


def _recorded(history: History, series: Series, tick_size: money.Number) -> Iterator[Recorded]:
    """Yield (times, spreads) of the bars whose spread is known, a month at a time."""
    asks = history.find(series.symbol, series.feed, "ask", series.timeframe) if series.side == "bid" else ()
    if asks:
        for ask in history.bars(asks[0].series, *FOREVER, ("ts", "close")):
            yield from _between(history, series, ask, tick_size)
        return
    for frame in history.bars(series, *FOREVER, ("ts", "spread")):
        if frame["spread"].null_count() < frame.height:
            spread = in_ticks(frame["spread"].to_numpy(), tick_size)
            known = spread > 0
            yield frame["ts"].to_physical().to_numpy()[known], spread[known]


def _between(history: History, series: Series, ask: pl.DataFrame, tick_size: money.Number) -> Iterator[Recorded]:
    """Yield (times, ask close - bid close) where both sides have a bar and do not cross."""
    times = ask["ts"].to_physical()
    for bid in history.bars(series, int(times[0]), int(times[-1]) + 1, ("ts", "close")):
        both = bid.join(ask, on="ts", suffix="_ask").filter(pl.col("close_ask") > pl.col("close"))
        if both.height:
            high, low = (money.ticks_array(both[name].to_numpy(), tick_size)[0] for name in ("close_ask", "close"))
            yield both["ts"].to_physical().to_numpy(), high - low
