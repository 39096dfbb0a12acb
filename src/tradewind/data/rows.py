"""Stored prices as rows of EVENT: the one place where columns of decimals become what the kernel reads.

The bid is the price and the ask is the bid plus the spread of the same corner. A bar is stamped with its
close, because that is when it becomes known; a tick is a bar without height. The volume of a tick is 1, so
that bars made of ticks count price changes, as MetaTrader does.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl

from tradewind import money
from tradewind.data.checks import check_rows
from tradewind.data.series import BARS, NS, TICKS
from tradewind.data.spread import Floats, Integers, in_ticks
from tradewind.errors import BadData
from tradewind.kernel.records import BAR, EVENT, QUOTE

Columns = dict[str, np.ndarray[Any, Any]]
Rows = np.ndarray[Any, Any]
"""An array of EVENT."""

RAW = np.dtype((np.void, EVENT.itemsize))
"""A row as mere bytes: numpy copies these forty times faster than records."""

CORNERS = ("open", "high", "low", "close")
SPREADS = ("spread_open", "spread_high", "spread_low", "spread_close")


class Target(NamedTuple):
    """What every row of one series shares."""

    instrument: int
    tick_size: money.Number
    span: int
    """Seconds of a bar, 0 for ticks."""


class Model(Protocol):
    """What knows the spread of a bar; `spread_model.SpreadModel` is one."""

    def ticks(self, ts: Integers, recorded: Floats | None = None) -> Integers:
        """The spread of bars that open at `ts`, in ticks."""

    def scaled(self, spread: Integers) -> Integers:
        """A spread as it is to be charged."""


class Given:
    """The toy: one spread for all bars, or the recorded one as it is."""

    def __init__(self, spread: float | None, tick_size: money.Number) -> None:
        self._spread = spread
        self._tick_size = tick_size

    def ticks(self, ts: Integers, recorded: Floats | None = None) -> Integers:
        """Return the spread given, or else the recorded one."""
        if self._spread is not None or recorded is None:
            recorded = np.full(len(ts), self._spread or 0.0)
        return in_ticks(recorded, self._tick_size)

    def scaled(self, spread: Integers) -> Integers:
        """Return the spread unchanged."""
        return spread


def in_order(parts: list[Rows]) -> Rows:
    """Return rows from several arrays by time; rows of the same time in the order of the arrays."""
    rows: Rows = np.concatenate([part.view(RAW) for part in parts]).view(EVENT)
    order = np.argsort(rows["ts"], kind="stable")
    ordered: Rows = rows.view(RAW)[order].view(EVENT)
    return ordered


def _blank(ts: Integers, target: Target) -> Rows:
    rows = np.zeros(len(ts), dtype=EVENT)
    rows["ts"] = ts
    rows["kind"] = BAR if target.span else QUOTE
    rows["instrument"] = target.instrument
    rows["span"] = target.span
    return rows


def quote_rows(ticks: Columns, target: Target, model: Model) -> Rows:
    """Return ticks as QUOTE rows."""
    bid = money.ticks_array(ticks["bid"], target.tick_size)[0]
    ask = money.ticks_array(ticks["ask"], target.tick_size)[0]
    rows = _blank(ticks["ts"], target)
    spread = model.scaled(ask - bid)
    for corner, width in zip(CORNERS, SPREADS, strict=True):
        rows[corner] = bid
        rows[width] = spread
    rows["volume"] = 1
    return rows


def bar_rows(bars: Columns, side: str, target: Target, model: Model) -> Rows:
    """Return bars of one side, each with the one spread the model gives it, as BAR rows."""
    spread = model.ticks(bars["ts"], bars.get("spread"))
    scaled = model.scaled(spread)
    rows = _blank(bars["ts"] + target.span * NS, target)
    # What lies between the price recorded and the bid.
    below = {"bid": 0, "mid": scaled // 2, "ask": scaled}[side]
    for corner, width in zip(CORNERS, SPREADS, strict=True):
        rows[corner] = money.ticks_array(bars[corner], target.tick_size)[0] - below
        rows[width] = scaled
    rows["volume"] = np.rint(np.nan_to_num(bars["volume"]))
    return rows


def paired_rows(bids: Columns, asks: Columns, target: Target, model: Model) -> Rows:
    """Return the bars of two sides as BAR rows; a missing side or crossed prices are modelled."""
    if np.array_equal(bids["ts"], asks["ts"]):
        return _joined(bids, asks, target, model)
    _, of_bids, of_asks = np.intersect1d(bids["ts"], asks["ts"], assume_unique=True, return_indices=True)
    alone = [
        bar_rows(_taken(columns, np.delete(np.arange(len(columns["ts"])), shared)), side, target, model)
        for columns, shared, side in ((bids, of_bids, "bid"), (asks, of_asks, "ask"))
    ]
    return in_order([_joined(_taken(bids, of_bids), _taken(asks, of_asks), target, model), *alone])


def _taken(columns: Columns, places: Integers) -> Columns:
    return {name: column[places] for name, column in columns.items()}


def _joined(bids: Columns, asks: Columns, target: Target, model: Model) -> Rows:
    """Return BAR rows of bids and asks that open at the same times."""
    rows = _blank(bids["ts"] + target.span * NS, target)
    crossed = np.zeros(len(rows), dtype=bool)
    for corner, width in zip(CORNERS, SPREADS, strict=True):
        rows[corner] = money.ticks_array(bids[corner], target.tick_size)[0]
        spread = money.ticks_array(asks[corner], target.tick_size)[0] - rows[corner]
        crossed |= spread < 0
        rows[width] = model.scaled(spread)
    if crossed.any():
        modelled = model.scaled(model.ticks(bids["ts"][crossed]))
        for width in SPREADS:
            rows[width][crossed] = modelled
    rows["volume"] = np.rint(np.nan_to_num(bids["volume"]))
    return rows


def events_from_frame(
    frame: pl.DataFrame,
    instrument_index: int,
    tick_size: money.Number,
    span_seconds: int,
    spread: float | None = None,
) -> Rows:
    """Return rows for tests and notebooks from a frame of bid bars, or of ticks (`span_seconds` 0).

    Rows are checked as an importer checks them. `spread`, in price units, is for bars; without it the frame
    needs a column `spread`.
    """
    kind = BARS if span_seconds else TICKS
    check_rows(frame, kind, "the frame")
    columns = {name: frame[name].to_numpy() for name in frame.columns if name != "ts"}
    columns["ts"] = frame["ts"].cast(pl.Datetime("ns", "UTC")).to_physical().to_numpy()
    target = Target(instrument_index, tick_size, span_seconds)
    if kind == TICKS:
        return quote_rows(columns, target, Given(None, tick_size))
    columns.setdefault("volume", np.zeros(frame.height))
    if spread is None and "spread" not in columns:
        raise BadData("The frame has no column 'spread'.", "Add it, or give one spread for all rows.")
    return bar_rows(columns, "bid", target, Given(spread, tick_size))
