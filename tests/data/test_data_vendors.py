"""What each vendor's layouts mean, on small files made by hand: clocks, sides, ticks, sizes of bars, spreads.

The layouts are those of the files under raw/ of the market data, of HistData's "Detailed Specification", of the
MQL4 reference (history files), and of exports in public repositories.
"""

import struct
import zipfile
from decimal import Decimal

import polars as pl
import pytest
from data_cases import ns

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files, is_local, walls
from tradewind.data.importers.adjusted import scaled
from tradewind.data.importers.parsed import Stated
from tradewind.data.importers.sources import Source

ALL = (-(2**62), 2**62)


def imported(tmp_path, name, text, encoding="utf-8", **stated):
    """Import one file; return its summary and its rows."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    history = History(tmp_path / "history")
    (summary,) = import_files([path], history, Wishes(Stated(**stated)))
    read = history.ticks if summary.series.kind == "ticks" else history.bars
    return summary, pl.concat(read(summary.series, *ALL))


def moments(frame):
    return frame["ts"].dt.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_list()


BAR = "1.1001,1.1012,1.0999,1.1003"
HISTDATA = [
    # file name, a row, the kind; noon of a winter day on the vendor's clock is 17:00 UTC
    ("DAT_ASCII_EURUSD_M1_202401.csv", "20240102 120000;1.1001;1.1012;1.0999;1.1003;0\n", "bars"),
    ("DAT_NT_EURUSD_M1_202401.csv", "20240102 120000;1.1001;1.1012;1.0999;1.1003;0\n", "bars"),
    ("DAT_MT_EURUSD_M1_202401.csv", f"2024.01.02,12:00,{BAR},0\n", "bars"),
    ("DAT_MS_EURUSD_M1_202401.csv", f"EURUSD,202401021200,{BAR},0\n", "bars"),
    ("DAT_ASCII_EURUSD_T_202401.csv", "20240102 120000000,1.1001,1.1003,0\n", "ticks"),
]


@pytest.mark.parametrize(("name", "row", "kind"), HISTDATA)
def test_every_layout_of_histdata_is_read_at_the_clock_that_was_measured(tmp_path, name, row, kind):
    summary, frame = imported(tmp_path, name, row)

    assert (*summary.series[:2], summary.clock) == ("EURUSD", kind, "EET-7")
    assert moments(frame) == ["2024-01-02T17:00:00.000"]
    assert frame.row(0)[1:3] == ((1.1001, 1.1012) if kind == "bars" else (1.1001, 1.1003))


def test_histdatas_clock_is_an_hour_ahead_of_est_in_summer_and_may_be_overridden(tmp_path):
    row = "20240702 120000123,1.1001,1.1003,0\n"

    assert moments(imported(tmp_path, "DAT_ASCII_EURUSD_T_202407.csv", row)[1]) == ["2024-07-02T16:00:00.123"]
    other = imported(tmp_path, "DAT_ASCII_EURUSD_T_202408.csv", row, clock="utc-5", feed="est")
    assert moments(other[1]) == ["2024-07-02T17:00:00.123"]


REPORT = "HistData.com (c) 2012\nFile: DAT_MT_EURUSD_M1_202401.csv Status Report\n\nGap of 68s found between ...\n"


def test_the_gap_report_beside_a_histdata_file_is_no_data_in_a_zip_or_a_folder(tmp_path):
    name, row, _ = HISTDATA[2]
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "HISTDATA_COM_MT_EURUSD_M1202401.zip", "w") as archive:
        archive.writestr(name, row)
        archive.writestr(name.replace(".csv", ".txt"), REPORT)
    (folder / name).write_text(row)
    (folder / name.replace(".csv", ".txt")).write_text(REPORT)
    history = History(tmp_path / "history")

    assert [one.rows for one in import_files([tmp_path / "HISTDATA_COM_MT_EURUSD_M1202401.zip"], history)] == [1]
    assert [one.rows for one in import_files([folder], history)] == [1]


def test_the_layout_that_two_vendors_share_is_told_apart_by_the_files_name(tmp_path):
    row = f"2024.01.02,12:00,{BAR},5\n"
    summary, frame = imported(tmp_path, "EURUSD1.csv", row, clock="NY+7")

    assert (summary.vendor, *summary.series) == ("MetaTrader 4", "EURUSD", "bars", 60, "mt4", "bid")
    assert moments(frame) == ["2024-01-02T10:00:00.000"]


NAMES = [
    # name, minutes between the bars, symbol, seconds
    ("EURUSD1.csv", 1, "EURUSD", 60),
    ("EURUSD240.csv", 240, "EURUSD", 14_400),
    ("US3060.csv", 60, "US30", 3600),
    ("US305.csv", 5, "US30", 300),
    ("US30.csv", 1, "US30", 60),
    ("XAUUSD_M15.csv", 15, "XAUUSD", 900),
    ("XAUUSD_H1_2024.csv", 60, "XAUUSD", 3600),
    ("XAUUSD-2024.csv", 60, "XAUUSD", 3600),
]


@pytest.mark.parametrize(("name", "minutes", "symbol", "seconds"), NAMES)
def test_digits_at_the_end_of_a_metatrader_4_name_are_minutes_if_the_bars_are_so_far_apart(
    tmp_path, name, minutes, symbol, seconds
):
    times = pl.datetime_range(pl.datetime(2024, 1, 2), pl.datetime(2024, 1, 4), f"{minutes}m", eager=True)
    rows = "".join(f"{time},{BAR},5\n" for time in times.dt.strftime("%Y.%m.%d,%H:%M"))
    summary, _ = imported(tmp_path, name, rows, clock="UTC")

    assert (summary.series.symbol, summary.series.timeframe) == (symbol, seconds)


def test_a_history_file_of_either_version_gives_the_same_bars_and_its_spread(tmp_path):
    moment = ns("2024-01-02T12:00") // 10**9
    old = struct.pack("<i64s12sii60x", 400, b"", b"XAUUSD", 60, 2) + struct.pack("<i5d", moment, 10, 9, 12, 11, 5)
    new = struct.pack("<i64s12sii60x", 401, b"", b"XAUUSD", 60, 2)
    new += struct.pack("<q4dqiq", moment, 10, 12, 9, 11, 5, 28, 0)
    (first, one), (_, two) = (
        imported(tmp_path, f"XAUUSD60{word}.hst", content, clock="NY+7", feed=f"mt4{word}")
        for word, content in (("old", old), ("new", new))
    )

    assert (first.series.symbol, first.series.timeframe) == ("XAUUSD", 3600)
    assert one.rows() == [(one["ts"][0], 10.0, 12.0, 9.0, 11.0, 5.0, None)]
    assert moments(one) == moments(two) == ["2024-01-02T10:00:00.000"]
    assert two["spread"].to_list() == [0.28]


TICKS = "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\r\n"


def test_a_metatrader_tick_names_what_changed_and_the_rest_is_carried_forward(tmp_path):
    rows = [
        "2024.01.02\t01:00:00.100\t\t2062.9\t\t\t4",  # no bid yet
        "2024.01.02\t01:00:00.200\t2062.5\t\t\t\t2",
        "2024.01.02\t01:00:00.300\t\t2063.1\t\t\t4",
        "2024.01.02\t01:00:00.400\t\t\t2062.8\t1\t24",  # a trade
        "2024.01.02\t01:00:00.500\t2062.6\t2063.0",
    ]
    summary, frame = imported(tmp_path, "XAUUSD_1.csv", TICKS + "\r\n".join(rows), clock="NY+7")

    assert frame.select("bid", "ask").rows() == [(2062.5, 2062.9), (2062.5, 2063.1), (2062.6, 2063.0)]
    assert moments(frame)[0] == "2024-01-01T23:00:00.200"
    assert (summary.left_out, summary.notes) == (2, ("2 ticks that do not tell both sides left out",))


def test_what_is_carried_forward_crosses_the_blocks_in_which_a_file_is_read(tmp_path, monkeypatch):
    rows = "".join(
        f"2024.01.02\t01:{second // 60:02}:{second % 60:02}.000\t{'' if second % 7 else 2000 + second}"
        f"\t{2000.5 + second}\t\t\t6\r\n"
        for second in range(600)
    )
    _, whole = imported(tmp_path, "XAUUSD_1.csv", TICKS + rows, clock="UTC")
    monkeypatch.setattr(Source.lines, "__defaults__", (200,))
    _, pieces = imported(tmp_path, "XAUUSD_2.csv", TICKS + rows, clock="UTC", feed="pieces")

    assert whole["bid"].to_list() == [2000.0 + second - second % 7 for second in range(600)]
    assert pieces.equals(whole)


RATES = "time,open,high,low,close,tick_volume,spread,real_volume\n"
PRICED = "2062.91,2065.51,2062.8,2065.37,222,7,0\n"
PYTHON_BARS = [
    f"{RATES}1704157200,{PRICED}",
    f",{RATES}0,2024-01-02 01:00:00,{PRICED}",
    f"{RATES}2024-01-02 01:00:00+00:00,{PRICED}",
]


@pytest.mark.parametrize("text", PYTHON_BARS)
def test_what_the_python_package_counts_as_utc_is_the_servers_clock(tmp_path, text):
    summary, frame = imported(tmp_path, "XAUUSD_M5_mine.csv", text, clock="NY+7")

    assert moments(frame) == ["2024-01-01T23:00:00.000"]
    assert (summary.series.symbol, summary.series.timeframe, frame["spread"][0]) == ("XAUUSD", 300, 0.07)


def test_ticks_of_the_python_package_have_milliseconds(tmp_path):
    text = "time,bid,ask,last,volume,time_msc,flags,volume_real\n1704157200,1.1,1.2,0.0,0,1704157200123,6,0.0\n"
    _, frame = imported(tmp_path, "EURUSD_mine.csv", text, clock="NY+7")

    assert moments(frame) == ["2024-01-01T23:00:00.123"]


DUKASCOPY = [
    # file name, header, time of a row, the instant; the same moment in every way in which it is written
    ("EURUSD_1 Min_Bid_a.csv", "Time (EET)", "2025.10.28 02:00:00", {}, "EET"),
    ("EURUSD_1 Min_Bid_a.csv", "Time (UTC)", "2025.10.28 00:00:00", {}, "UTC"),
    ("EURUSD_Candlestick_1_M_BID_a.csv", "Gmt time", "28.10.2025 00:00:00.000", {}, "UTC"),
    ("EURUSD_Candlestick_1_M_BID_a.csv", "Local time", "28.10.2025 09:00:00.000 GMT+0900", {}, "UTC"),
    ("EURUSD_Candlestick_1_M_BID_a.csv", "Local time", "27.10.2025 20:00:00.000 GMT-0400", {}, "UTC"),
    ("EURUSD_Candlestick_1_M_BID_a.csv", "Local time", "28.10.2025 09:00:00.000", {"clock": "UTC+9"}, "UTC+9"),
    # The offset is a false label if the user says so.
    ("EURUSD_Candlestick_1_M_BID_a.csv", "Local time", "28.10.2025 02:00:00.000 GMT+0000", {"clock": "EET"}, "EET"),
    ("EURUSD_1_M1_Bid_a.csv", "Date", "28.10.2025 00:00:00.000", {}, "UTC"),
]


@pytest.mark.parametrize(("name", "header", "time", "stated", "clock"), DUKASCOPY)
def test_dukascopys_clock_is_the_headers_or_the_cells_or_the_users(tmp_path, name, header, time, stated, clock):
    text = f"{header},Open,High,Low,Close,Volume \n{time},{BAR},25.17\n"
    summary, frame = imported(tmp_path, name, text, **stated)

    assert moments(frame) == ["2025-10-28T00:00:00.000"]
    assert (*summary.series, summary.clock) == ("EURUSD", "bars", 60, "duka", "bid", clock)


def test_dukascopys_ticks_have_the_ask_first_and_sizes(tmp_path):
    text = "Time (EET),Ask,Bid,AskVolume,BidVolume \n2025.10.28 02:00:00.123,1.2,1.1,0.75,2.5\n"
    _, frame = imported(tmp_path, "EURUSD_Ticks_2025.10.28_2025.10.28.csv", text)

    assert frame.rows() == [(frame["ts"][0], 1.1, 1.2, 2.5, 0.75)]


def test_hours_that_dukascopy_filled_in_are_left_out(tmp_path):
    text = "Gmt time,Open,High,Low,Close,Volume\n" + "".join(
        f"28.10.2025 0{hour}:00:00.000,1,1,1,1,{volume}\n" for hour, volume in enumerate((5, 0, 0, 3))
    )
    summary, frame = imported(tmp_path, "EURUSD_Candlestick_1_Hour_ASK_a.csv", text)

    assert (frame.height, summary.left_out, summary.series.side) == (2, 2, "ask")
    assert summary.notes == ("2 flat bars without volume left out: nothing traded in them",)


TRADINGVIEW = [
    # file name, time, stated, identity
    ("OANDA_XAUUSD, 60.csv", "1704189600", {}, ("XAUUSD", "bars", 3600, "tradingview-oanda", "bid")),
    (
        "OANDA_XAUUSD, 60_5f1ee.csv",
        "2024-01-02T05:00:00-05:00",
        {},
        ("XAUUSD", "bars", 3600, "tradingview-oanda", "bid"),
    ),
    ("FX_EURUSD, 30S.csv", "2024-01-02T10:00:00Z", {}, ("EURUSD", "bars", 30, "tradingview-fx", "bid")),
    (
        "XAUUSD, 1D.csv",
        "2024-01-02T12:00:00",
        {"clock": "EET", "side": "mid"},
        ("XAUUSD", "bars", 86_400, "tradingview", "mid"),
    ),
]


@pytest.mark.parametrize(("name", "time", "stated", "identity"), TRADINGVIEW)
def test_a_chart_is_read_with_its_exchange_as_the_feed_and_without_its_indicators(
    tmp_path, name, time, stated, identity
):
    summary, frame = imported(tmp_path, name, f"time,open,high,low,close,Volume,MA,MA\n{time},{BAR},5,1.1,\n", **stated)

    assert (moments(frame), tuple(summary.series)) == (["2024-01-02T10:00:00.000"], identity)
    assert "columns left out: MA, MA_duplicated_0" in summary.notes
    assert ("a chart does not say its side; taken as bid" in summary.notes) is ("side" not in stated)


def test_a_chart_without_volume_or_with_gaps_in_it_is_read(tmp_path):
    text = f"time,open,high,low,close,Volume\n1704189600,{BAR},\n1704193200,{BAR},7\n"

    assert imported(tmp_path, "X, 60.csv", text)[1]["volume"].to_list() == [None, 7.0]


PRICES = [
    # price, factor, the float nearest to the exact product
    ("0.14052", "100", "14.052"),
    ("0.17823", "100", "17.823"),
    ("1.1", "3", "3.3"),
    ("2062.91", "0.01", "20.6291"),
    ("0.07", "100", "7"),
    ("123456.789", "0.001", "123.456789"),
    ("4.35", "8", "34.8"),
    ("1.005", "1000", "1005"),
]


@pytest.mark.parametrize(("price", "factor", "product"), PRICES)
def test_a_scaled_price_is_the_float_nearest_to_the_decimal_product(price, factor, product):
    assert Decimal(price) * Decimal(factor) == Decimal(product)
    assert scaled(pl.Series("x", [float(price), None]), Decimal(factor)).to_list() == [float(product), None]


def test_every_decimal_price_scales_exactly():
    prices = [Decimal(number) / 1000 for number in range(1, 200_000, 7)]
    for factor in (Decimal(100), Decimal("0.01"), Decimal(3), Decimal("1.25")):
        found = scaled(pl.Series("x", [float(price) for price in prices]), factor)
        assert found.to_list() == [float(price * factor) for price in prices]


def test_a_scale_is_for_all_prices_and_the_spread_and_is_noted(tmp_path):
    text = PYTHON_BARS[0].replace(",7,0", ",700,0")
    summary, frame = imported(tmp_path, "XAUUSD_M5_mine.csv", text, clock="UTC", scale=Decimal("0.1"))

    assert frame.row(0)[1:] == (206.291, 206.551, 206.28, 206.537, 222.0, 0.7)
    assert summary.notes == ("prices multiplied by 0.1",)


def test_bars_stamped_at_their_close_are_moved_to_their_open(tmp_path):
    text = f"2024.01.02,12:05,{BAR},5\n2024.01.02,12:10,{BAR},5\n"
    summary, frame = imported(tmp_path, "EURUSD_M5.csv", text, clock="UTC", stamp="close")

    assert moments(frame) == ["2024-01-02T12:00:00.000", "2024-01-02T12:05:00.000"]
    assert summary.notes == ("bars stamped at their close; moved to their open",)


def test_an_empty_line_at_the_end_and_a_byte_order_mark_are_nothing(tmp_path):
    name, row, _ = HISTDATA[0]

    assert imported(tmp_path, name, "\ufeff" + row + "\r\n\r\n")[0].rows == 1
    assert imported(tmp_path, "EURUSD1.csv", "\ufeff" + HISTDATA[2][1] + "\n", clock="UTC")[0].rows == 1


LOCAL = [
    (
        "XAUUSD_M5_1.csv",
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n2024.01.02\t01:00:00\t1\t2\t1\t2\t5\n",
        True,
    ),
    ("EURUSD1.csv", f"2024.01.02,01:00,{BAR},5\n", True),
    ("DAT_MT_EURUSD_M1_1.csv", f"2024.01.02,01:00,{BAR},5\n", False),
    ("EURUSD_Bid_1.csv", f"Time (EET),Open,High,Low,Close,Volume\n2024.01.02 01:00:00,{BAR},5\n", False),
    ("EURUSD_Bid_1.csv", f"Local time,Open,High,Low,Close,Volume\n2024.01.02 01:00:00,{BAR},5\n", True),
    ("EURUSD, 60.csv", f"time,open,high,low,close\n2024-01-02T01:00:00,{BAR}\n", True),
    ("EURUSD, 60.csv", f"time,open,high,low,close\n1704157200,{BAR}\n", False),
]


@pytest.mark.parametrize(("name", "text", "local"), LOCAL)
def test_a_file_whose_clock_nobody_named_says_so_and_shows_its_walls(tmp_path, name, text, local):
    (tmp_path / name).write_text(text)

    assert is_local(tmp_path / name, Stated()) is local
    (part,) = walls(tmp_path / name, Stated(), 10)
    assert moments(part.frame) == ["2024-01-02T01:00:00.000"]


def test_the_walls_are_only_so_many(tmp_path):
    rows = "".join(f"2024.01.02,{hour:02}:00,{BAR},5\n" for hour in range(24))
    (tmp_path / "EURUSD60.csv").write_text(rows)
    (part,) = walls(tmp_path / "EURUSD60.csv", Stated(), 7)

    assert (part.frame.height, part.series.timeframe) == (7, 3600)
