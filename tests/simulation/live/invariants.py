"""What must be true when a world has been calm for a while, and what must never have happened in it.

The numbers are those of the design: I1 ... I14. `broken` returns one sentence for every promise that does not hold.
"""

from collections import Counter

from tradewind.kernel.orders import HELD, WORKING
from tradewind.kernel.records import FILLED, PLACE
from tradewind.trading.executions import text_of


def broken(world):
    """Return what does not hold in the world, as sentences."""
    found = []
    trader, broker = world.trader, world.broker
    if trader is None:
        return ["the desk is down at the end"]
    state, book = trader.core.state, trader.book
    found += _executions(world)
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
    for row in trader.living():
        if int(row["status"]) not in (HELD, WORKING):
            found.append(f"I8: order {int(row['id'])} is still in status {int(row['status'])}")
    found += _protected(world)
    if world.trader.differences():
        found += [f"unexplained: {one.sentence()}" for one in world.trader.differences()]
    reasons = [one for one in trader.ready() if one != "kill switch"]
    if reasons:
        found.append(f"not ready: {', '.join(reasons)}")
    if int(state["illegal"]):
        found.append("the lifecycle table was violated")
    return found


def _executions(world):
    """I4, I7: every order was taken at most once and filled no more than intended; every execution counted once."""
    found = []
    for name, times in world.broker.taken.items():
        if times > 1:
            found.append(f"I4: {name} was taken {times} times")
    intended = {one.id: one.quantity for _, one in world.trace if hasattr(one, "closes")}
    for _, one in world.trace:
        if hasattr(one, "new_id") and one.new_id:
            intended[one.new_id] = one.quantity
    for name, order in [(one.id, one) for one in world.broker.record if one.kind == FILLED]:
        if name and name not in intended and not name.split("-")[-1].startswith(("S", "T")):
            found.append(f"I3: {name} was filled and never sent ({order.execution})")
    applied = Counter()
    for rows in world.disk.log("executions"):
        for row in rows:
            applied[text_of(row["execution"])] += 1
    for one in world.broker.record:
        if applied[one.execution] != 1 and one.kind == FILLED:
            found.append(f"I7: execution {one.execution} of {one.id} was applied {applied[one.execution]} times")
    return found


def _protected(world):
    """I9: every position has its stop at the broker."""
    return [f"I9: {one.number} has no stop" for one in world.broker.positions.values() if not one.stop]


def decisions(world):
    """Return every order the desk decided to send, from its journal."""
    return [row for rows in world.disk.log("commands") for row in rows if int(row["kind"]) == PLACE]
