"""Runs for the report: the small ones of `results_cases`, and one of any number of trades over years of minutes."""

import numpy as np
from results_cases import (
    DAY,
    DTYPES,
    HOUR,
    LOSER,
    MINUTE,
    MONDAY,
    START,
    UNRATED,
    WINNER,
    facts,
    rows,
    run_of,
)

from tradewind.results.facts import StrategyFacts
from tradewind.results.report import Bars, Prices

GATES = [
    {"ts": START + HOUR, "gate": 0, "value": 1.0, "low": 0.0, "high": np.inf, "passed": 1},
    {"ts": START + HOUR, "gate": 1, "value": 0.38, "low": 0.4, "high": np.inf, "passed": 0},
    {"ts": START + 2 * HOUR, "gate": 0, "value": -2.0, "low": 0.0, "high": np.inf, "passed": 0},
    {"ts": START + 2 * HOUR, "gate": 1, "value": 0.1, "low": 0.4, "high": np.inf, "passed": 0},
    {"ts": START + 3 * HOUR, "gate": 0, "value": 3.0, "low": 0.0, "high": np.inf, "passed": 1},
    {"ts": START + 3 * HOUR, "gate": 1, "value": 0.9, "low": 0.4, "high": np.inf, "passed": 1},
]
SAMPLES = [
    {"ts": START + number * HOUR, "balance": 10_000_000 + cents, "equity": 10_000_000 + cents,
     "low_equity": 10_000_000 + cents - 3_000, "date": MONDAY if number == 22 else 0}
    for number, cents in ((0, 0), (2, 19_650), (3, 8_475), (5, 8_472), (22, 8_472))
]  # fmt: skip


def with_profile(made):
    """Return a document and tables with the broker profile that every real run names."""
    document, tables = made
    document["settings"]["profile"] = "metatrader"
    return document, tables


def small_run(**changes):
    """Return the document and tables of three trades: one won, one lost, one without a stop."""
    run = facts(**changes)
    made = rows("trades", WINNER, LOSER, UNRATED)
    return with_profile(run_of(run, trades=made, samples=rows("samples", *SAMPLES), gates=rows("gates", *GATES)))


def empty_run(**changes):
    """Return the document and tables of a run whose gates never let a trade through."""
    gates, samples = rows("gates", *GATES[:4]), rows("samples", *SAMPLES[:1])
    return with_profile(run_of(facts(**changes), samples=samples, gates=gates))


def minutes(count, start=START, price=40_000.0, seed=7):
    """Return `count` bars of a minute of a random walk, weekends included, on the grid of a tenth."""
    rng = np.random.default_rng(seed)
    close = np.round(price + np.cumsum(rng.normal(0, price * 2e-4, count)), 1)
    opens = np.concatenate(([price], close[:-1]))
    high = np.maximum(opens, close) + np.round(rng.exponential(2, count), 1)
    low = np.minimum(opens, close) - np.round(rng.exponential(2, count), 1)
    return Bars(60, start + np.arange(count) * MINUTE, opens, high, low, close)


def long_run(trades, years, seed=3):
    """Return document, tables and prices of that many trades, spread over years of minutes of US30 and gold."""
    rng = np.random.default_rng(seed)
    days, start = round(365.25 * years), START - 312 * 7 * DAY
    found = np.zeros(trades, DTYPES["trades"])
    opened = np.sort(rng.integers(0, days * 1440 - 600, trades)) * MINUTE + start
    held = (rng.exponential(45, trades).astype(np.int64) + 1) * MINUTE
    which, side = rng.integers(0, 2, trades), rng.choice([-1, 1], trades)
    quantity = rng.integers(1, 900, trades)
    entry = np.where(which == 0, rng.integers(38_000, 44_000, trades), rng.integers(190_000, 290_000, trades))
    distance = np.where(which == 0, rng.integers(20, 160, trades), rng.integers(100, 900, trades))
    multiple = np.where(rng.random(trades) < 0.62, -1.0, rng.exponential(1.6, trades))
    moved = np.rint(distance * multiple).astype(np.int64)
    found["number"], found["opened_at"], found["closed_at"] = np.arange(1, trades + 1), opened, opened + held
    found["instrument"], found["side"], found["quantity"], found["fills"] = which, side, quantity, 2
    found["entry_cost"], found["exit_cost"] = entry * quantity, (entry + side * moved) * quantity
    found["gross"], found["risk"] = moved * quantity, distance * quantity
    found["spread_cost"], found["slippage_cost"] = (
        -quantity * rng.integers(1, 9, trades),
        -quantity * rng.integers(0, 6, trades),
    )
    found["commission"] = -(quantity * 7 // 10)
    found["worst_price"] = entry - side * np.maximum(np.rint(distance * rng.random(trades)).astype(np.int64), -moved)
    found["best_price"] = entry + side * np.maximum(np.rint(distance * rng.random(trades)).astype(np.int64), moved)
    found["reason"], found["ambiguous"] = np.where(multiple < 0, 41, 42), rng.random(trades) < 0.05
    samples = np.zeros(days * 24, DTYPES["samples"])
    samples["ts"] = start + np.arange(days * 24) * HOUR
    made = np.cumsum(found["gross"] + found["commission"])
    so_far = np.searchsorted(found["closed_at"], samples["ts"], side="right")
    samples["equity"] = samples["balance"] = 100_000_000_000 + np.concatenate(([0], made))[so_far]
    samples["low_equity"] = samples["equity"] - 20_000
    samples["date"] = np.where(np.arange(days * 24) % 24 == 22, MONDAY - 312 * 7 + np.arange(days * 24) // 24, 0)
    run = facts(strategies=(StrategyFacts("breakout"),), initial=100_000_000_000, start=start, end=start + days * DAY)
    document, tables = with_profile(run_of(run, trades=found, samples=samples))
    prices = {
        "US30": Prices(minutes(days * 1440, start)),
        "XAUUSD": Prices(minutes(days * 1440, start, price=2_300.0, seed=9)),
    }
    return document, tables, prices
