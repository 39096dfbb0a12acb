"""The guard at the edge: which quotes are prices, and which are not and why.

Nothing that is in doubt gets through: what is let through is whole, positive, uncrossed, in order, of its time, inside
the hours and near the price before it, or confirmed by a second print. Everything else leaves a finding and a count,
never a guess. While the latest print is in doubt `doubt` says so, and nobody enters on the price before it.

A quote out of order is late, unless a window is given to wait in: quotes are then let through in the order of their
times, each as soon as the window has gone by. That is a delay of every quote; a stream over one connection keeps its
order by itself and needs none.
"""

from collections import Counter, deque
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from tradewind.broker import Quote
from tradewind.liveness.findings import DOUBTS, Finding, finding
from tradewind.liveness.lane import FIRST_BAND, Lane
from tradewind.markets.clock import SECOND, trading_day
from tradewind.markets.hours import market_hours
from tradewind.markets.instruments import Instrument

LARGEST = 2**40
"""Ticks: no price is higher."""
KEPT = 1000
"""Findings kept for a person to look at; counts are of all."""


class Bounds(NamedTuple):
    """What a quote may be."""

    window_ns: int = 0
    """How long quotes wait for older ones."""
    ahead_ns: int = 2 * SECOND
    """How far ahead of the broker's clock a quote's time may be: what we know of that clock is not exact."""
    old_ns: int = 5 * SECOND
    """How long it may have been on its way; domain C7 lets nobody act on an older one."""
    multiple: float = 20.0
    """The width of the band in mean moves, and ..."""
    spreads: float = 2.0
    """... its least width in spreads."""
    factor: float = 1.5
    """A price this many times the last one, or a part of it as small, is absurd."""
    widest: float = 0.05
    """Of the price: a wider spread is absurd."""
    locked: bool = False
    """Whether a spread of nothing is a price, as some raw feeds have it."""


GOOD: tuple[Quote, ...] = ()


