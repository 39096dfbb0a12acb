"""LEAN's zipped files: real ones equal their curated counterparts; clocks, sides and what is refused."""

import zipfile

import polars as pl
import pytest
from data_cases import DATA, needs_data, ns

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated
from tradewind.data.series import Series
from tradewind.errors import TradewindError

ALL = (-(2**62), 2**62)
RAW = DATA / "raw" / "lean"
COLUMNS = ["ts", "open", "high", "low", "close", "volume"]


def lean(folder, address, *rows, inside=None):
    """Write a file as LEAN lays it out, and return its path."""
    path = folder / address
    path.parent.mkdir(parents=True, exist_ok=True)
    size, symbol = address.split("/")[2:4] if address.count("/") == 4 else ("", path.stem)
    name = inside or (f"{path.stem[:8]}_{symbol}_{size}_{path.stem[9:]}.csv" if size else f"{symbol}.csv")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "\r\n".join(rows))
    return path


@needs_data
def test_a_real_day_of_quote_bars_becomes_the_bars_of_both_sides(tmp_path):
    history = History(tmp_path)
    summaries = import_files([RAW / "cfd_oanda_minute_xauusd_20140505_quote.zip"], history)

    assert [summary.series.side for summary in summaries] == ["bid", "ask"]
    assert {summary.clock for summary in summaries} == {"UTC"}
    for summary in summaries:
        frame = pl.concat(history.bars(summary.series, *ALL))
        curated = pl.read_parquet(DATA / f"XAUUSD_M1_oanda_{summary.series.side}_20140501_20140515.parquet")
        day = curated.filter(pl.col("ts").dt.date() == pl.date(2014, 5, 5))
        assert day.height > 1000
        assert frame.select(COLUMNS).equals(day.select(COLUMNS))


@needs_data
def test_a_real_day_of_quote_ticks_equals_its_counterpart_to_the_nanosecond(tmp_path):
    history = History(tmp_path)
    (summary,) = import_files([RAW / "cfd_oanda_tick_xauusd_20140504_quote.zip"], history)
    frame = pl.concat(history.ticks(summary.series, *ALL))
    curated = pl.read_parquet(DATA / "XAUUSD_ticks_oanda_20140504_20140509.parquet")
    sunday = curated.filter(pl.col("ts").dt.date() == pl.date(2014, 5, 4))

    assert summary.rows == 9889
    assert frame.equals(sunday.select(frame.columns))


@needs_data
def test_crossed_ticks_of_fxcm_are_refused_unless_dropped_on_request(tmp_path):
    """About one tick in twelve has its ask below its bid; the market's clock is UTC-5."""
    history = History(tmp_path)
    path = RAW / "forex_fxcm_tick_eurusd_20140505_quote.zip"
    with pytest.raises(TradewindError, match=r"row 370: the ask is below the bid.*--repair impossible"):
        import_files([path], history)
    assert history.series() == []
    (summary,) = import_files([path], history, Wishes(repairs=["impossible"]))

    assert (summary.clock, summary.series.feed) == ("UTC-5", "fxcm")
    assert (summary.rows, summary.left_out) == (53_156, 4987)
    assert summary.first == ns("2014-05-05T05:00") + 3074 * 10**6


@needs_data
def test_fxcms_clock_agrees_with_another_broker(tmp_path):
    """Five-minute moves of FXCM on its own clock follow OANDA's; an hour off they do not."""
    history = History(tmp_path)
    path = RAW / "forex_fxcm_tick_eurusd_20140505_quote.zip"
    (summary,) = import_files([path], history, Wishes(repairs=["impossible"]))
    theirs = pl.concat(history.ticks(summary.series, *ALL))
    ours = pl.read_parquet(DATA / "EURUSD_ticks_oanda_20140504_20140509.parquet")

    def agreement(hours):
        left, right = (
            frame.group_by(pl.col("ts").dt.truncate("5m"), maintain_order=True).agg(pl.col("bid").last())
            for frame in (theirs.with_columns(pl.col("ts").dt.offset_by(f"{hours}h")), ours)
        )
        pair = left.join(right, on="ts")
        return pair.select(pl.corr(pl.col("bid").diff(), pl.col("bid_right").diff())).item()

    assert agreement(0) > 0.9
    assert max(abs(agreement(hours)) for hours in (-5, -1, 1)) < 0.4


BAR = "60000,1.1,1.3,1.0,1.2,7,1.2,1.4,1.1,1.3,9"
TICK = "{},1.1,1.2"


