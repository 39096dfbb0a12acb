"""The week of May 2014 of which every tick is known, and the same ticks as bars of both sides."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from tradewind.adapters.parquet import History
from tradewind.data.importers import import_files
from tradewind.modes import Choice, Request, plan_backtest
from tradewind.settings import Settings

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
REQUIRED = os.environ.get("TRADEWIND_REQUIRE_DATA") == "1"
needs_data = pytest.mark.skipif(not DATA.is_dir() and not REQUIRED, reason=f"no market data at {DATA}")
FILE = Path(__file__).with_name("random_bracket.py")
BARS = ("M1", "M5")
KINDS = ("market", "stop", "limit")
SECONDS = {"M1": 60, "M5": 300}
TOGETHER = 16
"""Strategies of one run: as many as the kernel takes."""


class Results(NamedTuple):
    """What each strategy earned, in cents, and the share of trades that a bar could not decide."""

    net: np.ndarray
    ambiguous: float


def week(folder, symbol):
    """Return a history with the ticks of a week and the bars made of them, and the settings of the comparison."""
    history = History(folder / "history")
    name = f"{symbol}_ticks_oanda_20140504_20140509.parquet"
    ticks = pl.read_parquet(DATA / name).sort("ts", maintain_order=True)
    files = [DATA / name]
    for bar, seconds in SECONDS.items():
        for side in ("bid", "ask"):
            made = ticks.group_by_dynamic("ts", every=f"{seconds}s").agg(
                open=pl.first(side), high=pl.max(side), low=pl.min(side), close=pl.last(side),
                volume=pl.len().cast(pl.Float64),
            )  # fmt: skip
            files.append(folder / f"{symbol}_{bar}_made{bar.lower()}_{side}_20140504_20140509.parquet")
            made.write_parquet(files[-1])
    import_files(files, history)
    settings = Settings(
        data=folder, account={"balance": 10_000_000}, sizing={"method": "fixed_lots", "lots": 0.1},
        news={"enabled": False},
    )  # fmt: skip
    return history, settings


def random_strategies(count):
    """Return parameters of random strategies: market, stop and limit entries in turn, distances of 0.5 to 3 ATR."""
    draw = np.random.default_rng(5)
    return [
        {
            "seed": str(number + 1),
            "kind": str(number % 3),
            "stop": f"{draw.uniform(0.5, 3):.3f}",
            "reward": f"{draw.uniform(0.5, 3):.3f}",
            "every": str(int(draw.integers(10, 40))),
        }
        for number in range(count)
    ]


def results(history, settings, where, variants):
    """Return what the variants earned on (symbol, feed, bar), sixteen to a run on lots of their own."""
    symbol, feed, bar = where
    net, trades, ambiguous = np.zeros(len(variants)), 0, 0
    for first in range(0, len(variants), TOGETHER):
        part = variants[first : first + TOGETHER]
        request = Request([Choice(FILE, one) for one in part], [symbol], feed=feed, bar=bar, settings=settings)
        plan = plan_backtest(request, history)
        plan.runner.run(plan.feed())
        rows = plan.journal.read("trades")
        for number in range(len(part)):
            mine = rows[rows["strategy"] == number]
            net[first + number] = (mine["gross"] + mine["commission"] + mine["financing"]).sum()
        trades += len(rows)
        ambiguous += int((rows["ambiguous"] > 0).sum())
    return Results(net, ambiguous / max(1, trades))
