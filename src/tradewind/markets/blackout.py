"""Windows around releases in which nothing is entered, per instrument, as they become known.

A release opens a window some minutes before it and closes it some minutes after (domain 2.2); windows that touch are
one. For each instrument the tape is told of one window at a time: the one that is, or else the next. It is told again
as soon as that is over, and whenever a release becomes known, moves or is cancelled so that it changes. What is told
at a moment follows from the versions known at that moment alone.

With a lock the same entries say where a prop firm lets no order be sent, and with `flatten_before` when to be without
a position. Times are nanoseconds UTC.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Literal, NamedTuple

from tradewind.markets.clock import MINUTE
from tradewind.markets.instruments import Instrument
from tradewind.markets.news import KINDS, Event, concerns, in_order, known

NEVER = 2**62

Minutes = tuple[int, int]
"""Before and after the release."""


class NewsRules(NamedTuple):
    """How wide windows are, in minutes, and which impacts have one (domain 2.2)."""

    impacts: tuple[str, ...] = ("high",)
    release: Minutes = (15, 15)
    fomc: Minutes = (30, 60)
    eia: Minutes = (15, 15)
    lock: Minutes = (0, 0)
    """(2, 2) is the rule of a prop firm; (0, 0) none."""
    flatten_before: int = 0
    """Be without a position so long before a release; 0 asks for nothing."""

    def margins(self, kind: str) -> Minutes:
        """Return the minutes before and after a release of that kind."""
        return {"release": self.release, "fomc": self.fomc, "eia": self.eia}[kind]


class Window(NamedTuple):
    """A stretch [opens, closes) without entries, and the bits of what falls into it."""

    opens: int
    closes: int
    kinds: int


class NewsEntry(NamedTuple):
    """All that is known from `ts` on of the news ahead of an instrument; 0 where there is none."""

    ts: int
    kind: Literal["news"]
    instrument: int
    opens: int = 0
    closes: int = 0
    kinds: int = 0
    lock_opens: int = 0
    lock_closes: int = 0
    flat_at: int = 0


class _Due(NamedTuple):
    """A release with its own window."""

    opens: int
    ts: int
    closes: int
    id: str
    bit: int


def _due(event: Event, rules: NewsRules) -> _Due:
    before, after = rules.margins(event.kind)
    return _Due(event.ts - before * MINUTE, event.ts, event.ts + after * MINUTE, event.id, KINDS[event.kind])


def _merged(due: Iterable[_Due]) -> Iterator[Window]:
    """Yield the windows of releases that are sorted by their openings; those that touch are one."""
    window = None
    for one in due:
        if window is not None and one.opens <= window.closes:
            window = Window(window.opens, max(window.closes, one.closes), window.kinds | one.bit)
            continue
        if window is not None:
            yield window
        window = Window(one.opens, one.closes, one.bit)
    if window is not None:
        yield window


def concerning(versions: Iterable[Event], instrument: Instrument, rules: NewsRules) -> list[Event]:
    """Return every version of the releases that have a window for the instrument, as they became known.

    A release that a later version makes unimportant is one that was called off at that moment.
    """
    ordered = in_order(versions)
    ids = {event.id for event in ordered if concerns(event, instrument, rules.impacts)}
    return [
        event if concerns(event, instrument, rules.impacts) else event._replace(cancelled=True)
        for event in ordered
        if event.id in ids
    ]


def windows(versions: Iterable[Event], instrument: Instrument, rules: NewsRules, moment: int) -> list[Window]:
    """Return the windows of an instrument as the calendar was known at a moment, past ones included."""
    events = known(concerning(versions, instrument, rules), moment)
    return list(_merged(sorted(_due(event, rules) for event in events)))


def after_release(
    versions: Iterable[Event], instrument: Instrument, rules: NewsRules, minutes: float
) -> list[tuple[int, int]]:
    """Return the first minutes after each release that came, as the calendar is known at the end: [opens, closes).

    A press conference begins without a number: its first minutes are not among them.
    """
    length = round(minutes * MINUTE)
    events = known(concerning(versions, instrument, rules), NEVER) if length else []
    return sorted((one.ts, one.ts + length) for one in events if "press conference" not in one.name.lower())


def announcements(
    versions: Iterable[Event], instrument: tuple[int, Instrument], rules: NewsRules, first_ns: int, last_ns: int
) -> Iterator[NewsEntry]:
    """Yield what is told of an instrument's news from `first_ns` through `last_ns`, in order of time.

    `instrument` is its number in the run and itself. The first entry stands at `first_ns`, if there is news by then.
    """
    number, declared = instrument
    waiting = concerning(versions, declared, rules)
    ahead: list[_Due] = []
    standing: dict[str, _Due] = {}
    told = NewsEntry(0, "news", number)
    now, place = first_ns, 0
    while now <= last_ns:
        while place < len(waiting) and waiting[place].known_at <= now:
            _learn(waiting[place], rules, ahead, standing)
            place += 1
        _forget(now, ahead, standing)
        entry = _entry(now, number, ahead, rules)
        if entry[1:] != told[1:]:
            yield entry
            told = entry
        soonest = [waiting[place].known_at] if place < len(waiting) else []
        soonest += [moment for moment in (entry.closes, entry.lock_closes, _release(ahead, now)) if moment > now]
        if not soonest:
            return
        now = min(soonest)


def _learn(event: Event, rules: NewsRules, ahead: list[_Due], standing: dict[str, _Due]) -> None:
    """`ahead`, sorted by openings, has what the version says in place of what was said before."""
    old = standing.pop(event.id, None)
    if old is not None:
        ahead.remove(old)
    if not event.cancelled:
        standing[event.id] = _due(event, rules)
        insort(ahead, standing[event.id])


def _forget(now: int, ahead: list[_Due], standing: dict[str, _Due]) -> None:
    """`ahead` has no window that is over; a merged one is kept whole until its end, so that it is told once."""
    while (window := next(_merged(ahead), None)) is not None and window.closes <= now:
        while ahead and ahead[0].opens <= window.closes:
            standing.pop(ahead.pop(0).id, None)


def _release(ahead: list[_Due], now: int) -> int:
    """Return when the next release is due, 0 if none is."""
    return min((one.ts for one in _near(ahead, now)), default=0)


def _near(ahead: list[_Due], now: int) -> Iterator[_Due]:
    """Yield releases still due until one is found that all later windows must follow."""
    nearest = None
    for one in ahead:
        if nearest is not None and one.opens > nearest:
            return
        if one.ts > now:
            nearest = one.ts if nearest is None else min(nearest, one.ts)
            yield one


def _entry(now: int, number: int, ahead: list[_Due], rules: NewsRules) -> NewsEntry:
    """Return what is to be told now."""
    window = next(_merged(ahead), None)
    if window is None:
        return NewsEntry(now, "news", number)
    before, after = (minutes * MINUTE for minutes in rules.lock)
    locked = [one for one in ahead if one.opens <= window.closes and one.ts + after > now] if before + after else []
    lock = min(locked, key=attrgetter("ts"), default=None)
    opens, closes = (lock.ts - before, lock.ts + after) if lock is not None else (0, 0)
    release = _release(ahead, now) if rules.flatten_before else 0
    flat_at = release - rules.flatten_before * MINUTE if release else 0
    return NewsEntry(now, "news", number, *window, opens, closes, flat_at)
