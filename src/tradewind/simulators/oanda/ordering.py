"""Orders are placed, replaced, taken back and renamed: requests of a client, each with the answer it gets.

Whatever is asked for leaves a transaction: the order's, or one that says why not. 201 is not a fill: an order that was
made may have been cancelled in the same breath, and its answer says both.
"""

from collections.abc import Mapping
from typing import Any

from tradewind.simulators.oanda import checking
from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.checking import ATTACHED, ENTRIES
from tradewind.simulators.oanda.fills import cancel, fill, live_on
from tradewind.simulators.oanda.reasons import ABSENT, Invalid, Rejected, Reply, absent, sentence
from tradewind.simulators.oanda.triggers import deal_if_met
from tradewind.simulators.oanda.wire import Document, with_places

Body = Mapping[str, Any]


def answer(book: Book, status: int, first: int, named: Mapping[str, Document | None], location: str = "") -> Reply:
    """Return an answer with its transactions by name, and with the ids of all that were written after `first`."""
    shown = {name: one for name, one in named.items() if one is not None}
    related = [one["id"] for one in book.since(first)]
    return Reply(status, {**shown, "relatedTransactionIDs": related, "lastTransactionID": book.last}, location)


def rejection(book: Book, first: int, named: Mapping[str, Document | None], reason: str) -> Reply:
    """Return an answer that tells the transactions which reject a request, and why."""
    reply = answer(book, 404 if reason in ABSENT else 400, first, named)
    return reply._replace(body={**reply.body, "errorCode": reason, "errorMessage": sentence(reason)})


def outcome(book: Book, first: int, order: str) -> dict[str, Document | None]:
    """Return what has become of an order since `first`, as answers name it."""
    found: dict[str, Document | None] = {}
    for one in book.since(first):
        if one.get("orderID") == order and one["type"] in ("ORDER_FILL", "ORDER_CANCEL"):
            found["orderFillTransaction" if one["type"] == "ORDER_FILL" else "orderCancelTransaction"] = one
    return found


def request_of(body: Body) -> Body:
    """Return the order a body asks for, or raise Invalid."""
    request = body.get("order")
    if not isinstance(request, Mapping):
        raise Invalid("order")
    return request


def place(book: Book, body: Body) -> Reply:
    """Return the answer to a new order."""
    request = request_of(body)
    kind = checking.kind_of(request)
    first = len(book.transactions)
    if book.rules.reject_orders:
        return _reject(book, kind, request, book.rules.reject_orders)
    try:
        fields = _fields(book, kind, request, replaced=None)
    except Rejected as no:
        return _reject(book, kind, request, no.reason)
    transaction = _make(book, kind, fields, "CLIENT_ORDER")
    _meet(book, book.orders[transaction["id"]])
    named = {"orderCreateTransaction": transaction, **outcome(book, first, transaction["id"])}
    return answer(book, 201, first, named, _where(book, transaction["id"]))


def _where(book: Book, order: str) -> str:
    return f"/v3/accounts/{book.account['id']}/orders/{order}"


def _reject(book: Book, kind: str, request: Body, reason: str, replaces: str | None = None) -> Reply:
    first = len(book.transactions)
    why = "CLIENT_ORDER" if replaces is None else "REPLACEMENT"
    rejected = book.write(
        f"{kind}_ORDER_REJECT", **checking.echo(kind, request), reason=why, rejectReason=reason,
        intendedReplacesOrderID=replaces,
    )  # fmt: skip
    return rejection(book, first, {"orderRejectTransaction": rejected}, reason)


