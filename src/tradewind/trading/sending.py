"""From the kernel's commands to requests: prices and sizes as they are, ids by which both sides know the order."""

from typing import TYPE_CHECKING, Any

from tradewind.broker import Cancel, Place, Replace, Report
from tradewind.kernel import refusals
from tradewind.kernel.orders import ENTRY, HELD, STOP
from tradewind.kernel.records import CANCEL, PLACE, REJECTED, REPLACE_REJECTED
from tradewind.trading.book import Ticket

if TYPE_CHECKING:
    from tradewind.trading.trader import Trader

TURNS_OVER = "this account keeps opposite positions side by side; close the one first, then open the other."


def request_of(trader: "Trader", command: Any) -> Place | Cancel | Replace | None:
    """Return what is to be sent for a command whose ticket is written; None where there is nothing to send."""
    ticket = trader.book.tickets.get(int(command["order"]))
    if ticket is None:
        return None
    if int(command["kind"]) == PLACE:
        place = ticket.place
        if place is not None and _turns_over(trader, place):
            trader.alert("refusals", f"Order {ticket.order} was not sent: {TURNS_OVER}")
            trader.reporting.take(Report(REJECTED, ticket.id, "", reason=refusals.LIMIT_OF_BROKER, text=TURNS_OVER))
            return None
        if place is not None and not trader.capabilities.attached_stops:
            return place._replace(stop_loss=0, take_profit=0, trail=0, stop_id="", target_id="")
        if place is not None and place.role != ENTRY:
            ticket.place = place = place._replace(closes=trader.book.bare_first(place.closes))
        return place
    row = trader.row(ticket.order)
    if row is not None and int(row["status"]) == HELD:
        # Its entry has not filled, so the broker has no such order yet; what stands on the entry stays.
        if int(command["kind"]) != CANCEL:
            trader.reporting.take(Report(REPLACE_REJECTED, ticket.id, "", reason=refusals.NO_SUCH_ORDER))
        return None
    if int(command["kind"]) == CANCEL and ticket.refused:
        # The kill switch asks at every event: a broker that has refused once is asked what became of the order.
        trader.resolving.look_for(ticket.order)
        return None
    if int(command["kind"]) == CANCEL:
        return Cancel(ticket.id, ticket.broker_order)
    price, trigger, quantity = (int(command[name]) for name in ("price", "trigger", "quantity"))
    where = ticket.position or position_of(trader, ticket)
    return Replace(
        ticket.former, ticket.id, ticket.instrument, price, trigger, quantity, ticket.broker_order, where
    )  # fmt: skip


def _turns_over(trader: "Trader", place: Place) -> bool:
    """Whether an order would open a position against one of the same strategy, where the broker keeps both."""
    if trader.capabilities.position_mode != "hedging" or place.reduce_only:
        return False
    return trader.core.position(place.strategy, place.instrument) * place.side < 0


def position_of(trader: "Trader", ticket: Ticket) -> str:
    """Return the broker's position an attached order protects."""
    parent = trader.book.tickets.get(ticket.parent)
    if parent is not None and parent.position:
        return parent.position
    for name, holding in trader.book.holdings.items():
        if holding.order == ticket.parent:
            return name
    return ""


def leg_of(trader: "Trader", ticket: Ticket) -> Place | None:
    """Return an attached order as one of its own, for a broker that cannot attach; None where there is no such row."""
    row = trader.row(ticket.order)
    if row is None or ticket.role == ENTRY:
        return None
    side, quantity, kind, price = (int(row[name]) for name in ("side", "quantity", "type", "price"))
    return Place(
        ticket.id,
        ticket.instrument,
        ticket.strategy,
        side,
        quantity,
        kind,
        price,
        int(row["trigger"]) if kind == STOP else 0,
        reduce_only=True,
        role=ticket.role,
        closes=trader.book.own_positions(ticket.strategy, ticket.instrument),
    )
