"""A quote or the clock moves: which waiting orders are met, in which order, and at what price.

A bought order looks at the ask and a sold one at the bid, unless its `triggerCondition` says otherwise; it is dealt at
its own side in any case. Limits and targets are filled at their price (or at the quote, where the venue gives
improvement), stops and orders if touched at the quote: a gap costs what it costs. Orders are met oldest first. A
trailing stop is moved after it was looked at: no quote both moves and meets it.

At 17:00 New York orders good for the day end and financing is booked: for each open trade units x middle price x yearly
rate x nights of that weekday / 365. Then comes whatever the new day brings.
"""

from datetime import date, timedelta
from decimal import Decimal

from tradewind.markets.clock import day_close, trading_date, utc_datetime
from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.fills import cancel, fill
from tradewind.simulators.oanda.market import Quote
from tradewind.simulators.oanda.valuation import in_home, worth
from tradewind.simulators.oanda.wire import CASH, SECOND, Document, cash, with_places

ZERO = Decimal(0)
DAY = 86_400 * SECOND


def advance(book: Book) -> None:
    """Everything the clock does to the account has happened."""
    moment = book.market.moment()
    while (roll := next_roll(book.account["rolled"])) <= moment:
        book.begin("")
        _expire(book, roll, day_ends=True)
        _finance(book, roll)
        book.account["rolled"] = roll
    book.begin("")
    _expire(book, moment, day_ends=False)


def next_roll(moment: int) -> int:
    """Return the first 17:00 New York after a moment."""
    day: date = utc_datetime(moment).date() - timedelta(days=1)
    while day_close(day) <= moment:
        day += timedelta(days=1)
    return day_close(day)


def _expire(book: Book, moment: int, *, day_ends: bool) -> None:
    for order in list(book.waiting()):
        over = order.get("gtdTime", moment + 1) <= moment or (day_ends and order["timeInForce"] == "GFD")
        if over and order["state"] == "PENDING":
            cancel(book, order, "TIME_IN_FORCE_EXPIRED")


def _finance(book: Book, roll: int) -> None:
    """Financing of the night that begins is booked, and told in one transaction."""
    weekday = trading_date(roll - SECOND).weekday()
    positions, total = [], ZERO
    for instrument, ids in book.open.items():
        told = [_interest(book, book.trades[one], weekday) for one in list(ids)]
        trades = [(trade, amount) for trade, amount in told if amount]
        if trades:
            paid = sum((amount for _, amount in trades), ZERO)
            total += paid
            each = [{"tradeID": trade["id"], "financing": cash(amount)} for trade, amount in trades]
            positions.append({"instrument": instrument, "financing": cash(paid), "openTradeFinancings": each})
    if positions:
        book.write(
            "DAILY_FINANCING", financing=cash(total), accountBalance=book.account["balance"],
            accountFinancingMode="DAILY", positionFinancings=positions,
        )  # fmt: skip


def _interest(book: Book, trade: Document, weekday: int) -> tuple[Document, Decimal]:
    """Return what a trade was paid (or pays, below 0) for the night; it is booked."""
    listed, quote = book.listed(trade["instrument"]), book.market.quotes.get(trade["instrument"])
    if quote is None or weekday >= len(listed.nights):
        return trade, ZERO
    units = Decimal(trade["currentUnits"])
    rate = listed.rates[0] if units > 0 else listed.rates[1]
    yearly = abs(units) * quote.mid * rate
    amount = in_home(book, listed.name, yearly * listed.nights[weekday] / 365).quantize(CASH)
    if amount:
        trade["financing"] = cash(Decimal(trade["financing"]) + amount)
        book.touch_trade(trade)
        book.book_cash(amount, "financing", listed.name, "long" if units > 0 else "short")
    return trade, amount


def on_quote(book: Book, instrument: str) -> None:
    """Every order that the latest quote of an instrument meets was dealt, and trailing stops have followed it."""
    advance(book)
    quote = book.market.quotes[instrument]
    if not quote.tradeable:
        return
    for number in list(book.pending.get(instrument, ())):
        order = book.orders[number]
        if order["state"] == "PENDING" and not deal_if_met(book, order, quote) and "trailingStopValue" in order:
            _follow(book, order, quote)
    if book.open.get(instrument):
        close_out(book)


def deal_if_met(book: Book, order: Document, quote: Quote, *, placed: bool = False) -> bool:
    """Return whether a quote meets a waiting order; then it was filled, or cancelled if it could not be.

    One that is met when it is `placed` is dealt at the quote in any case, and a target not at a loss.
    """
    side = _side(book, order)
    level = _level(order)
    beyond = (_seen(order, quote, side) - level) * side
    if (beyond > 0) if _waits_for_better(order, side) else (beyond < 0):
        return False
    if not placed:
        book.begin("")
    trade = book.trades.get(order.get("tradeID", ""))
    if placed and trade and order["type"] == "TAKE_PROFIT" and (Decimal(trade["price"]) - quote.side(side)) * side < 0:
        cancel(book, order, "LOSING_TAKE_PROFIT")
        return True
    limited = order["type"] in ("LIMIT", "TAKE_PROFIT") and not placed and not book.rules.price_improvement
    fill(book, order, level if limited else None)
    return True


def _side(book: Book, order: Document) -> int:
    """Return 1 for an order that buys, -1 for one that sells."""
    if "tradeID" in order:
        return -1 if Decimal(book.trades[order["tradeID"]]["currentUnits"]) > 0 else 1
    return 1 if Decimal(order["units"]) > 0 else -1


def _level(order: Document) -> Decimal:
    return Decimal(order["trailingStopValue"] if "trailingStopValue" in order else order["price"])


def _seen(order: Document, quote: Quote, side: int) -> Decimal:
    """Return the price the order looks at."""
    condition = order.get("triggerCondition", "DEFAULT")
    named = {"BID": quote.bid, "ASK": quote.ask, "MID": quote.mid}
    if condition in named:
        return named[condition]
    return quote.side(-side if condition == "INVERSE" else side)


def _waits_for_better(order: Document, side: int) -> bool:
    """Return whether the order waits for a better price (a limit), and not for a worse one (a stop)."""
    if order["type"] == "MARKET_IF_TOUCHED":
        return (Decimal(order["initialMarketPrice"]) - Decimal(order["price"])) * side > 0
    return order["type"] in ("LIMIT", "TAKE_PROFIT")


def _follow(book: Book, order: Document, quote: Quote) -> None:
    side = _side(book, order)
    best = quote.side(side) + side * Decimal(order["distance"])
    if (Decimal(order["trailingStopValue"]) - best) * side > 0:
        digits = book.listed(book.instrument_of(order)).digits
        order["trailingStopValue"] = with_places(best, digits)
        book.touch_order(order)


def close_out(book: Book) -> None:
    """Everything is closed where the account is worth less than half its margin."""
    if worth(book).closeout < 1:
        return
    book.begin("")
    for trade in book.all_open():
        quote = book.market.quotes.get(trade["instrument"])
        if quote is None or not quote.tradeable or trade["state"] != "OPEN":
            continue
        units = with_places(-Decimal(trade["currentUnits"]), book.listed(trade["instrument"]).units_digits)
        fields: Document = {
            "instrument": trade["instrument"],
            "units": units,
            "timeInForce": "FOK",
            "positionFill": "REDUCE_ONLY",
            "marginCloseout": {"reason": "MARGIN_CHECK_VIOLATION"},
        }
        transaction = book.write("MARKET_ORDER", **fields, reason="MARGIN_CLOSEOUT")
        fill(book, book.add_order("MARKET", transaction, fields))
