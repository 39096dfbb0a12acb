"""An account at the simulated venue: what is written down, and nothing about how it comes to be.

Everything that happens is a transaction; their ids count from 1 without a gap. Orders and trades have the id of the
transaction that made them. All of it is kept as the wire shows it, so that saving is writing it down, and what was
changed since is a short document of its own. Whoever changes an order or a trade says so (`touch_order`,
`touch_trade`).

The account nets: an opposite order reduces the oldest trades first. Cash is rounded to 0.0001 whenever it is booked.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from tradewind.simulators.oanda.instruments import Listed
from tradewind.simulators.oanda.market import Market
from tradewind.simulators.oanda.wire import Document, cash

USER = 1234567
SITE, DIVISION = 101, 1


class Rules(NamedTuple):
    """What the venue does where a real one may do this or that."""

    price_improvement: bool = False
    """A limit that is passed by fills at the quote; without it at its price, as our backtest has it."""
    partial_fills: Decimal | None = None
    """The share of an order that finds a counterparty; None: all of it."""
    stops: str = ""
    """What becomes of attached stop-losses: "rejected", "cancelled", or nothing wrong."""
    reject_orders: str = ""
    """The reason every new order is rejected with, or nothing."""


class Book:
    """One account."""

    def __init__(self, market: Market, number: str, currency: str = "USD", balance: Decimal = Decimal(100_000)) -> None:
        self.market = market
        self.rules = Rules()
        self.account: Document = {
            "id": number,
            "alias": "Primary",
            "currency": currency,
            "createdTime": market.moment(),
            "createdByUserID": USER,
            "balance": cash(Decimal(0)),
            "pl": cash(Decimal(0)),
            "financing": cash(Decimal(0)),
            "commission": cash(Decimal(0)),
            "marginRate": "",
            "rolled": market.moment(),
        }
        self.transactions: list[Document] = []
        self.orders: dict[str, Document] = {}
        self.trades: dict[str, Document] = {}
        self.sides: dict[str, Document] = {}
        """What was earned: by instrument, then `long` or `short`, then `pl` and `financing`."""
        self.pending: dict[str, dict[str, None]] = {}
        """Ids of waiting orders by instrument, in the order they came."""
        self.open: dict[str, dict[str, None]] = {}
        """Ids of open trades by instrument, oldest first."""
        self.listeners: list[Callable[[Document], None]] = []
        self._named_orders: dict[str, str] = {}
        self._named_trades: dict[str, str] = {}
        self._changed: dict[str, dict[str, None]] = {"orders": {}, "trades": {}}
        self._batch, self._request = "", ""
        self._saved = 0
        self.begin("")
        self.write(
            "CREATE", divisionID=DIVISION, siteID=SITE, accountUserID=USER, accountNumber=1, homeCurrency=currency
        )
        self.book_cash(balance)
        self.write(
            "TRANSFER_FUNDS", amount=cash(balance), fundingReason="CLIENT_FUNDING",
            accountBalance=self.account["balance"],
        )  # fmt: skip

    @property
    def last(self) -> str:
        """The id of the last transaction."""
        return str(len(self.transactions))

    def begin(self, request: str) -> None:
        """What is written from now on belongs together and comes of this request."""
        self._batch, self._request = "", request

    def write(self, kind: str, **fields: Any) -> Document:
        """Return the transaction that was written."""
        number = str(len(self.transactions) + 1)
        self._batch = self._batch or number
        transaction: Document = {
            "type": kind,
            **{name: value for name, value in fields.items() if value is not None},
            "id": number,
            "accountID": self.account["id"],
            "userID": USER,
            "batchID": self._batch,
            "time": self.market.moment(),
        }
        if self._request:
            transaction["requestID"] = self._request
        self.transactions.append(transaction)
        for tell in self.listeners:
            tell(transaction)
        return transaction

    def since(self, number: int) -> list[Document]:
        """Return the transactions after a number."""
        return self.transactions[max(0, number) :]

    def listed(self, instrument: str) -> Listed:
        """Return an instrument."""
        return self.market.instruments[instrument]

    # --- orders

    def instrument_of(self, order: Document) -> str:
        """Return what an order is for: its own instrument, or that of the trade it lives on."""
        own: str | None = order.get("instrument")
        return own if own is not None else str(self.trades[order["tradeID"]]["instrument"])

    def add_order(self, kind: str, transaction: Document, fields: Document) -> Document:
        """Return the waiting order that a transaction made."""
        order: Document = {
            "id": transaction["id"],
            "createTime": transaction["time"],
            "type": kind,
            **fields,
            "state": "PENDING",
        }
        self.orders[order["id"]] = order
        self.pending.setdefault(self.instrument_of(order), {})[order["id"]] = None
        self.name_order(order)
        self.touch_order(order)
        return order

    def name_order(self, order: Document) -> None:
        """The order can be asked for by its client id."""
        if name := order.get("clientExtensions", {}).get("id"):
            self._named_orders[name] = order["id"]

    def end_order(self, order: Document, state: str, **fields: Any) -> None:
        """The order waits no more."""
        order |= {"state": state, **fields}
        self.pending.get(self.instrument_of(order), {}).pop(order["id"], None)
        self.touch_order(order)

    def touch_order(self, order: Document) -> None:
        """The order is written down again when the account is saved."""
        self._changed["orders"][order["id"]] = None

    def waiting(self) -> Iterator[Document]:
        """Yield the waiting orders, oldest first."""
        ids = sorted(int(one) for ids in self.pending.values() for one in ids)
        yield from (self.orders[str(one)] for one in ids)

    def find_order(self, specifier: str) -> Document | None:
        """Return an order by its id, or by `@` and its client's id for it: the waiting one, else the latest."""
        if not specifier.startswith("@"):
            return self.orders.get(specifier)
        found = self._named_orders.get(specifier[1:])
        return None if found is None else self.orders[found]

    def order_name_taken(self, name: str | None) -> bool:
        """Return whether a waiting order has this client id."""
        found = self._named_orders.get(name or "")
        return found is not None and self.orders[found]["state"] == "PENDING"

    # --- trades

    def add_trade(self, trade: Document) -> None:
        """The trade is open."""
        self.trades[trade["id"]] = trade
        self.open.setdefault(trade["instrument"], {})[trade["id"]] = None
        self.name_trade(trade)
        self.touch_trade(trade)

    def name_trade(self, trade: Document) -> None:
        """The trade can be asked for by its client id."""
        if name := trade.get("clientExtensions", {}).get("id"):
            self._named_trades[name] = trade["id"]

    def touch_trade(self, trade: Document) -> None:
        """The trade is written down again when the account is saved; one that was closed is not open."""
        self._changed["trades"][trade["id"]] = None
        if trade["state"] != "OPEN":
            self.open[trade["instrument"]].pop(trade["id"], None)

    def open_trades(self, instrument: str) -> list[Document]:
        """Return the open trades of an instrument, oldest first."""
        return [self.trades[one] for one in self.open.get(instrument, ())]

    def all_open(self) -> list[Document]:
        """Return every open trade, oldest first."""
        return [self.trades[str(one)] for one in sorted(int(one) for ids in self.open.values() for one in ids)]

    def find_trade(self, specifier: str) -> Document | None:
        """Return a trade by its id, or by `@` and its client's id for it."""
        if not specifier.startswith("@"):
            return self.trades.get(specifier)
        found = self._named_trades.get(specifier[1:])
        return None if found is None else self.trades[found]

    def trade_name_taken(self, name: str | None) -> bool:
        """Return whether an open trade has this client id."""
        found = self._named_trades.get(name or "")
        return found is not None and self.trades[found]["state"] == "OPEN"

    # --- money

    def book_cash(self, amount: Decimal, what: str = "", instrument: str = "", side: str = "") -> None:
        """The balance has changed; `what` is pl or financing, earned with a side of an instrument."""
        self.account["balance"] = cash(Decimal(self.account["balance"]) + amount)
        if what:
            self.account[what] = cash(Decimal(self.account[what]) + amount)
            nothing = {"pl": "0.0000", "financing": "0.0000"}
            earned = self.sides.setdefault(instrument, {"long": dict(nothing), "short": dict(nothing)})
            earned[side][what] = cash(Decimal(earned[side][what]) + amount)

    # --- saving

    def changes(self) -> Document | None:
        """Return what was changed since this was last asked, or None where nothing was."""
        if self._saved == len(self.transactions) and not any(self._changed.values()):
            return None
        delta = {
            "account": self.account,
            "sides": self.sides,
            "transactions": self.transactions[self._saved :],
            "orders": {one: self.orders[one] for one in self._changed["orders"]},
            "trades": {one: self.trades[one] for one in self._changed["trades"]},
        }
        self._saved = len(self.transactions)
        self._changed = {"orders": {}, "trades": {}}
        return delta

    def restore(self, deltas: list[Document]) -> None:
        """The account is what the changes made of it, whatever it was before."""
        self.transactions, self.orders, self.trades, self.sides = [], {}, {}, {}
        for delta in deltas:
            self.account, self.sides = delta["account"], delta["sides"]
            self.transactions += delta["transactions"]
            self.orders |= delta["orders"]
            self.trades |= delta["trades"]
        self.pending, self.open, self._named_orders, self._named_trades = {}, {}, {}, {}
        for trade in sorted(self.trades.values(), key=lambda one: int(one["id"])):
            self.name_trade(trade)
            if trade["state"] == "OPEN":
                self.open.setdefault(trade["instrument"], {})[trade["id"]] = None
        for order in sorted(self.orders.values(), key=lambda one: int(one["id"])):
            self.name_order(order)
            if order["state"] == "PENDING":
                self.pending.setdefault(self.instrument_of(order), {})[order["id"]] = None
        self._saved, self._changed = len(self.transactions), {"orders": {}, "trades": {}}
