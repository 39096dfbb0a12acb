"""A killed bridge, a cut wire, an id that comes again: an order is given to the terminal at most once."""

import asyncio

import pytest
from metatrader_world import SIZE, MetaTraderWorld, Process, entry
from trade_server import wait_until

from tradewind.broker import Cancel
from tradewind.kernel.records import FILLED


def played(story, **world):
    """Play a story in a new world."""

    async def run():
        async with MetaTraderWorld(**world) as there:
            return await story(there)

    return asyncio.run(run())


def fills(reports):
    return sum(one.quantity for one in reports if one.kind == FILLED)


@pytest.mark.parametrize(("moment", "done"), [("die before", 0), ("die after", 1)])
def test_a_bridge_killed_while_it_sends_never_sends_again(moment, done):
    """Whether the terminal got the request is found out by looking; asking again sends nothing."""

    async def story(world):
        broker = await world.connect()
        world.server.fault(moment)
        first = await broker.place(entry("TW-A-E0"))
        await world.restart()
        again = await broker.place(entry("TW-A-E0"))
        found = await broker.find("TW-A-E0")
        orders = [each for each in world.server.get("sent") if each.get("comment") == "TW-A-E0"]
        return first.outcome, again.outcome, fills(found.reports), found.state, len(orders)

    expected = ("unknown", "taken" if done else "unknown", SIZE * done, "filled" if done else "absent", 1)
    assert played(story) == expected


@pytest.mark.parametrize("what", ["die before", "die after"])
def test_a_stop_whose_move_was_cut_off_stands_where_the_terminal_shows_it(what):
    """A protective level that was being set when the bridge died is looked up, not set again."""

    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0", stop_loss=0, stop_id="", take_profit=0, target_id=""))
        (position,) = (await broker.picture()).positions
        stop = entry("TW-A-S0", stop_loss=0, stop_id="", take_profit=0, target_id="", closes=(position.position,))
        stop = stop._replace(side=-1, type=3, trigger=1_990_000, role=1, reduce_only=True)
        world.server.fault(what)
        first = await broker.place(stop)
        await world.restart()
        again = await broker.place(stop)
        (position,) = (await broker.picture()).positions
        return first.outcome, again.outcome, position.stop_loss

    done = what == "die after"
    assert played(story) == ("unknown", "taken" if done else "unknown", 1_990_000 if done else 0)


def cut_everywhere(step):
    """Cut a request after every so many bytes; return how many are open, were sent, and should be."""

    async def story(world):
        broker = await world.connect()
        length, at, whole, outcomes = 1, 0, 0, set()
        while at <= length:
            world.relay.lose, world.relay.cut_at = "bytes", at
            answer = await broker.place(entry(f"TW-{at:05}-E0"))
            outcomes.add(answer.outcome)
            length = world.relay.seen
            whole += at >= length
            at = at + step if at == length or at + step <= length else length
        await asyncio.to_thread(wait_until, lambda: len(world.server.get("sent")) >= whole)
        picture = await broker.picture()
        return outcomes, len(picture.positions), len(world.server.get("sent")), whole

    return played(story)


def test_a_request_cut_at_some_bytes_is_unknown_and_only_the_whole_one_counts():
    outcomes, positions, sent, whole = cut_everywhere(61)

    assert outcomes == {"unknown"}
    assert positions == sent == whole >= 1


@pytest.mark.soak
def test_a_request_cut_at_every_byte_is_unknown_and_only_the_whole_one_counts():
    outcomes, positions, sent, whole = cut_everywhere(1)

    assert outcomes == {"unknown"}
    assert positions == sent == whole >= 1


def test_a_repeated_id_is_answered_from_the_journal_after_a_restart():
    """The same id gets the same answer from another life of the bridge and of the adapter; the size does not matter."""

    async def story(world):
        broker = await world.connect()
        first = await broker.place(entry("TW-A-E0"))
        await world.restart()
        again = await (await world.connect()).place(entry("TW-A-E0", quantity=5 * SIZE)._replace(side=-1))
        return first, again, len(world.server.get("sent")), await broker.picture()

    first, again, sent, picture = played(story)

    assert (first.outcome, again.outcome, sent) == ("taken", "taken", 1)
    assert first.reports == again.reports
    assert [one.quantity for one in picture.positions] == [SIZE]


def test_an_order_whose_journal_was_lost_is_found_by_number_and_comment_before_anything_is_sent():
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0"))
        world.bridge.kill()
        (world.folder / "bridge" / "bridge-journal.txt").unlink()
        await world.restart()
        again = await broker.place(entry("TW-A-E0"))
        return again, len(world.server.get("sent"))

    again, sent = played(story)

    assert again.outcome == "taken"
    assert fills(again.reports) == SIZE
    assert sent == 1


def test_an_order_that_was_done_while_its_answer_was_a_timeout_is_taken_by_what_the_terminal_shows():
    async def story(world):
        broker = await world.connect()
        world.server.fault("silent")
        shown = await broker.place(entry("TW-A-E0"))
        world.server.fault("none")
        unanswered = await broker.place(entry("TW-B-E0"))
        world.server.fault("lost")
        lost = await broker.place(entry("TW-C-E0"))
        return shown.outcome, unanswered.outcome, lost.outcome, (await broker.find("TW-C-E0")).state

    assert played(story) == ("taken", "taken", "unknown", "absent")


def test_a_request_that_waited_too_long_is_not_begun():
    """While the terminal is busy with one order, the next one's time passes: it is refused and never sent."""

    async def story(world):
        slow, quick = await world.connect(), await world.connect(request_s=0.3)
        world.server.fault("slow")
        first = asyncio.create_task(slow.place(entry("TW-A-E0")))
        await asyncio.to_thread(wait_until, lambda: world.server.get("sent"))
        late = await quick.place(entry("TW-B-E0"))
        await first
        found = await slow.find("TW-B-E0")
        return late.outcome, found.state, len(world.server.get("sent"))

    assert played(story) == ("unknown", "absent", 1)


def test_a_torn_last_line_is_cut_off_and_damage_elsewhere_stops_the_bridge(tmp_path):
    async def story(world):
        broker = await world.connect()
        await broker.place(entry("TW-A-E0"))
        await broker.cancel(Cancel("TW-A-E0-T"))
        journal = world.folder / "bridge" / "bridge-journal.txt"
        good = journal.read_bytes()
        world.bridge.kill()
        journal.write_bytes(good + b"0000abcd {torn")
        await world.restart()
        torn = (await broker.place(entry("TW-A-E0"))).outcome, journal.read_bytes() == good
        world.bridge.kill()
        starts = []
        for place in range(0, len(good), max(1, len(good) // 8)):
            journal.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            bridge = Process(world.folder / "bridge", world.folder / "state")
            starts.append(bridge.port)
            bridge.kill()
        journal.write_bytes(good)
        await world.restart()
        return torn, starts

    (outcome, restored), starts = played(story, folder=tmp_path)

    assert (outcome, restored) == ("taken", True)
    assert not any(starts)


def test_two_bridges_never_share_a_journal(tmp_path):
    async def story(world):
        second = Process(world.folder / "bridge", world.folder / "state")
        second.kill()
        return second.port, (world.folder / "bridge" / "errors.txt").read_text()

    port, told = played(story, folder=tmp_path)

    assert port == 0
    assert "Another bridge uses this journal" in told
