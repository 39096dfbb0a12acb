"""The line fails in every way: killed, cut, silent, refused. Nothing is ever sent twice and nothing is guessed."""

import asyncio

import pytest
from counterparty import GOLD, PATIENCE_S, US30, Cable, desk, until

from tradewind.broker import BrokerRefused, BrokerUnreachable, Link, Place, Report
from tradewind.kernel.orders import LIMIT
from tradewind.kernel.records import FILLED


def limit(name):
    """Return an order to buy the Dow at a limit."""
    return Place(name, 0, 1, 1, 10, LIMIT, price=389_000)


def link(up):
    """Return a test for news of the line."""
    return lambda item: isinstance(item, Link) and item.up is up


def test_a_wrong_password_is_refused_in_the_brokers_words_without_showing_it(acceptor):
    async def scene():
        with pytest.raises(BrokerRefused, match="wrong password") as caught:
            await desk(acceptor.port, password="battery staple").open()  # noqa: S106  a test's own
        return str(caught.value)

    assert "battery" not in asyncio.run(scene())


def test_a_broker_that_is_not_there_is_unreachable(acceptor):
    acceptor.kill()

    async def scene():
        with pytest.raises(BrokerUnreachable):
            await desk(acceptor.port).open()

    asyncio.run(scene())


def test_an_instrument_that_the_broker_lacks_is_refused_at_the_start(acceptor):
    async def scene():
        with pytest.raises(BrokerRefused, match="US31"):
            await desk(acceptor.port, listed=(US30._replace(code="US31"), GOLD)).open()

    asyncio.run(scene())


@pytest.mark.parametrize("lasts", [False, True])
def test_an_order_lost_with_a_killed_broker_is_unknown_and_is_never_sent_again(request, tmp_path, lasts):
    """An order written to a broker that dies is unknown; back again, the broker asks for it and gets a gap fill."""
    acceptor = request.getfixturevalue("lasting" if lasts else "acceptor")
    numbers = tmp_path / "numbers" if lasts else None

    async def scene():
        broker = desk(acceptor.port, reset=not lasts, numbers=numbers)
        await broker.open()
        reports = broker.reports()
        await broker.place(limit("TWBBBB-1-1-1-E0"))
        acceptor.pause()
        asked = asyncio.create_task(broker.place(limit("TWBBBB-1-1-2-E0")))
        await asyncio.sleep(0)
        acceptor.kill()
        unknown = await asked
        await until(reports, link(up=False))
        unsent = await broker.place(limit("TWBBBB-1-1-3-E0"))
        acceptor.start()
        await until(reports, link(up=True))
        found = await broker.find("TWBBBB-1-1-2-E0")
        later = await broker.place(limit("TWBBBB-1-1-4-E0"))
        await broker.close()
        return unknown, unsent, found, later

    unknown, unsent, found, later = asyncio.run(scene())

    assert unknown.outcome == "unknown"
    assert (unsent.outcome, unsent.reports[0].execution) == ("refused", "unsent:TWBBBB-1-1-3-E0")
    assert found.state == "absent"
    assert later.outcome == "taken"
    assert acceptor.got("D") == ["TWBBBB-1-1-1-E0", "TWBBBB-1-1-4-E0"]
    if lasts:
        assert "admin 4" in acceptor.lines  # the gap fill it got instead of the order


def test_fills_missed_while_the_line_was_cut_are_sent_again_by_the_broker_where_the_session_lasts(lasting, tmp_path):
    async def scene():
        cable = Cable(lasting.port)
        broker = desk(await cable.open(), reset=False, numbers=tmp_path / "numbers")
        await broker.open()
        reports = broker.reports()
        await broker.place(limit("TWBBBB-1-1-5-E0"))
        cable.cut()
        await until(reports, link(up=False))
        for price in (38900, 38899.5, 38899):
            lasting.order(f"fill TWBBBB-1-1-5-E0 2 {price}")
        cable.mend()
        fills = [await until(reports, lambda item: isinstance(item, Report) and item.kind == FILLED) for _ in range(3)]
        picture = await broker.picture()
        await broker.close()
        await cable.close()
        return fills, picture

    fills, picture = asyncio.run(scene())

    assert [fill.filled for fill in fills] == [2, 4, 6]
    assert len({fill.execution for fill in fills}) == 3
    assert (picture.orders[0].filled, picture.positions[0].quantity) == (6, 6)


def test_where_sessions_reset_a_missed_fill_is_found_by_asking(acceptor):
    async def scene():
        cable = Cable(acceptor.port)
        broker = desk(await cable.open())
        await broker.open()
        reports = broker.reports()
        await broker.place(limit("TWBBBB-1-1-6-E0"))
        cable.cut()
        await until(reports, link(up=False))
        acceptor.order("fill TWBBBB-1-1-6-E0 10 38900")
        cable.mend()
        await until(reports, link(up=True))
        found = await broker.find("TWBBBB-1-1-6-E0")
        await broker.close()
        await cable.close()
        return found

    found = asyncio.run(scene())

    assert (found.state, found.reports[0].filled, found.reports[0].price) == ("filled", 10, 389_000)


def test_the_brokers_requests_to_resend_and_its_gaps_leave_the_session_working(acceptor):
    async def scene():
        broker = desk(acceptor.port)
        await broker.open()
        await broker.place(limit("TWBBBB-1-1-7-E0"))
        acceptor.order("resend 1 0")
        acceptor.order("resend 2 3")
        acceptor.order("skip 5")
        after = await broker.place(limit("TWBBBB-1-1-8-E0"))
        await broker.close()
        return after

    after = asyncio.run(scene())

    assert after.outcome == "taken"
    assert acceptor.got("D") == ["TWBBBB-1-1-7-E0", "TWBBBB-1-1-8-E0"]
    assert acceptor.lines.count("logon") == 1


def test_a_number_that_is_too_low_ends_the_session_and_the_next_one_works(acceptor):
    async def scene():
        broker = desk(acceptor.port)
        await broker.open()
        reports = broker.reports()
        acceptor.order("back 2")
        acceptor.order("price US30 39001.0 39002.5")
        down = await until(reports, link(up=False))
        await until(reports, link(up=True))
        answer = await broker.place(limit("TWBBBB-1-1-9-E0"))
        await broker.close()
        return down, answer

    down, answer = asyncio.run(scene())

    assert "too low" in down.reason
    assert answer.outcome == "taken"


def test_a_broker_that_falls_silent_is_a_link_that_is_down(acceptor):
    async def scene():
        broker = desk(acceptor.port, heartbeat_s=1)
        await broker.open()
        acceptor.pause()
        down = await until(broker.reports(), link(up=False))
        acceptor.kill()
        await asyncio.wait_for(broker.close(), PATIENCE_S)
        return down

    assert "silent" in asyncio.run(scene()).reason


def test_a_logout_of_the_broker_is_a_link_that_is_down_and_comes_back(acceptor):
    async def scene():
        broker = desk(acceptor.port)
        await broker.open()
        reports = broker.reports()
        acceptor.order("cut")
        down = await until(reports, link(up=False))
        await broker.close()
        return down

    assert "cut" in asyncio.run(scene()).reason
