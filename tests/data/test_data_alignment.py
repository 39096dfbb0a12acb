"""Prices move when the calendar says so, in every clock regime; a calendar with a wrong clock is found out."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from data_cases import DATA, Shelf, bars_at, needs_data, ns, series_of

from tradewind.data.alignment import align
from tradewind.errors import BadData
from tradewind.markets.blackout import NewsRules, concerning
from tradewind.markets.clock import HOUR, MINUTE, day_open
from tradewind.markets.loading import load_profile
from tradewind.markets.news import known
from tradewind.markets.releases import shipped_versions

FILES = {
    "US30": ("US30_M5_mt5ny_bid_20250630_20260220.parquet", 300),
    "XAUUSD": ("XAUUSD_M5_mt5eet_bid_20240101_20241128.parquet", 300),
    "EURUSD": ("EURUSD_M5_duka_bid_20250930_20260331.parquet", 300),
    "XAGUSD": ("XAGUSD_M1_duka_bid_20120102_20151231.parquet", 60),
    "EURUSD hours": ("EURUSD_H1_oanda_bid_20070101_20181231.parquet", 3600),
    "XAUUSD hours": ("XAUUSD_H1_oanda_bid_20060320_20190225.parquet", 3600),
}
CASES = [
    ("US30", "us-payrolls", date(2025, 7, 1), date(2026, 2, 20)),
    ("US30", "fomc", date(2025, 7, 1), date(2026, 2, 20)),
    ("XAUUSD", "us-payrolls", date(2024, 1, 2), date(2024, 3, 8)),  # winter
    ("XAUUSD", "us-payrolls", date(2024, 3, 8), date(2024, 11, 2)),  # American summer time
    ("XAUUSD", "fomc-2", date(2024, 1, 2), date(2024, 11, 27)),
    ("EURUSD", "us-payrolls", date(2025, 11, 3), date(2026, 3, 31)),
    ("XAGUSD", "us-payrolls", date(2012, 1, 3), date(2015, 12, 30)),
    ("XAGUSD", "us-payrolls-2013", date(2013, 9, 1), date(2013, 12, 30)),  # two of four moved
    ("XAGUSD", "fomc-2", date(2013, 3, 1), date(2015, 12, 30)),
    ("EURUSD hours", "us-payrolls", date(2007, 1, 2), date(2013, 1, 2)),
    ("EURUSD hours", "ecb-press", date(2013, 1, 2), date(2018, 12, 30)),
    ("XAUUSD hours", "us-payrolls", date(2006, 3, 20), date(2013, 1, 2)),
    ("XAUUSD hours", "fomc-2", date(2013, 1, 2), date(2019, 2, 25)),
]


def shelf_of(file, first=None, last=None):
    """Return a history with the real bars of a file between two dates."""
    name, seconds = FILES[file]
    frame = pl.read_parquet(DATA / name)
    if first is not None:
        ts = pl.col("ts").to_physical()
        frame = frame.filter((ts >= day_open(first)) & (ts < day_open(last)))
    return Shelf().put(series_of(file.split()[0], seconds), frame)


def due(symbol, word):
    """Return when the shipped releases of an instrument whose id begins with a word came."""
    events = concerning(shipped_versions(), load_profile("metatrader").instrument(symbol), NewsRules())
    return [event.ts for event in known(events, 2**62) if event.id.startswith(word)]


@needs_data
@pytest.mark.parametrize(("file", "word", "first", "last"), CASES)
def test_prices_move_when_the_shipped_calendar_says(file, word, first, last):
    """Of all shifts of the calendar by whole hours, none is where the prices move most."""
    symbol = file.split()[0]
    found = align(shelf_of(file, first, last), symbol, None, due(symbol, word))

    assert found.releases >= 2
    assert found.best_shift == 0
    assert found.score > (1.8 if "hours" in file else 3.0)


@needs_data
@pytest.mark.parametrize("symbol", ["US30", "XAUUSD", "EURUSD"])
@pytest.mark.parametrize("late", [3 * HOUR, -2 * HOUR, HOUR])
def test_a_calendar_with_a_wrong_clock_is_found_out(symbol, late):
    """Three hours late (server time taken for UTC), two early, an hour late: the shift is named."""
    moments = due(symbol, "")
    right = align(shelf_of(symbol), symbol, None, moments)
    wrong = align(shelf_of(symbol), symbol, None, [moment + late for moment in moments])

    assert (right.verdict, wrong.verdict, wrong.best_shift) == ("fits", "shifted", -late)


@needs_data
def test_the_minute_of_a_release_is_the_widest():
    """Silver, 2013 to 2015: of the sixty minutes around payrolls the minute of the release has the widest range."""
    frame = pl.read_parquet(DATA / FILES["XAGUSD"][0])
    ts, width = frame["ts"].to_physical().to_numpy(), (frame["high"] - frame["low"]).to_numpy()
    mean = {}
    for minute in range(-30, 31):
        places = np.searchsorted(ts, np.array(due("XAGUSD", "us-payrolls")) + minute * MINUTE)
        mean[minute] = np.mean([width[place] for place in places if 0 < place < len(ts)])

    assert max(mean, key=mean.get) == 0


@needs_data
@pytest.mark.parametrize(
    ("symbol", "file", "count"),
    [
        ("US30", "US30_M1_mt5ny_bid_20251202_20260220.parquet", 3),
        ("XAUUSD", "XAUUSD_M1_mt5ny_bid_20251203_20260220.parquet", 3),
        ("XAUUSD", "XAUUSD_M1_oanda_bid_20140501_20140515.parquet", 1),
        ("EURUSD", "EURUSD_M1_oanda_bid_20140501_20140515.parquet", 1),
    ],
)
def test_each_report_moves_its_own_minute(symbol, file, count):
    """Every payrolls report in one-minute bars, the moved ones too: no quiet minute before it is as wide as its own."""
    frame = pl.read_parquet(DATA / file)
    ts, width = frame["ts"].to_physical().to_numpy(), (frame["high"] - frame["low"]).to_numpy()
    inside = [moment for moment in due(symbol, "us-payrolls") if ts[0] < moment < ts[-1]]

    assert len(inside) == count
    for moment in inside:
        place = int(np.searchsorted(ts, moment))
        assert ts[place] == moment
        assert width[place] > 2 * width[place - 60 : place].max()


@needs_data
@pytest.mark.parametrize(
    ("file", "day"),
    [
        ("XAUUSD", "2024-03-20"),  # only America has changed its clocks
        ("XAUUSD", "2024-07-31"),
        ("US30", "2025-10-29"),  # only Europe has
        ("US30", "2025-12-10"),
        ("EURUSD", "2025-10-29"),
    ],
)
def test_a_rate_decision_is_the_widest_of_its_afternoon(file, day):
    """From noon to 16:00 New York the widest bar is between the statement and the end of the window."""
    (statement,) = due(file, f"fomc-{day}")
    frame = pl.read_parquet(DATA / FILES[file][0])
    ts, width = frame["ts"].to_physical().to_numpy(), (frame["high"] - frame["low"]).to_numpy()
    afternoon = (ts >= statement - 2 * HOUR) & (ts < statement + 2 * HOUR)
    widest = int(ts[afternoon][np.argmax(width[afternoon])])

    assert statement <= widest < statement + 90 * MINUTE


def test_random_releases_are_unclear():
    """Where nothing moves, nothing is said; nor about fewer than three releases."""
    opens = ns("2026-01-05T00:00") + np.arange(5000) * 5 * MINUTE
    shelf = Shelf().put(series_of("US30", 300), bars_at(opens))
    moments = opens[100:4000:97].tolist()

    assert align(shelf, "US30", None, moments).verdict == "unclear"
    assert align(shelf, "US30", None, moments[:2]).verdict == "unclear"
    assert align(shelf, "US30", None, []).releases == 0


def test_days_are_too_coarse():
    shelf = Shelf().put(series_of("US30", 86_400), bars_at(np.arange(3) * 24 * HOUR))

    with pytest.raises(BadData, match="no bars of US30 of an hour or less"):
        align(shelf, "US30", None, [0])