def _fields(book: Book, kind: str, request: Body, replaced: Document | None) -> Document:
    """Return the fields of the order asked for; `replaced` is the one whose place and names it takes."""
    moment = book.market.moment()
    if kind in ENTRIES:
        fields = checking.entry(kind, request, book.market.instruments, moment)
        quote = book.market.quotes.get(fields["instrument"])
        listed = book.listed(fields["instrument"])
        if book.market.factors(listed.quote, book.account["currency"]) is None or (
            quote is None and kind in ("MARKET", "MARKET_IF_TOUCHED")
        ):
            raise Rejected("INSTRUMENT_PRICE_UNKNOWN")
        if book.trade_name_taken(fields.get("tradeClientExtensions", {}).get("id")):
            raise Rejected("CLIENT_TRADE_ID_ALREADY_EXISTS")
    else:
        trade = _trade_of(book, request, replaced)
        name = f"{ATTACHED[kind]}OrderID"
        standing = book.orders.get(trade.get(name, ""))
        if replaced is None and standing is not None and standing["state"] == "PENDING":
            raise Rejected(f"{kind}_ORDER_ALREADY_EXISTS")
        listed = book.listed(trade["instrument"])
        fields = {"tradeID": trade["id"], **checking.details(kind, request, listed, moment, "")}
    own = fields.get("clientExtensions", {}).get("id")
    holder = book.find_order(f"@{own}") if own else None
    if book.order_name_taken(own) and holder is not replaced:
        raise Rejected("CLIENT_ORDER_ID_ALREADY_EXISTS")
    return fields


def _trade_of(book: Book, request: Body, replaced: Document | None) -> Document:
    """Return the open trade that an order shall live on."""
    number, name = request.get("tradeID"), request.get("clientTradeID")
    if number is None and name is None:
        if replaced is None:
            raise Rejected("TRADE_ID_UNSPECIFIED")
        number = replaced["tradeID"]
    trade = book.find_trade(str(number) if number is not None else f"@{name}")
    if trade is None or trade["state"] != "OPEN":
        raise Rejected("TRADE_DOESNT_EXIST")
    if number is not None and name is not None and book.find_trade(f"@{name}") is not trade:
        raise Rejected("TRADE_IDENTIFIER_INCONSISTENCY")
    if replaced is not None and trade["id"] != replaced["tradeID"]:
        raise Rejected("REPLACING_TRADE_ID_INVALID")
    return trade


def _make(book: Book, kind: str, fields: Document, reason: str, **more: str) -> Document:
    """Return the transaction that made an order."""
    if "tradeID" in fields:
        return live_on(book, kind, fields, book.trades[fields["tradeID"]], reason, **more)
    transaction = book.write(f"{kind}_ORDER", **fields, reason=reason, **more)
    order = book.add_order(kind, transaction, fields | more)
    if kind == "MARKET_IF_TOUCHED":
        quote, listed = book.market.quotes[fields["instrument"]], book.listed(fields["instrument"])
        order["initialMarketPrice"] = with_places(quote.side(checking.signed(fields["units"])), listed.digits)
    return transaction


def _meet(book: Book, order: Document) -> None:
    """A new order was dealt if it can be, and cancelled if it may not wait."""
    quote = book.market.quotes.get(book.instrument_of(order))
    if order["type"] == "MARKET":
        fill(book, order)
    elif quote is not None and quote.tradeable and deal_if_met(book, order, quote, placed=True):
        return
    elif order["timeInForce"] in ("FOK", "IOC"):
        halted = quote is None or not quote.tradeable
        cancel(book, order, "MARKET_HALTED" if halted else "TIME_IN_FORCE_EXPIRED")


def _missing(book: Book, specifier: str) -> Reply:
    """Return the answer about an order that does not wait."""
    first = len(book.transactions)
    named = {"clientOrderID": specifier[1:]} if specifier.startswith("@") else {"orderID": specifier}
    rejected = book.write("ORDER_CANCEL_REJECT", **named, rejectReason="ORDER_DOESNT_EXIST")
    return rejection(book, first, {"orderCancelRejectTransaction": rejected}, "ORDER_DOESNT_EXIST")