def test_leans_own_folders_say_market_size_and_symbol(tmp_path):
    history = History(tmp_path / "history")
    lean(tmp_path, "forex/fxcm/minute/eurusd/20140505_quote.zip", BAR)
    lean(tmp_path, "cfd/oanda/second/de30eur/20140505_quote.zip", BAR)
    lean(tmp_path, "cfd/oanda/hour/us30usd.zip", "20140505 13:00,1.1,1.3,1.0,1.2,7,1.2,1.4,1.1,1.3,9")
    lean(tmp_path, "cfd/oanda/daily/us30usd.zip", "20140505 00:00,1.1,1.3,1.0,1.2,7,1.2,1.4,1.1,1.3,9")
    lean(tmp_path, "crypto/coinbase/minute/btcusd/20180404_trade.zip", "0,1.1,1.3,1.0,1.2,7.5")
    found = {one.series: one for one in import_files([tmp_path], history) if one.series.side == "bid"}

    assert {series: one.first for series, one in found.items()} == {
        Series("EURUSD", "bars", 60, "fxcm", "bid"): ns("2014-05-05T05:01"),
        Series("GER40", "bars", 1, "oanda", "bid"): ns("2014-05-05T00:01"),
        Series("US30", "bars", 3600, "oanda", "bid"): ns("2014-05-05T13:00"),
        Series("US30", "bars", 86_400, "oanda", "bid"): ns("2014-05-05"),
        Series("BTCUSD", "bars", 60, "coinbase", "bid"): ns("2018-04-04"),
    }
    trades = found[Series("BTCUSD", "bars", 60, "coinbase", "bid")]
    assert "trades are stored as bids, because no --side was stated" in trades.notes
    assert pl.concat(history.bars(trades.series, *ALL))["volume"][0] == 7.5


def test_days_of_a_month_are_stored_together_but_ticks_not_over_a_missing_day(tmp_path):
    history = History(tmp_path / "history")
    for day in (1, 2, 5):
        lean(tmp_path, f"cfd/oanda/minute/xauusd/201405{day:02}_quote.zip", BAR)
        lean(tmp_path, f"cfd/oanda/tick/xauusd/201405{day:02}_quote.zip", TICK.format(5), TICK.format(6.25))
    import_files([tmp_path], history)
    sources = {held.kind: len(held.sources) for held in history.series()}

    assert sources == {"bars": 1, "ticks": 2}
    ticks = pl.concat(history.ticks(("XAUUSD", "ticks", 0, "oanda", "both"), *ALL))
    assert ticks["ts"].to_physical().to_list()[:2] == [ns("2014-05-01") + 5_000_000, ns("2014-05-01") + 6_250_000]
    assert ticks.height == 6


def test_a_side_that_was_not_quoted_has_no_bar(tmp_path):
    history = History(tmp_path / "history")
    path = lean(tmp_path, "cfd/oanda/minute/xauusd/20140505_quote.zip", BAR, "120000,,,,,,1.2,1.4,1.1,1.3,9")
    bids, asks = import_files([path], history)

    assert (bids.rows, asks.rows) == (1, 2)


@pytest.mark.parametrize(
    ("address", "row", "inside", "message"),
    [
        ("equity/usa/minute/spy/20140505_trade.zip", "0,1,1,1,1,1", None, "type equity, which LEAN scales"),
        ("cfd/oanda/minute/xauusd/20149905_quote.zip", BAR, None, "20149905 is no date"),
        ("cfd/oanda/minute/xauusd/20140505_quote.zip", BAR.replace("60000", "86400000"), None, "no time of a day"),
        ("cfd/oanda/minute/xauusd/20140505_quote.zip", BAR[:-4], None, "has 10 columns"),
        ("cfd/oanda/minute/xauusd/20140505_quote.zip", BAR.replace("1.4", "x"), None, "row 1: high is 'x'"),
        ("cfd/oanda/tick/xauusd/20140505_trade.zip", "0,1.1,1.2", None, "no bid and no ask"),
        ("cfd/oanda/hour/xauusd.zip", "20140505 25:00,1,1,1,1,1,1,1,1,1,1", None, "the time is '20140505 25:00'"),
        (
            "cfd/oanda/hour/xauusd.zip",
            "20140505 13:00,1,1,1,1,1,1,1,1,1,1\n60140505 13:00,1,1,1,1,1,1,1,1,1,1",
            None,
            "row 2: the time is '60140505 13:00', before 1970",
        ),
        ("20140505_quote.zip", BAR, "20140505_xauusd_minute_quote.csv", "does not say which clock"),
        ("xauusd.zip", "20140505 13:00,1,1,1,1,1,1,1,1,1,1", "xauusd.csv", "does not say which clock"),
    ],
)
def test_a_file_that_is_not_what_it_seems_is_refused(tmp_path, address, row, inside, message):
    history = History(tmp_path / "history")
    path = lean(tmp_path, address, row, inside=inside)
    with pytest.raises(TradewindError, match=message):
        import_files([path], history)

    assert history.series() == []


def test_a_clock_that_is_stated_wins_over_the_markets(tmp_path):
    path = lean(tmp_path, "forex/fxcm/minute/eurusd/20140505_quote.zip", BAR)
    summary = import_files([path], History(tmp_path / "history"), Wishes(Stated(clock="utc", side="ask")))

    assert [(one.series.side, one.first) for one in summary] == [("ask", ns("2014-05-05T00:01"))]
