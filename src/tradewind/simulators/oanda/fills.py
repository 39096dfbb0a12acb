"""An order meets a price: trades are reduced, closed and opened, and what lives on them comes and goes.

The oldest opposite trades are reduced first, unless the order may only open; what is left opens a trade, unless the
order may only reduce. An order is cancelled instead when the market is halted, the price is beyond its bound, the
margin does not suffice, a name is taken, or a stop or target that comes with it would be met at once. A closed trade
takes the orders that live on it along.

Where the contract does not say what happens, we decided: an order that may only reduce and finds nothing is cancelled
with POSITION_CLOSEOUT_FAILED, one that may only open against an opposite position with FIFO_VIOLATION; where only a
part finds a counterparty, fill-or-kill is cancelled with INSUFFICIENT_LIQUIDITY, and the rest of other orders lapses.
"""

from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.checking import ATTACHED
from tradewind.simulators.oanda.reasons import Rejected
from tradewind.simulators.oanda.valuation import in_home, margin_of, worth
from tradewind.simulators.oanda.wire import CASH, Document, cash, with_places

ZERO = Decimal(0)
REASONS = {"tradeClose": "_TRADE_CLOSE", "longPositionCloseout": "_POSITION_CLOSEOUT",
           "shortPositionCloseout": "_POSITION_CLOSEOUT", "marginCloseout": "_MARGIN_CLOSEOUT"}  # fmt: skip


class Plan(NamedTuple):
    """What an order would do at a price."""

    reduces: list[tuple[Document, Decimal]]
    """Trades, oldest first, and how many units of each are closed (signed as the order)."""
    opens: Decimal


def cancel(book: Book, order: Document, reason: str, **fields: str) -> Document:
    """Return the transaction that ends an order unfilled."""
    transaction = book.write(
        "ORDER_CANCEL", orderID=order["id"], clientOrderID=_client_id(order), reason=reason, **fields
    )
    replaced = {"replacedByOrderID": fields["replacedByOrderID"]} if "replacedByOrderID" in fields else {}
    book.end_order(
        order, "CANCELLED", cancellingTransactionID=transaction["id"], cancelledTime=transaction["time"], **replaced
    )
    trade = book.trades.get(order.get("tradeID", ""))
    if trade is not None and trade.get(f"{ATTACHED[order['type']]}OrderID") == order["id"]:
        del trade[f"{ATTACHED[order['type']]}OrderID"]
        book.touch_trade(trade)
    return transaction


def _client_id(order: Document) -> str | None:
    found: str | None = order.get("clientExtensions", {}).get("id")
    return found


def fill(book: Book, order: Document, price: Decimal | None = None) -> Document:
    """Return the transaction by which an order was filled or cancelled; without a price at the market's."""
    instrument = book.instrument_of(order)
    quote = book.market.quotes.get(instrument)
    if quote is None or not quote.tradeable:
        return cancel(book, order, "MARKET_HALTED")
    units = _units(book, order)
    at = quote.side(units) if price is None else price
    bound = Decimal(order["priceBound"]) if "priceBound" in order else at
    if (at - bound) * units > 0:
        return cancel(book, order, "BOUNDS_VIOLATION")
    liquid = _liquid(book, order, units)
    if liquid != units and (not liquid or order["timeInForce"] == "FOK"):
        return cancel(book, order, "INSUFFICIENT_LIQUIDITY")
    plan = _plan(book, order, instrument, liquid)
    if reason := _hindrance(book, order, instrument, plan, at):
        return cancel(book, order, reason)
    return _execute(book, order, instrument, plan, at)


def _units(book: Book, order: Document) -> Decimal:
    """Return how much the order deals: all of its trade for one that lives on a trade."""
    return -Decimal(book.trades[order["tradeID"]]["currentUnits"]) if "tradeID" in order else Decimal(order["units"])


def _liquid(book: Book, order: Document, units: Decimal) -> Decimal:
    share = book.rules.partial_fills
    if share is None or "tradeID" in order:
        return units
    step = Decimal(1).scaleb(-book.listed(order["instrument"]).units_digits)
    return (units * share).quantize(step, rounding=ROUND_DOWN)


def _plan(book: Book, order: Document, instrument: str, units: Decimal) -> Plan:
    """Return which trades the order reduces, and what it opens."""
    policy = order.get("positionFill", "DEFAULT")
    named = order.get("tradeID") or order.get("tradeClose", {}).get("tradeID")
    trades = [book.trades[named]] if named else book.open_trades(instrument)
    left, reduces = units, []
    for trade in trades:
        current = Decimal(trade["currentUnits"])
        if policy == "OPEN_ONLY" or not left or current * left >= 0:
            continue
        closed = left if abs(left) <= abs(current) else -current
        reduces.append((trade, closed))
        left -= closed
    return Plan(reduces, ZERO if policy == "REDUCE_ONLY" or named else left)


