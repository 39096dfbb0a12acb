"""The kernel's bars against those of another program: Bitcoin at Dukascopy, as the dukascopy-node project resamples it.

Its bars are counted from midnight UTC and ours from 17:00 New York; up to an hour that makes no difference.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from recorder import Recorder
from world import HOUR, MINUTE, SECOND, Instrument, World, bars_tape, clock, joined

from tradewind.data.importers import dukascopy_json
from tradewind.data.importers.documents import document

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
REAL = DATA.parent / "fixtures" / "dukascopy"
PRICES = ("open", "high", "low", "close")
needs_fixtures = pytest.mark.skipif(
    not REAL.is_dir() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1", reason=f"no vendor files at {REAL}"
)


def tenths(values):
    """Return prices as whole ticks of 0.1."""
    return np.rint(np.asarray(values, dtype=np.float64) * 10).astype(np.int64)


def expected(name):
    rows = json.loads((REAL / "expected" / name).read_text())
    return {row["timestamp"] * 1_000_000: tuple(tenths([row[one] for one in PRICES]).tolist()) for row in rows}


def made_of(tape, seconds, last):
    recorder = Recorder([seconds])
    recorder.run(World([Instrument()], series=((0, seconds),)), joined([tape, clock(last + 2 * HOUR)]))
    return {bar.open_time: (bar.open, bar.high, bar.low, bar.close) for bar in recorder.bars[seconds]}


def told(name):
    return document((REAL / "json" / name).read_bytes(), name)


@needs_fixtures
def test_ticks_make_the_seconds_of_the_other_program():
    """The 8523 ticks of an hour make the same 2284 bars of a second."""
    frame = dukascopy_json.ticks(told("ticks-BTC-USD-2023-2-20-12.json"))
    ts, bid = frame["ts"].dt.timestamp("ns").to_numpy(), tenths(frame["bid"])
    tape = bars_tape(ts, 0, (bid,) * 4, tenths(frame["ask"]) - bid, span=0)
    theirs = expected("btcusd-s1-bid-2023-02-20T12-2023-02-20T13.json")

    assert made_of(tape, 1, int(ts[-1])) == theirs
    assert len(theirs) == 2284


@needs_fixtures
@pytest.mark.parametrize(
    ("oracle", "seconds", "count"),
    [
        ("btcusd-m5-bid-2023-02-19-2023-02-20.json", 300, 288),
        ("btcusd-m15-bid-2023-02-19-2023-02-20.json", 900, 96),
        ("btcusd-m30-bid-2023-02-19-2023-02-20.json", 1800, 48),
        ("btcusd-h1-bid-2023-01-01-2023-02-20.json", 3600, 24),
    ],
)
def test_minutes_make_the_larger_bars_of_the_other_program(oracle, seconds, count):
    """The minutes of a day make the same larger bars."""
    _, frame = dukascopy_json.candles(told("candles-minute-BTC-USD-BID-2023-2-19.json"))
    closes = frame["ts"].dt.timestamp("ns").to_numpy() + MINUTE
    made = made_of(bars_tape(closes, 0, [tenths(frame[name]) for name in PRICES], 10), seconds, int(closes[-1]))
    theirs = expected(oracle)

    assert made == {ts: theirs[ts] for ts in made}
    assert len(made) == count
    assert all(ts % (seconds * SECOND) == 0 for ts in made)
