"""What is asked of OANDA: bodies of requests, made of our words and nothing else.

A market order is FOK (all or nothing) unless IOC is asked for; one that only reduces is IOC, because closing a part
is better than closing nothing. STOP_LIMIT becomes a STOP with `priceBound`: beyond the bound OANDA cancels it, where
others would leave a limit order waiting; a bound on the better side of the trigger cannot be had and is refused.
MARKET_IF_TOUCHED is not used: LIMIT keeps its price and our stops are STOP.

Our id goes to the order and, for entries, to the trade it opens; the attached stop and target carry their own. A
trail beside a fixed stop is a second order at OANDA: it carries the stop's id with TRAIL behind it, and both are the
same leg to us.
"""

from typing import Any

from tradewind.adapters.brokers.oanda.listing import Listed
from tradewind.adapters.brokers.oanda.reading import Json, inner, text, written
from tradewind.broker import BrokerRefused, Place, Replace
from tradewind.kernel.orders import (
    ENTRY,
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    LIMIT,
    MARKET,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
)

TRAIL = "-TRAIL"
CLOSES = "closes for "
"""How the comment of a trade begins that one of our orders is about to close."""

Body = dict[str, Any]

_KEPT = (
    "type", "instrument", "units", "price", "priceBound", "timeInForce", "gtdTime", "positionFill",
    "triggerCondition", "tradeClientExtensions",
)  # fmt: skip
_KEPT_ON_FILL = {
    "stopLossOnFill": ("price", "distance", "timeInForce", "gtdTime", "guaranteed"),
    "takeProfitOnFill": ("price", "timeInForce", "gtdTime"),
    "trailingStopLossOnFill": ("distance", "timeInForce", "gtdTime"),
}
_PENDING = frozenset({"LIMIT", "STOP", "MARKET_IF_TOUCHED"})


def ours(id: str) -> str:  # noqa: A002  our word for it
    """Return our id of an order: without the mark of a trail."""
    return id.removesuffix(TRAIL)


def named(id: str) -> Body:  # noqa: A002  our word for it
    """Return client extensions with an id of ours."""
    return {"id": id, "tag": "tradewind"}


def order_body(order: Place, listed: Listed) -> Body:
    """Return the body of a new order; BrokerRefused for one that OANDA has not got."""
    if order.role != ENTRY and order.closes:
        return _attached(order, listed)
    if order.quantity <= 0 or order.side not in (-1, 1):
        raise BrokerRefused(f"Order {order.id} has the size {order.quantity} and the side {order.side}.")
    body: Body = {"instrument": listed.name, "units": listed.units(order.side * order.quantity)}
    body |= _kind(order, listed) | _lifetime(order)
    body["positionFill"] = "REDUCE_ONLY" if order.reduce_only or order.role != ENTRY else "DEFAULT"
    body["clientExtensions"] = named(order.id)
    if body["positionFill"] == "DEFAULT":
        body["tradeClientExtensions"] = named(order.id)
        body |= _on_fill(order, listed)
    return body


def _kind(order: Place, listed: Listed) -> Body:
    """Return the type and the prices of an order."""
    if order.type == MARKET:
        return {"type": "MARKET"}
    if order.type == LIMIT:
        return {"type": "LIMIT", "price": listed.price(order.price), "triggerCondition": "DEFAULT"}
    body = {"type": "STOP", "price": listed.price(order.trigger), "triggerCondition": "DEFAULT"}
    if order.type == STOP_LIMIT:
        if (order.price - order.trigger) * order.side < 0:
            raise BrokerRefused(
                f"OANDA has no stop order with the better limit {listed.price(order.price)} behind the trigger "
                f"{listed.price(order.trigger)}.",
                "Use a stop order, or a limit order.",
            )
        body["priceBound"] = listed.price(order.price)
    elif order.type != STOP:
        raise BrokerRefused(f"There is no order type {order.type}.")
    return body


