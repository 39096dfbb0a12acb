"""The account behind the terminal: netting, symbols, clocks, bars, orders by hand, terminals that cannot trade."""

import asyncio
from datetime import UTC, datetime

import pytest
from metatrader_world import BID, DOW, GOLD, SIZE, MetaTraderWorld, entry
from trade_server import fill, new_order

from tradewind.adapters.brokers.metatrader.listing import Listing
from tradewind.broker import BrokerRefused, BrokerUnreachable

BARE = {"stop_loss": 0, "take_profit": 0, "stop_id": "", "target_id": ""}


def played(story, **world):
    """Play a story in a new world."""

    async def run():
        async with MetaTraderWorld(**world) as there:
            return await story(there)

    return asyncio.run(run())


def test_a_netting_account_keeps_one_stop_and_reduces_without_tickets():
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0"))
        second = await broker.place(entry("TW-B-E0"))
        added = await broker.place(entry("TW-C-E0", **BARE))
        reduced = await broker.place(entry("TW-A-X0", side=-1, quantity=SIZE, reduce_only=True, **BARE))
        over = await broker.place(entry("TW-A-X1", side=-1, quantity=2 * SIZE, reduce_only=True, **BARE))
        return [one.outcome for one in (second, added, reduced, over)], (await broker.picture()).positions

    outcomes, (position,) = played(story, hedging=False)

    assert outcomes == ["refused", "taken", "taken", "refused"]
    assert (position.position, position.quantity, position.stop_loss) == ("", SIZE, BID - 5_000)


def test_symbols_have_the_brokers_suffix_and_units_that_differ_are_refused():
    async def story(world):
        broker = await world.connect()
        answer = await broker.place(entry("TW-A-E0", instrument=1, quantity=3, **BARE))
        sent = world.server.get("sent")[0]
        with world.server.open() as state:
            state["symbols"]["US30.cash"]["trade_contract_size"] = 10.0
        with pytest.raises(BrokerRefused, match="contract_size"):
            await world.connect()
        world.instruments = (DOW.model_copy(update={"broker_symbol": "US30"}),)
        with pytest.raises(BrokerRefused, match="no symbol US30"):
            await world.connect()
        return answer.outcome, sent["symbol"], sent["volume"]

    assert played(story, instruments=(GOLD, DOW)) == ("taken", "US30.cash", 0.3)


@pytest.mark.parametrize("broken", [{"trade_allowed": False}, {"connected": False}, {"answers": False}])
def test_a_terminal_that_cannot_trade_is_not_opened(broken):
    async def story(world):
        world.server.set(**broken)
        with pytest.raises((BrokerRefused, BrokerUnreachable)):
            await world.connect()

    played(story)


def test_a_terminal_that_loses_its_server_refuses_orders_and_answers_no_question():
    async def story(world):
        broker = await world.connect()
        world.server.set(connected=False)
        refused = await broker.place(entry("TW-A-E0"))
        with pytest.raises(BrokerUnreachable):
            await broker.find("TW-A-E0")
        world.server.set(connected=True)
        return refused.outcome, world.server.get("sent"), (await broker.place(entry("TW-A-E0"))).outcome

    assert played(story) == ("refused", [], "taken")


def test_times_are_the_servers_wall_clock_in_winter_and_summer_and_between():
    """New York and the server change their clocks on 8 March, Europe on 29 March: never a fixed offset."""
    listing = Listing([GOLD])
    for month, day, hours in ((1, 15, 2), (3, 10, 3), (3, 30, 3), (10, 26, 3), (11, 3, 2)):
        instant = int(datetime(2026, month, day, 12, tzinfo=UTC).timestamp())
        shown = (instant + hours * 3600) * 1000 + 250

        assert listing.utc(shown) == instant * 10**9 + 250 * 10**6
        assert listing.server_s(instant * 10**9) == instant + hours * 3600


def test_a_profile_that_names_another_clock_is_refused_and_a_right_one_is_measured():
    async def story(world):
        right = await world.connect()
        offset = await right.clock_offset()
        world.instruments = (GOLD.model_copy(update={"server_clock": "UTC"}),)
        with pytest.raises(BrokerRefused, match="server_clock"):
            await world.connect()
        return offset

    assert abs(played(story)) < 25 * 10**9


def test_bars_are_bid_with_one_spread_in_utc_and_only_closed_ones():
    async def story(world):
        broker = await world.connect()
        start = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp())
        bars = [
            {"time": start + 3 * 3600 + 60 * n, "open": 2000.0 + n, "high": 2001.5 + n, "low": 1999.5 + n,
             "close": 2001.0 + n, "tick_volume": 7, "spread": 300}
            for n in range(3)
        ]  # fmt: skip
        with world.server.open() as state:
            state["rates"]["XAUUSD", 1] = bars
        candles = await broker.candles(0, 60, start * 10**9, (start + 120) * 10**9)
        with pytest.raises(BrokerRefused):
            await broker.candles(0, 86_400, 0, 1)
        with pytest.raises(BrokerUnreachable):
            await broker.candles(0, 300, start * 10**9, (start + 600) * 10**9)
        return start, candles

    start, candles = played(story)

    assert [one.open_ts for one in candles] == [start * 10**9, (start + 60) * 10**9]
    assert candles[0].bid == (2_000_000, 2_001_500, 1_999_500, 2_001_000)
    assert candles[0].ask == (2_000_300, 2_001_800, 1_999_800, 2_001_300)


def test_an_order_made_by_hand_is_shown_as_not_ours():
    async def story(world):
        broker = await world.connect()
        with world.server.open() as state:
            order = new_order(state, "XAUUSD", 0, 0.1, 2000.3)
            order.update(comment="TW-A-E0")
            fill(state, order, 2000.3)
        (position,) = (await broker.picture()).positions
        return position.id, {one.id for one in (await broker.since("")).reports}, (await broker.find("TW-A-E0")).state

    assert played(story) == ("", {""}, "absent")
