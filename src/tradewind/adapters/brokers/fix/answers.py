"""What the broker says, as our records (FIX 4.4 volumes 3 and 4).

An ExecutionReport tells what happened by ExecType (150), not by its status; what we do not know is an unknown outcome,
never success. A field that does not mean anything makes the message `Garbled`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from tradewind import money
from tradewind.adapters.brokers.fix.moments import moment
from tradewind.adapters.brokers.fix.requests import TYPES_READ
from tradewind.adapters.brokers.fix.settings import Listed
from tradewind.adapters.brokers.fix.wire import Garbled, Message
from tradewind.broker import BrokerOrder, BrokerPosition, Report
from tradewind.errors import TradewindError
from tradewind.kernel import refusals
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    CORRECTED,
    EXPIRED,
    FILLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    TRIGGERED,
    UNKNOWN_OUTCOME,
)

EXECUTION, CANCEL_REJECT, BUSINESS_REJECT, REJECT = "8", "9", "j", "3"
POSITION, POSITIONS_TAKEN, INSTRUMENTS = "AP", "AO", "y"
PRICES, PRICE_CHANGES, PRICES_REFUSED = "W", "X", "Y"

CANCEL_MARK = "TWC-"
"""Requests to cancel have ids of their own, which begin so."""

KINDS = {
    "0": ACCEPTED, "1": FILLED, "2": FILLED, "3": EXPIRED, "4": CANCELLED, "5": REPLACED, "8": REJECTED,
    "C": EXPIRED, "F": FILLED, "G": CORRECTED, "H": CORRECTED, "L": TRIGGERED,
}  # fmt: skip
"""What an ExecType is to us."""
NOTHING_YET = {"6", "A", "E", "I", "D", "9", "7", "B"}
"""ExecTypes that tell of no happening: pending, status, restated, suspended, stopped, calculated."""

STATES = {
    "0": "working", "1": "working", "5": "working", "6": "working", "9": "working", "A": "working", "E": "working",
    "7": "working", "D": "working", "2": "filled", "4": "cancelled", "3": "cancelled", "C": "cancelled",
    "8": "rejected",
}  # fmt: skip
"""What an OrdStatus is to us."""

REJECTED_FOR = {
    "1": refusals.NOT_TRADABLE,
    "2": refusals.MARKET_CLOSED,
    "3": refusals.QUANTITY_ABOVE_MAXIMUM,
    "5": refusals.NO_SUCH_ORDER,
    "6": refusals.DUPLICATE_ORDER,
}
"""OrdRejReason (103)."""
NOT_CANCELLED_FOR = {"0": refusals.ORDER_IS_ENDING, "1": refusals.NO_SUCH_ORDER, "3": refusals.ORDER_IS_ENDING}
"""CxlRejReason (102)."""

AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{0,15})?")
OURS = re.compile(r"[A-Z0-9-]{1,32}")
TEXT = 200


class Book(NamedTuple):
    """What is needed to read a report: the instruments by the broker's code, and what dialects differ in."""

    listed: tuple[Listed, ...]
    places: Mapping[str, int]
    currency: str
    position_ids: bool


def amount(text: str) -> Decimal:
    """Return what a field says as a decimal; `Garbled` where it is none: FIX knows no exponents."""
    if not AMOUNT.fullmatch(text):
        raise Garbled(f"{text[:40]!a} is not an amount.")
    return Decimal(text)


def number(message: Message, tag: int) -> Decimal:
    """Return a field as a decimal, 0 where it is missing; `Garbled` where it is none."""
    return amount(message.get(tag, "0"))


def steps(quantity: Decimal, listed: Listed) -> int:
    """Return a quantity in lot steps; `Garbled` where it is no whole number of them."""
    whole, rest = divmod(abs(quantity), listed.step)
    if rest or whole > money.MAX_STEPS:
        raise Garbled(f"{quantity} of {listed.symbol} is no whole number of lot steps of {listed.step}.")
    return int(whole)


