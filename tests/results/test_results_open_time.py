"""Time as the market counts it, against counting moments one by one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_cases import DAY, GOLD, HOUR, LOSER, START, US30, WINNER, facts, rows, run_of

from tradewind.results.open_time import merged, open_before, share_held

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 15)).map(lambda pair: (pair[0], sum(pair))), max_size=8)


@given(SPANS, SPANS)
def test_the_share_held_is_that_of_the_moments(market, trades):
    """Every moment in which the market is open counts once, held or not."""
    moments = {moment for start, end in market for moment in range(start, end)}
    held = {moment for start, end in trades for moment in range(start, end)} & moments
    opened, closed = (np.array([span[side] for span in trades], np.int64) for side in (0, 1))
    found = share_held(opened, closed, merged(market))

    assert found == (pytest.approx(len(held) / len(moments)) if moments else None)
    assert open_before(np.array([100]), merged(market)).tolist() == [len(moments)]


def test_intervals_that_touch_are_one():
    """Two that touch and one inside another are joined."""
    assert merged([(5, 9), (0, 5), (6, 7), (12, 13)]).tolist() == [[0, 9], [12, 13]]
    assert merged([]).shape == (0, 2)


def with_hours(instrument, *spans):
    """Return an instrument that was open in spans of hours of the first day."""
    hours = tuple((START + first * HOUR, START + last * HOUR) for first, last in spans)
    return replace(instrument, open_ns=sum(end - begin for begin, end in hours), open_spans=hours)


def test_a_position_over_a_closed_night_is_held_while_the_market_is_open():
    """Held from 01:00 to 20:00 where the market is open to 02:00 and from 18:00 to 24:00: 3 of 8 hours, not 19 of 8."""
    run = facts(with_hours(US30, (0, 2), (18, 24)))
    document, _ = run_of(run, trades=rows("trades", WINNER | {"closed_at": START + 20 * HOUR}))

    assert document["summary"]["total"]["exposure"] == pytest.approx(3 / 8)


def test_of_several_markets_any_that_is_open_counts():
    """US30, open 0 to 4, held from 1 to 2; gold, open 2 to 8, from 1:30 to 3: together 2 of 8 hours."""
    run = facts(with_hours(US30, (0, 4)), with_hours(GOLD, (2, 8)), end=START + DAY)
    document, _ = run_of(run, trades=rows("trades", WINNER, LOSER))
    lines = {(one["strategy"], one["symbol"]): one["exposure"] for one in document["summary"]["lines"]}

    assert document["summary"]["total"]["exposure"] == pytest.approx(2 / 8)
    assert lines["pullback", "US30"] == pytest.approx(1 / 4)
    assert lines["breakout", "XAUUSD"] == pytest.approx(1 / 6)
