"""The whole account at one moment: one answer of OANDA's that holds the balance, all orders and all trades.

It says itself how many orders and trades there are; a list that is shorter is a part, and a part is refused.
"""

from decimal import Decimal

from tradewind.adapters.brokers.oanda.listing import Listed, Listing
from tradewind.adapters.brokers.oanda.memory import word
from tradewind.adapters.brokers.oanda.orders import ours
from tradewind.adapters.brokers.oanda.reading import Json, inner, listed, moment, number, text, whole
from tradewind.adapters.brokers.oanda.transactions import Account
from tradewind.broker import BrokerOrder, BrokerPosition, BrokerUnreachable, Picture
from tradewind.kernel.orders import ENTRY, LIMIT, MARKET, STOP, STOP_LIMIT, STOP_LOSS, TAKE_PROFIT

_STOPS = ("STOP_LOSS", "TRAILING_STOP_LOSS", "GUARANTEED_STOP_LOSS")
_TYPES = {"MARKET": MARKET, "FIXED_PRICE": MARKET, "LIMIT": LIMIT, "MARKET_IF_TOUCHED": LIMIT, "STOP": STOP}


def picture_of(answer: Json, account: Account, ts: int) -> Picture:
    """Return the account; BrokerUnreachable where a part of it is missing or not understood."""
    found = inner(answer, "account")
    orders, trades = listed(found, "orders", needed=True), listed(found, "trades", needed=True)
    for name, there in (("pendingOrderCount", orders), ("openTradeCount", trades)):
        if whole(found, name) != len(there):
            raise BrokerUnreachable(f"OANDA showed {len(there)} where {name} is {whole(found, name)}.")
    sequence = str(max(whole(answer, "lastTransactionID"), whole(found, "lastTransactionID")))
    by_trade = {text(one, "id"): one for one in trades}
    living = [_order(one, by_trade, account.listing) for one in orders]
    return Picture(
        ts,
        sequence,
        text(found, "currency"),
        account.minor(number(found, "balance")),
        account.minor(number(found, "NAV")),
        account.minor(number(found, "marginUsed")),
        tuple(_merged(living)),
        tuple(_position(one, living, account) for one in trades),
    )


def _order(found: Json, trades: dict[str, Json], listing: Listing) -> BrokerOrder:
    kind, trade_id = text(found, "type"), word(found, "tradeID")
    trade = trades.get(trade_id, {})
    row = listing.named(word(found, "instrument") or word(trade, "instrument"))
    units = number(found, "units") if "units" in found else -number(trade, "currentUnits") if trade else Decimal(0)
    id_ = ours(word(inner(found, "clientExtensions"), "id"))
    role = STOP_LOSS if kind in _STOPS else TAKE_PROFIT if kind == "TAKE_PROFIT" else ENTRY
    price, trigger = _levels(found, kind, row)
    type_ = STOP_LIMIT if kind == "STOP" and price else _TYPES.get(kind, STOP if role == STOP_LOSS else LIMIT)
    return BrokerOrder(
        id_,
        text(found, "id"),
        -1 if row is None else row.place,
        -1 if units < 0 else 1,
        0 if row is None else row.steps(units),
        0,
        type_,
        price,
        trigger,
        role,
        trade_id,
    )


def _levels(found: Json, kind: str, row: Listed | None) -> tuple[int, int]:
    """Return (price, trigger) of an order in ticks."""
    if row is None:
        return 0, 0
    field = "trailingStopValue" if kind == "TRAILING_STOP_LOSS" else "price"
    level = row.ticks(number(found, field)) if field in found else 0
    if kind in _STOPS:
        return 0, level
    if kind == "STOP":
        return row.ticks(number(found, "priceBound")) if "priceBound" in found else 0, level
    return level, 0


def _merged(orders: list[BrokerOrder]) -> list[BrokerOrder]:
    """Return the orders; a trail and a fixed stop of one trade under one id of ours are the tighter of the two."""
    kept: dict[tuple[str, str], BrokerOrder] = {}
    for place, one in enumerate(orders):
        key = (one.position, one.id) if one.role == STOP_LOSS and one.id else ("", str(place))
        other = kept.get(key)
        if other is None or (other.trigger - one.trigger) * one.side > 0 or not other.trigger:
            kept[key] = one
    return list(kept.values())


def _position(trade: Json, orders: list[BrokerOrder], account: Account) -> BrokerPosition:
    number_, name = text(trade, "id"), text(trade, "instrument")
    row = account.listing.named(name)
    units = number(trade, "currentUnits")
    id_ = ours(word(inner(trade, "clientExtensions"), "id"))
    if not id_ and number_ in account.memory.trades:
        id_ = account.memory.trades[number_].id
    side = -1 if units < 0 else 1
    if row is None:
        return BrokerPosition(number_, id_, -1, int(units) or side, 0.0, opened=moment(trade, "openTime", 0))
    legs = [one for one in orders if one.position == number_]
    stops = [one.trigger for one in legs if one.role == STOP_LOSS and one.trigger]
    targets = [one.price for one in legs if one.role == TAKE_PROFIT]
    return BrokerPosition(
        number_,
        id_,
        row.place,
        side * row.steps(units),
        float(number(trade, "price") / row.tick),
        stop_loss=max(stops, key=lambda level: level * side, default=0),
        take_profit=targets[0] if targets else 0,
        opened=moment(trade, "openTime", 0),
    )
