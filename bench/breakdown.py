"""Where the time goes: `python -m bench.breakdown [W1] [W4] [B] [--rounds 12]`.

A ladder of runs, each with one thing more than the one before. All rungs run in turn, round after round,
and each keeps its best time, so that a noisy machine hurts them alike. "step" is what the one thing more
costs.
"""

import argparse
import time

import numba
import numpy as np

from bench import loops
from bench.engine import Bench
from bench.events import events_of, history
from bench.ours import FILES, STRATEGY_B
from bench.tape import BARS, tape_of
from bench.works import SETTINGS
from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel.loop import EVERYTHING, REPORTS
from tradewind.kernel.records import NEVER
from tradewind.modes import Choice, Request

RUNGS = FILES / "rungs"
QUOTES = 2_000_000


@numba.njit(cache=True)
def read_rows(ts, close):
    """Return a sum over two fields of rows, which brings every row from memory."""
    total = 0
    for i in range(len(ts)):
        total += ts[i] + close[i]
    return total


def without_series(bench):
    """Return the bench with no series and nothing to show."""
    bench.state["series_count"] = 0
    bench.state["instruments"]["series_count"] = 0
    bench.state["strategies"]["shown"] = 0
    bench.state["shows_quotes"] = 0
    return bench


def unwatched(bench):
    """Return the bench with its series, which nobody is shown."""
    bench.state["series"]["watchers"] = 0
    return bench


def changed(bench, part, **values):
    """Return the bench with other values in its state or venue."""
    for name, value in values.items():
        getattr(bench, part)[name] = value
    return bench


def journalled(bench, events):
    """Return a run that keeps a journal of these events in memory."""
    return lambda: bench.run(MemoryJournal(), events)


def w1():
    """Return (rows, rungs) of W1; a rung is its name and what is timed."""
    rows, tape = events_of("W1", BARS), tape_of("W1", BARS)

    def of(name):
        return Bench.of_file(RUNGS / f"{name}.py", rows)

    whole = Bench.of_file(FILES / "w1.py", rows)
    no_samples = changed(Bench.of_file(FILES / "w1.py", rows), "state", sample_due=NEVER)
    no_range = changed(Bench.of_file(FILES / "w1.py", rows), "venue", stop_slippage_atr=0.0)
    return BARS, {
        "bare loop": lambda: loops.w1(tape.open, tape.close, **SETTINGS["W1"]),
        "rows of 80 bytes read": lambda: read_rows(rows["ts"], rows["close"]),
        "events applied: no series": without_series(of("empty_m1")).run,
        "+ an M1 series, not watched": unwatched(of("empty_m1")).run,
        "+ an empty handler": of("empty_m1").run,
        "+ both averages": of("average_m1").run,
        "+ target(0) on every bar, flat": of("flat_m1").run,
        "+ target(1) on every bar, long": of("long_m1").run,
        "+ turns: W1 whole": whole.run,
        "W1 without hourly samples": no_samples.run,
        "W1 without the ATR of slippage": no_range.run,
        "W1, reports journalled": journalled(whole, REPORTS),
        "W1, everything journalled": journalled(whole, EVERYTHING),
    }


def w4():
    """Return (rows, rungs) of W4."""
    rows, tape = events_of("W4", QUOTES), tape_of("W4", QUOTES)

    def of(path):
        return Bench.of_file(path, rows)

    numbers = {name: np.int64(value) for name, value in SETTINGS["W4"].items()}
    no_range = changed(of(FILES / "w4.py"), "venue", stop_slippage_atr=0.0)
    return QUOTES, {
        "bare loop": lambda: loops.w4(tape.bid, tape.ask, **numbers),
        "rows of 80 bytes read": lambda: read_rows(rows["ts"], rows["close"]),
        "events applied: nothing shown": without_series(of(RUNGS / "empty_quote.py")).run,
        "+ an empty handler": of(RUNGS / "empty_quote.py").run,
        "+ the average": of(RUNGS / "average_quote.py").run,
        "+ orders and a position: W4 whole": of(FILES / "w4.py").run,
        "W4 without the ATR of slippage": no_range.run,
    }


def strategy_b():
    """Return (rows, rungs) of strategy B."""

    def of(path):
        return Bench.of_request(Request([Choice(path)], ["US30"]), history())

    whole, empty = of(STRATEGY_B), RUNGS / "empty_b.py"
    rows = whole.events
    return len(rows), {
        "rows of 80 bytes read": lambda: read_rows(rows["ts"], rows["close"]),
        "events applied: no series": without_series(of(empty)).run,
        "+ series M5 M15 H1 H4 D1, not watched": unwatched(of(empty)).run,
        "+ empty handlers": of(empty).run,
        "+ the strategy: B whole, no journal": whole.run,
        "B, reports journalled": journalled(whole, REPORTS),
        "B, everything journalled": journalled(whole, EVERYTHING),
        "B without the ATR of slippage": changed(of(STRATEGY_B), "venue", stop_slippage_atr=0.0).run,
    }


def measure(rungs, rounds):
    """Return the best seconds of each rung, all of them run in turn."""
    best = dict.fromkeys(rungs, float("inf"))
    for _ in range(rounds + 1):
        for name, run in rungs.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main():
    """Print a ladder for each work asked for."""
    works = {"W1": w1, "W4": w4, "B": strategy_b}
    parser = argparse.ArgumentParser(prog="bench.breakdown")
    parser.add_argument("works", nargs="*", help=", ".join(works))
    parser.add_argument("--rounds", type=int, default=12)
    told = parser.parse_args()
    for work in told.works or works:
        rows, rungs = works[work]()
        before = 0.0
        print(f"\n{work}: {rows:,} rows, best of {told.rounds}\n{'':40}{'ns/row':>9}{'step':>9}")
        for name, seconds in measure(rungs, told.rounds).items():
            now = seconds / rows * 1e9
            step = f"{now - before:9.1f}" if name.startswith("+") else ""
            print(f"{name:40}{now:9.1f}{step}")
            before = now if name.startswith(("+", "events")) else before


if __name__ == "__main__":
    main()
