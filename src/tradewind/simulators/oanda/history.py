"""What happened to an account: transactions by number, by time and by kind, and what changed since one of them.

`sinceid` and `changes` are how a client catches up: whatever was written after the number it knows, without a gap.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.reasons import Invalid, Reply, absent, refusal
from tradewind.simulators.oanda.valuation import changes_state, positions_shown, trade_summary
from tradewind.simulators.oanda.wire import Document, read_moment

PAGE, LARGEST_PAGE = 100, 1000
GROUPS = {
    "ORDER": ("_ORDER", "_ORDER_REJECT", "ORDER_FILL", "ORDER_CANCEL", "ORDER_CANCEL_REJECT",
              "ORDER_CLIENT_EXTENSIONS_MODIFY", "ORDER_CLIENT_EXTENSIONS_MODIFY_REJECT"),
    "FUNDING": ("TRANSFER_FUNDS", "TRANSFER_FUNDS_REJECT"),
    "ADMIN": ("CREATE", "CLOSE", "REOPEN", "CLIENT_CONFIGURE", "CLIENT_CONFIGURE_REJECT"),
}  # fmt: skip
"""Kinds that stand for many, by how the names of those end."""

KINDS = frozenset(
    {
        *GROUPS, "CREATE", "CLOSE", "REOPEN", "CLIENT_CONFIGURE", "CLIENT_CONFIGURE_REJECT", "TRANSFER_FUNDS",
        "TRANSFER_FUNDS_REJECT", "ORDER_FILL", "ORDER_CANCEL", "ORDER_CANCEL_REJECT", "ORDER_CLIENT_EXTENSIONS_MODIFY",
        "ORDER_CLIENT_EXTENSIONS_MODIFY_REJECT", "TRADE_CLIENT_EXTENSIONS_MODIFY",
        "TRADE_CLIENT_EXTENSIONS_MODIFY_REJECT", "MARGIN_CALL_ENTER", "MARGIN_CALL_EXTEND", "MARGIN_CALL_EXIT",
        "DELAYED_TRADE_CLOSURE", "DAILY_FINANCING", "RESET_RESETTABLE_PL", "ONE_CANCELS_ALL_ORDER_TRIGGERED",
        *(
            f"{kind}_ORDER{tail}"
            for kind in ("MARKET", "LIMIT", "STOP", "MARKET_IF_TOUCHED", "TAKE_PROFIT", "STOP_LOSS",
                         "TRAILING_STOP_LOSS", "ONE_CANCELS_ALL", "FIXED_PRICE")
            for tail in ("", "_REJECT")
        ),
    }
)  # fmt: skip

Query = Mapping[str, str]


def number(query: Query, name: str, last: int | None = None) -> int:
    """Return a transaction's number from a query, or raise Invalid."""
    text = query.get(name, "" if last is None else str(last))
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise Invalid(name)
    return int(text)


def _kinds(query: Query) -> list[str]:
    """Return the kinds that the `type` of a query names."""
    return [kind for kind in query.get("type", "").split(",") if kind]


def _matching(query: Query) -> Callable[[Document], bool]:
    """Return which transactions the `type` of a query means."""
    kinds = _kinds(query)
    if wrong := [kind for kind in kinds if kind not in KINDS]:
        raise Invalid(f"type: {wrong[0][:40]}")
    ends = tuple(end for kind in kinds for end in GROUPS.get(kind, ()))

    def matches(transaction: Document) -> bool:
        kind: str = transaction["type"]
        return not kinds or kind in kinds or (bool(ends) and kind.endswith(ends))

    return matches


def _told(book: Book, found: Iterable[Document]) -> Reply:
    return Reply(200, {"transactions": list(found), "lastTransactionID": book.last})


def since_id(book: Book, query: Query) -> Reply:
    """Return the answer: every transaction after a number."""
    after = number(query, "id")
    if after > len(book.transactions):
        return _out_of_range()
    return _told(book, filter(_matching(query), book.since(after)))


