"""Dukascopy's JSON: real answers against the bars another program made of them, and documents of the wrong shape."""

import json

import polars as pl
import pytest
from data_cases import DATA, needs_data, ns

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated
from tradewind.errors import TradewindError

ALL = (-(2**62), 2**62)
REAL = DATA.parent / "fixtures" / "dukascopy"
PRICES = ["open", "high", "low", "close"]


def imported(tmp_path, name, **stated):
    history = History(tmp_path)
    (summary,) = import_files([REAL / "json" / name], history, Wishes(Stated(**stated)))
    read = history.bars if summary.series.timeframe else history.ticks
    return summary, pl.concat(read(summary.series, *ALL))


def expected(name):
    """Return what the dukascopy-node project prints for the same days; of a bar that had no price, a flat one."""
    rows = pl.DataFrame(json.loads((REAL / "expected" / name).read_text()), infer_schema_length=None)
    prices = [pl.col(column).cast(pl.Float64) for column in rows.columns[1:]]
    return rows.select((pl.col("timestamp") * 1_000_000).cast(pl.Datetime("ns", "UTC")).alias("ts"), *prices)


def flat(frame):
    return frame.filter((pl.col("open") == pl.col("high")) & (pl.col("high") == pl.col("low")))


@needs_data
def test_real_ticks_are_those_of_the_other_decoder(tmp_path):
    summary, frame = imported(tmp_path, "ticks-BTC-USD-2023-2-20-12.json")
    theirs = expected("btcusd-tick-2023-02-20T12-2023-02-20T13.json")

    assert summary.series == ("BTCUSD", "ticks", 0, "duka", "both")
    assert frame.height == 8523
    assert frame.select("ts", askPrice="ask", bidPrice="bid").equals(theirs)
    assert frame["ask_size"][0] == 1.48e-6  # in millions, as in the binary files


NATIVE = [
    # document of 2026, what the other program had of the older files in 2023, flat bars that only it has, revised bars
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-m1-bid-2023-02-19-2023-02-20.json", 3, []),
    ("candles-hour-BTC-USD-BID-2023-1.json", "btcusd-h1-bid-2023-01-01-2023-02-20.json", 14, []),
    ("candles-day-BTC-USD-BID-2022.json", "btcusd-d1-bid-2022-01-01-2023-02-20.json", 0, ["2022-10-18"]),
]


def differing(left, right):
    """Return when bars of both frames differ."""
    pair = left.select("ts", *PRICES).join(right, on="ts", suffix="_other")
    return pair.filter(pl.any_horizontal(pl.col(name) != pl.col(f"{name}_other") for name in PRICES))["ts"]


@needs_data
@pytest.mark.parametrize(("name", "oracle", "fillers", "revised"), NATIVE)
def test_real_candles_are_those_of_the_other_decoder_without_its_fillers(tmp_path, name, oracle, fillers, revised):
    """Between 2023 and 2026 the vendor revised one day of this year; all others agree to the last digit."""
    _, frame = imported(tmp_path, name)
    theirs = expected(oracle).filter(pl.col("ts") <= frame["ts"][-1])
    only_theirs = theirs.join(frame, on="ts", how="anti")

    assert differing(frame, theirs).dt.strftime("%Y-%m-%d").to_list() == revised
    assert frame.height + fillers == theirs.height
    assert only_theirs.height == flat(only_theirs).height == fillers


def resampled(frame, every):
    """Return larger bars counted from midnight UTC, as the vendor does (ours are counted from 17:00 New York)."""
    return frame.group_by(pl.col("ts").dt.truncate(every), maintain_order=True).agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last()
    )


LARGER = [
    # document, larger bars, their length, how many are compared. Of 2023-01-01 12:00 two hours are fillers there.
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-m5-bid-2023-02-19-2023-02-20.json", "5m", 288),
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-m15-bid-2023-02-19-2023-02-20.json", "15m", 96),
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-m30-bid-2023-02-19-2023-02-20.json", "30m", 48),
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-h1-bid-2023-01-01-2023-02-20.json", "1h", 24),
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-h4-bid-2023-01-01-2023-02-20.json", "4h", 6),
    ("candles-hour-BTC-USD-BID-2023-1.json", "btcusd-h4-bid-2023-01-01-2023-02-20.json", "4h", 183),
    ("candles-minute-BTC-USD-BID-2023-2-19.json", "btcusd-d1-bid-2022-01-01-2023-02-20.json", "1d", 1),
    ("candles-day-BTC-USD-BID-2022.json", "btcusd-mn1-bid-2018-01-01-2023-02-01.json", "1mo", 12),
]


@needs_data
@pytest.mark.parametrize(("name", "oracle", "every", "count"), LARGER)
def test_real_candles_make_the_larger_bars_of_the_other_program(tmp_path, name, oracle, every, count):
    _, frame = imported(tmp_path, name)
    made = resampled(frame, every)
    theirs = expected(oracle).join(made, on="ts", how="semi")

    assert theirs.height == made.height == count
    assert [ts for ts in differing(made, theirs).dt.strftime("%Y-%m-%d %H") if ts != "2023-01-01 12"] == []