def ticks(price: Decimal, listed: Listed) -> int:
    """Return a price to the nearest tick, 0 for 0; `Garbled` beyond what a price can be."""
    try:
        return money.ticks(price, listed.tick_size) if price else 0
    except TradewindError as error:
        raise Garbled(f"{price} is no price of {listed.symbol}.") from error


def place_of(message: Message, book: Book) -> int:
    """Return the place of the message's instrument in the list, -1 where it is not listed."""
    return book.places.get(message.get(48) or message.get(55), -1)


def ours(text: str) -> str:
    """Return an id if it may be one of ours, else nothing."""
    return text if OURS.fullmatch(text) and not text.startswith(CANCEL_MARK) else ""


def order_of(message: Message) -> str:
    """Return our id of the order a report is about: the original's where the report carries a request's."""
    own = message.get(11)
    asked_to_cancel = own.startswith(CANCEL_MARK) or message.get(150) == "4"
    return ours(message.get(41)) or ours(own) if asked_to_cancel else ours(own)


def text_of(message: Message) -> str:
    """Return the broker's own words, printable and short."""
    return "".join(letter for letter in message.get(58)[:TEXT] if letter.isprintable())


def happened_at(message: Message) -> int:
    """Return when it happened, or when it was sent."""
    return moment(message.get(60) or message.get(52))


def side_of(message: Message) -> int:
    """Return +1 or -1; 0 where the side is missing or unknown."""
    return {"1": 1, "2": -1, "5": -1}.get(message.get(54), 0)


def reason_of(message: Message) -> int:
    """Return why an order was rejected, as far as we have a name for it."""
    words = message.get(58).upper()
    if "NOT_ENOUGH_MONEY" in words or "MARGIN" in words:
        return refusals.NOT_ENOUGH_MARGIN
    return REJECTED_FOR.get(message.get(103), refusals.NO_REASON)


def execution_of(message: Message, kind: str) -> str:
    """Return the happening's id, made of what happens to an order once only.

    A fill is known by how much of its order is filled after it, not by ExecID (17): some brokers send none, and the
    answer to a question about the order carries none, yet all three have to call one fill by one name.
    """
    marks = [message.get(37)[:40], "F" if KINDS.get(kind) == FILLED else kind, message.get(14, "0")[:20]]
    return ":".join([*marks, message.get(11)[:32]] if KINDS.get(kind) == REPLACED else marks)


def report_of(message: Message, book: Book) -> Report | None:
    """Return what an ExecutionReport tells, or None where it tells of no happening."""
    kind = message.get(150)
    if kind in NOTHING_YET:
        return None
    place = place_of(message, book)
    report = Report(
        kind=KINDS.get(kind, UNKNOWN_OUTCOME),
        id=order_of(message),
        execution=execution_of(message, kind),
        instrument=place,
        side=side_of(message),
        occurred=happened_at(message),
        broker_order=message.get(37)[:64],
        position=message.get(721)[:64] if book.position_ids else "",
        text=text_of(message),
    )
    if report.kind == REJECTED:
        original = ours(message.get(41))
        if original and original != report.id:  # a change that was refused this way: the order itself lives on
            return report._replace(kind=REPLACE_REJECTED, id=original)
        return report._replace(reason=reason_of(message))
    if report.kind == REPLACED and place >= 0:
        listed = book.listed[place]
        level = number(message, 44) or number(message, 99)
        return report._replace(quantity=steps(number(message, 38), listed), price=ticks(level, listed))
    if report.kind == FILLED:
        return filled(message, report, book)
    return report


