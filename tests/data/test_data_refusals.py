"""What an importer refuses: each with the row, the value and what to do, and nothing written."""

from datetime import UTC, datetime

import polars as pl
import pytest
from data_cases import bars, ns, ticks_at

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated
from tradewind.errors import TradewindError

BARS = "XAUUSD_M1_test_bid_20250101_20250101.parquet"
TICKS = "XAUUSD_ticks_test_20250101_20250101.parquet"
ROWS = bars("2025-01-01T00:00", 6)
MOMENTS = ticks_at([ns("2025-01-01") + second * 10**9 for second in range(6)])


def with_value(frame, column, row, value):
    """Return the frame with one value replaced."""
    values = frame[column].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))


EARLY = datetime(2024, 12, 31, tzinfo=UTC)

BAD_TABLES = [
    # file name, table, what the message must say
    (BARS, with_value(ROWS, "high", 2, float("nan")), r"row 3: high is not a number \(high nan\)"),
    (BARS, with_value(ROWS, "low", 0, float("inf")), r"row 1: low is not a number \(low inf\)"),
    (BARS, with_value(ROWS, "open", 1, None), r"row 2: open is absent"),
    (BARS, with_value(ROWS, "low", 4, 0.0), r"row 5: low is not greater than zero \(low 0.0\)"),
    (BARS, with_value(ROWS, "close", 3, -1.5), r"row 4: close is not greater than zero \(close -1.5\)"),
    (BARS, with_value(ROWS, "high", 2, 1.0), r"row 3: the high is below the low \(high 1.0, low "),
    (
        BARS,
        with_value(ROWS, "open", 1, 500.0),
        r"row 2: the open lies outside the range of its bar \(open 500.0",
    ),
    (
        BARS,
        with_value(ROWS, "close", 5, 2.0),
        r"row 6: the close lies outside the range of its bar \(close 2.0",
    ),
    (
        BARS,
        with_value(ROWS, "volume", 1, -3.0),
        r"row 2: volume is not a number from zero up \(volume -3.0\)",
    ),
    (
        BARS,
        with_value(ROWS, "ts", 3, EARLY),
        r"row 4: the time is before that of the row above .*--repair sort",
    ),
    (BARS, pl.concat([ROWS[:3], ROWS[2:]]), r"row 4: the time was there before .*--repair duplicates"),
    (BARS, ROWS[:0], r"has no rows"),
    (
        BARS,
        ROWS.rename({"close": "clse"}),
        r"no column 'close'; its columns are ts, open.*Did you mean 'clse'",
    ),
    (
        BARS,
        ROWS.with_columns(ts=pl.col("ts").dt.replace_time_zone(None)),
        r"the column ts is .*not a time in UTC",
    ),
    (BARS, ROWS.with_columns(close=pl.lit("dear")), r"a column that is not numbers"),
    (TICKS, with_value(MOMENTS, "ask", 3, 1.0), r"row 4: the ask is below the bid \(bid .*, ask 1.0\)"),
    (TICKS, with_value(MOMENTS, "bid", 0, 0.0), r"row 1: bid is not greater than zero"),
    (TICKS, MOMENTS.reverse(), r"row 2: the time is before that of the row above"),
    (TICKS, MOMENTS.drop("ask"), r"no column 'ask'"),
    ("gold.parquet", ROWS, r"name gold.parquet does not say what the file holds.*SYMBOL_BARSIZE_FEED_SIDE"),
    ("XAUUSD_M1_test_20250101_20250101.parquet", ROWS, r"does not say its side.*--side"),
]


@pytest.mark.parametrize(("name", "table", "message"), BAD_TABLES)
def test_an_impossible_table_is_refused_with_its_row_and_value(tmp_path, name, table, message):
    table.write_parquet(tmp_path / name)
    history = History(tmp_path / "history")
    with pytest.raises(TradewindError, match=message):
        import_files([tmp_path / name], history)

    assert history.series() == []


HEADER = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n"
GOOD = "2024.01.02\t01:00:00\t2062.91\t2065.51\t2062.80\t2065.37\t222\t0\t7\r\n"
LATER = GOOD.replace("01:00:00", "01:05:00")

