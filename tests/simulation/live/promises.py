"""What must be true when a world has been calm for a while, and what must never happen in it.

The numbers are those of the design: I1 ... I14. `wrong_now` is asked after every event and before every send, and
`broken` at the end; both return one sentence for every promise that does not hold.
"""

from collections import Counter

import numpy as np

from tradewind.broker import Cancel, Place, Replace
from tradewind.kernel.orders import ENTRY, HELD, SENT, STOP_LOSS, TAKE_PROFIT, UNKNOWN, WORKING
from tradewind.kernel.records import CANCELLED, FILLED, REJECTED
from tradewind.kernel.refusals import NOT_EXECUTED, STARTING, STOPPING
from tradewind.trading.identity import LEGS, STOP_LEG, TARGET_LEG, parse
from tradewind.trading.timing import SECOND, Timing

MOST_BARE = 75 * SECOND
"""A picture every thirty seconds, one that may be lost, and three tries to put a stop in place."""
MOST_SILENT = 6.1 * SECOND
"""Five seconds, and the second at whose end it is looked at."""


def wrong_now(world, request=None):
    """Return what does not hold at this moment; with a request: what speaks against sending it."""
    trader = world.trader
    core, found = trader.core, []
    if core.state["illegal"]:
        found.append("the lifecycle table was violated")
    held = sum(one.quantity for one in trader.book.holdings.values())
    if not world.broker.nets and held != core.position(0, 0):
        found.append(f"I1: our positions sum up to {held}, the strategy holds {core.position(0, 0)}")
    found += _outliving(trader)
    if request is None:
        return found
    found += _misnamed(world, request.what)
    if request.order and request.order not in world.disk.orders:
        found.append(f"I11: {request.what} was sent before it was durable")
    if isinstance(request.what, Place) and request.what.role == ENTRY and not request.what.reduce_only:
        if int(core.state["risk"]["kill"]):
            found.append(f"I12: {request.what.id} was sent after the kill switch")
        if core.held(0) >> (STOPPING - STARTING) & 1:
            found.append(f"I12: {request.what.id} was sent while stopping")
        if [one for one in trader.unknown() if one != request.order]:
            found.append(f"I10: {request.what.id} was sent while the outcome of another order was unknown")
        if not world.connected:
            found.append(f"I12: {request.what.id} was sent while the broker's reports were not connected")
        if world.pictures < 2:
            found.append(f"{request.what.id} was sent before two pictures had been looked at")
    return found


def broken(world):
    """Return what does not hold in the world, as sentences."""
    trader, broker = world.trader, world.broker
    if trader is None:
        return ["the desk is down at the end"]
    state, book = trader.core.state, trader.book
    found = _executions(world) + _falsely_ended(world)
    net = Counter()
    for one in broker.positions.values():
        net[one.instrument] += one.quantity
    if trader.core.position(0, 0) != net[0]:
        found.append(f"I1: we hold {trader.core.position(0, 0)}, the broker {net[0]}")
    if not broker.nets and {name: one.quantity for name, one in book.holdings.items()} != {
        one.number: one.quantity for one in broker.positions.values()
    }:
        found.append("I1: positions are not the broker's")
    if broker.can.tells_money and int(state["account"]["balance"]) != broker.balance:
        found.append(f"I2: balance {int(state['account']['balance'])}, the broker's {broker.balance}")
    found += [
        f"I8: order {int(row['id'])} is still in status {int(row['status'])}"
        for row in trader.living()
        if int(row["status"]) not in (HELD, WORKING)
    ]
    found += [
        f"I8: a change of order {one.order} is still open"
        for one in book.tickets.values()
        if one.former and int(trader.row(one.order)["status"]) == WORKING
    ]
    found += [f"I9: {one} has no stop" for one in sorted(broker.bare())]
    found += _levels(world) + _surplus(broker)
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


def _outliving(trader):
    """I9: an attached stop or target ends with its position."""
    found = []
    for row in trader.living():
        ticket = trader.book.tickets.get(int(row["id"]))
        if int(row["role"]) == ENTRY or int(row["status"]) != WORKING or ticket is None or ticket.place is not None:
            continue
        if ticket.position and ticket.position not in trader.book.holdings:
            found.append(f"I9: order {ticket.order} outlives {ticket.position}, which it protected")
    return found


def _surplus(broker):
    """I9: where stops and targets are orders of their own, no more of them stand there than there is to protect."""
    found = []
    for role in (STOP_LOSS, TAKE_PROFIT) if broker.nets else ():
        for side in (-1, 1):
            standing = sum(
                one.left for one in broker.orders.values() if (one.place.role, one.place.side) == (role, side)
            )
            held = sum(max(0, -one.quantity * side) for one in broker.positions.values())
            if standing > held:
                found.append(f"I9: {standing} would be closed where {held} are held")
    return found


def _levels(world):
    """I9: stops and targets at the broker are those the strategies know."""
    found = []
    for row in world.trader.living():
        ticket = world.trader.book.tickets.get(int(row["id"]))
        position = world.broker.positions.get(ticket.position) if ticket is not None else None
        if position is None or int(row["status"]) != WORKING or ticket.place is not None:
            continue
        if int(row["role"]) == STOP_LOSS and int(row["trigger"]) != position.stop:
            found.append(f"I9: the stop of {position.number} is at {position.stop}, we say {int(row['trigger'])}")
        if int(row["role"]) == TAKE_PROFIT and int(row["price"]) != position.target:
            found.append(f"I9: the target of {position.number} is at {position.target}, we say {int(row['price'])}")
    return found


