"""How fast files come in and ticks go out: `python -m bench.imports [--mb 1000] [--only histdata,mt5]`.

Every vendor's file is a seeded walk over months of ticks or bars, as large as asked, made in a temporary folder and
deleted afterwards. Each is imported into an empty store by a fresh process, through everything a user's import goes
through: its digest, reading, every check, the month files, the manifest. The last line is the way back: a month of
stored ticks as blocks of kernel rows, the best of several.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from bench.cache import ROOT
from bench.memory_use import own_peak
from bench.works import best_of
from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated
from tradewind.data.legs import Leg
from tradewind.data.series import Series
from tradewind.data.tape import tape

SEED, CHUNK, DAY_MS = 7, 500_000, 86_400_000
START = np.datetime64("2023-01-02T00:00", "ms")
MAPPING = 'clock = "UTC"\nformat = "milliseconds"\n[columns]\ntime = "t"\nbid = "bid"\nask = "ask"\n'


def walk(number, step_ms):
    """Return chunk `number` of a walk: times about `step_ms` apart, a price in ticks of 0.00001 and a spread."""
    rng = np.random.default_rng([SEED, number])
    steps = rng.integers(1, 2 * step_ms - 1, CHUNK) if step_ms < 60_000 else np.full(CHUNK, step_ms)
    elapsed = number * CHUNK * step_ms + np.minimum(np.cumsum(steps), CHUNK * step_ms)
    times = START + elapsed + elapsed // (5 * DAY_MS) * 2 * DAY_MS  # no weekends, and so no clock changes
    price = 107_000 + np.cumsum(rng.integers(-3, 4, CHUNK))
    return pl.Series("t", times), price, price + rng.integers(2, 20, CHUNK)


def decimals(ticks):
    return pl.Series(ticks / 1e5).round(5)


def ticks(number, pattern, names):
    """Return a chunk of ticks as columns of text and numbers."""
    times, bid, ask = walk(number, 800)
    held = {"bid": decimals(bid), "ask": decimals(ask), "zero": np.zeros(CHUNK, np.int64), "six": np.full(CHUNK, 6)}
    held |= {"size": np.full(CHUNK, 0.75), "none": pl.Series([None] * CHUNK, dtype=pl.String)}
    stamp = times.dt.epoch("ms") if pattern is None else times.dt.strftime(pattern)
    return pl.DataFrame({"t": stamp} | {f"{place}": held[name] for place, name in enumerate(names)})


def bars(number, pattern, names):
    """Return a chunk of minutes as columns of text and numbers."""
    times, low, high = walk(number, 60_000)
    held = {"open": decimals(low), "high": decimals(high), "low": decimals(low), "close": decimals(high)}
    held |= {"volume": np.full(CHUNK, 220), "zero": np.zeros(CHUNK, np.int64), "spread": np.full(CHUNK, 7)}
    return pl.DataFrame(
        {"t": times.dt.strftime(pattern)} | {f"{place}": held[name] for place, name in enumerate(names)}
    )


OHLC = ("open", "high", "low", "close")
VENDORS = {
    # name: (file name, header, separator, chunk, what is stated)
    "histdata": (
        "DAT_ASCII_EURUSD_T_2023.csv", "", ",", lambda n: ticks(n, "%Y%m%d %H%M%S%3f", ("bid", "ask", "zero")), {},
    ),
    "mt5": (
        "EURUSD_2023.csv", "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\r\n", "\t",
        lambda n: ticks(n, "%Y.%m.%d\t%H:%M:%S%.3f", ("bid", "ask", "none", "none", "six")), {"clock": "NY+7"},
    ),
    "jforex": (
        "EURUSD_Ticks_2023.csv", "Time (EET),Ask,Bid,AskVolume,BidVolume\r\n", ",",
        lambda n: ticks(n, "%Y.%m.%d %H:%M:%S%.3f", ("ask", "bid", "size", "size")), {},
    ),
    "mapping": ("ticks.csv", "t,bid,ask\n", ",", lambda n: ticks(n, None, ("bid", "ask")), {"symbol": "EURUSD"}),
    "mt5 bars": (
        "EURUSD_M1_2023.csv", "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n", "\t",
        lambda n: bars(n, "%Y.%m.%d\t%H:%M:%S", (*OHLC, "volume", "zero", "spread")), {"clock": "NY+7"},
    ),
    "histdata bars": (
        "DAT_ASCII_EURUSD_M1_2023.csv", "", ";", lambda n: bars(n, "%Y%m%d %H%M%S", (*OHLC, "zero")), {},
    ),
}  # fmt: skip
LONGEST = {"mt5 bars": 250, "histdata bars": 250}
"""Megabytes, where more would be more years than clocks are known for."""


def made(vendor, folder, megabytes):
    """Return the path of a vendor's file in the folder, and how many rows it has."""
    name, header, separator, chunk, _ = VENDORS[vendor]
    path, number = folder / name, 0
    with path.open("wb") as file:
        file.write(header.encode())
        while file.tell() < min(megabytes, LONGEST.get(vendor, megabytes)) * 1e6:
            end = "\r\n" if header.endswith("\r\n") else "\n"
            form = {"separator": separator, "line_terminator": end, "quote_style": "never", "float_precision": 5}
            chunk(number).write_csv(file, include_header=False, **form)
            number += 1
    return path, number * CHUNK


