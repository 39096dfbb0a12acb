"""Mending a stored series: each fix rewrites it in one step and leaves word of what was done.

Nothing is guessed here. A fix does what its finding says: other times, another scale, rows less. The whole series is
replaced by the mended one, or stays as it was. Bars are mended all together, because their order may change; ticks
month by month, because a year of them need not fit in memory, and their order does not.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.data.doctor.evidence import utc_of, walls_of
from tradewind.data.doctor.examine import FOREVER, MOVING
from tradewind.data.doctor.finding import Finding, Flags, words
from tradewind.data.doctor.impossible import times_of
from tradewind.data.doctor.stored import record
from tradewind.data.series import BARS, NS, History, Identity, Series, checked_side
from tradewind.data.spread import Integers
from tradewind.errors import TradewindError, UnknownName
from tradewind.markets.clock import clock as clock_named
from tradewind.markets.instruments import Profile

PRICES = {BARS: ("open", "high", "low", "close", "spread"), "ticks": ("bid", "ask")}


class Wish(NamedTuple):
    """How a finding is to be mended, where it does not say it all itself."""

    code: str
    period: tuple[int, int] | None = None
    """From the first to the last row it is for, ns UTC, both included; all rows without it."""
    clock: str | None = None
    """The clock the times really are of."""
    scale: float | None = None
    side: str | None = None


class Fixed(NamedTuple):
    """What a fix did."""

    series: Series
    did: str
    before: int
    after: int


class Case(NamedTuple):
    """What a fix looks at."""

    wish: Wish
    series: Series
    findings: list[Finding]
    stated: str


Mend = Callable[[pl.DataFrame, Case], pl.DataFrame]


def apply_fix(history: History, series: Identity, wish: Wish, profile: Profile | None = None) -> Fixed:
    """Return what was done to a series that is now stored as the wish wants it; the rest of it is as before."""
    one = Series(*series)
    if wish.code not in FIXES:
        raise UnknownName("fix", wish.code, FIXES)
    known = record(history, one, profile).findings
    if wish.code in ("wrong-side", "wrong-size"):
        return _rename(history, one, wish, known)
    findings = [each for each in known if each.code == wish.code]
    moving = [each.code for each in known if each.code in MOVING]
    if moving and wish.period is None and FIXES[wish.code][0] is _drop_places:
        raise TradewindError(f"Rows cannot be named while {words(one)} has {moving[0]}.", f"Mend {moving[0]} first.")
    case = Case(wish, one, findings, "UTC")
    mend, sentence = FIXES[wish.code]
    before, after, changed = _rewrite(history, case, mend)
    did = sentence.format(before=before, after=after, dropped=before - after, clock=wish.clock, scale=wish.scale)
    if not changed:
        return Fixed(one, "nothing to mend", before, after)
    return Fixed(one, did + _when(wish), before, after)


def _when(wish: Wish) -> str:
    if wish.period is None:
        return ""
    first, last = (str(np.datetime64(edge, "ns"))[:19] for edge in wish.period)
    return f", from {first} to {last}"


def _rewrite(history: History, case: Case, mend: Mend) -> tuple[int, int, bool]:
    """Replace the rows of a series by mended ones, in one step."""
    series = case.series
    before = after = 0
    changed = False
    with history.delivery(replace=True) as delivery:
        for frame in _parts(history, series):
            mended = mend(frame, case)
            before, after = before + frame.height, after + mended.height
            changed |= not mended.equals(frame)
            if mended.height:
                delivery.add(series, mended)
        if not after:
            raise TradewindError(
                f"Nothing of {words(series)} would be left.", "Remove the series and import it again instead."
            )
        if changed:
            delivery.commit(_provenance(case, before, after))
    return before, after, changed


def _provenance(case: Case, before: int, after: int) -> dict[str, Any]:
    wish = case.wish
    told = {"fix": wish.code, "rows before": before, "rows after": after}
    told |= {"clock": wish.clock} if wish.clock else {}
    told |= {"scale": wish.scale} if wish.scale else {}
    told |= {"period": list(wish.period)} if wish.period else {}
    return told


def _parts(history: History, series: Series) -> Iterator[pl.DataFrame]:
    if series.kind != BARS:
        yield from history.ticks(series, *FOREVER)
        return
    yield pl.concat(list(history.bars(series, *FOREVER)))


def _inside(frame: pl.DataFrame, case: Case) -> Flags:
    """Return which rows the fix is for."""
    ts = times_of(frame)
    period = case.wish.period
    if period is None:
        return np.ones(len(ts), dtype=bool)
    inside: Flags = (ts >= period[0]) & (ts <= period[1])
    return inside


def _at(frame: pl.DataFrame, ts: Integers, kind: str) -> pl.DataFrame:
    """Return rows at other times, in order; of bars that come to have one time the first stays."""
    moved = frame.with_columns(ts=pl.Series("ts", ts).cast(pl.Datetime("ns", "UTC"))).sort("ts", maintain_order=True)
    return moved.unique("ts", keep="first", maintain_order=True) if kind == BARS else moved


def _reclock(frame: pl.DataFrame, case: Case) -> pl.DataFrame:
    if case.wish.clock is None:
        raise TradewindError("The right clock was not said.", "Say it with --clock, such as --clock NY+7.")
    clock_named(case.wish.clock)
    ts = times_of(frame)
    here = _inside(frame, case)
    right = np.where(here, utc_of(walls_of(ts, case.stated), case.wish.clock), ts)
    return _at(frame, right, case.series.kind)


def _restamp(frame: pl.DataFrame, case: Case) -> pl.DataFrame:
    ts = times_of(frame)
    return _at(frame, ts - _inside(frame, case) * case.series.timeframe * NS, case.series.kind)


def _rescale(frame: pl.DataFrame, case: Case) -> pl.DataFrame:
    scale = case.wish.scale
    if scale is None or not 0 < scale < 1e9:
        raise TradewindError(
            f"The scale {scale} is not a number above zero.", "Say it with --scale, such as --scale 100."
        )
    by = pl.Series(np.where(_inside(frame, case), scale, 1.0))
    # Ten digits after the point are kept: 0.14052 times 100 is 14.052 and not 14.052000000000001.
    return frame.with_columns(
        (pl.col(name) * by).round(10) for name in PRICES[case.series.kind] if name in frame.columns
    )


def _drop_places(frame: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Return the rows without those the finding names, or without those of the period given."""
    ts = times_of(frame)
    if case.wish.period is not None:
        return frame.filter(~_inside(frame, case))
    drop = np.zeros(len(ts), dtype=bool)
    for finding in case.findings:
        if finding.number > len(finding.values.get("places", [])):
            raise TradewindError(
                f"{finding.code} has {finding.number} rows, more than are listed one by one.",
                "Give --from and --to of what is to go.",
            )
        for first, last in finding.values.get("places", []):
            drop |= (ts >= first) & (ts <= last)
    return frame.filter(~drop)


