"""Incidents that other systems had in earnest, replayed against ours: each by its name, with where it is told.

The scene is the trader on its kernel and a broker, without chance: every test says itself what is lost and when.
"""

from fractions import Fraction

import pytest
from virtual_broker import VirtualBroker, capabilities
from virtual_desk import TAG, Disk, Workshop, recovered
from virtual_world import START

from tradewind.broker import Answer, Found, Link, Quote
from tradewind.kernel.orders import STATUSES, STOP_LOSS
from tradewind.kernel.refusals import OUTCOME_UNKNOWN, STARTING, STOPPING
from tradewind.trading.book import Book
from tradewind.trading.requests import Send
from tradewind.trading.trader import Trader

SECOND = 1_000_000_000


class Scene:
    """A trader and a broker, and switches for what gets through between them."""

    plot = 1
    """What the strategy is told as its seed."""

    def __init__(self, scope="open", strategy="three_orders"):
        """Both run and agree."""
        self.workshop = Workshop.of(strategy)
        row = self.workshop.state[0]["instruments"][0]
        self.can = capabilities(scope)
        self.broker = VirtualBroker(self.can, Fraction(int(row["value_numerator"]), int(row["value_denominator"])))
        self.disk, self.now, self.price, self.life, self.told = Disk(), START, 400_000, 0, 0
        self.requests = self.answers = self.queries = self.stream = True
        self.sent = []
        self.start()

    def start(self):
        """A new process starts from the disk."""
        self.life += 1
        machine = self.workshop.core(self.plot)
        book = recovered(self.disk, machine) if self.disk.commits else Book(TAG)
        self.trader = Trader(machine, book, self.can)
        self.trader.at(self.now)
        machine.note("start", {"epoch": self.life})
        self.trader.start(self.life)
        self.trader.link(Link("reports", up=True))
        self.turn()

    def turn(self):
        """What the trader wants is durable and then done, as far as it gets through."""
        for rounds in range(1000):
            if not self.trader.pending_work():
                break
            assert rounds < 999, "the desk never comes to rest"
            self.disk.commit(self.trader.drain())
            for request in self.trader.outgoing():
                if isinstance(request, Send):
                    self.sent.append(request.what)
                    self.trader.answered(request, self.carried_out(request.what))
                else:
                    self.trader.told(request, self.asked(request) if self.queries else None)

    def carried_out(self, what):
        """Return the answer to a request, or that none came."""
        if not self.requests:
            return Answer("unknown", (), "timeout")
        answer = self.broker.carry_out(what)
        return answer if self.answers else Answer("unknown", (), "timeout")

    def asked(self, ask):
        """Return the answer to a question."""
        if ask.what == "find":
            return self.broker.find(ask.about.split(" ")[1])
        return self.broker.since(ask.about) if ask.what == "since" else self.broker.picture()

    def go(self, seconds, step=5):
        """So much time passes, with a price every `step` seconds."""
        for _ in range(0, seconds, step):
            self.now += step * SECOND
            self.broker.price(0, self.price, self.price + 10, self.now)
            self.trader.at(self.now)
            if self.stream:
                self.trader.reports(self.broker.record[self.told :])
            self.told = len(self.broker.record)
            self.trader.quotes([Quote(0, self.now, self.price, self.price + 10)])
            self.trader.turn(self.now)
            self.turn()

    def until_entry(self):
        """The first entry is sent; it is the strategy's third bar."""
        for _ in range(100):
            if any(hasattr(one, "closes") for one in self.sent):
                return
            self.go(5)
        raise AssertionError("nothing was sent")

    def statuses(self):
        """Return the names of the statuses of living orders."""
        return [STATUSES[int(row["status"])] for row in self.trader.living()]

    def executions(self):
        """Return how often each order was taken by the broker."""
        return self.broker.taken


@pytest.fixture
def scene():
    """A scene with a broker that takes a repeated id again once the first has ended."""
    return Scene()


def test_r1_no_answer_and_no_lookup_for_ten_minutes_is_no_rejection(scene):
    """Nautilus #4958, #4152: in-flight timeouts became rejections while the order lived."""
    scene.go(15)
    scene.answers = False
    scene.until_entry()
    scene.queries = scene.stream = False
    scene.go(600)
    assert "unknown" in scene.statuses()
    assert scene.trader.core.held(0) >> (OUTCOME_UNKNOWN - STARTING) & 1
    sent = len(scene.sent)

    scene.answers = scene.queries = scene.stream = True
    scene.go(60)

    assert scene.trader.core.position(0, 0) == sum(one.quantity for one in scene.broker.positions.values()) != 0
    assert len([one for one in scene.sent[:sent] if hasattr(one, "closes")]) == 1
    assert set(scene.executions().values()) == {1}


def test_r2_fifty_restarts_send_nothing_new(scene):
    """Nautilus #3176: duplicate orders on each restart."""
    scene.until_entry()
    scene.go(10)
    sent = len(scene.sent)
    for _ in range(50):
        scene.start()

    assert len(scene.sent) == sent
    assert len(scene.broker.positions) == 1


def test_r3_fills_told_ten_times_are_booked_once(scene):
    """Nautilus #3046: fills replayed, duplicate trade id."""
    scene.until_entry()
    scene.go(10)
    held = scene.trader.core.position(0, 0)
    for _ in range(10):
        scene.trader.reports(scene.broker.record)
        scene.turn()

    assert scene.trader.core.position(0, 0) == held != 0
    assert scene.trader.duplicates >= 10


