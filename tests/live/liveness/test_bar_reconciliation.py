"""Our bars beside the broker's candles, what a gap asks for, and what may fill it."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from bad_quotes import market
from calendar_cases import EURUSD, GOLD, calendar_at, joined, ns
from hypothesis import given
from hypothesis import strategies as st

from tradewind.broker import Candle, Quote
from tradewind.data.rows import events_from_frame
from tradewind.kernel.records import BAR, DAY, TIME
from tradewind.liveness.bars import Comparison, Gap, Minutes, compare, fill, gaps, in_stretches, missing_minutes
from tradewind.liveness.entries import MadeOf
from tradewind.markets.clock import HOUR, MINUTE, SECOND

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
TUESDAY = ns("2025-03-04T10:00")
LATER = 2**62


def streamed(quotes):
    """Return the minutes that quotes make."""
    minutes = Minutes()
    closed = [bar for quote in quotes if (bar := minutes.quote(quote)) is not None]
    return closed + minutes.passed(LATER)


def candles_of(bars):
    return [Candle(*bar[:6]) for bar in bars]


QUOTES = market(5, 4000, TUESDAY)
BARS = streamed(QUOTES)
CANDLES = candles_of(BARS)


def test_minutes_have_the_eight_corners_of_their_quotes():
    for bar in BARS:
        inside = [one for one in QUOTES if bar.open_ts <= one.ts < bar.open_ts + MINUTE]
        for side, corners in (("bid", bar.bid), ("ask", bar.ask)):
            prices = [getattr(one, side) for one in inside]
            assert corners == (prices[0], max(prices), min(prices), prices[-1])
        assert (bar.volume, bar.source) == (len(inside), "stream")


def test_a_bar_that_the_clock_closed_is_not_opened_again():
    minutes = Minutes()
    minutes.quote(QUOTES[0])
    (bar,) = minutes.passed(TUESDAY + MINUTE)

    assert bar.open_ts == TUESDAY
    assert minutes.passed(TUESDAY + MINUTE) == []


@pytest.mark.parametrize(("symbol", "tick"), [("XAUUSD", 0.001), ("EURUSD", 0.00001)])
def test_minutes_of_a_recorded_week_are_the_brokers_own(symbol, tick):
    """Ticks and minutes of one feed, published apart: every corner of every minute is equal."""
    path = DATA / f"{symbol}_ticks_oanda_20140504_20140509.parquet"
    if not path.is_file():
        pytest.skip(f"no market data at {DATA}")
    ticks = pl.read_parquet(path)
    columns = [np.rint(ticks[side].to_numpy() / tick).astype(np.int64).tolist() for side in ("bid", "ask")]
    quotes = [Quote(0, *values) for values in zip(ticks["ts"].to_physical().to_list(), *columns, strict=True)]
    sides = [pl.read_parquet(DATA / f"{symbol}_M1_oanda_{side}_20140501_20140515.parquet") for side in ("bid", "ask")]
    first, last = quotes[0].ts // MINUTE * MINUTE, quotes[-1].ts
    sides = [side.filter(pl.col("ts").to_physical().is_between(first, last)) for side in sides]
    corners = [
        np.rint(side.select("open", "high", "low", "close").to_numpy() / tick).astype(np.int64).tolist()
        for side in sides
    ]
    moments = sides[0]["ts"].to_physical().to_list()
    theirs = [Candle(0, ts, 60, tuple(bid), tuple(ask), 0) for ts, bid, ask in zip(moments, *corners, strict=True)]

    assert compare(streamed(quotes), theirs, LATER) == Comparison(len(theirs), (), (), ())
    assert len(theirs) > 6900


def test_a_difference_is_named_by_corner_and_source():
    changed = CANDLES[3]._replace(
        ask=tuple(value + step for value, step in zip(CANDLES[3].ask, (0, -3, 0, 1), strict=True))
    )
    found = compare(BARS, [*CANDLES[:3], changed, *CANDLES[4:]], LATER)

    (one,) = found.differences
    assert (one.open_ts, one.source, one.bid, one.ask, one.largest) == (
        CANDLES[3].open_ts, "stream", (0, 0, 0, 0), (0, 3, 0, -1), 3,
    )  # fmt: skip
    assert found.compared == len(BARS)


def test_minutes_that_one_side_lacks_are_missing_or_extra():
    found = compare([*BARS[:5], *BARS[8:]], [*CANDLES[:10], *CANDLES[11:]], LATER)

    assert found.missing == tuple((0, bar.open_ts) for bar in BARS[5:8])
    assert found.extra == ((0, BARS[10].open_ts),)
    assert list(in_stretches(found.missing)) == [Gap(0, BARS[5].open_ts, BARS[8].open_ts)]


def test_a_candle_that_may_still_change_is_not_compared():
    now = BARS[4].open_ts + MINUTE + SECOND
    found = compare(BARS, CANDLES, now)

    assert found.compared == 4
    assert (found.missing, found.extra) == ((), ())


def test_a_gap_begins_after_the_minute_of_the_last_quote_and_ends_with_the_last_whole_one():
    last, now = ns("2025-03-04T10:00:40"), ns("2025-03-04T10:07:01")

    assert gaps([GOLD], {0: last}, 0, now) == [Gap(0, ns("2025-03-04T10:01"), ns("2025-03-04T10:06"))]
    assert gaps([GOLD], {0: last}, 0, now + 2 * SECOND)[0].end == ns("2025-03-04T10:07")
    assert gaps([GOLD], {0: last}, 0, last + MINUTE) == []
    assert gaps([GOLD, EURUSD], {1: last}, 0, now)[0].instrument == 1


def test_a_gap_leaves_out_what_the_clock_has_closed_and_what_was_closed_anyway():
    last, now = ns("2025-03-07T21:58:30"), ns("2025-03-09T22:03:30")
    friday, sunday = gaps([GOLD], {0: last}, 0, now)

    assert friday == Gap(0, ns("2025-03-07T21:59"), ns("2025-03-07T22:00"))
    assert sunday == Gap(0, ns("2025-03-09T22:00"), ns("2025-03-09T22:03"))
    assert gaps([GOLD], {0: last}, ns("2025-03-09T22:00"), now) == [sunday]


@given(st.sets(st.integers(0, len(BARS) - 1)))
def test_the_missing_minutes_of_a_stretch_are_those_without_a_bar(lost):
    kept = [bar for place, bar in enumerate(BARS) if place not in lost]
    found = missing_minutes(kept, (0, GOLD), BARS[0].open_ts, BARS[-1].open_ts + MINUTE)
    minutes = {minute for gap in found for minute in range(gap.start, gap.end, MINUTE)}

    assert minutes == {BARS[place].open_ts for place in lost}
    assert all(one.end < following.start for one, following in pairwise(found))


def test_candles_become_the_rows_a_history_of_the_same_bars_gives():
    gap = [Gap(0, BARS[0].open_ts, LATER)]
    filled = fill(gap, list(reversed(CANDLES)), LATER)
    bid = {name: [bar.bid[place] / 100 for bar in BARS] for place, name in enumerate(("open", "high", "low", "close"))}
    frame = pl.DataFrame({"ts": [bar.open_ts for bar in BARS], **bid, "volume": [float(bar.volume) for bar in BARS]})
    frame = frame.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))
    expected = events_from_frame(frame, 0, GOLD.tick_size, 60, spread=0.0)

    for name in ("ts", "kind", "instrument", "span", "open", "high", "low", "close", "volume"):
        assert (filled.rows[name] == expected[name]).all(), name
    for place, name in enumerate(("open", "high", "low", "close")):
        assert filled.rows[f"spread_{name}"].tolist() == [bar.ask[place] - bar.bid[place] for bar in BARS]
    assert {bar.source for bar in filled.bars} == {"backfill"}
    assert not filled.refused


BAD = {
    "lies in no gap": {"open_ts": BARS[0].open_ts - MINUTE},
    "is no minute of the clock": {"open_ts": BARS[2].open_ts + SECOND},
    "is not complete": {"open_ts": BARS[-1].open_ts},
    "has a price outside its range": {"bid": (5, 4, 3, 4)},
    "has an ask below its bid": {"ask": tuple(value - 1 for value in BARS[2].bid)},
    "has a negative volume": {"volume": -1},
    "has a value that is no whole number": {"ask": (1, 2, float("nan"), 4)},
    "is no minute": {"seconds": 300},
    "came twice": {"open_ts": BARS[1].open_ts},
    "has a price": {"bid": (0, 0, 0, 0)},
}


@pytest.mark.parametrize("said", BAD)
def test_an_unsound_candle_is_refused_with_its_reason(said):
    gap = [Gap(0, BARS[0].open_ts, LATER)]
    filled = fill(gap, [CANDLES[1], CANDLES[2]._replace(**BAD[said])], BARS[-1].open_ts + MINUTE)

    assert [bar.open_ts for bar in filled.bars] == [BARS[1].open_ts]
    assert len(filled.rows) == 1
    assert said in filled.refused[0]


def test_a_filled_gap_is_told_with_the_calendar_and_then_the_stream_goes_on():
    """A stream is away over 17:00 New York: entries and bars are told in the tape's order, and nothing is late."""
    last = ns("2025-03-04T21:57:20")
    calendar = calendar_at(last, MadeOf((EURUSD,), 1))
    calendar.before_quote(last)
    now = last + 9 * MINUTE
    (gap,) = gaps([EURUSD], {0: last}, calendar.floor, now)
    candles = [Candle(0, ts, 60, (9, 9, 9, 9), (10, 10, 10, 10), 3) for ts in range(gap.start, gap.end, MINUTE)]
    filled = fill([gap], candles, now)
    told = []
    for place, row in enumerate(filled.rows):
        told += [calendar.before_bar(int(row["ts"]), int(row["span"])), filled.rows[place : place + 1]]
    rows = joined(told)

    assert (gap.start, gap.end) == (ns("2025-03-04T21:58"), ns("2025-03-04T22:06"))
    assert rows["kind"].tolist().count(DAY) == 1
    day = rows["kind"].tolist().index(DAY)
    assert rows["ts"][day - 1] == rows["ts"][day]  # the bar that closes at the roll belongs to the day before
    assert rows["kind"][day - 1] == BAR
    assert (np.diff(rows["ts"]) >= 0).all()
    assert calendar.admits(now)
    assert calendar.due(now)["kind"].tolist() == [TIME]


def test_what_the_clock_has_closed_meanwhile_is_not_asked_for():
    last = ns("2025-03-04T10:00:40")
    calendar = calendar_at(last, MadeOf((GOLD,), 1))
    calendar.before_quote(last)
    now = last + 6 * MINUTE
    calendar.due(now)

    assert gaps([GOLD], {0: last}, calendar.floor, now) == [Gap(0, ns("2025-03-04T10:05"), ns("2025-03-04T10:06"))]
    assert gaps([GOLD], {0: last}, calendar.floor, last + HOUR)[0].start == ns("2025-03-04T10:05")
