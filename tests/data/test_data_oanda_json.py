"""OANDA's candles as the API answers them: a real answer, all components, both ways to write times, wrong shapes."""

import json

import polars as pl
import pytest
from data_cases import DATA, needs_data, ns

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated
from tradewind.errors import TradewindError

ALL = (-(2**62), 2**62)
REAL = DATA.parent / "fixtures" / "oanda" / "responses" / "instrument" / "candles.json"


def corners(first):
    return {"o": f"{first:.1f}", "h": f"{first + 2:.1f}", "l": f"{first - 1:.1f}", "c": f"{first + 1:.1f}"}


def candle(time, first=100.0, **more):
    return {"time": time, "volume": 12, "complete": True, "bid": corners(first), "ask": corners(first + 1)} | more


def answer(*candles, granularity="M1", instrument="US30_USD"):
    return {"instrument": instrument, "granularity": granularity, "candles": list(candles)}


ANSWER = answer(
    candle("2026-01-15T14:30:00.000000000Z"),
    candle("1768487460.000000000", 101.0, mid=corners(101.5)),
    candle("2026-01-15T14:32:00Z", complete=False),
)


def imported(tmp_path, values, **stated):
    path = tmp_path / "candles.json"
    path.write_text(json.dumps(values))
    history = History(tmp_path / "history")
    summaries = import_files([path], history, Wishes(Stated(**stated)))
    return summaries, [pl.concat(history.bars(one.series, *ALL)) for one in summaries]


@needs_data
def test_a_real_answer_is_read_without_its_last_candle(tmp_path):
    history = History(tmp_path)
    (summary,) = import_files([REAL], history)
    frame = pl.concat(history.bars(summary.series, *ALL))
    theirs = json.loads(REAL.read_text())["candles"]

    assert summary.series == ("GBPUSD", "bars", 86_400, "oanda", "ask")
    assert (summary.rows, summary.left_out, len(theirs)) == (99, 1, 100)
    assert frame["close"].to_list() == [float(row["ask"]["c"]) for row in theirs[:-1]]
    assert frame["volume"].to_list() == [row["volume"] for row in theirs[:-1]]
    assert "these bars open at 00:00 UTC; ours are counted from 17:00 New York" in summary.notes


def test_each_component_becomes_a_series(tmp_path):
    summaries, (bids, asks, mids) = imported(tmp_path, ANSWER)

    assert [tuple(one.series) for one in summaries] == [
        ("US30", "bars", 60, "oanda", side) for side in ("bid", "ask", "mid")
    ]
    assert bids["ts"].to_physical().to_list() == [ns("2026-01-15T14:30"), ns("2026-01-15T14:31")]
    assert bids.row(1)[1:6] == (101.0, 103.0, 100.0, 102.0, 12.0)
    assert asks["open"].to_list() == [101.0, 102.0]
    assert mids["open"].to_list() == [101.5]
    assert "1 candles that were not complete left out" in summaries[0].notes


def test_one_side_may_be_asked_for(tmp_path):
    summaries, _ = imported(tmp_path, ANSWER, side="ask", symbol="DOW", feed="mine")

    assert [tuple(one.series) for one in summaries] == [("DOW", "bars", 60, "mine", "ask")]


def test_days_that_begin_at_17_new_york_are_ours(tmp_path):
    (summary, _), _ = imported(tmp_path, answer(candle("2026-01-15T22:00:00Z"), granularity="D"))

    assert summary.notes == ()


SHAPES = [
    (answer(granularity="M"), "no bar size of OANDA that we store named 'M'"),
    (answer(granularity=5), "granularity is 5, not a text"),
    (answer(instrument=None), "instrument is absent"),
    (ANSWER | {"candles": {}}, "candles is a dict, not a list"),
    (answer(7), "candle 1 is no object"),
    (answer(candle(None)), "time of candle 1 is absent"),
    (answer(candle("yesterday")), "the time of candle 1 is 'yesterday'"),
    (answer(candle("2026-02-30T00:00:00Z")), "neither RFC 3339 nor seconds"),
    (answer(candle("9999-12-31T23:59:59Z")), "neither RFC 3339 nor seconds"),
    (answer(candle("9999999999.0")), "neither RFC 3339 nor seconds"),
    (answer(candle("99999999999.0")), "neither RFC 3339 nor seconds"),
    (answer(candle("1768487460", bid=[1])), "bid of candle 1 is no object"),
    (answer(candle("1768487460", bid={})), "bid.o of candle 1 is absent"),
    (answer(candle("1768487460", bid=corners(1) | {"h": "high"})), "bid.h of candle 1 is 'high'"),
    (answer(candle("1768487460", bid=corners(1) | {"h": "NaN"})), "row 1: high is not a number"),
    (answer(candle("1768487460", bid=corners(5) | {"h": "1"})), "row 1: the high is below the low"),
    (answer(candle("1768487460", bid=corners(1) | {"h": "\ud800"})), "bid.h of candle 1 is absent or no number"),
    (answer(candle("1768487460", volume=-1)), "volume is not a number from zero up"),
    (answer(candle("1768487460", volume=10**30)), "volume of candle 1 is absent or no number"),
    (answer(candle("1768487460"), candle("1768487400")), "row 2: the time is before"),
    (answer(), "has no rows"),
]


@pytest.mark.parametrize(("values", "message"), SHAPES)
def test_an_answer_of_another_shape_is_refused(tmp_path, values, message):
    with pytest.raises(TradewindError, match=message):
        imported(tmp_path, values)

    assert History(tmp_path / "history").series() == []
