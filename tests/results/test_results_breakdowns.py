"""Results by session, clock, day and trend: labels worked out by hand, cells that add up."""

import math
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
from results_cases import HOUR, LOSER, MINUTE, START, UNRATED, WINNER, rows, run_of

from tradewind.markets.loading import load_profile
from tradewind.results import entries, ranges
from tradewind.results.breakdowns import breakdowns

PROFILE = "metatrader"


def ns(text):
    """Return moments ns UTC of ISO texts without an offset."""
    return (
        np.array([int(datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp()) for one in text], np.int64) * 10**9
    )


def run_with(*trades, gates=()):
    """Return the document and tables of trades, with a profile that declares the instruments."""
    document, tables = run_of(trades=rows("trades", *trades), gates=rows("gates", *gates))
    return document | {"settings": {"profile": PROFILE}}, tables


def broken_down(*trades, gates=()):
    document, tables = run_with(*trades, gates=gates)
    return breakdowns(tables, document)


# 2024-03-12 is in the weeks in which only America has changed its clocks; 2024-07-16 and 2025-01-15 are ordinary.
@pytest.mark.parametrize(
    ("moment", "symbol", "block", "pair", "hour", "session_hour"),
    [
        ("2025-01-15T14:35", "US30", "NY_AM", "LONDON_BLOCK -> NY_AM", "09", "New York 09"),
        ("2025-01-15T14:25", "US30", "LONDON_BLOCK", "ASIA_BLOCK -> LONDON_BLOCK", "09", "London 14"),
        ("2025-01-15T13:05", "XAUUSD", "NY_AM", "LONDON_BLOCK -> NY_AM", "08", "New York 08"),
        ("2025-01-15T03:00", "XAUUSD", "ASIA_BLOCK", "ASIA_BLOCK", "22", "Tokyo 12"),
        ("2024-07-16T13:30", "US30", "NY_AM", "LONDON_BLOCK -> NY_AM", "09", "New York 09"),
        ("2024-07-16T17:00", "US30", "NY_PM", "NY_AM -> NY_PM", "13", "New York 13"),
        ("2024-03-12T13:30", "US30", "NY_AM", "LONDON_BLOCK -> NY_AM", "09", "New York 09"),
        ("2024-03-12T12:05", "XAUUSD", "NY_AM", "LONDON_BLOCK -> NY_AM", "08", "New York 08"),
        ("2024-03-12T11:55", "XAUUSD", "LONDON_BLOCK", "ASIA_BLOCK -> LONDON_BLOCK", "07", "London 11"),
        ("2025-01-15T22:30", "XAUUSD", "between", "between", "17", "between"),
        ("2025-01-15T21:30", "US30", "POST", "NY_PM -> POST", "16", "New York 16"),
    ],
)
def test_sessions_of_entries(moment, symbol, block, pair, hour, session_hour):
    """Blocks are resolved in their own zones, whichever clocks are in step."""
    ts, known = ns([moment]), {symbol: load_profile(PROFILE).instrument(symbol)}
    found = entries.blocks(ts, [symbol], known)

    assert found == [block]
    assert entries.session_pairs(found) == [pair]
    assert entries.hours_new_york(ts) == [hour]
    assert entries.session_hours(ts, found) == [session_hour]


def test_days_of_entries():
    """Sunday 23:30 UTC is Monday's date; the first of a month in New York may be the last elsewhere."""
    ts = ns(["2025-01-12T23:30", "2025-01-31T23:30", "2025-07-17T20:00"])

    assert entries.weekdays(ts) == ["Monday", "Saturday", "Thursday"]
    assert entries.months(ts) == ["2025-01", "2025-02", "2025-07"]


def test_clocks_of_entries():
    """Domain 1.6: in 2025 out of step from 10 to 28 March and from 27 to 31 October."""
    ts = ns([f"{day}T15:00" for day in (
        "2025-01-15", "2025-03-07", "2025-03-10", "2025-03-28", "2025-03-31", "2025-10-24", "2025-10-27", "2025-10-31",
        "2025-11-03",
    )])  # fmt: skip
    winter, summer = "in step, winter", "in step, summer"
    spring, autumn = "out of step, spring", "out of step, autumn"

    assert entries.clock_regimes(ts) == [winter, winter, spring, spring, summer, summer, autumn, autumn, winter]


def test_day_types_of_entries():
    """US30 is thin on Martin Luther King day and half after Thanksgiving; outside the calendar nobody knows."""
    ts, known = ns(["2025-01-20T15:00", "2024-11-29T15:00", "2025-01-15T15:00", "2002-01-15T15:00"]), {}
    known["US30"] = load_profile(PROFILE).instrument("US30")

    assert entries.day_types(ts, ["US30"] * 4, known) == ["thin", "half", "full", None]
    assert entries.blocks(ts[3:], ["US30"], known) == [None]
    assert entries.day_types(ts[:1], ["GOLD"], known) == [None]


def test_cells_of_three_trades():
    """By strategy: two of pullback, of which one has an R; one of breakout. All are few."""
    found = broken_down(WINNER, LOSER, UNRATED)["strategy"]

    assert found["value"].to_list() == ["breakout", "pullback"]
    assert found["n"].to_list() == [1, 2]
    assert found["rated"].to_list() == [1, 1]
    assert found["net"].to_list() == pytest.approx([-101.75, 196.47])
    assert found["mean_r"].to_list() == pytest.approx([-1.0175, 1.965])
    assert found["error_r"].to_list() == [None, None]
    assert found["win_rate"].to_list() == [0, 0.5]
    assert found["few"].all()