def _drop_impossible(frame: pl.DataFrame, case: Case) -> pl.DataFrame:
    names = PRICES[case.series.kind][: 4 if case.series.kind == BARS else 2]
    good = pl.all_horizontal((pl.col(name) > 0) & pl.col(name).is_finite() for name in names)
    if case.series.kind == BARS:
        good &= (pl.col("high") >= pl.max_horizontal("open", "close")) & (
            pl.col("low") <= pl.min_horizontal("open", "close")
        )
    else:
        good &= pl.col("ask") >= pl.col("bid")
    return frame.filter(good.fill_null(value=False) | ~pl.Series(_inside(frame, case)))


def _drop_repeats(frame: pl.DataFrame, case: Case) -> pl.DataFrame:
    return frame.unique("ts", keep="first", maintain_order=True) if case.series.kind == BARS else frame


def _sort(frame: pl.DataFrame, _case: Case) -> pl.DataFrame:
    return frame.sort("ts", maintain_order=True)


def _rename(history: History, series: Series, wish: Wish, known: Sequence[Finding]) -> Fixed:
    """The rows stand under another side or bar size, and no longer under this one."""
    right = _right_name(series, wish, known)
    if any(Series(*held.series) == right for held in history.find(series.symbol)):
        raise TradewindError(f"There is a {words(right)} already.", "Remove the one that is wrong.")
    frames = list(history.bars(series, *FOREVER))
    rows = sum(frame.height for frame in frames)
    told = {"fix": wish.code, "was": words(series), "rows before": rows, "rows after": rows}
    with history.delivery(replace=True) as delivery:
        for frame in frames:
            delivery.add(right, frame)
        delivery.commit(told)
    history.remove(series)
    return Fixed(right, f"it was {words(series)}", rows, rows)


def _right_name(series: Series, wish: Wish, known: Sequence[Finding]) -> Series:
    if wish.code == "wrong-side":
        if wish.side is None:
            raise TradewindError("The right side was not said.", "Say it with --as: bid, ask or mid.")
        return series._replace(side=checked_side(wish.side))
    found = [one for one in known if one.code == wish.code]
    if not found:
        raise TradewindError(f"The bars of {words(series)} have the size they should.", "See `tradewind data doctor`.")
    return series._replace(timeframe=int(found[0].values["found"]))


FIXES: dict[str, tuple[Mend, str]] = {
    "wrong-clock": (_reclock, "times were read again as {clock}"),
    "clock-changes": (_reclock, "times were read again as {clock}"),
    "close-stamped": (_restamp, "every bar is named by its open, one bar earlier"),
    "scale-change": (_rescale, "prices were multiplied by {scale:g}"),
    "contract-split": (_rescale, "prices were multiplied by {scale:g}"),
    "wrong-scale": (_rescale, "prices were multiplied by {scale:g}"),
    "mixed-sizes": (_drop_places, "{dropped:,} rows of another bar size were dropped"),
    "repeated-stretch": (_drop_places, "{dropped:,} copied rows were dropped"),
    "spikes": (_drop_places, "{dropped:,} bars with a spike were dropped"),
    "closed-hours": (_drop_places, "{dropped:,} bars in closed hours were dropped"),
    "flat-weekend": (_drop_places, "{dropped:,} flat bars in closed hours were dropped"),
    "holiday-bars": (_drop_places, "{dropped:,} bars on holidays were dropped"),
    "bad-price": (_drop_impossible, "{dropped:,} rows without a price were dropped"),
    "impossible-bars": (_drop_impossible, "{dropped:,} impossible rows were dropped"),
    "crossed-quotes": (_drop_impossible, "{dropped:,} crossed quotes were dropped"),
    "duplicate-times": (_drop_repeats, "{dropped:,} rows with a time that was there were dropped"),
    "unsorted": (_sort, "rows were sorted by time"),
    "wrong-side": (_sort, ""),
    "wrong-size": (_sort, ""),
}
"""What mends a finding, by its code, and the sentence that says so; the last two only change the name."""
