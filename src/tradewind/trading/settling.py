"""Reconciliation: on start, after a connection came back, and on a timer, the broker is asked and believed.

A round asks first what happened since we last knew, then for the whole picture, and compares. A picture before whose
arrival anything was sent or reported, or in which something has happened that was not read yet, proves nothing and is
asked for again. What differs twice in a row is acted on;
what differs once may be on its way. Nothing is opened before a round has ended in agreement.
"""

from typing import TYPE_CHECKING

from tradewind.broker import Cancel, CatchUp, Picture
from tradewind.kernel import refusals
from tradewind.kernel.orders import ENTRY, HELD
from tradewind.kernel.records import CANCELLED, CORRECTED, REPLACED
from tradewind.kernel.risk_calendar import MATCHED, MISMATCH, SWITCH
from tradewind.trading.events import event
from tradewind.trading.reconciling import HARMLESS, Difference, Ours, View, differences
from tradewind.trading.requests import Ask

if TYPE_CHECKING:
    from tradewind.trading.trader import Trader

AGREEMENTS = 2
"""So many pictures in agreement make a start."""


class Settling:
    """What compares for a trader."""

    def __init__(self, trader: "Trader") -> None:
        """No round has run."""
        self.trader = trader
        self.found: list[Difference] = []
        self.before: set[Difference] = set()
        self.agreed = 0
        self.last_round = 0
        self.last_since = 0
        self.last_success = 0
        self.asked = 0
        """Number of the question that is open; 0: none."""
        self.activity = 0
        self.wanted = False
        self.healing: dict[int, int] = {}
        """Stray orders we asked the broker to take back, and when."""

    def begin(self) -> None:
        """A round begins as soon as no other is under way."""
        self.wanted = True

    def forget(self) -> None:
        """The round under way is not heard any more: what was asked before a connection was lost proves nothing."""
        self.asked = 0

    def turn(self) -> None:
        """A round is begun if one is wanted or due."""
        trader = self.trader
        if self.asked or not trader.linked:
            return
        soon = trader.timing.since_every if self.found or trader.unknown() else trader.timing.picture_every
        if self.wanted or trader.time - self.last_round >= soon:
            self.wanted = False
            self.last_round = trader.time
            self.asked = trader.ask("since", trader.book.sequence)

    def unheard(self, ask: Ask) -> None:
        """The round has no answer: it proves nothing, and another will follow."""
        if ask.number == self.asked:
            self.asked = 0
            self.wanted = self.wanted or self.agreed < AGREEMENTS

    def caught_up(self, ask: Ask, told: CatchUp) -> None:
        """What was missed is known; now the whole picture."""
        trader = self.trader
        trader.reports(told.reports, in_order=True)
        if told.sequence != trader.book.sequence:
            trader.book.sequence = told.sequence
            trader.core.note("read up to", {"sequence": told.sequence})
        if ask.number == self.asked:
            self.activity = trader.activity
            self.asked = trader.ask("picture")

    def pictured(self, ask: Ask, picture: Picture) -> None:
        """The picture is compared, unless something happened while it was taken."""
        trader = self.trader
        if ask.number != self.asked:
            return
        self.asked = 0
        unread = trader.capabilities.catch_up == "sequence" and picture.sequence not in ("", trader.book.sequence)
        if self.activity != trader.activity or unread:
            self.wanted = True
            return
        self.last_success = trader.time
        if not trader.capabilities.tells_money:
            ours = int(trader.core.state["account"]["balance"])
            picture = picture._replace(balance=ours, currency=self.currency)
        self.found = differences(self._view(), picture)
        grave = {one for one in self.found if one.kind not in HARMLESS}
        twice = grave & self.before
        self._balance(grave, picture)
        for one in self.found:
            if one in twice or one.kind in ("stop missing", "newer epoch"):
                self._act(one)
        if grave != self.before:
            for one in sorted(grave - self.before):
                facts = {"difference" if name == "kind" else name: value for name, value in one._asdict().items()}
                trader.core.note("difference", {**facts, "ts": trader.time})
                self.trader.alert("reconciliation", one.sentence())
        trader.resolving.pictured(picture)
        if not grave:
            trader.resolving.bury(picture)
        self._judge(grave)
        self.before = grave

    def _judge(self, grave: set[Difference]) -> None:
        """Instruments that differ are held, those that agree are free; after a start two rounds must agree."""
        trader = self.trader
        self.agreed = 0 if grave else self.agreed + 1
        if grave:
            self.wanted = True
            if not self.before:
                trader.order(trader.core.operate(MISMATCH))
        elif self.before:
            trader.order(trader.core.operate(MATCHED))
        count = int(trader.core.state["instrument_count"])
        differing = {one.instrument for one in grave}
        for number in range(count):
            differs = number in differing or -1 in differing
            trader.order(trader.core.hold(refusals.POSITION_DIFFERS, on=differs, instrument=number))
        if self.agreed >= AGREEMENTS:
            trader.order(trader.core.hold(refusals.STARTING, on=False))
            trader.order(trader.core.hold(refusals.BROKER_UNREACHABLE, on=False))
        elif not grave and any(trader.core.held(number) & 1 for number in range(count)):
            self.wanted = True

    def _act(self, one: Difference) -> None:
        """What a difference certainly asks for is done; the rest waits for a person."""
        trader = self.trader
        if one.kind in ("order missing", "order changed", "filled more"):
            trader.resolving.asked.setdefault(one.order, (0, 0))
            if one.kind == "order changed" and trader.row(one.order) is not None:
                self._take_over(one)
        elif one.kind in ("order ended here", "order twice"):
            if trader.time - self.healing.get(one.order, -(10**18)) > trader.timing.picture_every:
                self.healing[one.order] = trader.time
                trader.send(Cancel(one.id, one.broker), 0)
        elif one.kind in ("stop missing", "target missing"):
            self._lost(one)
        elif one.kind in ("stop differs", "target differs"):
            self._take_over(one)
        elif one.kind == "newer epoch":
            trader.alert("reconciliation", "Another trader, or a newer journal, has used this account.", "critical")
            if int(trader.core.state["risk"]["kill"]) < 1:
                trader.order(trader.core.operate(SWITCH, level=1))
        elif one.kind == "position missing":
            # A position that is gone was closed by someone; how is among what the broker tells of its executions.
            self.wanted = True

    def _take_over(self, one: Difference) -> None:
        """The level the broker has is the level the order has."""
        trader = self.trader
        row = trader.row(one.order)
        if row is None or not one.theirs:
            return
        fields = {name: int(row[name]) for name in ("instrument", "strategy", "side", "quantity")}
        if one.kind == "order changed" and one.ours == int(row["quantity"] - row["filled"]):
            fields["quantity"] = int(row["filled"]) + one.theirs
            price = int(row["trigger"]) or int(row["price"])
        else:
            price = one.theirs
        told = event(REPLACED, trader.time, order=one.order, price=price, occurred=trader.time, **fields)
        trader.order(trader.core.apply(told))

    def _lost(self, one: Difference) -> None:
        """A stop or target that is not at the broker is not there: the gate puts a lost stop back, or closes."""
        trader = self.trader
        row = trader.row(one.order)
        if row is None or int(row["status"]) == HELD or int(row["role"]) == ENTRY:
            return
        reason = refusals.STOP_LOST if one.kind == "stop missing" else refusals.CANCEL_REQUESTED
        fields = {name: int(row[name]) for name in ("instrument", "strategy", "side", "quantity")}
        told = event(CANCELLED, trader.time, order=one.order, reason=reason, occurred=trader.time, **fields)
        trader.alert("reconciliation", f"{one.kind} of order {one.order} at the broker.", "critical")
        trader.order(trader.core.apply(told))
        trader.order(trader.core.beat())

    def _balance(self, grave: set[Difference], picture: Picture) -> None:
        """The broker's balance is taken over where all else agrees and the difference is small; else a person does."""
        trader = self.trader
        drift = picture.balance - int(trader.core.state["account"]["balance"])
        if not trader.capabilities.tells_money:
            return
        if drift == 0 or grave or trader.unknown():
            return
        if abs(drift) > trader.timing.cash_tolerance * abs(picture.balance):
            if self.agreed == 0 or all(one.kind != "balance differs" for one in self.before):
                trader.alert("reconciliation", f"The broker's balance differs by {drift} minor units.", "critical")
            if int(trader.core.state["account"]["initial"]) != int(trader.core.state["account"]["balance"]):
                return
        trader.core.note("balance", {"ours": picture.balance - drift, "theirs": picture.balance, "ts": trader.time})
        told = event(CORRECTED, trader.time, amount=drift, reason=refusals.BALANCE_OF_BROKER, occurred=trader.time)
        trader.order(trader.core.apply(told))

    def _view(self) -> View:
        """Return our side of the comparison."""
        trader = self.trader
        state, book, can = trader.core.state, trader.book, trader.capabilities
        orders = []
        for row in trader.living():
            ticket = book.tickets.get(int(row["id"]))
            apart = ticket is not None and ticket.role != ENTRY and ticket.place is None and not can.attached_stops
            if ticket is not None and not apart:  # what goes out as an order of its own has not been sent yet
                facts = {name: int(row[name]) for name in ("instrument", "strategy", "side", "price", "trigger")}
                facts |= {"status": int(row["status"]), "role": int(row["role"])}
                left = int(row["quantity"] - row["filled"])
                orders.append(
                    Ours(
                        ticket.order,
                        ticket.id,
                        ticket.former,
                        ticket.broker_order,
                        left=left,
                        position=ticket.position,
                        trails=int(row["trail"]) > 0,
                        **facts,
                    )
                )
        positions = {
            (strategy, instrument): steps
            for strategy in range(int(state["strategy_count"]))
            for instrument in range(int(state["instrument_count"]))
            if (steps := trader.core.position(strategy, instrument))
        }
        netting = bool(int(state["account"]["netting"])) or can.position_mode == "netting"
        return View(book.tag, book.epoch, self.currency, int(state["account"]["balance"]), orders, positions,
                    book.holdings, frozenset(book.ignored), netting, can.attached_stops)  # fmt: skip

    currency = "USD"
    """Of the account; set by whoever knows."""
