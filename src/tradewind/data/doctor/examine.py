"""The whole examination, in the order in which one finding depends on another.

Rows that cannot be come first and are left out; then the size of the bars, because the rest counts in bars; then the
clock and the stamping, because the rest needs right times; then what lies in and between the bars. Ticks
are looked at as one-minute bars of their bids, except for what only ticks can show.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.doctor.clocks import Reading
from tradewind.data.doctor.coverage import check_closed, check_counts, check_holes
from tradewind.data.doctor.evidence import utc_of
from tradewind.data.doctor.finding import Finding, Prices, Subject, ordered
from tradewind.data.doctor.hypotheses import kinds
from tradewind.data.doctor.impossible import TickFlaws, minute_bars, sound_bars, times_of
from tradewind.data.doctor.oddities import check_flat, check_repeats, check_spikes, check_volume
from tradewind.data.doctor.scales import check_digits, check_scale
from tradewind.data.doctor.second import check_second
from tradewind.data.doctor.sizes import check_sizes, usual_step
from tradewind.data.doctor.spreads import check_spreads
from tradewind.data.doctor.stamping import check_stamping
from tradewind.data.doctor.timetable import Timetable
from tradewind.data.doctor.timing import check_clock
from tradewind.data.series import BARS, BOTH, TICKS, History, Identity, Series
from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.markets.instruments import Instrument, Profile

MOVING = {"wrong-clock", "clock-changes", "close-stamped"}
"""Findings that, once mended, move the places of all others."""

WHOLE = {"duplicate-times", "unsorted", "bad-price", "impossible-bars", "crossed-quotes", "wrong-scale", "wrong-side"}
"""Findings whose mending asks for no places."""

FOREVER = (-(2**62), 2**62)


class Examined(NamedTuple):
    """What was found, and the bars as they should be, for pictures."""

    subject: Subject
    findings: list[Finding]
    prices: Prices
    reading: Reading | None
    timetable: Timetable | None

    @property
    def blockers(self) -> list[Finding]:
        """The findings that make a backtest wrong."""
        return [one for one in self.findings if one.severity == "blocker"]


def examine(
    frame: pl.DataFrame,
    symbol: str,
    *,
    clock: str = "UTC",
    seconds: int | None = None,
    side: str | None = None,
    feed: str = "file",
    profile: Profile | None = None,
) -> Examined:
    """Return what is wrong with bars or ticks that are not stored yet.

    `ts` are wall times of `clock`; rows may be unsorted and prices absent. Without `seconds` the size of the
    bars is the step that most of them keep. Ticks are known by their columns `bid` and `ask`.
    """
    if "ts" not in frame.columns:
        raise BadData("The frame has no column 'ts'.", "Name the column of times ts.")
    ticks = "bid" in frame.columns and "ask" in frame.columns
    walls = times_of(frame)
    known = walls != -(2**63)
    utc = np.where(known, utc_of(np.where(known, walls, 0), clock), walls)
    frame = frame.with_columns(ts=pl.Series("ts", utc, dtype=pl.Int64).replace(-(2**63), None))
    if ticks:
        subject = Subject(Series(symbol, TICKS, 0, feed, BOTH), clock, instrument_of(profile, symbol))
        return examine_parts([frame], subject)
    size = seconds if seconds is not None else usual_step(np.sort(utc[known])) or 60
    subject = Subject(Series(symbol, BARS, size, feed, side or "bid"), clock, instrument_of(profile, symbol))
    return examine_parts([frame], subject)


def examine_series(history: History, series: Identity, profile: Profile | None = None, clock: str = "UTC") -> Examined:
    """Return what is wrong with a stored series, its second feeds asked too; ticks are read month by month."""
    one = Series(*series)
    subject = Subject(one, clock, instrument_of(profile, one.symbol), stored=True)
    if one.kind == TICKS:
        return examine_parts(history.ticks(one, *FOREVER, ("ts", "bid", "ask")), subject, history)
    return examine_parts(history.bars(one, *FOREVER), subject, history)


def instrument_of(profile: Profile | None, symbol: str) -> Instrument | None:
    """Return the profile's instrument, by its own or a usual other name; None where it has none."""
    if profile is None:
        return None
    for name in (symbol, OTHER_NAMES.get(symbol.upper(), symbol)):
        try:
            return profile.instrument(name)
        except UnknownName:
            continue
    return None


