"""What an account is worth now, and how its trades, positions and itself look on the wire.

Open trades are valued at the side they would be closed at. Margin is a share of the value at the middle price of what
is open net. The account is closed out when half its margin is as much as it is worth (`marginCloseoutPercent` is 1).
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.wire import Document, cash, with_places

CLOSEOUT = Decimal("0.5")
ZERO = Decimal(0)


def unrealised(book: Book, trade: Document) -> Decimal:
    """Return what closing a trade now would earn, in the account's currency, not rounded."""
    quote = book.market.quotes.get(trade["instrument"])
    units = Decimal(trade["currentUnits"])
    if quote is None or not units:
        return ZERO
    return in_home(book, trade["instrument"], (quote.side(-units) - Decimal(trade["price"])) * units)


def in_home(book: Book, instrument: str, amount: Decimal) -> Decimal:
    """Return an amount of an instrument's quote currency in the account's currency, not rounded."""
    factors = book.market.factors(book.listed(instrument).quote, book.account["currency"])
    if factors is None:
        return ZERO
    return amount * (factors.gain if amount > 0 else factors.loss)


def margin_of(book: Book, instrument: str, units: Decimal) -> Decimal:
    """Return the margin of so many units, not rounded."""
    quote, listed = book.market.quotes.get(instrument), book.listed(instrument)
    factors = book.market.factors(listed.quote, book.account["currency"])
    if quote is None or factors is None:
        return ZERO
    own = Decimal(book.account["marginRate"] or "0")
    return abs(units) * quote.mid * factors.mid * max(listed.margin_rate, own)


def value_of(book: Book, instrument: str, units: Decimal) -> Decimal:
    """Return what so many units are worth at the middle price, not rounded."""
    quote = book.market.quotes.get(instrument)
    factors = book.market.factors(book.listed(instrument).quote, book.account["currency"])
    return ZERO if quote is None or factors is None else abs(units) * quote.mid * factors.mid


class Worth(NamedTuple):
    """The figures of an account, in its currency."""

    unrealised: Decimal
    equity: Decimal
    margin: Decimal
    value: Decimal

    @property
    def closeout(self) -> Decimal:
        """How near the account is to being closed out: 1 is closed."""
        if not self.margin:
            return ZERO
        return self.margin * CLOSEOUT / self.equity if self.equity > 0 else Decimal(1)

    @property
    def available(self) -> Decimal:
        """What margin is left."""
        return max(ZERO, self.equity - self.margin)


def worth(book: Book) -> Worth:
    """Return what the account is worth now."""
    earned = margin = value = ZERO
    for instrument, ids in book.open.items():
        trades = [book.trades[one] for one in ids]
        net = sum((Decimal(trade["currentUnits"]) for trade in trades), ZERO)
        earned += sum((unrealised(book, trade) for trade in trades), ZERO)
        margin += margin_of(book, instrument, net)
        value += value_of(book, instrument, net)
    return Worth(earned, Decimal(book.account["balance"]) + earned, margin, value)


def trade_shown(book: Book, trade: Document) -> Document:
    """Return a trade with the whole of the orders that live on it."""
    shown = trade_summary(book, trade)
    for name in ("takeProfitOrder", "stopLossOrder", "trailingStopLossOrder"):
        if number := shown.pop(f"{name}ID", None):
            shown[name] = book.orders[number]
    return shown


def trade_summary(book: Book, trade: Document) -> Document:
    """Return a trade with the ids of the orders that live on it."""
    return trade | (_trade_state(book, trade) if trade["state"] == "OPEN" else {})


def _trade_state(book: Book, trade: Document) -> Document:
    return {
        "unrealizedPL": cash(unrealised(book, trade)),
        "marginUsed": cash(margin_of(book, trade["instrument"], Decimal(trade["currentUnits"]))),
    }


