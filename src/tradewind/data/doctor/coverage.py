"""Holes inside trading hours, bars outside them, days that are absent or thin.

What is a hole depends on the feed and the hour: a minute without a tick is ordinary for silver at night and
odd for the Dow at 10:00. So every hour of New York's day has its own measure, learned from the feed, of how
long prices may be absent. Pauses that come back on most days at the same time are the feed's own hours and
told as such.
"""

from typing import NamedTuple

import numpy as np

from tradewind.data.doctor.finding import NOTE, WARNING, Finding, Flags, Prices, Subject, fix, moment, places
from tradewind.data.doctor.timetable import Timetable, day_edges, weekly
from tradewind.data.spread import Integers, new_york
from tradewind.markets.clock import DAY, HOUR, MINUTE, NEW_YORK, changes, day_date

SHORTEST, LONGEST = 5 * MINUTE, 60 * MINUTE
BESIDE = 75 * MINUTE
USUAL_MULTIPLE = 5
USUAL_SHARE = 0.3
LONG = 2 * HOUR
WITHIN = 0.02
"""Bars of a session may be fewer than usual by this share (domain 7.4)."""


class Hole(NamedTuple):
    """The market was open and there is no bar from `start` to `end` (ns UTC); `missing` is the open time of it."""

    start: Integers
    end: Integers
    missing: Integers


def holes(prices: Prices, timetable: Timetable) -> Hole:
    """Return every unusual hole, without the feed's own regular pauses."""
    ends, starts = prices.ts[:-1] + prices.span, prices.ts[1:]
    missing = timetable.opened(starts) - timetable.opened(ends)
    hour = new_york(ends) % DAY // HOUR
    limit = np.full(24, SHORTEST)
    for each in range(24):
        steps = missing[hour == each]
        if len(steps):
            limit[each] = np.clip(USUAL_MULTIPLE * np.quantile(steps, 0.99), SHORTEST, LONGEST)
    long = missing >= np.maximum(limit[hour], prices.span)
    long &= ~_regular(Hole(ends, starts, missing), timetable, prices.span)
    return Hole(ends[long], starts[long], missing[long])


def _regular(gap: Hole, timetable: Timetable, span: int) -> Flags:
    """Return which gaps are a feed's own pauses: beside a closing or the roll, and at the same time on many days."""
    out = np.zeros(len(gap.start), dtype=bool)
    at = np.flatnonzero(gap.missing >= span)
    if not len(at):
        return out
    start, end = gap.start[at], gap.end[at]
    roll = (new_york(start) + 7 * HOUR) % DAY
    beside = (roll <= BESIDE) | (roll >= DAY - BESIDE)  # the roll, 17:00 New York
    beside |= timetable.opened(end) - timetable.opened(start) < end - start  # it holds a closing
    slot = new_york(end) % DAY // (15 * MINUTE)
    came = np.bincount(slot, minlength=96)
    near = (came + np.roll(came, 1) + np.roll(came, -1))[slot]
    days = max(len(timetable.days) * 5 / 7, 1)
    short = gap.missing[at] <= BESIDE
    own = beside & short & (near >= max(USUAL_SHARE * days, 3))
    own |= beside & short & (end - start > DAY) & (near >= max(0.7 * days / 5, 3))
    own |= (end - start <= 30 * MINUTE) & (near >= 0.8 * days) & (days > 5)
    out[at] = own
    return out


def check_holes(prices: Prices, timetable: Timetable) -> list[Finding]:
    """Return the holes inside sessions, those at clock changes apart, and the whole days that are absent."""
    if len(prices.ts) < 3:
        return []
    hole = holes(prices, timetable)
    days, found = _absent_days(prices, timetable)
    whole = np.zeros(len(hole.start), dtype=bool)
    if len(days):
        edges = day_edges(range(timetable.first_day, timetable.days.stop))
        opens = edges[days - timetable.first_day]
        # A hole that swallows an absent day is told with that day.
        whole = np.searchsorted(opens, hole.end, side="left") > np.searchsorted(
            opens, hole.start - 2 * HOUR, side="left"
        )
    hole = Hole(*(column[~whole] for column in hole))
    changed = _near_change(hole)
    for code, which in (("clock-change-hour", changed), ("gaps", ~changed)):
        if which.any():
            found.append(_as_finding(code, Hole(*(column[which] for column in hole)), prices))
    return found


