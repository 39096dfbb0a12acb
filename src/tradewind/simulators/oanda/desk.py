"""The venue as a function: a request goes in, an answer comes out, and nothing else moves.

There is no network, no waiting and no chance in here: the same quotes and requests at the same moments give the same
answers, so a simulation can drive it as well as the server can. Every quote and every request first lets the clock do
its work (orders that end, financing), then its own.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from tradewind.simulators.oanda import closing, history, ordering, questions
from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.instruments import Listed
from tradewind.simulators.oanda.market import Market
from tradewind.simulators.oanda.reasons import Invalid, Reply, refusal
from tradewind.simulators.oanda.triggers import advance, on_quote

ACCOUNT = re.compile(r"\d{1,6}-\d{1,6}-\d{1,12}-\d{1,6}", re.ASCII)
FORBIDDEN = "The provided request was forbidden."


class Ask(NamedTuple):
    """A request."""

    method: str
    path: str
    """From `/v3` on, decoded."""
    query: Mapping[str, str] = {}
    body: Mapping[str, Any] = {}
    request: str = ""
    """Its id, which its transactions will have."""
    host: str = ""
    """Of links to this venue."""


Answered = Callable[[Book, Ask, str], Reply]
WORD = "([^/]+)"

ROUTES: tuple[tuple[str, str, Answered], ...] = (
    ("GET", "", lambda book, _, __: questions.account(book)),
    ("GET", "/summary", lambda book, _, __: questions.summary(book)),
    ("GET", "/instruments", lambda book, ask, _: questions.instruments(book, ask.query)),
    ("PATCH", "/configuration", lambda book, ask, _: closing.configure(book, ask.body)),
    ("GET", "/changes", lambda book, ask, _: history.changes(book, ask.query)),
    ("GET", "/transactions", lambda book, ask, _: history.pages(book, ask.query, ask.host)),
    ("GET", "/transactions/idrange", lambda book, ask, _: history.id_range(book, ask.query)),
    ("GET", "/transactions/sinceid", lambda book, ask, _: history.since_id(book, ask.query)),
    ("GET", f"/transactions/{WORD}", lambda book, _, one: history.one(book, one)),
    ("GET", "/pricing", lambda book, ask, _: questions.pricing(book, ask.query)),
    ("GET", f"/instruments/{WORD}/candles", lambda book, ask, one: questions.candles(book.market, one, ask.query)),
    ("GET", "/orders", lambda book, ask, _: questions.orders(book, ask.query)),
    ("POST", "/orders", lambda book, ask, _: ordering.place(book, ask.body)),
    ("GET", "/pendingOrders", lambda book, _, __: questions.pending(book)),
    ("GET", f"/orders/{WORD}", lambda book, _, one: ordering.shown(book, one)),
    ("PUT", f"/orders/{WORD}", lambda book, ask, one: ordering.replace(book, one, ask.body)),
    ("PUT", f"/orders/{WORD}/cancel", lambda book, _, one: ordering.take_back(book, one)),
    ("PUT", f"/orders/{WORD}/clientExtensions", lambda book, ask, one: ordering.rename(book, one, ask.body)),
    ("GET", "/trades", lambda book, ask, _: questions.trades(book, ask.query)),
    ("GET", "/openTrades", lambda book, _, __: questions.open_trades(book)),
    ("GET", f"/trades/{WORD}", lambda book, _, one: closing.trade(book, one)),
    ("PUT", f"/trades/{WORD}/close", lambda book, ask, one: closing.close_trade(book, one, ask.body)),
    ("PUT", f"/trades/{WORD}/clientExtensions", lambda book, ask, one: closing.rename_trade(book, one, ask.body)),
    ("PUT", f"/trades/{WORD}/orders", lambda book, ask, one: closing.set_orders(book, one, ask.body)),
    ("GET", "/positions", lambda book, _, __: questions.positions(book)),
    ("GET", "/openPositions", lambda book, _, __: questions.open_positions(book)),
    ("GET", f"/positions/{WORD}", lambda book, _, one: questions.position(book, one)),
    ("PUT", f"/positions/{WORD}/close", lambda book, ask, one: questions.close(book, one, ask.body)),
)
"""What is asked of an account: method, path below the account, and who answers (book, request, word in the path)."""

_TABLE = tuple((method, re.compile(path), answer) for method, path, answer in ROUTES)


class Desk:
    """A venue with its accounts."""

    def __init__(self, instruments: Mapping[str, Listed], now: Callable[[], int] | None = None) -> None:
        self.market = Market(instruments, now)
        self.books: dict[str, Book] = {}

    def open_account(self, number: str, currency: str = "USD", balance: Decimal = Decimal(100_000)) -> Book:
        """Return a new account."""
        self.books[number] = Book(self.market, number, currency, balance)
        return self.books[number]

    def price(self, symbol: str, ts: int, bid: Decimal, ask: Decimal, *, tradeable: bool = True) -> None:
        """The instrument has this quote, and every account has dealt what it meets."""
        self.market.price(symbol, ts, bid, ask, tradeable=tradeable)
        for book in self.books.values():
            on_quote(book, symbol)

    def handle(self, ask: Ask) -> Reply:
        """Return the answer to a request."""
        try:
            return self._handle(ask)
        except Invalid as wrong:
            return refusal(400, str(wrong), "oanda::rest::core::InvalidParameterException")

    def book_of(self, number: str) -> Book | Reply:
        """Return an account by its number, or the answer that there is none for this client."""
        if not ACCOUNT.fullmatch(number):
            return refusal(400, "Invalid value specified for 'accountID'")
        return self.books.get(number) or refusal(403, FORBIDDEN)

    def _handle(self, ask: Ask) -> Reply:
        parts = ask.path.removeprefix("/v3").split("/")[1:]
        if parts[0] == "instruments" and len(parts) == 3 and parts[2] == "candles":
            return questions.candles(self.market, parts[1], ask.query) if ask.method == "GET" else _not_allowed()
        if parts == ["accounts"]:
            return questions.accounts(self.books) if ask.method == "GET" else _not_allowed()
        if parts[0] != "accounts" or len(parts) < 2:
            return refusal(404, "The requested resource is not offered by this venue")
        book = self.book_of(parts[1])
        if isinstance(book, Reply):
            return book
        advance(book)
        below = "".join(f"/{part}" for part in parts[2:])
        known = False
        for method, pattern, answered in _TABLE:
            if found := pattern.fullmatch(below):
                known = True
                if method == ask.method:
                    book.begin(ask.request)
                    return answered(book, ask, found[1] if found.groups() else "")
        return _not_allowed() if known else refusal(404, "The requested resource does not exist")


def _not_allowed() -> Reply:
    return refusal(405, "The method is not allowed for the requested resource")
