"""The spread of a bar: recorded ask, its own recorded spread, the curve, what is typical."""

import numpy as np
import polars as pl
import pytest
from data_cases import Shelf, bars, bars_at, ns, series_of

from tradewind.data.legs import Leg
from tradewind.data.spread import SpreadSettings, minute_of_week, trading_days
from tradewind.data.spread_model import SpreadModel
from tradewind.data.tape import tape
from tradewind.errors import TradewindError
from tradewind.kernel.records import BAR
from tradewind.markets.loading import load_profile

GOLD = load_profile("metatrader").instrument("XAUUSD")
BID, ASK, MID = (series_of(side=side) for side in ("bid", "ask", "mid"))
CORNERS = ("open", "high", "low", "close")
# A Wednesday in January: New York is five hours behind UTC.
NOON = "2025-01-15T17:00"


def rows_of(shelf, series, settings=SpreadSettings(GOLD)):  # noqa: B008 - settings are immutable
    """Return the bars of a tape made of one series."""
    leg = Leg(0, "XAUUSD", [series], GOLD.tick_size, settings)
    rows = np.concatenate(list(tape(shelf, [leg], [], -(2**62), 2**62)))
    return rows[rows["kind"] == BAR]


def spreads(rows):
    """Return the one spread of each row, after checking that all corners have it."""
    for corner in CORNERS:
        assert (rows[f"spread_{corner}"] == rows["spread_close"]).all()
    return rows["spread_close"].tolist()


def test_a_recorded_ask_is_used_at_every_corner_and_nothing_else_is():
    bid = bars(NOON, 5, spread=9.0)
    ask = bid.with_columns(pl.col("open") + 0.1, pl.col("high") + 0.4, pl.col("low") + 0.2, pl.col("close") + 0.3)
    rows = rows_of(Shelf().put(BID, bid).put(ASK, ask), BID)

    assert rows["close"].tolist() == np.rint(bid["close"].to_numpy() * 100).astype(int).tolist()
    assert [rows[f"spread_{corner}"].tolist() for corner in CORNERS] == [
        [10] * 5,
        [40] * 5,
        [20] * 5,
        [30] * 5,
    ]


def test_a_recorded_spread_is_a_lower_bound_under_the_median_of_its_minute():
    week = 7 * 86_400 * 10**9
    opens = ns(NOON) + np.arange(5, dtype=np.int64) * week
    bid = bars_at(opens).with_columns(spread=pl.Series([0.10, 0.20, 0.30, 0.0, 0.90]))

    # Recorded at this minute of the week: 10, 20, 30 and 90 ticks; the upper of the two middle ones is 30.
    assert spreads(rows_of(Shelf().put(BID, bid), BID)) == [30, 30, 30, 30, 90]


def test_where_too_little_was_recorded_the_typical_spread_of_the_hour_counts():
    bid = bars(NOON, 3).with_columns(spread=pl.Series([0.5, 0.0, None]))

    assert spreads(rows_of(Shelf().put(BID, bid), BID)) == [50, 18, 18]


TYPICAL = [
    # New York, that instant, typical spread of gold in ticks of 0.01 (domain 4.3)
    ("Tuesday 18:02, just reopened", "2025-01-14T23:02", 80),
    ("20:00, Asia", "2025-01-15T01:00", 25),
    ("04:00, London", "2025-01-15T09:00", 18),
    ("12:00, New York", "2025-01-15T17:00", 18),
    ("16:30, late", "2025-01-15T21:30", 30),
    ("16:57, before the roll", "2025-01-15T21:57", 80),
    ("12:00 in summer", "2025-07-16T16:00", 18),
    ("16:57 in summer", "2025-07-16T20:57", 80),
    ("a Saturday, when nothing should trade", "2025-01-18T12:00", 80),
]


@pytest.mark.parametrize(("when", "instant", "ticks"), TYPICAL, ids=[row[0] for row in TYPICAL])
def test_where_nothing_was_recorded_the_profile_says_what_is_typical(when, instant, ticks):
    assert spreads(rows_of(Shelf().put(BID, bars(instant, 1)), BID)) == [ticks], when