def position_shown(book: Book, instrument: str) -> Document:
    """Return the position in an instrument, whether anything is open or not."""
    trades = book.open_trades(instrument)
    earned = book.sides.get(instrument, {})
    digits = book.listed(instrument).digits
    shown: Document = {"instrument": instrument}
    total = {"pl": ZERO, "resettablePL": ZERO, "unrealizedPL": ZERO, "financing": ZERO}
    for side, sign in (("long", 1), ("short", -1)):
        own = [trade for trade in trades if Decimal(trade["currentUnits"]) * sign > 0]
        units = sum((Decimal(trade["currentUnits"]) for trade in own), ZERO)
        kept = earned.get(side, {"pl": "0.0000", "financing": "0.0000"})
        figures = {
            "pl": Decimal(kept["pl"]),
            "resettablePL": Decimal(kept["pl"]),
            "unrealizedPL": sum((unrealised(book, trade) for trade in own), ZERO),
            "financing": Decimal(kept["financing"]),
        }
        part: Document = {"units": with_places(units, book.listed(instrument).units_digits)}
        if own:
            paid = sum((Decimal(one["price"]) * Decimal(one["currentUnits"]) for one in own), ZERO)
            part |= {"averagePrice": with_places(paid / units, digits), "tradeIDs": [one["id"] for one in own]}
        shown[side] = part | {name: cash(figure) for name, figure in figures.items()}
        shown[side]["guaranteedExecutionFees"] = "0.0000"
        total = {name: figure + figures[name] for name, figure in total.items()}
    net = sum((Decimal(trade["currentUnits"]) for trade in trades), ZERO)
    return (
        shown
        | {name: cash(figure) for name, figure in total.items()}
        | {"commission": "0.0000", "guaranteedExecutionFees": "0.0000"}
        | {"marginUsed": cash(margin_of(book, instrument, net))}
    )


def positions_shown(book: Book, instruments: Iterable[str]) -> list[Document]:
    """Return positions by name."""
    return [position_shown(book, one) for one in sorted(instruments)]


def open_positions(book: Book) -> list[str]:
    """Return the instruments in which something is open."""
    return sorted(instrument for instrument, ids in book.open.items() if ids)


def account_state(book: Book) -> Document:
    """Return the figures of an account that prices change."""
    now = worth(book)
    figures = {
        "unrealizedPL": now.unrealised,
        "NAV": now.equity,
        "marginUsed": now.margin,
        "marginAvailable": now.available,
        "positionValue": now.value,
        "marginCloseoutUnrealizedPL": now.unrealised,
        "marginCloseoutNAV": now.equity,
        "marginCloseoutMarginUsed": now.margin,
        "marginCloseoutPositionValue": now.value,
        "withdrawalLimit": now.available,
        "marginCallMarginUsed": now.margin,
    }
    shares = {name: with_places(now.closeout, 5) for name in ("marginCloseoutPercent", "marginCallPercent")}
    return {name: cash(figure) for name, figure in figures.items()} | shares


def account_summary(book: Book) -> Document:
    """Return an account without its trades, positions and orders."""
    kept = {name: value for name, value in book.account.items() if name != "rolled"}
    kept["marginRate"] = kept["marginRate"] or "0.02"
    return (
        kept
        | {"resettablePL": kept["pl"], "resettablePLTime": kept["createdTime"], "guaranteedExecutionFees": "0.0000"}
        | {"guaranteedStopLossOrderMode": "DISABLED", "hedgingEnabled": False}
        | {
            "openTradeCount": sum(len(ids) for ids in book.open.values()),
            "openPositionCount": len(open_positions(book)),
            "pendingOrderCount": sum(len(ids) for ids in book.pending.values()),
            "lastTransactionID": book.last,
        }
        | account_state(book)
    )


def account_shown(book: Book) -> Document:
    """Return an account with all that is open and waiting."""
    return account_summary(book) | {
        "trades": [trade_summary(book, trade) for trade in book.all_open()],
        "positions": positions_shown(book, {*book.sides, *open_positions(book)}),
        "orders": list(book.waiting()),
    }


def changes_state(book: Book) -> Document:
    """Return everything about an account that prices change."""
    return account_state(book) | {
        "orders": [
            {"id": order["id"], "trailingStopValue": order["trailingStopValue"]}
            for order in book.waiting()
            if "trailingStopValue" in order
        ],
        "trades": [{"id": trade["id"], **_trade_state(book, trade)} for trade in book.all_open()],
        "positions": [_position_state(position_shown(book, one)) for one in open_positions(book)],
    }


def _position_state(position: Document) -> Document:
    return {
        "instrument": position["instrument"],
        "netUnrealizedPL": position["unrealizedPL"],
        "longUnrealizedPL": position["long"]["unrealizedPL"],
        "shortUnrealizedPL": position["short"]["unrealizedPL"],
        "marginUsed": position["marginUsed"],
    }
