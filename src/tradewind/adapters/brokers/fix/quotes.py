"""The stream of prices: asked for whenever the line comes up, and what comes in answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from tradewind.adapters.brokers.fix import answers, requests
from tradewind.adapters.brokers.fix.answers import Book
from tradewind.adapters.brokers.fix.dialects import Dialect
from tradewind.adapters.brokers.fix.moments import moment
from tradewind.adapters.brokers.fix.prices import Tops
from tradewind.adapters.brokers.fix.session import Deliver, Down
from tradewind.adapters.brokers.fix.transport import FixLink, NotSent, Told
from tradewind.adapters.brokers.fix.wire import Garbled, Message
from tradewind.broker import Heartbeat, Link, Quote

KEPT = 4096
"""Quotes kept for a reader that is slow; the oldest go first."""
MARK = "TWQ-"
"""Requests for prices have ids that begin so and end with the instrument's place."""

Item = Quote | Heartbeat | Link


class QuoteStream:
    """Quotes, heartbeats and the line's state, in order; which instruments the broker has a price for."""

    def __init__(self, book: Book, dialect: Dialect) -> None:
        self._book = book
        self._dialect = dialect
        self._items: asyncio.Queue[Item | None] = asyncio.Queue()
        self._tops = Tops(book)
        self._priced: dict[int, str] = {}
        self._all_priced = asyncio.Event()
        self._asked: dict[str, int] = {}
        self.garbled = 0
        """Prices that were whole messages but meant nothing."""

    async def items(self) -> AsyncIterator[Item]:
        """What comes, until the end."""
        while (item := await self._items.get()) is not None:
            yield item

    def end(self) -> None:
        """The stream ends after what has come."""
        self._items.put_nowait(None)

    async def refused(self, seconds: float) -> list[str]:
        """Return the codes that the broker has no price for; a closed market tells none, which is no refusal."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_priced.wait(), seconds)
        return [self._book.listed[place].code for place, words in self._priced.items() if words]

    def told(self, told: Told, link: FixLink) -> None:
        """The line came up, and all prices are asked for; or went down; or something was said."""
        if isinstance(told, Deliver):
            try:
                self._message(told.message)
            except Garbled:
                self.garbled += 1
            return
        self._tops.forget()
        self._asked.clear()
        if isinstance(told, Down):
            self._items.put_nowait(Link("quotes", up=False, reason=told.reason))
            return
        self._items.put_nowait(Link("quotes", up=True))
        for place, row in enumerate(self._book.listed):
            body = requests.prices(f"{MARK}{place}", row, self._dialect)
            with suppress(NotSent):
                self._asked[str(link.send(requests.PRICES_REQUEST, body))] = place

    def _message(self, message: Message) -> None:
        if message.type == "0":
            self._items.put_nowait(Heartbeat(moment(message.get(52))))
        elif message.type == answers.PRICES_REFUSED:
            _, _, place = message.get(262).partition(MARK)
            if place.isascii() and place.isdigit() and int(place) < len(self._book.listed):
                self._known(int(place), answers.text_of(message) or "refused")
        elif message.type in {answers.REJECT, answers.BUSINESS_REJECT} and message.get(45) in self._asked:
            self._known(self._asked[message.get(45)], answers.text_of(message) or "rejected")
        elif message.type in {answers.PRICES, answers.PRICE_CHANGES}:
            for quote in self._tops.read(message):
                self._known(quote.instrument, "")
                if self._items.qsize() >= KEPT:
                    self._items.get_nowait()
                self._items.put_nowait(quote)

    def _known(self, place: int, refused: str) -> None:
        """Whether the broker has the instrument is known."""
        self._priced.setdefault(place, refused)
        if len(self._priced) == len(self._book.listed):
            self._all_priced.set()