def bare_too_long(world):
    """I9: a position whose stop was taken away has one again, or is being closed, soon after the next picture."""
    if world.trader is None or not world.connected or not world.can.attached_stops:
        return []
    bare = world.broker.bare()
    world.bare = {one: world.bare.get(one, world.now) for one in bare}
    return [f"I9: {one} had no stop for {(world.now - since) / SECOND:.0f} s" for one, since in world.bare.items()
            if world.now - since > MOST_BARE]  # fmt: skip


# Names.


def _misnamed(world, what):
    """I3, I4: an id says what the order is; it is sent a second time only where the broker refuses that, and soon."""
    if not isinstance(what, Place):
        identity = parse(what.id)  # what a former life decided on may have been sent, or not
        known = isinstance(what, Cancel) or identity.epoch < world.life
        known = known and identity.order in world.disk.orders
        if what.id not in world.named and not known:
            return [f"I3: {what} names an order that was never sent"]
        if isinstance(what, Replace) and what.new_id in world.named:
            return [f"I4: {what.new_id} names two orders"]
        return []
    legs = {what.id: LEGS[what.role], what.stop_id: STOP_LEG, what.target_id: TARGET_LEG}
    found = [f"I3: {name} does not say what it is" for name, leg in legs.items() if name and parse(name).leg != leg]
    before = world.named.get(what.id)
    if before is not None:
        found += _repeated(world, what, before)
    return found


def _repeated(world, what, before):
    """I4: the same order again is safe only where the broker refuses it, and a decision does not keep."""
    can, waited = world.can, (world.now - before) / SECOND
    safe = can.id_scope == "forever" or (can.id_scope == "window" and waited < can.id_window_s)
    if not safe:
        return [f"I4: {what.id} was sent again to a broker that may take it twice"]
    keeps = Timing().exit_keeps if what.reduce_only else Timing().entry_keeps
    if waited > keeps / SECOND:
        return [f"I4: {what.id} was sent again {waited:.0f} s after it was decided on"]
    return []


def note_names(world, what):
    """The ids of a request have been sent."""
    names = (what.id, what.stop_id, what.target_id) if isinstance(what, Place) else (getattr(what, "new_id", ""),)
    for name in names:
        if name:
            world.named.setdefault(name, world.now)


# What was told.


def note_told(world, told):
    """The desk is told of executions in an answer, a report or a found order."""
    for one in told:
        for report in one if isinstance(one, list) else getattr(one, "reports", ()):
            if report.execution not in world.disk.executions:
                world.told[report.execution] = report


def unwritten(world):
    """I7: what the desk was told is durable, but for the fill of a leg before that of its entry."""
    for name in [one for one in world.told if one in world.disk.executions]:
        del world.told[name]
    found = []
    for report in world.told.values():
        if not report.id:
            continue  # closed by hand, of a position whose opening was not told: what was missed is asked for
        identity = parse(report.id)
        parent = world.disk.parents.get(identity.order) if identity is not None else None
        if parent is None or parent in world.disk.filled:
            found.append(f"I7: the desk was told of execution {report.execution} of {report.id} and forgot it")
    return found


def unclear_of(world, arguments):
    """Return the order whose placing has just come to no clear answer, 0 where it was clear or known before."""
    request, answer = arguments
    row = world.trader.row(request.order)
    new = isinstance(request.what, Place) and row is not None and int(row["status"]) == SENT
    return request.order if new and answer.outcome == "unknown" and not answer.reports else 0


def taken_for_clear(world, order):
    """I8: an order of which nobody said what became of it is called unknown."""
    row = world.trader.row(order) if order else None
    if row is None or int(row["status"]) == UNKNOWN:
        return []
    return [f"I8: order {order} came to no clear answer and is called status {int(row['status'])}"]


def _falsely_ended(world):
    """I8: no order is called refused or not executed which the broker took, while it is as late as it declares."""
    if not world.punctual:
        return []
    ended = {
        int(row["order"])
        for rows in world.disk.log("events")
        for row in rows[(rows["kind"] == REJECTED) | (rows["reason"] == NOT_EXECUTED)]
        if int(row["kind"]) in (REJECTED, CANCELLED)
    }
    return [f"I8: {one} was said not to be executed, and the broker took it" for one in world.broker.taken
            if parse(one).order in ended]  # fmt: skip


def never_bare_in_silence(world):
    """T15: what the desk has known for over five seconds to be without a stop holds entries, and a person was told."""
    trader = world.trader
    if trader is None:
        return []
    rows = trader.core.state["risk"]["positions"]["bare_since"]
    world.known = {int(one): world.known.get(int(one), world.now) for one in rows.nonzero()[0]}
    found = []
    for place, since in world.known.items():
        if world.now - since <= MOST_SILENT:
            continue
        if not trader.core.held(0) and not int(trader.core.state["risk"]["kill"]):
            found.append(f"T15: {place} is bare for {(world.now - since) / SECOND:.1f} s and entries are allowed")
        if not any(when >= since and "stop" in text for when, _, text in world.alerts):
            found.append(f"T15: {place} is bare for {(world.now - since) / SECOND:.1f} s and nobody was told")
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


PASSING = ("sent", "decided", "absent", "cancels", "place")
"""Of a ticket: how far the search for it has come, which begins anew after a restart."""


def _told(book):
    tree = book.as_tree()
    tree["tickets"] = [{name: value for name, value in one.items() if name not in PASSING} for one in tree["tickets"]]
    return tree
