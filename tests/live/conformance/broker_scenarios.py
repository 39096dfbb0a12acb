"""What any broker adapter of ours must do, whatever broker is behind it: one scenario each, told by its name.

They hold an adapter to what it declares in its `Capabilities`: what it says it can, it is seen to do.
"""

from broker_conformance import scenario
from broker_world import (
    ASK,
    BID,
    FILL_A_PART,
    LOSE_ANSWER,
    LOSE_REQUEST,
    REJECT,
    SIZE,
    entry,
    filled,
    found,
    is_filled,
    net,
    once,
    resting,
    until,
)

from tradewind.broker import BrokerRefused, Cancel, Replace
from tradewind.kernel.orders import LIMIT, MARKET, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import CANCEL_REJECTED, FILLED, REJECTED, REPLACED


@scenario()
async def a_login_says_whose_account_it_is(world):
    broker = await world.connect()
    picture = await broker.picture()

    assert len(picture.currency) == 3
    assert not picture.orders
    assert not picture.positions


@scenario()
async def an_entry_is_filled_once_and_its_stop_and_target_stand_at_the_broker(world):
    broker = await world.connect()
    answer = await broker.place(entry("TW-A-E0"))
    assert answer.outcome == "taken"
    picture = await is_filled(broker, "TW-A-E0")

    assert net(picture) == SIZE
    assert picture.positions[0].price == ASK
    if broker.capabilities.attached_stops:
        legs = {one.id: one for one in picture.orders}
        assert (legs["TW-A-E0-S"].role, legs["TW-A-E0-S"].trigger) == (STOP_LOSS, BID - 5_000)
        assert (legs["TW-A-E0-T"].role, legs["TW-A-E0-T"].price) == (TAKE_PROFIT, BID + 10_000)
        assert {one.side for one in legs.values()} == {-1}


@scenario()
async def an_attached_stop_works_while_we_are_dead_and_is_told_afterwards(world):
    broker = await world.connect()
    if not broker.capabilities.attached_stops:
        return
    await broker.place(entry("TW-A-E0"))
    sequence = (await is_filled(broker, "TW-A-E0")).sequence
    await broker.close()
    await world.price(BID - 6_000, ASK - 6_000)

    later = await world.connect()
    picture = await until(later.picture, lambda one: not one.positions)
    assert not picture.orders
    if later.capabilities.catch_up == "sequence":
        told = once((await later.since(sequence)).reports)
        assert filled(told, "TW-A-E0-S") == SIZE
        assert [one.side for one in told if one.kind == FILLED] == [-1]


@scenario()
async def an_order_waits_until_its_price_comes_and_is_filled_then(world):
    broker = await world.connect()
    await broker.place(resting("TW-L-E0"))
    picture = await until(broker.picture, lambda one: bool(one.orders))
    (order,) = picture.orders
    assert (order.id, order.side, order.quantity, order.type, order.price) == ("TW-L-E0", 1, SIZE, LIMIT, BID - 1_000)
    assert (await broker.find("TW-L-E0")).state == "working"

    await world.price(BID - 2_000, BID - 1_500)
    picture = await is_filled(broker, "TW-L-E0")
    assert net(picture) == SIZE
    assert not picture.orders
    assert (await broker.find("TW-L-E0")).state == "filled"


