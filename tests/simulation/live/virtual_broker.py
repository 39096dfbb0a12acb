"""A broker in virtual time: honest about what happened, and as unreliable about telling it as a seed makes it.

It keeps positions apart and attaches stops and targets to them, or does neither, and knows an order by our id as far
as its capabilities say. What it executed is in `record`, by which everything is judged in the end.
"""

import math
from dataclasses import dataclass, field

from tradewind.broker import (
    Answer,
    BrokerOrder,
    BrokerPosition,
    Cancel,
    Capabilities,
    CatchUp,
    Found,
    Picture,
    Place,
    Replace,
    Report,
)
from tradewind.kernel.orders import LIMIT, MARKET, STOP, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)


def capabilities(scope="open", **changed):
    """Return what a broker of one of the classes can do."""
    usual = Capabilities(
        "virtual", scope, 60.0 if scope == "window" else 0.0, lookup_by_id=True, lookup_lag_s=0.5, lateness_s=5.0, request_expiry=False,  # noqa: E501 - one sentence
        attached_stops=True, replaces_in_place=False, execution_ids=True, catch_up="sequence",
        position_mode="hedging", cancel_all="none", exclusive_session=False, quotes_per_second=0.0, tried="",
    )  # fmt: skip
    return usual._replace(**changed)


@dataclass
class Order:
    """One order at the broker."""

    place: Place
    number: str
    id: str
    left: int
    price: int
    trigger: int
    filled: int = 0
    state: str = "working"


@dataclass
class Position:
    """One position with its levels."""

    number: str
    id: str
    instrument: int
    quantity: int
    price: int
    place: Place
    stop: int = 0
    target: int = 0
    stop_id: str = ""
    target_id: str = ""


