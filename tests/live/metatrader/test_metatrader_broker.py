"""What the terminal's own ways mean to us: levels of positions, tickets, retcodes, swap, steps, clocks."""

import asyncio
from datetime import UTC, datetime

import pytest
from metatrader_world import ASK, BID, SIZE, MetaTraderWorld, entry

from tradewind.adapters.brokers.metatrader.constants import REFUSED, outcome_of
from tradewind.broker import Cancel, Place, Replace
from tradewind.kernel.orders import (
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    LIMIT,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
)
from tradewind.kernel.records import ACCEPTED, CANCELLED, EXPIRED, FILLED, FINANCING
from tradewind.kernel.refusals import OTHER_LEG_FILLED, POSITION_CLOSED, STOP_LOSS_HIT, STOP_TOO_CLOSE

BARE = {"stop_loss": 0, "take_profit": 0, "stop_id": "", "target_id": ""}


def played(story, **world):
    """Play a story in a new world."""

    async def run():
        async with MetaTraderWorld(**world) as there:
            return await story(there)

    return asyncio.run(run())


def closing(name, quantity, *tickets):
    """Return the order that sells so much of the positions named."""
    return entry(name, side=-1, quantity=quantity, reduce_only=True, closes=tickets, **BARE)


@pytest.mark.parametrize("retcode", [*range(10000, 10050), 0, -1, 1, 99999])
def test_only_what_is_known_to_be_refused_is_refused(retcode):
    """Timeout, lost connection, locked, error and every code nobody told us of prove nothing."""
    outcome = outcome_of(retcode, -10005)

    assert (outcome == "refused") == (retcode in REFUSED)
    assert (outcome == "taken") == (retcode in (10008, 10009, 10010))
    assert not set(REFUSED) & {10008, 10009, 10010, 10011, 10012, 10023, 10028, 10031}


@pytest.mark.parametrize(
    ("retcode", "outcome"), [(10019, "refused"), (10012, "unknown"), (10031, "unknown"), (10999, "unknown")]
)
def test_a_retcode_becomes_what_it_proves(retcode, outcome):
    async def story(world):
        broker = await world.connect()
        world.server.fault(str(retcode))
        return (await broker.place(entry("TW-A-E0"))).outcome

    assert played(story) == outcome


def test_a_stop_loss_the_server_executes_is_told_under_its_own_id_and_ends_the_target():
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0"))
        await world.price(BID - 6_000, ASK - 6_000)
        told = (await broker.since("")).reports
        return told, await broker.find("TW-A-E0-S"), await broker.find("TW-A-E0-T")

    told, stop, target = played(story)
    kinds = [(one.kind, one.id) for one in told if one.id]

    assert kinds.count((ACCEPTED, "TW-A-E0-S")) == kinds.count((FILLED, "TW-A-E0-S")) == 1
    assert kinds.count((CANCELLED, "TW-A-E0-T")) == 1
    (fill,) = [one for one in told if (one.kind, one.id) == (FILLED, "TW-A-E0-S")]
    assert (fill.side, fill.quantity, fill.price, fill.reason) == (-1, SIZE, BID - 6_000, STOP_LOSS_HIT)
    assert fill.realised == round((BID - 6_000 - ASK) / 1000 * 0.1 * 100 * 100)
    assert (stop.state, target.state) == ("filled", "cancelled")
    assert target.reports[-1].reason == OTHER_LEG_FILLED


def test_a_position_closed_by_order_ends_both_legs_and_books_its_swap_apart():
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0"))
        with world.server.open() as state:
            for position in state["positions"].values():
                position["swap"] = -1.25
        (position,) = (await broker.picture()).positions
        before = await broker.picture()
        answer = await broker.place(closing("TW-A-X0", SIZE, position.position))
        return before, answer, await broker.picture(), (await broker.since("")).reports

    before, answer, after, told = played(story)

    assert answer.outcome == "taken"
    (swap,) = [one for one in answer.reports if one.kind == FINANCING]
    assert swap.amount == -125
    assert after.balance - before.balance == sum(one.amount + one.realised for one in answer.reports)
    ended = {one.id: one.reason for one in told if one.kind == CANCELLED}
    assert ended == {"TW-A-E0-S": POSITION_CLOSED, "TW-A-E0-T": POSITION_CLOSED}


