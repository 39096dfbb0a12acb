"""Files go into the history and before the doctor: clocks are read where they are not stated, findings are kept."""

import polars as pl
import pytest
from data_cases import ns

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes
from tradewind.data.importers.parsed import Stated
from tradewind.data.intake import take_in
from tradewind.data.synthetic import synthetic_bars
from tradewind.errors import BadData
from tradewind.markets.loading import load_profile

EVER = (-(2**62), 2**62)
US30 = load_profile("metatrader").instrument("US30")
# March has three weeks in which only America has changed its clocks: NY+7 and EET differ there.
BARS = synthetic_bars(US30, ns("2025-02-10T00:00"), ns("2025-04-19T00:00"))


def export(path, clock, rows=BARS):
    """Write bars as a MetaTrader 5 terminal would whose server shows that clock."""
    zone, hours = {"NY+7": ("America/New_York", 7), "EET": ("Europe/Athens", 0), "UTC": ("UTC", 0)}[clock]
    wall = pl.col("ts").dt.convert_time_zone(zone).dt.replace_time_zone(None) + pl.duration(hours=hours)
    rows.select(
        wall.dt.strftime("%Y.%m.%d").alias("<DATE>"),
        wall.dt.strftime("%H:%M:%S").alias("<TIME>"),
        *(pl.col(name).round(2).alias(f"<{name.upper()}>") for name in ("open", "high", "low", "close")),
        pl.col("volume").cast(pl.Int64).alias("<TICKVOL>"),
        pl.lit(0).alias("<VOL>"),
        pl.lit(20).alias("<SPREAD>"),
    ).write_csv(path, separator="\t", line_terminator="\r\n")
    return path


@pytest.mark.parametrize("clock", ["NY+7", "EET", "UTC"])
def test_the_clock_auto_is_what_the_market_shows(tmp_path, clock):
    history = History(tmp_path / "history")
    taken = take_in([export(tmp_path / "US30_M1_a.csv", clock)], history, Wishes(Stated(clock="auto")))
    (summary,), (record,) = taken

    stored = pl.concat(history.bars(summary.series, *EVER))
    assert stored["ts"].to_list() == BARS["ts"].to_list()
    assert record.series == summary.series
    assert record.open_blockers == []


def test_without_a_clock_nothing_is_stored_and_the_doctors_reading_is_told(tmp_path):
    history = History(tmp_path / "history")
    with pytest.raises(BadData, match=r"does not say which clock.*It reads as NY\+7.*--clock auto takes that"):
        take_in([export(tmp_path / "US30_M1_a.csv", "NY+7")], history)
    assert history.series() == []


def test_a_clock_that_cannot_be_told_is_not_guessed(tmp_path):
    history = History(tmp_path / "history")
    path = export(tmp_path / "US30_M1_a.csv", "NY+7", BARS[:90])
    with pytest.raises(BadData, match="cannot be told with certainty"):
        take_in([path], history, Wishes(Stated(clock="auto")))
    assert history.series() == []


def test_a_wrong_clock_is_stored_and_stays_a_blocker(tmp_path):
    history = History(tmp_path / "history")
    path = export(tmp_path / "US30_M1_a.csv", "NY+7")
    (record,) = take_in([path], history, Wishes(Stated(clock="UTC"))).records

    assert [one.code for one in record.open_blockers] == ["wrong-clock"]
    assert "--clock NY+7" in record.open_blockers[0].command


def test_files_of_two_clocks_are_each_read_by_their_own(tmp_path):
    history = History(tmp_path / "history")
    paths = [export(tmp_path / "US30_M1_a.csv", "NY+7"), export(tmp_path / "US30_M1_b.csv", "EET")]
    first, second = take_in(paths, history, Wishes(Stated(clock="auto"))).summaries

    assert (first.clock, second.clock) == ("NY+7", "EET")
    assert (second.new, second.changed) == (0, 0)
