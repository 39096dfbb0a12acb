"""Bars beside the broker's, and minutes that were missed: asked for, put in their place, or noted as different.

After a start and after every cut of the stream the minutes that were missed are asked for first; prices that come
meanwhile wait, because a bar must not be told of after the one that follows it. Every five minutes our own minutes are
held against the broker's candles, and what differs is in the journal.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tradewind.broker import Candle, Quote
from tradewind.liveness.bars import Bar, Gap, Minutes, compare, fill, gaps
from tradewind.trading.requests import Ask

if TYPE_CHECKING:
    from tradewind.live.desk import Desk

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
COMPARE_EVERY = 5 * MINUTE
GIVE_UP = 30 * SECOND
"""So long prices wait for missed minutes; then they go without."""
LONGEST = 5000
"""Candles of one question: what OANDA answers at most."""


class Bars:
    """The bars of one desk's feed."""

    def __init__(self, desk: "Desk") -> None:
        """Nothing has been missed."""
        self.desk = desk
        self.minutes = Minutes()
        self.ours: list[Bar] = []
        self.waiting: list[Quote] = []
        self.open: dict[int, Gap] = {}
        """Questions for missed minutes that have no answer, by number."""
        self.asked: list[Gap] = []
        self.candles: list[Candle] = []
        self.since = 0
        self.compared_at = 0
        self.comparing: dict[int, tuple[int, int, int]] = {}
        self.numbers = 1_000_000_000
        self.counts: Counter[str] = Counter()
        self.gave_up = False
        """Missed minutes were not told in time: the bars around them have a hole."""

    def begin(self, now: int) -> list[Ask]:
        """Return the questions for what was missed; until they are answered, prices wait."""
        desk = self.desk
        if desk.calendar is None:
            return []
        declared = [one.instrument for one in desk.prepared.listings]
        state = desk.core.state["instruments"]
        folded = {number: int(state[number]["quoted_at"]) for number in range(len(declared))}
        known = {number: ts for number, ts in folded.items() if ts > 0}
        self.asked = [piece for one in gaps(declared, known, desk.calendar.floor, now) for piece in _pieces(one)]
        self.candles, self.since = [], now
        self.open = {self._number(): one for one in self.asked}
        return [
            Ask(number, "candles", f"{one.instrument} 60 {one.start} {one.end}") for number, one in self.open.items()
        ]

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    def answered(self, ask: Ask, candles: Sequence[Candle] | None, now: int) -> bool:
        """An answer came; return whether prices need not wait any more."""
        if ask.number in self.comparing:
            self._compare(self.comparing.pop(ask.number), candles, now)
            return False
        if self.open.pop(ask.number, None) is None:
            return False
        self.candles += candles or ()
        if self.open:
            return False
        self._fill(now)
        return True

    def _fill(self, now: int) -> None:
        filled = fill(self.asked, self.candles, now)
        if len(filled.rows):
            self.desk.missed(filled.rows)
        self.ours += filled.bars
        self.counts["backfilled"] += len(filled.bars)
        wanted = sum((one.end - one.start) // MINUTE for one in self.asked)
        self.desk.core.note(
            "missed",
            {"minutes": wanted, "filled": len(filled.bars), "refused": list(filled.refused)[:20], "ts": now},
        )
        self.asked = []

    def prices(self, quotes: Sequence[Quote], now: int) -> list[Quote]:
        """Return the prices that may be told now; while minutes are missing, they wait."""
        if self.open and now - self.since < GIVE_UP:
            self.waiting += quotes
            return []
        if self.open:
            self.open.clear()
            self._fill(now)
            self.gave_up = True
        ready, self.waiting = [*self.waiting, *quotes], []
        for quote in ready:
            if (bar := self.minutes.quote(quote)) is not None:
                self.ours.append(bar)
        return ready

    def due(self, now: int) -> list[Ask]:
        """Return the questions for candles to compare our minutes with, where it is time."""
        if now - self.compared_at < COMPARE_EVERY or self.open:
            return []
        self.ours += self.minutes.passed(now - 2 * SECOND)
        end = (now - 5 * SECOND) // MINUTE * MINUTE
        start = max(end - COMPARE_EVERY, self.compared_at // MINUTE * MINUTE)
        first, self.compared_at = self.compared_at == 0, now
        if first or start >= end:
            return []
        asks = []
        for number in range(self.desk.prepared.traded):
            ask = Ask(self._number(), "candles", f"{number} 60 {start} {end}")
            self.comparing[ask.number] = (number, start, end)
            asks.append(ask)
        return asks

    def _compare(self, stretch: tuple[int, int, int], candles: Sequence[Candle] | None, now: int) -> None:
        """What differs between our minutes and the broker's is in the journal; nothing is rewritten."""
        instrument, start, end = stretch
        mine = [one for one in self.ours if one.instrument == instrument and start <= one.open_ts < end]
        self.ours = [one for one in self.ours if one.instrument != instrument or one.open_ts >= end]
        if candles is None:
            return
        found = compare(mine, candles, now)
        self.counts["compared"] += found.compared
        self.counts["different"] += len(found.differences)
        if found.differences or found.missing or found.extra:
            told: dict[str, Any] = {
                "instrument": instrument, "start": start, "end": end, "compared": found.compared,
                "different": len(found.differences),
                "largest": max((one.largest for one in found.differences), default=0),
                "missing": len(found.missing), "extra": len(found.extra), "ts": now,
            }  # fmt: skip
            self.desk.core.note("bars differ", told)


def _pieces(gap: Gap) -> list[Gap]:
    """Return a gap in pieces a broker answers at once."""
    step = LONGEST * MINUTE
    return [gap._replace(start=start, end=min(start + step, gap.end)) for start in range(gap.start, gap.end, step)]
