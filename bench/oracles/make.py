"""The fixed lists of orders, made once from real bars: `python -m bench.oracles.make BARS.parquet FOLDER`.

`brackets.csv`: single trades that do not overlap; some have no stop, some a bracket far enough to last,
some one so near that stop and target are inside one bar; some are decided on the last bar before a gap.
`netting.csv`: market orders that add, reduce and turn round one position.

It also writes the bars as bars.npz for peers that have no Parquet reader.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import polars as pl

SEED = 7
COLUMNS = ("id", "ts", "kind", "side", "quantity", "stop", "target")
NEXT_DECISION = 5


def brackets(bars, rng):
    """Return trades with stop and target at 1, 3 or 10 average ranges, or without, each closed in time."""
    average_range = float((bars["high"] - bars["low"]).mean())
    gaps = np.flatnonzero(np.diff(bars["ts"]) > 1_800_000_000_000)
    orders = []
    row = 50
    while row < len(bars["ts"]) - 400:
        reach = [0, 1, 3, 10][len(orders) // 2 % 4] * average_range
        side = "buy" if rng.random() < 0.5 else "sell"
        sign = 1 if side == "buy" else -1
        price = bars["close"][row]
        levels = (price - sign * reach, price + sign * reach) if reach else (None, None)
        orders.append((row, "market", side, 1, *levels))
        leave = row + int(rng.integers(2, 90))
        orders.append((leave, "flat", "", "", None, None))
        row = leave + int(rng.integers(NEXT_DECISION, 250))
        near = gaps[(gaps > leave + NEXT_DECISION) & (gaps < row + 60)]
        if len(near):
            row = int(near[0])
    return orders


def netting(bars, rng):
    """Return market orders whose position wanders between -3 and 3 and ends flat."""
    orders = []
    position = 0
    for row in range(40, len(bars["ts"]) - 200, 180):
        wanted = int(rng.integers(-3, 4))
        if wanted != position:
            side = "buy" if wanted > position else "sell"
            orders.append((row, "market", side, abs(wanted - position), None, None))
            position = wanted
    orders.append((len(bars["ts"]) - 100, "flat", "", "", None, None))
    return orders


def decimals_of(bars):
    """Return how many decimals the prices have, so that the levels lie on the same grid."""
    closes = bars["close"]
    return next(places for places in range(9) if np.allclose(closes, closes.round(places), rtol=0, atol=1e-9))


def write(path, orders, ts, decimals):
    """Write a list as CSV."""
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, (row, kind, side, quantity, *levels) in enumerate(orders, 1):
            when = np.datetime_as_string(ts[row].astype("datetime64[ns]"), unit="s") + "Z"
            prices = ["" if level is None else f"{level:.{decimals}f}" for level in levels]
            writer.writerow((number, when, kind, side, quantity, *prices))


def bars_of(path):
    """Return the bars of a Parquet file as a dict of columns, ts in ns UTC."""
    frame = pl.read_parquet(path)
    bars = {name: frame[name].to_numpy() for name in ("open", "high", "low", "close")}
    return bars | {"ts": frame["ts"].dt.epoch("ns").to_numpy()}


def main():
    """Write bars.npz, brackets.csv and netting.csv into the folder."""
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    bars = bars_of(source)
    np.savez(folder / "bars.npz", **bars)
    for make in (brackets, netting):
        orders = make(bars, np.random.default_rng(SEED))
        write(folder / f"{make.__name__}.csv", orders, bars["ts"], decimals_of(bars))
        print(f"{make.__name__}.csv: {len(orders)} orders")


if __name__ == "__main__":
    main()
