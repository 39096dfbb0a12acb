"""Our calendar against recorded bars: what should be closed has no bars, and holidays end when the bars do.

The data live outside the repository. Without them these tests are skipped, unless TRADEWIND_REQUIRE_DATA=1.
"""

import os
from bisect import bisect_right
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tradewind.markets.clock import DAY, MINUTE, NEW_YORK, from_utc, trading_date
from tradewind.markets.hours import market_intervals, open_intervals
from tradewind.markets.loading import load_profile

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).parents[3] / "shared" / "data")
REQUIRED = os.environ.get("TRADEWIND_REQUIRE_DATA") == "1"

pytestmark = pytest.mark.skipif(not DATA.is_dir() and not REQUIRED, reason=f"no market data at {DATA}")


def bar_times(name):
    """Return the opening instants of a recorded series."""
    return pl.read_parquet(DATA / f"{name}.parquet", columns=["ts"])["ts"].cast(pl.Int64).to_list()


FILES = [
    # series, profile, minutes a bar, bars we accept in closed hours: brokers that traded a little longer
    ("US30_M1_mt5ny_bid_20251202_20260220", "metatrader", 1, 0),
    ("NAS100_M1_mt5ny_bid_20251202_20260220", "metatrader", 1, 0),
    ("XAUUSD_M1_mt5ny_bid_20251203_20260220", "metatrader", 1, 0),
    ("XAUUSD_M1_mt5eet_bid_20251219_20260220", "metatrader", 1, 0),
    ("XAUUSD_M1_histdata_bid_20260101_20260220", "metatrader", 1, 0),
    ("XAUUSD_M1_oanda_mid_20240101_20240221", "oanda", 1, 20),  # a tick at 16:58:59
    ("US30_M5_mt5ny_bid_20250630_20260220", "metatrader", 5, 0),
    ("XAUUSD_M5_mt5ny_bid_20250701_20260220", "metatrader", 5, 0),
    ("XAUUSD_M5_mt5eet_bid_20240101_20241128", "metatrader", 5, 2),
    ("XAUUSD_M30_mt5eet_bid_20201231_20241129", "metatrader", 30, 2),
    ("XAUUSD_H1_mt5ny_bid_20180319_20241129", "metatrader", 60, 6),
    ("US30_H1_mt5eet_bid_20160526_20221202", "metatrader", 60, 3),
    ("US30_H1_duka_bid_20180501_20210630", "metatrader", 60, 1),
    ("EURUSD_M1_oanda_bid_20140501_20140515", "oanda", 1, 0),
    ("GER30_M1_oanda_bid_20190220_20190222", "oanda", 1, 0),
]


@pytest.mark.parametrize(("name", "profile", "minutes", "accepted"), FILES, ids=[row[0] for row in FILES])
def test_no_bars_in_closed_hours(name, profile, minutes, accepted):
    """A bar that does not touch an open interval is a fault of the data or of our calendar."""
    symbol = name.split("_", maxsplit=1)[0].replace("GER30", "GER40")
    instrument = load_profile(profile).instrument(symbol)
    bars = bar_times(name)
    spans = list(open_intervals(instrument, bars[0] - DAY, bars[-1] + DAY))
    ends = [closes for _, closes in spans]
    outside = [ts for ts in bars if spans[bisect_right(ends, ts)][0] >= ts + minutes * MINUTE]

    assert len(outside) <= accepted, [str(from_utc(ts, NEW_YORK)) for ts in outside[:10]]


LAST_BARS = [
    # trading date, last minute of US30, of XAUUSD at the same broker (New York), domain 1.5
    ("2025-12-24", "13:14", "13:44"),
    ("2026-01-19", "12:59", "14:29"),
    ("2026-02-16", "12:59", "14:29"),
]


@pytest.mark.parametrize(("when", "index", "gold"), LAST_BARS)
def test_holidays_end_when_the_bars_do(when, index, gold):
    """24 December, MLK and Presidents' Day of 2025-26: the last bar is the minute before our close."""
    for symbol, name, last in (
        ("US30", "US30_M1_mt5ny_bid_20251202_20260220", index),
        ("XAUUSD", "XAUUSD_M1_mt5ny_bid_20251203_20260220", gold),
    ):
        closes = market_intervals(load_profile("metatrader").instrument(symbol), date.fromisoformat(when))[-1][1]
        seen = max(ts for ts in bar_times(name) if trading_date(ts) == date.fromisoformat(when))

        assert f"{from_utc(seen, NEW_YORK):%H:%M}" == last
        assert seen == closes - MINUTE


@pytest.mark.parametrize("when", [date(2025, 12, 25), date(2026, 1, 1)])
@pytest.mark.parametrize("name", ["US30_M1_mt5ny_bid_20251202_20260220", "XAUUSD_M1_mt5ny_bid_20251203_20260220"])
def test_christmas_and_new_year_have_no_bars(name, when):
    """And the evening of the same day has: that is the next trading date."""
    dates = {trading_date(ts) for ts in bar_times(name)}

    assert when not in dates
    assert date(when.year, when.month, when.day + 1) in dates
