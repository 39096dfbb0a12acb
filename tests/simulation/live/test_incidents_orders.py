"""More incidents of other systems: orders that were forgotten, counted twice, given to another, or sent without end.

Those of how the network and its rhythm fail are at the simulated OANDA, in tests/live/desk/test_incidents_network.py.
"""

from collections import Counter

import plots
import pytest
from test_incidents import Scene

from tradewind.broker import Found, Place
from tradewind.kernel.orders import ENTRY, STATUSES, WORKING
from tradewind.kernel.records import FILLED
from tradewind.trading.executions import text_of
from tradewind.trading.identity import parse
from tradewind.trading.requests import Ask


class Story(Scene):
    """A scene whose strategy plays one of the plots."""

    def __init__(self, plot, scope="open"):
        """It has begun."""
        self.plot = plot
        super().__init__(scope, "plots")

    def entries(self):
        """Return what was sent that may open something."""
        return [one for one in self.sent if isinstance(one, Place) and not one.reduce_only]

    def theirs(self):
        """Return what the broker's positions come to."""
        return sum(one.quantity for one in self.broker.positions.values())

    def ours(self):
        """Return what the strategy holds."""
        return self.trader.core.position(0, 0)

    def told_fills(self):
        """Return (kernel's order, our id, quantity) of every fill that the journal has."""
        rows = [row for log in self.disk.log("executions") for row in log if int(row["kind"]) == FILLED]
        return [(int(row["order"]), text_of(row["id"]), int(row["quantity"])) for row in rows if int(row["number"])]


@pytest.mark.parametrize("scope", ["open", "none"])
def test_r4_fourteen_working_orders_outlive_a_kill_and_are_not_counted_into_the_position(scope):
    """R4, nautilus #5000: 14 working orders dropped after SIGKILL, and the position built again from fills."""
    scene = Story(plots.MANY, scope)
    scene.go(115)
    working = sorted(one.id for one in scene.broker.orders.values())
    held, sent = scene.ours(), len(scene.sent)
    assert len(working) == 14
    assert held == scene.theirs() != 0

    for _ in range(3):
        scene.start()
        scene.go(5)

    entries = [row for row in scene.trader.living() if int(row["role"]) == ENTRY]
    assert sorted(scene.trader.book.tickets[int(row["id"])].id for row in entries) == working
    assert {STATUSES[int(row["status"])] for row in entries} == {STATUSES[WORKING]}
    assert sorted(one.id for one in scene.broker.orders.values()) == working
    assert scene.ours() == scene.theirs() == held
    assert len(scene.sent) == sent
    assert scene.trader.differences() == []


def total_of(scene, name):
    """Return the fills of an order as a lookup tells them that knows only the total."""
    parts = [one for one in scene.broker.record if one.kind == FILLED and one.id == name]
    done = sum(one.quantity for one in parts)
    return Found("filled", (parts[-1]._replace(execution=f"{name}={done}", quantity=done, filled=done),))


def with_totals(broker):
    """From now on the broker tells with every fill how much of its order is filled after it, as FIX does."""
    say, done = broker.say, Counter()

    def saying(kind, **fields):
        if kind == FILLED:
            done[fields["id"]] += fields["quantity"]
            fields["filled"] = done[fields["id"]]
        return say(kind, **fields)

    broker.say = saying


@pytest.mark.parametrize("order", ["total first", "parts first", "total between", "parts backwards"])
@pytest.mark.parametrize("pieces", [1, 2])
def test_r6_a_fill_that_was_inferred_and_the_real_one_count_once(order, pieces):
    """R6, nautilus #3493: an inferred fill and the real fill, counted both. They arrive in any order here."""
    scene = Story(plots.TURNING)
    with_totals(scene.broker)
    scene.go(15)
    scene.answers = scene.stream = scene.queries = False
    scene.broker.part_next = pieces - 1
    scene.until_entry()
    (entry,) = scene.entries()
    total, question = total_of(scene, entry.id), Ask(999_999, "find", f"{parse(entry.id).order} {entry.id}")
    parts = [one for one in scene.broker.record if one.kind == FILLED]
    assert len(parts) == pieces
    before = {"total first": 0, "parts first": pieces, "total between": 1, "parts backwards": 0}[order]
    scene.trader.reports(parts[:before])
    scene.trader.told(question, total)
    scene.trader.reports(parts[before:] if order != "parts backwards" else parts[::-1])
    scene.turn()

    assert scene.ours() == scene.theirs() == entry.quantity
    scene.answers = scene.stream = scene.queries = True
    scene.start()
    scene.go(40)
    assert scene.ours() == scene.theirs() == entry.quantity
    assert scene.trader.differences() == []
    assert sum(quantity for _, name, quantity in scene.told_fills() if name == entry.id) == entry.quantity


def test_r6_a_total_told_of_an_order_that_was_given_up_is_a_fill():
    """R6 and R13 together: what is known of an order that ended here is what is booked of it, and no more."""
    scene = Story(plots.TURNING)
    with_totals(scene.broker)
    scene.requests = False
    scene.until_entry()
    scene.go(120)
    lost = scene.entries()[0]
    assert "unknown" not in scene.statuses()
    scene.requests, scene.stream = True, False
    scene.broker.carry_out(lost)
    scene.trader.told(Ask(999_999, "find", f"{parse(lost.id).order} {lost.id}"), total_of(scene, lost.id))

    scene.turn()

    assert (parse(lost.id).order, lost.id, lost.quantity) in scene.told_fills()