def replace(book: Book, specifier: str, body: Body) -> Reply:
    """Return the answer to an order that shall take another's place: the old one is cancelled, a new one made."""
    request = request_of(body)
    kind = checking.kind_of(request)
    old = book.find_order(specifier)
    if old is None or old["state"] != "PENDING":
        return _missing(book, specifier)
    if kind != old["type"]:
        return _reject(book, kind, request, "REPLACING_ORDER_INVALID", replaces=old["id"])
    try:
        fields = _fields(book, kind, request, replaced=old)
    except Rejected as no:
        return _reject(book, kind, request, no.reason, replaces=old["id"])
    first = len(book.transactions)
    cancelled = cancel(book, old, "CLIENT_REQUEST_REPLACED", replacedByOrderID=str(first + 2))
    transaction = _make(book, kind, fields, "REPLACEMENT", replacesOrderID=old["id"])
    _meet(book, book.orders[transaction["id"]])
    became = outcome(book, first, transaction["id"])
    named = {
        "orderCancelTransaction": cancelled,
        "orderCreateTransaction": transaction,
        "orderFillTransaction": became.get("orderFillTransaction"),
        "replacingOrderCancelTransaction": became.get("orderCancelTransaction"),
    }
    return answer(book, 201, first, named, _where(book, transaction["id"]))


def take_back(book: Book, specifier: str) -> Reply:
    """Return the answer to an order's cancellation."""
    order = book.find_order(specifier)
    if order is None or order["state"] != "PENDING":
        return _missing(book, specifier)
    first = len(book.transactions)
    return answer(book, 200, first, {"orderCancelTransaction": cancel(book, order, "CLIENT_REQUEST")})


def rename(book: Book, specifier: str, body: Body) -> Reply:
    """Return the answer to new client extensions of a waiting order, and of the trade it will open."""
    order = book.find_order(specifier)
    first = len(book.transactions)
    named = {"clientOrderID": specifier[1:]} if specifier.startswith("@") else {"orderID": specifier}
    try:
        order, own, trades = _renaming(book, order, body)
    except Rejected as no:
        rejected = book.write("ORDER_CLIENT_EXTENSIONS_MODIFY_REJECT", **named, rejectReason=no.reason)
        return rejection(book, first, {"orderClientExtensionsModifyRejectTransaction": rejected}, no.reason)
    for name, value in (own | trades).items():
        order[name] = {**order.get(name, {}), **value}
    book.name_order(order)
    book.touch_order(order)
    modified = book.write(
        "ORDER_CLIENT_EXTENSIONS_MODIFY", orderID=order["id"],
        clientOrderID=order.get("clientExtensions", {}).get("id"),
        clientExtensionsModify=own.get("clientExtensions"),
        tradeClientExtensionsModify=trades.get("tradeClientExtensions"),
    )  # fmt: skip
    return answer(book, 200, first, {"orderClientExtensionsModifyTransaction": modified})


def _renaming(book: Book, order: Document | None, body: Body) -> tuple[Document, Document, Document]:
    """Return the order, and the new extensions of it and of its trade, or raise Rejected."""
    own = checking.extensions(body, "clientExtensions", "CLIENT_ORDER_")
    trades = checking.extensions(body, "tradeClientExtensions", "CLIENT_TRADE_")
    if order is None or order["state"] != "PENDING":
        raise Rejected("ORDER_DOESNT_EXIST")
    if not own and not trades:
        raise Rejected("CLIENT_EXTENSIONS_DATA_MISSING")
    if "tradeID" in order and trades:
        raise Rejected("TRADE_ON_FILL_CLIENT_EXTENSIONS_NOT_SUPPORTED")
    wanted = own.get("clientExtensions", {}).get("id")
    if book.order_name_taken(wanted) and book.find_order(f"@{wanted}") is not order:
        raise Rejected("CLIENT_ORDER_ID_ALREADY_EXISTS")
    return order, own, trades


def shown(book: Book, specifier: str) -> Reply:
    """Return the answer to a question about one order."""
    order = book.find_order(specifier)
    if order is None:
        return absent("NO_SUCH_ORDER")
    return Reply(200, {"order": order, "lastTransactionID": book.last})
