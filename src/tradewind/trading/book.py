"""What the trader knows of its orders beside the kernel: ids here and there, what is under way, what was seen.

All of it follows from the journal: from commands (our ids), from executions (the broker's ids) and from notes (epochs
and how far the broker's record was read). It is kept in snapshots only to be quick.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from tradewind.broker import Place
from tradewind.kernel.orders import ENTRY, MARKET, STOP, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL,
    CANCEL_REJECTED,
    FILLED,
    PLACE,
    REPLACE,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewind.kernel.refusals import STOP_LOSS_HIT
from tradewind.trading.executions import text_of
from tradewind.trading.identity import LEGS, Identity, parse

REMEMBERED = 20_000
"""Executions kept to recognise a repeated report; older ones lie before the sequence we ask from."""

FILLS_REMEMBERED = 2_000
"""Orders of which it is kept how much is filled, living or not: who tells totals tells them again, and late."""


@dataclass
class Ticket:
    """One living order."""

    order: int
    id: str
    strategy: int
    instrument: int
    role: int
    parent: int = 0
    version: int = 0
    broker_order: str = ""
    position: str = ""
    """The broker's position it opened or protects."""
    place: Place | None = None
    """As it was sent; None for attached orders, which are part of their entry's."""
    former: str = ""
    """Its id before the latest change, as long as that is not confirmed."""
    resent: int = 0
    """How often it was sent again under the same id."""
    cancels: int = 0
    """How often a cancel of it was sent again."""
    sent: int = 0
    """Wall ns after which nothing was sent for it: what may still come of it is counted from here."""
    decided: int = 0
    """ns of the event it was decided on, which may be long before it is sent: a quiet market."""
    asked: int = 0
    """Wall ns when it was last asked to be cancelled or changed: that adds nothing to what may still come of it."""
    refused: bool = False
    """A cancel of it came to nothing: another is only sent once a lookup says that it still works."""
    absent: int = 0
    """Wall ns when the broker first said after the settling time that it knows no such order."""


@dataclass
class Holding:
    """One open position at the broker that is ours."""

    strategy: int
    instrument: int
    order: int
    quantity: int
    """Signed lot steps."""


