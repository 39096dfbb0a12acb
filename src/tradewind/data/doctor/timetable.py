"""The hours a market should keep over one stretch, for looking up many instants at once.

`opened(ts)` is how long the market was open before an instant, so that the open time between any two instants
is a subtraction. Hours are those that fit the bars best (`clocks`), cut by the calendar's holidays.
"""

from bisect import bisect_right

import numpy as np

from tradewind.data.doctor.finding import Flags
from tradewind.data.doctor.hypotheses import Kind
from tradewind.data.spread import Integers
from tradewind.markets.clock import NEW_YORK, ROLL, day_number, instant, trading_day


class Timetable:
    """The open intervals of a market from `first` to `last` (ns UTC), sorted and joined."""

    def __init__(self, kind: Kind, first: int, last: int) -> None:
        """The intervals of every trading date of the stretch are known."""
        self.kind = kind
        self.first_day = trading_day(first)
        self.days = range(self.first_day, trading_day(last) + 1)
        self.by_day = {day: _intervals(kind, day) for day in self.days}
        joined: list[list[int]] = []
        for day in self.days:
            for opens, closes in self.by_day[day]:
                if joined and joined[-1][1] == opens:
                    joined[-1][1] = closes
                else:
                    joined.append([opens, closes])
        self.opens = np.array([opens for opens, _ in joined], dtype=np.int64)
        self.closes = np.array([closes for _, closes in joined], dtype=np.int64)
        self._before = np.concatenate([[0], np.cumsum(self.closes - self.opens)])

    def opened(self, ts: Integers) -> Integers:
        """Return how many ns the market was open before each instant, since the stretch began."""
        if not len(self.opens):
            return np.zeros(len(ts), dtype=np.int64)
        place = np.searchsorted(self.opens, ts, side="right") - 1
        within = np.clip(ts - self.opens[place], 0, (self.closes - self.opens)[place])
        opened: Integers = np.where(place < 0, 0, self._before[place] + within)
        return opened

    def is_open(self, ts: Integers) -> Flags:
        """Return whether each instant lies within an open interval."""
        if not len(self.opens):
            return np.zeros(len(ts), dtype=bool)
        place = np.searchsorted(self.opens, ts, side="right") - 1
        inside: Flags = (place >= 0) & (ts < self.closes[place])
        return inside

    def edges(self) -> list[tuple[int, int]]:
        """Return (closes, next opens) of every pause and weekend."""
        return [(int(a), int(b)) for a, b in zip(self.closes[:-1], self.opens[1:], strict=True)]


def weekly(kind: Kind, day: int) -> list[tuple[int, int]]:
    """Return the open intervals of an ordinary week on a trading date, whatever the calendar says."""
    weekday = (day + 3) % 7
    if weekday > 4:
        return []
    since = [day_number(row.valid_from) for row in kind.hours]
    return kind.hours[max(bisect_right(since, day) - 1, 0)].intervals(day, weekday)


def _intervals(kind: Kind, day: int) -> list[tuple[int, int]]:
    spans = weekly(kind, day)
    # A holiday may reopen days later: the rows of the ten dates before can still cut this one.
    for before in range(day - 10, day + 1):
        row = kind.holidays.get(before)
        if row is None:
            continue
        shut = instant(row.day - 1, ROLL, NEW_YORK) if row.closes is None else row.closes
        spans = [part for span in spans for part in _without(span, shut, row.reopen)]
    return spans


def _without(span: tuple[int, int], since: int, until: int) -> list[tuple[int, int]]:
    opens, closes = span
    parts = [(opens, min(closes, since)), (max(opens, until), closes)]
    return [part for part in parts if part[0] < part[1]]


def day_edges(days: range) -> Integers:
    """Return the instants at which the trading dates begin, and the last one ends."""
    return np.array([instant(day - 1, ROLL, NEW_YORK) for day in range(days.start, days.stop + 1)], dtype=np.int64)
