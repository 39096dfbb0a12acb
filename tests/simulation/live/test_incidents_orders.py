"""More incidents of other systems: orders that were forgotten, counted twice, given to another, or sent without end.

Those of how the network and its rhythm fail are at the simulated OANDA, in tests/live/desk/test_incidents_network.py.
"""

from collections import Counter

import plots
import pytest
import virtual_desk
from test_incidents import SECOND, Scene
from virtual_desk import Workshop

from tradewind.broker import Answer, Cancel, Found, Place
from tradewind.kernel.orders import ENTRY, STATUSES, WORKING
from tradewind.kernel.records import FILLED, REFUSED_COMMAND
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


def until(scene, question):
    """Time passes until the question is answered with yes."""
    for _ in range(60):
        if question():
            return
        scene.go(5)
    raise AssertionError("it never came to that")


def stopped_out(scene):
    """The market falls through the stop of the one position, at the broker."""
    (position,) = scene.broker.positions.values()
    scene.price = position.stop - 5
    scene.broker.price(0, scene.price, scene.price + 10, scene.now)


def owners(scene):
    """Return our id by the kernel's number for every fill in the journal."""
    return {name: order for order, name, _ in scene.told_fills()}


@pytest.mark.parametrize("told", ["in order", "backwards", "only when asked"])
def test_r17_a_stop_and_a_reversal_within_ten_seconds_keep_their_own_fills(told):
    """R17, freqtrade #13399: the earlier trade's fill was attached to the new one."""
    scene = Story(plots.TURNING)
    scene.until_entry()
    scene.go(15)
    began = scene.now
    stopped_out(scene)
    until(scene, lambda: len(scene.entries()) == 2)
    assert scene.now - began <= 15 * SECOND
    first, second = scene.entries()
    fills = [one for one in scene.broker.record if one.kind == FILLED]
    if told == "only when asked":
        scene.trader.book.sequence = "0"
        scene.trader.settling.begin()
    else:
        # Everything is told once more, with the new trade already on.
        scene.trader.reports(fills if told == "in order" else fills[::-1])
    scene.go(20)

    assert owners(scene) == {one: parse(one).order for one in (first.id, first.stop_id, second.id)}
    assert len(scene.told_fills()) == 3
    assert scene.ours() == scene.theirs() == -second.quantity
    (trade,) = [row for log in scene.disk.log("trades") for row in log]
    assert int(trade["quantity"]) == first.quantity
    assert scene.trader.differences() == []


@pytest.mark.parametrize("backwards", [False, True])
def test_r17_the_same_where_the_reversal_fills_before_the_stop_is_known(backwards):
    """R17: the new trade's fill is heard of before that of the stop which ended the old one."""
    scene = Story(plots.TURNING)
    scene.until_entry()
    scene.go(15)
    scene.stream = scene.answers = False
    stopped_out(scene)
    (first,) = scene.entries()
    # The stop's fill is known from the stream; of the reversal there is no answer, and the stream says it twice.
    stop = [one for one in scene.broker.record if one.id == first.stop_id and one.kind == FILLED]
    scene.trader.reports(stop)
    until(scene, lambda: len(scene.entries()) == 2)
    second = scene.entries()[1]
    both = [one for one in scene.broker.record if one.kind == FILLED and one.id in (first.stop_id, second.id)]
    scene.trader.reports(both[::-1] if backwards else both)
    scene.stream = scene.answers = True
    scene.go(40)

    assert owners(scene)[second.id] == parse(second.id).order
    assert owners(scene)[first.stop_id] == parse(first.stop_id).order
    assert scene.ours() == scene.theirs() == -second.quantity
    assert scene.trader.differences() == []


class Liar:
    """A broker that fills the entry in the moment in which it is asked to cancel it, and answers as it is told to."""

    def __init__(self, scene, outcome):
        """It waits for the cancel."""
        self.scene, self.outcome, self.asked = scene, outcome, 0
        self.honest = scene.broker.carry_out
        scene.broker.carry_out = self.carry_out

    def carry_out(self, what):
        """Return the answer."""
        if not isinstance(what, Cancel):
            return self.honest(what)
        self.asked += 1
        for order in list(self.scene.broker.orders.values()):
            self.scene.broker.price(0, order.price - 20, order.price - 10, self.scene.now)
        self.scene.broker.price(0, self.scene.price, self.scene.price + 10, self.scene.now)
        return Answer(self.outcome, (), "")


@pytest.mark.parametrize("outcome", ["taken", "refused", "unknown"])
@pytest.mark.parametrize("stream", [True, False])
def test_r19_a_cancel_that_came_too_late_leads_to_no_second_order(outcome, stream):
    """R19, freqtrade #11461, #3647: cancelled-but-filled led to a second order. Executed is at most what was meant."""
    scene = Story(plots.PATIENT)
    liar = Liar(scene, outcome)
    scene.until_entry()
    until(scene, lambda: liar.asked)
    scene.stream = stream
    scene.go(60)
    scene.stream = True
    scene.go(60)

    assert len(scene.entries()) == 1
    assert set(scene.executions().values()) == {1}
    assert scene.ours() == scene.theirs() == scene.entries()[0].quantity
    assert scene.trader.differences() == []


def test_r19_where_the_cancel_was_in_time_the_next_order_is_sent():
    """R19, the other side: the same strategy does go on when nothing came of the first order."""
    scene = Story(plots.PATIENT)
    scene.until_entry()
    scene.go(60)

    assert len(scene.entries()) == 2
    assert scene.ours() == scene.theirs() == scene.entries()[1].quantity


def test_r23_a_component_that_sends_without_end_is_stopped_within_a_second_and_so_many_orders(monkeypatch):
    """R23, Knight 2012: an old server with a reused flag sent four million orders in three quarters of an hour."""
    rates = {"messages_per_second", "fills_per_5min"}
    monkeypatch.setattr(virtual_desk, "LOOSE", virtual_desk.LOOSE - rates)
    monkeypatch.setattr(Workshop, "made", {})
    scene = Story(plots.STORM)
    limits = scene.trader.core.state["limits"]
    a_second, a_minute = int(limits["messages_per_second"]), int(limits["messages_per_minute"])
    assert (a_second, a_minute) == (5, 60)
    moments = []
    honest = scene.broker.carry_out
    scene.broker.carry_out = lambda what: (moments.append(scene.now), honest(what))[1]
    scene.go(600)

    refused = [row for log in scene.disk.log("commands") for row in log if int(row["kind"]) == REFUSED_COMMAND]
    assert len(refused) > 1000  # it did try
    assert len(moments) >= a_second
    assert max(sum(at <= one < at + SECOND for one in moments) for at in moments) <= a_second
    assert max(sum(at <= one < at + 60 * SECOND for one in moments) for at in moments) <= a_minute
