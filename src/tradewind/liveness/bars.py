"""Our bars beside the broker's, and what was missed while the stream was away.

A minute made of streamed quotes is kept with all eight corners and with its source. When the broker's candle of that
minute is complete the two are compared corner by corner, in ticks; a minute that only one side has is named. Nothing
is rewritten: what was decided was decided on our bar, and the difference is a fact about the feed.

After a gap the complete minutes that lie wholly in it are asked for and become BAR events. The minute in which the
last quote was folded is not among them, because its candle holds that quote too; nor is anything before a moment that
the clock has already let pass, because its bars are closed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from tradewind.broker import Candle, Quote
from tradewind.kernel.records import BAR, EVENT
from tradewind.liveness.entries import NO_ROWS, Rows
from tradewind.markets.clock import MINUTE, SECOND
from tradewind.markets.hours import open_intervals
from tradewind.markets.instruments import Instrument

Source = Literal["stream", "backfill", "broker candle"]
Corners = tuple[int, int, int, int]
"""Open, high, low, close, ticks."""

SETTLE_NS = 2 * SECOND
"""How long after its end a broker's candle may still change."""
CORNERS = ("open", "high", "low", "close")


class Bar(NamedTuple):
    """A closed bar of ours."""

    instrument: int
    open_ts: int
    seconds: int
    bid: Corners
    ask: Corners
    volume: int
    """Quotes, where it was streamed; what the broker counts, where it was not."""
    source: Source


class Difference(NamedTuple):
    """What a bar of ours has more than the broker's, ticks a corner."""

    instrument: int
    open_ts: int
    source: Source
    bid: Corners
    ask: Corners
    volume: int

    @property
    def largest(self) -> int:
        """The largest difference of any corner, ticks."""
        return max(abs(value) for value in (*self.bid, *self.ask))


class Comparison(NamedTuple):
    """Our bars of a stretch beside the broker's."""

    compared: int
    differences: tuple[Difference, ...]
    """Of the bars that both have, those with any corner different."""
    missing: tuple[tuple[int, int], ...]
    """(instrument, open) of bars that the broker has and we have not."""
    extra: tuple[tuple[int, int], ...]
    """(instrument, open) of bars that we have and the broker has not."""


class Gap(NamedTuple):
    """Minutes to ask the broker for: those that open in [start, end)."""

    instrument: int
    start: int
    end: int


class Filled(NamedTuple):
    """What a gap was filled with."""

    rows: Rows
    """EVENT rows of kind BAR, by close and instrument; each needs what the calendar has before it."""
    bars: tuple[Bar, ...]
    """The same as records."""
    refused: tuple[str, ...]
    """Candles that were not taken, in words."""


class Minutes:
    """Bars of one length made of quotes, for the record; the kernel makes its own of the same quotes."""

    def __init__(self, seconds: int = 60) -> None:
        self.seconds = seconds
        self._span = seconds * SECOND
        self._forming: dict[int, tuple[int, list[int], list[int], int]] = {}

    def quote(self, quote: Quote) -> Bar | None:
        """The quote is in its bar; return the bar before, if this quote ended it."""
        opens = quote.ts - quote.ts % self._span
        forming = self._forming.get(quote.instrument)
        if forming is None or opens > forming[0]:
            self._forming[quote.instrument] = (opens, [quote.bid] * 4, [quote.ask] * 4, 1)
            return None if forming is None else self._closed(quote.instrument, forming)
        _, bid, ask, count = forming
        for corners, price in ((bid, quote.bid), (ask, quote.ask)):
            corners[1], corners[2], corners[3] = max(corners[1], price), min(corners[2], price), price
        self._forming[quote.instrument] = (forming[0], bid, ask, count + 1)
        return None

    def passed(self, ts: int) -> list[Bar]:
        """Return the bars that end by `ts`; no quote of theirs will be taken any more."""
        ended = [number for number, forming in self._forming.items() if forming[0] + self._span <= ts]
        return [self._closed(number, self._forming.pop(number)) for number in sorted(ended)]

    def _closed(self, instrument: int, forming: tuple[int, list[int], list[int], int]) -> Bar:
        opens, bid, ask, count = forming
        return Bar(instrument, opens, self.seconds, _corners(bid), _corners(ask), count, "stream")


def _corners(values: Sequence[int]) -> Corners:
    first, high, low, last = values
    return first, high, low, last


def compare(ours: Iterable[Bar], theirs: Iterable[Candle], now: int, settle_ns: int = SETTLE_NS) -> Comparison:
    """Return how our bars and the broker's candles of the same stretch differ, as far as candles are complete at `now`.

    Both cover the same stretch: what only one side has is missing or extra.
    """
    mine = {(bar.instrument, bar.open_ts): bar for bar in ours if _is_complete(bar, now, settle_ns)}
    candles = {(one.instrument, one.open_ts): one for one in theirs if _is_complete(one, now, settle_ns)}
    both = sorted(mine.keys() & candles.keys())
    found = [_difference(mine[key], candles[key]) for key in both]
    return Comparison(
        len(both),
        tuple(one for one in found if one.largest),
        tuple(sorted(candles.keys() - mine.keys())),
        tuple(sorted(mine.keys() - candles.keys())),
    )


def _is_complete(bar: Bar | Candle, now: int, settle_ns: int) -> bool:
    return bar.open_ts + bar.seconds * SECOND + settle_ns <= now