OTHER_NAMES = {
    "GER30": "GER40", "DE30EUR": "GER40", "DE40": "GER40", "DAX": "GER40", "DJ30": "US30", "WS30": "US30",
    "US30USD": "US30", "DOW": "US30", "US30.CASH": "US30", "USTEC": "NAS100", "US100": "NAS100", "NAS100USD": "NAS100",
    "US100.CASH": "NAS100", "US500": "SPX500", "SPX500USD": "SPX500", "GOLD": "XAUUSD", "XAU_USD": "XAUUSD",
    "SILVER": "XAGUSD",
}  # fmt: skip
"""What others call the instruments of our profiles."""


def examine_parts(parts: Iterable[pl.DataFrame], subject: Subject, history: History | None = None) -> Examined:
    """Return the findings on bars or ticks that come in parts; `ts` is UTC if the stated clock is right."""
    if subject.series.kind == TICKS:
        prices, found = _tick_parts(parts, subject)
    else:
        frames = list(parts)
        if not frames or not sum(frame.height for frame in frames):
            raise BadData(f"There is nothing of {subject.series.symbol} to examine.", "Import some rows first.")
        sound = sound_bars(pl.concat(frames), subject, subject.series.timeframe)
        prices, found = sound.prices, sound.findings
    if len(prices.ts) < 3:
        return Examined(subject, ordered(found), prices, None, None)
    wrong_size, prices = check_sizes(prices, subject)
    found += wrong_size
    scale = check_scale(prices, subject)
    found += scale
    timed = check_clock(_rescaled(prices, scale), subject)
    found += timed.findings
    kind = timed.reading.kind or kinds(subject.instrument)[0]
    table = Timetable(kind, int(timed.prices.ts[0]), int(timed.prices.ts[-1]))
    return _rest(Examined(subject, found, timed.prices, timed.reading, table), history)


def _rest(done: Examined, history: History | None) -> Examined:
    """Return the findings that need right times."""
    subject, found, prices, _, table = done
    if table is None:
        raise TradewindError("There are no hours to compare with.")
    stamped = check_stamping(prices, subject, table) if subject.series.kind == BARS else []
    if any(one.code == "close-stamped" for one in found):
        stamped = []
    if stamped:
        prices = prices.at(prices.ts - prices.span)
    found += stamped
    found += check_spikes(prices, subject) + check_flat(prices) + check_repeats(prices, subject)
    if prices.seconds <= 14_400:
        found += check_holes(prices, table) + check_closed(prices, subject, table)
        found += check_counts(prices, table)
    found += check_digits(prices) + check_spreads(prices)
    if subject.series.kind == BARS:
        found += check_volume(prices)
    if history is not None:
        found += check_second(history, prices, subject)
    if any(one.code in MOVING for one in found):
        # Where other findings lie is told in right times, which are not yet those of the rows.
        found = [one if one.code in MOVING | WHOLE else one._replace(command="") for one in found]
    return done._replace(findings=ordered(found), prices=prices)


def _rescaled(prices: Prices, findings: list[Finding]) -> Prices:
    """Return prices with the parts on another scale put right, so that one fault is not told as five."""
    for one in findings:
        if "factor" in one.values:
            here = (prices.ts >= one.first) & (prices.ts <= one.last)
            by = np.where(here, 1 / float(one.values["factor"]), 1.0)
            prices = prices._replace(
                open=prices.open * by, high=prices.high * by, low=prices.low * by, close=prices.close * by
            )
    return prices


def _tick_parts(parts: Iterable[pl.DataFrame], subject: Subject) -> tuple[Prices, list[Finding]]:
    """Return ticks as one-minute bars, and what is wrong with single ticks; one part at a time is in memory."""
    flaws = TickFlaws()
    minutes = [minute_bars(*flaws.sound(frame)) for frame in parts]
    if not flaws.rows:
        raise BadData(f"There is nothing of {subject.series.symbol} to examine.", "Import some rows first.")
    columns = zip(*(one.columns for one in minutes), strict=True)
    joined = Prices(60, *(np.concatenate(column) for column in columns))
    return joined, flaws.findings(subject)