def _near_change(hole: Hole) -> Flags:
    """Return which holes are one hour long and lie within a day of a clock change in New York or London."""
    close = np.zeros(len(hole.start), dtype=bool)
    for zone in (NEW_YORK, "Europe/London"):
        known = np.array(changes(zone).instants[1:])
        place = np.clip(np.searchsorted(known, hole.start), 1, len(known) - 1)
        away = np.minimum(np.abs(known[place] - hole.start), np.abs(known[place - 1] - hole.start))
        close |= (away < 36 * HOUR) & (np.abs(hole.missing - HOUR) <= 5 * MINUTE)
    return close


def _as_finding(code: str, hole: Hole, prices: Prices) -> Finding:
    order = np.argsort(-hole.missing, kind="stable")[:3]
    longest = ", ".join(f"{moment(hole.start[n])} ({_long(int(hole.missing[n]))})" for n in sorted(order.tolist()))
    total = int(hole.missing.sum())
    share = total / max(total + len(prices.ts) * prices.span, 1)
    count = len(hole.start)
    plural = "holes" if count > 1 else "hole"
    severe = bool((hole.missing >= LONG).any()) or share > 0.02
    what = "of an hour beside a clock change" if code == "clock-change-hour" else "inside trading hours"
    evidence = f"{count:,} {plural} {what}, {_long(total)} in all ({share:.2%}); longest: {longest}."
    values = {"missing_minutes": (hole.missing[:200] // MINUTE).tolist(), "share": share,
              "places": places(hole.start, hole.end)}  # fmt: skip
    return Finding(
        code, WARNING if severe else NOTE, int(hole.start.min()), int(hole.end.max()), count, evidence, values
    )


def _long(ns: int) -> str:
    minutes = ns // MINUTE
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.3g} h"


def counts_by_day(prices: Prices, timetable: Timetable) -> Integers:
    """Return how many bars each trading date of the timetable has."""
    edges = day_edges(timetable.days)
    counts: Integers = np.diff(np.searchsorted(prices.ts, edges))
    return counts


def _absent_days(prices: Prices, timetable: Timetable) -> tuple[Integers, list[Finding]]:
    counts = counts_by_day(prices, timetable)
    expected = np.array([sum(closes - opens for opens, closes in timetable.by_day[day]) for day in timetable.days])
    absent = np.array(timetable.days)[(counts == 0) & (expected >= 6 * HOUR)]
    absent = absent[(absent > timetable.days.start) & (absent < timetable.days.stop - 1)]
    if not len(absent):
        return absent, []
    shown = ", ".join(str(day_date(int(day))) for day in absent[:4]) + (" ..." if len(absent) > 4 else "")
    edges = day_edges(timetable.days)
    first, last = edges[absent - timetable.first_day], edges[absent - timetable.first_day + 1]
    open_days = int((expected >= 6 * HOUR).sum())
    evidence = f"{len(absent)} of {open_days} trading days have no bar: {shown}."
    values = {"days": [str(day_date(int(day))) for day in absent[:200]], "places": places(first, last)}
    return absent, [Finding("missing-days", WARNING, int(first[0]), int(last[-1]), len(absent), evidence, values)]


