"""What the indicator tests share: series of bars, and one ordinary call of every indicator.

Run as a program it prints a digest of every record along the synthetic series, so that two processes, one
compiled and one not, can be compared.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind import indicators

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FILES = {
    "US30": "US30_M5_mt5ny_bid_20250630_20260220.parquet",
    "XAUUSD": "XAUUSD_M5_mt5eet_bid_20240101_20241128.parquet",
}
MINUTE = 60_000_000_000
DAY = 1440 * MINUTE
PRICES = ("open", "high", "low", "close")


def walk(wanted=1200):
    """Return the first M5 bars of a seeded random walk: integer ticks, some bars flat, some closes equal."""
    rows, generator = 1200, np.random.default_rng(11)
    close = 4_000_000 + np.cumsum(generator.integers(-900, 901, rows) * (generator.random(rows) > 0.1))
    opening = np.concatenate([[4_000_000], close[:-1]]) + generator.integers(-50, 51, rows)
    high = np.maximum(opening, close) + generator.integers(0, 400, rows)
    low = np.minimum(opening, close) - generator.integers(0, 400, rows)
    high[100:130] = low[100:130] = opening[100:130] = close[100:130] = close[99]
    time = np.arange(rows, dtype=np.int64) * 5 * MINUTE
    return pl.DataFrame(
        {
            "open": opening,
            "high": high,
            "low": low,
            "close": close,
            "volume": generator.integers(0, 500, rows),
            "spread": generator.integers(5, 60, rows),
            "opens": time,
            "date": time // DAY,
            "bucket": time // (5 * MINUTE) % 288,
        }
    ).head(wanted)


def bars(name, rows=1200):
    """Return the bars called `name` with float prices: the walk, or a real series if present."""
    if name == "walk":
        return walk().with_columns(pl.col(PRICES) * 0.01)
    path = DATA / FILES[name]
    if not path.exists() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1":
        pytest.skip(f"no market data at {path}")
    frame = pl.read_parquet(path, n_rows=rows)
    opens = pl.col("ts").dt.epoch("ns")
    frame = frame.with_columns(opens=opens, date=opens // DAY, bucket=opens // (5 * MINUTE) % 288)
    return frame.with_columns(spread=(pl.col("high") - pl.col("low")) / 10)


def stream(function, dtype, inputs, *settings, outputs=("value",)):
    """Return the columns `outputs` of a record after each row of `inputs`; what is returned is `value`."""
    memory = np.zeros(1, dtype)
    columns = {name: np.empty(len(inputs[0])) for name in outputs}
    for number, row in enumerate(zip(*(np.asarray(column).tolist() for column in inputs), strict=True)):
        answer = function(memory[0], *row, *settings)
        assert answer == memory["value"][0] or np.isnan([answer, memory["value"][0]]).all()
        for name, column in columns.items():
            column[number] = memory[name][0]
    return columns[outputs[0]] if len(outputs) == 1 else tuple(columns.values())


# name: the columns passed for each bar, then the settings.
CASES = {
    "adr": (("high", "low"), (20,)),
    "adx": (("high", "low", "close"), (14,)),
    "atr": (("high", "low", "close"), (14,)),
    "bollinger": (("close",), (20, 2.0)),
    "cci": (("high", "low", "close"), (20,)),
    "donchian": (("high", "low"), (20,)),
    "ema": (("close",), (20,)),
    "highest": (("high",), (20,)),
    "keltner": (("high", "low", "close"), (20, 1.5)),
    "levels": (("open", "high", "low", "close", "date"), ()),
    "lowest": (("low",), (20,)),
    "macd": (("close",), (12, 26, 9)),
    "opening_range": (("high", "low", "closes"), (DAY, DAY + 30 * MINUTE)),
    "past_median": (("range",), (20,)),
    "percentile_rank": (("close",), (50,)),
    "pivots": (("high", "low", "close"), ()),
    "roc": (("close",), (10,)),
    "rsi": (("close",), (14,)),
    "session_statistics": (("open", "high", "low", "close", "date"), ()),
    "slope": (("close",), (20,)),
    "sma": (("close",), (20,)),
    "spread_median": (("spread", "hour", "date"), (1,)),
    "standard_deviation": (("close",), (20,)),
    "stochastic": (("high", "low", "close"), (14, 3)),
    "structure": (("high", "low"), (2,)),
    "supertrend": (("high", "low", "close"), (10, 3.0)),
    "swings": (("high", "low"), (2,)),
    "true_range": (("high", "low", "close"), ()),
    "vwap": (("close", "volume", "date"), ()),
    "wilder": (("close",), (14,)),
    "wma": (("close",), (20,)),
    "z_score": (("close",), (20,)),
}
SINGLE = tuple(name for name, (columns, _) in CASES.items() if len(columns) == 1)


def inputs_of(name, frame):
    """Return the rows of inputs that the case `name` passes, as tuples of Python numbers."""
    extra = {
        "closes": pl.col("opens") + 5 * MINUTE,
        "range": pl.col("high") - pl.col("low"),
        "hour": pl.col("bucket") // 12,
    }
    return frame.with_columns(**extra).select(CASES[name][0]).rows()


def subject(name):
    """Return the function called `name` and its record's dtype."""
    return getattr(indicators, name), getattr(indicators, name.upper())


def digests(rows):
    """Return {case: digest of its record after `rows` bars}, in ticks and in float prices."""
    answer = {}
    for unit, frame in (("ticks", walk(rows)), ("prices", walk(rows).with_columns(pl.col(PRICES) * 0.01))):
        for name, (_, settings) in CASES.items():
            function, dtype = subject(name)
            memory = np.zeros(1, dtype)
            digest = hashlib.sha256()
            for row in inputs_of(name, frame):
                function(memory[0], *row, *settings)
                digest.update(memory.tobytes())
            answer[f"{name} {unit}"] = digest.hexdigest()
    return answer


if __name__ == "__main__":
    json.dump(digests(int(sys.argv[1])), sys.stdout)
