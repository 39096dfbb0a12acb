"""Rows of EVENT from what comes in from the outside."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tradewind.broker import Quote
from tradewind.kernel.records import EVENT, OPERATOR, QUOTE, TIME
from tradewind.kernel.step import HOLD, RELEASE
from tradewind.ports import Rows


def event(kind: int, ts: int, **fields: Any) -> Rows:
    """Return one row."""
    row = np.zeros(1, EVENT)
    row["kind"], row["ts"] = kind, ts
    for name, value in fields.items():
        row[name] = value
    return row


def quote_rows(quotes: Sequence[Quote], *, beat: bool) -> Rows:
    """Return quotes as rows; with a `beat` a TIME at the last moment follows, so that strategies see them at once."""
    count = len(quotes)
    rows = np.zeros(count + 1 if beat else count, EVENT)
    for row, quote in zip(rows, quotes, strict=False):
        row["kind"], row["ts"], row["instrument"] = QUOTE, quote.ts, quote.instrument
        row["open"] = row["high"] = row["low"] = row["close"] = quote.bid
        row["spread_open"] = row["spread_high"] = row["spread_low"] = row["spread_close"] = quote.ask - quote.bid
        row["volume"] = 1
    if beat:
        rows[count]["kind"], rows[count]["ts"] = TIME, max(quote.ts for quote in quotes)
    return rows


def time_row(ts: int) -> Rows:
    """Return a TIME: this moment has passed."""
    return event(TIME, ts)


def hold_row(ts: int, instrument: int, refusal_bits: int, *, on: bool) -> Rows:
    """Return the operator's event that holds or releases an instrument, -1 for all."""
    return event(OPERATOR, ts, verb=HOLD if on else RELEASE, instrument=instrument, level=refusal_bits)
