"""What an oracle reads and writes. It needs numpy only, so that it works in every peer's environment.

Orders are a CSV of `id, ts, kind, side, quantity, stop, target`. `ts` is the opening time of the bar at
whose close the order is decided, so the first bar it can be filled in is the next one. Kinds: `market`
opens or nets, with a stop and a target price where they are given; `flat` closes whatever is open.

Fills are told by time and price, not by order: engines split and join them differently. Fills of one bar,
price and side are added up; quantity is signed, a reversal is one fill. `ts` is the opening time of the bar
of the fill.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Order(NamedTuple):
    """One line of the list; `row` is the index of its bar, stop and target are None where there is none."""

    id: str
    row: int
    kind: str
    quantity: int
    stop: float | None
    target: float | None


def arguments(**more):
    """Return where to read bars and orders and to write fills, and options `more` with their defaults."""
    parser = argparse.ArgumentParser()
    parser.add_argument("bars", type=Path, help=".npz with ts, open, high, low, close")
    parser.add_argument("orders", type=Path, help="a list of orders as CSV")
    parser.add_argument("fills", type=Path, help="where to write fills and profit: JSON, with a CSV beside")
    for name, default in more.items():
        parser.add_argument(f"--{name}", default=default)
    return parser.parse_args()


def read_bars(path):
    """Return a dict of columns: ts in ns UTC, prices as floats."""
    with np.load(path) as columns:
        return {name: columns[name] for name in ("ts", "open", "high", "low", "close")}


def read_orders(path, ts):
    """Return the orders with the row of the bar they belong to."""
    with path.open(newline="") as lines:
        return [_order(line, ts) for line in csv.DictReader(lines)]


def _order(line, ts):
    wanted = np.datetime64(line["ts"].removesuffix("Z"), "ns").astype(np.int64).item()
    row = int(np.searchsorted(ts, wanted))
    if row >= len(ts) or ts[row] != wanted:
        raise ValueError(f"order {line['id']}: there is no bar at {line['ts']}; make the list from these bars")
    sign = -1 if line["side"] == "sell" else 1
    prices = [float(line[name]) if line[name] else None for name in ("stop", "target")]
    return Order(line["id"], row, line["kind"], sign * int(line["quantity"] or 0), *prices)


def write_fills(path, peer, fills, profit, notes):
    """Write (ts, signed quantity, price) fills, added up, and the profit; a peer is its name and version."""
    rows = added_up(fills)
    name, version = peer
    told = {"peer": name, "version": version, "profit": round(float(profit), 6), "notes": notes}
    path.write_text(json.dumps(told | {"fills": rows}, indent=1) + "\n")
    with path.with_suffix(".csv").open("w", newline="") as lines:
        writer = csv.DictWriter(lines, ["ts", "quantity", "price"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def added_up(fills):
    """Return fills as rows, those of one bar, price and side added up."""
    joined = {}
    for ts, quantity, price in fills:
        key = (int(ts), round(float(price), 6), quantity > 0)
        joined[key] = joined.get(key, 0) + round(quantity)
    return [{"ts": ts, "quantity": total, "price": price} for (ts, price, _), total in sorted(joined.items())]
