"""The spread of a bar that has no ask, in ticks.

A bar of bids alone does not say what a buyer paid. In order of preference (domain 7.1): the recorded ask,
which the tape uses directly and which never comes here; the curve of what was usual at that minute of New York's
week, times the level of the days before; what is typical of the instrument at that time of day (domain 4.3).

The spread that the broker recorded for this very bar is the smallest of the bar, so it is a lower bound: where
it is wider than all that, it counts. 0 means not recorded.

A bar longer than a minute is priced with the mean over its minutes. Where several curves are kept, a bar is
priced by the last one whose span began before it, and before the first one by what is typical.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tradewind import money
from tradewind.data.series import History, Identity, Series
from tradewind.data.spread import (
    FOREVER,
    MINUTES_OF_WEEK,
    MONDAY,
    UNKNOWN,
    Floats,
    Integers,
    SpreadSettings,
    in_ticks,
    new_york,
    stressed,
    typical,
)
from tradewind.data.spread_curve import over
from tradewind.data.spread_kept import curves_of, levels
from tradewind.data.spread_level import NONE, Factors, factors_of
from tradewind.errors import BadData
from tradewind.markets.clock import MINUTE, ROLL

if TYPE_CHECKING:
    from tradewind.data.spread_document import Curve

UNUSUAL = -8.0
"""Stays below 0 whatever a level makes of it."""


class Priced(NamedTuple):
    """One curve, ready to be asked for bars of one length."""

    usual: Floats
    """Ticks by minute of the week, UNUSUAL where the curve says nothing."""
    factors: Factors

    def ticks(self, ts: Integers) -> Integers:
        """Return the spread of bars that open at rising `ts`, below 0 where the curve says nothing."""
        minutes = new_york(ts) // MINUTE
        spread = self.usual[(minutes + MONDAY) % MINUTES_OF_WEEK]
        # The trading date begins at 17:00; a factor holds for all of it.
        first, last = ((int(minute) + 1440 - ROLL) // 1440 for minute in (minutes[0], minutes[-1]))
        days = np.arange(first, last + 1)
        edges = np.searchsorted(minutes, days * 1440 - (1440 - ROLL))
        spread *= np.repeat(self.factors.at(days), np.diff(edges, append=len(ts)))
        spread += 0.5
        return spread.astype(np.int64)


class SpreadModel:
    """The spreads of one series of bars, looked up by the time a bar opens."""

    def __init__(self, history: History, series: Identity, tick_size: money.Number, settings: SpreadSettings) -> None:
        self._history = history
        self._series = Series(*series)
        self._tick_size = tick_size
        self._settings = settings
        self._curves: list[Curve] | None = None
        self._ready: dict[int, Priced] = {}

    def ticks(self, ts: Integers, recorded: Floats | None = None) -> Integers:
        """Return the spread of bars that open at rising `ts`, unscaled; `recorded` in price units, else NaN or 0."""
        spread = self._usual(ts)
        unknown = spread < 0
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

    def _usual(self, ts: Integers) -> Integers:
        """Return what the curves say, below 0 where none says anything."""
        if self._curves is None:
            self._curves = curves_of(self._history, self._series, self._tick_size, self._settings)
        edges = np.searchsorted(ts, [curve.valid[0] for curve in self._curves]).tolist()
        parts = [np.full(edges[0] if edges else len(ts), UNKNOWN, dtype=np.int64)]
        for place, (start, end) in enumerate(pairwise([*edges, len(ts)] if edges else [])):
            if end > start:
                parts.append(self._priced(place).ticks(ts[start:end]))
        return np.concatenate(parts) if len(parts) != 2 or len(parts[0]) else parts[1]

    def _priced(self, place: int) -> Priced:
        """Return a curve, made ready when a bar first needs it; the first time ever this may read all its series."""
        if place not in self._ready:
            settings, curves = self._settings, self._curves or []
            curve = curves[place]
            until = curves[place + 1].valid[0] if place + 1 < len(curves) else FOREVER[1]
            usual = over(curve.ticks(self._tick_size), self._series.timeframe)
            level = levels(self._history, curve, settings.instrument, until) if settings.follow else NONE
            self._ready[place] = Priced(np.where(usual == UNKNOWN, UNUSUAL, usual), factors_of(level))
            self._note(curve.digest)
        return self._ready[place]

    def _note(self, digest: str) -> None:
        """Write down which curve priced which series."""
        if self._settings.used is not None:
            name = " ".join(str(part) for part in self._series)
            known = self._settings.used.get(name, "").split()
            self._settings.used[name] = " ".join(sorted({*known, digest}))

    def _typical(self, ts: Integers) -> Integers:
        instrument = self._settings.instrument
        if instrument is None:
            raise BadData(
                f"Nothing says what the spread of {self._series.symbol} ({self._series.feed}) was.",
                "Import its ask series, or name a broker profile that has the instrument.",
            )
        return typical(instrument, ts, self._tick_size)
