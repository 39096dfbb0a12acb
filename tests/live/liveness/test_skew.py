"""The clock guard: what round trips prove, what the three clocks tell, and how trust comes back."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.liveness.skew import ClockGuard, Reading, Tolerance
from tradewind.markets.clock import HOUR, MINUTE, SECOND

START = 1_741_000_000 * SECOND
MS = 1_000_000


class World:
    """True time, and clocks that are wrong about it."""

    def __init__(self, seed=1, skew=0, drift_ppm=0.0):
        self.true = 0
        self.asleep = 0
        self.set_by = skew
        self.drift = drift_ppm / 1e6
        self.chance = random.Random(seed)

    def read(self):
        return Reading(START + self.true + self.set_by, 5 * HOUR + self.true - self.asleep, 7 * HOUR + self.true)

    def broker(self):
        return START + self.true + int(self.true * self.drift)

    def ask(self, guard, trip=80 * MS, resolution=1):
        sent = self.read()
        out = int(trip * self.chance.random())
        self.true += out
        answer = self.broker() // resolution * resolution
        self.true += trip - out
        return guard.measured(sent, self.read(), answer, resolution)

    def wait(self, ns=SECOND):
        self.true += ns

    def sleep(self, ns):
        self.true += ns
        self.asleep += ns


def guarded(world, **tolerance):
    return ClockGuard(world.read(), Tolerance(**tolerance))


def test_an_unmeasured_clock_is_suspect_and_the_first_good_measure_makes_it_fine():
    world = World()
    guard = guarded(world)

    assert guard.look(world.read())[:3] == ("suspect", "the broker's clock was not measured yet", None)
    assert world.ask(guard).state == "fine"


@given(st.integers(-20_000, 20_000), st.integers(1, 3000), st.integers(0, 1000))
def test_the_true_skew_lies_within_the_bounds_given(skew_ms, trip_ms, seed):
    world = World(seed, skew_ms * MS)
    guard = guarded(world)
    for _ in range(5):
        verdict = world.ask(guard, trip_ms * MS)
        world.wait()

    assert abs(verdict.skew - skew_ms * MS) <= verdict.unsure + 1
    assert verdict.unsure <= trip_ms * MS // 2 + 1
    if abs(skew_ms) > 1000 + 2 * trip_ms:
        assert verdict.state == "suspect"
    if abs(skew_ms) + trip_ms < 1000:
        assert verdict.state != "suspect"


@pytest.mark.parametrize(
    ("skew", "state"),
    [(0, "fine"), (150, "fine"), (-400, "warn"), (900, "warn"), (1200, "suspect"), (-3000, "suspect")],
)
def test_a_skew_has_its_verdict(skew, state):
    world = World(skew=skew * MS)
    guard = guarded(world)
    world.ask(guard)
    world.wait()
    verdict = world.ask(guard)

    assert verdict.state == state
    assert abs(verdict.skew - skew * MS) <= 40 * MS


def test_a_slow_answer_proves_nothing_against_a_good_clock():
    world = World()
    guard = guarded(world)
    verdict = world.ask(guard, trip=6 * SECOND)

    assert verdict.state == "warn"
    assert "known to" in verdict.reason
    assert world.ask(guard, trip=50 * MS).unsure <= 26 * MS


def test_a_time_in_whole_seconds_is_no_more_than_that():
    world = World()
    guard = guarded(world)
    for _ in range(40):
        verdict = world.ask(guard, resolution=SECOND)
        world.wait(770 * MS)

    assert verdict.state == "fine"
    assert abs(verdict.skew) <= verdict.unsure < 200 * MS  # many roundings narrow it


def test_a_step_of_our_clock_is_seen_without_asking_anybody():
    world = World()
    guard = guarded(world)
    world.ask(guard)
    before = guard.broker_now(world.read())
    world.wait()
    world.set_by = 3 * SECOND
    verdict = guard.look(world.read())

    assert verdict.state == "suspect"
    assert "set by +3.000 s" in verdict.reason
    assert abs(verdict.skew - 3 * SECOND) <= verdict.unsure
    assert abs(guard.broker_now(world.read()) - before - SECOND) < MS  # the broker's time did not step


def test_a_small_step_is_a_warning_and_a_step_back_is_one_too():
    for step, state in ((400 * MS, "warn"), (-400 * MS, "warn"), (-HOUR, "suspect"), (100 * MS, "fine")):
        world = World()
        guard = guarded(world)
        world.ask(guard)
        world.set_by = step

        assert guard.look(world.read()).state == state


def test_a_machine_that_slept_is_suspect_until_it_has_asked_again():
    world = World()
    guard = guarded(world)
    world.ask(guard)
    world.sleep(2 * MINUTE)
    verdict = guard.look(world.read())

    assert verdict.state == "suspect"
    assert verdict.skew is None
    assert guard.steps[-1].slept == 2 * MINUTE
    assert guard.steps[-1].stepped == 0
    assert [world.ask(guard).state for _ in range(3)] == ["suspect", "suspect", "fine"]


def test_trust_comes_back_after_several_good_measures_and_not_on_the_edge():
    world = World(skew=1500 * MS)
    guard = guarded(world)
    states = []
    for skew in (1500, 900, 900, 900, 900, 400, 400, 400, 200, 200, 200, 90, 90, 90):
        world.set_by = skew * MS
        states.append(world.ask(guard, trip=2 * MS).state)
        world.wait(20 * MINUTE)  # older measures are forgotten

    assert states == ["suspect"] * 7 + ["warn"] * 6 + ["fine"]


def test_measures_that_stop_leave_a_warning():
    world = World()
    guard = guarded(world)
    world.ask(guard)
    world.wait(11 * MINUTE)
    verdict = guard.look(world.read())

    assert (verdict.state, verdict.skew) == ("warn", None)
    assert world.ask(guard).state == "warn"
    assert [world.ask(guard).state for _ in range(2)][-1] == "fine"


def test_a_measure_says_less_the_older_it_is():
    world = World()
    guard = guarded(world)
    first = world.ask(guard).unsure
    world.wait(5 * MINUTE)

    assert guard.look(world.read()).unsure - first == 60 * MS  # five minutes at 200 ppm


def test_a_broker_whose_clock_is_set_is_followed():
    world = World()
    guard = guarded(world)
    for _ in range(20):
        world.ask(guard)
        world.wait()
    world.drift = 5 * SECOND / world.true  # its clock jumps ahead of ours by five seconds

    verdict = world.ask(guard)
    assert verdict.state == "suspect"
    assert abs(verdict.skew + 5 * SECOND) <= verdict.unsure + 10 * MS


@pytest.mark.parametrize("ppm", [-80.0, 0.0, 50.0])
def test_the_drift_of_two_clocks_is_measured(ppm):
    world = World(drift_ppm=ppm)
    guard = guarded(world)
    for _ in range(60):
        verdict = world.ask(guard, trip=4 * MS)
        world.wait(10 * SECOND)

    assert abs(verdict.drift_ppm - ppm) < 5


def test_an_offset_told_by_an_adapter_is_bounded_by_its_round_trip():
    world = World(skew=-2500 * MS)
    guard = guarded(world)
    sent = world.read()
    world.wait(100 * MS)
    verdict = guard.told(sent, world.read(), 2500 * MS)

    assert verdict.state == "suspect"
    assert abs(verdict.skew + 2500 * MS) <= verdict.unsure <= 51 * MS


def test_an_answer_before_its_question_is_no_measure():
    world = World()
    guard = guarded(world)
    later = Reading(*(value + SECOND for value in world.read()))

    assert guard.measured(later, world.read(), world.broker()).skew is None
