"""What OANDA's orders and trades are, remembered from its own transactions: a cache, never a truth.

A fill or a cancel names its order by OANDA's number; which order of ours that is stands in the transaction that
created it, whose number is the order's. Everything here can be asked for again, so it may be lost or thrown away.

A close of one trade (PUT trades/{id}/close) cannot carry an id of ours. So the trade is marked before, in the comment
of its client extensions, and the close that follows the mark in the account's log is ours. That survives a crash
between the request and its answer.
"""

from collections import OrderedDict
from decimal import Decimal
from typing import NamedTuple, TypeVar

from tradewind.adapters.brokers.oanda.orders import CLOSES, ours
from tradewind.adapters.brokers.oanda.reading import Json, inner, listed, number, whole

T = TypeVar("T")

MOST = 20_000
"""Orders and trades that are remembered; the oldest are forgotten first."""

ENTRIES = frozenset({"MARKET_ORDER", "FIXED_PRICE_ORDER", "LIMIT_ORDER", "STOP_ORDER", "MARKET_IF_TOUCHED_ORDER"})
ATTACHED = frozenset({"STOP_LOSS_ORDER", "TAKE_PROFIT_ORDER", "TRAILING_STOP_LOSS_ORDER", "GUARANTEED_STOP_LOSS_ORDER"})


class Known(NamedTuple):
    """An order: our id, empty where it is not ours; OANDA's name of the instrument; the trade it belongs to."""

    id: str = ""
    name: str = ""
    trade: str = ""
    at_once: bool = False
    """Whether what is not filled at once is gone."""


class Trade(NamedTuple):
    """An open or closed trade: our id of the order that opened it, OANDA's name of the instrument, what is open."""

    id: str = ""
    name: str = ""
    units: Decimal = Decimal(0)
    upto: int = 0
    """The transaction up to which `units` is right."""


def word(found: Json, name: str) -> str:
    """Return a text where there is one, and nothing where there is none."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


class Memory:
    """What was learned of orders and trades, bounded."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.orders: OrderedDict[str, Known] = OrderedDict()
        self.trades: OrderedDict[str, Trade] = OrderedDict()
        self._closing: OrderedDict[str, str] = OrderedDict()

    def will_close(self, trade: str, id: str) -> None:  # noqa: A002  our word for it
        """The next close of the trade is that of our order `id`."""
        _keep(self._closing, trade, id)

    def will_not_close(self, trade: str) -> None:
        """No close of ours is to be expected for the trade."""
        self._closing.pop(trade, None)

    def expects_close(self, trade: str) -> bool:
        """Whether it is known whose the next close of the trade is."""
        return trade in self._closing

    def note(self, happened: Json) -> None:
        """What the transaction tells about orders and trades is remembered; telling it twice changes nothing."""
        kind, number = word(happened, "type"), word(happened, "id")
        if kind in ENTRIES or kind in ATTACHED:
            if number not in self.orders:
                _keep(self.orders, number, self._order(happened))
        elif kind == "ORDER_FILL":
            self._fill(happened)
        elif kind == "TRADE_CLIENT_EXTENSIONS_MODIFY":
            comment = word(inner(happened, "tradeClientExtensionsModify"), "comment")
            if comment.startswith(CLOSES):
                self.will_close(word(happened, "tradeID"), comment.removeprefix(CLOSES))
        elif kind == "MARKET_ORDER_REJECT":
            self.will_not_close(word(inner(happened, "tradeClose"), "tradeID"))

    def _fill(self, happened: Json) -> None:
        at = whole(happened, "id")
        opened = inner(happened, "tradeOpened")
        if trade := word(opened, "tradeID"):
            order = self.orders.get(word(happened, "orderID"), Known())
            id_ = word(inner(opened, "clientExtensions"), "id") or order.id or word(happened, "clientOrderID")
            if trade not in self.trades:
                units = number(opened, "units", Decimal(0))
                _keep(self.trades, trade, Trade(ours(id_), word(happened, "instrument"), units, at))
        for part in [*listed(happened, "tradesClosed"), inner(happened, "tradeReduced")]:
            known = self.trades.get(word(part, "tradeID"))
            if known is not None and known.upto < at:
                left = known.units + number(part, "units", Decimal(0))
                self.trades[word(part, "tradeID")] = known._replace(units=left, upto=at)

    def _order(self, happened: Json) -> Known:
        closing = inner(happened, "tradeClose")
        trade = word(happened, "tradeID") or word(closing, "tradeID")
        id_ = ours(word(inner(happened, "clientExtensions"), "id"))
        if closing and not id_:
            id_ = self._closing.pop(trade, "")
        name = word(happened, "instrument") or self.trades.get(trade, Trade()).name
        return Known(id_, name, trade, word(happened, "timeInForce") in ("FOK", "IOC"))

    def order_is(self, number: str, known: Known) -> None:
        """The order of OANDA's number is known, even if only as one that nothing can be learned of."""
        _keep(self.orders, number, known)

    def trade_is(self, number: str, trade: Trade) -> None:
        """The trade of OANDA's number is known."""
        _keep(self.trades, number, trade)


def _keep(store: "OrderedDict[str, T]", key: str, value: T) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > MOST:
        store.popitem(last=False)
