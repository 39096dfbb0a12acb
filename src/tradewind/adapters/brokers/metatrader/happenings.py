"""Orders and deals of the terminal as our reports.

An order is accepted when it was set up and ends when it was done; a deal is a fill, and its ticket is the execution's
id. What is attached to a position is no order there: it is told as accepted with the deal that opened the position, as
filled with the deal the server made of it, and as cancelled with the deal that closed the position otherwise. Every
report can be made again from the terminal's history, so answer, stream and lookup tell of it by the same name.
"""

from collections.abc import Iterable, Iterator

from tradewind import money
from tradewind.adapters.brokers.metatrader import constants as mt
from tradewind.adapters.brokers.metatrader.listing import Listed, Listing
from tradewind.adapters.brokers.metatrader.reading import Json, inner, ours, owner, printable, real, whole, word
from tradewind.broker import Report
from tradewind.kernel.records import ACCEPTED, CANCELLED, CORRECTED, EXPIRED, FILLED, FINANCING, REJECTED
from tradewind.kernel.refusals import (
    CANCEL_REQUESTED,
    NIGHT,
    NO_REASON,
    NOT_FILLED_AT_ONCE,
    OTHER_LEG_FILLED,
    POSITION_CLOSED,
    STOP_LOSS_HIT,
    STOPPED_OUT,
    TAKE_PROFIT_HIT,
)
from tradewind.kernel.refusals import DIVIDEND as OF_A_DIVIDEND
from tradewind.kernel.refusals import EXPIRED as TIME_RAN_OUT

_ENDINGS = {
    mt.ORDER_STATE_CANCELED: (CANCELLED, CANCEL_REQUESTED),
    mt.ORDER_STATE_PARTIAL: (CANCELLED, NOT_FILLED_AT_ONCE),
    mt.ORDER_STATE_REJECTED: (REJECTED, NO_REASON),
    mt.ORDER_STATE_EXPIRED: (EXPIRED, TIME_RAN_OUT),
}
_REASONS = {
    mt.DEAL_REASON_SL: STOP_LOSS_HIT,
    mt.DEAL_REASON_TP: TAKE_PROFIT_HIT,
    mt.DEAL_REASON_SO: STOPPED_OUT,
}
_OTHER = {"sl": "tp", "tp": "sl"}


