"""What a broker adapter must tell, and how: catching up, streams, pictures; nothing lost, nothing guessed."""

import asyncio

import pytest
from broker_conformance import scenario
from broker_world import (
    ASK,
    BID,
    CUT,
    FAIL_QUERIES,
    PART_OF_PICTURE,
    PATIENCE_S,
    SIZE,
    TELL_TWICE,
    entry,
    filled,
    found,
    is_filled,
    listen,
    net,
    resting,
    until,
)

from tradewind.broker import BrokerUnreachable, Cancel, Link, Quote, Report
from tradewind.kernel.records import ACCEPTED, CANCELLED, FILLED


@scenario()
async def everything_since_a_sequence_is_told_in_order_and_each_once(world):
    broker = await world.connect()
    if broker.capabilities.catch_up != "sequence":
        return
    start = (await broker.picture()).sequence
    for number in range(4):
        await broker.place(resting(f"TW-{number}-E0", price=BID - 1_000 - number * 100))
        await found(broker, f"TW-{number}-E0")
    await broker.cancel(Cancel("TW-3-E0"))
    await world.price(BID - 1_500, BID - 1_150)
    await is_filled(broker, "TW-1-E0")

    caught = await broker.since(start)
    executions = [one.execution for one in caught.reports]
    assert len(set(executions)) == len(executions)
    assert [one.id for one in caught.reports if one.kind == ACCEPTED and one.id.endswith("E0")][:4] == [
        f"TW-{number}-E0" for number in range(4)
    ]
    assert {one.id for one in caught.reports if one.kind == CANCELLED} == {"TW-3-E0"}
    assert {one.id for one in caught.reports if one.kind == FILLED} == {"TW-0-E0", "TW-1-E0"}
    assert not (await broker.since(caught.sequence)).reports
    half = await (await world.connect()).since(caught.reports[len(executions) // 2].execution.partition(".")[0])
    assert {one.execution for one in half.reports} <= set(executions[len(executions) // 2 :])


@scenario()
async def an_answer_a_stream_and_a_lookup_tell_of_the_same_happening_by_the_same_name(world):
    broker = await world.connect()
    task = asyncio.create_task(listen(broker, lambda heard: filled(reports_in(heard), "TW-A-E0") == SIZE))
    await asyncio.sleep(0.05)
    answer = await broker.place(entry("TW-A-E0"))
    heard = reports_in(await task)
    looked_up = (await is_found(broker, "TW-A-E0")).reports

    fills = [
        {one.execution for one in some if one.kind == FILLED and one.id == "TW-A-E0"} for some in (heard, looked_up)
    ]
    assert fills[0] == fills[1]
    assert {one.execution for one in answer.reports if one.kind == FILLED} <= fills[0]


async def is_found(broker, id_):
    """Return what became of an order once it is filled."""
    return await until(lambda: broker.find(id_), lambda one: filled(one.reports, id_) >= SIZE)


def reports_in(heard):
    """Return the reports among what a stream told."""
    return [one for one in heard if isinstance(one, Report)]


@scenario(TELL_TWICE)
async def a_report_told_twice_has_the_same_name_both_times(world):
    broker = await world.connect()
    await world.fault(TELL_TWICE)
    task = asyncio.create_task(listen(broker, lambda heard: filled(reports_in(heard), "TW-B-E0") == SIZE))
    await asyncio.sleep(0.05)
    await broker.place(entry("TW-A-E0"))
    await broker.place(entry("TW-B-E0"))
    heard = reports_in(await task)

    assert filled(heard, "TW-A-E0") == SIZE
    assert net(await broker.picture()) == 2 * SIZE


@scenario(CUT)
async def a_stream_that_was_cut_says_so_and_nothing_is_lost(world):
    broker = await world.connect()
    start = (await broker.picture()).sequence
    ups = lambda heard: sum(isinstance(one, Link) and one.up for one in heard)  # noqa: E731  it is used twice
    task = asyncio.create_task(listen(broker, lambda heard: ups(heard) >= 2))
    await asyncio.sleep(0.1)
    await world.fault(CUT)
    await broker.place(entry("TW-C-E0"))
    await world.mend()
    heard = await task

    links = [one.up for one in heard if isinstance(one, Link)]
    assert links[:3] == [True, False, True] or links.count(False) >= 1
    assert net(await is_filled(broker, "TW-C-E0")) == SIZE
    if broker.capabilities.catch_up == "sequence":
        assert filled((await broker.since(start)).reports, "TW-C-E0") == SIZE


@scenario(FAIL_QUERIES)
async def a_query_that_fails_raises_and_never_says_none(world):
    broker = await world.connect()
    await broker.place(entry("TW-A-E0"))
    sequence = (await is_filled(broker, "TW-A-E0")).sequence
    await world.fault(FAIL_QUERIES)

    for question in (broker.picture, lambda: broker.find("TW-A-E0"), lambda: broker.since(sequence)):
        with pytest.raises(BrokerUnreachable):
            await question()
    await world.mend()
    assert net(await broker.picture()) == SIZE


@scenario(PART_OF_PICTURE)
async def a_part_of_a_picture_is_never_given_for_the_whole(world):
    broker = await world.connect()
    await broker.place(entry("TW-A-E0"))
    await is_filled(broker, "TW-A-E0")
    await world.fault(PART_OF_PICTURE)

    with pytest.raises(BrokerUnreachable):
        await broker.picture()


@scenario()
async def prices_come_as_they_move(world):
    broker = await world.connect()
    heard = []
    stream = broker.quotes()
    async with asyncio.timeout(PATIENCE_S):
        async for item in stream:
            heard.append(item)
            if isinstance(item, Link) and item.up:
                await world.price(BID + 7, ASK + 7)
            if isinstance(item, Quote) and item.bid == BID + 7:
                break
    await stream.aclose()

    quote = heard[-1]
    assert (quote.instrument, quote.bid, quote.ask, quote.tradable) == (0, BID + 7, ASK + 7, True)