def check_closed(prices: Prices, subject: Subject, timetable: Timetable) -> list[Finding]:
    """Return the bars that stand where the market should be shut, by kind of closing."""
    shut = ~timetable.is_open(prices.ts)
    # A bar that begins before the opening and reaches into it is of the opening.
    shut &= timetable.opened(prices.ts + prices.span) == timetable.opened(prices.ts)
    at = prices.ts[shut]
    if not len(at):
        return []
    flat = (prices.high == prices.low)[shut]
    wall = new_york(at) + 7 * HOUR
    weekend = (wall // DAY + 3) % 7 > 4
    ordinary = _in_ordinary_week(at, timetable)
    found = []
    for code, which, what in (
        ("flat-weekend", weekend & flat, "flat bars fill weekends"),
        ("closed-hours", weekend & ~flat, "bars lie in weekends"),
        ("closed-hours", ~weekend & ~ordinary, "bars lie in the daily pause"),
        ("holiday-bars", ~weekend & ordinary, "bars lie where the calendar has a holiday or an early close"),
    ):
        if which.any():
            some = at[which]
            share = len(some) / len(prices.ts)
            severity = NOTE if code == "holiday-bars" or share < 0.0005 else WARNING
            evidence = f"{len(some):,} {what} ({share:.2%}); the first at {moment(some[0])}."
            found.append(
                Finding(code, severity, int(some[0]), int(some[-1]), len(some), evidence,
                        {"share": share, "places": places(some, some)}, _drop(subject, code))
            )  # fmt: skip
    return found


def _drop(subject: Subject, code: str) -> str:
    return fix(subject, code) if subject.stored and code != "holiday-bars" else ""


def _in_ordinary_week(ts: Integers, timetable: Timetable) -> Flags:
    """Return whether an ordinary week would be open at each instant: then it is the calendar that says shut."""
    inside = np.zeros(len(ts), dtype=bool)
    days = (new_york(ts) + 7 * HOUR) // DAY
    for day in np.unique(days).tolist():
        here = days == day
        for opens, closes in weekly(timetable.kind, day):
            inside[here] |= (ts[here] >= opens) & (ts[here] < closes)
    return inside


def check_counts(prices: Prices, timetable: Timetable) -> list[Finding]:
    """Return a note on full trading days with fewer bars than such days usually have."""
    counts = counts_by_day(prices, timetable)
    expected = np.array([sum(closes - opens for opens, closes in timetable.by_day[day]) for day in timetable.days])
    usual_open = np.median(expected[expected > 0]) if (expected > 0).any() else 0
    full = (expected >= usual_open) & (counts > 0)
    full[:1], full[-1:] = False, False
    if full.sum() < 5:
        return []
    # Against days nearby, because feeds grow denser over the years.
    usual = np.array(
        [np.median(counts[max(n - 30, 0) : n + 31][full[max(n - 30, 0) : n + 31]]) for n in np.flatnonzero(full)]
    )
    share = counts[full] / usual
    thin = np.flatnonzero(full)[share < 1 - WITHIN]
    if not len(thin):
        return []
    days = np.array(timetable.days)[thin]
    worst = np.flatnonzero(full)[int(share.argmin())]
    edges = day_edges(timetable.days)
    evidence = (
        f"{len(thin)} of {int(full.sum())} full days have more than 2 % fewer bars than days around them; "
        f"the thinnest is {day_date(int(np.array(timetable.days)[worst]))} with {share.min():.0%}."
    )
    values = {"days": [str(day_date(int(day))) for day in days[:200]], "expected": float(np.median(usual)),
              "places": places(edges[thin], edges[thin + 1])}  # fmt: skip
    return [Finding("thin-days", NOTE, int(edges[thin[0]]), int(edges[thin[-1] + 1]), len(thin), evidence, values)]


def own_hours(prices: Prices) -> dict[str, str]:
    """Return when the feed's week and day usually open and close, New York time, as found in the bars."""
    ends, starts = prices.ts[:-1] + prices.span, prices.ts[1:]
    gap = starts - ends
    told = {}
    for name, which in (("pause", (gap >= 15 * MINUTE) & (gap < 6 * HOUR)), ("weekend", (gap > DAY) & (gap < 4 * DAY))):
        if which.sum() >= 2:
            closes, opens = _common(ends[which]), _common(starts[which])
            if closes and opens:
                told[f"{name} from"], told[f"{name} to"] = closes, opens
    return told


def _common(ts: Integers) -> str:
    """Return the time of the New York day that four in ten share; nothing where none is so common."""
    values, tally = np.unique(new_york(ts) % DAY // MINUTE, return_counts=True)
    minute = int(values[tally.argmax()])
    if tally.max() < 0.4 * len(ts):
        return ""
    return f"{minute // 60:02d}:{minute % 60:02d}"
