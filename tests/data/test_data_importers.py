"""Every importer against real vendor files: their bars are those of the curated files, to the last digit."""

from decimal import Decimal

import polars as pl
import pytest
from data_cases import DATA, bars, needs_data, ns, ticks_at

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated

ALL = (-(2**62), 2**62)

RAW = [
    # vendor file, stated, curated counterpart, rows that file has, rows left out
    (
        "mt5_export/XAUUSD_M5_202401020100_202404122355.csv",
        {"clock": "EET"},
        "XAUUSD_M5_mt5eet_bid_20240101_20241128",
        20_089,
        0,
    ),
    (
        "mt5_export/us30_h1_mt5_to_2019.csv",
        {"clock": "eet"},
        "US30_H1_mt5eet_bid_20160526_20221202",
        21_167,
        1401,
    ),
    (
        "histdata/DAT_ASCII_EURUSD_M1_202306.csv",
        {},
        "EURUSD_M1_histdata_bid_20230601_20230623",
        16_752,
        0,
    ),
    (
        "histdata/DAT_MT_XAUUSD_M1_202601.csv",
        {"clock": "eet-7"},
        "XAUUSD_M1_histdata_bid_20260101_20260220",
        28_827,
        0,
    ),
    # Both autumn changes of clocks lie in these two.
    (
        "dukascopy_csv/EURUSD_5 Mins_Bid_2025.10.01_2025.11.14.csv",
        {},
        "EURUSD_M5_duka_bid_20250930_20260331",
        9504,
        0,
    ),
    (
        "dukascopy_csv/EURUSD_5 Mins_Ask_2025.10.01_2025.11.14.csv",
        {},
        "EURUSD_M5_duka_ask_20250930_20260331",
        9504,
        0,
    ),
    (
        "dukascopy_csv/US30_H1_2018.05.01_2021.06.30.csv",
        {},
        "US30_H1_duka_bid_20180501_20210630",
        18_695,
        0,
    ),
    (
        "dukascopy_csv/XAGUSD_2016-06-24--05h_ticks.csv",
        {"scale": Decimal(100)},
        "XAGUSD_ticks_duka_20160623_20160624",
        2709,
        0,
    ),
]


@needs_data
@pytest.mark.parametrize(("file", "stated", "curated", "rows", "left_out"), RAW)
def test_a_vendor_file_gives_the_rows_of_its_curated_counterpart(tmp_path, file, stated, curated, rows, left_out):
    history = History(tmp_path)
    (summary,) = import_files([DATA / "raw" / file], history, Wishes(Stated(**stated)))
    read = history.ticks if summary.series.kind == "ticks" else history.bars
    (frame,) = [pl.concat(read(summary.series, *ALL))]
    expected = pl.read_parquet(DATA / f"{curated}.parquet")
    expected = expected.filter(pl.col("ts").is_between(frame["ts"][0], frame["ts"][-1]))

    assert (summary.rows, summary.new, summary.left_out) == (rows, rows, left_out)
    assert summary.series.symbol == curated.split("_", maxsplit=1)[0]
    assert frame.select(expected.columns).equals(expected)
    spreads = DATA / "spread" / f"{curated}.parquet"
    if spreads.exists():
        recorded = pl.read_parquet(spreads)[: frame.height]
        assert (frame["spread"] - recorded["spread"]).abs().max() < 1e-9


@needs_data
def test_importing_twice_changes_nothing_whatever_the_file_is_called(tmp_path):
    history = History(tmp_path / "history")
    original = DATA / "raw" / "histdata" / "DAT_MT_XAUUSD_M1_202601.csv"
    curated = DATA / "XAUUSD_M1_histdata_bid_20260101_20260220.parquet"
    (first,) = import_files([curated], history)
    (second,) = import_files([curated], history)
    (third,) = import_files([original], history, Wishes(Stated(clock="EET-7")))

    assert (first.new, first.nothing_new) == (49_358, False)
    assert second.nothing_new
    assert third.nothing_new
    assert [source["vendor"] for source in history.series()[0].sources] == ["Parquet", "HistData"]


@needs_data
def test_ticks_and_both_sides_of_bars_are_imported_as_their_names_say(tmp_path):
    history = History(tmp_path)
    names = [
        "EURUSD_ticks_oanda_20140504_20140509",
        "EURUSD_M5_duka_ask_20250930_20260331",
        "EURUSD_M5_duka_bid_20250930_20260331",
        "US30_M1_mt5ny_bid_20251202_20260220",
        "XAUUSD_M1_oanda_mid_20240101_20240221",
    ]
    seen = []
    summaries = import_files(
        [DATA / f"{name}.parquet" for name in names], history, progress=lambda step: seen.append(step[:2])
    )

    assert [tuple(summary.series) for summary in summaries] == [
        ("EURUSD", "ticks", 0, "oanda", "both"),
        ("EURUSD", "bars", 300, "duka", "ask"),
        ("EURUSD", "bars", 300, "duka", "bid"),
        ("US30", "bars", 60, "mt5ny", "bid"),
        ("XAUUSD", "bars", 60, "oanda", "mid"),
    ]
    assert seen == [(number, 5) for number in range(1, 6) for _ in ("begun", "read")]
    assert summaries[3].notes == ("spreads from spread/US30_M1_mt5ny_bid_20251202_20260220.parquet",)
    assert summaries[4].off_grid > 0
    ticks = pl.concat(history.ticks(summaries[0].series, *ALL))
    assert ticks.equals(pl.read_parquet(DATA / f"{names[0]}.parquet"))
    us30 = pl.concat(history.bars(summaries[3].series, *ALL))
    assert us30["spread"].equals(pl.read_parquet(DATA / "spread" / f"{names[3]}.parquet")["spread"])