class Teller:
    """What turns rows into reports, for one account."""

    def __init__(self, listing: Listing, magic: int, currency: str) -> None:
        """`magic` is the number that marks our orders."""
        self.listing, self.magic, self.currency = listing, magic, currency

    def reports(self, working: Iterable[Json], ended: Iterable[Json], deals: Iterable[Json]) -> tuple[Report, ...]:
        """Return everything that these rows tell, oldest first."""
        ended = list(ended)
        found = [self._accepted(order) for order in [*working, *ended]]
        found += [report for order in ended for report in self._ended(order)]
        found += [report for deal in deals for report in self._dealt(deal)]
        return tuple(sorted(found, key=lambda report: (report.occurred, _RANK.get(report.kind, 2))))

    def _row(self, found: Json) -> Listed | None:
        return self.listing.named(word(found, "symbol"))

    def _accepted(self, order: Json) -> Report:
        row, ticket = self._row(order), whole(order, "ticket")
        return Report(
            ACCEPTED,
            owner(order, self.magic),
            f"o{ticket}",
            instrument=-1 if row is None else row.place,
            side=side_of(whole(order, "type")),
            quantity=0 if row is None else row.steps(real(order, "volume_initial")),
            occurred=self.listing.utc(whole(order, "time_setup_msc")),
            broker_order=str(ticket),
        )

    def _ended(self, order: Json) -> Iterator[Report]:
        state, row = whole(order, "state"), self._row(order)
        left = real(order, "volume_current")
        if state == mt.ORDER_STATE_FILLED and left > 0:
            state = mt.ORDER_STATE_PARTIAL
        if state not in _ENDINGS:
            return  # filled: its deals tell
        kind, reason = _ENDINGS[state]
        yield self._accepted(order)._replace(
            kind=kind,
            execution=f"o{order['ticket']}.end",
            quantity=0 if row is None else row.steps(left),
            occurred=self.listing.utc(whole(order, "time_done_msc")),
            reason=reason,
            text=printable(word(order, "comment")),
        )

    def _dealt(self, deal: Json) -> Iterator[Report]:
        """Yield a deal's fill, what it did to what is attached, and the cash it brought beside."""
        kind = whole(deal, "type")
        if kind not in (mt.DEAL_TYPE_BUY, mt.DEAL_TYPE_SELL):
            yield self._cash(deal, kind)
            return
        row, ticket = self._row(deal), str(whole(deal, "ticket"))
        legs, why = inner(deal, "legs"), whole(deal, "reason")
        leg = {mt.DEAL_REASON_SL: "sl", mt.DEAL_REASON_TP: "tp"}.get(why, "")
        id_ = ours(word(legs, leg)) if leg else owner(deal, self.magic)
        fill = Report(
            FILLED,
            id_,
            ticket,
            instrument=-1 if row is None else row.place,
            side=1 if kind == mt.DEAL_TYPE_BUY else -1,
            quantity=0 if row is None else row.steps(real(deal, "volume")),
            price=0 if row is None else row.ticks(real(deal, "price")),
            amount=self._minor(real(deal, "commission") + (real(deal, "fee") if "fee" in deal else 0.0)),
            realised=self._minor(real(deal, "profit")),
            occurred=self.listing.utc(whole(deal, "time_msc")),
            reason=_REASONS.get(why, NO_REASON),
            broker_order=str(whole(deal, "order")),
            position=str(whole(deal, "position_id")),
            text=printable(word(deal, "comment")),
        )
        yield fill
        swap = self._minor(real(deal, "swap"))
        bare = fill._replace(price=0, amount=0, realised=0, quantity=0, side=0, reason=NO_REASON)
        if swap:
            yield bare._replace(kind=FINANCING, execution=f"{ticket}.swap", amount=swap, reason=NIGHT)
        yield from self._attached(deal, bare, leg)

    def _attached(self, deal: Json, bare: Report, leg: str) -> Iterator[Report]:
        """Yield what a deal means for the stop-loss and take-profit of its position."""
        legs = {which: ours(word(inner(deal, "legs"), which)) for which in ("sl", "tp")}
        opening = deal.get("first") is True
        closed = whole(deal, "entry") != 0 and "left" in deal and real(deal, "left") == 0
        for which, name in legs.items():
            at = bare._replace(id=name, broker_order=f"{which}:{bare.position}")
            if name and opening:
                row = self._row(deal)
                size = 0 if row is None else row.steps(real(deal, "volume"))
                side = -1 if whole(deal, "type") == mt.DEAL_TYPE_BUY else 1
                name_ = f"{bare.execution}.{which}"
                yield at._replace(kind=ACCEPTED, execution=name_, side=side, quantity=size)
            if name and closed and which != leg:
                reason = OTHER_LEG_FILLED if leg == _OTHER[which] else POSITION_CLOSED
                yield at._replace(kind=CANCELLED, execution=f"{bare.execution}.{which}", reason=reason)

    def _cash(self, deal: Json, kind: int) -> Report:
        """Return what a booking that is no trade brought: a cost or income, or a correction of the balance."""
        cost = kind in mt.DEAL_TYPES_OF_COSTS or kind == mt.DEAL_TYPE_CHARGE or mt.DEAL_DIVIDEND <= kind <= mt.DEAL_TAX
        row = self._row(deal)
        amount = sum(real(deal, name) for name in ("profit", "commission", "swap"))
        return Report(
            FINANCING if cost else CORRECTED,
            "",
            str(whole(deal, "ticket")),
            instrument=-1 if row is None else row.place,
            amount=self._minor(amount),
            occurred=self.listing.utc(whole(deal, "time_msc")),
            reason=OF_A_DIVIDEND if mt.DEAL_DIVIDEND <= kind < mt.DEAL_TAX else NIGHT if cost else NO_REASON,
            text=printable(word(deal, "comment")),
        )

    def _minor(self, amount: float) -> int:
        return money.minor(round(amount, 8), self.currency)


_RANK = {ACCEPTED: 0, FILLED: 1}


def side_of(order_type: int) -> int:
    """Return the side of an order type: even ones buy."""
    return -1 if order_type % 2 else 1
