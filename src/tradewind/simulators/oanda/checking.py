"""Is this order one the venue can take? Requests go in, the fields of an order as the wire shows them come out.

Checks stand in the order in which the venue makes them: what has no meaning at all (`Invalid`), then instrument, units,
price, life, and names. An attached order is checked by the same rules as one sent by itself; only the names of the
reasons differ.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from tradewind.simulators.oanda.instruments import Listed
from tradewind.simulators.oanda.reasons import Invalid, Rejected
from tradewind.simulators.oanda.wire import NUMBER_LENGTH, Document, places, read_moment, read_number, with_places

NAME_LENGTH = 128
"""The longest client id, tag or comment."""

HIGHEST_PRICE = Decimal(10_000_000)


class Kind(NamedTuple):
    """A type of order."""

    lifetimes: tuple[str, ...]
    """The first is meant where none is given."""
    price: bool
    bound: bool = False


WAITING = ("GTC", "GTD", "GFD", "FOK", "IOC")
ATTACHED_LIVES = ("GTC", "GTD", "GFD")
ENTRIES = {
    "MARKET": Kind(("FOK", "IOC"), price=False, bound=True),
    "LIMIT": Kind(WAITING, price=True),
    "STOP": Kind(WAITING, price=True, bound=True),
    "MARKET_IF_TOUCHED": Kind(("GTC", "GTD", "GFD"), price=True, bound=True),
}
ATTACHED = {"TAKE_PROFIT": "takeProfit", "STOP_LOSS": "stopLoss", "TRAILING_STOP_LOSS": "trailingStopLoss"}
"""Types of orders that live on a trade, and what they are called in a request about one."""

FILL_POLICIES = ("DEFAULT", "OPEN_ONLY", "REDUCE_FIRST", "REDUCE_ONLY")
TRIGGERS = ("DEFAULT", "INVERSE", "BID", "ASK", "MID")


def kind_of(request: Mapping[str, Any]) -> str:
    """Return the type of the order asked for, or raise Invalid."""
    kind = request.get("type", "MARKET")
    if not isinstance(kind, str) or (kind not in ENTRIES and kind not in ATTACHED):
        raise Invalid("order.type")
    return kind


def entry(kind: str, request: Mapping[str, Any], known: Mapping[str, Listed], moment: int) -> Document:
    """Return the fields of an order for an instrument, or raise Rejected or Invalid."""
    rules = ENTRIES[kind]
    listed = _instrument(request.get("instrument"), known)
    fields: Document = {"instrument": listed.name, "units": units(request.get("units"), listed)}
    if rules.price:
        fields["price"] = price(request.get("price"), listed, "", "order.price")
    bound = request.get("priceBound")
    if rules.bound and bound is not None:
        fields["priceBound"] = price(bound, listed, "BOUND_", "order.priceBound")
    fields |= lifetime(request, rules.lifetimes, moment, "")
    fields["positionFill"] = _one_of(request, "positionFill", FILL_POLICIES, "ORDER_FILL_POSITION_ACTION_INVALID")
    if kind != "MARKET":
        fields["triggerCondition"] = _one_of(request, "triggerCondition", TRIGGERS, "TRIGGER_CONDITION_INVALID")
    fields |= extensions(request, "clientExtensions", "CLIENT_ORDER_")
    fields |= extensions(request, "tradeClientExtensions", "CLIENT_TRADE_")
    for attached, name in ATTACHED.items():
        given = request.get(f"{name}OnFill")
        if given is not None:
            fields[f"{name}OnFill"] = details(attached, given, listed, moment, f"{attached}_ON_FILL_")
    _names_differ(fields)
    return fields


def details(kind: str, given: object, listed: Listed, moment: int, prefix: str) -> Document:
    """Return the fields of an order that lives on a trade; `prefix` begins the reasons it is rejected with."""
    if not isinstance(given, Mapping):
        raise Invalid(f"order.{ATTACHED[kind]}")
    where = f"order.{ATTACHED[kind]}"
    fields: Document = {}
    if kind == "TAKE_PROFIT":
        fields["price"] = price(given.get("price"), listed, prefix, f"{where}.price")
    elif kind == "STOP_LOSS":
        fields |= _stop_level(given, listed, prefix, where)
        if given.get("guaranteed"):
            raise Rejected(f"{prefix or 'STOP_LOSS_ORDER_'}GUARANTEED_NOT_ALLOWED")
    else:
        fields["distance"] = distance(given.get("distance"), listed, f"{prefix}PRICE_DISTANCE_", f"{where}.distance")
        low, high = listed.trail
        if not low <= Decimal(fields["distance"]) <= high:
            short = Decimal(fields["distance"]) < low
            raise Rejected(f"{prefix}PRICE_DISTANCE_{'MINIMUM_NOT_MET' if short else 'MAXIMUM_EXCEEDED'}")
    fields |= lifetime(given, ATTACHED_LIVES, moment, prefix)
    fields["triggerCondition"] = _one_of(
        given, "triggerCondition", TRIGGERS, f"{prefix}TRIGGER_CONDITION_INVALID"
    )  # fmt: skip
    if prefix:
        del fields["triggerCondition"]  # details on fill have none in the contract
    return fields | extensions(given, "clientExtensions", f"{prefix}CLIENT_ORDER_")


def _stop_level(given: Mapping[str, Any], listed: Listed, prefix: str, where: str) -> Document:
    """Return the price or the distance of a stop-loss: exactly one of them."""
    named = prefix or "STOP_LOSS_ORDER_"
    at, away = given.get("price"), given.get("distance")
    if (at is None) == (away is None):
        raise Rejected(f"{named}PRICE_AND_DISTANCE_BOTH_{'MISSING' if at is None else 'SPECIFIED'}")
    if at is not None:
        return {"price": price(at, listed, prefix, f"{where}.price")}
    reason = f"{prefix}DISTANCE_" if prefix else "PRICE_DISTANCE_"
    return {"distance": distance(away, listed, reason, f"{where}.distance")}


def _instrument(name: object, known: Mapping[str, Listed]) -> Listed:
    if name is None:
        raise Rejected("INSTRUMENT_MISSING")
    if not isinstance(name, str):
        raise Invalid("order.instrument")
    if name not in known:
        raise Rejected("INSTRUMENT_UNKNOWN")
    return known[name]


def units(given: object, listed: Listed) -> str:
    """Return how much to buy, or below 0 to sell."""
    if given is None:
        raise Rejected("UNITS_MISSING")
    value = read_number(given)
    if value is None:
        raise Invalid("order.units")
    if value == 0:
        raise Rejected("UNITS_INVALID")
    if places(value) > listed.units_digits:
        raise Rejected("UNITS_PRECISION_EXCEEDED")
    if abs(value) > listed.largest:
        raise Rejected("UNITS_LIMIT_EXCEEDED")
    if abs(value) < listed.smallest:
        raise Rejected("UNITS_MIMIMUM_NOT_MET")
    return with_places(value, listed.units_digits)


def signed(units_text: str) -> int:
    """Return 1 for units that are bought, -1 for units that are sold."""
    return -1 if units_text.startswith("-") else 1


def price(given: object, listed: Listed, prefix: str, where: str) -> str:
    """Return a price as the instrument writes it."""
    reason = "PRICE_BOUND_" if prefix == "BOUND_" else f"{prefix}PRICE_"
    if given is None:
        raise Rejected(f"{reason}MISSING")
    value = _amount(given, where)
    if not 0 < value < HIGHEST_PRICE:
        raise Rejected(f"{reason}INVALID")
    if places(value) > listed.digits:
        raise Rejected(f"{reason}PRECISION_EXCEEDED")
    return with_places(value, listed.digits)


def distance(given: object, listed: Listed, reason: str, where: str) -> str:
    """Return a distance in prices as the instrument writes them."""
    if given is None:
        raise Rejected(f"{reason}MISSING")
    value = _amount(given, where)
    if not 0 < value < HIGHEST_PRICE:
        raise Rejected(f"{reason}INVALID")
    if places(value) > listed.digits:
        raise Rejected(f"{reason}PRECISION_EXCEEDED")
    return with_places(value, listed.digits)


def _amount(given: object, where: str) -> Decimal:
    value = read_number(given)
    if value is None:
        raise Invalid(where)
    return value


def lifetime(given: Mapping[str, Any], allowed: tuple[str, ...], moment: int, prefix: str) -> Document:
    """Return how long an order lives."""
    chosen = given.get("timeInForce", allowed[0])
    if chosen is None:
        chosen = allowed[0]
    if chosen not in WAITING:
        raise Invalid("order.timeInForce")
    if chosen not in allowed:
        raise Rejected(f"{prefix}TIME_IN_FORCE_INVALID")
    if chosen != "GTD":
        return {"timeInForce": chosen}
    gtd = f"{prefix}GTD_TIMESTAMP_" if prefix else "TIME_IN_FORCE_GTD_TIMESTAMP_"
    until = given.get("gtdTime")
    if until is None:
        raise Rejected(f"{gtd}MISSING")
    ends = read_moment(until)
    if ends is None:
        raise Invalid("order.gtdTime")
    if ends <= moment:
        raise Rejected(f"{gtd}IN_PAST")
    return {"timeInForce": "GTD", "gtdTime": ends}


def _one_of(given: Mapping[str, Any], name: str, allowed: tuple[str, ...], reason: str) -> str:
    chosen = given.get(name)
    if chosen is None:
        return allowed[0]
    if not isinstance(chosen, str):
        raise Invalid(f"order.{name}")
    if chosen not in allowed:
        raise Rejected(reason)
    return chosen


def extensions(given: Mapping[str, Any], name: str, prefix: str) -> Document:
    """Return a client's own names for an order or a trade, as `{name: ...}`; nothing where it gives none."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(f"order.{name}")
    kept: Document = {}
    for part in ("id", "tag", "comment"):
        text = value.get(part)
        if text is None:
            continue
        if not isinstance(text, str):
            raise Invalid(f"order.{name}.{part}")
        if len(text) > NAME_LENGTH or (part == "id" and not text):
            raise Rejected(f"{prefix}{part.upper()}_INVALID")
        kept[part] = text
    return {name: kept} if kept else {}


