"""Spread curves on recorded prices: what brokers write down, and what foretells it."""

import numpy as np
import polars as pl
import pytest
from data_cases import DATA, Shelf, needs_data, series_of

from tradewind.data.spread import FOREVER, minute_of_week, trading_days
from tradewind.data.spread_curve import ordinary_days, shape_of
from tradewind.data.spread_kept import learned_curve
from tradewind.data.spread_level import factors_of, levels_of
from tradewind.data.spread_samples import samples
from tradewind.markets.loading import load_profile

pytestmark = needs_data
GOLD = load_profile("metatrader").instrument("XAUUSD")

NESTED = [
    ("XAUUSD", "M1_mt5ny_bid_20251203_20260220", "M5_mt5ny_bid_20250701_20260220"),
    ("US30", "M1_mt5ny_bid_20251202_20260220", "M5_mt5ny_bid_20250630_20260220"),
    ("NAS100", "M1_mt5ny_bid_20251202_20260220", "M5_mt5ny_bid_20250630_20260220"),
]


@pytest.mark.parametrize(("symbol", "fine", "coarse"), NESTED, ids=[row[0] for row in NESTED])
def test_the_spread_metatrader_records_is_the_smallest_of_the_bar(symbol, fine, coarse):
    """Every M5 bar whose five minutes are there has the least of their spreads; the first or last would not do."""
    minutes, fives = (pl.read_parquet(DATA / "spread" / f"{symbol}_{name}.parquet") for name in (fine, coarse))
    made = minutes.filter(pl.col("spread") > 0).group_by(pl.col("ts").dt.truncate("5m"))
    made = made.agg(pl.len(), least=pl.col("spread").min(), last=pl.col("spread").sort_by("ts").last())
    both = fives.join(made.filter(pl.col("len") == 5), on="ts")

    assert both.height > 10_000
    assert ((both["spread"] - both["least"]).abs() < 1e-9).all()
    assert ((both["spread"] - both["last"]).abs() < 1e-9).mean() < 0.9


def recorded(name, seconds=300, feed="mt5eet"):
    """Return a shelf with the bars of a file and the spreads recorded with them."""
    bars = pl.read_parquet(DATA / f"{name}.parquet").join(
        pl.read_parquet(DATA / "spread" / f"{name}.parquet"), on="ts", how="left", maintain_order="left"
    )
    series = series_of(seconds=seconds, feed=feed)
    return Shelf().put(series, bars.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))), series


FORETOLD = [
    ("XAUUSD_M5_mt5eet_bid_20240101_20241128", "mt5eet", 0.7),
    ("XAUUSD_M5_mt5ny_bid_20250701_20260220", "mt5ny", 0.55),
]


@pytest.mark.parametrize(("name", "feed", "share"), FORETOLD, ids=["2024", "2026"])
def test_a_curve_of_the_first_half_foretells_the_second_much_better_with_the_level(name, feed, share):
    """Gold was another market in July 2024, and again in 2026: `docs/data.md` has the table."""
    shelf, series = recorded(name, feed=feed)
    ordinary = ordinary_days(GOLD)
    parts = list(samples(shelf, series, GOLD.tick_size))
    ts, spread = (np.concatenate(column) for column in zip(*parts, strict=True))
    days = trading_days(ts)
    dates = np.unique(days)
    turn = dates[len(dates) // 2]
    first = type(parts[0])(ts[days < turn], spread[days < turn])
    shape = shape_of([first], 300, ordinary)
    curve = shape.median[minute_of_week(ts)]
    followed = curve * factors_of(levels_of(parts, shape.median, ordinary)).at(days)
    second = (days >= turn) & (curve >= 0)
    errors = [np.abs(told - spread)[second].mean() for told in (curve, followed)]

    assert errors[1] < share * errors[0]
    assert abs(followed[second].mean() / spread[second].mean() - 1) < 0.05
    assert curve[second].mean() < 0.85 * spread[second].mean()


def test_ticks_and_two_sided_minutes_of_one_feed_tell_the_same_curve():
    """OANDA's gold of one week in May 2014, learned from 917,876 ticks and from its minutes."""
    week = pl.col("ts").is_between(
        pl.datetime(2014, 5, 4, 21, time_zone="UTC"), pl.datetime(2014, 5, 9, 21, time_zone="UTC")
    )
    shelf = Shelf()
    for seconds, side, name in (
        (0, "both", "ticks_oanda_20140504_20140509"),
        (60, "bid", "M1_oanda_bid_20140501_20140515"),
        (60, "ask", "M1_oanda_ask_20140501_20140515"),
    ):
        frame = pl.read_parquet(DATA / f"XAUUSD_{name}.parquet").with_columns(
            pl.col("ts").cast(pl.Datetime("ns", "UTC"))
        )
        shelf.put(series_of(seconds=seconds, feed="oanda", side=side), frame.filter(week))
    ticks, sides = (learned_curve(shelf, series_of(seconds=s, feed="oanda"), GOLD, FOREVER).shape for s in (0, 60))
    known = (ticks.median >= 0) & (sides.median >= 0)

    assert known.mean() > 0.6
    assert np.abs(ticks.median - sides.median)[known].mean() < 1.0, "ticks of 0.01 on a spread of 0.30"
    assert 25 < np.median(ticks.median[known]) < 35
