"""Silence: an alarm where it is improbable, none where it is usual, never outside the hours."""

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from calendar_cases import EURUSD, GOLD, ns
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.errors import BadData
from tradewind.liveness.habits import (
    NOTHING,
    WEEK,
    Habits,
    counts_of,
    learn,
    load,
    minutes_of_week,
    ordinary_minutes,
    save,
    smoothed,
    with_gaps,
)
from tradewind.liveness.silence import NEVER, Patience, Silence
from tradewind.markets.clock import DAY, HOUR, MINUTE, SECOND
from tradewind.markets.hours import is_open, open_intervals

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
TICKS = DATA / "XAUUSD_ticks_oanda_20140504_20140509.parquet"
needs_data = pytest.mark.skipif(not TICKS.is_file(), reason=f"no market data at {DATA}")
MONDAY = ns("2025-02-02T23:00")


def pace(ts):
    """Return quotes a minute: many in New York's morning, few at night."""
    minute = int(minutes_of_week(np.array([ts]))[0]) % 1440
    return 240.0 if 8 * 60 <= minute < 12 * 60 else 60.0 if 3 * 60 <= minute < 17 * 60 else 12.0


def recording(start, end, seed=1):
    """Return the arrivals of a feed in open hours: a Poisson process of the pace above."""
    chance, found = np.random.default_rng(seed), [np.zeros(0, np.int64)]
    for opens, closes in open_intervals(GOLD, start, end):
        counts = [(minute, chance.poisson(pace(minute))) for minute in range(opens, closes, MINUTE)]
        found += [minute + np.sort(chance.integers(0, MINUTE, count)) for minute, count in counts]
    return np.concatenate(found)