def _difference(bar: Bar, candle: Candle) -> Difference:
    bid, ask = (
        _corners([a - b for a, b in zip(mine, theirs, strict=True)])
        for mine, theirs in ((bar.bid, candle.bid), (bar.ask, candle.ask))
    )
    return Difference(bar.instrument, bar.open_ts, bar.source, bid, ask, bar.volume - candle.volume)


def gaps(
    instruments: Sequence[Instrument],
    folded: Mapping[int, int],
    floor: int,
    now: int,
    settle_ns: int = SETTLE_NS,
) -> list[Gap]:
    """Return the stretches of whole minutes in open hours that lie between what was folded and `now`.

    `folded` is the time of the last quote folded of each instrument, or the end of its last bar; an instrument without
    one has no gap. `floor` is the calendar's: older minutes are closed.
    """
    found: list[Gap] = []
    for number, last in sorted(folded.items()):
        start = _next_minute(max(last, floor - 1))
        end = (now - settle_ns) // MINUTE * MINUTE
        for opens, closes in open_intervals(instruments[number], start, end) if start < end else ():
            first, stop = -(-opens // MINUTE) * MINUTE, closes // MINUTE * MINUTE
            if found and found[-1].instrument == number and found[-1].end == first:
                found[-1] = found[-1]._replace(end=stop)  # two dates that touch
            elif first < stop:
                found.append(Gap(number, first, stop))
    return found


def _next_minute(ts: int) -> int:
    """Return the first minute that opens after `ts`."""
    return ts // MINUTE * MINUTE + MINUTE


def missing_minutes(bars: Iterable[Bar], instrument: tuple[int, Instrument], start: int, end: int) -> list[Gap]:
    """Return the stretches of [start, end) in open hours of which there is no bar, whole minutes; quiet ones too.

    `instrument` is its number and itself. Whether the broker has a candle there is for the broker to say.
    """
    number, declared = instrument
    known = {bar.open_ts for bar in bars if bar.instrument == number}
    found: list[Gap] = []
    for opens, closes in open_intervals(declared, start, end):
        for minute in range(-(-opens // MINUTE) * MINUTE, closes - MINUTE + 1, MINUTE):
            if minute in known:
                continue
            if found and found[-1].end == minute:
                found[-1] = found[-1]._replace(end=minute + MINUTE)
            else:
                found.append(Gap(number, minute, minute + MINUTE))
    return found


def fill(gap: Sequence[Gap], candles: Iterable[Candle], now: int, settle_ns: int = SETTLE_NS) -> Filled:
    """Return the candles that lie in the gaps as BAR events; what is unsound, incomplete or elsewhere is refused."""
    taken: dict[tuple[int, int], Candle] = {}
    refused = []
    for candle in candles:
        wrong = _wrong(candle, gap, now, settle_ns)
        if not wrong and (candle.open_ts, candle.instrument) in taken:
            wrong = "came twice"
        if wrong:
            refused.append(f"The candle {candle!r:.160} {wrong}.")
        else:
            taken[candle.open_ts, candle.instrument] = candle
    ordered = [taken[key] for key in sorted(taken)]
    bars = tuple(Bar(*candle, source="backfill") for candle in ordered)
    return Filled(_rows(ordered), bars, tuple(refused))


def _wrong(candle: Candle, gap: Sequence[Gap], now: int, settle_ns: int) -> str:
    """Return what is wrong with a candle, in words; nothing for one that can be taken."""
    numbers = (candle.instrument, candle.open_ts, candle.seconds, *candle.bid, *candle.ask, candle.volume)
    if (
        any(type(value) is not int for value in numbers)
        or len(candle.bid) != len(candle.ask)
        or len(candle.bid) != len(CORNERS)
    ):
        return "has a value that is no whole number"
    if candle.seconds * SECOND != MINUTE or candle.open_ts % MINUTE:
        return "is no minute of the clock"
    if not any(one.instrument == candle.instrument and one.start <= candle.open_ts < one.end for one in gap):
        return "lies in no gap"
    if not _is_complete(candle, now, settle_ns):
        return "is not complete"
    for opens, high, low, close in (candle.bid, candle.ask):
        if not 0 < low <= min(opens, close) <= max(opens, close) <= high:
            return "has a price outside its range, or none"
    if any(ask < bid for bid, ask in zip(candle.bid, candle.ask, strict=True)):
        return "has an ask below its bid"
    return "has a negative volume" if candle.volume < 0 else ""


def _rows(candles: Sequence[Candle]) -> Rows:
    """Return candles as BAR rows, in the order given."""
    if not candles:
        return NO_ROWS
    rows = np.zeros(len(candles), dtype=EVENT)
    rows["kind"] = BAR
    rows["instrument"] = [one.instrument for one in candles]
    rows["span"] = [one.seconds for one in candles]
    rows["ts"] = [one.open_ts + one.seconds * SECOND for one in candles]
    rows["volume"] = [one.volume for one in candles]
    for place, corner in enumerate(CORNERS):
        rows[corner] = [one.bid[place] for one in candles]
        rows[f"spread_{corner}"] = [one.ask[place] - one.bid[place] for one in candles]
    return rows


def in_stretches(minutes: Iterable[tuple[int, int]]) -> Iterator[Gap]:
    """Yield (instrument, open) of minutes, sorted, as stretches; `Comparison.missing` is of that form."""
    held: Gap | None = None
    for number, opens in minutes:
        if held is not None and held.instrument == number and held.end == opens:
            held = held._replace(end=opens + MINUTE)
            continue
        if held is not None:
            yield held
        held = Gap(number, opens, opens + MINUTE)
    if held is not None:
        yield held