def _lifetime(order: Place) -> Body:
    """Return how long an order lives."""
    if order.lifetime == FILL_OR_KILL:
        return {"timeInForce": "FOK"}
    if order.lifetime == IMMEDIATE_OR_CANCEL:
        return {"timeInForce": "IOC"}
    if order.type == MARKET:
        return {"timeInForce": "IOC" if order.reduce_only else "FOK"}
    return {"timeInForce": "GTD", "gtdTime": written(order.expires)} if order.expires else {"timeInForce": "GTC"}


def _on_fill(order: Place, listed: Listed) -> Body:
    """Return the stop, the trail and the target that live at OANDA from the fill on."""
    body: Body = {}
    if order.stop_loss:
        body["stopLossOnFill"] = _level(listed.price(order.stop_loss), order.stop_id)
    if order.trail:
        trail_id = order.stop_id + TRAIL if order.stop_loss and order.stop_id else order.stop_id
        body["trailingStopLossOnFill"] = _distance(listed.price(order.trail), trail_id)
    if order.take_profit:
        body["takeProfitOnFill"] = _level(listed.price(order.take_profit), order.target_id)
    return body


def _level(price: str, id: str) -> Body:  # noqa: A002  our word for it
    return {"price": price, "timeInForce": "GTC"} | ({"clientExtensions": named(id)} if id else {})


def _distance(distance: str, id: str) -> Body:  # noqa: A002  our word for it
    return {"distance": distance, "timeInForce": "GTC"} | ({"clientExtensions": named(id)} if id else {})


def _attached(order: Place, listed: Listed) -> Body:
    """Return a stop or target for a trade that is open already."""
    if len(order.closes) != 1:
        raise BrokerRefused(f"Order {order.id} protects {len(order.closes)} trades; OANDA's stops belong to one.")
    body: Body = {"tradeID": order.closes[0]}
    if order.role != STOP_LOSS:
        body |= {"type": "TAKE_PROFIT", **_level(listed.price(order.price), order.id)}
    elif order.trail and not order.trigger:
        body |= {"type": "TRAILING_STOP_LOSS", **_distance(listed.price(order.trail), order.id)}
    else:
        body |= {"type": "STOP_LOSS", **_level(listed.price(order.trigger), order.id)}
    return body | {"triggerCondition": "DEFAULT"}


def dependent_body(change: Replace, listed: Listed) -> Body:
    """Return the change of an attached order; the one that is not named stays as it is."""
    name, price = ("stopLoss", change.trigger) if change.trigger else ("takeProfit", change.price)
    if not price:
        raise BrokerRefused(f"Order {change.id} would be left without a price.", "Cancel it instead.")
    return {name: _level(listed.price(price), change.new_id)}


def replaced_body(change: Replace, living: Json, listed: Listed) -> Body:
    """Return the whole of a changed entry: what is not changed is as it lives at OANDA now."""
    kind = text(living, "type")
    if kind not in _PENDING:
        raise BrokerRefused(f"Order {change.id} is a {kind[:30]} at OANDA, which is not changed this way.")
    body: Body = {name: living[name] for name in _KEPT if name in living}
    sign = -1 if text(living, "units").startswith("-") else 1
    body["units"] = listed.units(sign * change.quantity)
    body["price"] = listed.price(change.trigger if kind == "STOP" and change.trigger else change.price)
    if kind == "STOP":
        body.pop("priceBound", None)
        if change.price and change.trigger:
            body["priceBound"] = listed.price(change.price)
    body["clientExtensions"] = named(change.new_id)
    if "tradeClientExtensions" in body:
        body["tradeClientExtensions"] = named(change.new_id)
    for name, fields in _KEPT_ON_FILL.items():
        if details := inner(living, name):
            body[name] = {field: details[field] for field in fields if field in details}
            if leg := inner(details, "clientExtensions").get("id"):
                body[name]["clientExtensions"] = named(leg)
    return body
