"""A broker in memory that keeps to the seam: the reference for adapters, and a counterparty for tests of the trader.

An `Exchange` holds the account and lives on when its adapters die; a `MemoryBroker` is one connection to it. What it
can do is what its `Capabilities` say, so every class of broker can be had: ids refused for ever, while open or never;
one net position or many; changes in place or by a new order. Faults are names of `broker_world`.
"""

import asyncio
from itertools import count

from broker_world import (
    ASK,
    BID,
    CUT,
    FAIL_QUERIES,
    FILL_A_PART,
    LOSE_ANSWER,
    LOSE_REQUEST,
    PART_OF_PICTURE,
    REJECT,
    TELL_TWICE,
)

from tradewind.broker import (
    Answer,
    BrokerOrder,
    BrokerPosition,
    BrokerRefused,
    BrokerUnreachable,
    Capabilities,
    CatchUp,
    Found,
    Heartbeat,
    Link,
    Login,
    Picture,
    Quote,
    Report,
)
from tradewind.kernel.orders import (
    ENTRY,
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    LIMIT,
    MARKET,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
)
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewind.kernel.refusals import CANCEL_REQUESTED, NO_SUCH_ORDER, POSITION_CLOSED

CAPABILITIES = Capabilities(
    broker="memory", id_scope="forever", id_window_s=0.0, lookup_by_id=True, lookup_lag_s=0.0, lateness_s=0.0,
    request_expiry=False, attached_stops=True, replaces_in_place=False, execution_ids=True, catch_up="sequence",
    position_mode="hedging", cancel_all="none", exclusive_session=False, quotes_per_second=0.0, tried="",
)  # fmt: skip