@scenario(FILL_A_PART)
async def a_part_is_filled_and_the_position_is_the_sum_of_the_fills(world):
    broker = await world.connect()
    await broker.place(resting("TW-L-E0"))
    await world.fault(FILL_A_PART)
    await world.price(BID - 2_000, BID - 1_500)
    picture = await is_filled(broker, "TW-L-E0", SIZE // 2)

    reports = once((await broker.find("TW-L-E0")).reports)
    assert net(picture) == filled(reports, "TW-L-E0") <= SIZE
    await world.mend()
    await world.price(BID - 2_100, BID - 1_600)
    picture = await broker.picture()
    assert net(picture) == filled((await broker.find("TW-L-E0")).reports, "TW-L-E0") <= SIZE


@scenario(REJECT)
async def a_rejected_order_is_refused_and_leaves_nothing(world):
    broker = await world.connect()
    await world.fault(REJECT)
    answer = await broker.place(entry("TW-R-E0"))

    assert answer.outcome == "refused"
    assert all(one.kind == REJECTED and one.id == "TW-R-E0" for one in answer.reports)
    picture = await broker.picture()
    assert not picture.orders
    assert not picture.positions


@scenario()
async def a_cancelled_order_is_gone_and_stays_cancelled(world):
    broker = await world.connect()
    await broker.place(resting("TW-L-E0"))
    await found(broker, "TW-L-E0")
    answer = await broker.cancel(Cancel("TW-L-E0"))
    assert answer.outcome == "taken"
    result = await until(lambda: broker.find("TW-L-E0"), lambda one: one.state != "working")

    assert result.state == "cancelled"
    await world.price(BID - 2_000, BID - 1_500)
    assert net(await broker.picture()) == 0


@scenario()
async def a_cancel_that_comes_after_the_fill_is_refused_and_the_fill_counts(world):
    broker = await world.connect()
    await broker.place(resting("TW-L-E0"))
    await found(broker, "TW-L-E0")
    await world.price(BID - 2_000, BID - 1_500)
    await is_filled(broker, "TW-L-E0")
    answer = await broker.cancel(Cancel("TW-L-E0"))

    assert answer.outcome == "refused"
    assert all(one.kind == CANCEL_REJECTED for one in answer.reports)
    assert net(await broker.picture()) == SIZE


@scenario(LOSE_ANSWER)
async def an_order_whose_answer_was_lost_is_unknown_and_then_found_done_once(world):
    broker = await world.connect()
    await world.fault(LOSE_ANSWER)
    answer = await broker.place(entry("TW-U-E0"))
    assert (answer.outcome, filled(answer.reports, "TW-U-E0")) == ("unknown", 0)
    await world.mend()

    later = await world.connect()
    assert net(await is_filled(later, "TW-U-E0")) == SIZE


@scenario(LOSE_REQUEST)
async def an_order_that_never_arrived_is_unknown_and_then_absent(world):
    broker = await world.connect()
    await world.fault(LOSE_REQUEST)
    assert (await broker.place(entry("TW-U-E0"))).outcome == "unknown"
    await world.mend()

    assert (await until(lambda: broker.find("TW-U-E0"), lambda _: True)).state == "absent"
    assert not (await broker.picture()).positions


@scenario(LOSE_ANSWER)
async def a_close_whose_answer_was_lost_is_found_by_its_own_id_after_a_crash(world):
    broker = await world.connect()
    await broker.place(entry("TW-A-E0"))
    (position,) = (await is_filled(broker, "TW-A-E0")).positions
    await world.fault(LOSE_ANSWER)
    assert (await broker.place(closing("TW-A-X0", position))).outcome == "unknown"
    await world.mend()

    later = await world.connect()
    picture = await is_filled(later, "TW-A-X0")
    assert not picture.positions


def closing(id_, position):
    """Return the order that closes a position."""
    names = (position.position,) if position.position else ()
    order = entry(id_, stop_loss=0, take_profit=0, stop_id="", target_id="", reduce_only=True, closes=names)
    return order._replace(side=-1 if position.quantity > 0 else 1, quantity=abs(position.quantity), type=MARKET)


@scenario()
async def a_close_leaves_nothing_and_carries_our_id_and_its_profit(world):
    broker = await world.connect()
    await broker.place(entry("TW-A-E0"))
    (position,) = (await is_filled(broker, "TW-A-E0")).positions
    before = (await broker.picture()).balance
    await world.price(BID + 1_000, ASK + 1_000)
    await broker.place(closing("TW-A-X0", position))
    picture = await is_filled(broker, "TW-A-X0")

    assert not picture.positions
    assert not picture.orders
    reports = once((await broker.find("TW-A-X0")).reports)
    assert {one.id for one in reports} == {"TW-A-X0"}
    assert picture.balance - before == sum(one.realised + one.amount for one in reports)


@scenario()
async def the_same_id_is_refused_as_long_as_is_declared(world):
    broker = await world.connect()
    scope = broker.capabilities.id_scope
    await broker.place(resting("TW-I-E0"))
    await found(broker, "TW-I-E0")
    again = await broker.place(resting("TW-I-E0", price=BID - 2_000))
    assert again.outcome == ("taken" if scope in ("echo", "none") else "refused")
    if scope in ("echo", "none"):
        return
    await broker.cancel(Cancel("TW-I-E0"))
    await until(broker.picture, lambda one: not one.orders)
    later = await broker.place(resting("TW-I-E0", price=BID - 2_000))
    assert later.outcome == ("taken" if scope == "open" else "refused")


@scenario()
async def a_changed_order_waits_at_its_new_price_under_the_id_that_is_declared(world):
    broker = await world.connect()
    await broker.place(resting("TW-L-E0"))
    await found(broker, "TW-L-E0")
    (before,) = (await broker.picture()).orders
    answer = await broker.replace(Replace("TW-L-E0", "TW-L-E1", 0, BID - 3_000, 0, SIZE, before.broker_order))
    assert answer.outcome == "taken"
    picture = await until(broker.picture, lambda one: [each.price for each in one.orders] == [BID - 3_000])

    (after,) = picture.orders
    in_place = broker.capabilities.replaces_in_place
    assert after.id == ("TW-L-E0" if in_place else "TW-L-E1")
    assert (after.broker_order == before.broker_order) == in_place
    told = [one for one in answer.reports if one.kind == REPLACED]
    assert all((one.id, one.price, one.quantity) == (after.id, BID - 3_000, SIZE) for one in told)


@scenario()
async def a_changed_stop_keeps_the_target_beside_it(world):
    broker = await world.connect()
    if not broker.capabilities.attached_stops:
        return
    await broker.place(entry("TW-A-E0"))
    picture = await is_filled(broker, "TW-A-E0")
    (stop,) = [one for one in picture.orders if one.role == STOP_LOSS]
    change = Replace("TW-A-E0-S", "TW-A-E0-S1", 0, 0, BID - 2_000, SIZE, stop.broker_order, stop.position)
    assert (await broker.replace(change)).outcome == "taken"

    moved = lambda one: [each.trigger for each in one.orders if each.role == STOP_LOSS] == [BID - 2_000]  # noqa: E731  a name for it
    picture = await until(broker.picture, moved)
    assert [one.price for one in picture.orders if one.role == TAKE_PROFIT] == [BID + 10_000]


@scenario()
async def orders_of_an_earlier_life_can_be_cancelled(world):
    first = await world.connect()
    await first.place(resting("TW-L-E0"))
    await found(first, "TW-L-E0")
    await first.close()
    later = await world.connect()

    assert (await later.cancel(Cancel("TW-L-E0"))).outcome == "taken"
    await until(later.picture, lambda one: not one.orders)


@scenario()
async def an_instrument_that_was_not_listed_is_never_traded(world):
    broker = await world.connect()
    try:
        answer = await broker.place(entry("TW-A-E0")._replace(instrument=99))
    except BrokerRefused:
        return

    assert answer.outcome == "refused"
