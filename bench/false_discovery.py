"""How often luck is called skill: `python -m bench.false_discovery [--pool N] [--on US30] [--threads N]`.

Researchers try worthless strategies (`bench/strategies/coin.py`: a random minute, the side of a coin) on the real M5
bars of $TRADEWIND_DATA, keep the best and ask whether it is significant at 5 %. No strategy has an edge, so every yes
is a false discovery. Asked are

* the naive researcher, who tests the best as if it were the only one: PSR >= 0.95;
* the ledger, which knows how many were tried: deflated Sharpe >= 0.95, as `tradewind backtest` prints it.

With costs every one of them loses, and a test that says no is cheap. So the telling rows are without costs, and
without costs and with the mean of all strategies taken out, which removes what the fills of a bar give or take. In the
rows "alike" a researcher has one coin and varies stop and target, so that his tries resemble each other as those of a
sweep do.
"""

import argparse
import math
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from tradewind.adapters.ledger import Mark
from tradewind.data.importers import import_files
from tradewind.modes import Choice, Request, open_history
from tradewind.research.ledger import CONFIDENCE, Moments, correlation_of, judge, made_trial
from tradewind.research.variants import run_variants
from tradewind.settings import Settings

COIN = Path(__file__).resolve().parent / "strategies" / "coin.py"
TRIES = (1, 10, 1000)
FREE = {"spread": 0.0, "slippage": 0.0, "commission": 0.0, "financing": 0.0}
BARS = {"US30": "US30_M5_mt5ny*.parquet", "XAUUSD": "XAUUSD_M5_mt5ny*.parquet"}


def coin_request(folder, symbol, costs):
    """Return the request of coin strategies on a symbol whose bars are in the data folder, with or without costs."""
    settings = Settings(data=Path(folder))
    if not costs:
        settings = settings.model_copy(update={"costs": settings.costs.model_copy(update=FREE)})
    return Request([Choice(COIN)], [symbol], settings=settings)


def pool_of(request, variants, threads=0):
    """Return (dates, daily returns of the variants by days) of worthless strategies."""
    found = run_variants(request, variants, open_history(request.settings), threads=threads)
    return found[0].dates, np.array([one.returns for one in found])


def coins(count):
    """Return variants that share nothing but the market."""
    return [{"seed": str(seed)} for seed in range(count)]


def alike(researchers, tries):
    """Return `tries` exits for one coin after the other, a researcher's beside each other."""
    edge = math.isqrt(tries - 1) + 1
    distances = [f"{distance:.4g}" for distance in np.linspace(1.5, 6.0, edge)]
    exits = [(stop, target) for stop in distances for target in distances][:tries]
    return [
        {"seed": str(10**6 + seed), "stop": stop, "target": target}
        for seed in range(researchers)
        for stop, target in exits
    ]


def trials_from(dates, pool):
    """Return every strategy of the pool as a trial of the ledger."""
    return [
        made_trial(
            "coin", str(number), strategy="coin", params={}, symbols=[], period=(0, 0), dates=dates, returns=returns,
            source="bench",
        )
        for number, returns in enumerate(pool)
    ]  # fmt: skip


def called_significant(trials, tries, researchers, rng=None):
    """Return how many of the researchers call their best significant: naively, and with the ledger.

    Each tries other strategies of the pool, as far as it lasts; with `rng` they are drawn, and may share some.
    """
    naive = honest = 0
    for researcher in range(researchers):
        numbers = range(researcher * tries, (researcher + 1) * tries)
        mine = [trials[n] for n in (numbers if rng is None else rng.choice(len(trials), tries, replace=False))]
        marks = [Mark(one.digest, one.sharpe_day, one.days) for one in mine]
        best = max(mine, key=lambda one: one.sharpe_day if one.sharpe_day is not None else -math.inf)
        verdict = judge(Moments(best.sharpe_day, best.days, best.skew, best.kurtosis), marks, correlation_of(mine))
        naive += verdict.psr is not None and verdict.psr >= CONFIDENCE
        honest += verdict.dsr is not None and verdict.dsr >= CONFIDENCE
    return naive, honest


def allowed(researchers, share=0.05, errors=3.0):
    """Return the most of the researchers that may be wrong at `share`, with so many standard errors of the binomial."""
    return share * researchers + errors * math.sqrt(share * (1 - share) * researchers)


def table(pool_size, symbol, threads):
    """Print the shares of researchers who call their best significant."""
    with tempfile.TemporaryDirectory() as folder:
        files = sorted(Path(os.environ["TRADEWIND_DATA"]).glob(BARS[symbol]))
        import_files(files, open_history(Settings(data=Path(folder))))
        free, dear = (coin_request(folder, symbol, costs) for costs in (False, True))
        dates, pool = _timed(free, coins(pool_size), threads)
        _rows(f"{symbol} without costs", dates, pool, TRIES)
        _rows(f"{symbol} without costs, mean out", dates, pool - pool.mean(), TRIES)
        dates, pool = _timed(dear, coins(pool_size // 4), threads)
        _rows(f"{symbol} with costs", dates, pool, TRIES)
        for tries in TRIES[1:]:
            dates, pool = _timed(free, alike(pool_size // 2 // tries, tries), threads)
            _rows(f"{symbol} without costs, alike", dates, pool, (tries,))


def _timed(request, variants, threads):
    began = time.perf_counter()
    dates, pool = pool_of(request, variants, threads)
    print(f"{len(variants):,} strategies over {len(dates)} days in {time.perf_counter() - began:.0f} s", flush=True)
    return dates, pool


def _rows(name, dates, pool, numbers):
    trials = trials_from(dates, pool)
    ratios = np.array([one.sharpe_day for one in trials], float) * math.sqrt(len(dates))
    print(
        f"{name}: mean Sharpe x sqrt(days) {ratios.mean():+.3f}, deviation {ratios.std():.3f}, "
        f"mean correlation of one researcher's {correlation_of(trials[: numbers[-1]]):.4f}"
    )
    for tries in numbers:
        researchers = len(trials) // tries
        naive, honest = called_significant(trials, tries, researchers)
        error = math.sqrt(0.05 * 0.95 / researchers)
        print(
            f"| {name} | {tries:,} | {researchers:,} | {naive / researchers:.1%} | {honest / researchers:.1%} | "
            f"{error:.1%} |",
            flush=True,
        )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=int, default=40_000)
    parser.add_argument("--on", default="US30,XAUUSD")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    print("| returns | tries | researchers | PSR of the best | with the ledger | s.e. at 5 % |")
    for symbol in given.on.split(","):
        table(given.pool, symbol, given.threads)


if __name__ == "__main__":
    main()
