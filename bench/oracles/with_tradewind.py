"""The list of orders executed by us: the real runner, with a strategy in plain Python that reads the list."""

from pathlib import Path

import numpy as np

import tradewind
from bench.engine import Bench, fills_of
from bench.events import bar_events
from bench.oracles.exchange import arguments, read_bars, read_orders, write_fills
from bench.tape import Bars
from tradewind.kernel.records import REFUSED_COMMAND, REJECTED
from tradewind.markets.clock import MINUTE
from tradewind.markets.loading import load_profile
from tradewind.money import ticks, ticks_array

SCRIPTED = Path(__file__).parent.parent / "strategies" / "scripted.py"
NOTES = [
    "A market order is filled at the next bar's open, and its stop and target are watched from that bar on.",
    "Within a bar the stop is looked at before the target (pessimistic); at a gap both fill at the open.",
    "No spread, no slippage, no latency; profit is counted from the fills, exact to the tick.",
]


class RefusedError(Exception):
    """An order of the list was not sent, or rejected."""


def listed_as(name):
    """Return the instrument of a name such as oanda:XAUUSD."""
    profile, symbol = name.split(":")
    return load_profile(profile).instrument(symbol)


def execute(bars, orders, listed):
    """Return (ts, signed quantity, price) of every fill, the profit of them, and that of the account."""
    size = listed.tick_size
    columns = {name: ticks_array(bars[name], size)[0] for name in ("open", "high", "low", "close")}
    bench = Bench.of_file(SCRIPTED, bar_events(Bars(bars["ts"], **columns)), plain=True, listed=listed)
    script = bench.slots[0].strategy.module.ORDERS
    for order in orders:
        levels = [0 if level is None else ticks(level, size) for level in (order.stop, order.target)]
        lots = order.quantity / float(listed.contract_size)
        script.setdefault(int(bars["ts"][order.row]), []).append((order.kind, lots, *levels))
    runner, journal = bench.journalled()
    _all_sent(journal)
    told = fills_of(journal)
    unit = float(listed.volume_step * listed.contract_size)
    quantities = told["quantity"] * told["side"] * unit
    prices = told["price"] * float(listed.tick_size)
    left = quantities.sum() * float(bars["close"][-1])
    account = bench.profit(runner) * float(listed.tick_size * listed.contract_size)
    fills = list(zip((told["ts"] - MINUTE).tolist(), quantities, prices, strict=True))
    return fills, left - float(np.sum(quantities * prices)), account


def _all_sent(journal):
    """Every command of the journal was sent and none was rejected."""
    commands, events = journal.read("commands"), journal.read("events")
    refused = commands["reason"][commands["kind"] == REFUSED_COMMAND]
    rejected = events["reason"][events["kind"] == REJECTED]
    if len(refused) or len(rejected):
        raise RefusedError(f"refused for {refused.tolist()}, rejected for {rejected.tolist()}")


def main():
    """Write the fills of the list."""
    told = arguments(instrument="oanda:XAUUSD")
    bars = read_bars(told.bars)
    listed = listed_as(told.instrument)
    fills, profit, account = execute(bars, read_orders(told.orders, bars["ts"]), listed)
    print(f"{len(fills)} fills, profit {profit:.3f}; the account, in whole cents, says {account:.3f}")
    write_fills(told.fills, ("tradewind", tradewind.__version__), fills, profit, NOTES)


if __name__ == "__main__":
    main()
