"""Many variants at once: `python -m bench.sweeps [W3] [B] [--threads 2]`; also "W3" and "B x 1000" of the table.

* W3: W1's rule for a hundred pairs of averages, 5 to 50 by 5 and 60 to 240 by 20.
* B x 1000: strategy B as shipped with a thousand sets of parameters, with all costs, its calendar and the house's risk
  rules, on a million synthetic minutes of US30.

Every variant has a state, a venue and an account of its own. Timed: from the first state to the figures of every
variant, on rows that are in memory. The answer is the sum over all variants.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.engine import Bench
from bench.events import events_of, history
from bench.memory_use import own_peak
from bench.ours import FILES, STRATEGY_B, Ready
from bench.tape import BARS
from bench.works import PAIRS
from tradewind.data.tape import BLOCK_ROWS
from tradewind.modes import Choice, Request
from tradewind.requests import risk_rules, with_news_lock
from tradewind.research.herd import Herd
from tradewind.research.kit import prepare
from tradewind.research.sampling import sample
from tradewind.research.space import space_of, texts
from tradewind.research.variants import each_outcome
from tradewind.settings import Settings

VARIANTS_B = 1000
THREADS = 2
DAYS = 1_000
NEVER_OPEN = np.zeros((0, 2), np.int64)


def w3(threads=THREADS):
    """W3 as a hundred variants of a compiled strategy."""
    rows = events_of("W1", BARS)
    bench = Bench.of_file(FILES / "w1.py", rows)
    slot = bench.slots[0]
    params = [slot.params._replace(fast=fast, slow=slow) for fast, slow in PAIRS]
    blocks = [rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS)]

    def group(some):
        herd = Herd(bench.state, bench.venue, slot, some, bench.handler, days=DAYS)
        for block in blocks:
            herd.apply(block)
        herd.finish()
        return [
            (bench.profit_of(herd.state(number)), herd.tally(number, NEVER_OPEN).trades) for number in range(len(some))
        ]

    def run():
        parts = [params[start : start + 25] for start in range(0, len(params), 25)]
        with ThreadPoolExecutor(threads) as pool:
            found = [one for part in pool.map(group, parts) for one in part]
        # A turn is one fill of the loop's, and all but the last position became a trade.
        return sum(one[0] for one in found), sum(one[1] for one in found) + len(found)

    return Ready(run, note=f"{len(params)} variants, {threads} threads")


def request_b():
    """Return strategy B with the house's risk rules."""
    settings = Settings(risk="house")
    rules = risk_rules(settings)
    settings = with_news_lock(settings, rules.limits.news_lock_minutes)
    return Request([Choice(STRATEGY_B)], ["US30"], settings=settings, risk=rules.limits)


def b_many(threads=THREADS):
    """Strategy B a thousand times."""
    prepared = prepare(request_b(), history())
    vary = ["window=5,15,30", "buffer_share=0.02:0.2", "life_minutes=60:240:10", "stop_at=0:3", "target=0.0:4.0",
            "trail_from=0.5:2.0", "trail_atr=1.5:6.0"]  # fmt: skip
    variants = [texts(one) for one in sample(space_of(prepared.strategy, {}, vary, []), "lhs", VARIANTS_B, 1)]

    def run():
        trades = [one.figures["trades"] for one in each_outcome(prepared, variants, threads=threads)]
        return 0.0, int(sum(trades))

    return Ready(run, note=f"{VARIANTS_B} variants, {threads} threads, costs and house rules")


def main():
    """Print wall time, processor time, peak memory and load of the works asked for, each in turn."""
    works = {"W3": w3, "B": b_many}
    parser = argparse.ArgumentParser(prog="bench.sweeps")
    parser.add_argument("works", nargs="*", help=", ".join(works))
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--repeat", type=int, default=3)
    told = parser.parse_args()
    for work in told.works or works:
        ready = works[work](told.threads)
        if work == "W3":
            ready.run()
        for _ in range(told.repeat):
            wall, busy = time.perf_counter(), time.process_time()
            answer = ready.run()
            wall, busy = time.perf_counter() - wall, time.process_time() - busy
            print(
                f"{work}: {wall:.2f} s, processor {busy:.2f} s, peak {own_peak():,.0f} MiB, "
                f"load {os.getloadavg()[0]:.1f}, answer {answer}; {ready.note}",
                flush=True,
            )


if __name__ == "__main__":
    main()
