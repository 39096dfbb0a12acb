"""Our requests as FIX fields: what we want, in the words of a dialect (FIX 4.4 volumes 3 and 4).

A dialect that cannot say something makes the request impossible, which is known before anything is sent.
"""

from decimal import Decimal
from typing import NamedTuple

from tradewind import money
from tradewind.adapters.brokers.fix.dialects import Dialect
from tradewind.adapters.brokers.fix.moments import day, stamp
from tradewind.adapters.brokers.fix.settings import Listed
from tradewind.adapters.brokers.fix.wire import Pair
from tradewind.broker import Cancel, Place, Replace
from tradewind.errors import BadData, TradewindError
from tradewind.kernel.orders import FILL_OR_KILL, IMMEDIATE_OR_CANCEL, LIMIT, MARKET, STOP, STOP_LIMIT

NEW_ORDER, CANCEL_REQUEST, REPLACE_REQUEST = "D", "F", "G"
STATUS_REQUEST, MASS_STATUS_REQUEST, POSITIONS_REQUEST = "H", "AF", "AN"
PRICES_REQUEST, LIST_REQUEST = "V", "x"

TYPES = {MARKET: "1", LIMIT: "2", STOP: "3", STOP_LIMIT: "4"}
TYPES_READ = {text: kind for kind, text in TYPES.items()}
GTC, IOC, FOK, GTD = "1", "3", "4", "6"


class Unsayable(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The broker's FIX has no words for what is wanted; nothing was sent."""


class Sketch(NamedTuple):
    """What must be repeated of an order in a request about it."""

    listed: Listed
    side: int
    type: int
    quantity: int
    """The whole size in lot steps."""


def plain(number: Decimal) -> str:
    """Return a decimal without an exponent."""
    return f"{number.normalize():f}"


def price(ticks: int, listed: Listed) -> str:
    """Return a price as the broker reads it."""
    return plain(money.price(ticks, listed.tick_size))


def quantity(steps: int, listed: Listed) -> str:
    """Return a quantity as the broker reads it."""
    if steps <= 0:
        raise BadData(f"The quantity of an order is {steps} lot steps.", "It must be above zero.")
    return plain(steps * listed.step)


def names(listed: Listed, dialect: Dialect) -> list[Pair]:
    """Return the fields that name an instrument."""
    return [(48, listed.code), (22, "8")] if dialect.security_id else [(55, listed.code)]


def levels(kind: int, limit: int, trigger: int, listed: Listed) -> list[Pair]:
    """Return the fields of an order's type and prices."""
    fields = [(40, TYPES[kind])]
    if kind in {LIMIT, STOP_LIMIT}:
        fields.append((44, price(limit, listed)))
    if kind in {STOP, STOP_LIMIT}:
        fields.append((99, price(trigger, listed)))
    return fields


def lifetime(order: Place, dialect: Dialect) -> list[Pair]:
    """Return the fields of how long an order works."""
    at_once = order.lifetime in {FILL_OR_KILL, IMMEDIATE_OR_CANCEL}
    fields: list[Pair] = []
    if dialect.lifetimes:
        if at_once:
            fields = [(59, FOK if order.lifetime == FILL_OR_KILL else IOC)]
        elif order.type == MARKET:
            fields = [(59, IOC)]
        else:
            fields = [(59, GTD if order.expires else GTC)]
    elif order.type != MARKET and at_once:
        raise Unsayable(f"{dialect.name} has no limit orders that are filled at once or not at all over FIX.")
    if order.expires and order.type != MARKET:
        fields.append((126, stamp(order.expires)))
    return fields


def new_order(order: Place, listed: Listed, dialect: Dialect, account: str, now: int) -> list[Pair]:
    """Return the fields of NewOrderSingle; `Unsayable` where the dialect cannot say it."""
    if order.stop_loss or order.take_profit or order.trail:
        raise Unsayable(f"{dialect.name} attaches no stop or target to an order over FIX.")
    if order.type not in dialect.order_types:
        raise Unsayable(f"{dialect.name} has no order of this type over FIX.")
    if len(order.closes) > 1 or (order.closes and not dialect.position_ids):
        raise Unsayable(f"{dialect.name}: one order reduces one position at most over FIX; {len(order.closes)} named.")
    fields = [(11, order.id)]
    if not dialect.terse:
        fields.append((1, account))
    fields += names(listed, dialect)
    fields += [(54, "1" if order.side > 0 else "2"), (60, stamp(now)), (38, quantity(order.quantity, listed))]
    fields += levels(order.type, order.price, order.trigger, listed)
    fields += lifetime(order, dialect)
    if order.closes:
        fields.append((721, order.closes[0]))
    if dialect.terse:
        fields.append((494, order.id))
    return fields


def cancel(order: Cancel, name: str, sketch: Sketch | None, dialect: Dialect, now: int) -> list[Pair]:
    """Return the fields of OrderCancelRequest, `name` being its own id."""
    fields = [(41, order.id), *([(37, order.broker_order)] if order.broker_order else []), (11, name)]
    if not dialect.terse:
        if sketch is None:
            raise Unsayable(f"{order.id} is not among the living orders, so it cannot be cancelled over FIX.")
        fields += names(sketch.listed, dialect)
        side = "1" if sketch.side > 0 else "2"
        fields += [(54, side), (38, quantity(sketch.quantity, sketch.listed)), (60, stamp(now))]
    return fields


def replace(change: Replace, listed: Listed, sketch: Sketch | None, dialect: Dialect, now: int) -> list[Pair]:
    """Return the fields of OrderCancelReplaceRequest."""
    fields = [(41, change.id), *([(37, change.broker_order)] if change.broker_order else []), (11, change.new_id)]
    if sketch is None and not dialect.terse:
        raise Unsayable(f"{change.id} is not among the living orders, so it cannot be changed over FIX.")
    if sketch is None or dialect.terse:
        fields.append((38, quantity(change.quantity, listed)))
        fields += [(44, price(change.price, listed))] if change.price else []
        fields += [(99, price(change.trigger, listed))] if change.trigger else []
        return fields
    fields += names(listed, dialect)
    fields += [(54, "1" if sketch.side > 0 else "2"), (60, stamp(now)), (38, quantity(change.quantity, listed))]
    return fields + levels(sketch.type, change.price, change.trigger, listed)


def status(order: str, sketch: Sketch | None, dialect: Dialect) -> list[Pair]:
    """Return the fields of OrderStatusRequest."""
    fields = [(11, order)]
    if sketch is not None and not dialect.terse:
        fields += [*names(sketch.listed, dialect), (54, "1" if sketch.side > 0 else "2")]
    return fields


def mass_status(name: str) -> list[Pair]:
    """Return the fields of OrderMassStatusRequest for all orders."""
    return [(584, name), (585, "7")]


def positions(name: str, dialect: Dialect, account: str, now: int) -> list[Pair]:
    """Return the fields of RequestForPositions."""
    if dialect.positions == "terse":
        return [(710, name)]
    return [(710, name), (724, "0"), (263, "0"), (1, account), (581, "1"), (715, day(now)), (60, stamp(now))]


def prices(name: str, listed: Listed, dialect: Dialect) -> list[Pair]:
    """Return the fields of MarketDataRequest for the best bid and ask, from now on."""
    asked = [(262, name), (263, "1"), (264, "1"), (265, "0"), (267, "2"), (269, "0"), (269, "1"), (146, "1")]
    return asked + names(listed, dialect)


def instruments(name: str) -> list[Pair]:
    """Return the fields of SecurityListRequest for all instruments."""
    return [(320, name), (559, "4")]
