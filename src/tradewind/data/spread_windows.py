"""What a person sees of a curve: the windows of one trading date, beside what the profile calls typical."""

from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.series import History, Series, timeframe_name
from tradewind.data.spread import FOREVER, UNKNOWN, Integers, SpreadSettings, minute_of_week
from tradewind.data.spread_document import Curve
from tradewind.data.spread_kept import curves_of, levels
from tradewind.data.spread_learning import feed_with_spreads
from tradewind.data.spread_level import factors_of
from tradewind.errors import BadData
from tradewind.markets.clock import MINUTE, NEW_YORK, day_close, day_date, from_utc, trading_day, utc_datetime
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile
from tradewind.markets.spreads import spread_steps

LEAP = 14
"""No market we know is shut for two weeks."""
HALF_HOUR = 30 * MINUTE
BLOCKS = "▁▂▃▄▅▆▇█"


class View(NamedTuple):
    """A curve at a trading date."""

    curve: Curve
    instrument: Instrument
    day: int
    level: float
    """What the curve is multiplied by on that date."""
    windows: list[dict[str, Any]]
    halves: list[float | None]
    """The spread of every half hour from 17:00 to 17:00 New York, in price units, level included."""


def view(history: History, symbol: str, feed: str | None, *, profile: str, at: int | None = None) -> View:
    """Return the curve that prices bars of a feed at a moment (ns UTC), or at the last one it was learned from."""
    instrument = load_profile(profile).instrument(symbol)
    feed = feed or feed_with_spreads(history, symbol, instrument)
    series = Series(symbol, "bars", 60, feed, "bid")
    found = curves_of(history, series, instrument.tick_size, SpreadSettings(instrument, feed=feed))
    moment = max(curve.shape.last for curve in found) if at is None else at
    place = max((number for number, curve in enumerate(found) if curve.valid[0] <= moment), default=None)
    if place is None:
        first = utc_datetime(found[0].valid[0])
        raise BadData(
            f"The first spread curve of {symbol} ({feed}) is meant for {first:%Y-%m-%d} and later.",
            "Ask for a later moment; before it the profile's typical spreads are used.",
        )
    curve = found[place]
    until = found[place + 1].valid[0] if place + 1 < len(found) else FOREVER[1]
    day = _open_day(instrument, trading_day(moment))
    level = float(factors_of(levels(history, curve, instrument, until)).at(np.array([day]))[0])
    return View(curve, instrument, day, level, _windows(curve, instrument, day, level), _halves(curve, day, level))


def papers(curve: Curve) -> dict[str, Any]:
    """Return what a curve was learned from and is meant for, as plain data; moments are ns UTC, null without end."""
    shape = curve.shape
    return {
        "series": list(curve.series),
        "told_by": curve.told_by,
        "first": shape.first,
        "last": shape.last,
        "samples": shape.samples,
        "days": shape.days,
        "left_out": shape.left_out,
        "valid": [None if moment in FOREVER else moment for moment in curve.valid],
        "created": curve.created,
        "digest": curve.digest,
    }


def sentence(curve: Curve) -> str:
    """Return where a curve comes from, for a person."""
    shape, series = curve.shape, curve.series
    source = f"{timeframe_name(series.timeframe)} bars ({curve.told_by})" if series.timeframe else curve.told_by
    meant = f", from {_day(curve.valid[0])} on" if curve.valid[0] not in FOREVER else ""
    return (
        f"{series.symbol} {series.feed}{meant}: learned from {source}, "
        f"{_day(shape.first)} to {_day(shape.last)}, {shape.samples:,} samples on {shape.days:,} trading dates, "
        f"{shape.left_out:,} holidays and half days left out; {curve.digest[:10]}"
    )


def document(seen: View) -> dict[str, Any]:
    """Return a view as plain data for machines."""
    return {
        "symbol": seen.curve.series.symbol,
        "feed": seen.curve.series.feed,
        "date": str(day_date(seen.day)),
        "level": round(seen.level, 3),
        "digits": seen.instrument.digits,
        "windows": seen.windows,
        "half_hours": seen.halves,
        "curve": papers(seen.curve),
    }


def lines(seen: View) -> list[str]:
    """Return what stands under the table of a view."""
    known = [value for value in seen.halves if value is not None]
    digits = seen.instrument.digits
    span = f" {min(known):.{digits}f} to {max(known):.{digits}f}" if known else ""
    return [
        f"17:00 {sparkline(seen.halves)} 17:00 New York, charged by half hours{span}",
        f"level {seen.level:.2f}: charged = median x level, the median of up to five recorded dates before",
        sentence(seen.curve),
    ]


def sparkline(values: list[float | None]) -> str:
    """Return one block a value, the widest full; a dot where nothing is known."""
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    return "".join(
        "·" if value is None else BLOCKS[min(int(value / top * len(BLOCKS)), len(BLOCKS) - 1)] for value in values
    )


def _windows(curve: Curve, instrument: Instrument, day: int, level: float) -> list[dict[str, Any]]:
    steps = spread_steps(instrument, day)
    rows = []
    for step, (opens, closes) in zip(steps, pairwise([*(step.ts for step in steps), _ends(day)]), strict=True):
        minutes = minute_of_week(np.arange(opens, closes, MINUTE, dtype=np.int64))
        median, ninety = (_mean(column[minutes]) for column in (curve.shape.median, curve.shape.ninety))
        rows.append(
            {
                "window": step.window,
                "from": f"{from_utc(opens, NEW_YORK):%H:%M}",
                "to": f"{from_utc(closes, NEW_YORK):%H:%M}",
                "samples_a_minute": round(float(curve.shape.counts[minutes].mean()), 1),
                **_both("median", median, curve, instrument),
                **_both("ninety", ninety, curve, instrument),
                **_both("charged", None if median is None else median * level, curve, instrument),
                "typical": float(step.spread),
            }
        )
    return rows


def _both(name: str, ticks: float | None, curve: Curve, instrument: Instrument) -> dict[str, float | None]:
    """Return a width in price units and in points."""
    if ticks is None:
        return {name: None, f"{name}_points": None}
    width = ticks * float(curve.tick_size)
    return {name: round(width, instrument.digits + 1), f"{name}_points": round(width / float(instrument.point), 1)}


def _halves(curve: Curve, day: int, level: float) -> list[float | None]:
    starts = range(_ends(day - 1), _ends(day), HALF_HOUR)
    means = [_mean(curve.shape.median[minute_of_week(np.arange(start, start + HALF_HOUR, MINUTE))]) for start in starts]
    unit = float(curve.tick_size) * level
    return [None if mean is None else round(mean * unit, 8) for mean in means]


def _mean(values: Integers) -> float | None:
    known = values[values != UNKNOWN]
    return float(known.mean()) if len(known) else None


def _day(moment: int) -> str:
    return f"{utc_datetime(moment):%Y-%m-%d}"


def _ends(day: int) -> int:
    return day_close(day_date(day))


def _open_day(instrument: Instrument, day: int) -> int:
    """Return the trading date, or the last one before it on which the instrument traded."""
    for earlier in range(LEAP):
        if spread_steps(instrument, day - earlier):
            return day - earlier
    shut = day_date(day) - timedelta(days=LEAP)
    raise BadData(f"{instrument.symbol} did not trade between {shut} and {day_date(day)}.", "Choose another moment.")
