"""What must be true when a world has been calm for a while, and what must never happen in it.

The numbers are those of the design: I1 ... I14. `wrong_now` is asked after every event and before every send, and
`broken` at the end; both return one sentence for every promise that does not hold.
"""

from collections import Counter

import numpy as np

from tradewind.broker import Place
from tradewind.kernel.orders import ENTRY, HELD, WORKING
from tradewind.kernel.records import FILLED
from tradewind.kernel.refusals import STARTING, STOPPING


def wrong_now(world, request=None):
    """Return what does not hold at this moment; with a request: what speaks against sending it."""
    trader = world.trader
    core, found = trader.core, []
    if core.state["illegal"]:
        found.append("the lifecycle table was violated")
    held = sum(one.quantity for one in trader.book.holdings.values())
    if held != core.position(0, 0):
        found.append(f"I1: our positions sum up to {held}, the strategy holds {core.position(0, 0)}")
    if request is None:
        return found
    if request.order and request.order not in world.disk.orders:
        found.append(f"I11: {request.what} was sent before it was durable")
    if isinstance(request.what, Place) and request.what.role == ENTRY and not request.what.reduce_only:
        if int(core.state["risk"]["kill"]):
            found.append(f"I12: {request.what.id} was sent after the kill switch")
        if core.held(0) >> (STOPPING - STARTING) & 1:
            found.append(f"I12: {request.what.id} was sent while stopping")
        if [one for one in trader.unknown() if one != request.order]:
            found.append(f"I10: {request.what.id} was sent while the outcome of another order was unknown")
        if world.pictures < 2:
            found.append(f"{request.what.id} was sent before two pictures had been looked at")
    return found


def broken(world):
    """Return what does not hold in the world, as sentences."""
    trader, broker = world.trader, world.broker
    if trader is None:
        return ["the desk is down at the end"]
    state, book = trader.core.state, trader.book
    found = _executions(world)
    net = Counter()
    for one in broker.positions.values():
        net[one.instrument] += one.quantity
    if trader.core.position(0, 0) != net[0]:
        found.append(f"I1: we hold {trader.core.position(0, 0)}, the broker {net[0]}")
    if {name: one.quantity for name, one in book.holdings.items()} != {
        one.number: one.quantity for one in broker.positions.values()
    }:
        found.append("I1: positions are not the broker's")
    if int(state["account"]["balance"]) != broker.balance:
        found.append(f"I2: balance {int(state['account']['balance'])}, the broker's {broker.balance}")
    found += [
        f"I8: order {int(row['id'])} is still in status {int(row['status'])}"
        for row in trader.living()
        if int(row["status"]) not in (HELD, WORKING)
    ]
    found += [f"I9: {one.number} has no stop" for one in broker.positions.values() if not one.stop]
    found += [f"unexplained: {one.sentence()}" for one in trader.differences()]
    reasons = [one for one in trader.ready() if one != "kill switch"]
    if reasons:
        found.append(f"not ready: {', '.join(reasons)}")
    return found


def _executions(world):
    """I3, I7: what was filled was sent; every execution is in the journal."""
    found = []
    sent = {one.id for _, one in world.trace} | {one.new_id for _, one in world.trace if hasattr(one, "new_id")}
    for one in world.broker.record:
        if one.kind != FILLED:
            continue
        if one.id and one.id not in sent and not one.id.split("-")[-1].startswith(("S", "T")):
            found.append(f"I3: {one.id} was filled and never sent ({one.execution})")
        if one.execution not in world.disk.executions:
            found.append(f"I7: execution {one.execution} of {one.id} is not in the journal")
    return found


def replayed_alike(world, recovered):
    """I6: snapshot and tail, the whole journal, and the living state are the same to the byte; say where not."""
    found, live = [], world.trader
    for whole in (False, True):
        core = world.workshop.core(world.seed)
        book = recovered(world.disk, core, whole=whole)
        book.keep_only(set(core.living()["id"].tolist()))
        way = "the whole journal" if whole else "snapshot and tail"
        for name, ours, theirs in zip(
            ("state", "venue", "memories"),
            (live.core.runner.state, live.core.runner.venue, live.core.runner.memories),
            (core.runner.state, core.runner.venue, core.runner.memories),
            strict=True,
        ):
            if not np.array_equal(ours.view("u1"), theirs.view("u1")):
                found.append(f"I6: the {name} after {way} is not that of the live desk")
        if _told(book) != _told(live.book):
            found.append(f"I6: the book after {way} is not that of the live desk")
        world.workshop.give_back(core)
    return found


PASSING = ("sent", "decided", "absent", "resent", "place")
"""Of a ticket: how far the search for it has come, which begins anew after a restart."""


def _told(book):
    tree = book.as_tree()
    tree["tickets"] = [{name: value for name, value in one.items() if name not in PASSING} for one in tree["tickets"]]
    return tree
