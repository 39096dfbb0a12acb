"""What holds for all rule sets: no foresight, no favourite side, the same compiled and plain, no odd days."""

import os
import pickle
import subprocess
import sys
from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest
import strategy_market
from strategy_market import (
    DATA,
    MINUTE,
    bars,
    calendar,
    digest_after,
    joined,
    mirrored,
    moment,
    play,
    runner_of,
    strategy_of,
    tape,
    trading_days,
)

from tradewind.adapters.memory import MemoryFeed
from tradewind.kernel.records import BAR, EVENT, SESSION, TIME

PIVOT = 8_000_000
LOOSE_A = {"body_min": 0.2, "location_min": 0.5, "range_day_max": 3, "range_max": 4, "range_min": 0.1}
LOOSE_B = {"range_min": 0.01, "range_max": 2, "gap_max": 5}
LOOSE_C = {"location_min": 0.3, "efficiency_min": 0.01, "range_max": 4, "range_min": 0.1, "asia_share": -1,
           "stretch_max": 5}  # fmt: skip
# Returns in percent are not symmetric around a pivot, so D is compared without its threshold.
RULES = [
    ("session_pullback", LOOSE_A),
    ("session_pullback", LOOSE_A | {"partial": 0.5}),
    ("opening_range", LOOSE_B),
    ("opening_range", LOOSE_B | {"close_entry": True, "target": 2.0, "window": 5}),
    ("opening_range", LOOSE_B | {"stop_at": 3, "window": 30, "with_direction": True}),
    ("london_continuation", LOOSE_C),
    ("half_hour_momentum", {"sessions": 20, "threshold": 0}),
    ("half_hour_momentum", {"sessions": 20, "threshold": 0, "variant": 2}),
    ("half_hour_momentum", {"sessions": 20, "threshold": 0, "variant": 3}),
]
NAMES = [f"{name}-{number}" for number, (name, _) in enumerate(RULES)]


@cache
def walk(seed=0, days=110, last=date(2025, 8, 28)):
    """Return the tape of a seeded random walk with spells of trend, five-minute bars."""
    generator = np.random.default_rng(seed)
    rows, price, drift = {}, 40_000.0, 0.0
    for day in trading_days(last, days):
        if generator.random() < 0.15:
            drift = generator.normal(0, 0.3)
        start = moment(day, "18:00")
        for number, steps in enumerate(generator.normal(drift, 6, (276, 4)).tolist()):
            points = price + np.cumsum(steps)
            rows[start + number * 5 * MINUTE] = (
                price, max(price, points.max()), min(price, points.min()), float(points[-1]),
            )  # fmt: skip
            price = float(points[-1])
    return tape(bars(rows))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("name", "params"), RULES, ids=NAMES)
def test_mirror(name, params, seed):
    """Prices p at K - p with bid and ask exchanged turn every order round and change nothing else (8.18)."""
    events = walk(seed)
    sent = play(name, events, params).rows("commands")
    turned = play(name, mirrored(events, PIVOT), params).rows("commands")

    assert len(sent) > 10
    assert {-1, 1} <= set(sent[sent["kind"] == 1]["side"].tolist())
    for column in ("ts", "kind", "order", "type", "expires", "reason", "reduce_only"):
        np.testing.assert_array_equal(sent[column], turned[column])
    np.testing.assert_array_equal(sent["side"], -turned["side"])
    for column in ("price", "trigger", "stop_loss", "take_profit"):
        expected = np.where(sent[column] != 0, PIVOT - sent[column], 0)
        np.testing.assert_array_equal(expected, turned[column])