def habits_of(arrivals):
    minutes = ordinary_minutes(GOLD, int(arrivals[0]) // MINUTE * MINUTE, int(arrivals[-1]) // MINUTE * MINUTE)
    return learn(NOTHING, minutes, counts_of(arrivals, minutes))


LEARNED = habits_of(recording(MONDAY, MONDAY + 21 * DAY))


def watch(until, habits=LEARNED, patience=None, minutes=90):
    """Return a watch that has seen an hour and a half of a feed that ended at `until`."""
    silence = Silence(GOLD, habits, patience)
    for ts in recording(until - minutes * MINUTE, until, seed=7).tolist():
        silence.quote(ts)
    return silence


def delay(silence, until):
    return (silence.alarm_at(until) - until) / SECOND


def test_a_silence_that_is_nothing_at_night_is_an_alarm_in_new_yorks_morning():
    night, morning = ns("2025-03-05T05:00"), ns("2025-03-05T15:00")
    busy, quiet = watch(morning), watch(night)

    assert delay(busy, morning) < 15
    assert delay(quiet, night) > 60
    assert busy.look(morning + 20 * SECOND).state == "silent"
    assert quiet.look(night + 20 * SECOND).state in {"live", "quiet"}
    assert quiet.look(night + HOUR).state == "silent"


@pytest.mark.parametrize("moment", ["2025-03-05T14:00", "2025-03-12T13:00"], ids=["winter", "summer time of New York"])
def test_the_week_is_new_yorks_so_that_summer_time_moves_nothing(moment):
    """09:00 New York is 14:00 UTC before the ninth of March and 13:00 after it."""
    moment = ns(moment)
    assert delay(watch(moment), moment) < 15
    assert smoothed(LEARNED.means, LEARNED.weeks)[int(minutes_of_week(np.array([moment]))[0])] > 200


def test_the_moment_foretold_is_the_moment_of_the_alarm():
    for moment in range(ns("2025-03-05T03:00"), ns("2025-03-05T21:30"), 47 * MINUTE):
        silence = watch(moment)
        at = silence.alarm_at(moment)

        assert silence.alarm_at(moment + SECOND) == at
        assert silence.look(at - SECOND // 100).state != "silent"
        assert silence.look(at + SECOND // 100).state == "silent"


@pytest.mark.parametrize(
    ("last", "reopens"),
    [("2025-03-07T21:59:55", "2025-03-09T22:00"), ("2025-03-05T21:59:55", "2025-03-05T23:00"),
     ("2025-04-17T20:59:55", "2025-04-20T22:00")],
    ids=["a weekend over which the clocks change", "the daily break", "Good Friday"],
)  # fmt: skip
def test_closed_hours_raise_no_alarm_and_count_nothing(last, reopens):
    last, reopens = ns(last), ns(reopens)
    silence = watch(last)
    assert silence.alarm_at(last) == NEVER
    states = {silence.look(ts).state for ts in range(last + MINUTE, reopens, 5 * MINUTE)}

    assert states == {"closed"}
    assert silence.look(reopens).state == "live"
    assert silence.look(reopens).due == 0.0
    assert silence.alarm_at(reopens) > reopens + 5 * SECOND
    assert silence.look(reopens + HOUR).state == "silent"


def test_a_watch_that_knows_no_habits_waits_the_declared_time():
    silence = Silence(GOLD, NOTHING, Patience(unknown_s=45.0))
    now = ns("2025-03-05T15:00")
    silence.quote(now)

    assert not NOTHING.known
    assert silence.look(now + 44 * SECOND).state == "live"
    assert silence.look(now + 46 * SECOND).state == "silent"
    assert abs(delay(silence, now) - 45) < 0.001


def test_no_alarm_comes_before_the_least_time_and_none_later_than_the_most():
    morning, night = ns("2025-03-05T15:00"), ns("2025-03-05T05:00")
    patience = Patience(alarms_a_week=10_000.0, least_s=30.0, most_s=100.0)

    assert abs(delay(watch(morning, patience=patience), morning) - 30) < 1
    rare = Patience(alarms_a_week=1e-9, most_s=100.0)
    assert 80 < delay(watch(night, patience=rare), night) <= 101


def test_an_outage_teaches_the_watch_nothing():
    moment = ns("2025-03-05T15:00")
    silence = watch(moment)
    before = delay(silence, moment)
    again = moment + 45 * MINUTE
    silence.quote(again)

    assert silence.alarmed
    for step in range(1, 200):
        silence.quote(again + step * SECOND // 4)
    assert not silence.alarmed
    assert delay(silence, again + 50 * SECOND) < 2 * before


def test_a_feed_is_not_silent_because_it_was_busy():
    moment = ns("2025-03-05T15:00")
    usual, busy = watch(moment), Silence(GOLD, LEARNED)
    for ts in recording(moment - HOUR, moment, seed=7).tolist():
        busy.quote(ts, 3)

    assert abs(delay(busy, moment) - delay(usual, moment)) < 1


def test_a_watch_that_begins_in_the_middle_of_a_session_counts_from_there():
    moment = ns("2025-03-05T15:00")
    silence = Silence(GOLD, LEARNED)

    assert silence.look(moment)[:3] == ("live", moment, 0.0)
    assert silence.alarm_at(moment) > moment + 5 * SECOND
    assert silence.look(moment + HOUR).state == "silent"


def test_weeks_of_a_living_feed_raise_next_to_no_alarm():
    arrivals = recording(MONDAY + 28 * DAY, MONDAY + 49 * DAY, seed=11)
    silence = Silence(GOLD, LEARNED)
    alarms = 0
    for ts in arrivals.tolist():
        silence.quote(ts)
        alarms += silence.alarmed

    assert len(arrivals) > 500_000
    assert alarms <= 3


@given(st.integers(0, 5 * 24 * 60 - 1), st.integers(0, 3))
@settings(max_examples=30)
def test_a_feed_that_stops_in_open_hours_is_noticed_before_the_most_time(minute, week):
    moment = ns("2025-03-10T00:00") + week * 7 * DAY + minute * MINUTE
    silence = watch(moment)
    if not all(is_open(GOLD, moment + step) for step in (-HOUR, 0, 20 * MINUTE)):
        return

    assert delay(silence, moment) <= 900.001


def test_habits_follow_a_feed_that_changes_and_leave_holidays_out():
    minutes = ordinary_minutes(GOLD, MONDAY, MONDAY + 10 * 7 * DAY)
    before, after = np.full(len(minutes), 100), np.full(len(minutes), 20)
    turn = MONDAY + 5 * 7 * DAY
    habits = learn(NOTHING, minutes, np.where(minutes < turn, before, after))

    assert 20 < habits.means.max() < 45
    assert not np.isin(ordinary_minutes(GOLD, ns("2025-12-24"), ns("2025-12-26")), [ns("2025-12-25T12:00")]).any()
    assert len(ordinary_minutes(GOLD, ns("2025-12-25T00:00"), ns("2025-12-25T22:00"))) == 0


def test_learning_in_parts_is_learning_at_once():
    minutes = ordinary_minutes(GOLD, MONDAY, MONDAY + 14 * DAY)
    counts = np.arange(len(minutes)) % 50
    cut = np.searchsorted(minutes, MONDAY + 7 * DAY)
    parts = learn(learn(NOTHING, minutes[:cut], counts[:cut]), minutes[cut:], counts[cut:])

    assert np.allclose(parts.means, learn(NOTHING, minutes, counts).means)


def test_habits_are_saved_and_read_again(tmp_path):
    save(LEARNED, tmp_path / "XAUUSD.json")
    again = load(tmp_path / "XAUUSD.json")

    assert np.allclose(again.means, LEARNED.means, atol=0.005)
    assert (again.weeks == LEARNED.weeks).all()
    assert again.known
    assert [path.name for path in tmp_path.iterdir()] == ["XAUUSD.json"]
    assert (tmp_path / "XAUUSD.json").stat().st_size < 150_000


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"format": "x"}, {"means": [1.0]}, {"clump": "many"}, {"clump": 0.5}, {"weeks": None},
     {"means": [float("nan")] * WEEK}, {"means": [-1.0] * WEEK}, {"weeks": [-1] * WEEK}],
    ids=str,
)  # fmt: skip
def test_a_file_that_is_no_habits_is_refused(tmp_path, change):
    path = tmp_path / "habits.json"
    save(LEARNED, path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(BadData):
        load(path)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_a_damaged_file_is_refused(tmp_path, text):
    path = tmp_path / "habits.json"
    path.write_text(text)

    with pytest.raises(BadData):
        load(path)


@needs_data
def test_a_stopped_feed_is_noticed_in_a_real_week_and_a_living_one_hardly_ever_accused():
    """The figures are those of bench/liveness.py; here are bounds that hold with room."""
    arrivals = pl.read_parquet(TICKS)["ts"].to_physical().to_numpy()
    habits = with_gaps(habits_of(arrivals), arrivals)
    silence, alarms, delays = Silence(GOLD, habits), 0, []
    for number, ts in enumerate(arrivals.tolist()):
        silence.quote(ts)
        alarms += silence.alarmed
        if number % 5000 == 4999 and (at := silence.alarm_at(ts)) != NEVER:
            delays.append((at - ts) / SECOND)
    longer = int((np.diff(arrivals) > 60 * SECOND).sum())

    assert alarms <= 5
    assert longer > 80  # a fixed minute would have called it dead so often
    assert np.median(delays) < 90
    assert max(delays) <= 901


def test_two_instruments_are_watched_apart():
    now = ns("2025-03-05T15:00")
    gold, euro = watch(now), Silence(EURUSD, Habits(LEARNED.means, LEARNED.weeks, LEARNED.clump))
    euro.quote(now + MINUTE)

    assert gold.look(now + MINUTE).state == "silent"
    assert euro.look(now + MINUTE).state == "live"
