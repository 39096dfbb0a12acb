"""The three works everybody does, in numbers, and how a run of one is timed and told.

* W1: a fast and a slow average of the close; long while the fast one is above, else short; next-open fills.
* W2: the first 30 minutes from 14:30 are the day's range; the first close beyond it is followed at the
  next open, with the other side of the range as stop and one range beyond as target; flat at 20:55.
* W3: W1 for a hundred pairs of lengths, all cores.
* W4: an average of the mid on every quote and a market order on every 1,000th.
"""

import argparse
import json
import time

SETTINGS = {
    "W1": {"fast": 20, "slow": 100},
    "W2": {"first": 870, "minutes": 30, "flat": 1255},
    "W4": {"length": 200, "every": 1000, "limit": 10},
}
PAIRS = [(fast, slow) for fast in range(5, 55, 5) for slow in range(60, 260, 20)]
"""Of W3."""


def best_of(run, repeat, prepare=lambda: None, warm_up=None):
    """Return (best seconds of `repeat` runs, the answer), after a run that is not counted.

    `prepare` makes what a run needs afresh each time and is not timed. `warm_up` is done instead of the run
    that is not counted where that one would take minutes.
    """
    if warm_up:
        warm_up()
    else:
        run(prepare())
    best, answer = float("inf"), None
    for _ in range(repeat):
        ready = prepare()
        start = time.perf_counter()
        answer = run(ready)
        best = min(best, time.perf_counter() - start)
    return best, answer


def arguments(works):
    """Return what a peer is told: the work, how many rows of the tape, how many repeats."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=works)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


def report(asked, seconds, version, answer, note=""):
    """Print one measurement of what was asked as a line of JSON; `answer` is (profit in ticks, fills)."""
    profit, fills = answer
    told = {"work": asked.work, "seconds": seconds, "rows": asked.rows, "version": version}
    told |= {"profit": round(float(profit), 3), "fills": int(fills), "note": note}
    print(json.dumps(told), flush=True)
