"""Which curves price a series: those learned on purpose, or else one of the whole series, learned once and kept.

Curves are kept in the history, beside the series they were learned from, each with the span it is meant for:

    spread-curves    learned on purpose (`tradewind data spreads learn`), any number, by date
    spread-learned   the one of the whole series, made when a run first needs it, again when the series changes
    spread-levels    the level of every recorded date against each of these

The one of the whole series tells a bar of January what was usual until December: a spread is a property of the
broker, like the commission, and a run must not change when its end is moved. Who does not want that learns
curves by date: a bar is priced by the last curve that began before it, and nothing after that curve's span counts.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from tradewind import money
from tradewind.data.series import History, Series
from tradewind.data.spread import FOREVER, Period, SpreadSettings, trading_days
from tradewind.data.spread_curve import ordinary_days, shape_of
from tradewind.data.spread_document import Curve, packed, read, unpacked, written
from tradewind.data.spread_level import Levels, levels_of
from tradewind.data.spread_samples import asks_of, samples, told_by
from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.markets.clock import DAY
from tradewind.markets.instruments import Instrument

CURVES, LEARNED, LEVELS = "spread-curves", "spread-learned", "spread-levels"

METHOD = 1
"""Changes whenever the same samples would give another curve or other levels."""

BEFORE = 30 * DAY
"""How long before its span a curve is compared with what was recorded, so that its first day has a level."""


def curves_of(history: History, series: Series, tick_size: money.Number, settings: SpreadSettings) -> list[Curve]:
    """Return the curves for a series by the beginning of their validity; none where nothing was recorded."""
    feed = settings.feed or series.feed
    kept = kept_curves(history, series.symbol, feed)
    if kept:
        return kept
    if settings.feed is not None:
        series = best_source(history, series.symbol, feed, tick_size)
    whole = whole_curve(history, series, tick_size, settings.instrument)
    return [whole] if whole.shape.samples else []


def kept_curves(history: History, symbol: str, feed: str) -> list[Curve]:
    """Return the curves that were learned on purpose for a feed, by the beginning of their validity."""
    found = [curve for held in history.find(symbol, feed) for curve in _kept(history, Series(*held.series))]
    return sorted(found, key=lambda curve: (curve.valid[0], curve.learned))


def keep_curves(history: History, curves: Iterable[Curve]) -> None:
    """The curves are kept, in place of those of their feed that are meant for, or learned from, the same times."""
    new = list(curves)
    feeds = {(curve.series.symbol, curve.series.feed) for curve in new}
    for symbol, feed in sorted(feeds):
        for held in history.find(symbol, feed):
            series = Series(*held.series)
            before = _readable(history, series)
            after = [curve for curve in before if not any(_replaces(one, curve) for one in new)]
            after += [curve for curve in new if curve.series == series]
            if after != before:
                history.keep(series, CURVES, {"curves": [written(curve) for curve in after]})


def learned_curve(
    history: History, series: Series, instrument: Instrument, learned: Period, valid: Period = FOREVER
) -> Curve:
    """Return the curve of a span of one series, meant for another span or the same; nothing is kept."""
    return _learned(history, series, instrument.tick_size, instrument, (learned, valid))


def whole_curve(history: History, series: Series, tick_size: money.Number, instrument: Instrument | None) -> Curve:
    """Return the curve of all a series tells, from the history if it has been learned before."""
    key = _key(history, series, tick_size, instrument)
    document = history.kept(series, LEARNED)
    if document is not None and document.get("key") == key:
        return read(document["curve"])
    curve = _learned(history, series, tick_size, instrument, (FOREVER, FOREVER))
    _keep(history, series, LEARNED, {"key": key, "curve": written(curve)})
    return curve


def levels(history: History, curve: Curve, instrument: Instrument | None, until: int = FOREVER[1]) -> Levels:
    """Return the level of every date at which a curve is used, to `until`; from the history if they are known."""
    key = _key(history, curve.series, curve.tick_size, instrument)
    document = history.kept(curve.series, LEVELS) or {}
    if document.get("key") != key:
        document = {"key": key, "levels": {}}
    name = f"{curve.digest} {until}"
    found = document["levels"].get(name)
    if found is not None:
        return Levels(found["first_day"], unpacked(found["per_mille"]))
    told = samples(history, curve.series, curve.tick_size, (max(curve.valid[0] - BEFORE, FOREVER[0]), until))
    made = levels_of(told, curve.shape.median, ordinary_days(instrument))
    document["levels"][name] = {"first_day": made.first_day, "per_mille": packed(made.per_mille)}
    _keep(history, curve.series, LEVELS, document)
    return made


def best_source(history: History, symbol: str, feed: str, tick_size: money.Number, period: Period = FOREVER) -> Series:
    """Return the finest series of a feed that tells spreads on most of the dates on which any of them does."""
    held = [Series(*one.series) for one in history.find(symbol, feed)]
    if not held:
        raise UnknownName(f"feed of {symbol} in the history", feed, {one.series[3] for one in history.find(symbol)})
    dates = {series: _dates(history, series, tick_size, period) for series in held if series.side in ("bid", "both")}
    most = max(dates.values(), default=0)
    if not most:
        raise BadData(
            f"No spread of {symbol} ({feed}) was recorded in that time.",
            "Import its ticks, its asks, or bars with a spread; or choose another feed.",
        )
    return next(series for series in held if dates.get(series, 0) >= 0.9 * most)


def _dates(history: History, series: Series, tick_size: money.Number, period: Period) -> int:
    """Return on how many trading dates a series tells a spread."""
    days: set[int] = set()
    for part in samples(history, series, tick_size, period):
        days |= set(np.unique(trading_days(part.ts)).tolist())
    return len(days)


def _learned(
    history: History,
    series: Series,
    tick_size: money.Number,
    instrument: Instrument | None,
    periods: tuple[Period, Period],
) -> Curve:
    told = samples(history, series, tick_size, periods[0])
    shape = shape_of(told, series.timeframe, ordinary_days(instrument))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Curve(series, told_by(history, series), money.decimal(tick_size), *periods, now, shape)


def _kept(history: History, series: Series) -> list[Curve]:
    document = history.kept(series, CURVES)
    return [read(one) for one in document["curves"]] if document else []


def _readable(history: History, series: Series) -> list[Curve]:
    """Return the kept curves, none where they are damaged: learning again is how that is mended."""
    try:
        return _kept(history, series)
    except TradewindError:
        return []


def _keep(history: History, series: Series, name: str, document: Mapping[str, Any]) -> None:
    """Remember what can be found again, where the history lets itself be written to."""
    with contextlib.suppress(OSError):
        history.keep(series, name, document)


def _replaces(new: Curve, old: Curve) -> bool:
    spans = ((new.valid, old.valid), (new.learned, old.learned))
    return any(one[0] < other[1] and other[0] < one[1] for one, other in spans)


def _key(history: History, series: Series, tick_size: money.Number, instrument: Instrument | None) -> str:
    """Return what changes when the same curve would be learned differently."""
    sides = [series, asks_of(history, series)]
    versions = [one.version for side in sides if side for one in history.find(*_asked(side)) if one.series == side]
    closed = repr((instrument.hours, sorted(instrument.holidays()))) if instrument else ""
    text = repr((METHOD, versions, str(Decimal(money.decimal(tick_size))), closed))
    return hashlib.sha256(text.encode()).hexdigest()


def _asked(series: Series) -> tuple[str, str, str, int]:
    return series.symbol, series.feed, series.side, series.timeframe
