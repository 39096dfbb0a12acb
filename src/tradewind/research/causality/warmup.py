"""A tape that begins later, and how soon the decisions are the same again.

A recursive average never forgets all of its past, and soon enough of it; that is no fault. A sum since the first bar
is another sum for every first bar, for ever: a backtest of such a strategy cannot be repeated live. That is a finding,
not a leak.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.kernel.records import DAY
from tradewind.research.causality.compare import unequal
from tradewind.research.causality.streams import between

SETTLED = 1e-6
"""Relative: nobody trades on less."""
SHARES = (0.05, 0.15, 0.3, 0.5)


class Settling(NamedTuple):
    """How decisions came together after a later start."""

    starts: int
    bars: int | None
    """After so many bars, at most, all were the same; None where some never were."""
    shrinking: bool
    """Whether what was left became smaller and smaller."""
    left: float
    """Relative difference at the end."""
    what: str

    @property
    def sentence(self) -> str:
        """Return what this means for a person."""
        if self.starts == 0:
            return "the tape is too short to begin it later"
        if self.bars is not None:
            return f"settled {self.bars} bars after the start" if self.bars else "settled from the first bar"
        if self.shrinking:
            return f"still settling at the end of the tape, {self.left:.1e} off in {self.what}"
        return f"never settles: {self.what} depends on where the data begin ({self.left:.1e} off at the end)"

    @property
    def finding(self) -> bool:
        """Return whether decisions depend on where the tape begins."""
        return self.starts > 0 and self.bars is None and not self.shrinking


def settling_of_columns(first: Mapping[str, NDArray[Any]], later: Sequence[tuple[int, Mapping[str, Any]]]) -> Settling:
    """Return how answers of frames that began at later rows come to equal the first one."""
    worst = Settling(len(later), 0, shrinking=True, left=0.0, what="")
    for start, answer in later:
        for name, values in first.items():
            one, other = values[start:], answer.get(name)
            if other is None or len(other) != len(one):
                continue
            places = np.flatnonzero(unequal(one, other, SETTLED))
            if not len(places):
                continue
            bars = int(places[-1]) + 1
            if bars < len(one) - max(1, len(one) // 20):
                if worst.bars is not None:
                    worst = worst._replace(bars=max(worst.bars, bars))
                continue
            early, late = _halves(one, other)
            shrinking = late < 0.7 * early
            if worst.bars is not None or not shrinking:
                worst = Settling(len(later), None, shrinking=shrinking, left=late, what=name)
    return worst


def _halves(one: NDArray[Any], other: NDArray[Any]) -> tuple[float, float]:
    """Return the relative differences in the second and in the last quarter."""
    if one.dtype.kind != "f":
        different = (one.astype(str) != other.astype(str)).astype(float)
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            finite = np.abs(one[np.isfinite(one)])
            usual = float(np.median(finite)) if len(finite) else 1.0
            size = np.maximum(np.maximum(np.abs(one), np.abs(other)), usual or 1e-300)
            different = np.nan_to_num(np.abs(one - other) / size, nan=0.0)
    quarter = max(1, len(different) // 4)
    return float(different[quarter : 2 * quarter].mean()), float(different[-quarter:].mean())


def settling_of_decisions(
    first: Mapping[str, Any], later: Sequence[tuple[int, Mapping[str, Any]]], closes: NDArray[np.int64]
) -> Settling:
    """Return how runs that began later come to ask and order the same: sizes, which follow the account, left out."""
    worst = Settling(len(later), 0, shrinking=True, left=0.0, what="")
    for start, decisions in later:
        begin = int(np.searchsorted(closes, start))
        last, end = start, int(closes[-1])
        for log, fields in (
            ("commands", ("ts", "kind", "instrument", "side", "type", "price", "trigger", "stop_loss")),
            ("gates", ("ts", "instrument", "gate", "passed")),
        ):
            rows = [between(one[log], start, end) for one in (first, decisions)]
            sets = [set(zip(*(one[name].tolist() for name in fields), strict=True)) for one in rows]
            last = max([last, *(row[0] for row in sets[0] ^ sets[1])])
        bars = int(np.searchsorted(closes, last, side="right")) - begin
        if last == start:
            bars = 0
        if bars < 0.9 * (len(closes) - begin):
            if worst.bars is not None:
                worst = worst._replace(bars=max(worst.bars, bars))
        else:
            worst = Settling(len(later), None, shrinking=False, left=1.0, what="what it orders")
    return worst


def later_rows(count: int) -> list[int]:
    """Return the rows at which frames begin later."""
    return sorted({int(count * share) for share in SHARES} - {0}) if count >= 40 else []


def later_days(events: np.ndarray[Any, Any]) -> list[int]:
    """Return the moments at which tapes begin later: where trading dates do, so that their sessions are known."""
    days = events["ts"][events["kind"] == DAY]
    if len(days) < 3:
        return []
    first, last = int(events["ts"][0]), int(events["ts"][-1])
    wanted = [first + int((last - first) * share) for share in SHARES[1:]]
    return sorted({int(days[np.argmin(np.abs(days - one))]) for one in wanted} - {int(days[0]), first})