@dataclass
class VirtualBroker:
    """The account."""

    can: Capabilities
    value: int = 1
    """Minor units of a tick and step."""
    balance: int = 10_000_000
    currency: str = "USD"
    bid: dict = field(default_factory=dict)
    ask: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    positions: dict = field(default_factory=dict)
    record: list = field(default_factory=list)
    """Every report ever, in order: its place plus one is the execution id."""
    ended: dict = field(default_factory=dict)
    now: int = 0
    taken: dict = field(default_factory=dict)
    """How often an order was taken, by our id."""
    first: dict = field(default_factory=dict)
    """When an order was taken first."""
    reject_next: int = 0
    mum: bool = False
    """The next order is refused without a trace in the record."""
    part_next: int = 0
    wrong: list = field(default_factory=list)

    def say(self, kind, **fields):
        """A happening is on record."""
        report = Report(kind, execution=str(len(self.record) + 1), occurred=self.now, **fields)
        self.record.append(report)
        return report

    # Requests.

    def carry_out(self, what):
        """Return the answer to a request that arrived."""
        before = len(self.record)
        if isinstance(what, Place):
            outcome = self._place(what)
        elif isinstance(what, Cancel):
            outcome = self._cancel(what)
        else:
            outcome = self._replace(what)
        return Answer(outcome, tuple(self.record[before:]))

    def _repeated(self, name):
        if self.can.id_scope == "forever":
            return name in self.taken
        if self.can.id_scope == "window":
            return self.now - self.first.get(name, -(10**19)) < self.can.id_window_s * 1e9
        if self.can.id_scope == "open":
            return any(one.id == name for one in self.orders.values())
        return False

    def _place(self, place):
        if self._repeated(place.id):
            # Known already: what there was to say is on record.
            return "refused"
        if self.mum:
            self.mum = False
            return "refused"
        if self.reject_next:
            self.reject_next -= 1
            self.say(REJECTED, id=place.id, instrument=place.instrument, text="no")
            return "refused"
        if place.reduce_only and not self.nets and not any(one in self.positions for one in place.closes):
            self.say(REJECTED, id=place.id, instrument=place.instrument, text="nothing to close")
            return "refused"
        if place.expires and place.expires <= self.now:
            self.say(REJECTED, id=place.id, instrument=place.instrument, text="expired")
            return "refused"
        self.taken[place.id] = self.taken.get(place.id, 0) + 1
        self.first.setdefault(place.id, self.now)
        if self.taken[place.id] > 1:
            self.wrong.append(f"I4: {place.id} was taken {self.taken[place.id]} times")
        if place.role == STOP_LOSS and self.can.attached_stops:
            position = self.positions[next(one for one in place.closes if one in self.positions)]
            position.stop, position.stop_id = place.trigger, place.id
            self.say(ACCEPTED, id=place.id, instrument=place.instrument, side=place.side, quantity=place.quantity,
                     position=position.number)  # fmt: skip
            self.match(place.instrument)
            return "taken"
        number = f"o{len(self.record) + 1}"
        order = Order(place, number, place.id, place.quantity, place.price, place.trigger)
        self.orders[number] = order
        self.say(ACCEPTED, id=place.id, instrument=place.instrument, side=place.side, quantity=place.quantity,
                 broker_order=number)  # fmt: skip
        self.match(place.instrument)
        return "taken"

    def _order(self, request):
        if self.can.id_scope == "none":
            return self.orders.get(request.broker_order)  # it knows its own numbers only
        for one in self.orders.values():
            if one.number == request.broker_order or one.id == request.id:
                return one
        return None

    def _cancel(self, cancel):
        order = self._order(cancel)
        if order is None:
            for position in self.positions.values():
                for leg in ("stop", "target"):
                    if getattr(position, f"{leg}_id") == cancel.id and getattr(position, leg):
                        setattr(position, leg, 0)
                        self.say(CANCELLED, id=cancel.id, instrument=position.instrument)
                        return "taken"
            self.say(CANCEL_REJECTED, id=cancel.id, text="no such order")
            return "refused"
        self._end(order, CANCELLED)
        return "taken"

    def _end(self, order, kind):
        del self.orders[order.number]
        order.state = "cancelled"
        self.ended[order.id] = "cancelled"
        self.say(kind, id=order.id, instrument=order.place.instrument, side=order.place.side,
                 quantity=order.left, broker_order=order.number)  # fmt: skip

    def _replace(self, replace):
        order = self._order(replace)
        if order is None:
            for position in self.positions.values():
                for leg in ("stop", "target"):
                    if getattr(position, f"{leg}_id") == replace.id and getattr(position, leg):
                        level = replace.trigger if leg == "stop" else replace.price
                        setattr(position, leg, level)
                        setattr(position, f"{leg}_id", replace.new_id)
                        self.say(REPLACED, id=replace.new_id, instrument=position.instrument, price=level,
                                 quantity=replace.quantity)  # fmt: skip
                        self.match(position.instrument)
                        return "taken"
            self.say(REPLACE_REJECTED, id=replace.new_id, text="no such order")
            return "refused"
        order.price, order.trigger, order.id = replace.price, replace.trigger, replace.new_id
        order.left = max(0, replace.quantity - order.filled)
        self.say(REPLACED, id=replace.new_id, instrument=order.place.instrument, side=order.place.side,
                 price=replace.trigger or replace.price, quantity=replace.quantity, broker_order=order.number)  # fmt: skip  # noqa: E501 - one sentence
        self.match(order.place.instrument)
        return "taken"

    # The market.

    def price(self, instrument, bid, ask, now):
        """The market moved."""
        self.bid[instrument], self.ask[instrument], self.now = bid, ask, now
        self.match(instrument)

    def match(self, instrument):
        """Whatever can fill fills."""
        if instrument not in self.bid:
            return
        for position in list(self.positions.values()):
            if position.instrument == instrument:
                self._levels(position)
        for order in list(self.orders.values()):
            if order.place.instrument == instrument:
                self._try(order)

    def _levels(self, position):
        side = 1 if position.quantity > 0 else -1
        leaving = self.bid[position.instrument] if side > 0 else self.ask[position.instrument]
        if position.stop and (leaving - position.stop) * side <= 0:
            self._close(position, abs(position.quantity), leaving, position.stop_id)
        elif position.target and (leaving - position.target) * side >= 0:
            self._close(position, abs(position.quantity), position.target, position.target_id)

    def _try(self, order):
        place = order.place
        market = self.ask[place.instrument] if place.side > 0 else self.bid[place.instrument]
        met = place.type == MARKET
        met = met or (place.type == LIMIT and (market - order.price) * place.side <= 0)
        met = met or (place.type == STOP and (market - order.trigger) * place.side >= 0)
        if not met or order.number not in self.orders:
            return
        size = order.left
        if self.part_next and size > 1:
            self.part_next -= 1
            size //= 2
        if self.nets:
            self._net(order, size, market)
        elif place.reduce_only:
            self._reduce(order, market)
            return
        else:
            self._open(order, size, market)
        if order.left <= 0:
            del self.orders[order.number]
            self.ended[order.id] = "filled"
        elif place.type == MARKET:
            self._try(order)

    def _open(self, order, size, market):
        place = order.place
        order.left -= size
        order.filled += size
        # Opposite positions are reduced first, oldest first.
        for other in list(self.positions.values()):
            if size and other.instrument == place.instrument and other.quantity * place.side < 0:
                part = min(size, abs(other.quantity))
                size -= part
                self._close(other, part, market, order.id)
        if not size:
            return
        number = f"p{order.number}"
        position = self.positions.get(number)
        if position is None:
            position = Position(number, order.id, place.instrument, 0, market, place, place.stop_loss,
                                place.take_profit, place.stop_id, place.target_id)  # fmt: skip
            self.positions[number] = position
        position.price = (position.price * abs(position.quantity) + market * size) // (abs(position.quantity) + size)
        position.quantity += size * place.side
        self.say(FILLED, id=order.id, instrument=place.instrument, side=place.side, quantity=size, price=market,
                 broker_order=order.number, position=number)  # fmt: skip

    @property
    def nets(self):
        """Whether it keeps one position in an instrument, whatever opened it."""
        return self.can.position_mode == "netting"

    def _net(self, order, size, market):
        """The one position is larger, smaller or turned over: nothing here is reduce-only."""
        place, name = order.place, f"n{order.place.instrument}"
        order.left -= size
        order.filled += size
        held = self.positions.setdefault(name, Position(name, "", place.instrument, 0, market, place))
        held.quantity += size * place.side
        if held.quantity == 0:
            del self.positions[name]
        self.say(FILLED, id=order.id, instrument=place.instrument, side=place.side, quantity=size, price=market,
                 broker_order=order.number)  # fmt: skip

    def bare(self):
        """Return the positions that are not covered whole by stops at the broker."""
        if self.can.attached_stops:
            return {one.number for one in self.positions.values() if not one.stop}
        found = set()
        for one in self.positions.values():
            stops = [order for order in self.orders.values() if order.place.role == STOP_LOSS
                     and order.place.instrument == one.instrument and order.place.side * one.quantity < 0
                     and (self.nets or one.number in order.place.closes)]  # fmt: skip
            if sum(order.left for order in stops) < abs(one.quantity):
                found.add(one.number)
        return found

    def _reduce(self, order, market):
        left = order.left
        for name in order.place.closes:
            position = self.positions.get(name)
            if position is None or left <= 0:
                continue
            size = min(left, abs(position.quantity))
            left -= size
            self._close(position, size, market, order.id)
        order.filled, order.left = order.left - left, left
        del self.orders[order.number]
        self.ended[order.id] = "filled" if left == 0 else "cancelled"
        if left:
            self.say(CANCELLED, id=order.id, instrument=order.place.instrument, quantity=left,
                     broker_order=order.number)  # fmt: skip

    def _close(self, position, size, market, name):
        side = 1 if position.quantity > 0 else -1
        realised = math.floor((market - position.price) * side * size * self.value)
        self.balance += realised
        position.quantity -= side * size
        self.say(FILLED, id=name, instrument=position.instrument, side=-side, quantity=size, price=market,
                 position=position.number, realised=realised)  # fmt: skip
        if position.quantity == 0:
            del self.positions[position.number]

    def close_by_hand(self, number):
        """A person closed a position at the broker's own screen."""
        position = self.positions[number]
        market = self.bid if position.quantity > 0 else self.ask
        self._close(position, abs(position.quantity), market[position.instrument], "")

    def cancel_by_hand(self, order):
        """A person took an order back at the broker's own screen."""
        self._end(order, CANCELLED)

    # Questions.

    def find(self, name):
        """Return what became of an order."""
        told = tuple(one for one in self.record if one.id == name)
        if any(one.id == name for one in self.orders.values()):
            return Found("working", told)
        if name in self.ended:
            return Found(self.ended[name], told)
        if any(one.kind == REJECTED for one in told):
            return Found("rejected", told)
        for position in self.positions.values():
            if (position.stop_id == name and position.stop) or (position.target_id == name and position.target):
                return Found("working", told)
        kinds = {one.kind for one in told}
        if kinds & {FILLED, CANCELLED}:
            return Found("filled" if FILLED in kinds else "cancelled", told)
        return Found("absent")

    def since(self, sequence):
        """Return what happened after a sequence."""
        start = int(sequence or 0)
        return CatchUp(tuple(self.record[start:]), str(len(self.record)))

    def picture(self):
        """Return the whole account."""
        orders = tuple(
            BrokerOrder(one.id, one.number, one.place.instrument, one.place.side, one.left, one.filled,
                        one.place.type, one.price, one.trigger, one.place.role)
            for one in self.orders.values()
        )  # fmt: skip
        legs = tuple(
            BrokerOrder(name, "", one.instrument, -1 if one.quantity > 0 else 1, abs(one.quantity), 0, kind,
                        level if kind == LIMIT else 0, level if kind == STOP else 0, role, one.number)
            for one in self.positions.values()
            for name, level, kind, role in (
                (one.stop_id, one.stop, STOP, STOP_LOSS),
                (one.target_id, one.target, LIMIT, TAKE_PROFIT),
            )
            if level
        )  # fmt: skip
        positions = tuple(
            BrokerPosition(
                "" if self.nets else one.number, one.id, one.instrument, one.quantity, one.price, one.stop, one.target
            )
            for one in self.positions.values()
        )
        return Picture(self.now, str(len(self.record)), self.currency, self.balance, self.balance, 0, orders + legs,
                       positions)  # fmt: skip


def is_replace(what):
    """Return whether a request changes an order."""
    return isinstance(what, Replace)
