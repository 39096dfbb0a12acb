"""How long it takes to begin: `python -m bench.startup [--cold]`.

Every time is that of a fresh process, from before it is started until it says that it got there; the best
of several, files already in the system's cache. `--cold` also compiles everything into an empty
TRADEWIND_CACHE, once: a minute.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.cache import ROOT, cache_folder

FIRST_BAR = """
import sys, time
begun = float(sys.argv[1])
from pathlib import Path
from tradewind.adapters.parquet import History
from tradewind.modes import Choice, Request, plan_backtest
imported = time.time()
plan = plan_backtest(Request([Choice(Path(sys.argv[2]))], ["US30"]), History(Path(sys.argv[3])))
planned = time.time()
block = next(plan.feed())
told = time.time()
bars = (block["kind"] == 2).nonzero()[0]
plan.runner.apply(block[: bars[1] + 1])
ended = time.time()
assert plan.runner.state["series"]["bars"][0, 0] == 1
for name, moment in (("imports", imported), ("plan", planned), ("tape", told), ("first bar shown", ended)):
    print(f"{name}={moment - begun:.3f}")
"""
IMPORTS = ("tradewind", "tradewind.strategy", "tradewind.runner", "tradewind.modes", "tradewind.cli")
STRATEGY = ROOT / "bench" / "strategies" / "w1.py"


def seconds_of(*command, **environment):
    """Return how long the process took, and what it printed; Python's own cache of modules is on and warm."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    surroundings |= {"PYTHONPYCACHEPREFIX": str(cache_folder() / "modules")} | environment
    start = time.time()
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=surroundings)
    return time.time() - start, done.stdout


def best(repeat, *command):
    """Return the best seconds of a process after one that is not counted."""
    seconds_of(*command)
    return min(seconds_of(*command)[0] for _ in range(repeat))


def first_bar(folder, **environment):
    """Return the seconds from the start of a process to each step of a backtest of W1, up to its first bar."""
    command = (sys.executable, "-c", FIRST_BAR, str(time.time()), str(STRATEGY), str(folder))
    _, printed = seconds_of(*command, **environment)
    return {name: float(value) for name, value in (line.split("=") for line in printed.splitlines())}


def cold(folder):
    """Return the seconds to the first bar where nothing has been compiled yet."""
    with tempfile.TemporaryDirectory() as empty:
        return first_bar(folder, TRADEWIND_CACHE=empty)


def measure(repeat, *, with_cold):
    """Print every time."""
    from bench.events import history  # noqa: PLC0415  to be warm, and to have a history

    folder = history().root
    bare = best(repeat, sys.executable, "-c", "pass")
    print(f"{'python -c pass':44}{bare:8.3f} s")
    for name in IMPORTS:
        taken = best(repeat, sys.executable, "-c", f"import {name}")
        print(f"{'import ' + name:44}{taken - bare:8.3f} s more")
    script = Path(sys.executable).with_name("tradewind")
    print(f"{'tradewind --help':44}{best(repeat, str(script), '--help'):8.3f} s")
    first_bar(folder)
    runs = [first_bar(folder) for _ in range(repeat)]
    for name, taken in min(runs, key=lambda run: run["first bar shown"]).items():
        print(f"{'warm backtest, from process start: ' + name:44}{taken:8.3f} s")
    for name, taken in cold(folder).items() if with_cold else ():
        print(f"{'cold, nothing compiled: ' + name:44}{taken:8.3f} s")


def main():
    """Print every time."""
    parser = argparse.ArgumentParser(prog="bench.startup")
    parser.add_argument("--cold", action="store_true", help="also with nothing compiled")
    parser.add_argument("--repeat", type=int, default=7)
    told = parser.parse_args()
    measure(told.repeat, with_cold=told.cold)


if __name__ == "__main__":
    main()
