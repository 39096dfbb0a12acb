"""At a broker: a strategy is added while another holds a position there, and a start later both still have theirs."""

import threading

import pytest
from graft_desk import HERE
from oanda_desk import running, wall
from simulated_oanda import simulated_oanda

STAYER = HERE / "stayer.py"


@pytest.fixture
def venue():
    """A simulated OANDA whose gold has a price every tenth of a second."""
    with simulated_oanda(now=wall) as one:
        over = threading.Event()

        def move():
            step = 0
            while not over.wait(0.1):
                step += 1
                bid = 2400 + step % 7 * 0.01
                one.price("XAU_USD", f"{bid:.3f}", f"{bid + 0.4:.3f}")

        mover = threading.Thread(target=move, daemon=True)
        mover.start()
        yield one
        over.set()
        mover.join()


def held_there(venue):
    """Return the broker's open trades by id: their units and the price of their stop."""
    book = venue.book
    return {
        number: (one["currentUnits"], book.orders[one["stopLossOrderID"]]["price"])
        for number, one in book.trades.items()
        if one["state"] == "OPEN"
    }


def both(one):
    """Return whether both strategies hold something and nothing keeps entries back."""
    status = one.status()
    found = [place["strategy"] for place in status.get("positions", ())]
    return found == ["stayer", "stayer#2"] and status["ready"]


def test_one_is_added_while_another_holds_a_position_and_a_start_later_both_still_do(venue, tmp_path):
    """The position and its stop are not touched; the new one's are its own; nothing differs afterwards."""
    with running(venue, tmp_path, strategy=STAYER) as one:
        one.until(lambda: one.status().get("positions"))
        mine = held_there(venue)
        assert len(mine) == 1
        order = {"verb": "add", "strategy": str(STAYER), "person": "Ann", "reason": "a test"}
        one.desk.folder.ask("1-add", order)
        answer = one.until(lambda: one.desk.folder.answered("1-add", 0.2), 120)
        assert answer["done"], answer
        one.until(lambda: both(one))
        theirs = held_there(venue)
        assert len(theirs) == 2
        assert mine.items() <= theirs.items()
        first = one.desk.core.runner.state["positions"][0].copy()
    assert one.error is None
    assert one.alerts == []

    with running(venue, tmp_path, strategy=STAYER) as again:
        assert len(again.desk.prepared.strategies) == 2
        for name in ("quantity", "cost"):
            assert (again.desk.core.runner.state["positions"][0][name] == first[name]).all()
        again.until(lambda: both(again))
        assert held_there(venue) == theirs
        assert again.journal.notes("difference") == []
    assert again.error is None