@needs_data
def test_a_closed_day_is_known_and_empty_and_a_code_may_be_spelled_in_folders(tmp_path):
    name = "candles-minute-EUR-USD-BID-2026-7-11-empty.json"
    (summary,) = import_files([REAL / "json" / name], History(tmp_path / "h"))
    folder = tmp_path / "candles" / "minute" / "USA30.IDX-USD" / "ASK"
    folder.mkdir(parents=True)
    (folder / "10.json").write_text(json.dumps(CANDLES))
    (dow,) = import_files([folder], History(tmp_path / "h"))

    assert (summary.series, summary.rows) == (("EURUSD", "bars", 60, "duka", "bid"), 0)
    assert dow.series == ("US30", "bars", 60, "duka", "ask")


CANDLES = {
    "timestamp": 1676764800000, "multiplier": 1e-05, "shift": 60000,
    "open": 1.1, "high": 1.10002, "low": 1.09999, "close": 1.10001,
    "times": [1, 3], "opens": [0, 10], "highs": [0, 10], "lows": [0, 10], "closes": [0, 10], "volumes": [1.5, 2],
}  # fmt: skip
TICKS = {
    "timestamp": 1676764800000, "multiplier": 0.1, "ask": 100.3, "bid": 100.1, "times": [5, 7],
    "asks": [0, -1], "bids": [0, 1], "askVolumes": [1e6, 2e6], "bidVolumes": [0, 5e5],
}  # fmt: skip


def read(tmp_path, name, values, **stated):
    path = tmp_path / name
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    history = History(tmp_path / "history")
    (summary,) = import_files([path], history, Wishes(Stated(**stated)))
    held = history.bars if summary.series.timeframe else history.ticks
    return pl.concat(held(summary.series, *ALL))


def test_steps_are_added_up_and_prices_are_exact_decimals(tmp_path):
    bars = read(tmp_path, "candles-minute-EUR-USD-BID-2023.json", CANDLES)
    ticks = read(tmp_path, "ticks-BTC-USD-2023.json", TICKS)

    assert bars["ts"].to_physical().to_list() == [ns("2023-02-19T00:01"), ns("2023-02-19T00:04")]
    assert bars.select(PRICES).rows() == [(1.1, 1.10002, 1.09999, 1.10001), (1.1001, 1.10012, 1.10009, 1.10011)]
    assert ticks.rows()[1][1:] == (100.2, 100.2, 0.5, 2.0)


SHAPES = [
    # what is put in place of what, what the message must say
    ({"times": "5"}, "times is '5', not a list"),
    ({"times": [1]}, "opens has 2 values where times has 1"),
    ({"opens": None}, "opens is absent, not a list"),
    ({"opens": [0, "10"]}, "value 2 of opens is '10', not a number"),
    ({"opens": [0, True]}, "value 2 of opens is True"),
    ({"opens": [0, 0.5]}, "no whole numbers"),
    ({"opens": [0, 10**400]}, "beyond all measure"),
    ({"opens": [0, 10**18]}, "no whole numbers"),
    ({"opens": [1e308, -1e308]}, "no whole numbers"),
    ({"multiplier": 0}, "multiplier is 0, not a number from"),
    ({"multiplier": "1.0E-5"}, "not a number from"),
    ({"open": None}, "open is absent"),
    ({"timestamp": -1}, "timestamp is -1"),
    ({"timestamp": 10**30}, "a very long number"),
    ({"times": [0, 2**50]}, "2248"),
    ({"times": [0, 2**42], "shift": 31 * 86_400_000}, "2248"),
    ({"times": [0, -5]}, "before the document's own"),
    ({"shift": 1500}, "no whole seconds"),
    ({"shift": {}}, "shift is a dict"),
    ({"volumes": [1, -1]}, "row 2: volume is not a number from zero up"),
    ({"highs": [0, -999]}, "row 2: the high is below the low"),
    ({"times": [1, 0]}, "row 2: the time was there before"),
]


@pytest.mark.parametrize(("change", "message"), SHAPES)
def test_a_document_of_another_shape_is_refused(tmp_path, change, message):
    with pytest.raises(TradewindError, match=message):
        read(tmp_path, "candles-minute-EUR-USD-BID-2023.json", CANDLES | change)


TEXTS = [
    (json.dumps(CANDLES)[:-10], "is not JSON"),
    (json.dumps(CANDLES).replace("1.1,", "NaN,"), "open is nan"),
    (json.dumps(CANDLES).replace("1.5,", "Infinity,"), "value 1 of volumes is not finite"),
    ('{"multiplier": ' + "[" * 100_000, "is not JSON"),
    ('{"multiplier": ' + "9" * 10_000 + "}", "is not JSON"),
    ('{"multiplier": "\ud800"}', None),
]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_a_text_that_is_no_document_is_refused(tmp_path, text, message):
    path = tmp_path / "candles-minute-EUR-USD-BID-2023.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(TradewindError, match=message):
        import_files([path], History(tmp_path / "history"))


def test_what_a_name_does_not_say_must_be_stated(tmp_path):
    with pytest.raises(TradewindError, match=r"does not say its symbol.*--as"):
        read(tmp_path, "download.json", CANDLES)
    with pytest.raises(TradewindError, match=r"does not say its side.*--side"):
        read(tmp_path, "download.json", CANDLES, symbol="EURUSD")

    assert read(tmp_path, "download.json", CANDLES, symbol="EURUSD", side="bid").height == 2