def test_an_order_closes_several_positions_oldest_first_and_all_of_it_or_nothing():
    async def story(world):
        broker = await world.connect()
        for name in ("A", "B", "C"):
            await broker.place(entry(f"TW-{name}-E0", **BARE))
        tickets = [one.position for one in (await broker.picture()).positions]
        too_much = await broker.place(closing("TW-X-X0", 3 * SIZE + 1, *tickets))
        sent = len(world.server.get("sent"))
        done = await broker.place(closing("TW-Y-X0", 2 * SIZE + 4, *tickets))
        return too_much, sent, done, tickets, (await broker.picture()).positions, await broker.find("TW-Y-X0")

    too_much, sent, done, tickets, left, found = played(story)

    assert (too_much.outcome, sent) == ("refused", 3)
    assert done.outcome == "taken"
    fills = [(one.position, one.quantity) for one in done.reports if one.kind == FILLED]
    assert fills == [(tickets[0], SIZE), (tickets[1], SIZE), (tickets[2], 4)]
    assert [(one.position, one.quantity) for one in left] == [(tickets[2], SIZE - 4)]
    assert found.state == "filled"


def test_a_close_of_several_that_is_refused_half_way_says_what_was_done_and_that_the_rest_is_over():
    async def story(world):
        broker = await world.connect()
        for name in ("A", "B"):
            await broker.place(entry(f"TW-{name}-E0", **BARE))
        tickets = [one.position for one in (await broker.picture()).positions]
        with world.server.open() as state:
            state["faults"] += [("order_send", "fine"), ("order_send", "10018")]
        answer = await broker.place(closing("TW-Y-X0", 2 * SIZE, *tickets))
        return answer, await broker.find("TW-Y-X0"), len((await broker.picture()).positions)

    answer, found, positions = played(story)

    assert (answer.outcome, found.state, positions) == ("taken", "cancelled", 1)
    assert sum(one.quantity for one in answer.reports if one.kind == FILLED) == SIZE
    assert [one.kind for one in answer.reports][-1] == CANCELLED


def test_an_order_that_only_reduces_names_its_positions_where_they_are_kept_apart():
    """Without their names it would open a position the other way."""

    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0"))
        return (await broker.place(closing("TW-A-X0", SIZE))).outcome, len(world.server.get("sent"))

    assert played(story) == ("refused", 1)


def test_a_lost_stop_is_put_back_as_a_level_of_its_position_and_found_by_its_new_id():
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0", take_profit=0, target_id=""))
        (position,) = (await broker.picture()).positions
        cancelled = await broker.cancel(Cancel("TW-A-E0-S"))
        bare = (await broker.picture()).positions[0].stop_loss
        again = closing("TW-A-S1", SIZE, position.position)._replace(type=STOP, trigger=BID - 3_000, role=STOP_LOSS)
        placed = await broker.place(again)
        wrong = await broker.place(again._replace(id="TW-A-S2", quantity=SIZE - 1))
        orders = (await broker.picture()).orders
        await world.price(BID - 4_000, ASK - 4_000)
        told = (await broker.since("")).reports
        return cancelled, bare, placed, wrong, orders, told, await broker.find("TW-A-S1")

    cancelled, bare, placed, wrong, orders, told, found = played(story)

    assert (cancelled.outcome, bare, placed.outcome, wrong.outcome) == ("taken", 0, "taken", "refused")
    assert [(one.id, one.role, one.trigger) for one in orders] == [("TW-A-S1", STOP_LOSS, BID - 3_000)]
    assert [one.id for one in told if one.reason == STOP_LOSS_HIT] == ["TW-A-S1"]
    assert found.state == "filled"


def test_levels_too_near_are_refused_with_the_reason():
    async def story(world):
        broker = await world.connect()
        near = await broker.place(entry("TW-A-E0", stop_loss=BID - 50))
        await broker.place(entry("TW-B-E0"))
        moved = await broker.replace(Replace("TW-B-E0-S", "", 0, 0, BID - 50, SIZE))
        (stop, _) = (await broker.picture()).orders
        return near, moved, stop.trigger

    near, moved, trigger = played(story)

    assert (near.outcome, near.reports[0].reason) == ("refused", STOP_TOO_CLOSE)
    assert (moved.outcome, trigger) == ("refused", BID - 5_000)


def test_the_levels_of_an_entry_that_still_waits_can_be_moved_by_their_ids():
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0", type=LIMIT, price=BID - 1_000))
        moved = await broker.replace(Replace("TW-A-E0-S", "", 0, 0, BID - 7_000, SIZE))
        waiting = await broker.find("TW-A-E0-S")
        await world.price(BID - 2_000, BID - 1_500)
        (position,) = (await broker.picture()).positions
        return moved.outcome, waiting.state, position.stop_loss, position.take_profit

    assert played(story) == ("taken", "working", BID - 7_000, BID + 10_000)


