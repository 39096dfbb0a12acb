"""Whether memory grows with the tape: `python -m bench.memory_use`.

W1 runs in a fresh process over 1x and 4x the rows, which a generator makes block by block, and its peak
is that of the whole process. The journal is thrown away: what a person asks to keep is his own to pay.
The last lines are those of a real feed, from Parquet with the calendar.
"""

import argparse
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

from bench.cache import ROOT
from bench.engine import Bench, NoJournal, same
from bench.events import SYMBOL, bar_events, history
from bench.ours import FILES
from bench.tape import SEED, START, Bars
from tradewind.data.tape import BLOCK_ROWS
from tradewind.kernel.loop import REPORTS
from tradewind.markets.clock import MINUTE
from tradewind.modes import Choice, Request, plan_backtest
from tradewind.runner import Runner

ROWS = 1_000_000


def blocks(rows):
    """Yield the rows of a walk that is never whole in memory."""
    rng = np.random.default_rng(SEED)
    last = 400_000
    for start in range(0, rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, rows - start)
        close = last + np.cumsum(rng.integers(-30, 31, count))
        opens = np.concatenate(([last], close[:-1]))
        last = int(close[-1])
        ts = START + np.arange(start, start + count) * MINUTE
        high, low = np.maximum(opens, close) + 5, np.minimum(opens, close) - 5
        yield bar_events(Bars(ts, opens, high, low, close))[:-1]


def run(source, rows):
    """W1 has read that many rows; return how many."""
    seen = 0
    if source == "generator":
        bench = Bench.of_file(FILES / "w1.py", None)
        parts = same(bench.state), same(bench.venue), bench.slots
        runner, feed = Runner(*parts, NoJournal(), bench.handler, REPORTS), blocks(rows)
    else:
        end = START + round(rows * 1.45) * MINUTE  # markets are open 69 % of the minutes of a week
        plan = plan_backtest(Request([Choice(FILES / "w1.py")], [SYMBOL], end=end), history())
        runner, feed = plan.runner, plan.feed()
        runner.journal = NoJournal()
    for block in feed:
        runner.apply(block)
        seen += len(block)
    runner.flush()
    return seen


def own_peak():
    """Return the peak of this process in MiB; Linux counts what its parent held into ru_maxrss, but not here."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def peak(source, rows):
    """Return (rows, peak MiB) of a fresh process."""
    command = (sys.executable, "-m", "bench.memory_use", "--one", source, "--rows", str(rows))
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    seen, mib = done.stdout.split()
    return int(seen), float(mib)


def measure():
    """Print the peaks and how much they grew."""
    history()
    for source, rows in (("generator", ROWS), ("parquet", ROWS // 4)):
        peak(source, rows)  # compiled and cached from here on
        (seen, small), (more, large) = peak(source, rows), peak(source, 4 * rows)
        print(f"{source:10}{seen:>11,} rows {small:8.1f} MiB{more:>13,} rows {large:8.1f} MiB", end="")
        print(f"   {large - small:+.1f} MiB for {more / seen:.1f} times the rows")


def main():
    """Print the peaks, or, with --one, that of this process."""
    parser = argparse.ArgumentParser(prog="bench.memory_use")
    parser.add_argument("--one", choices=("generator", "parquet"))
    parser.add_argument("--rows", type=int, default=ROWS)
    told = parser.parse_args()
    if told.one is None:
        measure()
        return
    seen = run(told.one, told.rows)
    print(seen, own_peak())


if __name__ == "__main__":
    main()
