"""When a trader counts as hung: looks as rows, no process and no clock."""

from tradewind.watchdog.beats import Beat, NoBeat
from tradewind.watchdog.processes import Process
from tradewind.watchdog.watch import SECOND, Patience, Sight, Watch

TRADER = Process(4242, 777)
BROKEN = NoBeat("it is not JSON")
MISSING = NoBeat("there is no file", missing=True)
LOOK = SECOND // 10


def beat(at_s, turn, process=TRADER, *, turned_s=None, kill=0, ended=False):
    at = round(at_s * SECOND)
    turned = at if turned_s is None else round(turned_s * SECOND)
    return Beat(process.pid, process.started, at, turn, turned, leader=True, kill=kill, rest={"ended": ended})


class Scene:
    """A watch, and time that passes for it."""

    def __init__(self, **patience):
        self.watch = Watch(Patience(**patience))
        self.now = 1_000 * SECOND

    def passes(self, seconds, told, trader=TRADER, kill=0):
        """Look ten times a second; `told` gives the beat for a moment. Return each state and when it began."""
        seen = []
        for _ in range(round(seconds * 10)):
            self.now += LOOK
            at = self.now / SECOND
            state = self.watch.look(Sight(self.now, told(at) if callable(told) else told, trader, kill))
            if not seen or seen[-1][0] != state:
                seen.append((state, at))
        return seen

    def alive(self, seconds, trader=TRADER):
        """The trader beats each second, as it should."""
        assert [state for state, _ in self.passes(seconds, lambda at: beat(int(at), int(at), trader), trader)] == [
            "alive"
        ]


def test_a_trader_that_beats_and_turns_is_alive_for_ever():
    """An hour of beats a second apart."""
    Scene().alive(3600)


def test_a_heartbeat_that_stands_still_is_hung_within_three_seconds():
    """Between the beat and the judgement lie 2.7 to 3 seconds."""
    scene = Scene()
    scene.alive(10)
    last = beat(int(scene.now / SECOND), 10**6)

    states = scene.passes(5, last)

    assert [state for state, _ in states] == ["alive", "hung"]
    assert 2.7 <= states[1][1] - scene.now / SECOND + 5 <= 3.0


def test_a_thread_that_beats_for_a_loop_that_hangs_does_not_hide_it():
    """The clock of the beat grows, the turn does not."""
    scene = Scene()
    scene.alive(10)
    hung_at = scene.now / SECOND

    states = scene.passes(5, lambda at: beat(at, 10**6, turned_s=hung_at))

    assert states[-1][0] == "hung"
    assert states[-1][1] - hung_at <= 3.0


def test_a_turn_that_grows_while_the_clock_of_the_beat_stands_is_no_life():
    """Both must grow: somebody writes the same moment again and again."""
    scene = Scene()
    scene.alive(10)
    at = scene.now / SECOND

    assert scene.passes(5, lambda now: beat(at, int(now * 10) + 10**6))[-1][0] == "hung"


def test_a_status_that_is_broken_is_a_hang_even_for_a_trader_never_seen_to_beat():
    """Files are written whole, so garbage is no start."""
    states = Scene().passes(4, BROKEN)

    assert states[-1][0] == "hung"
    assert states[-1][1] - 1_000 <= 3.2


def test_a_trader_that_starts_may_take_its_time_once():
    """No status, or that of the process before it, is a start for as long as is allowed."""
    scene = Scene(start_s=20)
    old = beat(900, 5, Process(4141, 5))

    assert [state for state, _ in scene.passes(19, old)] == ["starting"]
    assert [state for state, _ in scene.passes(2, MISSING)][-1] == "hung"


def test_a_status_that_vanishes_after_beats_is_a_hang():
    """A start is only before the first beat."""
    scene = Scene()
    scene.alive(5)

    assert scene.passes(4, MISSING)[-1][0] == "hung"


def test_a_clock_that_leaps_and_a_watchdog_that_slept_blame_nobody():
    """After an hour in which no look was made the trader gets its time again."""
    scene = Scene()
    scene.alive(10)
    last = beat(int(scene.now / SECOND), 10**6)
    scene.now += 3600 * SECOND

    assert [state for state, _ in scene.passes(1.5, last)] == ["alive"]


def test_a_clock_that_goes_back_is_no_time_at_all():
    """Looks in the past count nothing and break nothing."""
    scene = Scene()
    scene.alive(10)
    scene.now -= 100 * SECOND

    assert scene.passes(0.1, lambda at: beat(at, 1))[0][0] == "alive"


def test_a_trader_that_keeps_trading_under_a_kill_file_disobeys():
    """It beats and turns, and its kill level stays below what is asked."""
    scene = Scene()
    scene.alive(10)

    states = scene.passes(5, lambda at: beat(at, int(at * 10)), kill=2)

    assert [state for state, _ in states] == ["alive", "disobeys"]


def test_a_trader_that_takes_the_level_is_left_alone():
    """The level in force is what is asked, or more."""
    scene = Scene()

    assert {state for state, _ in scene.passes(30, lambda at: beat(at, int(at * 10), kill=3), kill=2)} == {"alive"}


def test_a_trader_that_left_without_a_word_is_gone_and_one_that_ended_is_absent():
    """Neither is hung: there is nobody to stop."""
    for ended, state in ((False, "gone"), (True, "absent")):
        scene = Scene()
        scene.alive(5)
        last = beat(scene.now / SECOND, 10**6, ended=ended)
        assert {seen for seen, _ in scene.passes(60, last, trader=None)} == {state}


def test_another_process_on_the_same_number_is_another_trader():
    """A pid that is used again starts from the beginning."""
    scene = Scene()
    scene.alive(5)
    scene.passes(2, beat(1005, 10**6))

    assert scene.passes(2, MISSING, trader=Process(TRADER.pid, 999))[-1][0] == "starting"
