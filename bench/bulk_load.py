"""How fast ticks come into the database, beside a bare COPY of the same rows in the same run.

    python -m bench.bulk_load timescale://user@host:port/database [--ticks 3000000] [--rounds 3]

The database must have the market tables (`tradewind db migrate`); what is measured is removed again. Bare is the least
that PostgreSQL can do: rows that lie ready as bytes, copied in one transaction into a table with the same columns and
no key. Ours is all of `History.write`: columns of decimals become bytes, every row has a unique key, the month is made,
counted and locked, and the transaction is durable at the end.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.adapters.address import Address, read_address
from tradewind.adapters.catalogue import TIME
from tradewind.adapters.postgres.connection import connect
from tradewind.adapters.timescale.history import History
from tradewind.adapters.timescale.storing import copy_parts

SERIES = ("BULK", "ticks", 0, "bench", "both")
FIRST = np.datetime64("2024-01-01", "ns").astype(np.int64)
MEAN_STEP_NS = 900_000_000
"""About three million ticks a month, as of gold."""

_BARE = """
CREATE TABLE market.bench_bare (series integer, ts_ns bigint, n integer, bid double precision, ask double precision,
    bid_size double precision, ask_size double precision);
"""
_KEY = "ALTER TABLE market.bench_bare ADD PRIMARY KEY (series, ts_ns, n)"
_GONE = "DROP TABLE IF EXISTS market.bench_bare"


def main() -> None:
    """Print rows a second and the ratio, round by round and the best of each."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("address")
    words.add_argument("--secrets", type=Path)
    words.add_argument("--ticks", type=int, default=3_000_000)
    words.add_argument("--rounds", type=int, default=3)
    asked = words.parse_args()
    address = read_address(asked.address, asked.secrets)
    history, rows = History(address), ticks(asked.ticks)
    print(f"{history.place}; {rows.height:,} ticks over {rows['ts'].dt.strftime('%Y-%m').n_unique()} months")
    best: dict[str, float] = {}
    for turn in range(asked.rounds):
        for name, load in loads(address, history, rows).items():
            seconds = load()
            best[name] = min(best.get(name, seconds), seconds)
            print(f"round {turn + 1}  {name:18} {rows.height / seconds:>10,.0f} rows/s  {seconds:6.2f} s")
    for name, seconds in best.items():
        ratio = seconds / best["bare COPY"]
        print(f"best     {name:18} {rows.height / seconds:>10,.0f} rows/s  {ratio:5.2f} x bare COPY")


def ticks(count: int) -> pl.DataFrame:
    """Return ticks of a seeded walk at random moments."""
    rng = np.random.default_rng(7)
    moments = FIRST + np.cumsum(rng.exponential(MEAN_STEP_NS, count)).astype(np.int64)
    bid = np.round(2000 + np.cumsum(rng.integers(-3, 4, count)) / 100, 2)
    return pl.DataFrame(
        {"ts": pl.Series(moments).cast(TIME), "bid": bid, "ask": np.round(bid + 0.2, 2)}
        | {name: rng.integers(1, 50, count).astype(float) for name in ("bid_size", "ask_size")}
    )


def loads(address: Address, history: History, rows: pl.DataFrame) -> dict[str, Callable[[], float]]:
    """Return what is measured, each as a function that returns seconds."""
    return {
        "bare COPY": lambda: bare(address, rows, ""),
        "COPY with the key": lambda: bare(address, rows, _KEY),
        "History.write": lambda: ours(history, rows),
        "written again": lambda: again(history, rows),
    }


def bare(address: Address, rows: pl.DataFrame, key: str) -> float:
    """Return the seconds of a COPY of bytes that lie ready into an empty table."""
    names, parts = copy_parts(1, rows)
    ready = list(parts)
    with connect(address, statement_s=600) as connection:
        for statement in filter(None, (_GONE, _BARE, key)):
            connection.execute(statement)
        connection.commit()
        began = time.perf_counter()
        copy = f"COPY market.bench_bare ({names}) FROM STDIN (FORMAT binary)"
        with connection.cursor() as cursor, cursor.copy(copy) as out:
            for part in ready:
                out.write(part)
        connection.commit()
        seconds = time.perf_counter() - began
        connection.execute(_GONE)
    return seconds


def ours(history: History, rows: pl.DataFrame) -> float:
    """Return the seconds of writing a series that was not there."""
    if history.find(SERIES[0]):
        history.remove(SERIES)
    began = time.perf_counter()
    history.write(SERIES, rows, {"file": "bench"})
    return time.perf_counter() - began


def again(history: History, rows: pl.DataFrame) -> float:
    """Return the seconds of writing what is there already; then it is gone."""
    began = time.perf_counter()
    written = history.write(SERIES, rows, {"file": "bench"})
    seconds = time.perf_counter() - began
    if written.months:
        raise SystemExit(f"The same rows changed {written.months}.")
    history.remove(SERIES)
    return seconds


if __name__ == "__main__":
    main()