DUKA = "Time (EET),Open,High,Low,Close,Volume \n2025.10.01 00:00:00,1.17347,1.17398,1.17347,1.17387,25.17\n"

BAD_TEXTS = [
    # file name, text, what is stated, what the message must say
    ("X_M5_a.csv", HEADER + GOOD, {}, r"does not say which clock.*--clock: ny\+7 .*eet.*eet-7 .*utc"),
    ("X_M5_a.csv", HEADER + GOOD, {"clock": "NY+17"}, r"'NY\+17'"),
    ("X_M5_a.csv", HEADER + GOOD, {"clock": "ETT"}, r"no clock named 'ETT'.*Did you mean 'EET'"),
    ("X_M5_a.csv", HEADER + GOOD, {"clock": "EET", "side": "last"}, r"side 'last' is none of bid, ask, mid"),
    (
        "X_M5_a.csv",
        HEADER + GOOD + LATER.replace("2062.91", "2,062"),
        {"clock": "EET"},
        r"row 3: open is '2,062'",
    ),
    (
        "X_M5_a.csv",
        HEADER + GOOD + LATER.replace("01:05:00", "25:05:00"),
        {"clock": "EET"},
        r"row 3: the time is '2024",
    ),
    (
        "X_M5_a.csv",
        HEADER + LATER + GOOD,
        {"clock": "EET"},
        r"row 3: the time is before that of the row above",
    ),
    ("X_M5_a.csv", HEADER + GOOD + GOOD, {"clock": "EET"}, r"row 3: the time was there before"),
    (
        "X_M5_a.csv",
        HEADER + GOOD.replace("2062.80", "0.00"),
        {"clock": "EET"},
        r"row 2: low is not greater than zero",
    ),
    ("X_M5_a.csv", HEADER, {"clock": "EET"}, r"has no rows"),
    (
        "X_M5_a.csv",
        HEADER.replace("<CLOSE>", "<CLOSED>") + GOOD,
        {"clock": "EET"},
        r"Did you mean '<CLOSED>'",
    ),
    ("X_M5_a.csv", HEADER + GOOD.replace("\t7", "\t7\t8\t9"), {"clock": "EET"}, r"is not a table"),
    ("X_M5_a.csv", "", {"clock": "EET"}, r"is empty"),
    (
        "X_M5_a.csv",
        "hello",
        {"clock": "EET"},
        r"of no known kind; it begins b'hello'.*Parquet, MetaTrader 5.* HistData.*data mapping X_M5_a.csv",
    ),
    ("X_M5_a.xlsx", "PK", {}, r"of no known kind"),
    (
        "prices.csv",
        "20230601 000000;1.1;1.2;1.0;1.1;0\n",
        {"clock": "EET-7"},
        r"does not say its symbol.*--as",
    ),
    ("EURUSD1.csv", "2024.01.02,00:00,1.1,1.2,1.0,1.1,5\n", {}, r"does not say which clock"),
    ("DAT_NT_EURUSD_T_BID_1.csv", "20121202 170010;1.035400;0\n", {}, r"one side of the ticks.*Generic ASCII"),
    ("DAT_XLSX_EURUSD_M1_1.xlsx", "PK", {}, r"a workbook.*Generic ASCII"),
    ("XAUUSD60.hst", "short", {"clock": "EET"}, r"shorter than the header"),
    ("XAUUSD60.hst", "x" * 200, {"clock": "EET"}, r"no history file: version .*400 and 401"),
    ("EURUSD_Bid_1.csv", DUKA.replace("(EET)", "(CST)"), {}, r"does not say which clock"),
    ("EURUSD_Bid_1.csv", DUKA.replace("Time (EET)", "Local time"), {}, r"does not say which clock"),
    ("EURUSD_Bid_1.csv", DUKA.replace("00:00:00,1.17347", "00:00,1.17347"), {}, r"of no known kind"),
    ("EURUSD_Bid_1.csv", DUKA + "2025.10.01 0005:00,1,1,1,1,1\n", {}, r"row 3: the time is '2025.10.01 0005:00', not"),
    ("EURUSD_Bid_1.csv", DUKA + "9999.10.01 00:05:00,1,1,1,1,1\n", {}, r"row 3: the time is '9999.*1970 to 2069"),
    ("EURUSD_Bid_1.csv", DUKA, {"stamp": "shut"}, r"no stamp named 'shut'"),
    ("EURUSD_Bid_1.csv", DUKA.replace(",1.17398", ",1e308"), {}, r"EURUSD_Bid_1.csv, EURUSD: The price in ticks"),
    (
        "DAT_ASCII_EURUSD_M1_1.csv",
        "20230601 000000;1.1;1.2;1.0;;0\n",
        {"clock": "EET-7"},
        r"row 1: close is None",
    ),
    (
        "DAT_MT_EURUSD_M1_1.csv",
        "2023.06.01,00:61,1.1,1.2,1.0,1.1,0\n",
        {"clock": "EET-7"},
        r"row 1: the time is",
    ),
    (BARS, "PAR1 and then nothing", {}, r"cannot be read"),
]