@dataclass
class Book:
    """Tickets, holdings and how far the broker's record was read."""

    tag: str
    epoch: int = 0
    sequence: str = ""
    tickets: dict[int, Ticket] = field(default_factory=dict)
    holdings: dict[str, Holding] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)
    filled: dict[int, int] = field(default_factory=dict)
    """How much of an order is booked as filled, by the kernel's number; the oldest are forgotten."""
    ignored: list[str] = field(default_factory=list)
    """Positions and orders of others that a person told us to leave alone."""

    def as_tree(self) -> dict[str, Any]:
        """Return the book as plain JSON."""
        tree = asdict(self)
        return {**tree, "tickets": list(tree["tickets"].values()), "seen": list(self.seen),
                "filled": list(self.filled.items())}  # fmt: skip

    @classmethod
    def from_tree(cls, tree: dict[str, Any]) -> "Book":
        """Return the book that `as_tree` told."""
        tickets = {one["order"]: Ticket(**{**one, "place": _place_of(one["place"])}) for one in tree["tickets"]}
        holdings = {name: Holding(**one) for name, one in tree["holdings"].items()}
        rest = {name: tree[name] for name in ("tag", "epoch", "sequence", "ignored")}
        return cls(**rest, tickets=tickets, holdings=holdings, seen=dict.fromkeys(tree["seen"]),
                   filled=dict(tree["filled"]))  # fmt: skip

    def note_command(self, command: Any, role: int = ENTRY) -> None:
        """The orders of a command have tickets, and what it asks for is under way."""
        kind, number, ts = int(command["kind"]), int(command["order"]), int(command["ts"])
        if kind == PLACE:
            for order, part in (
                (number, role),
                (int(command["stop_order"]), STOP_LOSS),
                (int(command["target_order"]), TAKE_PROFIT),
            ):
                if order:
                    self._add(order, command, part, parent=number if order != number else 0)
            ticket = self.tickets[number]
            ticket.sent, ticket.decided, ticket.place = ts, ts, self._place(command, role)
        elif kind in (CANCEL, REPLACE) and number in self.tickets:
            ticket = self.tickets[number]
            ticket.asked = ts
            if kind == REPLACE:
                ticket.sent, ticket.absent = ts, 0
                ticket.version += 1
                ticket.former, ticket.id = ticket.id, self._id(ticket)

    def _add(self, order: int, command: Any, role: int, parent: int) -> None:
        ticket = Ticket(order, "", int(command["strategy"]), int(command["instrument"]), role, parent)
        ticket.id = self._id(ticket)
        self.tickets[order] = ticket

    def _place(self, command: Any, role: int) -> Place:
        """Return what is sent to the broker for a command."""
        number, strategy, instrument = (int(command[name]) for name in ("order", "strategy", "instrument"))
        reduces = bool(command["reduce_only"]) or role != ENTRY or self._covered(command)
        legs = (int(command["stop_order"]), int(command["target_order"]))
        stop, target = (self.tickets[leg].id if leg else "" for leg in legs)
        names = ("side", "quantity", "type", "price", "trigger", "stop_loss", "take_profit", "trail", "expires",
                 "lifetime")  # fmt: skip
        numbers: dict[str, Any] = {name: int(command[name]) for name in names}
        return Place(
            id=self.tickets[number].id,
            instrument=instrument,
            strategy=strategy,
            reduce_only=reduces,
            role=role,
            stop_id=stop,
            target_id=target,
            closes=self.own_positions(strategy, instrument) if reduces else (),
            **numbers,
        )

    def _covered(self, command: Any) -> bool:
        """Whether a market order does no more than reduce what its strategy holds: it names what it closes then.

        The kernel nets a strategy's orders; a broker that keeps positions apart would open an opposite one.
        """
        owner = int(command["strategy"]), int(command["instrument"])
        side, held = int(command["side"]), 0
        for one in self.holdings.values():
            if (one.strategy, one.instrument) == owner and one.quantity * side < 0:
                held += abs(one.quantity)
        return int(command["type"]) == MARKET and int(command["quantity"]) <= held

    def _id(self, ticket: Ticket) -> str:
        return str(Identity(self.tag, self.epoch, ticket.strategy, ticket.order, LEGS[ticket.role], ticket.version))

    def note_execution(self, row: Any) -> None:
        """What an execution says of ids and positions is known, and it will not be applied again."""
        if execution := text_of(row["execution"]):
            self.seen[execution] = None
        if len(self.seen) > REMEMBERED:
            del self.seen[next(iter(self.seen))]
        ticket = self.tickets.get(int(row["order"]))
        position, broker_order = text_of(row["position"]), text_of(row["broker_order"])
        if ticket is not None:
            # An acceptance that comes after a change was asked for still tells the only number there is.
            if broker_order and (text_of(row["id"]) in (ticket.id, "") or not ticket.broker_order):
                ticket.broker_order = broker_order
            if int(row["kind"]) == ACCEPTED and ticket.role != ENTRY and position:
                ticket.position = position  # a stop that was put back says so what it protects
            if int(row["kind"]) == CANCEL_REJECTED:
                ticket.refused = True
            elif int(row["kind"]) == REPLACED:
                ticket.former = ""
            elif int(row["kind"]) == REPLACE_REJECTED and ticket.former:
                ticket.id, ticket.former = ticket.former, ""
        if int(row["kind"]) != FILLED or not int(row["quantity"]):
            return
        if order := int(row["order"]):
            self.filled[order] = self.filled.get(order, 0) + int(row["quantity"])
            if len(self.filled) > FILLS_REMEMBERED:
                del self.filled[next(iter(self.filled))]
        if position and int(row["strategy"]) >= 0:
            self._hold(row, position)

    def still_new(self, order: int, total: int) -> int:
        """Return how much of a total that is filled of an order is not booked yet."""
        forgotten = len(self.filled) >= FILLS_REMEMBERED and order < next(iter(self.filled))
        return 0 if forgotten else total - self.filled.get(order, 0)

    def _hold(self, row: Any, position: str) -> None:
        """The broker's position is larger or smaller by a fill; one that is empty is forgotten."""
        signed = int(row["quantity"]) * int(row["side"])
        held = self.holdings.get(position)
        before = 0 if held is None else held.quantity
        if held is None or before * (before + signed) < 0:
            # No position turns over: what was told of it first had reduced it, and this order opened it.
            held = Holding(int(row["strategy"]), int(row["instrument"]), int(row["order"]), before)
            self.holdings[position] = held
            for ticket in self.tickets.values():
                if held.order in (ticket.order, ticket.parent):
                    ticket.position = position
                elif ticket.position == position:
                    ticket.position = ""
        held.quantity += signed
        if held.quantity == 0:
            del self.holdings[position]

    def find(self, text: str) -> Ticket | None:
        """Return the living order with our id, its former one included."""
        identity = parse(text)
        if identity is None or identity.tag != self.tag:
            return None
        ticket = self.tickets.get(identity.order)
        return ticket if ticket is not None and text in (ticket.id, ticket.former) else None

    def owner(self, text: str) -> Identity | None:
        """Return what an id of ours says, living or not; None where it is not ours."""
        identity = parse(text)
        return identity if identity is not None and identity.tag == self.tag else None

    def rename(self, order: int, name: str) -> None:
        """The order lives at the broker under this id of ours, and no change of it is under way."""
        if order in self.tickets:
            self.tickets[order].id, self.tickets[order].former = name, ""

    def sent_again(self, order: int) -> None:
        """The order is at the broker, or under way to it, once more under the same id."""
        if order in self.tickets:
            self.tickets[order].resent += 1

    def keep_only(self, living: set[int]) -> None:
        """Tickets of orders that ended are gone."""
        for order in [one for one in self.tickets if one not in living]:
            del self.tickets[order]

    def bare_first(self, positions: tuple[str, ...]) -> tuple[str, ...]:
        """Return the broker's positions, those first that none of our stops protects."""
        kept = {one.position for one in self.tickets.values() if one.role == STOP_LOSS}
        return tuple(sorted(positions, key=lambda one: one in kept))

    def own_positions(self, strategy: int, instrument: int) -> tuple[str, ...]:
        """Return the broker's positions a strategy holds in an instrument, oldest first."""
        return tuple(
            name for name, one in self.holdings.items() if (one.strategy, one.instrument) == (strategy, instrument)
        )


def role_of(command: Any) -> int:
    """Return the role of the order a command places: a lost stop that is put back is a stop, at replay too."""
    put_back = int(command["kind"]) == PLACE and int(command["type"]) == STOP and int(command["reduce_only"])
    return STOP_LOSS if put_back and int(command["reason"]) == STOP_LOSS_HIT else ENTRY


def _place_of(told: Any) -> Place | None:
    """Return the order that JSON made a list of."""
    return None if told is None else Place(**{**dict(zip(Place._fields, told, strict=True)), "closes": tuple(told[-1])})
