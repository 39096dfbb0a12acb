"""From what the broker reports to events, each happening once and in an order that the lifecycle of orders allows.

Fills are always the truth. What the table of lifecycles does not allow any more (an acceptance after the fill) is noted
and changes nothing. What is not ours is not taken for ours.
"""

from typing import TYPE_CHECKING, Any

from tradewind.broker import Cancel, Place, Report
from tradewind.kernel import refusals
from tradewind.kernel.orders import ENTRY, HELD, LIFECYCLE, STOP, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    FILLED,
    FINANCING,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewind.kernel.step import happening_of
from tradewind.ports import Rows
from tradewind.trading.book import Ticket
from tradewind.trading.events import event
from tradewind.trading.executions import execution_row
from tradewind.trading.requests import Send

if TYPE_CHECKING:
    from tradewind.trading.trader import Trader

REASON_OF_ROLE = {
    ENTRY: refusals.ENTRY_FILLED,
    STOP_LOSS: refusals.STOP_LOSS_HIT,
    TAKE_PROFIT: refusals.TAKE_PROFIT_HIT,
}


class Reporting:
    """What takes reports in for a trader."""

    def __init__(self, trader: "Trader") -> None:
        """Nothing has been reported."""
        self.trader = trader
        self.early: list[Report] = []
        """Fills of attached orders whose entry has not been reported filled."""

    def take(self, report: Report, *, in_order: bool = False) -> bool:
        """The report is part of what we know; False where it was before, or is none of ours.

        `in_order`: nothing that happened before it is missing, as it is when the broker was asked for all since then.
        """
        book = self.trader.book
        if report.execution and report.execution in book.seen:
            self.trader.duplicates += 1
            return False
        self.trader.activity += 1
        ticket, order, strategy = self._owner(report)
        if strategy < 0:
            self._foreign(report, in_order=in_order)
            return False
        row = self.trader.row(order) if order else None
        if report.kind == FILLED and report.filled:
            # With a total (FIX): only what is new of it is a fill, whether the order still lives or ended long ago.
            fresh = book.still_new(order, report.filled) if order else report.quantity
            if fresh <= 0:
                self._note(report._replace(quantity=0), 0, order, strategy)
                return False
            report = report._replace(quantity=min(report.quantity, fresh), filled=0)
        if report.kind == FILLED and row is not None and int(row["status"]) == HELD:
            if report not in self.early:
                self.early.append(report)
            return False
        self.trader.repeating.heard(report, row, strategy)
        first_may_live = report.kind == REJECTED and ticket is not None and self.trader.resolving.first_may_live(ticket)
        applied = not first_may_live and self._apply(report, row, order, strategy)
        self._note(report, self.trader.core.events if applied else 0, order, strategy)
        if report.kind == FILLED:
            self.trader.fills.append((report, strategy))
            self._after_fill(report, ticket, order, strategy)
        return applied

    def again(self) -> None:
        """Fills that came before their entry's are tried again."""
        waiting, self.early = self.early, []
        for report in waiting:
            self.take(report)

    def _owner(self, report: Report) -> tuple[Ticket | None, int, int]:
        """Return ticket, kernel's order (0 none) and strategy (-1: none of ours) of a report."""
        book = self.trader.book
        ticket = book.find(report.id)
        if ticket is not None:
            return ticket, ticket.order, ticket.strategy
        identity = book.owner(report.id)
        if identity is not None:
            # A number that was not given yet is of a life after the backup this journal came from.
            given = identity.order < int(self.trader.core.state["next_order"])
            return None, identity.order if given else 0, identity.strategy
        held = book.holdings.get(report.position)
        if held is not None:
            return None, 0, held.strategy
        if report.kind == FINANCING:
            for one in book.holdings.values():
                if one.instrument == report.instrument:
                    return None, 0, one.strategy
        return None, 0, -1

    def _apply(self, report: Report, row: Any, order: int, strategy: int) -> bool:
        """The event of the report is applied, if orders may still live through it."""
        if report.kind not in (FILLED, FINANCING):
            if row is None or LIFECYCLE[int(row["status"]), happening_of(report.kind)] < 0:
                return False
            if report.kind == ACCEPTED and int(row["status"]) == HELD:
                return False  # it works from its entry's fill on, whatever the broker's order of words
        trader = self.trader
        trader.order(trader.core.apply(self._event(report, row, order, strategy)))
        return True

    def _event(self, report: Report, row: Any, order: int, strategy: int) -> Rows:
        """Return the report as a row of EVENT."""
        trader = self.trader
        instrument = report.instrument if row is None else int(row["instrument"])
        market = trader.core.state["instruments"][instrument]
        fields: dict[str, int] = {
            "order": order, "strategy": strategy, "instrument": instrument, "side": report.side, "price": report.price,
            "quantity": report.quantity, "amount": report.amount, "occurred": report.occurred, "reason": report.reason,
        }  # fmt: skip
        if row is not None and not report.side:
            fields["side"] = int(row["side"])
        if report.kind == REPLACED and row is not None:
            fields["quantity"] = report.quantity or int(row["quantity"])
            fields["price"] = report.price or int(row["trigger"]) or int(row["price"])
        if report.kind == FILLED:
            fields["spread"] = max(0, int(market["ask"]) - int(market["bid"]))
            fields["slippage"] = max(0, (report.price - expected(market, row, report)) * report.side)
            if not report.reason:
                fields["reason"] = reason_of(row, report)
        return event(report.kind, trader.time, **fields)

    def _note(self, report: Report, number: int, order: int, strategy: int) -> None:
        """The journal has what the report was taken for, and it is never taken again."""
        row = execution_row(report, number, order, strategy)
        self.trader.core.pending.append("executions", row)
        self.trader.book.note_execution(row[0])

    def _foreign(self, report: Report, *, in_order: bool) -> None:
        """Something happened in the account that is none of ours: nothing is opened there before a person says so."""
        trader = self.trader
        fill = report.kind == FILLED and report.instrument >= 0 and report.position not in trader.book.ignored
        if fill and report.position and not in_order and trader.capabilities.catch_up != "none":
            # It may have closed a position whose opening was not told: that is asked for before it is called foreign.
            trader.order(trader.core.hold(refusals.POSITION_DIFFERS, on=True, instrument=report.instrument))
            trader.settling.begin()
            return
        self._note(report, 0, 0, -1)
        if not fill:
            return
        trader.alert("reconciliation", f"A fill that is none of ours: {report.text or report.execution}.")
        trader.order(trader.core.hold(refusals.POSITION_DIFFERS, on=True, instrument=report.instrument))

    def _after_fill(self, report: Report, ticket: Ticket | None, order: int, strategy: int) -> None:
        """What hung on the fill is as the broker has it: attached orders live, or have ended with their position."""
        trader, instrument = self.trader, report.instrument
        row = trader.row(order) if order else None
        if row is not None and int(row["filled"]) > int(row["quantity"]):
            trader.alert("reconciliation", f"Order {order} was filled beyond its size.", "critical")
        if ticket is not None and ticket.role == ENTRY and not trader.capabilities.attached_stops:
            trader.protecting.apart(ticket)
        flat = trader.core.position(strategy, instrument) == 0
        parent = ticket.parent if ticket is not None else 0
        for one in list(trader.living()["id"]):
            leg = trader.row(int(one))
            if leg is None or int(leg["role"]) == ENTRY or int(leg["status"]) == HELD:
                continue
            if row is not None and int(leg["parent"]) == order:
                continue  # the rest of this fill opens what they protect
            sibling = parent and row is None and int(leg["parent"]) == parent
            mine = int(leg["strategy"]) == strategy and int(leg["instrument"]) == instrument
            if (mine and self._over(int(one), flat=flat)) or sibling:
                self.end_leg(int(one), refusals.OTHER_LEG_FILLED if sibling else refusals.POSITION_CLOSED)
        if not trader.capabilities.attached_stops:
            trader.protecting.trim()

    def _over(self, order: int, *, flat: bool) -> bool:
        """Return whether what an attached order protects is gone.

        Where the broker keeps positions apart it is that position, though others be left, and though a strategy long
        in one and short in another count as flat; else it is what the strategy holds.
        """
        trader = self.trader
        ticket = trader.book.tickets.get(order)
        if ticket is None or not trader.capabilities.attached_stops or not ticket.position:
            return flat
        return ticket.position not in trader.book.holdings

    def end_leg(self, order: int, reason: int) -> None:
        """An attached order is over with its position; one that stands by itself is taken back at the broker too."""
        trader = self.trader
        ticket = trader.book.tickets.get(order)
        if ticket is not None and (not trader.capabilities.attached_stops or ticket.place is not None):
            trader.send(Cancel(ticket.id, ticket.broker_order), order)
        trader.end(order, reason)

    # What follows from an answer without a report.

    def taken(self, order: int) -> None:
        """The broker took the order; if nothing else was said of it, it works."""
        row = self.trader.row(order)
        if row is not None and LIFECYCLE[int(row["status"]), happening_of(ACCEPTED)] >= 0:
            self._say(ACCEPTED, row)

    def refused(self, request: Send, text: str) -> None:
        """The broker refused: the order, the cancel or the change is over, and the reason is in the journal."""
        row = self.trader.row(request.order)
        if row is None:
            return
        kind = CANCEL_REJECTED if isinstance(request.what, Cancel) else REPLACE_REJECTED
        if isinstance(request.what, Place):
            kind = REJECTED
        report = Report(kind, request.what.id, "", reason=refusals.LIMIT_OF_BROKER, text=text)
        if LIFECYCLE[int(row["status"]), happening_of(kind)] >= 0 and not self._settled(kind, row):
            self.take(report)
            self.trader.alert("refusals", f"The broker refused order {request.order}: {text}")

    def unsent(self, request: Send) -> None:
        """A request that never left is undone."""
        row = self.trader.row(request.order)
        if row is None:
            return
        if isinstance(request.what, Place):
            self.trader.end(request.order, refusals.NOT_EXECUTED)
            return
        kind = CANCEL_REJECTED if isinstance(request.what, Cancel) else REPLACE_REJECTED
        if LIFECYCLE[int(row["status"]), happening_of(kind)] >= 0:
            self.take(Report(kind, request.what.id, "", reason=refusals.NOT_EXECUTED))

    def _settled(self, kind: int, row: Any) -> bool:
        """Return whether the reports that came with the answer have said it already."""
        before = {CANCEL_REJECTED: 4, REPLACE_REJECTED: 5}
        return kind in before and int(row["status"]) != before[kind] and int(row["status"]) != HELD

    def _say(self, kind: int, row: Any) -> None:
        fields = {name: int(row[name]) for name in ("instrument", "strategy", "side", "quantity")}
        told = event(kind, self.trader.time, order=int(row["id"]), occurred=self.trader.time, **fields)
        self.trader.order(self.trader.core.apply(told))


def expected(market: Any, row: Any, report: Report) -> int:
    """Return the price the fill was expected at: what was waited for, or the market on the side of the order."""
    if row is not None and int(row["type"]) != 1 and (int(row["trigger"]) or int(row["price"])):
        return int(row["trigger"]) if int(row["type"]) == STOP else int(row["price"])
    return int(market["ask"]) if report.side > 0 else int(market["bid"])


def reason_of(row: Any, report: Report) -> int:
    """Return why a fill happened, where the broker gives no reason we know."""
    if row is None:
        return refusals.CLOSED_BY_BROKER if not report.id else refusals.ENTRY_FILLED
    if int(row["role"]) == ENTRY and int(row["reduce_only"]):
        return int(row["reason"]) or refusals.SIGNAL
    return REASON_OF_ROLE[int(row["role"])]
