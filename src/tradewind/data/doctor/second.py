"""What a second feed of the same instrument says of the side and the scale.

Two brokers' bids of one minute differ by less than a spread; a mid lies half a spread above a bid, an ask a
whole one. But brokers differ from each other too, so a side is called wrong only where the second feed has
both a bid and an ask, and the difference keeps its distance from hour to hour. On the same feed, a bid above
its ask is wrong whoever looks.
"""

import numpy as np
import polars as pl

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import BLOCKER, WARNING, Finding, Prices, Subject, fix, words
from tradewind.data.series import BARS, History, Series
from tradewind.data.spread import Floats

ENOUGH = 300
STEPS = {"bid": 0.0, "mid": 0.5, "ask": 1.0}
NEAR = 0.12
"""How near, in spreads, the difference must lie to what another side would give."""


def check_second(history: History, prices: Prices, subject: Subject) -> list[Finding]:
    """Return what other series of the same instrument and bar size prove to be wrong with this one."""
    if subject.series.kind != BARS:
        return []
    found: list[Finding] = []
    seen = set()
    for held in history.find(subject.series.symbol, timeframe=subject.series.timeframe):
        other = Series(*held.series)
        if other == subject.series or held.last < prices.ts[0] or held.first > prices.ts[-1]:
            continue
        close = _closes(history, other, prices)
        both = np.isfinite(close)
        if both.sum() < ENOUGH:
            continue
        scale = _scale(prices.close[both], close[both], subject, other)
        found += scale
        if other.feed == subject.series.feed and not scale:
            found += _own_other_side(prices.close[both], close[both], subject, other)
        elif other.side == "bid" and not scale and other.feed not in seen:
            seen.add(other.feed)
            found += _foreign_side(history, prices, close, subject, other)
    return found[:3]


def _closes(history: History, other: Series, prices: Prices) -> Floats:
    """Return the closes of another series at the times of these bars, NaN where it has none."""
    mine = pl.DataFrame({"ts": prices.ts, "row": np.arange(len(prices.ts))})
    close = np.full(len(prices.ts), np.nan)
    for frame in history.bars(other, int(prices.ts[0]), int(prices.ts[-1]) + 1, ("ts", "close")):
        theirs = frame.with_columns(ts=pl.col("ts").to_physical().cast(pl.Int64))
        joined = mine.join(theirs, on="ts", how="inner")
        close[joined["row"].to_numpy()] = joined["close"].to_numpy()
    return close


def _scale(mine: Numbers, theirs: Numbers, subject: Subject, other: Series) -> list[Finding]:
    ratio = float(np.median(mine / theirs))
    if 0.7 < ratio < 1.4:
        return []
    power = round(np.log10(ratio))
    evidence = f"Prices are {ratio:.6g} times those of {words(other)} at {len(mine):,} common times."
    exact = power != 0 and abs(np.log10(ratio) - power) < 0.02
    command = fix(subject, "wrong-scale", f"--scale {10.0**-power:g}") if exact else ""
    return [Finding("wrong-scale", BLOCKER, 0, 0, len(mine), evidence, {"ratio": ratio}, command)]


def _own_other_side(mine: Numbers, theirs: Numbers, subject: Subject, other: Series) -> list[Finding]:
    """Return a blocker where the sides of one feed are the wrong way round."""
    order = {"bid": 0, "mid": 1, "ask": 2}
    upper = order[subject.series.side] > order[other.side]
    above = float((mine > theirs).mean()) if upper else float((mine < theirs).mean())
    below = float((mine < theirs).mean()) if upper else float((mine > theirs).mean())
    if below <= max(4 * above, 0.2):
        return []
    evidence = (
        f"The {subject.series.side} lies on the wrong side of the {other.side} of the same feed in {below:.0%} of "
        f"{len(mine):,} bars."
    )
    return [Finding("wrong-side", BLOCKER, 0, 0, len(mine), evidence, {"share": below}, fix(subject, "wrong-side", f"--as {other.side}"))]  # fmt: skip  # noqa: E501 - one row of a table


def _foreign_side(history: History, prices: Prices, bid: Floats, subject: Subject, other: Series) -> list[Finding]:
    asks = history.find(other.symbol, other.feed, "ask", other.timeframe)
    if not asks:
        return []
    ask = _closes(history, Series(*asks[0].series), prices)
    both = np.isfinite(bid) & np.isfinite(ask) & (ask > bid)
    if both.sum() < ENOUGH:
        return []
    share = (prices.close[both] - bid[both]) / (ask[both] - bid[both])
    hours = prices.ts[both] // 3_600_000_000_000 % 24
    medians = np.array([np.median(share[hours == hour]) for hour in np.unique(hours) if (hours == hour).sum() >= 10])
    middle = float(np.median(share))
    nearest = min(STEPS, key=lambda side: abs(STEPS[side] - middle))
    steady = bool((np.abs(medians - STEPS[nearest]) < 0.3).mean() > 0.9)
    if nearest == subject.series.side or abs(middle - STEPS[nearest]) > NEAR:
        return []
    proven = steady and float(np.quantile(np.abs(share - middle), 0.5)) < 0.25
    evidence = (
        f"Prices lie {middle:.0%} of the spread above the bid of {words(other)} ({int(both.sum()):,} bars): "
        f"they are {nearest}, not {subject.series.side}."
    )
    command = fix(subject, "wrong-side", f"--as {nearest}")
    return [Finding("wrong-side", BLOCKER if proven else WARNING, int(prices.ts[0]), int(prices.ts[-1]), int(both.sum()),
                    evidence, {"share": middle, "side": nearest}, command)]  # fmt: skip