def test_every_kind_of_waiting_order_is_shown_as_it_was_placed():
    orders = [
        Place("TW-1-E0", 0, 0, 1, SIZE, LIMIT, price=BID - 1_000),
        Place("TW-2-E0", 0, 0, -1, SIZE, LIMIT, price=ASK + 1_000),
        Place("TW-3-E0", 0, 0, 1, SIZE, STOP, trigger=ASK + 1_000),
        Place("TW-4-E0", 0, 0, -1, SIZE, STOP, trigger=BID - 1_000),
        Place("TW-5-E0", 0, 0, 1, SIZE, STOP_LIMIT, price=ASK + 800, trigger=ASK + 1_000),
        Place("TW-6-E0", 0, 0, -1, SIZE, STOP_LIMIT, price=BID - 800, trigger=BID - 1_000),
    ]

    async def story(world):
        broker = await world.connect()
        outcomes = {(await broker.place(order)).outcome for order in orders}
        changed = await broker.replace(Replace("TW-5-E0", "", 0, ASK + 700, ASK + 1_100, SIZE))
        resized = await broker.replace(Replace("TW-1-E0", "", 0, BID - 1_100, 0, SIZE + 1))
        return outcomes, changed.outcome, resized.outcome, (await broker.picture()).orders

    outcomes, changed, resized, shown = played(story)
    orders[4] = orders[4]._replace(price=ASK + 700, trigger=ASK + 1_100)

    assert (outcomes, changed, resized) == ({"taken"}, "taken", "refused")
    for order, there in zip(orders, shown, strict=True):
        assert (order.id, order.side, order.quantity, order.type) == (there.id, there.side, there.quantity, there.type)
        assert (order.price, order.trigger) == (there.price, there.trigger)


def test_an_expiry_is_written_by_the_servers_clock_and_an_expired_order_is_told_as_such():
    async def story(world):
        broker = await world.connect()
        in_an_hour = (int(datetime.now(UTC).timestamp()) + 3600) * 10**9
        await broker.place(Place("TW-1-E0", 0, 0, 1, SIZE, LIMIT, price=BID - 1_000, expires=in_an_hour))
        with world.server.open() as state:
            (order,) = state["orders"].values()
            state["orders"].clear()
            order.update(state=6, time_done_msc=order["time_expiration"] * 1000, time_done=order["time_setup"])
            state["history"][order["ticket"]] = order
        return in_an_hour, await broker.find("TW-1-E0")

    in_an_hour, found = played(story)

    assert found.state == "cancelled"
    assert [(one.kind, one.occurred) for one in found.reports if one.kind == EXPIRED] == [(EXPIRED, in_an_hour)]


@pytest.mark.parametrize(
    ("modes", "lifetime", "filling"),
    [
        (1, 0, 0),
        (2, 0, 1),
        (3, 0, 0),
        (3, IMMEDIATE_OR_CANCEL, 1),
        (3, FILL_OR_KILL, 0),
        (2, FILL_OR_KILL, None),
        (0, 0, None),
    ],
)
def test_a_market_order_is_filled_in_a_way_the_symbol_allows(modes, lifetime, filling):
    async def story(world):
        with world.server.open() as state:
            state["symbols"]["XAUUSD"]["filling_mode"] = modes
        broker = await world.connect()
        answer = await broker.place(entry("TW-A-E0", lifetime=lifetime))
        sent = world.server.get("sent")
        return answer.outcome, sent[0]["type_filling"] if sent else None

    assert played(story) == ("refused" if filling is None else "taken", filling)


def test_a_part_filled_at_once_ends_the_rest():
    async def story(world):
        broker = await world.connect()
        world.server.fault("partial")
        answer = await broker.place(entry("TW-A-E0", **BARE))
        return answer, await broker.find("TW-A-E0")

    answer, found = played(story)
    sizes = {one.kind: one.quantity for one in answer.reports}

    assert (answer.outcome, found.state) == ("taken", "cancelled")
    assert sizes == {ACCEPTED: SIZE, FILLED: 1, CANCELLED: SIZE - 1}


@pytest.mark.parametrize(
    "order",
    [
        entry("TW-A-E0", trail=500),
        entry("TW-A-E0-AND-MORE-THAN-31-LETTERS"),
        entry("tw lower case"),
        entry("TW-A-X0", reduce_only=True, side=-1, **BARE),
        entry("TW-A-X0", closes=("777",), reduce_only=True, side=-1, **BARE),
        entry("TW-A-X0", closes=("1; drop",), reduce_only=True, side=-1, **BARE),
        entry("TW-A-E0", quantity=0),
        entry("TW-A-T0", type=LIMIT, price=ASK, role=TAKE_PROFIT, side=-1, **BARE),
    ],
)
def test_what_this_broker_cannot_do_is_refused_before_anything_is_sent(order):
    async def story(world):
        broker = await world.connect()
        return (await broker.place(order)).outcome, world.server.get("sent")

    assert played(story) == ("refused", [])