def imported(vendor, folder):
    """Import the vendor's file in the folder; return seconds, seconds of processor and this process's peak in MiB."""
    name, _, _, _, said = VENDORS[vendor]
    if vendor == "mapping":
        (folder / "mapping.toml").write_text(MAPPING)
        said = said | {"mapping": folder / "mapping.toml"}
    began, worked = time.perf_counter(), time.process_time()
    import_files([folder / name], History(folder / "store"), Wishes(Stated(**said)))
    return time.perf_counter() - began, time.process_time() - worked, own_peak()


def way_back(folder):
    """Return rows and seconds of a month of ticks as kernel rows."""
    series = Series("EURUSD", "ticks", 0, "bench", "both")
    history = History(folder / "back")
    times, bid, ask = (np.concatenate(part) for part in zip(*(walk(n, 800) for n in range(6)), strict=True))
    frame = pl.DataFrame({"ts": times, "bid": bid / 1e5, "ask": ask / 1e5})
    frame = frame.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))
    history.write(series, frame, {"file": "bench", "clock": "UTC"})
    leg = Leg(0, "EURUSD", [series], "0.00001")
    seconds, rows = best_of(lambda _: sum(map(len, tape(history, [leg], (), 0, 2**62))), 40)
    return rows, seconds


def main():
    """Print one line a vendor, or, with --one, what `imported` returns."""
    parser = argparse.ArgumentParser(prog="bench.imports")
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--only", default=",".join([*VENDORS, "tape"]))
    parser.add_argument("--one")
    parser.add_argument("--folder", type=Path)
    told = parser.parse_args()
    if told.one:
        print(*imported(told.one, told.folder))
        return
    for vendor in [name for name in VENDORS if name in told.only.split(",")]:
        with tempfile.TemporaryDirectory() as name:
            path, rows = made(vendor, Path(name), told.mb)
            command = (sys.executable, "-m", "bench.imports", "--one", vendor, "--folder", name)
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
            seconds, worked, peak = map(float, done.stdout.split())
            size = path.stat().st_size / 1e6
            print(f"{vendor:14}{rows:>12,} rows {size:8.0f} MB{seconds:8.1f} s ({worked:.1f} of processor)", end="")
            print(f"{rows / seconds / 1e6:8.2f} M rows/s{size / seconds:8.0f} MB/s{peak:8.0f} MiB")
    if "tape" in told.only:
        with tempfile.TemporaryDirectory() as name:
            rows, seconds = way_back(Path(name))
            print(f"{'tape':14}{rows:>12,} rows{seconds:39.3f} s{rows / seconds / 1e6:8.1f} M rows/s")


if __name__ == "__main__":
    main()