METATRADER = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n"


def export(path, rows, header=METATRADER, encoding="utf-8"):
    path.write_bytes((header + "".join(f"{row}\r\n" for row in rows)).encode(encoding))
    return path


def hourly(days, hours=range(24), month=3):
    return [
        f"2024.{month:02}.{day:02}\t{hour:02}:00:00\t100.0\t101.5\t99.25\t100.5\t10\t0\t20"
        for day in days
        for hour in hours
    ]


def daily(days, month=2):
    return [f"2024.{month:02}.{day:02}\t00:00:00\t100.0\t131.5\t79.25\t100.5\t900\t0\t0" for day in days]


def imported(tmp_path, path, **stated):
    history = History(tmp_path / "history")
    (summary,) = import_files([path], history, Wishes(Stated(**{"clock": "UTC"} | stated)))
    return summary, pl.concat(history.bars(summary.series, *ALL))


def test_the_size_named_in_the_file_decides_which_bars_stay(tmp_path):
    both = daily(range(1, 21)) + hourly(range(1, 11))
    hours, _ = imported(tmp_path, export(tmp_path / "X_H1_all.csv", both))
    days, frame = imported(tmp_path, export(tmp_path / "X_D1_all.csv", both))
    unnamed, _ = imported(tmp_path, export(tmp_path / "X_all.csv", both), feed="other")

    assert (hours.series.timeframe, hours.rows, hours.left_out) == (3600, 240, 20)
    assert hours.notes == ("20 bars of another size than H1 left out",)
    assert (days.series.timeframe, days.rows, days.left_out) == (86_400, 20, 240)
    assert frame["high"].unique().to_list() == [131.5]
    assert (unnamed.series.timeframe, unnamed.rows) == (3600, 240)


def test_a_daily_bar_at_the_seam_is_told_from_an_hourly_one_by_its_range(tmp_path):
    # The last daily bar is of the day on which the hourly ones begin, an hour later.
    seam = daily(range(1, 21)) + daily([21]) + hourly([21], range(1, 24), month=2) + hourly(range(1, 9))
    summary, frame = imported(tmp_path, export(tmp_path / "X_H1_all.csv", seam))

    assert summary.left_out == 21
    assert frame["ts"].to_physical()[0] == ns("2024-02-21T01:00")


def test_a_spread_in_points_counts_the_last_digit_of_the_whole_file(tmp_path):
    _, frame = imported(tmp_path, export(tmp_path / "X_H1_all.csv", hourly([1])))

    assert frame["spread"].unique().to_list() == [0.2]  # 20 points of 0.01: the lows have two digits


def test_metatraders_utf_16_and_daily_files_without_a_time_are_read(tmp_path):
    wide = export(tmp_path / "X_H1_all.csv", hourly([1]), encoding="utf-16")
    plain = export(
        tmp_path / "Y_D1_all.csv",
        [row.replace("\t00:00:00", "") for row in daily(range(1, 6))],
        header=METATRADER.replace("<TIME>\t", ""),
    )

    assert imported(tmp_path, wide)[0].rows == 24
    assert imported(tmp_path, plain)[0].rows == 5


CLOCKS = [
    # clock, server date in the file, the instant; in March only America has changed its clocks
    ("NY+7", "2024.01.10", "2024-01-10T10:00"),
    ("EET", "2024.01.10", "2024-01-10T10:00"),
    ("NY+7", "2024.03.20", "2024-03-20T09:00"),
    ("EET", "2024.03.20", "2024-03-20T10:00"),
    ("NY+7", "2024.07.10", "2024-07-10T09:00"),
    ("UTC+3", "2024.01.10", "2024-01-10T09:00"),
    ("Europe/Athens", "2024.07.10", "2024-07-10T09:00"),
    ("utc", "2024.07.10", "2024-07-10T12:00"),
]


@pytest.mark.parametrize(("clock", "date", "instant"), CLOCKS)
def test_noon_on_the_servers_clock_is_the_right_instant(tmp_path, clock, date, instant):
    rows = [f"{date}\t12:0{minute}:00\t100.0\t101.5\t99.25\t100.5\t10\t0\t20" for minute in range(3)]
    summary, _ = imported(tmp_path, export(tmp_path / "X_M1_all.csv", rows), clock=clock)

    assert summary.first == ns(instant)


def test_what_is_stated_wins_over_what_the_file_says(tmp_path):
    path = tmp_path / "AAA_M1_one_bid_20250101_20250101.parquet"
    bars("2025-01-01T00:00", 5).write_parquet(path)
    (summary,) = import_files([path], History(tmp_path / "h"), Wishes(Stated("XAUUSD", side="mid", feed="two")))

    assert summary.series == ("XAUUSD", "bars", 60, "two", "mid")
    assert summary.off_grid == 0


def test_a_folder_is_imported_file_by_file(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    bars("2025-01-01T00:00", 5).write_parquet(folder / "AAA_M1_one_bid.parquet")
    ticks_at([ns("2025-01-01")]).write_parquet(folder / "AAA_ticks_one.parquet")
    (folder / "README.md").write_text("not data")
    summaries = import_files([folder], History(tmp_path / "h"))

    assert [summary.series.kind for summary in summaries] == ["bars", "ticks"]
    assert summaries[0].off_grid is None  # the profile has no AAA, so nobody knows its tick