def _names_differ(fields: Document) -> None:
    """Raise Rejected where two orders that come of this one would have the same client id."""
    given = [fields.get(f"{name}OnFill", {}).get("clientExtensions", {}).get("id") for name in ATTACHED.values()]
    named = [one for one in given if one]
    if len(set(named)) < len(named):
        raise Rejected("ORDERS_ON_FILL_DUPLICATE_CLIENT_ORDER_IDS")


TEXTS = ("instrument", "units", "price", "priceBound", "distance", "timeInForce", "positionFill", "triggerCondition",
         "tradeID", "clientTradeID")  # fmt: skip
NESTED = ("clientExtensions", "tradeClientExtensions", "takeProfitOnFill", "stopLossOnFill", "trailingStopLossOnFill")


def echo(kind: str, request: Mapping[str, Any]) -> Document:
    """Return what can be shown of a request in the transaction that rejects it."""
    allowed = _fields_of(kind)
    shown: Document = {}
    for name in TEXTS:
        value = request.get(name)
        if name in allowed and isinstance(value, str | int | float) and not isinstance(value, bool):
            shown[name] = str(value)[: NUMBER_LENGTH * 2]
    until = read_moment(request.get("gtdTime"))
    if until is not None and "gtdTime" in allowed:
        shown["gtdTime"] = until
    for name in NESTED:
        value = request.get(name)
        if name in allowed and isinstance(value, Mapping):
            shown[name] = _texts(value)
    return _without_unknown_words(shown)


