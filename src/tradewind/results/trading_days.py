"""A run cut into the days of a firm's clock, each as it went on from its first moment: to be played in another order.

A day keeps its way, not only its end: what equity and balance were at every sample, and how low equity had been since
the one before, at the worst corners of bars. So a floor can be tested inside the day, and a loss that was open over
midnight stays one. Samples are taken every hour; a peak between two of them is not seen.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tradewind.errors import BadData
from tradewind.markets.clock import DayClock, last_reset, next_reset
from tradewind.results.columns import Booleans, Integers, minor_of

if TYPE_CHECKING:
    import polars as pl

WEEKEND = (5, 6)


class TradingDays(NamedTuple):
    """Days by samples, minor units above the equity with which the day began; short days repeat their end."""

    equity: Integers
    low: Integers
    """Lowest equity since the sample before."""
    balance: Integers
    traded: Booleans
    """Whether a trade was opened on the day."""

    def scaled(self, factor: float) -> "TradingDays":
        """Return the days of an account `factor` times as large."""
        equity, low, balance = (np.rint(rows * factor).astype(np.int64) for rows in self[:3])
        return TradingDays(equity, low, balance, self.traded)

    def taken(self, which: Integers) -> "TradingDays":
        """Return some of the days, in the order given."""
        return TradingDays(self.equity[which], self.low[which], self.balance[which], self.traded[which])


def trading_days(
    equity: "pl.DataFrame", trades: "pl.DataFrame", initial: int, digits: int, clock: DayClock
) -> TradingDays:
    """Return the days of a run as `clock` counts them; weekend days on which nothing moved are left out.

    `equity` and `trades` are the tables of a run, `initial` its capital in minor units of `digits` digits.
    """
    if equity.height == 0:
        raise BadData("The run has no samples of its equity, and so no days.", "Run it over at least a day.")
    when = equity["ts"].to_physical().to_numpy().astype(np.int64)
    columns = [minor_of(equity[name], digits) for name in ("equity", "low_equity", "balance")]
    resets = _resets(int(when[0]), int(when[-1]), clock)
    # A sample taken at the reset is about the time before it.
    number = np.searchsorted(resets, when, side="left") - 1
    opened = np.searchsorted(resets, trades["opened"].to_physical().to_numpy().astype(np.int64), side="right") - 1
    kept = [day for day in np.unique(number).tolist() if _counts(day, number, columns[0], resets)]
    longest = max(int((number == day).sum()) for day in kept)
    made = [np.zeros((len(kept), longest), np.int64) for _ in columns]
    for place, day in enumerate(kept):
        rows = np.flatnonzero(number == day)
        start = int(columns[0][rows[0] - 1]) if rows[0] else initial
        for target, values in zip(made, columns, strict=True):
            target[place, : len(rows)] = values[rows] - start
            target[place, len(rows) :] = values[rows[-1]] - start
        made[1][place, len(rows) :] = columns[0][rows[-1]] - start
    return TradingDays(made[0], made[1], made[2], np.isin(kept, opened))


def _resets(first: int, last: int, clock: DayClock) -> Integers:
    """Return every reset from the one before `first` to the one after `last`."""
    resets = [last_reset(first - 1, clock)]
    while resets[-1] < last:
        resets.append(next_reset(resets[-1], clock))
    return np.array(resets, np.int64)


def _counts(day: int, number: Integers, equity: Integers, resets: Integers) -> bool:
    """Return whether a day is one of trading: no weekend, or something moved."""
    noon = int(resets[day]) + 12 * 3_600_000_000_000
    if (noon // 86_400_000_000_000 + 3) % 7 not in WEEKEND:
        return True
    rows: Any = np.flatnonzero(number == day)
    before = max(int(rows[0]) - 1, 0)
    return bool((equity[rows] != equity[before]).any())