@pytest.mark.parametrize(("name", "params"), RULES, ids=NAMES)
def test_truncation(name, params):
    """Cutting the tape at t changes no command given up to t: 1,000 moments over the rule sets (8.6)."""
    events = walk(2, 70)
    whole = play(name, events, params).rows("commands")
    times = events["ts"][events["kind"] == BAR]
    generator = np.random.default_rng(len(name))
    busy = whole["ts"][generator.integers(0, len(whole), 60)]
    anywhere = generator.choice(times[len(times) // 2 :], 52)
    for cut in np.concatenate([busy, anywhere]).tolist():
        end = np.zeros(1, EVENT)
        end["ts"], end["kind"] = cut, TIME
        # What is known of the calendar at t is known before: sessions come with their date.
        told = play(name, joined([events[events["ts"] <= cut], end]), params).rows("commands")

        assert told.tobytes() == whole[whole["ts"] <= cut].tobytes()


@pytest.mark.parametrize("symbol", ["US30", "XAUUSD"])
@pytest.mark.parametrize("name", ["session_pullback", "opening_range", "london_continuation", "half_hour_momentum"])
def test_no_entries_on_odd_days(name, symbol):
    """Over Thanksgiving, Christmas and the holidays after, no rule set enters on a day that is not FULL."""
    loose = {"session_pullback": LOOSE_A, "opening_range": LOOSE_B, "london_continuation": LOOSE_C}
    params = loose.get(name, {"sessions": 20, "threshold": 0, "exploratory": True})
    events = walk(5, 100, date(2025, 2, 20))
    prices = events[events["kind"] == BAR]
    first, last = int(prices["ts"][0]) - 5 * MINUTE, int(prices["ts"][-1])
    entries = calendar(first, last, (symbol,))
    odd = entries[(entries["kind"] == SESSION) & (entries["session"] == 0) & (entries["day_type"] != 3)]
    result = play(name, tape(prices, symbols=(symbol,)), params, symbols=(symbol,))
    sent = result.rows("commands")
    opened = sent[(sent["kind"] == 1) & (sent["reduce_only"] == 0)]["ts"]

    assert len(odd) > 4
    assert len(opened) > 2
    for day in odd:
        assert not ((opened >= day["ts"]) & (opened < day["ts"] + 1440 * MINUTE)).any()


@cache
def real_bars(file, ticks_per_price):
    """Return the tape of a recorded series of M5 bid bars, with a spread of 20 ticks."""
    path = DATA / file
    if not path.exists() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1":
        pytest.skip(f"no market data at {path}")
    frame = pl.read_parquet(path)
    rows = np.zeros(len(frame), EVENT)
    rows["ts"] = frame["ts"].to_physical().to_numpy() + 5 * MINUTE
    rows["kind"], rows["span"] = BAR, 300
    for name in ("open", "high", "low", "close"):
        rows[name] = np.rint(frame[name].to_numpy() * ticks_per_price)
    for name in ("spread_open", "spread_high", "spread_low", "spread_close"):
        rows[name] = 20
    return tape(rows)


@pytest.mark.parametrize(
    ("name", "params"),
    [RULES[0], RULES[2], RULES[3], RULES[5], RULES[7], ("first_bar", {}), ("ema_cross", {})],
)
def test_plain_and_compiled(name, params):
    """The last days of a recorded series, from one snapshot: the same commands, gates and memory, byte for byte."""
    events = real_bars("US30_M5_mt5ny_bid_20250630_20260220.parquet", 100)
    warm, journal = runner_of(name, params)
    warm.run(MemoryFeed(events[:-2_000]))
    snapshot, sent = warm.snapshot(), len(journal.read("commands"))
    found = []
    for compiled in (True, False):
        runner, journal = runner_of(name, params, compiled=compiled)
        runner.restore(snapshot)
        runner.run(MemoryFeed(events[-2_000:]))
        found.append([journal.read(log).tobytes() for log in ("commands", "gates", "trades")] + [runner.snapshot()])

    assert sent > 0
    assert found[0] == found[1]


def test_without_the_jit(tmp_path):
    """A process with NUMBA_DISABLE_JIT=1 goes on from a snapshot to the same commands, gates and memory."""
    events, scenarios, expected = walk(1), [], []
    for name, params in (RULES[0], RULES[2], RULES[5], RULES[7]):
        runner, _ = runner_of(name, params)
        busy = play(name, events, params).rows("commands")["ts"][-3]
        start = int(np.searchsorted(events["ts"], busy - 8 * 60 * MINUTE))
        runner.run(MemoryFeed(events[:start]))
        rows = events[start : start + 250].tobytes()
        scenarios.append((name, params, runner.snapshot(), rows))
        expected.append(digest_after(*scenarios[-1]))
    (tmp_path / "scenarios").write_bytes(pickle.dumps(scenarios))
    command = [sys.executable, "-W", "error", strategy_market.__file__, str(tmp_path / "scenarios")]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    other = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    assert other.stdout.split() == expected


def test_every_file_states_its_thesis():
    """Each strategy begins with a thesis and its evidence, and its gates have names."""
    for name in {name for name, _ in RULES} | {"first_bar", "ema_cross", "always_flat"}:
        strategy = strategy_of(name)

        assert "Thesis" in strategy.thesis
        assert "Evidence" in strategy.thesis
        assert strategy.gate_names or name in {"ema_cross", "always_flat"}
