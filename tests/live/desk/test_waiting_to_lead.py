"""Between two leaders: what only reduces waits until this process may send, what opens does not go out late."""

import asyncio

from tradewind.broker import Answer, Cancel, Place
from tradewind.kernel.orders import ENTRY, STOP_LOSS
from tradewind.live.inbox import Inbox
from tradewind.live.network import Network
from tradewind.trading.requests import Send

SECOND = 1_000_000_000


class Taking:
    """A broker that takes everything."""

    def __init__(self):
        """Nothing was asked of it."""
        self.taken = []

    async def place(self, what):
        """The order is taken."""
        self.taken.append(what.id)
        return Answer("taken", ())

    async def cancel(self, what):
        """The order is gone."""
        return await self.place(what)


def order(name, *, exits):
    """Return an order that closes something, or opens it."""
    return Place(id=name, instrument=0, strategy=0, side=-1, quantity=1, type=1, role=STOP_LOSS if exits else ENTRY,
                 reduce_only=exits)  # fmt: skip


def carried_out(what, leads_after, keeps_s):
    """Return what the broker took and what the desk was told, where this process leads only after so many looks."""
    broker, inbox, looks = Taking(), Inbox(), []

    def may_send():
        looks.append(1)
        return len(looks) > leads_after

    network = Network(broker, inbox, may_send=may_send, wall=lambda: len(looks) * SECOND)
    asyncio.run(network._send(Send(1, what, 7, keeps_s * SECOND), 0.0))
    return broker.taken, [name for name, _ in inbox.take(0.0)[0]]


def test_an_exit_goes_out_as_soon_as_this_process_leads():
    assert carried_out(order("TWAAAA-1-0-7-S0", exits=True), 3, 15) == (["TWAAAA-1-0-7-S0"], ["answered"])
    assert carried_out(Cancel("TWAAAA-1-0-7-S0", "12"), 3, 15) == (["TWAAAA-1-0-7-S0"], ["answered"])


def test_an_exit_that_is_too_old_by_then_never_left():
    assert carried_out(order("TWAAAA-1-0-7-S0", exits=True), 30, 5) == ([], ["unsent"])


def test_what_opens_something_does_not_wait():
    assert carried_out(order("TWAAAA-1-0-7-E0", exits=False), 1, 15) == ([], ["unsent"])
