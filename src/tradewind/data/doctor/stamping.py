"""Whether bars are named by their open, as they should be, or by their close.

A bar named by its close is taken for one that is not over yet: whoever trades on it knows the future by one
bar. Two signs tell. At the edges of trading a bar named by its close stands at the very instant of the closing
(17:00 New York), where none can open, and none stands at the opening. And prices move when the clock strikes:
releases and market opens fall on full and half hours (and on quarters), so the first bar after the stroke is
wide, and it is the bar *at* the stroke or the bar one later that shows it.
"""

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import BLOCKER, Finding, Flags, Prices, Subject, fix
from tradewind.data.doctor.timetable import Timetable
from tradewind.data.spread import Integers, new_york
from tradewind.markets.clock import DAY, MINUTE

EDGES_AT_LEAST = 2
STROKES_AT_LEAST = 30
CLEAR = 4.0
"""Standard errors by which one bar must be wider than the other."""

FAINT = 1.5
"""So few speak against two or three edges alone."""

LOUD = (8 * 60 + 30, 9 * 60 + 30, 10 * 60, 14 * 60, 3 * 60, 2 * 60, 20 * 60, 4 * 60)
"""Minutes of the New York day at which prices usually begin to move."""


def check_stamping(prices: Prices, subject: Subject, timetable: Timetable) -> list[Finding]:
    """Return a blocker where bars are named by their close; nothing where they are not, or where nobody can tell."""
    if len(prices.ts) < 50 or prices.seconds > 1800:
        return []
    at_close, at_open, late = _edges(prices.ts, timetable, prices.span)
    wider, strokes = _strokes(prices)
    by_edges = at_close >= EDGES_AT_LEAST and at_close > 4 * at_open
    against_edges = at_open >= EDGES_AT_LEAST and at_open > 4 * at_close
    by_stroke = strokes >= STROKES_AT_LEAST and wider < -CLEAR
    few = at_close < 4
    against_stroke = strokes >= STROKES_AT_LEAST and wider > (FAINT if few else CLEAR)
    if not ((by_edges and not against_stroke) or (by_stroke and not against_edges)):
        return []
    said = []
    if by_edges:
        said.append(f"{at_close} bars stand at the instant of a closing, and {at_open} at that of an opening")
    if by_stroke:
        said.append(f"of {strokes:,} strokes of the clock the bar after the stroke is the wide one "
                    f"({-wider:.0f} standard errors)")  # fmt: skip
    first, last = int(prices.ts[0]), int(prices.ts[-1])
    evidence = f"Bars are named by their close: {'; '.join(said)}. Moved back by one bar they fit."
    values = {"at_close": at_close, "at_open": at_open, "late": late, "wider": round(wider, 2), "strokes": strokes}
    return [Finding("close-stamped", BLOCKER, first, last, len(prices.ts), evidence, values,
                    fix(subject, "close-stamped"))]  # fmt: skip


def _edges(ts: Integers, timetable: Timetable, span: int) -> tuple[int, int, int]:
    """Return at how many closings a bar stands, at how many openings one does, and how many have neither."""
    edges = [(closes, opens) for closes, opens in timetable.edges() if opens - closes >= 15 * MINUTE]
    if not edges:
        return 0, 0, 0
    closes = np.array([one for one, _ in edges])
    opens = np.array([one for _, one in edges])
    inside = (closes > ts[0]) & (opens < ts[-1])
    closes, opens = closes[inside] // span * span, opens[inside] // span * span
    at_close, at_open = _there(closes, ts), _there(opens, ts)
    # A bar at both ends of a pause says nothing: that feed does not pause.
    return int((at_close & ~at_open).sum()), int((at_open & ~at_close).sum()), int((~at_open & ~at_close).sum())


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
