"""Curves learned on purpose: one of all that was recorded, or one a quarter or a month.

A curve of a quarter is meant for that quarter: what the broker asked then. With `ahead` it is meant for the next
one, so that no bar is priced with anything recorded later than itself. The last curve goes on until there is
another. Stretches with less than a week of whole trading dates are not learned from, and are named.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from tradewind.data.series import History
from tradewind.data.spread import FOREVER, Period
from tradewind.data.spread_document import Curve
from tradewind.data.spread_kept import best_source, keep_curves, learned_curve
from tradewind.errors import BadData, UnknownName
from tradewind.markets.clock import day_open, trading_date
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile

LEAST_DAYS = 5
MONTHS = {"all": 0, "quarter": 3, "month": 1}


class Stretch(NamedTuple):
    """What one curve is learned from, and what it is meant for."""

    name: str
    learned: Period
    valid: Period


class Learned(NamedTuple):
    """What was learned and kept, and the names of the stretches that held too little."""

    curves: list[Curve]
    skipped: list[str]


def learn_spreads(
    history: History,
    symbol: str,
    feed: str | None = None,
    *,
    profile: str,
    period: Period = FOREVER,
    each: str = "all",
    ahead: bool = False,
) -> Learned:
    """The curves of a feed in [start, end) of the period (ns UTC) are learned, kept and returned."""
    if each not in MONTHS:
        raise UnknownName("stretch to learn from", each, MONTHS)
    if ahead and each == "all":
        raise BadData("Nothing comes after all there is.", "Learn ahead with --each quarter or --each month.")
    instrument = load_profile(profile).instrument(symbol)
    feed = feed or feed_with_spreads(history, symbol, instrument)
    # Says what is wrong where nothing was recorded at all.
    best_source(history, symbol, feed, instrument.tick_size, period)
    held = [one for one in history.find(symbol, feed) if one.last >= period[0] and one.first < period[1]]
    spanned = (max(period[0], min(one.first for one in held)), min(period[1], max(one.last for one in held) + 1))
    curves, skipped = [], []
    for stretch in stretches(each, period, spanned, ahead=ahead):
        curve = _curve(history, (symbol, feed), instrument, stretch)
        if curve is not None and curve.shape.days >= LEAST_DAYS:
            curves.append(curve)
        elif curve is not None:
            skipped.append(stretch.name)
    if not curves:
        raise BadData(
            f"The spreads of {symbol} ({feed}) cover less than {LEAST_DAYS} whole trading dates in every {each}.",
            "Choose a longer period, or --each all." if each != "all" else "Import more, or choose a longer period.",
        )
    keep_curves(history, curves)
    return Learned(curves, skipped)


def stretches(each: str, period: Period, spanned: Period, *, ahead: bool) -> Iterator[Stretch]:
    """Yield what to learn from: the whole period, or the calendar's quarters or months of what is `spanned`."""
    step = MONTHS[each]
    if not step:
        yield Stretch(each, period, period)
        return
    first, last = trading_date(spanned[0]), trading_date(spanned[1] - 1)
    for number in range((first.year * 12 + first.month - 1) // step, (last.year * 12 + last.month - 1) // step + 1):
        begins, ends, after = (_opens((number + place) * step) for place in range(3))
        name = f"{number // 4}-Q{number % 4 + 1}" if step == 3 else f"{number // 12}-{number % 12 + 1:02d}"
        learned = (max(begins, period[0]), min(ends, period[1]))
        yield Stretch(name, learned, (ends, after) if ahead else learned)


def feed_with_spreads(history: History, symbol: str, instrument: Instrument) -> str:
    """Return the only feed of an instrument that tells spreads, or ask which."""
    feeds = sorted({one.series[3] for one in history.find(symbol)})
    if not feeds:
        raise UnknownName("symbol in the history", symbol, {one.series[0] for one in history.series()})
    telling = [feed for feed in feeds if _tells(history, symbol, feed, instrument)]
    if len(telling) == 1:
        return telling[0]
    if not telling:
        raise BadData(
            f"No feed of {symbol} has recorded spreads.", "Import its ticks, its asks, or bars with a spread."
        )
    raise BadData(f"{len(telling)} feeds tell spreads of {symbol}.", f"Choose one with --feed: {', '.join(telling)}.")


def _tells(history: History, symbol: str, feed: str, instrument: Instrument) -> bool:
    try:
        best_source(history, symbol, feed, instrument.tick_size)
    except BadData:
        return False
    return True


def _curve(history: History, of: tuple[str, str], instrument: Instrument, stretch: Stretch) -> Curve | None:
    """Return the curve of a stretch, or None where nothing was recorded in it."""
    try:
        source = best_source(history, *of, instrument.tick_size, stretch.learned)
    except BadData:
        return None
    return learned_curve(history, source, instrument, stretch.learned, stretch.valid)


def _opens(month: int) -> int:
    """Return when the trading date begins that is the first of a month, counted from year 0."""
    return day_open(date(month // 12, month % 12 + 1, 1))
