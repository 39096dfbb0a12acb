"""The life of an order, cell by cell."""

import numpy as np
import pytest
from doors import advance_order

from tradewind.kernel import orders
from tradewind.kernel.compiled import JIT
from tradewind.kernel.orders import HAPPENINGS, LIFECYCLE, STATUSES
from tradewind.kernel.records import STATE
from tradewind.plain import StateView

CELLS = [(status, happening) for status in range(len(STATUSES)) for happening in range(len(HAPPENINGS))]


def one_order(status):
    """Return a state with one order of that status."""
    state = np.zeros(1, STATE)
    state["order_count"] = 1
    state["orders"]["id"][0, 0] = 7
    state["orders"]["quantity"][0, 0] = 3
    state["orders"]["status"][0, 0] = status
    return state


@pytest.mark.parametrize(("status", "happening"), CELLS)
def test_cell(status, happening):
    """A legal happening gives the status of its cell; an illegal one changes nothing and is counted."""
    state = one_order(status)
    wanted = one_order(status)
    after = int(LIFECYCLE[status, happening])
    wanted["orders"]["status"][0, 0] = max(after, status) if after < 0 else after
    wanted["illegal"] = after < 0

    allowed = advance_order(StateView(state) if JIT else state[0], 0, happening)

    assert bool(allowed) == (after >= 0)
    assert state.tobytes() == wanted.tobytes()


def test_the_table_has_a_cell_for_everything():
    """Every status and every happening has its row and its column, and every cell is a status or empty."""
    assert LIFECYCLE.shape == (len(STATUSES), len(HAPPENINGS))
    assert set(np.unique(LIFECYCLE)) <= set(range(-1, len(STATUSES)))


def test_nothing_happens_to_an_order_that_ended():
    """The rows of final statuses are empty, and only they are."""
    empty = [status for status in range(len(STATUSES)) if (LIFECYCLE[status] < 0).all()]

    assert empty == list(range(orders.FIRST_FINAL, len(STATUSES)))


def test_every_status_can_be_reached():
    """From nothing, by legal happenings, every status is reached."""
    seen, front = {orders.NONE}, {orders.NONE}
    while front:
        front = {int(after) for status in front for after in LIFECYCLE[status] if after >= 0} - seen
        seen |= front

    assert seen == set(range(len(STATUSES)))


def test_every_living_order_can_end():
    """From every status that is not final a final one can be reached, whatever else happens first."""
    ends = set(range(orders.FIRST_FINAL, len(STATUSES)))
    for _ in STATUSES:
        ends |= {status for status in range(orders.FIRST_FINAL) if ends & set(LIFECYCLE[status].tolist())}

    assert ends == set(range(len(STATUSES)))
