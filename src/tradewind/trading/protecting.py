"""Stops: where the broker attaches none they go out as orders of their own, and what is open without one is told.

The kernel's gate places a stop that is missing, as a command like any other: durable before it is sent, looked up when
its outcome is unknown, tried again when it is refused, and the position closed when that fails (rule R15). Here it is
only told that it has to. A target is less than that: it is sent once, and its loss leaves a position without one.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

from tradewind.kernel import refusals
from tradewind.kernel.orders import ENTRY, HELD, STOP_LOSS, TAKE_PROFIT, WORKING
from tradewind.kernel.records import INSTRUMENTS
from tradewind.kernel.risk_calendar import PROTECT
from tradewind.trading.book import Ticket
from tradewind.trading.sending import leg_of
from tradewind.trading.timing import SECOND

if TYPE_CHECKING:
    from tradewind.trading.trader import Trader

MOST_BARE = 5 * SECOND
"""After that nothing is opened in the instrument, and a person is told."""


class Protecting:
    """What sees to stops for a trader."""

    def __init__(self, trader: "Trader") -> None:
        """Nothing is known to be without its stop."""
        self.trader = trader
        self.since: dict[int, int] = {}
        """By strategy and instrument, ns since which a position has been seen without its stop."""
        self.told: set[int] = set()
        """Those a person has been told of."""

    def begin(self) -> None:
        """A new life knows of every stop and target that was to be sent apart what it has to do for it."""
        trader = self.trader
        if trader.capabilities.attached_stops:
            return
        for ticket in [one for one in trader.book.tickets.values() if one.role != ENTRY and one.place is None]:
            row = trader.row(ticket.order)
            if row is None or int(row["status"]) == HELD:
                continue
            if ticket.role == STOP_LOSS:
                trader.end(ticket.order, refusals.SENT_APART)
            else:
                ticket.place, ticket.sent = leg_of(trader, ticket), trader.time  # it may have been sent, or not
                trader.resolving.look_for(ticket.order)
        trader.order(trader.core.operate(PROTECT))

    def apart(self, entry: Ticket) -> None:
        """The stop of a filled entry is on its way as an order of the gate's, and its target as one of its own."""
        trader = self.trader
        for ticket in [one for one in trader.book.tickets.values() if one.parent == entry.order]:
            if ticket.place is not None:
                continue
            if ticket.role == STOP_LOSS:
                trader.end(ticket.order, refusals.SENT_APART)
        self._targets()

    def _targets(self) -> None:
        """Targets of entries that will not fill further are on their way: before, nobody knows how large they are."""
        trader = self.trader
        for ticket in [one for one in trader.book.tickets.values() if one.role == TAKE_PROFIT and one.place is None]:
            row = trader.row(ticket.order)
            if row is None or int(row["status"]) != WORKING or trader.row(ticket.parent) is not None:
                continue
            if trader.core.position(ticket.strategy, ticket.instrument) * int(row["side"]) >= 0:
                trader.end(ticket.order, refusals.POSITION_CLOSED)
                continue
            ticket.place, ticket.sent = leg_of(trader, ticket), trader.time
            trader.send(ticket.place, ticket.order)

    def trim(self) -> None:
        """Stops and targets close no more than there is, for the rest would open something; what is bare has its stop.

        The oldest go first, as the oldest part of a position does.
        """
        trader = self.trader
        legs = [one.copy() for one in trader.living() if int(one["role"]) != ENTRY and int(one["status"]) == WORKING]
        standing: Counter[tuple[int, ...]] = Counter()
        for leg in legs:
            standing[_kind(leg)] += int(leg["quantity"] - leg["filled"])
        for leg in legs:
            strategy, instrument, _, side = _kind(leg)
            held = max(0, -side * trader.core.position(strategy, instrument))
            if standing[_kind(leg)] <= held:
                continue
            standing[_kind(leg)] -= int(leg["quantity"] - leg["filled"])
            trader.reporting.end_leg(int(leg["id"]), refusals.POSITION_CLOSED)
        if trader.core.state["risk"]["positions"]["bare_since"].any():
            trader.order(trader.core.operate(PROTECT))

    def turn(self) -> None:
        """Where a position has been bare for too long nothing is opened until it is protected or closed."""
        trader = self.trader
        if not trader.capabilities.attached_stops:
            self._targets()
            self.trim()
        rows = trader.core.state["risk"]["positions"]["bare_since"]
        bare = {place for place in rows.nonzero()[0].tolist() if rows[place]}
        for place in [one for one in self.since if one not in bare]:
            waited = trader.time - self.since.pop(place)
            if place in self.told:
                self.told.discard(place)
                trader.alert("stops", f"{_whose(place)} is protected or closed, after {waited / SECOND:.0f} s.", "info")
        for place in sorted(bare):
            waited = trader.time - self.since.setdefault(place, trader.time)
            if waited >= MOST_BARE and place not in self.told:
                self.told.add(place)
                trader.order(trader.core.hold(refusals.UNPROTECTED, on=True, instrument=place % INSTRUMENTS))
                trader.alert("stops", f"{_whose(place)} has had no stop for {waited / SECOND:.0f} s.", "critical")
        for instrument in range(int(trader.core.state["instrument_count"])):
            if not any(place % INSTRUMENTS == instrument for place in bare):
                trader.order(trader.core.hold(refusals.UNPROTECTED, on=False, instrument=instrument))


def _kind(leg: Any) -> tuple[int, int, int, int]:
    """Return whose leg it is, of what role, and on which side."""
    return int(leg["strategy"]), int(leg["instrument"]), int(leg["role"]), int(leg["side"])


def _whose(place: int) -> str:
    return f"The position of strategy {place // INSTRUMENTS} in instrument {place % INSTRUMENTS}"