def _hindrance(book: Book, order: Document, instrument: str, plan: Plan, at: Decimal) -> str:
    """Return why the order cannot be filled, or nothing."""
    if not plan.reduces and not plan.opens:
        return "POSITION_CLOSEOUT_FAILED"
    if not plan.opens:
        return ""
    if any(Decimal(one["currentUnits"]) * plan.opens < 0 for one in book.open_trades(instrument)[len(plan.reduces) :]):
        return "FIFO_VIOLATION"
    if book.trade_name_taken(order.get("tradeClientExtensions", {}).get("id")):
        return "CLIENT_TRADE_ID_ALREADY_EXISTS"
    largest = book.listed(instrument).largest_position
    held = sum((Decimal(one["currentUnits"]) for one in book.open_trades(instrument)), ZERO)
    if largest and abs(held + plan.opens) > largest:
        return "POSITION_SIZE_EXCEEDED"
    freed = margin_of(book, instrument, held) if plan.reduces else ZERO
    now = worth(book)
    if margin_of(book, instrument, plan.opens) > now.equity - now.margin + freed:
        return "INSUFFICIENT_MARGIN"
    return _met_at_once(book, order, instrument, plan.opens, at)


def _met_at_once(book: Book, order: Document, instrument: str, units: Decimal, at: Decimal) -> str:
    """Return why the stop or the target that come with an order cannot be placed, or nothing."""
    leaves = book.market.quotes[instrument].side(-units)
    sign = 1 if units > 0 else -1
    target = order.get("takeProfitOnFill")
    stop = order.get("stopLossOnFill")
    moment = book.market.moment()
    for name, kind in ATTACHED.items():
        given = order.get(f"{kind}OnFill", {})
        if "gtdTime" in given and given["gtdTime"] <= moment:
            return f"{name}_ON_FILL_GTD_TIMESTAMP_IN_PAST"
        if book.order_name_taken(given.get("clientExtensions", {}).get("id")):
            return f"{name}_ON_FILL_CLIENT_ORDER_ID_ALREADY_EXISTS"
    if target and (leaves - Decimal(target["price"])) * sign >= 0:
        return "TAKE_PROFIT_ON_FILL_LOSS"
    if stop and (leaves - _stop_price(stop, at, sign)) * sign <= 0:
        return "STOP_LOSS_ON_FILL_LOSS"
    return ""


def _stop_price(stop: Document, at: Decimal, sign: int) -> Decimal:
    return Decimal(stop["price"]) if "price" in stop else at - sign * Decimal(stop["distance"])


def _execute(book: Book, order: Document, instrument: str, plan: Plan, at: Decimal) -> Document:
    """Return the fill: trades are reduced and opened, the order has ended, linked orders have come and gone."""
    listed, account = book.listed(instrument), book.account
    digits, units_digits = listed.digits, listed.units_digits
    factors = book.market.factors(listed.quote, account["currency"])
    quote = book.market.quotes[instrument]
    done = plan.opens + sum((units for _, units in plan.reduces), ZERO)
    kind = order["type"]
    reason = f"{kind}_ORDER" + next((tail for name, tail in REASONS.items() if name in order), "")
    asked = _units(book, order)
    number = str(len(book.transactions) + 1)
    closed = [_reduce(book, trade, units, at, number) for trade, units in plan.reduces]
    fields: Document = {}
    whole = [one for one in closed if book.trades[one["tradeID"]]["state"] == "CLOSED"]
    if whole:
        fields["tradesClosed"] = whole
    if part := [one for one in closed if one not in whole]:
        fields["tradeReduced"] = part[0]
    if plan.opens:
        fields["tradeOpened"] = _opened(book, order, number, plan.opens, at)
    earned = sum((Decimal(one["realizedPL"]) for one in closed), ZERO)
    half = in_home(book, instrument, -abs(done) * (quote.ask - quote.bid) / 2)
    transaction = book.write(
        "ORDER_FILL", orderID=order["id"], clientOrderID=_client_id(order), instrument=instrument,
        units=with_places(done, units_digits), requestedUnits=with_places(asked, units_digits),
        price=with_places(at, digits), fullVWAP=with_places(at, digits),
        fullPrice=book.market.full_price(instrument), reason=reason, pl=cash(earned), financing="0.0000",
        commission="0.0000", guaranteedExecutionFee="0.0000", accountBalance=account["balance"],
        gainQuoteHomeConversionFactor=f"{(factors.gain if factors else 1):f}",
        lossQuoteHomeConversionFactor=f"{(factors.loss if factors else 1):f}",
        halfSpreadCost=cash(-half), **fields,
    )  # fmt: skip
    account["lastOrderFillTimestamp"] = transaction["time"]
    ended: Document = {"fillingTransactionID": number, "filledTime": transaction["time"]}
    if plan.opens:
        ended["tradeOpenedID"] = number
    if "tradeReduced" in fields:
        ended["tradeReducedID"] = fields["tradeReduced"]["tradeID"]
    if whole:
        ended["tradeClosedIDs"] = [one["tradeID"] for one in whole]
    book.end_order(order, "FILLED", **ended)
    for one in whole:
        release(book, book.trades[one["tradeID"]])
    if plan.opens:
        attach(book, order, book.trades[number])
    return transaction


