"""Trades and positions are closed, and the orders that live on a trade are set: requests and their answers.

A close is a market order that may only reduce. Closing both sides of a position when one of them is not there rejects
both, as OANDA does.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradewind.simulators.oanda import checking
from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.checking import ATTACHED
from tradewind.simulators.oanda.fills import cancel, fill, live_on
from tradewind.simulators.oanda.ordering import answer, outcome, rejection
from tradewind.simulators.oanda.reasons import Invalid, Rejected, Reply, absent, sentence
from tradewind.simulators.oanda.triggers import deal_if_met
from tradewind.simulators.oanda.valuation import trade_shown
from tradewind.simulators.oanda.wire import Document, places, read_number, with_places

Body = Mapping[str, Any]
CLOSES: Document = {"timeInForce": "FOK", "positionFill": "REDUCE_ONLY"}


def trade(book: Book, specifier: str) -> Reply:
    """Return the answer to a question about one trade."""
    found = book.find_trade(specifier)
    if found is None:
        return absent("NO_SUCH_TRADE")
    return Reply(200, {"trade": trade_shown(book, found), "lastTransactionID": book.last})


def _amount(given: object, where: str) -> Decimal | None:
    """Return how many units to close, or None for all."""
    if given is None or given == "ALL":
        return None
    value = read_number(given)
    if value is None:
        raise Invalid(where)
    return value


def close_trade(book: Book, specifier: str, body: Body) -> Reply:
    """Return the answer to the closing of a trade, or of a part of it."""
    wanted = _amount(body.get("units"), "units")
    first = len(book.transactions)
    named = {"clientTradeID": specifier[1:]} if specifier.startswith("@") else {"tradeID": specifier}
    told: Document = {"units": "ALL" if wanted is None else f"{wanted:f}"}
    try:
        found = _open_trade(book, specifier)
        units = _to_close(book, found["instrument"], Decimal(found["currentUnits"]), wanted, "CLOSE_TRADE_")
    except Rejected as no:
        rejected = book.write(
            "MARKET_ORDER_REJECT", **CLOSES, tradeClose=named | told, reason="TRADE_CLOSE", rejectReason=no.reason
        )
        return rejection(book, first, {"orderRejectTransaction": rejected}, no.reason)
    fields = {
        "instrument": found["instrument"],
        "units": units,
        **CLOSES,
        "tradeClose": {"tradeID": found["id"], **named, **told},
    }
    made = _deal(book, fields, "TRADE_CLOSE")
    return answer(book, 200, first, {"orderCreateTransaction": made, **outcome(book, first, made["id"])})


def _to_close(book: Book, instrument: str, current: Decimal, wanted: Decimal | None, prefix: str) -> str:
    """Return the units of the order that closes so much of what is open."""
    digits = book.listed(instrument).units_digits
    if not current:
        raise Rejected("CLOSEOUT_POSITION_DOESNT_EXIST")
    if wanted is not None:
        if wanted <= 0:
            raise Rejected("UNITS_INVALID")
        if places(wanted) > digits:
            raise Rejected("UNITS_PRECISION_EXCEEDED")
        if wanted > abs(current):
            raise Rejected(f"{prefix}UNITS_EXCEED_{'TRADE' if 'TRADE' in prefix else 'POSITION'}_SIZE")
    closed = abs(current) if wanted is None else wanted
    return with_places(-closed if current > 0 else closed, digits)


def _deal(book: Book, fields: Document, reason: str) -> Document:
    """Return the transaction of a market order that was dealt or cancelled."""
    made = book.write("MARKET_ORDER", **fields, reason=reason)
    fill(book, book.add_order("MARKET", made, fields))
    return made


def close_position(book: Book, instrument: str, body: Body) -> Reply:
    """Return the answer to the closing of the long and the short side of a position, or of parts of them."""
    asked = {side: body.get(f"{side}Units") for side in ("long", "short")}
    wanted = {side: _amount(given, f"{side}Units") for side, given in asked.items() if given not in (None, "NONE")}
    first = len(book.transactions)
    if not wanted:
        return _reject_sides(book, instrument, {"long": "CLOSEOUT_POSITION_INCOMPLETE_SPECIFICATION"}, asked)
    units, wrong = {}, {}
    for side, amount in wanted.items():
        sign = 1 if side == "long" else -1
        held = [Decimal(one["currentUnits"]) for one in book.open_trades(instrument)]
        current = sum((one for one in held if one * sign > 0), Decimal(0))
        try:
            units[side] = _to_close(book, instrument, current, amount, "CLOSEOUT_POSITION_")
        except Rejected as no:
            wrong[side] = no.reason
    if wrong:
        return _reject_sides(book, instrument, {**dict.fromkeys(units, "CLOSEOUT_POSITION_REJECT"), **wrong}, asked)
    named: dict[str, Document | None] = {}
    for side, text in units.items():
        told = {"instrument": instrument, "units": _told(wanted[side])}
        fields = {"instrument": instrument, "units": text, **CLOSES, f"{side}PositionCloseout": told}
        made = _deal(book, fields, "POSITION_CLOSEOUT")
        named[f"{side}OrderCreateTransaction"] = made
        became = outcome(book, first, made["id"])
        named |= {f"{side}{name[0].upper()}{name[1:]}": one for name, one in became.items()}
    return answer(book, 200, first, named)


def _told(amount: Decimal | None) -> str:
    return "ALL" if amount is None else f"{amount:f}"


def _reject_sides(book: Book, instrument: str, reasons: Mapping[str, str], asked: Mapping[str, object]) -> Reply:
    first = len(book.transactions)
    named: dict[str, Document | None] = {}
    for side in sorted(reasons):
        closeout = {"instrument": instrument, "units": str(asked[side] or "NONE")[:30]}
        named[f"{side}OrderRejectTransaction"] = book.write(
            "MARKET_ORDER_REJECT", instrument=instrument, **CLOSES, **{f"{side}PositionCloseout": closeout},
            reason="POSITION_CLOSEOUT", rejectReason=reasons[side],
        )  # fmt: skip
    decisive = next((one for one in reasons.values() if one != "CLOSEOUT_POSITION_REJECT"), "")
    return rejection(book, first, named, decisive)


def rename_trade(book: Book, specifier: str, body: Body) -> Reply:
    """Return the answer to new client extensions of a trade."""
    first = len(book.transactions)
    named = {"clientTradeID": specifier[1:]} if specifier.startswith("@") else {"tradeID": specifier}
    try:
        found, own = _renaming(book, specifier, body)
    except Rejected as no:
        rejected = book.write("TRADE_CLIENT_EXTENSIONS_MODIFY_REJECT", **named, rejectReason=no.reason)
        return rejection(book, first, {"tradeClientExtensionsModifyRejectTransaction": rejected}, no.reason)
    found["clientExtensions"] = {**found.get("clientExtensions", {}), **own}
    book.name_trade(found)
    book.touch_trade(found)
    modified = book.write(
        "TRADE_CLIENT_EXTENSIONS_MODIFY", tradeID=found["id"], clientTradeID=found["clientExtensions"].get("id"),
        tradeClientExtensionsModify=own,
    )  # fmt: skip
    return answer(book, 200, first, {"tradeClientExtensionsModifyTransaction": modified})


def _renaming(book: Book, specifier: str, body: Body) -> tuple[Document, Document]:
    """Return the trade and its new extensions, or raise Rejected."""
    own: Document = checking.extensions(body, "clientExtensions", "CLIENT_TRADE_").get("clientExtensions", {})
    found = _open_trade(book, specifier)
    if not own:
        raise Rejected("CLIENT_EXTENSIONS_DATA_MISSING")
    if book.trade_name_taken(own.get("id")) and book.find_trade(f"@{own['id']}") is not found:
        raise Rejected("CLIENT_TRADE_ID_ALREADY_EXISTS")
    return found, own


def _open_trade(book: Book, specifier: str) -> Document:
    """Return an open trade, or raise Rejected."""
    found = book.find_trade(specifier)
    if found is None or found["state"] != "OPEN":
        raise Rejected("TRADE_DOESNT_EXIST")
    return found


def set_orders(book: Book, specifier: str, body: Body) -> Reply:
    """Return the answer to the orders a trade shall have: given ones are set, null takes one away."""
    found = book.find_trade(specifier)
    if found is None or found["state"] != "OPEN":
        return absent("NO_SUCH_TRADE")
    listed, first = book.listed(found["instrument"]), len(book.transactions)
    checked: dict[str, Document | None] = {}
    for kind, name in ATTACHED.items():
        if name not in body:
            continue
        try:
            given = body[name]
            checked[kind] = given and checking.details(kind, given, listed, book.market.moment(), "")
            _free(book, found, name, checked[kind])
        except Rejected as no:
            shown = checking.echo(kind, {**given, "tradeID": found["id"]})
            rejected = book.write(f"{kind}_ORDER_REJECT", **shown, reason="CLIENT_ORDER", rejectReason=no.reason)
            return rejection(book, first, {f"{name}OrderRejectTransaction": rejected}, no.reason)
    named: dict[str, Document | None] = {}
    for kind, fields in checked.items():
        if found["state"] == "OPEN":
            named |= _set_one(book, found, kind, fields)
    return answer(book, 200, first, named)


def _free(book: Book, found: Document, name: str, fields: Document | None) -> None:
    """Raise Rejected where another waiting order has the client id."""
    own = (fields or {}).get("clientExtensions", {}).get("id")
    holder = book.find_order(f"@{own}") if own else None
    if book.order_name_taken(own) and holder is not None and holder["id"] != found.get(f"{name}OrderID"):
        raise Rejected("CLIENT_ORDER_ID_ALREADY_EXISTS")


def _set_one(book: Book, found: Document, kind: str, fields: Document | None) -> dict[str, Document | None]:
    """Return the transactions by which a trade got, changed or lost one of its orders."""
    name = ATTACHED[kind]
    old = book.orders.get(found.get(f"{name}OrderID", ""))
    standing = old if old is not None and old["state"] == "PENDING" else None
    named: dict[str, Document | None] = {}
    first = len(book.transactions)
    if standing is not None:
        follows = {"replacedByOrderID": str(first + 2)} if fields else {}
        reason = "CLIENT_REQUEST_REPLACED" if fields else "CLIENT_REQUEST"
        named[f"{name}OrderCancelTransaction"] = cancel(book, standing, reason, **follows)
    if fields:
        more = {} if standing is None else {"replacesOrderID": standing["id"]}
        made = live_on(book, kind, fields, found, "REPLACEMENT" if more else "CLIENT_ORDER", **more)
        named[f"{name}OrderTransaction"] = made
        quote = book.market.quotes.get(found["instrument"])
        if quote is not None and quote.tradeable:
            deal_if_met(book, book.orders[made["id"]], quote, placed=True)
        became = outcome(book, first + len(more), made["id"])
        named[f"{name}OrderFillTransaction"] = became.get("orderFillTransaction")
        named[f"{name}OrderCreatedCancelTransaction"] = became.get("orderCancelTransaction")
    return named


def configure(book: Book, body: Body) -> Reply:
    """Return the answer to a new alias or margin rate of the account."""
    alias, rate = body.get("alias"), body.get("marginRate")
    number = None if rate is None else read_number(rate)
    told = {"alias": alias if isinstance(alias, str) else None, "marginRate": None if number is None else f"{number:f}"}
    reason = ""
    if alias is None and rate is None:
        reason = "CLIENT_CONFIGURE_DATA_MISSING"
    elif alias is not None and (not isinstance(alias, str) or len(alias) > checking.NAME_LENGTH):
        reason = "ALIAS_INVALID"
    elif rate is not None and (number is None or not Decimal("0.01") <= number <= 1):
        reason = "MARGIN_RATE_INVALID"
    if reason:
        rejected = book.write("CLIENT_CONFIGURE_REJECT", **told, rejectReason=reason)
        refused = {"clientConfigureRejectTransaction": rejected, "lastTransactionID": book.last}
        return Reply(400, {**refused, "errorCode": reason, "errorMessage": sentence(reason)})
    book.account |= {name: value for name, value in told.items() if value is not None}
    configured = book.write("CLIENT_CONFIGURE", **told)
    return Reply(200, {"clientConfigureTransaction": configured, "lastTransactionID": book.last})
