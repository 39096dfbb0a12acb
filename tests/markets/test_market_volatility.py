"""Engine checks of the domain rules: volatility by New York minute peaks where the market wakes, in every clock regime.

A clock, a side or a join that is wrong shows here first: the peak moves, or smears over two hours.
"""

import os
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.markets.clock import NEW_YORK, day_open, wall

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
MINUTE = 60_000_000_000

pytestmark = pytest.mark.skipif(
    not DATA.is_dir() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1", reason="there is no real data here"
)


def moves_by_minute(name, first, last):
    """Return the mean absolute move of a five-minute bar by the New York minute it opens at."""
    frame = pl.read_parquet(DATA / name)
    ts = frame["ts"].to_physical().to_numpy()
    inside = (ts >= day_open(first)) & (ts < day_open(last))
    moves = np.abs(np.log(frame["close"].to_numpy() / frame["open"].to_numpy()))[inside]
    minutes = np.array([wall(int(one), NEW_YORK) // MINUTE % 1440 for one in ts[inside]])
    return {int(minute): float(moves[minutes == minute].mean()) for minute in np.unique(minutes)}


REGIMES = [
    (date(2025, 7, 1), date(2025, 10, 24), 0),  # summer
    (date(2025, 10, 27), date(2025, 10, 31), 25),  # Europe alone has changed its clocks: one week says less
    (date(2025, 11, 3), date(2026, 2, 20), 0),  # winter
]


@pytest.mark.parametrize(("first", "last", "late"), REGIMES)
def test_dow_wakes_at_the_opening_bell(first, last, late):
    """US30 moves most in the five minutes from 09:30 New York, whatever the clocks of Europe say."""
    moves = moves_by_minute("US30_M5_mt5ny_bid_20250630_20260220.parquet", first, last)
    morning = {minute: move for minute, move in moves.items() if 4 * 60 <= minute < 14 * 60}

    half_hour = np.mean([morning[9 * 60 + 30 + step] for step in range(0, 30, 5)])

    assert 9 * 60 + 30 <= max(morning, key=morning.get) <= 9 * 60 + 30 + late
    assert half_hour > 1.5 * np.mean([morning[8 * 60 + 30 + step] for step in range(0, 30, 5)])


def test_dow_is_livelier_at_its_close_than_at_lunch():
    """US30 has its second hump in the last ten minutes before 16:00."""
    moves = moves_by_minute("US30_M5_mt5ny_bid_20250630_20260220.parquet", date(2025, 7, 1), date(2026, 2, 20))

    assert moves[15 * 60 + 55] > 1.2 * moves[12 * 60 + 30]


@pytest.mark.parametrize(
    ("first", "last"), [(date(2024, 1, 2), date(2024, 3, 8)), (date(2024, 3, 11), date(2024, 11, 27))]
)
def test_gold_wakes_with_american_news(first, last):
    """Gold moves most between 08:30 and 10:30 New York, before and after the clocks change."""
    moves = moves_by_minute("XAUUSD_M5_mt5eet_bid_20240101_20241128.parquet", first, last)
    peak = max(moves, key=moves.get)

    assert 8 * 60 + 30 <= peak <= 10 * 60 + 30
