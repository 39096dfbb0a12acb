"""vectorbt, with its Numba and its Rust engine: signals as whole arrays, then one simulation.

Timed: indicators, signals, simulation, total profit and worst drawdown, from arrays that are already in
memory. Compilation is paid in the run that is not counted. Signals carry the close of their bar as the
price, which on this tape is the next open (see `bench.tape`); stops are then watched from the next bar on,
as everybody does.
"""

import numpy as np
import pandas as pd
import vectorbt as vbt

from bench.tape import DAY, MINUTE, tape_of
from bench.works import PAIRS, SETTINGS, arguments, best_of, report

CASH = 1e8


def w1(tape, engine):
    """Return (profit, fills) of the moving-average work."""
    close = pd.Series(tape.close.astype(np.float64))
    settings = SETTINGS["W1"]
    fast = vbt.MA.run(close, settings["fast"], engine=engine).ma.to_numpy()
    slow = vbt.MA.run(close, settings["slow"], engine=engine).ma.to_numpy()
    above = fast > slow
    known = ~np.isnan(slow)
    return simulate(close, engine, entries=above, short_entries=known & ~above)


def w3(tape, engine):
    """Return (profit, fills) of the moving-average work for every pair of lengths, ten columns at a time.

    All hundred at once need more memory than a machine of 24 GB has.
    """
    close = pd.Series(tape.close.astype(np.float64))
    fasts, slows = (list(dict.fromkeys(pair[place] for pair in PAIRS)) for place in (0, 1))
    slow = vbt.MA.run(close, slows, engine=engine).ma.to_numpy()
    known = ~np.isnan(slow)
    profit, fills = 0.0, 0
    for length in fasts:
        above = vbt.MA.run(close, length, engine=engine).ma.to_numpy().reshape(-1, 1) > slow
        found = simulate(close, engine, entries=above, short_entries=known & ~above)
        profit, fills = profit + found[0].sum(), fills + found[1].sum()
    return profit, fills


def w2(tape, engine):
    """Return (profit, fills) of the opening-range work; the range is found with arrays of days by minutes."""
    start, minutes, flat = SETTINGS["W2"].values()
    end = start + minutes
    padding = -len(tape.ts) % DAY
    days = {name: np.pad(getattr(tape, name), (0, padding), "edge").reshape(-1, DAY) for name in tape._fields}
    top = days["high"][:, start:end].max(axis=1)
    bottom = days["low"][:, start:end].min(axis=1)
    close = days["close"]
    open_for_trade = slice(end, flat - 1)
    over = close[:, open_for_trade] > top[:, None]
    under = close[:, open_for_trade] < bottom[:, None]
    broken = over | under
    day = np.flatnonzero(broken.any(axis=1))
    row = day * DAY + end + broken.argmax(axis=1)[day]
    is_long = over[day, broken.argmax(axis=1)[day]]
    inside = row < len(tape.ts)
    day, row, is_long = day[inside], row[inside], is_long[inside]
    return bracket(tape, engine, row, is_long, (top[day], bottom[day]))


def bracket(tape, engine, row, is_long, levels):
    """Return the simulation of one bracket per entry row; stops are told as fractions of the entry price."""
    count = len(tape.ts)
    top, bottom = levels
    entry = tape.close[row].astype(np.float64)
    long_entries, short_entries, leave = (np.zeros(count, dtype=np.bool_) for _ in range(3))
    long_entries[row[is_long]] = True
    short_entries[row[~is_long]] = True
    leave[(tape.ts // MINUTE) % DAY == SETTINGS["W2"]["flat"] - 1] = True
    stop, target = (np.full(count, np.nan) for _ in range(2))
    stop[row] = np.where(is_long, entry - bottom, top - entry) / entry
    target[row] = np.where(is_long, 2 * top - bottom - entry, entry - 2 * bottom + top) / entry
    return simulate(
        pd.Series(tape.close.astype(np.float64)),
        engine,
        entries=long_entries,
        exits=leave,
        short_entries=short_entries,
        short_exits=leave,
        open=tape.open.astype(np.float64),
        high=tape.high.astype(np.float64),
        low=tape.low.astype(np.float64),
        sl_stop=stop,
        tp_stop=target,
        stop_entry_price="fillprice",
    )


def simulate(close, engine, **signals):
    """Return (profit, fills) of one simulation whose equity has been marked on every bar."""
    portfolio = vbt.Portfolio.from_signals(
        close, size=1.0, init_cash=CASH, upon_opposite_entry="reverse", freq="1min", engine=engine, **signals
    )
    portfolio.max_drawdown()
    return portfolio.total_profit(), portfolio.orders.count()


def main():
    """Report the work for both engines."""
    told = arguments(["W1", "W2", "W3"])
    tape = tape_of(told.work, told.rows)
    run = {"W1": w1, "W2": w2, "W3": w3}[told.work]
    for engine in ("numba", "rust"):
        seconds, answer = best_of(lambda engine: run(tape, engine), told.repeat, lambda engine=engine: engine)
        report(told, seconds, vbt.__version__, answer, f"{engine} engine")


if __name__ == "__main__":
    main()
