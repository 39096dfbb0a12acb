"""The calendar of a live run, and the clock that closes its bars.

A tape has the whole day before it; a live run has to be told by and by. What was recorded and what was lived must be
the same stream, so entries come out here at the places and with the bytes the tape gives them: before a quote all
that are due by its time, before a bar all that are due before its close. Where no price comes, the clock does it: once
`grace` has gone by since something was due, for quotes that are still on their way, the entries are told and a TIME
event says that their moment has passed, which closes the bars that end there.

A quote older than a moment that has passed would open a closed bar again. It is refused and counted; the next quote
brings the price. All times are the broker's: the driver adds the measured offset to its own clock.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradewind.data.calendar_rows import calendar_rows
from tradewind.kernel.records import EVENT, TIME
from tradewind.liveness.closes import Closings
from tradewind.liveness.entries import NO_ROWS, MadeOf, Position, Rows, entries_from
from tradewind.markets.blackout import NewsEntry
from tradewind.markets.clock import SECOND
from tradewind.markets.news import Event

GRACE_NS = 750_000_000
"""How long quotes of a bar may be on their way after its close."""

RAW = np.dtype((np.void, EVENT.itemsize))


class Wake(NamedTuple):
    """When the clock has to act, and up to which moment time will have passed then."""

    at: int
    ts: int


class LiveCalendar:
    """The calendar from a position on, told by and by."""

    def __init__(
        self, made_of: MadeOf, position: Position, timeframes: Sequence[int], grace_ns: int = GRACE_NS
    ) -> None:
        self.late = 0
        """Quotes refused because their bar was closed."""
        self._grace = grace_ns
        self._closings = Closings(timeframes)
        if position.priced:
            self._closings.price(position.priced)
        # A batch that was cut within an instant had told a part of it: quotes from before it are late.
        self._closings.passed(max(position.passed, position.until if position.told else 0))
        self._start, self._until, self._told = position.start, position.until, position.told
        self._priced, self._passed = position.priced, position.passed
        self._news = {entry.instrument: entry for entry in position.news}
        self._begin(made_of)

    def _begin(self, made_of: MadeOf) -> None:
        """Entries are those of `made_of` from the position on."""
        self._made_of = made_of
        self._entries = entries_from(made_of, self.position)
        self._next = next(self._entries)

    @property
    def position(self) -> Position:
        """How far the run has come; the journal's rows say the same (`entries.position_after`)."""
        news = tuple(self._news[number] for number in sorted(self._news))
        return Position(self._start, self._until, self._told, news, self._priced, self._passed)

    @property
    def floor(self) -> int:
        """Prices from before this moment belong to bars that are closed."""
        return self._closings.floor

    def admits(self, ts: int) -> bool:
        """Return whether a quote of `ts` may still go into the bars; one that may not is counted."""
        if ts >= self._closings.floor:
            return True
        self.late += 1
        return False

    def before_quote(self, ts: int) -> Rows:
        """Return the rows that come before a quote of `ts`, which is admitted and follows now."""
        rows = self._before(ts + 1) if self._next.ts <= ts else NO_ROWS
        self._reached(ts + 1, ts)
        return rows

    def before_bar(self, ts: int, span_s: int) -> Rows:
        """Return the rows that come before a bar of `span_s` seconds that closes at `ts` and follows now."""
        rows = self._before(ts) if self._next.ts < ts else NO_ROWS
        self._reached(ts, ts - span_s * SECOND)
        return rows

    def _reached(self, until: int, inside: int) -> None:
        """Everything before `until` is told, and a price at `inside` is in the bars."""
        if until > self._until:
            self._until, self._told = until, 0
        if inside >= self._closings.renews:
            self._closings.price(inside)
        self._priced = max(self._priced, inside)

    def _before(self, limit: int) -> Rows:
        """Return the entries before `limit` as rows; they are told."""
        entries = []
        while self._next.ts < limit:
            entries.append(self._next)
            self._next = next(self._entries)
        self._news.update((one.instrument, one) for one in entries if isinstance(one, NewsEntry))
        return calendar_rows(entries)

    def next_wake(self, now: int) -> Wake:
        """Return when to call `due` if no price comes before, `now` or later, and for which moment."""
        closing = self._closings.soonest()
        soonest = self._next.ts if closing is None else min(closing, self._next.ts)
        return Wake(max(now, soonest + self._grace), soonest)

    def due(self, now: int) -> Rows:
        """Return the entries due at `now` without a price, and a TIME event up to the last moment that has passed."""
        limit = now - self._grace
        moment = self._closings.due(limit)
        rows = self._before(limit + 1) if self._next.ts <= limit else NO_ROWS
        if len(rows):
            moment = max(moment, int(rows["ts"][-1]))
        if moment == 0:
            return NO_ROWS
        self._closings.passed(moment)
        self._passed = moment
        if moment >= self._until:
            self._until, self._told = moment + 1, 0
        return _with_time(rows, moment)

    def renew(self, versions: Sequence[Event]) -> None:
        """Another calendar of releases holds from now on; what it changes is told next."""
        self._begin(self._made_of._replace(versions=versions))


def _with_time(rows: Rows, ts: int) -> Rows:
    """Return the rows and a TIME event after them."""
    told = np.zeros(len(rows) + 1, dtype=EVENT)
    told.view(RAW)[:-1] = rows.view(RAW)
    told["ts"][-1], told["kind"][-1] = ts, TIME
    return told
