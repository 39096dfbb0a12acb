"""The synthetic feed: the same for the same seed, only in open hours, valid, and shaped like the day."""

import numpy as np
import polars as pl
import pytest

from tradewind.adapters.parquet import History
from tradewind.data.checks import check_rows
from tradewind.data.series import seconds_of, timeframe_name
from tradewind.data.synthetic import synthetic_bars, write_synthetic
from tradewind.errors import TradewindError
from tradewind.markets.hours import is_open
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")


@pytest.fixture(scope="module", params=["US30", "XAUUSD"])
def made(request):
    instrument = PROFILE.instrument(request.param)
    return instrument, synthetic_bars(instrument)


def test_every_bar_is_possible_and_lies_in_open_hours(made):
    instrument, frame = made
    check_rows(frame, "bars", "synthetic")

    assert all(is_open(instrument, ts) for ts in frame["ts"].to_physical().to_list()[::97])
    assert frame["ts"].dt.strftime("%Y-%m").unique().sort().to_list() == ["2025-10", "2025-11", "2025-12"]
    assert (frame["spread"] > 0).all()


def test_the_seed_decides_all(made):
    instrument, frame = made

    assert synthetic_bars(instrument).equals(frame)
    assert not synthetic_bars(instrument, seed=1).equals(frame)


def test_the_day_has_the_shape_of_the_instrument(made):
    instrument, frame = made
    local = pl.col("ts").dt.convert_time_zone("America/New_York").dt
    by_hour = frame.group_by(local.hour().alias("hour")).agg((pl.col("high") - pl.col("low")).mean().alias("range"))
    width = dict(by_hour.rows())

    assert width[10] > 2 * width[2]
    assert 17 not in width
    if instrument.symbol == "XAUUSD":
        assert width[4] > 1.3 * width[2]


def test_it_is_stored_under_its_own_name_and_only_once(tmp_path):
    history = History(tmp_path)
    first, second = write_synthetic(history), write_synthetic(history)

    assert {series.feed for series in first} == {"synthetic"}
    assert all(written.new > 80_000 for written in first.values())
    assert all(written.new == written.changed == 0 for written in second.values())
    assert "seed" in history.series()[0].sources[0]["file"]


NAMES = [
    (0, "ticks"),
    (10, "S10"),
    (60, "M1"),
    (300, "M5"),
    (5400, "M90"),
    (14_400, "H4"),
    (86_400, "D1"),
    (604_800, "W1"),
]


@pytest.mark.parametrize(("seconds", "name"), NAMES)
def test_timeframes_are_written_as_traders_do(seconds, name):
    assert timeframe_name(seconds) == name
    assert seconds == 0 or seconds_of(name.lower()) == seconds


def test_a_timeframe_that_is_none_is_refused():
    with pytest.raises(TradewindError, match="no timeframe named 'X5'"):
        seconds_of("X5")


def test_the_walk_is_on_the_grid(made):
    instrument, frame = made
    ticks = frame["close"].to_numpy() / float(instrument.tick_size)

    assert np.abs(ticks - np.rint(ticks)).max() < 1e-3