def _reduce(book: Book, trade: Document, units: Decimal, at: Decimal, number: str) -> Document:
    """Return what the fill says of a trade that so many units (signed against it) were closed of."""
    listed = book.listed(trade["instrument"])
    current = Decimal(trade["currentUnits"])
    earned = in_home(book, trade["instrument"], (at - Decimal(trade["price"])) * -units).quantize(CASH)
    before = abs(Decimal(trade["initialUnits"])) - abs(current)
    average = Decimal(trade.get("averageClosePrice", "0"))
    trade["averageClosePrice"] = with_places(
        (average * before + at * abs(units)) / (before + abs(units)), listed.digits
    )  # fmt: skip
    trade["currentUnits"] = with_places(current + units, listed.units_digits)
    trade["realizedPL"] = cash(Decimal(trade["realizedPL"]) + earned)
    trade["closingTransactionIDs"] = [*trade.get("closingTransactionIDs", ()), number]
    if not Decimal(trade["currentUnits"]):
        trade |= {"state": "CLOSED", "closeTime": book.market.moment()}
    book.touch_trade(trade)
    book.book_cash(earned, "pl", trade["instrument"], "long" if current > 0 else "short")
    return {
        "tradeID": trade["id"],
        "units": with_places(units, listed.units_digits),
        "realizedPL": cash(earned),
        "financing": "0.0000",
        "price": with_places(at, listed.digits),
        "guaranteedExecutionFee": "0.0000",
        "halfSpreadCost": "0.0000",
    } | ({"clientTradeID": name} if (name := trade.get("clientExtensions", {}).get("id")) else {})


def _opened(book: Book, order: Document, number: str, units: Decimal, at: Decimal) -> Document:
    """Return what the fill says of the trade it opened."""
    listed = book.listed(order["instrument"])
    margin = cash(margin_of(book, listed.name, units))
    text, price = with_places(units, listed.units_digits), with_places(at, listed.digits)
    named = order.get("tradeClientExtensions")
    extensions = {"clientExtensions": named} if named else {}
    book.add_trade(
        {
            "id": number,
            "instrument": listed.name,
            "price": price,
            "openTime": book.market.moment(),
            "initialUnits": text,
            "initialMarginRequired": margin,
            "state": "OPEN",
            "currentUnits": text,
            "realizedPL": "0.0000",
            "financing": "0.0000",
            **extensions,
        }
    )
    return {
        "tradeID": number,
        "units": text,
        "price": price,
        "guaranteedExecutionFee": "0.0000",
        "halfSpreadCost": "0.0000",
        "initialMarginRequired": margin,
        **extensions,
    }


def release(book: Book, trade: Document) -> None:
    """The orders that lived on a closed trade are cancelled; it still tells their ids."""
    for name in ATTACHED.values():
        order = book.orders.get(trade.get(f"{name}OrderID", ""))
        if order is not None and order["state"] == "PENDING":
            cancel(book, order, "LINKED_TRADE_CLOSED")
            trade[f"{name}OrderID"] = order["id"]


def attach(book: Book, order: Document, trade: Document) -> None:
    """The orders that came with an order live on the trade it opened."""
    for kind, name in ATTACHED.items():
        given = order.get(f"{name}OnFill")
        if not given:
            continue
        if kind == "STOP_LOSS" and book.rules.stops == "rejected":
            book.write(
                "STOP_LOSS_ORDER_REJECT", tradeID=trade["id"], **given, reason="ON_FILL",
                orderFillTransactionID=trade["id"], rejectReason="INTERNAL_SERVER_ERROR",
            )  # fmt: skip
            continue
        made = live_on(book, kind, given, trade, "ON_FILL", orderFillTransactionID=trade["id"])
        if kind == "STOP_LOSS" and book.rules.stops == "cancelled":
            cancel(book, book.orders[made["id"]], "INTERNAL_SERVER_ERROR")


def live_on(book: Book, kind: str, given: Document, trade: Document, reason: str, **fields: str) -> Document:
    """Return the transaction that made an order which lives on a trade."""
    if book.order_name_taken(given.get("clientExtensions", {}).get("id")):
        raise Rejected("CLIENT_ORDER_ID_ALREADY_EXISTS")
    own: Document = {"tradeID": trade["id"], "triggerCondition": "DEFAULT", **given}
    if name := trade.get("clientExtensions", {}).get("id"):
        own["clientTradeID"] = name
    sign = 1 if Decimal(trade["currentUnits"]) > 0 else -1
    digits = book.listed(trade["instrument"]).digits
    if kind == "STOP_LOSS" and "price" not in own:
        own["price"] = with_places(_stop_price(own, Decimal(trade["price"]), sign), digits)
    transaction = book.write(f"{kind}_ORDER", **own, reason=reason, **fields)
    kept = {name: fields[name] for name in ("replacesOrderID",) if name in fields}
    order = book.add_order(kind, transaction, own | kept)
    if kind == "TRAILING_STOP_LOSS":
        quote = book.market.quotes[trade["instrument"]]
        order["trailingStopValue"] = with_places(quote.side(-sign) - sign * Decimal(own["distance"]), digits)
    trade[f"{ATTACHED[kind]}OrderID"] = order["id"]
    book.touch_trade(trade)
    return transaction
