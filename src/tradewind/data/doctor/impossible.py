"""Rows that cannot be: no price, a high below its low, times that repeat or go back.

A delivery is read leniently here: whatever is wrong is counted and named, and left out of what is examined
further.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import BLOCKER, WARNING, Finding, Flags, Prices, Subject, fix, moment, places
from tradewind.data.spread import Floats, Integers
from tradewind.errors import BadData
from tradewind.markets.clock import MINUTE

CORNERS = ("open", "high", "low", "close")


class Sound(NamedTuple):
    """The rows that can be, and what was wrong with the others."""

    prices: Prices
    findings: list[Finding]


def times_of(frame: pl.DataFrame) -> Integers:
    """Return the column `ts` as ns, whatever its unit or zone; absent times are the least number there is."""
    column = frame["ts"]
    if column.dtype.is_integer():
        ts = column.cast(pl.Int64)
    elif column.dtype.is_temporal():
        ts = column.dt.cast_time_unit("ns").to_physical() if column.dtype != pl.Date else column.cast(
            pl.Datetime("ns")).to_physical()  # fmt: skip
    else:
        raise BadData(f"The column ts is {column.dtype}, not a time.", "Parse it first.")
    values: Integers = ts.fill_null(-(2**63)).to_numpy()
    return values


def column(frame: pl.DataFrame, name: str) -> Floats:
    """Return a column of numbers, NaN where absent or no number; zeros where there is no such column."""
    if name not in frame.columns:
        return np.zeros(frame.height)
    values: Floats = frame[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return values


def sound_bars(frame: pl.DataFrame, subject: Subject, seconds: int) -> Sound:
    """Return the bars that can be, sorted and each once, and a finding for every way in which others cannot."""
    ts = times_of(frame)
    prices = Prices(seconds, ts, *(column(frame, name) for name in (*CORNERS, "volume", "spread")))
    corners = np.stack([prices.open, prices.high, prices.low, prices.close])
    absent = ~(np.isfinite(corners) & (corners > 0)).all(axis=0) | (ts == -(2**63))
    low, high = prices.low, prices.high
    with np.errstate(invalid="ignore"):
        turned = ~absent & ((high < low) | (prices.open > high) | (prices.open < low)
                            | (prices.close > high) | (prices.close < low))  # fmt: skip
    findings = [
        *_rows(subject, "bad-price", absent & (ts != -(2**63)), ts, "prices are absent, zero or below"),
        *_rows(
            subject, "impossible-bars", turned, ts, "bars have an open, high, low and close that cannot be of one bar"
        ),
        *_order(subject, ts),
    ]
    kept = prices.take(~absent & ~turned)
    order = np.argsort(kept.ts, kind="stable")
    kept = kept if (np.diff(kept.ts) >= 0).all() else kept.take(order)
    again = np.diff(kept.ts, prepend=kept.ts[:1] - 1) == 0
    if again.any():
        same = np.all([c[1:] == c[:-1] for c in (kept.open, kept.high, kept.low, kept.close)], axis=0)
        copies = int((again[1:] & same).sum())
        findings += _rows(
            subject, "duplicate-times", again, kept.ts,
            f"bars have a time that was there before ({copies} of them are copies, the others differ)",
        )  # fmt: skip
        kept = kept.take(~again)
    return Sound(kept._replace(volume=np.nan_to_num(kept.volume), spread=np.nan_to_num(kept.spread)), findings)


def _rows(subject: Subject, code: str, which: Flags, ts: Integers, sentence: str) -> list[Finding]:
    if not which.any():
        return []
    at = ts[which]
    evidence = f"{len(at):,} {sentence}; the first is at {moment(at[0])}."
    values = {"places": places(at, at)}
    return [Finding(code, BLOCKER, int(at.min()), int(at.max()), len(at), evidence, values, fix(subject, code))]


def _order(subject: Subject, ts: Integers) -> list[Finding]:
    ts = ts[ts != -(2**63)]
    back = np.flatnonzero(np.diff(ts) < 0) + 1
    if not len(back):
        return []
    whole = len(ts) > 2 and (np.diff(ts) <= 0).all()
    sentence = "The newest row stands first." if whole else f"At {len(back):,} rows time goes back."
    at = ts[back]
    evidence = f"{sentence} The first is {moment(at[0])} after {moment(ts[back[0] - 1])}."
    return [
        Finding("unsorted", BLOCKER, int(at.min()), int(at.max()), len(back), evidence, {"places": places(at, at)},
                fix(subject, "unsorted"))
    ]  # fmt: skip


def minute_bars(ts: Integers, bid: Numbers, ask: Numbers) -> Prices:
    """Return sorted ticks as one-minute bars of their bids, with the median spread of each minute."""
    minutes = ts // MINUTE * MINUTE
    if not len(ts):
        nothing = np.zeros(0)
        return Prices(60, ts, *(nothing,) * 6)
    starts = np.flatnonzero(np.diff(minutes, prepend=minutes[0] - 1))
    ends = np.append(starts[1:], len(ts)) - 1
    count = (ends - starts + 1).astype(np.float64)
    spread = (ask - bid)[(starts + ends) // 2]
    high, low = np.maximum.reduceat(bid, starts), np.minimum.reduceat(bid, starts)
    return Prices(60, minutes[starts], bid[starts], high, low, bid[ends], count, spread)


class TickFlaws:
    """What is wrong with ticks, counted over any number of parts."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._places: dict[str, list[Integers]] = {}
        self._last: int | None = None
        self.rows = 0

    def sound(self, frame: pl.DataFrame) -> tuple[Integers, Numbers, Numbers]:
        """Return the times, bids and asks of a part that can be, in order of time; count the others."""
        ts, bid, ask = times_of(frame), column(frame, "bid"), column(frame, "ask")
        self.rows += len(ts)
        absent = ~(np.isfinite(bid) & np.isfinite(ask) & (bid > 0) & (ask > 0)) | (ts == -(2**63))
        with np.errstate(invalid="ignore"):
            crossed = ~absent & (ask < bid)
        before = ts[:1] if self._last is None else np.array([self._last])
        back = np.diff(ts, prepend=before) < 0
        for code, which in (("bad-price", absent & (ts != -(2**63))), ("crossed-quotes", crossed), ("unsorted", back)):
            if which.any():
                self._places.setdefault(code, []).append(ts[which])
        if len(ts):
            self._last = int(ts[-1])
        good = ~absent & ~crossed
        ts, bid, ask = ts[good], bid[good], ask[good]
        order = np.argsort(ts, kind="stable") if back.any() else slice(None)
        return ts[order], bid[order], ask[order]

    def findings(self, subject: Subject) -> list[Finding]:
        """Return what was counted."""
        told = {
            "bad-price": "ticks have no price, or one of zero or below",
            "crossed-quotes": "ticks have an ask below their bid",
            "unsorted": "ticks are older than the one before them",
        }
        found = []
        for code, parts in self._places.items():
            at = np.concatenate(parts)
            share = len(at) / max(self.rows, 1)
            evidence = f"{len(at):,} {told[code]} ({share:.2%} of all); the first is at {moment(at[0])}."
            found.append(
                Finding(code, BLOCKER if code != "unsorted" else WARNING, int(at.min()), int(at.max()), len(at),
                        evidence, {"share": share, "places": places(at, at)}, fix(subject, code))
            )  # fmt: skip
        return found
