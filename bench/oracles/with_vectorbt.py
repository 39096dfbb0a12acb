"""The list of orders executed by vectorbt (Commons Clause, only run in its own environment)."""

import numpy as np
import pandas as pd
import vectorbt as vbt

from bench.oracles.exchange import arguments, read_bars, read_orders, write_fills

NOTES = [
    "An order is put on the next bar at that bar's open: vectorbt knows no time of decision.",
    "Stops are fractions of the fill, computed from the list; they are watched from the bar after it.",
    "A stop or target that the fill has already passed cannot be said; it is put at the fill.",
    "Lists without stops are run as orders, lists with stops as signals, since only signals know stops.",
]
CASH = 1e9


def as_orders(bars, orders):
    """Return the portfolio of market orders that net; `flat` sells what is held."""
    size = np.full(len(bars["ts"]), np.nan)
    held = 0
    for order in orders:
        quantity = -held if order.kind == "flat" else order.quantity
        size[order.row + 1] = quantity
        held += quantity
    return vbt.Portfolio.from_orders(
        pd.Series(bars["close"]), size=size, price=bars["open"], init_cash=CASH, direction="both"
    )


def as_signals(bars, orders):
    """Return the portfolio of single trades with brackets; a level the fill has passed becomes the fill."""
    count = len(bars["ts"])
    long_entries, short_entries, leave = (np.zeros(count, dtype=np.bool_) for _ in range(3))
    stop, target = (np.full(count, np.nan) for _ in range(2))
    for order in orders:
        row = order.row + 1
        if order.kind == "flat":
            leave[row] = True
            continue
        (long_entries if order.quantity > 0 else short_entries)[row] = True
        fill = bars["open"][row]
        side = np.sign(order.quantity)
        stop[row] = np.nan if order.stop is None else max(0.0, side * (fill - order.stop) / fill)
        target[row] = np.nan if order.target is None else max(0.0, side * (order.target - fill) / fill)
    return vbt.Portfolio.from_signals(
        pd.Series(bars["close"]),
        entries=long_entries,
        exits=leave,
        short_entries=short_entries,
        short_exits=leave,
        size=1.0,
        price=bars["open"],
        open=bars["open"],
        high=bars["high"],
        low=bars["low"],
        sl_stop=stop,
        tp_stop=target,
        stop_entry_price="fillprice",
        init_cash=CASH,
    )


def main():
    """Write the fills of the list."""
    told = arguments()
    bars = read_bars(told.bars)
    orders = read_orders(told.orders, bars["ts"])
    has_stops = any(order.stop is not None for order in orders)
    portfolio = (as_signals if has_stops else as_orders)(bars, orders)
    records = portfolio.orders.records
    sign = np.where(records["side"] == 0, 1, -1)
    fills = zip(bars["ts"][records["idx"]], records["size"] * sign, records["price"], strict=True)
    write_fills(told.fills, ("vectorbt", vbt.__version__), fills, portfolio.total_profit(), NOTES)


if __name__ == "__main__":
    main()
