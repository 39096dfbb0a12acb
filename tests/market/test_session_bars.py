"""Bars of sessions: the same wall times all year, whole, and nobody's tradable prices."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts"))

from history_stores import DATABASES, database, emptied

from tradewind.adapters.parquet import History
from tradewind.adapters.timescale.history import History as DatabaseHistory
from tradewind.data.series import Series
from tradewind.data.session_bars import is_session, store_session_bars
from tradewind.data.synthetic import synthetic_bars
from tradewind.errors import TradewindError, UnknownName
from tradewind.markets.clock import from_utc
from tradewind.markets.loading import load_profile

GOLD = load_profile("metatrader").instrument("XAUUSD")
MINUTES = Series("XAUUSD", "bars", 60, "test", "bid")
ALL = (-(2**62), 2**62)
DAY_NS = 86_400 * 1_000_000_000


def ns(text):
    return int(np.datetime64(text, "ns").astype(np.int64))


@pytest.fixture(scope="module")
def spring():
    """Three weeks of minutes around both clock changes of spring 2025: New York 9 March, London 30 March."""
    return synthetic_bars(GOLD, ns("2025-03-03"), ns("2025-04-05"))


def made(history, name):
    return pl.concat(history.bars(Series(f"XAUUSD.{name}", "bars", 86_400, "test", "bid"), *ALL))


def test_sessions_open_at_the_same_wall_time_on_both_sides_of_clock_changes(tmp_path, spring):
    history = History(tmp_path)
    history.write(MINUTES, spring, {"file": "made up"})
    store_session_bars(history, "XAUUSD", GOLD)

    zones = {"DAY": ("America/New_York", 17), "LONDON": ("Europe/London", 8), "TOKYO": ("Asia/Tokyo", 9)}
    for name, (zone, hour) in zones.items():
        opens = made(history, name)["ts"].to_physical().to_list()
        assert {from_utc(moment, zone).hour for moment in opens} == {hour}
        assert len(opens) > 20


def test_a_bar_holds_the_prices_of_its_session_and_no_others(tmp_path, spring):
    history = History(tmp_path)
    history.write(MINUTES, spring, {"file": "made up"})
    store_session_bars(history, "XAUUSD", GOLD, ["LONDON"])

    # British Summer Time began on 30 March: London's 08:00 to 17:00 of the 31st is 07:00 to 16:00 UTC.
    opens, closes = ns("2025-03-31T07:00"), ns("2025-03-31T16:00")
    prices = spring.filter(pl.col("ts").to_physical().is_between(opens, closes, closed="left"))
    (bar,) = made(history, "LONDON").filter(pl.col("ts").to_physical() == opens).to_dicts()
    assert (bar["open"], bar["close"]) == (prices["open"][0], prices["close"][-1])
    assert (bar["high"], bar["low"]) == (prices["high"].max(), prices["low"].min())
    assert bar["volume"] == prices["volume"].sum()


def test_what_is_not_over_is_not_told_and_comes_when_it_is(tmp_path, spring):
    history = History(tmp_path)
    noon = pl.col("ts").to_physical() < ns("2025-03-20T12:00")
    history.write(MINUTES, spring.filter(noon), {"file": "made up"})
    store_session_bars(history, "XAUUSD", GOLD, ["DAY"])
    assert made(history, "DAY")["ts"].to_physical()[-1] == ns("2025-03-18T21:00")

    history.write(MINUTES, spring, {"file": "made up"})
    (written,) = store_session_bars(history, "XAUUSD", GOLD, ["DAY"], since=ns("2025-03-19")).values()
    assert (written.new, written.changed) == (written.rows, 0)
    again = store_session_bars(history, "XAUUSD", GOLD, ["DAY"])
    assert [(one.new, one.changed) for one in again.values()] == [(0, 0)]


def test_a_session_that_began_before_the_prices_is_left_out(tmp_path, spring):
    history = History(tmp_path)
    history.write(MINUTES, spring.filter(pl.col("ts").to_physical() >= ns("2025-03-12T10:00")), {"file": "made up"})
    store_session_bars(history, "XAUUSD", GOLD, ["LONDON"])

    assert made(history, "LONDON")["ts"].to_physical()[0] == ns("2025-03-13T08:00")


def test_ticks_make_the_bars_that_their_minutes_make(tmp_path, spring):
    history = History(tmp_path)
    week = spring.filter(pl.col("ts").to_physical() < ns("2025-03-08"))
    corners = [week.select("ts", bid=pl.col(name)).with_columns(pl.col("ts") + pl.duration(seconds=second))
               for second, name in enumerate(("open", "high", "low", "close"))]  # fmt: skip
    ticks = pl.concat(corners).sort("ts").with_columns(ask=pl.col("bid") + 0.25)
    history.write(Series("XAUUSD", "ticks", 0, "test", "both"), ticks, {"file": "made up"})
    store_session_bars(history, "XAUUSD", GOLD, ["LONDON"])
    from_ticks = made(history, "LONDON")
    other = History(tmp_path / "minutes")
    other.write(MINUTES, week, {"file": "made up"})
    store_session_bars(other, "XAUUSD", GOLD, ["LONDON"])

    prices = ["ts", "open", "high", "low", "close"]
    assert from_ticks.select(prices).equals(made(other, "LONDON").select(prices))
    assert from_ticks["spread"].unique().to_list() == [0.25]


def test_prices_of_sessions_are_not_found_as_prices_of_the_instrument(tmp_path, spring):
    history = History(tmp_path)
    history.write(MINUTES, spring, {"file": "made up"})
    written = store_session_bars(history, "XAUUSD", GOLD)

    assert [info.series for info in history.find("XAUUSD")] == [MINUTES]
    assert all(is_session(series.symbol) for series in written)
    assert not any(is_session(symbol) for symbol in ("XAUUSD", "US30.cash", "DAY"))


def test_what_cannot_be_made_is_refused(tmp_path, spring):
    history = History(tmp_path)
    with pytest.raises(TradewindError, match="no bid of XAUUSD"):
        store_session_bars(history, "XAUUSD", GOLD)
    history.write(MINUTES, spring, {"file": "made up"})
    with pytest.raises(UnknownName, match="LONDON"):
        store_session_bars(history, "XAUUSD", GOLD, ["LONDN"])
    history.write(MINUTES._replace(feed="other"), spring, {"file": "made up"})
    with pytest.raises(TradewindError, match="Several feeds hold XAUUSD: other, test"):
        store_session_bars(history, "XAUUSD", GOLD)
    history.write(MINUTES._replace(feed="hours", timeframe=14_400), spring[::240], {"file": "made up"})
    with pytest.raises(TradewindError, match="H4 are too coarse for LONDON"):
        store_session_bars(history, "XAUUSD", GOLD, ["LONDON"], feed="hours")


@pytest.mark.parametrize("kind", DATABASES)
def test_a_database_holds_the_same_bars_as_files(kind, tmp_path, spring):
    files = History(tmp_path)
    with database(kind) as address:
        in_database = DatabaseHistory(emptied(address))
        for history in (files, in_database):
            history.write(MINUTES, spring, {"file": "made up"})
            store_session_bars(history, "XAUUSD", GOLD)
        day = Series("XAUUSD.DAY", "bars", 86_400, "test", "bid")
        assert files.digest(day) == in_database.digest(day)
        in_database.close()