def id_range(book: Book, query: Query) -> Reply:
    """Return the answer: every transaction from one number to another, both included."""
    first, last = number(query, "from"), number(query, "to")
    if not 1 <= first <= last:
        raise Invalid("from")
    if first > len(book.transactions):
        return _out_of_range()
    return _told(book, filter(_matching(query), book.transactions[first - 1 : last]))


def _out_of_range() -> Reply:
    return refusal(416, "The Transaction ID range specified is not satisfiable", "INVALID_RANGE")


def one(book: Book, text: str) -> Reply:
    """Return the answer to a question about one transaction."""
    place = int(text) - 1 if text.isascii() and text.isdecimal() and len(text) <= 15 else -1
    if not 0 <= place < len(book.transactions):
        return absent("NO_SUCH_TRANSACTION")
    return Reply(200, {"transaction": book.transactions[place], "lastTransactionID": book.last})


def pages(book: Book, query: Query, host: str) -> Reply:
    """Return the answer: where the transactions of a period can be read, page by page."""
    start = _moment(query, "from", book.account["createdTime"])
    end = _moment(query, "to", book.market.moment())
    text = query.get("pageSize", str(PAGE))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= LARGEST_PAGE and len(text) <= 6):
        raise Invalid("pageSize")
    size, matches = int(text), _matching(query)
    numbers = [int(each["id"]) for each in book.transactions if start <= each["time"] <= end and matches(each)]
    kinds = f"&type={'%2C'.join(_kinds(query))}" if _kinds(query) else ""
    where = f"{host}/v3/accounts/{book.account['id']}/transactions/idrange"
    cuts = [numbers[first : first + size] for first in range(0, len(numbers), size)]
    body: Document = {
        "from": start,
        "to": end,
        "pageSize": size,
        "count": len(numbers),
        "pages": [f"{where}?from={cut[0]}&to={cut[-1]}{kinds}" for cut in cuts],
        "lastTransactionID": book.last,
    }
    if _kinds(query):
        body["type"] = _kinds(query)
    return Reply(200, body)


def _moment(query: Query, name: str, otherwise: int) -> int:
    if name not in query:
        return otherwise
    found = read_moment(query[name])
    if found is None:
        raise Invalid(name)
    return found


def changes(book: Book, query: Query) -> Reply:
    """Return the answer: what was created, filled, cancelled, opened, reduced and closed after a number."""
    after = number(query, "sinceTransactionID", len(book.transactions))
    if after > len(book.transactions):
        return _out_of_range()
    written = book.since(after)
    made = [each["id"] for each in written if each["id"] in book.orders]
    filled = [each["orderID"] for each in written if each["type"] == "ORDER_FILL"]
    cancelled = [each["orderID"] for each in written if each["type"] == "ORDER_CANCEL"]
    gone = {*filled, *cancelled}
    trades = {name: _trades(written, name) for name in ("tradeOpened", "tradeReduced", "tradesClosed")}
    touched = {book.trades[one]["instrument"] for ids in trades.values() for one in ids}
    body: dict[str, Any] = {
        "ordersCreated": [book.orders[one] for one in made if one not in gone],
        "ordersCancelled": [book.orders[one] for one in cancelled],
        "ordersFilled": [book.orders[one] for one in filled],
        "ordersTriggered": [],
        "tradesOpened": [trade_summary(book, book.trades[one]) for one in trades["tradeOpened"]],
        "tradesReduced": [trade_summary(book, book.trades[one]) for one in trades["tradeReduced"]],
        "tradesClosed": [trade_summary(book, book.trades[one]) for one in trades["tradesClosed"]],
        "positions": positions_shown(book, touched),
        "transactions": written,
    }
    return Reply(200, {"changes": body, "state": changes_state(book), "lastTransactionID": book.last})


def _trades(written: Iterable[Document], name: str) -> list[str]:
    """Return the ids of the trades that fills tell of, each once."""
    found: dict[str, None] = {}
    for each in written:
        told = each.get(name, [])
        found |= dict.fromkeys(one["tradeID"] for one in (told if isinstance(told, list) else [told]))
    return list(found)
