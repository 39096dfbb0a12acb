"""An order of ours as the bridge is asked for it.

A stop-loss or take-profit that is placed as an order of its own becomes a level of the position it protects: a waiting
order of this broker cannot be kept from opening a new position. Sizes cannot be changed and the server does not trail.
"""

from typing import Any

from tradewind.adapters.brokers.metatrader import constants as mt
from tradewind.adapters.brokers.metatrader.listing import Listed, Listing
from tradewind.adapters.brokers.metatrader.reading import ours
from tradewind.broker import BrokerRefused, Place
from tradewind.kernel.orders import ENTRY, FILL_OR_KILL, IMMEDIATE_OR_CANCEL, LIMIT, MARKET, STOP, STOP_LIMIT, STOP_LOSS

_TYPES = {LIMIT: mt.ORDER_TYPE_BUY_LIMIT, STOP: mt.ORDER_TYPE_BUY_STOP, STOP_LIMIT: mt.ORDER_TYPE_BUY_STOP_LIMIT}


def request_of(order: Place, listing: Listing, deviation: int) -> dict[str, Any]:
    """Return the bridge's request for a new order; BrokerRefused where this broker has no such order."""
    row = listing.of(order.instrument)
    for name in (order.id, order.stop_id, order.target_id):
        if name and not ours(name):
            raise BrokerRefused(f"The id {name[:60]!r} cannot stand in a comment: 31 of A-Z, 0-9 and '-'.")
    if not order.id or order.quantity <= 0 or order.side not in (-1, 1):
        raise BrokerRefused("An order needs an id, a side and a size.")
    if order.trail:
        raise BrokerRefused("MetaTrader's server does not trail stops.", "Move the stop with replacements.")
    tickets = [_ticket(each) for each in order.closes]
    if order.role != ENTRY:
        return _protection(order, row, tickets)
    return {
        "op": "place", "key": order.id, "request": _wanted(order, row, listing, deviation), "closes": tickets,
        "reduce_only": order.reduce_only, "legs": _legs(order),
    }  # fmt: skip


def _ticket(position: str) -> int:
    if not position.isdecimal():
        raise BrokerRefused(f"{position[:40]!r} is no position of this broker.")
    return int(position)


def _legs(order: Place) -> dict[str, str]:
    legs = {"sl": order.stop_id if order.stop_loss else "", "tp": order.target_id if order.take_profit else ""}
    return {which: name for which, name in legs.items() if name}


def _protection(order: Place, row: Listed, tickets: list[int]) -> dict[str, Any]:
    which = "sl" if order.role == STOP_LOSS else "tp"
    level = order.trigger if order.role == STOP_LOSS else order.price
    if order.type != (STOP if order.role == STOP_LOSS else LIMIT) or level <= 0:
        raise BrokerRefused("A stop-loss is a stop order and a take-profit a limit order, with a level.")
    return {
        "op": "protect", "key": order.id, "closes": tickets, "symbol": row.symbol, "volume": row.lots(order.quantity),
        "set": {which: row.price(level)}, "legs": {which: order.id},
    }  # fmt: skip


def _wanted(order: Place, row: Listed, listing: Listing, deviation: int) -> dict[str, Any]:
    """Return the terminal's request, without the comment and number the bridge adds."""
    sale = 0 if order.side > 0 else 1
    request: dict[str, Any] = {
        "symbol": row.symbol, "volume": row.lots(order.quantity), "sl": row.price(order.stop_loss),
        "tp": row.price(order.take_profit), "type_time": mt.ORDER_TIME_GTC,
    }  # fmt: skip
    if order.type == MARKET:
        request |= {"action": mt.TRADE_ACTION_DEAL, "type": sale, "deviation": deviation}
        return request | {"type_filling": _filling(order, row)}
    if order.type not in _TYPES:
        raise BrokerRefused(f"There is no order type {order.type}.")
    if order.lifetime in (FILL_OR_KILL, IMMEDIATE_OR_CANCEL):
        raise BrokerRefused("A waiting order that has to be filled at once is not known here.", "Send a market order.")
    request |= {"action": mt.TRADE_ACTION_PENDING, "type": _TYPES[order.type] + sale}
    request["type_filling"] = mt.ORDER_FILLING_RETURN
    request["price"] = row.price(order.price if order.type == LIMIT else order.trigger)
    if order.type == STOP_LIMIT:
        request["stoplimit"] = row.price(order.price)
    if request["price"] <= 0 or (order.type == STOP_LIMIT and request["stoplimit"] <= 0):
        raise BrokerRefused("A waiting order needs its prices.")
    if order.expires:
        if not int(row.info.get("expiration_mode", 0)) & mt.SYMBOL_EXPIRATION_SPECIFIED:
            raise BrokerRefused(f"{row.symbol} takes no order with a moment of expiry.")
        request |= {"type_time": mt.ORDER_TIME_SPECIFIED, "expiration": listing.server_s(order.expires)}
    return request


def _filling(order: Place, row: Listed) -> int:
    """Return how a market order is to be filled, of what the symbol allows."""
    allowed = int(row.info.get("filling_mode", 0))
    whole, part = bool(allowed & mt.SYMBOL_FILLING_FOK), bool(allowed & mt.SYMBOL_FILLING_IOC)
    if (order.lifetime == FILL_OR_KILL and not whole) or (order.lifetime == IMMEDIATE_OR_CANCEL and not part):
        raise BrokerRefused(f"{row.symbol} does not take orders of this lifetime (filling modes {allowed}).")
    if order.lifetime == FILL_OR_KILL or (whole and order.lifetime != IMMEDIATE_OR_CANCEL):
        return mt.ORDER_FILLING_FOK
    if part:
        return mt.ORDER_FILLING_IOC
    if int(row.info.get("trade_exemode", 0)) == mt.SYMBOL_TRADE_EXECUTION_MARKET:
        raise BrokerRefused(f"{row.symbol} allows no filling mode for market orders.")
    return mt.ORDER_FILLING_RETURN
