"""Orders over FIX against a real QuickFIX acceptor: taken, filled in parts, changed, cancelled, refused, unknown."""

import asyncio

import pytest
from counterparty import desk, until

from tradewind.broker import BrokerRefused, BrokerUnreachable, Cancel, Link, Place, Quote, Replace, Report
from tradewind.kernel.orders import LIMIT, MARKET, STOP
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    UNKNOWN_OUTCOME,
)
from tradewind.kernel.refusals import DUPLICATE_ORDER


def trading(port, scene, **more):
    """Play a scene with an open broker."""

    async def play():
        broker = desk(port, **more)
        await broker.open()
        try:
            return await scene(broker)
        finally:
            await broker.close()

    return asyncio.run(play())


def limit(name, quantity=10, price=389_000):
    """Return an order to buy the Dow at a limit."""
    return Place(name, 0, 1, 1, quantity, LIMIT, price=price)


def is_report(kind, name):
    """Return a test for a report of a kind on an order."""
    return lambda item: isinstance(item, Report) and item.kind == kind and item.id == name


def test_a_market_order_is_taken_and_its_fill_is_reported_with_price_and_commission(acceptor):
    async def scene(broker):
        answer = await broker.place(Place("TWAAAA-1-1-1-E0", 1, 1, 1, 4, MARKET))
        fill = await until(broker.reports(), is_report(FILLED, "TWAAAA-1-1-1-E0"))
        return answer, fill, await broker.picture()

    answer, fill, picture = trading(acceptor.port, scene)

    assert answer.outcome == "taken"
    assert [report.kind for report in answer.reports] == [ACCEPTED]
    assert (fill.quantity, fill.filled, fill.price, fill.amount, fill.side) == (4, 4, 240_035, -25, 1)
    assert (picture.orders, len(picture.positions)) == ((), 1)
    assert (picture.positions[0].instrument, picture.positions[0].quantity) == (1, 4)
    assert picture.positions[0].price == pytest.approx(240_035)


def test_a_limit_order_is_filled_in_parts_and_each_part_has_an_id_of_its_own(acceptor):
    async def scene(broker):
        await broker.place(limit("TWAAAA-1-1-2-E0"))
        reports = broker.reports()
        acceptor.order("fill TWAAAA-1-1-2-E0 3 38900")
        first = await until(reports, is_report(FILLED, "TWAAAA-1-1-2-E0"))
        living = (await broker.picture()).orders
        partly = await broker.find("TWAAAA-1-1-2-E0")
        acceptor.order("fill TWAAAA-1-1-2-E0 7 38899.5")
        last = await until(reports, is_report(FILLED, "TWAAAA-1-1-2-E0"))
        return first, living, partly, last, await broker.find("TWAAAA-1-1-2-E0")

    first, living, partly, last, found = trading(acceptor.port, scene)

    assert [(one.quantity, one.filled, one.price) for one in (first, last)] == [(3, 3, 389_000), (7, 10, 388_995)]
    assert first.execution != last.execution
    assert [(order.quantity, order.filled, order.price, order.side) for order in living] == [(7, 3, 389_000, 1)]
    assert (partly.state, partly.reports[0].filled) == ("working", 3)
    assert (found.state, found.reports[0].quantity, found.reports[0].filled) == ("filled", 10, 10)


def test_an_order_is_changed_and_then_taken_back_and_a_second_cancel_is_refused(acceptor):
    async def scene(broker):
        name, after = "TWAAAA-1-1-3-E0", "TWAAAA-1-1-3-E1"
        await broker.place(Place(name, 0, 1, -1, 10, STOP, trigger=388_000))
        changed = await broker.replace(Replace(name, after, 0, 0, 387_500, 8))
        living = (await broker.picture()).orders
        cancelled = await broker.cancel(Cancel(after))
        again = await broker.cancel(Cancel(after))
        nothing = await broker.replace(Replace("TWAAAA-1-1-99-E0", "TWAAAA-1-1-99-E1", 0, 1, 0, 1))
        return changed, living, cancelled, again, nothing, await broker.find(after)

    changed, living, cancelled, again, nothing, found = trading(acceptor.port, scene)

    assert (changed.outcome, changed.reports[0].kind, changed.reports[0].quantity) == ("taken", REPLACED, 8)
    assert [(order.id, order.trigger, order.quantity) for order in living] == [("TWAAAA-1-1-3-E1", 387_500, 8)]
    assert (cancelled.outcome, cancelled.reports[0].kind) == ("taken", CANCELLED)
    assert cancelled.reports[0].id == "TWAAAA-1-1-3-E1"
    assert (again.outcome, again.reports[0].kind, again.reports[0].id) == (
        "refused",
        CANCEL_REJECTED,
        "TWAAAA-1-1-3-E1",
    )
    assert (nothing.outcome, nothing.reports[0].kind) == ("refused", REPLACE_REJECTED)
    assert found.state == "cancelled"


