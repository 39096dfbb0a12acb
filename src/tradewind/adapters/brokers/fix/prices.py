"""Best bid and ask of each instrument from snapshots (W) and changes (X) of the book.

A snapshot is the whole book, here one level of it; a change names entries by MDEntryID. A side that is missing, or a
bid above the ask, makes a quote that is not tradable; without any price of a side yet there is none at all.
"""

from collections.abc import Iterable

from tradewind.adapters.brokers.fix.answers import Book, amount, place_of
from tradewind.adapters.brokers.fix.moments import moment
from tradewind.adapters.brokers.fix.wire import Garbled, Message
from tradewind.broker import Quote
from tradewind.errors import TradewindError
from tradewind.money import ticks

SNAPSHOT, CHANGES = "W", "X"
BID, ASK = "0", "1"
DELETE = "2"
ENTRIES = 200
"""More entries of one instrument's book are not kept: the oldest go."""


class Tops:
    """The books as far as they were told."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._entries: list[dict[tuple[str, str], int]] = [{} for _ in book.listed]
        self._last: list[tuple[int, int]] = [(0, 0) for _ in book.listed]

    def forget(self) -> None:
        """What was told before the line was lost is gone."""
        for entries in self._entries:
            entries.clear()

    def read(self, message: Message) -> list[Quote]:
        """Return the quotes that follow from a message; `Garbled` where it means nothing."""
        ts = moment(message.get(52))
        if message.type == SNAPSHOT:
            place = place_of(message, self._book)
            if place < 0:
                return []
            self._entries[place].clear()
            self._take(place, message.groups(268, 269))
            touched = {place}
        else:
            touched = self._change(message)
        quotes = [self._top(place, ts) for place in sorted(touched)]
        return [quote for quote in quotes if quote is not None]

    def _change(self, message: Message) -> set[int]:
        """The changes are made; returns the instruments they were of. An entry without one is of the one before."""
        touched: set[int] = set()
        code = message.get(48) or message.get(55)
        for entry in message.groups(268, 279):
            code = entry.get(48) or entry.get(55) or code
            place = self._book.places.get(code, -1)
            if place < 0:
                continue
            if entry.get(279) == DELETE:
                self._delete(place, entry)
            else:
                self._take(place, [entry])
            touched.add(place)
        return touched

    def _delete(self, place: int, entry: dict[int, str]) -> None:
        mark = entry.get(278, "")
        kept = self._entries[place]
        for key in [key for key in kept if key[1] == mark and entry.get(269, key[0]) == key[0]]:
            del kept[key]

    def _take(self, place: int, entries: Iterable[dict[int, str]]) -> None:
        kept = self._entries[place]
        size = self._book.listed[place].tick_size
        for entry in entries:
            side = entry.get(269)
            if side not in {BID, ASK}:
                continue
            try:
                kept[side, entry.get(278, "")] = ticks(amount(entry.get(270, "")), size)
            except TradewindError as error:
                raise Garbled(f"{entry.get(270, '')[:40]!a} is no price.") from error
            if len(kept) > ENTRIES:
                del kept[next(iter(kept))]

    def _top(self, place: int, ts: int) -> Quote | None:
        kept = self._entries[place]
        bids = [price for (side, _), price in kept.items() if side == BID]
        asks = [price for (side, _), price in kept.items() if side == ASK]
        bid, ask = self._last[place]
        whole = bool(bids and asks)
        bid, ask = max(bids, default=bid), min(asks, default=ask)
        self._last[place] = bid, ask
        if not bid or not ask:
            return None
        return Quote(place, ts, bid, ask, tradable=whole and bid <= ask)
