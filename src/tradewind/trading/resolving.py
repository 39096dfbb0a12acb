"""Orders whose outcome is not known: asked for by id until there is evidence, counted as working until then.

Two ways out, by what the broker promises (its capabilities). Where it refuses a repeated id (B), the same order is
sent again under the same id. Everywhere else (D) an order is sent once, ever: it is looked up until it is found, or
until the time in which it could still have taken effect has passed and both the lookup and a whole picture say that
it is not there.
"""

from typing import TYPE_CHECKING

from tradewind.broker import Cancel, Found, Picture, Place, Report
from tradewind.kernel import refusals
from tradewind.kernel.orders import CANCELLING, ENTRY, HELD, REPLACING, SENT, UNKNOWN, WORKING
from tradewind.kernel.records import REPLACE_REJECTED, REPLACED
from tradewind.trading.book import Ticket
from tradewind.trading.identity import parse
from tradewind.trading.requests import Ask
from tradewind.trading.timing import SECOND

if TYPE_CHECKING:
    from tradewind.trading.trader import Trader

MOST_CANCELS = 3
"""So often a cancel is repeated at once; one that was refused is only looked up from then on."""
CANCEL_EVERY = 30 * SECOND
"""An unanswered one is tried again so often: all of them may have been lost."""


class Resolving:
    """What finds out for a trader."""

    def __init__(self, trader: "Trader") -> None:
        """Nothing is being looked for."""
        self.trader = trader
        self.asked: dict[int, tuple[int, int]] = {}
        """Of each order: how often it was asked for, and when next."""
        self.waiting: set[int] = set()
        """Orders whose question has not been answered."""
        self.alive: set[int] = set()
        """Orders of which the broker has said since they were last asked for that they work."""
        self.ended: set[int] = set()
        """Orders of which the broker said that they ended without a fill, but not how."""

    def lose(self, order: int, why: str) -> None:
        """No clear answer came: the order is unknown, a cancel or change of it is looked up."""
        row = self.trader.row(order)
        if row is None:
            return
        self.asked[order] = (0, self.trader.time + self._lag())
        if int(row["status"]) in (CANCELLING, REPLACING):
            return
        self.trader.alert("disconnects", f"The outcome of order {order} is unknown: {why}.", "critical")
        self.trader.lose(order)

    def look_for(self, order: int) -> None:
        """The order is asked for, if it is not already."""
        self.asked.setdefault(order, (0, self.trader.time))

    def turn(self) -> None:
        """What is due is asked."""
        trader, timing = self.trader, self.trader.timing
        living = set()
        rows = trader.living()
        for order, status in zip(rows["id"].tolist(), rows["status"].tolist(), strict=True):
            ticket = trader.book.tickets.get(order)
            if ticket is None or status == HELD:
                continue
            waited = trader.time - max(ticket.sent, ticket.asked)
            changing = status in (CANCELLING, REPLACING) or (status == WORKING and ticket.former)
            stuck = changing and waited > timing.answer_within
            if status == UNKNOWN or stuck or order in self.asked:
                living.add(order)
                self._ask(ticket)
        for order in [one for one in self.asked if one not in living]:
            self.asked.pop(order)
        self.waiting &= living
        self.alive &= living
        self._release()

    def _ask(self, ticket: Ticket) -> None:
        """The order is asked for if it is time; every ten tries the pause grows fourfold, up to a minute."""
        times, due = self.asked.get(ticket.order, (0, 0))
        if self.trader.time < due or ticket.order in self.waiting:
            return
        pause = min(self.trader.timing.find_every * 4 ** (times // 10), 60 * SECOND)
        self.asked[ticket.order] = (times + 1, self.trader.time + pause)
        self.waiting.add(ticket.order)
        self.alive.discard(ticket.order)
        row = self.trader.row(ticket.order)
        what = f"{int(row['instrument'])} {int(row['side'])}"
        # Whatever became of changes that were under way, it lives under one of these.
        first = ticket.place.id if ticket.place is not None else ""
        for name in dict.fromkeys(filter(None, (ticket.id, ticket.former, first))):
            self.trader.ask("find", f"{ticket.order} {name} {what}")

    def unheard(self, ask: Ask) -> None:
        """The question could not be asked: that says nothing, and it will be asked again."""
        if ask.what == "find":
            self.waiting.discard(int(ask.about.split(" ")[0]))

    def found(self, about: str, found: Found) -> None:
        """What the broker says of the order is known; if it says nothing clear, the order stays unknown."""
        number, name, *_ = about.split(" ")
        order = int(number)
        self.waiting.discard(order)
        trader = self.trader
        trader.reports(found.reports)
        row, ticket = trader.row(order), trader.book.tickets.get(order)
        if row is None or ticket is None:
            return
        status = int(row["status"])
        if found.state == "working":
            self.alive.add(order)
            self._working(ticket, status, name)
        elif found.state == "absent" and status in (UNKNOWN, SENT):
            self._absent(ticket)
        elif found.state == "absent" and self._never_taken(ticket, status, name):
            # A cancel or change of it came to nothing because the broker has no such order: it was lost before that.
            self.asked[order] = (0, trader.time + self._lag())
            trader.alert(
                "disconnects", f"The broker does not know order {order}, and never said it took it.", "critical"
            )
            trader.lose(order)
        elif found.state != "absent":
            if found.state != "filled" and not self.first_may_live(ticket):
                self.ended.add(order)
            trader.settling.begin()  # it ended, and how is among what we have not heard
        elif status in (CANCELLING, REPLACING) and self._settled(ticket):
            ticket.absent = ticket.absent or (trader.time if status == CANCELLING else 0)
            trader.settling.begin()

    def _working(self, ticket: Ticket, status: int, name: str) -> None:
        """The broker has the order and it works: so do we; a cancel that got lost is sent again, a few times."""
        trader = self.trader
        ticket.absent = 0
        if status in (UNKNOWN, SENT):
            self.asked.pop(ticket.order, None)
            trader.reporting.taken(ticket.order)
        elif status == CANCELLING and (name != ticket.id or self._cancel_again(ticket)):
            ticket.cancels += 1
            ticket.asked = trader.time
            trader.send(Cancel(name, ticket.broker_order), ticket.order)
        elif status == REPLACING and name == ticket.id and ticket.former:
            trader.reports([Report(REPLACED, ticket.id, "")])  # with which price, the next picture tells
            trader.settling.begin()
        elif status == REPLACING and name == ticket.former and self._settled(ticket):
            trader.reports([Report(REPLACE_REJECTED, ticket.id, "", reason=refusals.NOT_EXECUTED)])
        elif status == WORKING and ticket.former and (name == ticket.id or self._settled(ticket)):
            self._lives_as(ticket.order, name)  # a cancel that came to nothing ended the wait for the change

    def _never_taken(self, ticket: Ticket, status: int, name: str) -> bool:
        """Whether the broker never said that it has the order, and does not know the id it was sent under either."""
        if status not in (WORKING, REPLACING) or ticket.place is None or ticket.broker_order or name != ticket.place.id:
            return False
        return ticket.order not in self.alive and (status == WORKING or self._settled(ticket))

    def first_may_live(self, ticket: Ticket) -> bool:
        """Whether of an order that was sent twice one may still take effect, whatever is said of the other."""
        return ticket.place is not None and ticket.resent > 0 and not self._settled(ticket)

    def _cancel_again(self, ticket: Ticket) -> bool:
        """Whether a cancel that had no effect is repeated: soon a few times, and later now and then unless refused."""
        if ticket.cancels < MOST_CANCELS:
            return True
        return not ticket.refused and self.trader.time >= ticket.asked + CANCEL_EVERY

    def _absent(self, ticket: Ticket) -> None:
        """The broker knows no such order: sent again where that is safe, else given up when nothing can come of it."""
        trader, can = self.trader, self.trader.capabilities
        if trader.time < ticket.sent + self._lag():
            return
        window = can.id_scope == "forever" or (
            can.id_scope == "window" and trader.time - ticket.decided < int(can.id_window_s * SECOND)
        )
        keeps = trader.timing.exit_keeps if ticket.place and ticket.place.reduce_only else trader.timing.entry_keeps
        again = window and ticket.version == 0 and ticket.resent == 0 and trader.time <= ticket.decided + keeps
        if again and ticket.place is not None and self._may_go(ticket.place, ticket.order):
            trader.core.note("sent again", {"order": ticket.order})  # a next life must not trust one answer of two
            trader.book.sent_again(ticket.order)
            trader.send(ticket.place, ticket.order, exits=True)
            return
        if not self._settled(ticket):
            return
        if ticket.absent == 0:
            ticket.absent = trader.time
            trader.settling.begin()

    def _may_go(self, place: Place, order: int) -> bool:
        """Return whether an order may be sent again: to open something, only as if it were decided on now."""
        if place.reduce_only:
            return True
        if any(one != order for one in self.trader.unknown()):
            return False
        bit = 1 << (refusals.OUTCOME_UNKNOWN - refusals.STARTING)
        core = self.trader.core
        return not core.held(place.instrument) & ~bit and not int(core.state["risk"]["kill"])

    def bury(self, picture: Picture) -> None:
        """Attached orders whose position is gone are over, where book and picture agree in everything.

        So ends a stop whose position was opened and closed again in reports that came in another order.
        """
        trader = self.trader
        if not trader.capabilities.attached_stops:
            return
        standing = {one.id for one in picture.orders}
        opened = {found.order for one in picture.positions if (found := parse(one.id)) is not None}
        names = {one.position for one in picture.positions}
        netted = {one.instrument for one in picture.positions if not one.position}
        rows = trader.living()
        for order, status in zip(rows["id"].tolist(), rows["status"].tolist(), strict=True):
            ticket = trader.book.tickets.get(order)
            if ticket is None or ticket.role == ENTRY or ticket.place is not None or status in (HELD, SENT, UNKNOWN):
                continue
            alive = ticket.position in names or ticket.parent in opened or ticket.instrument in netted
            if not alive and not standing & {ticket.id, ticket.former}:
                trader.end(order, refusals.POSITION_CLOSED)

    def pictured(self, picture: Picture) -> None:
        """A picture taken after the lookup shows no such order either: it never took effect, or it is over."""
        trader = self.trader
        # By number: under whichever of its ids the broker has it, it is there.
        ids = [one.id for one in picture.orders] + [one.id for one in picture.positions]
        there = {one.order for one in map(trader.book.owner, ids) if one is not None}
        self._rename(picture)
        for order in sorted(self.ended):
            if order in trader.book.tickets and order not in there:
                # All that happened since was read before this picture, and how it ended was not in it.
                trader.end(order, refusals.CLOSED_BY_BROKER)
        self.ended.clear()
        for order in trader.unknown():
            ticket = trader.book.tickets.get(order)
            if ticket is None or ticket.absent == 0 or order in there:
                continue
            trader.alert("reconciliation", f"Order {order} never took effect at the broker.")
            trader.end(order, refusals.NOT_EXECUTED)
        for order in self._in(CANCELLING):
            ticket = trader.book.tickets.get(order)
            if ticket is not None and ticket.absent and order not in there:
                trader.alert("reconciliation", f"Order {order} was to be cancelled and is not at the broker any more.")
                trader.end(order, refusals.CANCEL_REQUESTED)
        self._release()

    def _rename(self, picture: Picture) -> None:
        """An unknown order has the id under which the broker shows it: of several changes none may have arrived.

        One that waits for a change which cannot come any more works as the broker has it.
        """
        trader = self.trader
        standing = {found.order: one.id for one in picture.orders if (found := trader.book.owner(one.id)) is not None}
        waiting = self._in(REPLACING)
        for order in [*trader.unknown(), *waiting]:
            ticket, name = trader.book.tickets.get(order), standing.get(order, "")
            if ticket is None or not name or name in (ticket.id, ticket.former):
                continue
            if order in waiting and not self._settled(ticket):
                continue
            self._lives_as(order, name)
            if order in waiting:
                trader.reports([Report(REPLACE_REJECTED, name, "", reason=refusals.NOT_EXECUTED)])
            else:
                self.look_for(order)

    def _lives_as(self, order: int, name: str) -> None:
        """The order has this id of ours at the broker; the journal has it too."""
        self.trader.core.note("lives as", {"order": order, "id": name})
        self.trader.book.rename(order, name)

    def _in(self, status: int) -> list[int]:
        """Return the living orders in a status."""
        rows = self.trader.living()
        found: list[int] = rows["id"][rows["status"] == status].tolist()
        return found

    def _lag(self) -> int:
        return int(self.trader.capabilities.lookup_lag_s * SECOND)

    def _settled(self, ticket: Ticket) -> bool:
        """Return whether nothing can come of the order any more, by what the broker declares."""
        lateness = int(self.trader.capabilities.lateness_s * SECOND)
        keeps = self.trader.timing.exit_keeps if ticket.place and ticket.place.reduce_only else 0
        late = max(keeps, self.trader.timing.entry_keeps) + self.trader.timing.request_within + lateness + self._lag()
        return self.trader.time >= ticket.sent + late

    def _release(self) -> None:
        """Instruments without an unknown order are free again."""
        trader = self.trader
        bit = 1 << (refusals.OUTCOME_UNKNOWN - refusals.STARTING)
        held = [number for number, bits in enumerate(trader.core.holds()) if bits & bit]
        if not held:
            return
        rows = trader.living()
        those = set(rows["instrument"][rows["status"] == UNKNOWN].tolist())
        for instrument in held:
            if instrument not in those:
                trader.order(trader.core.hold(refusals.OUTCOME_UNKNOWN, on=False, instrument=instrument))