def test_a_refused_order_says_why_and_the_same_id_is_refused_a_second_time(acceptor):
    async def scene(broker):
        acceptor.order("mode reject no_margin_left")
        refused = await broker.place(limit("TWAAAA-1-1-4-E0"))
        acceptor.order("mode normal x")
        await broker.place(limit("TWAAAA-1-1-5-E0"))
        return refused, await broker.place(limit("TWAAAA-1-1-5-E0"))

    refused, twice = trading(acceptor.port, scene)

    assert (refused.outcome, refused.text, refused.reports[0].kind) == ("refused", "no_margin_left", REJECTED)
    assert (twice.outcome, twice.reports[0].reason) == ("refused", DUPLICATE_ORDER)


def test_an_order_without_an_answer_is_unknown_and_is_found_by_its_id(acceptor):
    async def scene(broker):
        acceptor.order("mode mute x")
        answer = await broker.place(limit("TWAAAA-1-1-6-E0"))
        acceptor.order("mode normal x")
        with pytest.raises(BrokerUnreachable, match="instrument and side"):
            await broker.find("TWAAAA-1-1-7-E0")
        absent = await broker.find("TWAAAA-1-1-7-E0", instrument=0, side=1)
        return answer, await broker.find("TWAAAA-1-1-6-E0"), absent

    answer, found, absent = trading(acceptor.port, scene, answer_s=1.0)

    assert answer.outcome == "unknown"
    assert found.state == "working"
    assert absent.state == "absent"
    assert acceptor.got("D") == ["TWAAAA-1-1-6-E0"]


def test_a_happening_we_do_not_know_is_an_unknown_outcome_and_never_success(acceptor):
    async def scene(broker):
        acceptor.order("mode strange x")
        return await broker.place(limit("TWAAAA-1-1-8-E0"))

    answer = trading(acceptor.port, scene)

    assert (answer.outcome, answer.reports[0].kind) == ("unknown", UNKNOWN_OUTCOME)


def test_what_cannot_be_said_over_fix_is_not_sent(acceptor):
    async def scene(broker):
        attached = await broker.place(limit("TWAAAA-1-1-9-E0")._replace(stop_loss=380_000))
        nothing = await broker.place(limit("TWAAAA-1-1-10-E0", quantity=0))
        with pytest.raises(BrokerRefused):
            await broker.candles(0, 60, 0, 1)
        return attached, nothing

    answers = trading(acceptor.port, scene)

    assert [answer.outcome for answer in answers] == ["refused", "refused"]
    assert [answer.reports[0].kind for answer in answers] == [REJECTED, REJECTED]
    assert acceptor.got("D") == []


def test_a_list_that_is_not_whole_is_no_picture(acceptor):
    async def scene(broker):
        await broker.place(limit("TWAAAA-1-1-11-E0"))
        acceptor.order("mode partial x")
        with pytest.raises(BrokerUnreachable):
            await broker.picture()
        acceptor.order("mode silent x")
        with pytest.raises(BrokerUnreachable):
            await broker.picture()

    trading(acceptor.port, scene, answer_s=1.0)


def test_an_empty_account_has_an_empty_picture_and_the_clocks_agree(acceptor):
    async def scene(broker):
        return await broker.picture(), await broker.clock_offset(), await broker.since("")

    picture, offset, missed = trading(acceptor.port, scene)

    assert (picture.orders, picture.positions, missed.reports) == ((), (), ())
    assert abs(offset) < 1_500_000_000  # one machine has one clock; the acceptor stamps to the second or finer


def test_quotes_come_from_snapshots_and_from_changes(acceptor):
    async def scene(broker):
        stream = broker.quotes()
        up = await until(stream, lambda item: isinstance(item, Link))
        first = await until(stream, lambda item: isinstance(item, Quote) and item.instrument == 0)
        acceptor.order("price XAUUSD 2401.00 2401.40")
        second = await until(stream, lambda item: isinstance(item, Quote) and item.bid == 240_100)
        acceptor.order("change XAUUSD 0 2401.20")
        third = await until(stream, lambda item: isinstance(item, Quote) and item.bid == 240_120)
        acceptor.order("change XAUUSD 0 2402.00")
        crossed = await until(stream, lambda item: isinstance(item, Quote) and item.bid == 240_200)
        return up, first, second, third, crossed

    up, first, second, third, crossed = trading(acceptor.port, scene)

    assert (up.stream, up.up) == ("quotes", True)
    assert (first.bid, first.ask) == (390_005, 390_020)
    assert (second.ask, third.ask, third.tradable, crossed.tradable) == (240_140, 240_140, True, False)