def test_errors_stand_in_every_cell_that_can_have_one():
    """Forty trades of 1.965 R and -1.035 R by turns: mean 0.465, error 1.5 x sqrt(40 / 39) / sqrt(40); not few."""
    trades = [
        WINNER | {"number": place, "opened_at": START + place * MINUTE, "gross": 20_000 if place % 2 else -10_000}
        for place in range(40)
    ]
    found = broken_down(*trades)["instrument"]

    assert found["mean_r"][0] == pytest.approx(0.465)
    assert found["error_r"][0] == pytest.approx(1.5 / math.sqrt(39))
    assert not found["few"][0]


def test_every_dimension_holds_every_trade():
    """Whatever is asked, counts and sums of the rows are those of the run."""
    found = broken_down(WINNER, LOSER, UNRATED, LOSER | {"opened_at": START + 9 * HOUR, "closed_at": START + 10 * HOUR})

    assert {
        "strategy", "instrument", "side", "reason", "session", "pair", "hour", "session_hour", "weekday", "month",
        "day_type", "clocks", "trend",
    } == set(found)  # fmt: skip
    assert {frame["n"].sum() for frame in found.values()} == {4}
    assert [frame["net"].sum() for frame in found.values()] == pytest.approx([-7.03] * len(found))


def test_a_run_that_names_no_profile_is_broken_down_without_sessions():
    """Where nobody knows the instrument, what needs its calendar is null and the rest is there."""
    document, tables = run_of(trades=rows("trades", WINNER))
    found = breakdowns(tables, document)

    assert found["session"]["value"].to_list() == found["day_type"]["value"].to_list() == [None]
    assert found["hour"]["value"].to_list() == ["20"]


def test_a_run_without_trades_has_empty_breakdowns():
    assert all(frame.height == 0 for frame in broken_down().values())


def test_the_trend_is_the_one_last_asked_before_the_entry():
    """The gate said 1, then 0, then -1: entries after each are with it, without one, and against it."""
    gates = [
        {"ts": START + place * HOUR, "gate": 0, "value": value, "strategy": 0, "instrument": 0}
        for place, value in enumerate((1.0, 0.0, -1.0))
    ]
    trades = [WINNER | {"number": place, "opened_at": START + place * HOUR} for place in range(3)]
    found = broken_down(*trades, LOSER, gates=gates)["trend"]

    assert dict(zip(found["value"], found["n"], strict=True)) == {"against": 1, "none": 1, "with": 1, None: 1}


def bars(days, height):
    """Return hourly bars from 08:00 to 20:00 UTC of January 2025's weekdays; each day's range is height(day)."""
    rows_of = [
        (datetime(2025, 1, day, hour, tzinfo=UTC), 100.0 + height(day), 100.0, 100.0)
        for day in days
        if date(2025, 1, day).weekday() < 5
        for hour in range(8, 20)
    ]
    return pl.DataFrame(
        rows_of, schema={"ts": pl.Datetime("ns", "UTC"), "high": float, "low": float, "close": float}, orient="row"
    )


def test_the_average_range_of_a_day_is_of_days_before_it():
    """Ranges 1, 2, 3, 6, 7 with a length of two: the third date knows (1 + 2) / 2 of a price of 100."""
    frame = bars(range(1, 8), float)  # Wednesday 1 to Friday 3, Monday 6, Tuesday 7
    found = ranges.average_ranges(frame, length=2)
    first = (date(2025, 1, 1) - date(1970, 1, 1)).days

    assert found == pytest.approx({first + 2: 0.015, first + 5: 0.025, first + 6: 0.045, first + 7: 0.065})


def test_dates_that_do_not_count_are_left_out():
    """A date that is not full passes the average on to the next as it was."""
    first = (date(2025, 1, 1) - date(1970, 1, 1)).days
    found = ranges.average_ranges(bars(range(1, 8), float), np.array([first, first + 1, first + 5]), length=2)

    assert found[first + 2] == found[first + 5] == pytest.approx(0.015)
    assert found[first + 6] == pytest.approx(0.04)


def test_terciles_are_known_in_the_morning():
    """Poisoning the prices of an entry's own date changes its label by nothing."""
    frame = bars(range(1, 29), lambda day: 1 + day % 3)
    ts = ns(["2025-01-28T14:00"])
    poisoned = frame.with_columns(
        pl.when(pl.col("ts").dt.date() == date(2025, 1, 28)).then(999.0).otherwise(pl.col("high")).alias("high")
    )
    known, other = (ranges.average_ranges(one, length=3) for one in (frame, poisoned))
    day = int(entries.trading_days(ts)[0])

    assert known[day] == other[day]
    assert ranges.terciles(ts, known)[0] in ranges.TERCILES
    assert ranges.terciles(ts, {}) == [None]


def test_prices_give_a_dimension_of_widths():
    """With the bars of one instrument its trades are told apart; those of others are unknown."""
    document, tables = run_with(WINNER, LOSER)
    frame = bars(range(1, 29), lambda day: 1 + day % 3).with_columns(pl.col("ts").dt.offset_by("37d"))
    found = breakdowns(tables, document, {"US30": frame})["adr"]

    assert found["n"].sum() == 2
    assert found["value"].to_list()[-1] is None