class QuoteGuard:
    """The guard of the listed instruments, by number."""

    def __init__(self, instruments: Sequence[Instrument], bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self.counts: Counter[tuple[str, int]] = Counter()
        """How many quotes were refused, by kind and instrument."""
        self.findings: deque[Finding] = deque(maxlen=KEPT)
        self._hours = [market_hours(one) for one in instruments]
        self._lanes = [Lane() for _ in instruments]
        self._waiting: list[tuple[int, int, Quote, int]] = []
        self._arrived = 0

    def begin(self, quote: Quote) -> None:
        """The instrument's last good quote before a restart was this one."""
        self._lanes[quote.instrument].take(quote, 0.0)

    def reconnected(self) -> None:
        """The stream is new: what it tells again is known already."""
        for lane in self._lanes:
            lane.replaying = True

    def doubt(self, instrument: int) -> str:
        """Return why nobody may enter on the instrument's price, in one word of ours; empty while it is good."""
        return self._lanes[instrument].doubt

    def take(self, quote: Quote, now: int) -> tuple[Quote, ...]:
        """Return the quotes that are prices from now on, in order: mostly this one, none, or a held one and this.

        `now` is the broker's time as we know it.
        """
        kind = self._unsound(quote, now)
        if kind:
            return self._refuse(kind, quote, now)
        if self.bounds.window_ns:
            self._arrived += 1
            heappush(self._waiting, (quote.ts, self._arrived, quote, now))
            return self.release(now)
        return self._judge(quote, now)

    def release(self, now: int) -> tuple[Quote, ...]:
        """Return the quotes that have waited long enough."""
        good: list[Quote] = []
        while self._waiting and self._waiting[0][0] <= now - self.bounds.window_ns:
            _, _, quote, arrived = heappop(self._waiting)
            good += self._judge(quote, arrived)
        return tuple(good)

    def next_release(self) -> int | None:
        """Return when `release` has something to do."""
        return self._waiting[0][0] + self.bounds.window_ns if self._waiting else None

    def _refuse(self, kind: str, quote: Quote, now: int) -> tuple[Quote, ...]:
        one = finding(kind, quote.instrument, now, quote)
        self.counts[kind, one.instrument] += 1
        self.findings.append(one)
        if kind in DOUBTS and 0 <= one.instrument < len(self._lanes):
            self._lanes[one.instrument].doubt = kind
        return GOOD

    def _unsound(self, quote: Quote, now: int) -> str:
        """Return what is wrong with a quote taken by itself; nothing for a sound one."""
        instrument, ts, bid, ask, tradable = quote
        if type(instrument) is not int or not 0 <= instrument < len(self._lanes):
            return "instrument"
        if type(ts) is not int or type(bid) is not int or type(ask) is not int:
            return "malformed"
        if bid <= 0 or ask <= 0:
            return "not positive"
        if bid >= LARGEST or ask >= LARGEST:
            return "malformed"
        if ask <= bid and (ask < bid or not self.bounds.locked):
            return "crossed" if ask < bid else "locked"
        if ts > now + self.bounds.ahead_ns:
            return "future"
        if tradable is not True:
            return "not tradable"
        return "absurd" if ask - bid > self.bounds.widest * bid else ""

    def _judge(self, quote: Quote, now: int) -> tuple[Quote, ...]:
        """Return what is let through because of a sound quote, seen beside those before it."""
        lane, bounds = self._lanes[quote.instrument], self.bounds
        kind = self._untimely(lane, quote, now)
        if not kind and lane.last:
            price = quote.bid
            kind = "absurd" if price > lane.bid * bounds.factor or price * bounds.factor < lane.bid else ""
        if kind:
            return self._refuse(kind, quote, now)
        band = lane.band(quote.ts, bounds.multiple, bounds.spreads)
        if lane.held is None and lane.last and lane.far(quote) <= band:
            lane.take(quote, band)
            return (quote,)
        return self._confirm(lane, quote, band, now)

    def _confirm(self, lane: Lane, quote: Quote, band: float, now: int) -> tuple[Quote, ...]:
        """Return what is let through where a print is held, or this one is out of its band."""
        held = lane.held
        if held is not None:
            near = band if lane.last else max(FIRST_BAND * held.bid, self.bounds.spreads * (held.ask - held.bid))
            if max(abs(quote.bid - held.bid), abs(quote.ask - held.ask)) <= near and not (
                lane.last and lane.far(quote) <= band
            ):
                lane.take(held, band)
                lane.take(quote, band)
                return (held, quote)
            self._refuse("spike", held, now)
            lane.held = None
            if lane.last and lane.far(quote) <= band:
                lane.take(quote, band)
                return (quote,)
        lane.held, lane.doubt = quote, "spike"
        return GOOD

    def _untimely(self, lane: Lane, quote: Quote, now: int) -> str:
        """Return what is wrong with the time of a quote; nothing for one in its time."""
        ts, held = quote.ts, lane.held
        if lane.replaying and ts <= lane.last:
            return "replayed"
        newest = lane.last if held is None else held.ts
        if ts <= newest:
            if ts < newest:
                return "late"
            if held is None and quote.bid == lane.bid and quote.ask == lane.ask:
                return "duplicate"
            if held is not None and quote.bid == held.bid and quote.ask == held.ask:
                return "duplicate"
        if ts < now - self.bounds.old_ns:
            return "old"
        if not lane.opens <= ts < lane.closes and not self._opens(quote.instrument, lane, ts):
            return "outside hours"
        return ""

    def _opens(self, instrument: int, lane: Lane, ts: int) -> bool:
        """Return whether an instrument trades at a moment, and remember its hours around it."""
        for opens, closes in self._hours[instrument].intervals(trading_day(ts)):
            if opens <= ts < closes:
                lane.opens, lane.closes = opens, closes
                return True
        return False