def test_r7_and_r10_an_hour_of_failed_questions_is_neither_flat_nor_not_found(scene):
    """Nautilus #3715 and hummingbot #8457: a failed query read as flat; an outage counted as evidence."""
    scene.until_entry()
    scene.go(10)
    held = scene.trader.core.position(0, 0)
    scene.queries = False
    scene.go(3600, step=30)

    assert scene.trader.core.position(0, 0) == held or scene.trader.core.position(0, 0) == sum(
        one.quantity for one in scene.broker.positions.values()
    )
    assert "cancelled" not in scene.statuses()


def test_r8_own_orders_of_an_earlier_life_are_managed_after_a_restart(scene):
    """Nautilus #5057: orders of an earlier session could not be changed."""
    scene.until_entry()
    scene.go(10)
    scene.start()
    scene.go(600)

    assert any(type(one).__name__ == "Replace" for one in scene.sent)
    assert not any("ended here" in one.kind for one in scene.trader.differences())


@pytest.mark.parametrize("scope", ["forever", "open", "echo", "none"])
def test_r11_a_timeout_at_submit_is_one_execution_at_every_kind_of_broker(scope):
    """Hummingbot #493, catalyst #317: a read timeout sent the same order twice."""
    scene = Scene(scope)
    scene.answers = False
    scene.until_entry()
    scene.answers = True
    scene.go(120)

    assert set(scene.executions().values()) == {1}


def test_an_order_that_never_arrived_is_given_up_with_evidence_and_not_before(scene):
    """The other side of the same: nothing was executed, and it is said so once it is certain."""
    scene.requests = False
    scene.until_entry()
    scene.go(10)
    assert "unknown" in scene.statuses()
    scene.requests = True
    scene.go(120)

    assert "unknown" not in scene.statuses()
    assert not any(name.endswith("-1-E0") for name in scene.executions())


def test_r12_nothing_is_opened_after_the_signal_to_stop(scene):
    """Hummingbot #8075: orders were placed during shutdown."""
    scene.trader.order(scene.trader.core.hold(STOPPING, on=True))
    scene.go(600)

    assert not any(hasattr(one, "closes") and not one.reduce_only for one in scene.sent)


def test_r14_what_was_filled_while_the_stream_was_cut_is_known_after_it(scene):
    """LEAN .IB #249: fills during a disconnect were never asked for."""
    scene.stream = False
    scene.answers = False
    scene.until_entry()
    scene.trader.link(Link("reports", up=False, reason="cut"))
    scene.go(60)
    scene.stream = scene.answers = True
    scene.trader.link(Link("reports", up=True))
    scene.turn()
    scene.go(30)

    assert scene.trader.core.position(0, 0) == sum(one.quantity for one in scene.broker.positions.values())
    assert not scene.trader.core.held(0) & 1


def test_r15_without_a_link_nothing_is_opened_for_three_days(scene):
    """LEAN .IB #246: three days blind, and the heartbeat switched off by what it should have found."""
    scene.trader.link(Link("reports", up=False, reason="reset"))
    scene.turn()
    scene.go(3 * 86_400, step=600)

    assert scene.trader.core.held(0) != 0
    assert not any(hasattr(one, "closes") for one in scene.sent)


def test_r21_a_refused_cancel_is_looked_up_and_not_repeated_for_ever(scene):
    """Qubx #434: fourteen thousand rejected cancels in twenty hours."""
    scene.until_entry()
    scene.go(1200)

    assert len([one for one in scene.sent if type(one).__name__ == "Cancel"]) <= 5


def test_r22_a_fill_before_a_restart_is_not_booked_again(scene):
    """QuantDinger #232: a fill booked twice after a restart."""
    scene.until_entry()
    scene.go(10)
    held = scene.trader.core.position(0, 0)
    scene.start()
    scene.trader.reports(scene.broker.record)
    scene.turn()

    assert scene.trader.core.position(0, 0) == held != 0


def test_r5_a_second_reconciliation_adds_no_event(scene):
    """Nautilus #3878: reconciling twice gave other events."""
    scene.until_entry()
    scene.go(60)
    before = scene.trader.core.events
    for _ in range(3):
        scene.trader.settling.begin()
        scene.trader.turn(scene.now)
        scene.turn()

    assert scene.trader.core.events == before
    assert scene.trader.differences() == []


def test_r13_an_order_that_was_given_up_and_fills_after_all_is_ours(scene):
    """Hummingbot #3374, #6716: forgotten orders filled later. The broker is later here than it declares."""
    scene.requests = False
    scene.until_entry()
    scene.go(120)
    lost = next(one for one in scene.sent if hasattr(one, "closes"))
    assert "unknown" not in scene.statuses()
    scene.requests = True
    scene.broker.carry_out(lost)
    scene.go(15)

    # It is booked; and as its stop was forgotten with it, the gate closes what nothing here protects.
    assert "2" in scene.disk.executions
    assert scene.sent[-1].reduce_only
    assert scene.trader.core.position(0, 0) == 0
    assert not scene.broker.positions


def test_r18_fills_win_over_a_status_that_contradicts_them(scene):
    """Freqtrade #13037: `filled = 0, cancelled` for an order that had filled."""
    scene.go(15)
    scene.answers = scene.stream = False
    told = scene.broker.find
    scene.broker.find = lambda name: Found("cancelled", ()) if name.endswith("-1-E0") else told(name)
    scene.until_entry()
    scene.go(20)

    assert scene.trader.core.position(0, 0) == sum(one.quantity for one in scene.broker.positions.values()) != 0


def test_r20_a_stop_that_is_missing_is_put_back_without_a_loop(scene):
    """Freqtrade #12360: a missing stop crashed the bot in a loop."""
    scene.until_entry()
    scene.go(15)
    (position,) = scene.broker.positions.values()
    position.stop, position.stop_id = 0, ""
    scene.trader.settling.begin()
    scene.go(15)

    assert position.stop != 0
    assert sum(getattr(one, "role", 0) == STOP_LOSS for one in scene.sent) == 1