def _fields_of(kind: str) -> frozenset[str]:
    if kind == "MARKET":
        return frozenset({*TEXTS, *NESTED} - {"price", "distance", "triggerCondition", "tradeID", "clientTradeID"})
    if kind in ENTRIES:
        without = {"distance", "tradeID", "clientTradeID"} | (set() if ENTRIES[kind].bound else {"priceBound"})
        return frozenset({*TEXTS, *NESTED, "gtdTime"} - without)
    linked = {"tradeID", "clientTradeID", "timeInForce", "gtdTime", "triggerCondition", "clientExtensions"}
    levels = {"TAKE_PROFIT": {"price"}, "STOP_LOSS": {"price", "distance"}, "TRAILING_STOP_LOSS": {"distance"}}
    return frozenset(linked | levels[kind])


def _texts(value: Mapping[str, Any]) -> Document:
    """Return the parts of an attached order or of extensions that are texts."""
    kept: Document = {
        name: text if isinstance(text, str) else str(text)
        for name, text in value.items()
        if name in ("id", "tag", "comment", "price", "distance", "timeInForce")
        and isinstance(text, str | int | float)
        and not isinstance(text, bool)
    }
    if isinstance(value.get("clientExtensions"), Mapping):
        kept["clientExtensions"] = _texts(value["clientExtensions"])
    until = read_moment(value.get("gtdTime"))
    return _without_unknown_words(kept | ({} if until is None else {"gtdTime": until}))


def _without_unknown_words(shown: Document) -> Document:
    """Return the document without words that the contract does not know."""
    words = {"timeInForce": WAITING, "positionFill": FILL_POLICIES, "triggerCondition": TRIGGERS}
    return {name: value for name, value in shown.items() if name not in words or value in words[name]}
