"""Whether bars are named by their open, as they should be, or by their close.

A bar named by its close is taken for one that is not over yet: whoever trades on it knows the future by one
bar. Two signs tell. At the edges of trading a bar named by its close stands at the very instant of the closing
(17:00 New York), where none can open, and none stands at the opening. And prices move when the clock strikes:
releases and market opens fall on full and half hours (and on quarters), so the first bar after the stroke is
wide, and it is the bar *at* the stroke or the bar one later that shows it.
"""

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import BLOCKER, WARNING, Finding, Flags, Prices, Subject, fix
from tradewind.data.doctor.timetable import Timetable
from tradewind.data.spread import Integers, new_york
from tradewind.markets.clock import DAY, MINUTE

STROKES_AT_LEAST = 30
EDGE, MOST = 1.5, 8.0
"""How many points a bar at an edge counts for; neither edges nor strokes count for more than the most. A stroke's
points are standard errors."""
CLEAR, DOUBTFUL = 4.0, 1.0

LOUD = (8 * 60 + 30, 9 * 60 + 30, 10 * 60, 14 * 60, 3 * 60, 2 * 60, 20 * 60, 4 * 60)
"""Minutes of the New York day at which prices usually begin to move."""


def check_stamping(prices: Prices, subject: Subject, timetable: Timetable) -> list[Finding]:
    """Return a blocker where bars are named by their close; nothing where they are not, or where nobody can tell."""
    if len(prices.ts) < 50 or prices.seconds > 1800:
        return []
    at_close, at_open = _edges(prices.ts, timetable, prices.span)
    wider, strokes = _strokes(prices)
    points = float(np.clip(EDGE * (at_close - at_open), -MOST, MOST) - np.clip(wider, -MOST, MOST))
    if points < DOUBTFUL or (points < CLEAR and not at_close):
        return []
    said = []
    if at_close:
        said.append(f"{at_close} bars stand at the instant of a closing, and {at_open} at that of an opening")
    if wider < -1:
        said.append(
            f"of {strokes:,} strokes of the clock the bar after the stroke is the wide one "
            f"({-wider:.0f} standard errors)"
        )
    first, last = int(prices.ts[0]), int(prices.ts[-1])
    sure = points >= CLEAR
    are = "are" if sure else "may be"
    evidence = f"Bars {are} named by their close: {'; '.join(said)}. Moved back by one bar they fit."
    values = {"at_close": at_close, "at_open": at_open, "wider": round(wider, 2), "strokes": strokes}
    command = fix(subject, "close-stamped")
    severity = BLOCKER if sure else WARNING
    return [Finding("close-stamped", severity, first, last, len(prices.ts), evidence, values, command)]


def _edges(ts: Integers, timetable: Timetable, span: int) -> tuple[int, int]:
    """Return at how many pauses a bar stands at the closing alone, and at how many at the opening alone."""
    edges = [(closes, opens) for closes, opens in timetable.edges() if opens - closes >= 15 * MINUTE]
    if not edges:
        return 0, 0
    closes = np.array([one for one, _ in edges])
    opens = np.array([one for _, one in edges])
    inside = (closes > ts[0]) & (opens < ts[-1])
    closes, opens = closes[inside] // span * span, opens[inside] // span * span
    at_close, at_open = _there(closes, ts), _there(opens, ts)
    # A bar at both ends of a pause says nothing: that feed does not pause.
    return int((at_close & ~at_open).sum()), int((at_open & ~at_close).sum())


def _there(times: Integers, ts: Integers) -> Flags:
    """Return which times a bar stands at; `ts` is sorted."""
    place = np.minimum(np.searchsorted(ts, times), len(ts) - 1)
    found: Flags = ts[place] == times
    return found


def _strokes(prices: Prices) -> tuple[float, int]:
    """Return by how many standard errors bars at the stroke are wider than those one later, and the strokes."""
    minute = new_york(prices.ts) % DAY // MINUTE
    wide = _width(prices)
    every = 30 if prices.seconds < 1800 else 60
    struck = np.isin(minute, LOUD) if prices.seconds >= 300 else minute % every == 0
    struck[:1], struck[-1:] = False, False
    at = np.flatnonzero(struck)
    steps = np.diff(prices.ts)
    at = at[(steps[at] == prices.span) & (steps[at - 1] == prices.span)] if len(at) else at
    if len(at) < STROKES_AT_LEAST:
        return 0.0, len(at)
    # Named by the open: the bar at the stroke is wider than the one before it, by more than the next is than it.
    rise, later = wide[at] - wide[at - 1], wide[at + 1] - wide[at]
    gap = rise - later
    error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
    return float(gap.mean()) / max(error, 1e-9), len(at)


def _width(prices: Prices) -> Numbers:
    """Return the logarithm of each bar's range, a range of nothing counting as a small one."""
    share = np.log(prices.high / prices.low)
    floor = max(float(np.median(share)) / 10, 1e-7)
    wide: Numbers = np.log(np.maximum(share, floor))
    return wide
