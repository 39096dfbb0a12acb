"""A venue that runs: the desk with its faults, its streams' listeners and its file, all on one thread.

Everything here is called from the server's event loop. What a request or a quote changed is in the file before anybody
hears of it, so that the simulator itself can be killed and started again.
"""

import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradewind.errors import BadData
from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.desk import Ask, Desk
from tradewind.simulators.oanda.faults import WRITES
from tradewind.simulators.oanda.reasons import Reply, absent
from tradewind.simulators.oanda.streams import Hub
from tradewind.simulators.oanda.wire import SECOND, Document

RECENT = 1000
"""Of so many orders and trades it is known when they were made, for those that are not shown at once."""


class Venue:
    """The desk and everything around it but the network."""

    def __init__(
        self,
        desk: Desk,
        token: str,
        hub: Hub,
        *,
        monotonic: Callable[[], float],
        keep: Callable[[Document], None] | None = None,
    ) -> None:
        self.desk = desk
        self.hub = hub
        self.faults = hub.faults
        self._token = token
        self._monotonic = monotonic
        self._keep = keep
        self._requests = 0
        self._born: dict[str, float] = {}
        for book in desk.books.values():
            book.listeners.append(self._heard)

    def knows(self, authorization: str) -> bool:
        """Return whether a request is allowed in."""
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode())

    def next_request(self) -> str:
        """Return the id of a new request."""
        self._requests += 1
        return str(42_000_000_000_000_000 + self._requests)

    def _heard(self, transaction: Document) -> None:
        self.hub.transaction(transaction)
        self._born[transaction["id"]] = self._monotonic()
        if len(self._born) > RECENT:
            del self._born[next(iter(self._born))]

    def change_faults(self, given: dict[str, Any]) -> None:
        """Faults are switched; raises TradewindError for one that cannot be."""
        self.faults.change(given)
        for book in self.desk.books.values():
            book.rules = self.faults.rules()
        self.hub.wake()

    def price(self, symbol: str, ts: int, bid: Decimal, ask: Decimal, *, tradeable: bool = True) -> None:
        """The instrument has this quote: orders were dealt, what changed is kept, streams are told."""
        self.desk.price(symbol, ts, bid, ask, tradeable=tradeable)
        self.keep()
        self.hub.price(symbol, self.desk.market)

    def handle(self, ask: Ask) -> Reply:
        """Return the answer to a request, faults of the venue's own memory included."""
        reply = self.desk.handle(ask)
        self.keep()
        if self.faults.read_lag_s and ask.method not in WRITES:
            return self._late(reply)
        return reply

    def keep(self) -> None:
        """What changed is in the file, where there is one."""
        if self._keep is None:
            return
        deltas = {number: delta for number, book in self.desk.books.items() if (delta := book.changes())}
        if deltas:
            self._keep(deltas)

    def _late(self, reply: Reply) -> Reply:
        """Return an answer without what was made a moment ago."""
        since = self._monotonic() - self.faults.read_lag_s
        body = dict(reply.body)
        for name, code in (("order", "NO_SUCH_ORDER"), ("trade", "NO_SUCH_TRADE")):
            one: Any = body.get(name)
            if isinstance(one, dict) and self._born.get(one["id"], since) > since:
                return absent(code)
            several: Any = body.get(f"{name}s")
            if isinstance(several, list):
                body[f"{name}s"] = [each for each in several if self._born.get(each["id"], since) <= since]
        return reply._replace(body=body)

    @property
    def skew(self) -> int:
        """How far the venue's clock is ahead, ns."""
        return round(self.faults.clock_skew_s * SECOND)


def restore(desk: Desk, lines: list[bytes]) -> int:
    """Return how many bytes of a state file are whole; the desk's accounts are as they say."""
    whole, deltas = 0, dict[str, list[Document]]()
    for line in lines:
        try:
            if not line.endswith(b"\n"):
                break
            document = json.loads(line)
            for number, delta in document.items():
                deltas.setdefault(number, []).append(delta)
        except (ValueError, AttributeError) as error:
            raise BadData(f"The state file is damaged: {error}.", "Start with another --state file.") from None
        whole += len(line)
    for number, told in deltas.items():
        if number not in desk.books:
            desk.books[number] = Book(desk.market, number)
        try:
            desk.books[number].restore(told)
        except (KeyError, TypeError, ValueError) as error:
            raise BadData(f"The state file is not ours: {error!r}.", "Start with another --state file.") from None
    return whole