def filled(message: Message, report: Report, book: Book) -> Report:
    """Return a fill with its part, its price and its commission; of an instrument not listed, without them."""
    if report.instrument < 0:
        return report
    listed = book.listed[report.instrument]
    part, total, price = number(message, 32), number(message, 14), number(message, 31) or number(message, 6)
    if part <= 0 or price <= 0 or not report.side:
        raise Garbled(f"A fill of {report.id or 'an order'} has no quantity, price or side.")
    absolute = message.get(13) == "3"
    commission = number(message, 12) if absolute else Decimal(0)
    return report._replace(
        quantity=steps(part, listed),
        filled=steps(total, listed),
        price=ticks(price, listed),
        amount=-money.minor(commission, book.currency),
    )


def told_by_status(message: Message, book: Book) -> tuple[Report, ...]:
    """Return what an order's status lets us know happened to it: its end, and all that is filled of it as one."""
    place = place_of(message, book)
    if place < 0:
        return ()
    state = message.get(39)
    about = Report(
        kind=ACCEPTED,
        id=ours(message.get(11)),
        execution="",
        instrument=place,
        side=side_of(message),
        occurred=happened_at(message),
        broker_order=message.get(37)[:64],
        position=message.get(721)[:64] if book.position_ids else "",
        text=text_of(message),
    )
    reports = []
    done = steps(number(message, 14), book.listed[place])
    if done and number(message, 6) > 0:
        mark = execution_of(message, "F")
        price = ticks(number(message, 6), book.listed[place])
        reports.append(about._replace(kind=FILLED, execution=mark, quantity=done, filled=done, price=price))
    end = {"4": CANCELLED, "C": EXPIRED, "3": EXPIRED, "8": REJECTED}.get(state)
    if end is not None:
        mark = execution_of(message, state)
        why = reason_of(message) if end == REJECTED else refusals.NO_REASON
        reports.append(about._replace(kind=end, execution=mark, reason=why))
    return tuple(reports)


def cancel_refused(message: Message, book: Book) -> Report:
    """Return what an OrderCancelReject tells: the order is as it was."""
    return Report(
        kind=REPLACE_REJECTED if message.get(434) == "2" else CANCEL_REJECTED,
        id=ours(message.get(41)),
        execution=f"reject:{message.get(11)[:32]}",
        instrument=place_of(message, book),
        occurred=happened_at(message),
        reason=NOT_CANCELLED_FOR.get(message.get(102), refusals.NO_REASON),
        broker_order=message.get(37)[:64],
        text=text_of(message),
    )


def living(message: Message, book: Book) -> BrokerOrder | None:
    """Return a status report's order, or None where it lives no more."""
    if STATES.get(message.get(39), "working") != "working":
        return None
    place = place_of(message, book)
    bare = BrokerOrder(
        id=order_of(message),
        broker_order=message.get(37)[:64],
        instrument=place,
        side=side_of(message),
        quantity=0,
        filled=0,
        type=TYPES_READ.get(message.get(40), 0),
        position=message.get(721)[:64] if book.position_ids else "",
    )
    if place < 0:
        return bare
    listed = book.listed[place]
    done = number(message, 14)
    left = number(message, 151) if message.has(151) else number(message, 38) - done
    return bare._replace(
        quantity=steps(left, listed),
        filled=steps(done, listed),
        price=ticks(number(message, 44), listed),
        trigger=ticks(number(message, 99), listed),
    )


def position_of(message: Message, book: Book) -> BrokerPosition | None:
    """Return a PositionReport's position, or None where it is flat."""
    long, short = number(message, 704), number(message, 705)
    if long == short:
        return None
    place = place_of(message, book)
    bare = BrokerPosition(
        position=message.get(721)[:64] if book.position_ids else "",
        id="",
        instrument=place,
        quantity=1 if long > short else -1,
        price=0.0,
    )
    if place < 0:
        return bare
    listed = book.listed[place]
    size = steps(long - short, listed)
    return bare._replace(
        quantity=size if long > short else -size,
        price=float(number(message, 730) / listed.tick_size),
        stop_loss=ticks(number(message, 1002), listed),
        take_profit=ticks(number(message, 1000), listed),
    )