@pytest.mark.parametrize(("name", "text", "stated", "message"), BAD_TEXTS)
def test_an_impossible_text_is_refused_with_its_row_and_value(tmp_path, name, text, stated, message):
    (tmp_path / name).write_bytes(text.encode())
    history = History(tmp_path / "history")
    with pytest.raises(TradewindError, match=message):
        import_files([tmp_path / name], history, Wishes(Stated(**stated)))

    assert history.series() == []


def test_a_parquet_file_is_in_utc_and_a_spread_companion_is_not_imported_alone(tmp_path):
    history = History(tmp_path / "history")
    ROWS.write_parquet(tmp_path / BARS)
    (tmp_path / "spread").mkdir()
    ROWS.select("ts", spread="close").write_parquet(tmp_path / "spread" / BARS)
    with pytest.raises(TradewindError, match="is in UTC, not NY"):
        import_files([tmp_path / BARS], history, Wishes(Stated(clock="NY+7")))
    with pytest.raises(TradewindError, match="files in spread/ are read with the bars"):
        import_files([tmp_path / "spread" / BARS], history)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(TradewindError, match="cannot be read: No such file"):
        import_files([tmp_path / "none.csv"], History(tmp_path))
    with pytest.raises(TradewindError, match=r"has no .parquet, .csv, .tsv, .txt, "):
        import_files([tmp_path], History(tmp_path))


def test_a_bad_file_among_good_ones_stops_there_and_the_earlier_stay(tmp_path):
    ROWS.write_parquet(tmp_path / BARS)
    MOMENTS.reverse().write_parquet(tmp_path / TICKS)
    history = History(tmp_path / "history")
    with pytest.raises(TradewindError, match=TICKS):
        import_files([tmp_path / BARS, tmp_path / TICKS], history)

    assert [info.kind for info in history.series()] == ["bars"]


@pytest.mark.parametrize(
    ("name", "stated", "said"),
    [
        ("XAUUSD_M1_synthetic_bid_20251001_20251101.parquet", {"feed": "broker"}, "its prices were made up"),
        ("XAUUSD_M1_Synthetic_bid.parquet", {}, "its prices were made up"),
        ("XAUUSD_M1_mt5_bid.parquet", {"feed": "synthetic2"}, "looks like made-up prices"),
    ],
)
def test_made_up_prices_cannot_be_imported_as_real(tmp_path, name, stated, said):
    """A file whose name says synthetic keeps that feed; nothing is stored under another."""
    bars("2025-10-01T10:00", 5).write_parquet(tmp_path / name)
    history = History(tmp_path / "history")
    with pytest.raises(TradewindError, match=said):
        import_files([tmp_path / name], history, Wishes(Stated(**stated)))

    assert not history.series()


def test_prices_may_be_called_made_up(tmp_path):
    """Synthetic files keep their feed, and real ones may be given it: that misleads nobody."""
    for number, (name, stated) in enumerate(
        [("XAUUSD_M1_synthetic_bid.parquet", {}), ("XAUUSD_M1_mt5_bid.parquet", {"feed": "synthetic"})]
    ):
        bars("2025-10-01T10:00", 5).write_parquet(tmp_path / name)
        (summary,) = import_files([tmp_path / name], History(tmp_path / str(number)), Wishes(Stated(**stated)))

        assert summary.series.feed == "synthetic"
