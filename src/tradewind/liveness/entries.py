"""What a live run is told of the calendar from a position on: nothing twice, nothing left out.

A position says up to where the calendar was told. It is rebuilt from the journal's own rows, so that a run which was
killed between two entries of one instant goes on with the second. News is not counted but compared: what is known at
the position is told if it differs from what was told last, so a calendar that was imported while the run was down,
or while it runs, is taken over where it stands.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from tradewind.kernel.records import BAR, CLOCK, DAY, EVENT, NEWS, QUOTE, SESSION, SESSION_CLOSE, SESSION_OPEN, TIME
from tradewind.markets.blackout import NewsEntry, NewsRules, announcements
from tradewind.markets.clock import SECOND, DayClock
from tradewind.markets.instruments import Instrument
from tradewind.markets.news import Event
from tradewind.markets.schedule import clock_resets, schedule

FAR = 2**62
COUNTED = (DAY, SESSION, SESSION_OPEN, SESSION_CLOSE, CLOCK)
PRICES = (QUOTE, BAR)

Rows = np.ndarray[Any, Any]
"""An array of EVENT."""


class MadeOf(NamedTuple):
    """What a calendar is made of; the same values give the same entries, byte for byte."""

    instruments: Sequence[Instrument]
    """All that are listed, by number; those that are traded come first."""
    traded: int
    """How many of them are traded: the others are told no news."""
    clocks: Sequence[tuple[int, DayClock]] = ()
    """Day clocks besides the trading date, with their numbers."""
    versions: Sequence[Event] = ()
    """Every version of the releases."""
    rules: NewsRules = NewsRules()
    edges: bool = False
    """Every opening and closing of a session is an entry too."""


class Position(NamedTuple):
    """How far a run has come. A new one stands at `Position(start)`, before the first entry of the start's date."""

    start: int
    until: int = 0
    """Every entry before this moment was told ..."""
    told: int = 0
    """... and so many of this very moment, news not counted."""
    news: tuple[NewsEntry, ...] = ()
    """What each instrument was told last of its news."""
    priced: int = 0
    """A moment inside the last price that went into bars."""
    passed: int = 0
    """Up to where a TIME event said that time has passed."""


def entries_from(made_of: MadeOf, position: Position) -> Iterator[Any]:
    """Yield what is to be told from the position on, in order of time."""
    first = max(position.start, position.until)
    # The closings of a date that has just ended are told with the next one, at the same instant.
    days = schedule(made_of.instruments, max(position.start, position.until - 1), FAR, edges=made_of.edges)
    clocks = [clock_resets(number, which, first, FAR) for number, which in made_of.clocks]
    news = [_news(made_of, one, first, position.news) for one in enumerate(made_of.instruments[: made_of.traded])]
    yield from merge(_untold(merge(days, *clocks, key=_moment), position), *news, key=_moment)


_moment = attrgetter("ts")


def _untold(entries: Iterator[Any], position: Position) -> Iterator[Any]:
    """Yield the entries that were not told; they come in the order in which they are told."""
    left = position.told
    for entry in entries:
        if entry.ts < position.until:
            continue
        if left > 0 and entry.ts == position.until:
            left -= 1
            continue
        yield entry


def _news(made_of: MadeOf, one: tuple[int, Instrument], first: int, known: Sequence[NewsEntry]) -> Iterator[NewsEntry]:
    """Yield what an instrument is to be told of its news: what changed since it was told last, then what changes."""
    stream = announcements(made_of.versions, one, made_of.rules, first, FAR)
    head = next(stream, None)
    nothing = NewsEntry(first, "news", one[0])
    now, later = (head, stream) if head is not None and head.ts <= first else (nothing, chain([head], stream))
    told = next((entry for entry in known if entry.instrument == one[0]), nothing)
    if now[2:] != told[2:]:
        yield now
    yield from (entry for entry in later if entry is not None)


def position_after(position: Position, rows: Rows) -> Position:
    """Return the position after more rows of the journal's `events`; rows of other kinds mean nothing to it."""
    kinds, ts = rows["kind"], rows["ts"]
    counted, prices = np.isin(kinds, COUNTED), np.isin(kinds, PRICES)
    # A quote of t, or the word that t has passed, comes after all entries of t; a bar that closes at t before them.
    ends = np.where((kinds == QUOTE) | (kinds == TIME), ts + 1, ts)
    ends = ends[counted | prices | (kinds == TIME) | (kinds == NEWS)]
    if not len(ends):
        return position
    until = max(int(ends.max()), position.until)
    told = int(np.count_nonzero(counted & (ts == until))) + (position.told if until == position.until else 0)
    inside = ts - np.where(kinds == BAR, rows["span"].astype(np.int64) * SECOND, 0)
    known = {entry.instrument: entry for entry in position.news}
    known |= {entry.instrument: entry for entry in map(_news_entry, rows[kinds == NEWS])}
    return Position(
        position.start,
        until,
        told,
        tuple(known[number] for number in sorted(known)),
        max(position.priced, int(inside[prices].max(initial=0))),
        max(position.passed, int(ts[kinds == TIME].max(initial=0))),
    )


def _news_entry(row: Any) -> NewsEntry:
    """Return the entry that a NEWS row was made of."""
    values = [int(row[name]) for name in NewsEntry._fields[2:]]
    return NewsEntry(int(row["ts"]), "news", *values)


NO_ROWS = np.zeros(0, dtype=EVENT)
