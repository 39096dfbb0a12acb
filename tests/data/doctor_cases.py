"""What the doctor's tests share: a made-up gold that keeps real hours and wakes at 08:30 and 09:30 New York."""

import numpy as np
import polars as pl
from data_cases import ns

from tradewind.data.doctor import examine
from tradewind.data.doctor.evidence import walls_of
from tradewind.data.series import NS
from tradewind.data.spread import new_york
from tradewind.markets.clock import DAY, MINUTE
from tradewind.markets.hours import open_intervals
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")
GOLD = PROFILE.instrument("XAUUSD")


WAKES = ((180, 1.6), (510, 2.4), (570, 3.0), (720, 1.4), (960, 0.7), (1200, 1.2))
"""From which minute of the New York day prices are how lively."""


def gold(first="2025-02-03", last="2025-03-29", seconds=300, seed=7):
    """Return bars of made-up gold in its real hours, `ts` as ns UTC; in three weeks of it only America has changed."""
    span = seconds * NS
    opens = np.concatenate([np.arange(a, b, span) for a, b in open_intervals(GOLD, ns(first), ns(last))])
    minute = new_york(opens) % DAY // MINUTE
    wide = np.full(len(opens), 1.0)
    for start, height in (
        (3 * 60, 1.6),
        (8 * 60 + 30, 2.4),
        (9 * 60 + 30, 3.0),
        (12 * 60, 1.4),
        (16 * 60, 0.7),
        (20 * 60, 1.2),
    ):
        wide = np.where(minute >= start, height, wide)
    rng = np.random.default_rng(seed)
    # The first bar after each half hour is the widest: releases fall on the stroke.
    wide *= np.where(minute % 30 < seconds / 60, 1.6, 1.0) * np.sqrt(seconds / 300)
    moves = rng.normal(0, 0.8, len(opens)) * wide
    close = np.round(2900 + np.cumsum(moves) * 0.3, 2)
    first_price = np.concatenate([[2900.0], close[:-1]])
    reach = np.abs(rng.normal(0, 0.5, (2, len(opens)))) * wide + 0.05
    return pl.DataFrame(
        {
            "ts": opens,
            "open": first_price,
            "high": np.round(np.maximum(first_price, close) + reach[0], 2),
            "low": np.round(np.minimum(first_price, close) - reach[1], 2),
            "close": close,
            "volume": rng.integers(1, 300, len(opens)).astype(float),
        }
    )


def by_clock(frame, clock):
    """Return the bars with the times a clock shows."""
    return frame.with_columns(ts=pl.Series(walls_of(frame["ts"].to_numpy(), clock)))


def examined(frame, seconds=300, **stated):
    return examine(frame, "XAUUSD", seconds=seconds, profile=PROFILE, **stated)


def codes(done, severity=None):
    """Return the codes found, of one severity if it is named."""
    return {one.code for one in done.findings if severity in (None, one.severity)}


def utc(frame):
    """Return the bars as a store takes them."""
    return frame.with_columns(ts=pl.col("ts").cast(pl.Datetime("ns", "UTC")))