class Exchange:
    """The account: prices, living orders, positions, cash, and a log in which every happening has a number."""

    def __init__(self, capabilities=CAPABILITIES, instruments=2):
        self.capabilities = capabilities
        self.prices = dict.fromkeys(range(instruments), (BID, ASK))
        self.orders: dict[str, BrokerOrder] = {}
        self.wants = {}
        self.positions: dict[str, BrokerPosition] = {}
        self.log: list[Report] = []
        self.balance = 1_000_000
        self.faults: set[str] = set()
        self.ids: set[str] = set()
        self.numbers = count(1)
        self.ts = 0

    def tell(self, kind, id_, **more):
        """A happening stands in the log."""
        report = Report(kind, id_, str(len(self.log) + 1), occurred=self.ts, **more)
        self.log.append(report)
        return report

    def once(self, fault):
        """Return whether a fault holds, and end it."""
        held = fault in self.faults
        self.faults.discard(fault)
        return held

    def place(self, order):
        start = len(self.log)
        scope = self.capabilities.id_scope
        taken = order.id in self.ids if scope == "forever" else any(one.id == order.id for one in self.orders.values())
        if scope not in ("echo", "none") and taken:
            return Answer("refused", text="the id was used")
        if self.once(REJECT):
            return Answer("refused", (self.tell(REJECTED, order.id, instrument=order.instrument),), "rejected")
        if order.reduce_only and order.role == ENTRY and not self.reducible(order):
            report = self.tell(REJECTED, order.id, instrument=order.instrument, reason=POSITION_CLOSED)
            return Answer("refused", (report,), "nothing to reduce")
        self.ids.add(order.id)
        number = str(next(self.numbers))
        living = BrokerOrder(order.id, number, order.instrument, order.side, order.quantity, 0, order.type, order.price,
                             order.trigger, order.role, order.closes[0] if order.closes else "")  # fmt: skip
        self.orders[number], self.wants[number] = living, order
        self.report(ACCEPTED, living, quantity=living.quantity, price=living.price or living.trigger)
        self.match()
        at_once = order.type == MARKET or order.lifetime in (FILL_OR_KILL, IMMEDIATE_OR_CANCEL)
        if at_once and number in self.orders:
            self.end(number, 0)
        return Answer("taken", tuple(self.log[start:]))

    def report(self, kind, order, **more):
        """A happening of an order stands in the log."""
        return self.tell(kind, order.id, instrument=order.instrument, side=order.side, broker_order=order.broker_order,
                         **({"position": order.position} | more))  # fmt: skip

    def reducible(self, order):
        """Return the positions an order can reduce, oldest first."""
        return [
            one for one in self.positions.values()
            if one.instrument == order.instrument and one.quantity * order.side < 0
            and (not order.closes or one.position in order.closes)
        ]  # fmt: skip

    def end(self, number, reason):
        """The order is cancelled."""
        order = self.orders.pop(number)
        return self.report(CANCELLED, order, reason=reason, quantity=order.quantity)

    def match(self):
        """Every order that its price has reached is filled; stops come before targets."""
        again = True
        while again:
            again = False
            for number in sorted(self.orders, key=lambda one: (self.orders[one].role != STOP_LOSS, int(one))):
                order = self.orders.get(number)
                if order is not None and (price := self.fill_price(order)):
                    self.fill(number, price)
                    again = FILL_A_PART not in self.faults

    def fill_price(self, order):
        """Return where an order would be filled now, 0 where it waits."""
        bid, ask = self.prices[order.instrument]
        now = ask if order.side > 0 else bid
        if order.type == MARKET:
            return now
        if order.type == LIMIT:
            return now if (order.price - now) * order.side >= 0 else 0
        return now if order.type == STOP and (now - order.trigger) * order.side >= 0 else 0

    def fill(self, number, price):
        """The order is filled, or half of it where that fault holds."""
        order, wanted = self.orders[number], self.wants[number]
        quantity = max(order.quantity // 2, 1) if FILL_A_PART in self.faults and not order.filled else order.quantity
        if order.filled and FILL_A_PART in self.faults:
            return
        left = order.quantity - quantity
        if left:
            self.orders[number] = order._replace(quantity=left, filled=order.filled + quantity)
        else:
            del self.orders[number]
        netting = self.capabilities.position_mode == "netting"
        if wanted.reduce_only or order.role != ENTRY or netting:
            quantity = self.reduce(order, wanted, quantity, price)
        if quantity and not (wanted.reduce_only or order.role != ENTRY):
            self.add(order, wanted, quantity, price)

    def reduce(self, order, wanted, quantity, price):
        """What stands against the order is closed; return what is left of it."""
        for position in self.reducible(wanted._replace(closes=(order.position,) if order.position else wanted.closes)):
            steps = min(quantity, abs(position.quantity))
            if not steps:
                break
            gain = round((price - position.price) * -order.side * steps / 10)
            self.balance += gain
            left = position.quantity + order.side * steps
            self.report(FILLED, order, quantity=steps, price=price, realised=gain, position=position.position)
            if left:
                self.positions[position.position] = position._replace(quantity=left)
            else:
                del self.positions[position.position]
                for leg in [
                    one for one, each in self.orders.items() if each.position == position.position and each.role
                ]:
                    self.end(leg, POSITION_CLOSED)
            quantity -= steps
        return quantity

    def add(self, order, wanted, quantity, price):
        """A position is opened or made larger, with its stop and target."""
        netting = self.capabilities.position_mode == "netting"
        name = f"N{order.instrument}" if netting else f"P{next(self.numbers)}"
        old = self.positions.get(name)
        steps = quantity * order.side
        self.positions[name] = (
            BrokerPosition(name, order.id, order.instrument, steps, float(price), wanted.stop_loss, wanted.take_profit)
            if old is None
            else old._replace(
                quantity=old.quantity + steps,
                price=(old.price * old.quantity + price * steps) / (old.quantity + steps),
            )
        )
        self.report(FILLED, order, quantity=quantity, price=price, position=name)
        for level, leg_id, role in (
            (wanted.stop_loss, wanted.stop_id, STOP_LOSS),
            (wanted.take_profit, wanted.target_id, TAKE_PROFIT),
        ):
            if level and self.capabilities.attached_stops:
                self.attach(order, quantity, (name, level, leg_id, role))

    def attach(self, order, quantity, leg):
        """A stop or a target stands for what was filled."""
        name, level, leg_id, role = leg
        number = str(next(self.numbers))
        stop = role == STOP_LOSS
        living = BrokerOrder(leg_id, number, order.instrument, -order.side, quantity, 0, STOP if stop else LIMIT,
                             0 if stop else level, level if stop else 0, role, name)  # fmt: skip
        self.orders[number] = living
        self.wants[number] = self.wants[order.broker_order]._replace(
            id=leg_id, side=-order.side, quantity=quantity, reduce_only=True, role=role, closes=(name,), stop_loss=0,
            take_profit=0,
        )  # fmt: skip
        self.report(ACCEPTED, living, quantity=quantity, price=level)

    def number_of(self, id_, broker_order):
        """Return the number of a living order."""
        return next(
            (one for one, each in self.orders.items() if broker_order in ("", one) and id_ in ("", each.id)), None
        )

    def cancel(self, order):
        number = self.number_of(order.id, order.broker_order)
        if number is None:
            return Answer("refused", (self.tell(CANCEL_REJECTED, order.id, reason=NO_SUCH_ORDER),), "no such order")
        return Answer("taken", (self.end(number, CANCEL_REQUESTED),))

    def replace(self, change):
        number = self.number_of(change.id, change.broker_order)
        if number is None:
            return Answer("refused", (self.tell(REPLACE_REJECTED, change.id, reason=NO_SUCH_ORDER),), "no such order")
        start = len(self.log)
        order, wanted = self.orders.pop(number), self.wants[number]
        order = order._replace(price=change.price, trigger=change.trigger, quantity=change.quantity - order.filled)
        if not self.capabilities.replaces_in_place:
            number = str(next(self.numbers))
            order, wanted = order._replace(id=change.new_id, broker_order=number), wanted._replace(id=change.new_id)
        self.orders[number], self.wants[number] = order, wanted
        self.ids.add(order.id)
        self.report(REPLACED, order, quantity=change.quantity, price=change.trigger or change.price)
        self.match()
        return Answer("taken", tuple(self.log[start:]))


class MemoryBroker:
    """One connection to an exchange; it may be killed at any moment."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.capabilities = exchange.capabilities
        self.opened = False
        self.told = 0

    async def open(self):
        self.opened, self.told = True, len(self.exchange.log)
        return Login("memory", True, "USD", self.capabilities.position_mode == "hedging", 0)

    async def close(self):
        self.opened = False

    async def _send(self, work, order):
        if getattr(order, "instrument", 0) not in self.exchange.prices:
            return Answer("refused", text="no such instrument")
        if self.exchange.once(LOSE_REQUEST):
            return Answer("unknown", text="no answer")
        answer = work(order)
        return Answer("unknown", text="no answer") if self.exchange.once(LOSE_ANSWER) else answer

    async def place(self, order):
        return await self._send(self.exchange.place, order)

    async def cancel(self, order):
        return await self._send(self.exchange.cancel, order)

    async def replace(self, order):
        return await self._send(self.exchange.replace, order)

    def _answering(self):
        if not self.opened:
            raise BrokerRefused("The broker was not opened.")
        if FAIL_QUERIES in self.exchange.faults:
            raise BrokerUnreachable("The broker does not answer.")

    async def picture(self):
        self._answering()
        if self.exchange.once(PART_OF_PICTURE):
            raise BrokerUnreachable("A part of the picture is missing.")
        orders, positions = tuple(self.exchange.orders.values()), tuple(self.exchange.positions.values())
        balance = self.exchange.balance
        return Picture(self.exchange.ts, str(len(self.exchange.log)), "USD", balance, balance, 0, orders, positions)

    async def find(self, id, instrument=-1, side=0):  # noqa: A002, ARG002 - our word for it; the id is enough
        self._answering()
        reports = tuple(one for one in self.exchange.log if one.id == id)
        kinds = {one.kind for one in reports}
        if self.exchange.number_of(id, "") is not None:
            return Found("working", reports)
        state = ("cancelled" if CANCELLED in kinds else "filled" if FILLED in kinds else "rejected" if REJECTED in kinds
                 else "cancelled" if kinds & {ACCEPTED, REPLACED} else "absent")  # fmt: skip
        return Found(state, reports)

    async def since(self, sequence):
        self._answering()
        return CatchUp(tuple(self.exchange.log[int(sequence or 0) :]), str(len(self.exchange.log)))

    async def candles(self, _instrument, _seconds, _start, _end):
        self._answering()
        return []

    async def clock_offset(self):
        self._answering()
        return 0

    async def quotes(self):
        yield Link("quotes", up=True)
        last = {}
        while self.opened:
            for index, price in list(self.exchange.prices.items()):
                if last.get(index) != price:
                    last[index] = price
                    yield Quote(index, self.exchange.ts, *price)
            await asyncio.sleep(0.001)

    async def reports(self):
        up = False
        while self.opened:
            if up != (CUT not in self.exchange.faults):
                up = not up
                yield Link("reports", up=up, reason="" if up else "cut")
            while up and self.told < len(self.exchange.log):
                self.told += 1
                for _ in range(2 if TELL_TWICE in self.exchange.faults else 1):
                    yield self.exchange.log[self.told - 1]
            if up:
                yield Heartbeat(self.exchange.ts, str(self.told))
            await asyncio.sleep(0.001)
