"""What a second feed of the same instrument says of the side and the scale.

Two brokers' bids of one minute differ by less than a spread; a mid lies half a spread above a bid, an ask a
whole one. But brokers differ from each other too, so a side is proven wrong only where the second feed has
both a bid and an ask, and the difference keeps its distance from hour to hour; a recorded spread is enough to
warn. On the same feed, a bid above its ask is wrong whoever looks.
"""

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import BLOCKER, WARNING, Finding, Prices, Subject, fix, words
from tradewind.data.series import BARS, NS, History, Series
from tradewind.data.spread import Floats

ENOUGH = 300
STEPS = {"bid": 0.0, "mid": 0.5, "ask": 1.0}
NEAR = 0.12
"""How near, in spreads, the difference must lie to what another side would give."""


def check_second(history: History, prices: Prices, subject: Subject) -> list[Finding]:
    """Return what other series of the same instrument prove to be wrong with this one."""
    if subject.series.kind != BARS:
        return []
    found: list[Finding] = []
    feeds = {subject.series.feed}
    for held in history.find(subject.series.symbol):
        other = Series(*held.series)
        if other == subject.series or other.kind != BARS or held.last < prices.ts[0] or held.first > prices.ts[-1]:
            continue
        if other.feed == subject.series.feed and other.timeframe != subject.series.timeframe:
            continue  # another bar size of one feed is no second witness
        close = _closes(history, other, prices)
        both = np.isfinite(close)
        if both.sum() < ENOUGH:
            continue
        scale = _scale(prices.close[both], close[both], subject, other)
        found += scale
        if other.feed == subject.series.feed and not scale:
            found += _own_other_side(prices.close[both], close[both], subject, other)
        elif other.side == "bid" and not scale and other.feed not in feeds:
            feeds.add(other.feed)
            found += _foreign_side(history, prices, close, subject, other)
    return [one._replace(first=int(prices.ts[0]), last=int(prices.ts[-1])) for one in found[:3]]


def _closes(history: History, other: Series, prices: Prices, name: str = "close") -> Floats:
    """Return a column of another series where its bars close with these, NaN where none does."""
    mine = prices.ts + prices.span
    column = np.full(len(mine), np.nan)
    span = other.timeframe * NS
    for frame in history.bars(other, int(prices.ts[0]) - span, int(prices.ts[-1]) + span, ("ts", name)):
        theirs = frame["ts"].to_physical().to_numpy() + span
        place = np.minimum(np.searchsorted(mine, theirs), len(mine) - 1)
        same = mine[place] == theirs
        column[place[same]] = frame[name].fill_null(np.nan).to_numpy()[same]
    return column


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
    recorded = Series(*asks[0].series) if asks else other
    ask = _closes(history, recorded, prices) if asks else bid + _closes(history, recorded, prices, "spread")
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
    proven = bool(asks) and steady and float(np.quantile(np.abs(share - middle), 0.5)) < 0.25
    evidence = (
        f"Prices lie {middle:.0%} of the spread above the bid of {words(other)} ({int(both.sum()):,} bars): "
        f"they are {nearest}, not {subject.series.side}."
    )
    command = fix(subject, "wrong-side", f"--as {nearest}")
    severity = BLOCKER if proven else WARNING
    values = {"share": middle, "side": nearest}
    return [Finding("wrong-side", severity, 0, 0, int(both.sum()), evidence, values, command)]