def test_minutes_are_new_yorks_in_winter_and_summer():
    winter, summer = ns("2025-01-15T17:00"), ns("2025-07-16T16:00")
    minutes = minute_of_week(np.array([winter, summer, ns("1970-01-05T05:00")]))
    later = [summer + week * 7 * 86_400 * 10**9 for week in range(3)]
    bid = bars_at([winter, *later]).with_columns(spread=pl.Series([0.0, 0.4, 0.4, 0.4]))

    assert minutes.tolist() == [2 * 1440 + 720, 2 * 1440 + 720, 0]
    assert spreads(rows_of(Shelf().put(BID, bid), BID)) == [40, 40, 40, 40]


def test_trading_days_begin_at_17_new_york():
    instants = ["2025-01-15T21:59", "2025-01-15T22:00", "2025-07-15T20:59", "2025-07-15T21:00"]
    days = trading_days(np.array([ns(instant) for instant in instants]))

    assert days.astype("M8[D]").astype(str).tolist() == [
        "2025-01-15",
        "2025-01-16",
        "2025-07-15",
        "2025-07-16",
    ]


# Recorded 5, 6 and 7 within one half hour: a recorded spread is at least the median, 6.
SCALES = [(0, [0, 0, 0]), (1, [6, 6, 7]), (2, [12, 12, 14]), (0.5, [3, 3, 4])]


@pytest.mark.parametrize(("scale", "ticks"), SCALES)
def test_every_spread_is_multiplied_and_a_part_of_a_tick_is_a_whole_one(scale, ticks):
    settings = SpreadSettings(GOLD, scale)
    recorded = bars(NOON, 3).with_columns(spread=pl.Series([0.05, 0.06, 0.07]))
    asks = recorded.with_columns(pl.col(corner) + pl.col("spread") for corner in CORNERS)

    assert spreads(rows_of(Shelf().put(BID, recorded), BID, settings)) == ticks
    assert spreads(rows_of(Shelf().put(BID, recorded).put(ASK, asks), BID, settings))[1:] == ticks[1:]


def test_around_a_mid_price_half_the_spread_lies_on_either_side():
    mid = bars(NOON, 4)
    rows = rows_of(Shelf().put(MID, mid), MID)
    even = np.rint(mid["close"].to_numpy() * 100).astype(int)

    assert spreads(rows) == [18] * 4
    assert rows["close"].tolist() == (even - 9).tolist()
    assert (rows["high"] - rows["low"]).tolist() == np.rint((mid["high"] - mid["low"]).to_numpy() * 100).tolist()


def test_a_bar_of_one_side_alone_or_with_crossed_sides_has_a_modelled_spread():
    both = bars(NOON, 6)
    ask = both.with_columns(pl.col(corner) + 0.07 for corner in CORNERS)
    crossed = ask.with_columns(pl.col(corner) - 0.08 * (pl.int_range(pl.len()) == 3) for corner in CORNERS)
    shelf = Shelf().put(BID, both[[0, 1, 3, 4, 5]]).put(ASK, crossed[[0, 2, 3, 4]])
    rows = rows_of(shelf, BID)
    bid = np.rint(both["close"].to_numpy() * 100).astype(int)

    # Bars 0 and 4 have both sides; 1 and 5 no ask; 2 no bid; 3 has an ask below its bid.
    assert spreads(rows) == [7, 18, 18, 18, 7, 18]
    assert rows["close"].tolist() == [*bid[:2], bid[2] + 7 - 18, *bid[3:]]


def test_a_bar_that_lacks_an_ask_has_the_median_of_the_recorded_asks_of_its_minute():
    week = 7 * 86_400 * 10**9
    bid = bars_at(ns(NOON) + np.arange(4, dtype=np.int64) * week)
    ask = bid.with_columns(pl.col(corner) + 0.11 for corner in CORNERS)[:3]

    assert spreads(rows_of(Shelf().put(BID, bid).put(ASK, ask), BID)) == [11] * 4


def test_without_any_source_of_spreads_there_is_an_error_and_no_free_trading():
    with pytest.raises(TradewindError, match=r"Nothing says what the spread of XAUUSD \(test\) was"):
        rows_of(Shelf().put(BID, bars(NOON, 3)), BID, SpreadSettings())


def test_a_model_asked_twice_answers_the_same():
    model = SpreadModel(Shelf().put(BID, bars(NOON, 3, spread=0.2)), BID, GOLD.tick_size, SpreadSettings(GOLD))
    ts = np.array([ns(NOON)])

    assert model.ticks(ts).tolist() == model.ticks(ts).tolist() == [20]
