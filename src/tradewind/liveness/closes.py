"""When bars close, by the kernel's own rule: counted from 17:00 New York, and none reaches into the next date.

A bar exists only if a price fell into it. So after the last price there is one closing to come for each timeframe,
and then none: a closed market asks for nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.markets.clock import DAY, SECOND
from tradewind.markets.schedule import DayEntry, schedule


class Date(NamedTuple):
    """When a trading date begins and ends; the weekend is one."""

    opens: int
    closes: int


def date_of(ts: int) -> Date:
    """Return the trading date that contains a moment, as the calendar tells it."""
    day = next(entry for entry in schedule((), ts, ts) if isinstance(entry, DayEntry))
    return Date(day.opens, day.closes)


def bar_opens(date: Date, seconds: int, ts: int) -> int:
    """Return when the bar of `seconds` opens that contains `ts`; from a day on, the date itself."""
    length = seconds * SECOND
    return date.opens if length >= DAY else date.opens + (ts - date.opens) // length * length


def bar_closes(date: Date, seconds: int, ts: int) -> int:
    """Return when the bar of `seconds` closes that contains `ts`; weeks and months can close with any date."""
    length = seconds * SECOND
    return date.closes if length >= DAY else min(bar_opens(date, seconds, ts) + length, date.closes)


class Closings:
    """Which bars a price has opened, and when they close."""

    def __init__(self, timeframes: Sequence[int]) -> None:
        self.floor = 0
        """When the youngest bar opened: an older price belongs to a bar that is closed."""
        self.renews = 0
        """A price from here on opens another bar of some timeframe."""
        self._timeframes = tuple(timeframes)
        self._date = Date(0, 0)
        self._ahead: list[int] = []

    def price(self, ts: int) -> None:
        """A price at `ts` is in the bars; it is not older than `floor`."""
        if not self._date.opens <= ts < self._date.closes:
            self._date = date_of(ts)
        self._ahead = sorted({bar_closes(self._date, one, ts) for one in self._timeframes})
        self.floor = max((bar_opens(self._date, one, ts) for one in self._timeframes), default=0)
        self.renews = min(self._ahead, default=self._date.closes)

    def passed(self, ts: int) -> None:
        """What closes up to `ts` has closed, and older prices are too late for it."""
        self._ahead = [closes for closes in self._ahead if closes > ts]
        self.floor = max(self.floor, ts)

    def due(self, ts: int) -> int:
        """Return the last closing up to `ts` that is still ahead; 0 if none is."""
        return max((closes for closes in self._ahead if closes <= ts), default=0)

    def soonest(self) -> int | None:
        """Return the next closing, if a bar is open."""
        return self._ahead[0] if self._ahead else None
