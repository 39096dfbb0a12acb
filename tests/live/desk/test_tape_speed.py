"""A tape at the speed of a clock: whatever the speed, and wherever a run went on, it never stands still for long."""

import numpy as np
import pytest

from tradewind.kernel.records import EVENT
from tradewind.live.pacing import paced
from tradewind.live.paper import _beyond

SECOND, MINUTE, HOUR = 1_000_000_000, 60_000_000_000, 3_600_000_000_000
MONDAY = 1_736_118_000_000_000_000


def tape():
    """Return minutes of three days with a pause of an hour a day, one of a weekend, and a hole of twenty minutes."""
    moments, now = [], MONDAY
    for pause in (HOUR, 49 * HOUR, 20 * MINUTE, HOUR):
        moments += range(now, now + 12 * HOUR, MINUTE)
        now = moments[-1] + pause
    rows = np.zeros(len(moments), EVENT)
    rows["ts"] = moments
    return [rows[:1_000], rows[1_000:]]


class Clock:
    """A monotonic clock that sleeping moves."""

    def __init__(self):
        self.now = 77 * HOUR

    def __call__(self):
        self.now += 10_000
        return self.now

    def sleep(self, seconds):
        self.now += round(seconds * SECOND)


def told(speed, skipped=0, rows=None):
    """Return (wall time, time of the tape) of everything that came, up to so many rows."""
    clock, came, found = Clock(), 0, []
    begun = clock.now
    for block in paced(_beyond(tape(), skipped), speed, clock, clock.sleep):
        came += len(block)
        if len(block):
            found.append((clock.now - begun, int(block["ts"][-1]), len(block)))
        if rows is not None and came >= rows:
            break
    return found


@pytest.mark.parametrize("first", [1.0, 60.0, 6_000.0])
@pytest.mark.parametrize("speed", [60.0, 600.0, 6_000.0])
@pytest.mark.parametrize("at", [1, 719, 720, 721, 1_000, 1_439, 1_440])
def test_a_run_that_goes_on_at_another_speed_moves_at_that_speed(first, speed, at):
    """In the middle of a day, at either side of a pause, of a weekend and of a block."""
    before = sum(count for _, _, count in told(first, rows=at))
    found = told(speed, before)
    walls = [0, *(wall for wall, _, _ in found)]

    assert before + sum(count for _, _, count in found) == sum(map(len, tape()))
    assert max(np.diff(walls)) <= 5.1 * SECOND
    assert found[0][0] <= SECOND  # what comes first comes at once
    within = [(wall, ts) for wall, ts, _ in found if ts - found[0][1] < 10 * HOUR and before < 100]
    if len(within) > 100:  # a day without a pause takes as long as the new speed says
        assert within[-1][0] - within[0][0] == pytest.approx((within[-1][1] - within[0][1]) / speed, rel=0.02)


def test_what_lies_before_the_days_that_are_shown_is_not_waited_for():
    """A day of the tape passes at once; from then on a minute takes a second."""
    clock = Clock()
    begun, shown = clock.now, MONDAY + 13 * HOUR
    found = [
        (clock.now - begun, int(block["ts"][-1]))
        for block in paced(tape(), 60.0, clock, clock.sleep, at_once_until=shown)
        if len(block)
    ]

    before = [wall for wall, ts in found if ts < shown]
    after = [wall for wall, ts in found if ts >= shown]
    assert max(before) < SECOND
    assert sum(len(block) for block in paced(tape(), 60.0, Clock(), Clock().sleep, at_once_until=2**62)) == sum(
        len(block) for block in tape()
    )
    assert after[-1] - after[0] > 30 * 60 * SECOND
